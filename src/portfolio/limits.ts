import { formatDollars, formatPercent } from "../domain/format.ts";
import { max, ZERO, type Decimal } from "../domain/decimal.ts";

/** The limits of one day (R28); fractions, `undefined`: no limit. */
export interface LimitSettings {
  /** Of the account at the day's start: 2 for a full switch. */
  readonly maxDailyTurnover: Decimal | undefined;
  /** Of the equity at the last close. */
  readonly maxDailyLoss: Decimal | undefined;
}

/** What the limits are judged by; all in dollars. */
export interface LimitFacts {
  readonly equity: Decimal;
  /** Equity at the last close; zero for a new account. */
  readonly lastEquity: Decimal;
  /** Deposits, withdrawals and journals since the last close; negative when more went than came. */
  readonly flows: Decimal;
  /** What our orders of this New York day have sold and bought, those that may still be filled included. */
  readonly tradedToday: Decimal;
  /** What the plan would sell and buy. */
  readonly planned: Decimal;
}

export type DailyLimit = "daily-turnover" | "daily-loss";

/** What each limit keeps from happening. */
export const DAILY_LIMITS: Record<DailyLimit, string> = {
  "daily-turnover": "The plan and what was traded before on the same New York day come to more than MAX_DAILY_TURNOVER_PERCENT.",
  "daily-loss": "The account has lost MAX_DAILY_LOSS_PERCENT or more since the last close, deposits and withdrawals apart.",
};

export interface LimitBreach {
  readonly limit: DailyLimit;
  /** One sentence for a person: the value, the limit and the setting. */
  readonly reason: string;
}

/**
 * Judges a whole plan before its first order (R28). A deposit is no gain and a withdrawal no loss.
 * @returns every limit that stands against the plan; empty when it may be sent.
 */
export function judgeLimits(facts: LimitFacts, settings: LimitSettings): LimitBreach[] {
  return [...judgeTurnover(facts, settings.maxDailyTurnover), ...judgeLoss(facts, settings.maxDailyLoss)];
}

function judgeTurnover(facts: LimitFacts, limit: Decimal | undefined): LimitBreach[] {
  const turnover = facts.tradedToday.plus(facts.planned);
  const start = equityAtStart(facts);
  if (limit === undefined || turnover.lte(start.times(limit))) return [];
  const share = start.gt(ZERO) ? `${formatPercent(turnover.div(start))} of ${formatDollars(start)}` : "more than there was at its start";
  const reason =
    `Selling and buying ${formatDollars(facts.planned)} would bring the day's turnover to ${formatDollars(turnover)}, ` +
    `${share}, above MAX_DAILY_TURNOVER_PERCENT (${formatPercent(limit)}).`;
  return [{ limit: "daily-turnover", reason }];
}

/**
 * What the turnover is a fraction of. Money that came in overnight or since may be traded like the rest;
 * money that left may not be counted on, or a small account could be turned over many times.
 */
function equityAtStart({ equity, lastEquity, flows }: LimitFacts): Decimal {
  const start = lastEquity.plus(flows);
  return lastEquity.gt(ZERO) && start.gt(ZERO) ? start : max(ZERO, equity);
}

function judgeLoss({ equity, lastEquity, flows }: LimitFacts, limit: Decimal | undefined): LimitBreach[] {
  const loss = lastEquity.plus(flows).minus(equity);
  // A new account has no last close: what was paid in stands for it.
  const before = lastEquity.gt(ZERO) ? lastEquity : max(ZERO, flows);
  if (limit === undefined || loss.lte(ZERO) || loss.lt(before.times(limit))) return [];
  const share = before.gt(ZERO) ? ` (${formatPercent(loss.div(before), 2)} of ${formatDollars(before)})` : "";
  const moved = flows.eq(ZERO) ? "" : `, deposits and withdrawals of ${formatDollars(flows)} apart`;
  const reason =
    `The account has lost ${formatDollars(loss)}${share} since the last close${moved}, ` +
    `and MAX_DAILY_LOSS_PERCENT (${formatPercent(limit, 2)}) lets nothing begin after that.`;
  return [{ limit: "daily-loss", reason }];
}
