import type { Broker } from "../../domain/broker.ts";
import { BrokerError } from "../../domain/broker.ts";
import type { Decimal } from "../../domain/decimal.ts";
import { ZERO } from "../../domain/decimal.ts";
import type { AccountSnapshot, MarketReading } from "./account-snapshot.ts";
import type { Expected } from "./settle.ts";
import { isExplainedBy } from "./settle.ts";

/** Longest time from the answer that shows the cash to the end of the reading that it belongs to. */
const READING_TAKES_MS = 5_000;

/**
 * Dollars that the account's activities book besides trades, negative when paid out; zero where they cannot be read.
 * @param at when the account was read, by our wall clock as it is now; the activities have the venue's stamps.
 */
export async function paidSince(broker: Pick<Broker, "cashBookedSince">, at: number, { clock, readAt }: MarketReading): Promise<Decimal> {
  try {
    return await broker.cashBookedSince(at - READING_TAKES_MS + clock.timestamp - readAt.wall);
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    return ZERO;
  }
}

/**
 * What the account must show when payments since are added to our fills, where they explain its cash to the dollar: then
 * our own fills are contained in it (R16).
 * @param at when the account was read that `expected` starts from, by our wall clock.
 */
export async function withPayments(
  broker: Pick<Broker, "cashBookedSince">,
  { account, market }: Pick<AccountSnapshot, "account" | "market">,
  expected: Expected,
  at: number,
): Promise<Expected> {
  if (expected.cash === undefined || isExplainedBy(ZERO, account.cash, expected)) return expected;
  const paid = await paidSince(broker, at, market);
  return isExplainedBy(paid, account.cash, expected) ? { ...expected, cash: expected.cash.plus(paid) } : expected;
}
