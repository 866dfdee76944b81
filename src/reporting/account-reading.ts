import {
  BrokerError,
  type Account,
  type Broker,
  type EquityHistoryPoint,
  type EquityWindow,
  type MarketClock,
  type Position,
} from "../domain/broker.ts";
import { flowsSinceLastClose } from "../execution/preparation/daily-limits.ts";
import type { Decimal } from "../domain/decimal.ts";

/** The current account, with what is needed to tell gains from deposits. */
export interface AccountReading {
  readonly account: Account;
  readonly positions: readonly Position[];
  /** `undefined` in a recorded account. */
  readonly market: MarketClock | undefined;
  /** Deposits less withdrawals since the last close, in dollars; `undefined` when they could not be read. */
  readonly flowsSinceClose: Decimal | undefined;
  /** What could not be read, one sentence each. */
  readonly problems: readonly string[];
}

type ReadBroker = Pick<Broker, "account" | "positions" | "marketClock" | "cashFlowsSince" | "calendar">;

/** @throws BrokerError when the account itself cannot be read; unreadable flows are reported in `problems`. */
export async function readAccountNow(broker: ReadBroker): Promise<AccountReading> {
  const [account, positions, market] = await Promise.all([broker.account(), broker.positions(), broker.marketClock()]);
  const flows = await orProblem(flowsSinceLastClose(broker, account, market.timestamp), "Deposits since the last close are unknown");
  return { account, positions, market, flowsSinceClose: flows.value, problems: flows.problems };
}

/** The account's value since `start`; `undefined` and a sentence why when the venue does not provide it. */
export async function readEquityHistory(
  broker: Pick<Broker, "equityHistory">,
  start: number,
  window: EquityWindow,
): Promise<Readings<readonly EquityHistoryPoint[]>> {
  return orProblem(broker.equityHistory(start, window), "The account's value on earlier days is unknown");
}

export interface Readings<Value> {
  readonly value: Value | undefined;
  readonly problems: readonly string[];
}

async function orProblem<Value>(read: Promise<Value>, lack: string): Promise<Readings<Value>> {
  try {
    return { value: await read, problems: [] };
  } catch (error) {
    if (error instanceof BrokerError) return { value: undefined, problems: [`${lack}: ${error.message}`] };
    throw error;
  }
}
