import { DateTime } from "luxon";
import type { Account, Broker } from "../../domain/broker.ts";
import { BrokerError } from "../../domain/broker.ts";
import type { Ledger } from "../../domain/ledger.ts";
import type { IntentRecord } from "../../domain/ledger/orders.ts";
import type { DailyLimit, LimitSettings } from "../../portfolio/limits.ts";
import { judgeLimits } from "../../portfolio/limits.ts";
import type { Decimal } from "../../domain/decimal.ts";
import { max, sum, ZERO } from "../../domain/decimal.ts";
import type { Plan, PlanInput } from "../../portfolio/plan.ts";
import { waitingTrades } from "../../portfolio/waiting-trades.ts";
import { bookedEquity } from "./booked-equity.ts";
import type { Inheritance } from "./inherited-ids.ts";
import type { AccountSnapshot } from "./account-snapshot.ts";
import { MARKET_ZONE, marketDayStart } from "../../domain/market-day.ts";

/** More than the longest time without a session, so it always contains the last close. */
const CALENDAR_DAYS = 10;
/** The venue stamps fills, but our possibly wrong clock stamps their records; this much more is searched. */
const CLOCK_SLACK_MS = 86_400_000;

export interface DailyLimitParts {
  readonly broker: Pick<Broker, "calendar" | "cashFlowsSince">;
  readonly ledger: Pick<Ledger, "intentsChangedSince" | "unsettledIntents" | "splitsOf">;
  readonly limits: LimitSettings;
  readonly settings: Pick<PlanInput["settings"], "driftBand">;
}

/** Why the daily limits block a plan. */
export interface Limited {
  readonly reason: string;
  readonly causes: readonly { readonly code: DailyLimit }[];
  readonly hint: string;
}

const LAST_EQUITY_UNKNOWN: Limited = {
  reason: "Cannot check MAX_DAILY_LOSS_PERCENT: the broker does not say the account's value at the last close (last_equity).",
  causes: [{ code: "daily-loss" }],
  hint: "Nothing was sent. Run `execute` again when the broker says it, or unset MAX_DAILY_LOSS_PERCENT.",
};

/**
 * Checks a whole plan against the daily limits, before its first order (R28). Earlier trades of the same New
 * York day come from the ledger, so a restart forgets nothing. A plan without orders breaks no limit.
 * @returns `undefined` when it may start. Anything unreadable blocks the plan.
 */
export async function limitsAgainst(
  parts: DailyLimitParts,
  snapshot: AccountSnapshot,
  { plan, splits, inherited }: { readonly plan: Plan; readonly splits: PlanInput["splits"] } & Partial<Inheritance>,
): Promise<Limited | undefined> {
  const { account, market } = snapshot;
  const { broker, ledger, limits, settings } = parts;
  // The day is the venue's: our own clock may be wrong.
  const now = market.clock.timestamp;
  const orders = [...plan.sells, ...plan.buys];
  if (orders.length === 0 || (limits.maxDailyTurnover === undefined && limits.maxDailyLoss === undefined)) return undefined;
  if (account.lastEquityKnown === false && limits.maxDailyLoss !== undefined) return LAST_EQUITY_UNKNOWN;
  let flows: Decimal;
  try {
    flows = await flowsSinceLastClose(broker, account, now);
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    const reason = `Cannot check MAX_DAILY_TURNOVER_PERCENT and MAX_DAILY_LOSS_PERCENT: ${error.message}`;
    const causes = [{ code: "daily-turnover" }, { code: "daily-loss" }] as const;
    return { reason, causes, hint: "Nothing was sent. Run `execute` again when the broker's activities can be read." };
  }
  const { equity, ...booked } = bookedEquity(snapshot, splits, ledger);
  // As for a new account, the turnover is then measured against the present equity.
  const lastEquity = account.lastEquityKnown === false ? ZERO : booked.lastEquity;
  const waiting = waitingTrades(plan, { cash: account.cash, driftBand: settings.driftBand });
  const planned = sum([...orders, ...waiting].map(({ estimatedValue }) => estimatedValue));
  // Of an abandoned order and its replacement only one is ever filled (R19).
  const heirs = new Map(orders.map(({ symbol, estimatedValue }) => [inherited?.get(symbol) ?? "", estimatedValue]));
  const breaches = judgeLimits({ equity, lastEquity, flows, planned, tradedToday: tradedToday(ledger, now, heirs) }, limits);
  if (breaches.length === 0) return undefined;
  const hint = "Nothing was sent. Wait for the next New York day, or raise the setting if you want this trade.";
  const causes = breaches.map(({ limit }) => ({ code: limit }));
  return { reason: breaches.map((breach) => breach.reason).join(" "), causes, hint };
}

/**
 * Dollars sold plus bought by us on the New York day of `now`; an order that may still be filled counts in full.
 * @param instead by client order id: dollars of it that are counted elsewhere.
 */
export function tradedToday(ledger: DailyLimitParts["ledger"], now: number, instead: ReadonlyMap<string, Decimal> = new Map()): Decimal {
  const midnight = marketDayStart(now);
  const intents = [...ledger.unsettledIntents(), ...ledger.intentsChangedSince(midnight - CLOCK_SLACK_MS)];
  const unique = new Map(intents.map((intent) => [intent.clientOrderId, intent]));
  return sum(
    [...unique.values()].map((intent) => max(ZERO, movedSince(intent, midnight).minus(instead.get(intent.clientOrderId) ?? ZERO))),
  );
}

function movedSince(intent: IntentRecord, midnight: number): Decimal {
  const filled = intent.filledQuantity.eq(ZERO) ? ZERO : (intent.filledAveragePrice?.times(intent.filledQuantity) ?? intent.estimatedValue);
  if (mayStillFill(intent)) return max(filled, intent.estimatedValue);
  return (intent.filledAt ?? intent.updatedAt) >= midnight ? filled : ZERO;
}

function mayStillFill({ state }: IntentRecord): boolean {
  return state === "posting" || state === "unknown" || state === "open" || state === "abandoned";
}

/**
 * Deposits less withdrawals since the close that the account's last equity belongs to, in dollars (R28).
 * @param now by the venue's clock. @throws BrokerError when they cannot be read.
 */
export async function flowsSinceLastClose(broker: DailyLimitParts["broker"], account: Account, now: number): Promise<Decimal> {
  return broker.cashFlowsSince(await lastClose(broker, account, now));
}

/** The close that the account's last equity belongs to: by its own date, else the last one before today. */
async function lastClose(broker: DailyLimitParts["broker"], account: Account, now: number): Promise<number> {
  const today = DateTime.fromMillis(now, { zone: MARKET_ZONE });
  const end = account.balanceAsOf === undefined ? today.minus({ days: 1 }) : DateTime.fromISO(account.balanceAsOf, { zone: MARKET_ZONE });
  const sessions = await broker.calendar(dateOf(end.minus({ days: CALENDAR_DAYS })), dateOf(end));
  const last = sessions.findLast(({ close }) => close <= now);
  if (last !== undefined) return last.close;
  throw new BrokerError("unreadable", `The calendar has no session in the ten days up to ${dateOf(end)}.`);
}

function dateOf(day: DateTime): string {
  return day.toFormat("yyyy-MM-dd");
}
