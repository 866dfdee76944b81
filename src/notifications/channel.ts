import type { Message } from "./notice.ts";
import { oneLine } from "../reporting/style.ts";

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

export type DeliveryResult =
  | { readonly kind: "accepted" }
  /** Retry later, at the earliest after `afterMs` if the service says so. */
  | { readonly kind: "later"; readonly reason: string; readonly afterMs: number | undefined }
  /** Never accepted in this form: a wrong token, a deleted channel. */
  | { readonly kind: "refused"; readonly reason: string };

export interface Channel {
  readonly id: "webhook" | "telegram";
  /** Its name for people, without secrets: `Slack (hooks.slack.com)`. */
  readonly name: string;
  /** @param repeated the message may have arrived already. */
  request(message: Message, repeated: boolean): OutgoingRequest;
  /** @param now milliseconds since the epoch; a service may name the time when it accepts messages again. */
  receive(answer: ServiceAnswer, now: number): DeliveryResult;
}

/** Longest pause a service can request: its wrong clock must not silence us for good. */
const LONGEST_WAIT_MS = 3_600_000;
const SHOWN_CHARACTERS = 200;

/** The meaning of an HTTP status, the same for every service. */
export function deliveryResultOf(answer: ServiceAnswer, now: number): DeliveryResult {
  const { status } = answer;
  const reason = `it answered ${String(status)}${quoted(answer)}`;
  if (status >= 200 && status < 300) return { kind: "accepted" };
  if (status >= 300 && status < 400)
    return { kind: "refused", reason: `${reason}: a redirect, which is not followed; set the address it points to` };
  if (status === 408 || status === 425 || status === 429 || status >= 500)
    return { kind: "later", reason, afterMs: retryAfter(answer, now) };
  return { kind: "refused", reason };
}

function quoted({ body }: ServiceAnswer): string {
  const text = oneLine(body);
  if (text === "") return "";
  return ` (${text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}…`})`;
}

/**
 * From the header in seconds or as a date, or from the body: Discord's `retry_after` and Telegram's
 * `parameters.retry_after`, in seconds.
 */
function retryAfter({ headers, body }: ServiceAnswer, now: number): number | undefined {
  const header = headers.get("Retry-After")?.trim() ?? "";
  const pauses = [secondsInBody(body), /^\d+(\.\d+)?$/.test(header) ? Number(header) : (Date.parse(header) - now) / 1_000];
  const seconds = pauses.filter((value) => value !== undefined).filter((value) => Number.isFinite(value) && value >= 0);
  return seconds.length === 0 ? undefined : Math.min(LONGEST_WAIT_MS, Math.ceil(Math.max(...seconds) * 1_000));
}

function secondsInBody(body: string): number | undefined {
  try {
    const parsed = JSON.parse(body) as { retry_after?: unknown; parameters?: { retry_after?: unknown } } | null;
    const value = parsed?.retry_after ?? parsed?.parameters?.retry_after;
    return typeof value === "number" ? value : undefined;
  } catch {
    return undefined;
  }
}
