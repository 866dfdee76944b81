import type { Clock } from "../domain/clock.ts";
import type { VenueAnswer } from "./venue-answer.ts";
import { isProxysRefusal } from "./venue-errors.ts";

/** Pauses between the attempts of a read; their number limits the attempts. */
const READ_BACKOFF_MS = [250, 500, 1_000];
/** No further attempt starts after this much time in requests and pauses (waits for pacing not counted). */
const READ_TOTAL_MS = 15_000;

export interface ReadAttempts {
  readonly clock: Clock;
  /** Waits for room in the budget. */
  readonly admit: () => Promise<void>;
  readonly attempt: () => Promise<VenueAnswer>;
  /** Ends the pauses when the broker is closed. */
  readonly closing: AbortSignal;
}

/**
 * Retries until another attempt could not improve the answer. For reads only: a POST or DELETE sent twice may act
 * twice, so it is sent once, whatever the outcome (R18).
 */
export async function askRepeatedly({ clock, admit, attempt, closing }: ReadAttempts): Promise<VenueAnswer> {
  let spentMs = 0;
  for (const pauseMs of [...READ_BACKOFF_MS, undefined]) {
    await admit();
    const started = clock.monotonic();
    const answer = await attempt();
    spentMs += clock.monotonic() - started + (pauseMs ?? 0);
    if (pauseMs === undefined || closing.aborted || spentMs > READ_TOTAL_MS || !mayPass(answer)) return answer;
    await clock.sleep(pauseMs, closing);
  }
  throw new Error("A read ended without an answer.");
}

/** Whether the failure may be temporary. */
function mayPass(answer: VenueAnswer): boolean {
  if (answer.kind === "none") return true;
  return answer.kind === "rejected" && (answer.status >= 500 || answer.status === 408 || answer.status === 429 || isProxysRefusal(answer));
}
