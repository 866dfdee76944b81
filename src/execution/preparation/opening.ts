import type { Broker } from "../../domain/broker.ts";
import { BrokerError } from "../../domain/broker.ts";
import { marketDate, marketTime } from "../../domain/market-day.ts";
import type { ExecutionSettings } from "../../domain/execution-style.ts";
import type { AccountSnapshot } from "./account-snapshot.ts";

const MINUTE_MS = 60_000;

/** Hint of a verdict for now: who judges the run again. */
export const TRIED_AGAIN = "A running daemon tries the run again while it is fresh; without one, run `alpaca-trader execute` again.";

/** Why nothing may start at this time of the session, or in this way outside a session. */
export interface NotYet {
  readonly reason: string;
  readonly hint: string;
}

/**
 * Prevents an execution from starting in the first minutes of a session, when spreads are wide. The open comes from
 * the calendar, the time from the venue. An unreadable calendar blocks it.
 * @returns `undefined` when it may start.
 */
export async function tooSoonAfterOpen(
  broker: Pick<Broker, "calendar">,
  { market }: Pick<AccountSnapshot, "market">,
  { avoidOpenMinutes }: Pick<ExecutionSettings, "avoidOpenMinutes">,
): Promise<NotYet | undefined> {
  if (avoidOpenMinutes === 0) return undefined;
  const now = market.clock.timestamp;
  const today = marketDate(now);
  try {
    const session = (await broker.calendar(today, today)).find(({ open, close }) => open <= now && now < close);
    const until = (session?.open ?? -Infinity) + avoidOpenMinutes * MINUTE_MS;
    if (now >= until) return undefined;
    return {
      reason: `The session has just opened; nothing starts before ${marketTime(until)} (AVOID_OPEN_MINUTES is ${String(avoidOpenMinutes)}).`,
      hint: `${TRIED_AGAIN} If it is too old by then, it is not executed.`,
    };
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    return { reason: `Cannot tell when the session opened: ${error.message}`, hint: "AVOID_OPEN_MINUTES needs the broker's calendar." };
  }
}

/** Orders queued for the open are filled at the open without a check, which these settings are meant to avoid. */
export function notForTheOpen({ style, avoidOpenMinutes, limitOrders }: ExecutionSettings): NotYet | undefined {
  if (avoidOpenMinutes > 0) {
    return {
      reason: `The market is closed, and orders queued for the open would be filled in its first minutes (AVOID_OPEN_MINUTES is ${String(avoidOpenMinutes)}).`,
      hint: "Run it again while the market is open, or without AVOID_OPEN_MINUTES.",
    };
  }
  if (style === "market" || limitOrders.withoutQuote === "market") return undefined;
  return {
    reason: "The market is closed, and without a live quote no limit can be set (EXECUTION_STYLE is limit).",
    hint: "Run it again while the market is open, or set LIMIT_WITHOUT_QUOTE=market to queue market orders.",
  };
}
