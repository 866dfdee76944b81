import { formatDollars, formatPercent } from "../domain/format.ts";
import { max, ZERO, type Decimal } from "../domain/decimal.ts";

/** The limits of one day (R28); fractions, `undefined`: no limit. */
export interface LimitSettings {
  /** Fraction of the account at the start of the day: 2 for a full switch. */
  readonly maxDailyTurnover: Decimal | undefined;
  /** Fraction of the equity at the last close. */
  readonly maxDailyLoss: Decimal | undefined;
}

/** The values the limits are checked against; all in dollars. */
export interface LimitFacts {
  readonly equity: Decimal;
  /** Equity at the last close; zero for a new account. */
  readonly lastEquity: Decimal;
  /** Deposits, withdrawals and journals since the last close; negative for a net withdrawal. */
  readonly flows: Decimal;
  /** Value of our orders of this New York day, sold and bought, including those that may still be filled. */
  readonly tradedToday: Decimal;
  /** Value of the plan's sells and buys. */
  readonly planned: Decimal;
}

export type DailyLimit = "daily-turnover" | "daily-loss";

/** Meaning of each limit. */
export const DAILY_LIMITS: Record<DailyLimit, string> = {
  "daily-turnover": "The plan and earlier trades of the same New York day add up to more than MAX_DAILY_TURNOVER_PERCENT.",
  "daily-loss": "The account has lost MAX_DAILY_LOSS_PERCENT or more since the last close, excluding deposits and withdrawals.",
};

export interface LimitBreach {
  readonly limit: DailyLimit;
  /** One sentence for a person: the value, the limit and the setting. */
  readonly reason: string;
}

/**
 * Checks a whole plan before its first order (R28). A deposit is not a gain, and a withdrawal is not a loss.
 * @returns every limit the plan breaks; empty when it may be sent.
 */
export function judgeLimits(facts: LimitFacts, settings: LimitSettings): LimitBreach[] {
  return [...judgeTurnover(facts, settings.maxDailyTurnover), ...judgeLoss(facts, settings.maxDailyLoss)];
}

function judgeTurnover(facts: LimitFacts, limit: Decimal | undefined): LimitBreach[] {
  const turnover = facts.tradedToday.plus(facts.planned);
  const start = equityAtStart(facts);
  if (limit === undefined || turnover.lte(start.times(limit))) return [];
  const share = start.gt(ZERO)
    ? `${formatPercent(turnover.div(start))} of ${formatDollars(start)}`
    : "more than the account held at the start of the day";
  const reason =
    `Selling and buying ${formatDollars(facts.planned)} would bring the day's turnover to ${formatDollars(turnover)}, ` +
    `${share}, above MAX_DAILY_TURNOVER_PERCENT (${formatPercent(limit)}).`;
  return [{ limit: "daily-turnover", reason }];
}

/**
 * The base of the turnover limit. Money deposited overnight or since may be traded like the rest; withdrawn
 * money does not count, or a small account could be turned over many times.
 */
function equityAtStart({ equity, lastEquity, flows }: LimitFacts): Decimal {
  const start = lastEquity.plus(flows);
  return lastEquity.gt(ZERO) && start.gt(ZERO) ? start : max(ZERO, equity);
}

function judgeLoss({ equity, lastEquity, flows }: LimitFacts, limit: Decimal | undefined): LimitBreach[] {
  const loss = lastEquity.plus(flows).minus(equity);
  // A new account has no last close; its deposits are used instead.
  const before = lastEquity.gt(ZERO) ? lastEquity : max(ZERO, flows);
  if (limit === undefined || loss.lte(ZERO) || loss.lt(before.times(limit))) return [];
  const share = before.gt(ZERO) ? ` (${formatPercent(loss.div(before), 2)} of ${formatDollars(before)})` : "";
  const moved = flows.eq(ZERO) ? "" : `, excluding deposits and withdrawals of ${formatDollars(flows)}`;
  const reason =
    `The account has lost ${formatDollars(loss)}${share} since the last close${moved}, ` +
    `so MAX_DAILY_LOSS_PERCENT (${formatPercent(limit, 2)}) blocks new executions.`;
  return [{ limit: "daily-loss", reason }];
}
