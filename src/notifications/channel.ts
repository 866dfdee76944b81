import type { Message } from "./notice.ts";

/** One request to a service outside. */
export interface OutgoingRequest {
  readonly url: string;
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** The whole answer of a service; its body is cut to what is of use. */
export interface ServiceAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** What an answer means. */
export type DeliveryResult =
  | { readonly kind: "accepted" }
  /** Not now; at the earliest after `afterMs`, if the service says so. */
  | { readonly kind: "later"; readonly reason: string; readonly afterMs: number | undefined }
  /** Never in this form: a wrong token, a channel that is gone. */
  | { readonly kind: "refused"; readonly reason: string };

/** A way to people. */
export interface Channel {
  /** In the outbox. */
  readonly id: "webhook" | "telegram";
  /** For people, without anything secret: `Slack (hooks.slack.com)`. */
  readonly name: string;
  /** @param repeated the message may have arrived already. */
  request(message: Message, repeated: boolean): OutgoingRequest;
  /** @param now milliseconds since the epoch; a service may name the moment from which on it listens again. */
  receive(answer: ServiceAnswer, now: number): DeliveryResult;
}
