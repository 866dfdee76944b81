import type { Clock } from "../domain/clock.ts";
import type { Decimal } from "../domain/decimal.ts";

export const STARTING_CASH = "100000";
export const ACCOUNT_NUMBER = "SIM000001";
export const SEED = 1;
/** Milliseconds between the answer to a new order and its status `new`, as observed at the real venue. */
export const ACKNOWLEDGE_LATENCY_MS = 20;
/** Milliseconds between `new` and the first fill of a marketable order. */
export const FILL_LATENCY_MS = 9;
/** Milliseconds between the partial fills of an order. */
export const PARTIAL_FILL_INTERVAL_MS = 250;

export interface InitialPosition {
  readonly symbol: string;
  /** Shares. */
  readonly quantity: Decimal;
  readonly averagePrice: Decimal;
}

export interface ExchangeOptions {
  readonly clock: Clock;
  /** Seed of prices, ids and partial fills. Default {@link SEED}. */
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
  /** Fills of an order that fills in parts, at least 2. Default 2. */
  readonly partialFillSteps?: number;
  /** Default {@link PARTIAL_FILL_INTERVAL_MS}. */
  readonly partialFillIntervalMs?: number;
  /** Fixed prices for all time, by symbol. */
  readonly prices?: Readonly<Record<string, string>>;
  /** Default {@link ACCOUNT_NUMBER}. */
  readonly accountNumber?: string;
  /** An earlier result of `serialize()`; account, orders, prices and the random sequence continue from it. */
  readonly state?: string;
  /** Called after every change to the result of `serialize()`. */
  readonly onChange?: () => void;
}
