import type { Clock } from "../domain/clock.ts";
import type { Decimal } from "../domain/decimal.ts";
import type { ExchangeState } from "./account-state.ts";
import type { Valuation } from "./buying-power.ts";
import type { FillModel } from "./matching.ts";
import type { OrderRecord, TradeUpdate } from "./orders.ts";
import type { PriceBook } from "./prices.ts";
import type { Random } from "./random.ts";
import type { MarketHours } from "./sessions.ts";

/** How long the venue takes, in milliseconds, and how many fills an order takes. */
export interface ExecutionModel extends FillModel {
  readonly ackLatencyMs: number;
  readonly fillLatencyMs: number;
  /** From a cancel request to its effect; `Infinity` for a cancel that sticks. */
  readonly cancelLatencyMs: number;
  readonly partialFillIntervalMs: number;
}

/** Where a fault keeps orders from filling or cancelling. */
export interface OrderGate {
  /** Whether it may fill now; checked again after a second. */
  mayFill(order: OrderRecord): boolean;
  /** Whether its cancel may take effect now; checked again after the same time. */
  mayCancel(order: OrderRecord): boolean;
  /** Dollar limit for new buys; `undefined` for the true buying power. */
  knownPower?(): Decimal | undefined;
}

/** The account's orders, and what they are matched with. */
export interface OrderBook {
  readonly clock: Clock;
  readonly hours: MarketHours;
  readonly prices: PriceBook;
  readonly random: Random;
  readonly state: ExchangeState;
  readonly valueOf: Valuation;
}

export interface OrderEntryContext extends OrderBook {
  readonly gate: () => OrderGate | undefined;
  readonly emit: (update: TradeUpdate) => void;
  /** Called before money or shares change, so that past closes are valued with the holdings of their time. */
  readonly beforeBooking: () => void;
  readonly changed: () => void;
}
