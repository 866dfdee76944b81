import { oneLine } from "../reporting/style.ts";
import type { DeliveryResult, ServiceAnswer } from "./channel.ts";

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
