import type { Clock } from "../domain/clock.ts";
import type { Decimal } from "../domain/decimal.ts";

export const STARTING_CASH = "100000";
export const ACCOUNT_NUMBER = "SIM000001";
export const SEED = 1;
/** Between the answer to a new order and its status `new`, milliseconds, as seen at the real venue. */
export const ACKNOWLEDGE_LATENCY_MS = 20;
/** Between `new` and the first fill of a marketable order, milliseconds. */
export const FILL_LATENCY_MS = 9;
/** Between the pieces of an order that fills in pieces, milliseconds. */
export const PARTIAL_FILL_INTERVAL_MS = 250;

export interface InitialPosition {
  readonly symbol: string;
  /** Shares. */
  readonly quantity: Decimal;
  readonly averagePrice: Decimal;
}

export interface ExchangeOptions {
  readonly clock: Clock;
  /** Of prices, ids, partial fills. Default {@link SEED}. */
  readonly seed?: number;
  /** Dollars. Default {@link STARTING_CASH}. */
  readonly cash?: Decimal;
  readonly positions?: readonly InitialPosition[];
  /** Default `"1"`: buying power is cash. */
  readonly multiplier?: "1" | "2" | "4";
  /** The market never closes; for demonstrations. Default: sessions of the New York Stock Exchange. */
  readonly alwaysOpen?: boolean;
  /** Default {@link ACKNOWLEDGE_LATENCY_MS}; 0 is possible. */
  readonly ackLatencyMs?: number;
  /** Default {@link FILL_LATENCY_MS}; 0 is possible. */
  readonly fillLatencyMs?: number;
  /** From 0 to 1. Default 0.1. */
  readonly partialFillProbability?: number;
  /** Pieces of an order that is filled in pieces, at least 2. Default 2. */
  readonly partialFillSteps?: number;
  /** Default {@link PARTIAL_FILL_INTERVAL_MS}. */
  readonly partialFillIntervalMs?: number;
  /** Prices that stand still from the beginning of time, by symbol. */
  readonly prices?: Readonly<Record<string, string>>;
  /** Default {@link ACCOUNT_NUMBER}. */
  readonly accountNumber?: string;
  /** What `serialize()` gave earlier; account, orders, prices and chance go on from there. */
  readonly state?: string;
  /** Called after everything that changes what `serialize()` gives. */
  readonly onChange?: () => void;
}
