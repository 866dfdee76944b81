import type { Account, Broker, EquityHistoryPoint, EquityWindow, MarketClock, Position } from "../domain/broker.ts";
import { BrokerError } from "../domain/broker.ts";
import { flowsSinceLastClose } from "../execution/preparation/daily-limits.ts";
import type { Decimal } from "../domain/decimal.ts";

/** The account as it stands, with what is needed to tell gain from deposit. */
export interface AccountReading {
  readonly account: Account;
  readonly positions: readonly Position[];
  readonly market: MarketClock;
  /** Deposits less withdrawals since the last close, in dollars; `undefined` when they could not be read. */
  readonly flowsSinceClose: Decimal | undefined;
  /** What of it could not be read, one sentence each. */
  readonly problems: readonly string[];
}

type ReadBroker = Pick<Broker, "account" | "positions" | "marketClock" | "cashFlowsSince" | "calendar">;

/** @throws BrokerError when the account itself cannot be read; flows that cannot be are told in `problems`. */
export async function readAccountNow(broker: ReadBroker): Promise<AccountReading> {
  const [account, positions, market] = await Promise.all([broker.account(), broker.positions(), broker.marketClock()]);
  const flows = await orProblem(flowsSinceLastClose(broker, account, market.timestamp), "Deposits since the last close are not known");
  return { account, positions, market, flowsSinceClose: flows.value, problems: flows.problems };
}

/** What the account was worth since `start`; `undefined` with a sentence why when the venue does not say. */
export async function readEquityHistory(
  broker: Pick<Broker, "equityHistory">,
  start: number,
  window: EquityWindow,
): Promise<Readings<readonly EquityHistoryPoint[]>> {
  return orProblem(broker.equityHistory(start, window), "What the account was worth on earlier days is not known");
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
