import type { Message } from "./notice.ts";

/** One request to an external service. */
export interface OutgoingRequest {
  readonly url: string;
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** A service's whole answer; the body is cut to the useful part. */
export interface ServiceAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** The meaning of an answer. */
export type DeliveryResult =
  | { readonly kind: "accepted" }
  /** Retry later, at the earliest after `afterMs` if the service says so. */
  | { readonly kind: "later"; readonly reason: string; readonly afterMs: number | undefined }
  /** Never accepted in this form: a wrong token, a deleted channel. */
  | { readonly kind: "refused"; readonly reason: string };

/** A way to send messages. */
export interface Channel {
  /** Its name in the outbox. */
  readonly id: "webhook" | "telegram";
  /** Its name for people, without secrets: `Slack (hooks.slack.com)`. */
  readonly name: string;
  /** @param repeated the message may have arrived already. */
  request(message: Message, repeated: boolean): OutgoingRequest;
  /** @param now milliseconds since the epoch; a service may name the time when it accepts messages again. */
  receive(answer: ServiceAnswer, now: number): DeliveryResult;
}
