import type { Clock, Timer } from "../domain/clock.ts";
import { ZERO, type Decimal } from "../domain/decimal.ts";
import type { ExchangeState } from "./account-state.ts";
import { fillActivity } from "./activities.ts";
import { openOrders, type Valuation } from "./buying-power.ts";
import { type FillModel, match, touchesStop } from "./matching.ts";
import { isOpen, tradeUpdate, type OrderRecord, type OrderStatus, type Execution, type TradeEvent, type TradeUpdate } from "./orders.ts";
import type { PriceBook } from "./prices.ts";
import type { Random } from "./random.ts";
import { unprocessable } from "./refusals.ts";
import { newYorkDate, type MarketHours } from "./sessions.ts";
import { bookFill } from "./settlement.ts";
import { stampOf } from "./timestamps.ts";

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
  /** Whether it may fill now; checked again after {@link RESTING_CHECK_MS}. */
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

/** How often a resting order is compared with the moving quote. */
const RESTING_CHECK_MS = 1_000;
const END_STAMPS = { canceled: "canceledAt", expired: "expiredAt", rejected: "failedAt", replaced: "replacedAt" } as const;
/** A timer of several weeks overflows; waking up early is harmless. */
const LONGEST_SLEEP_MS = 3_600_000;

/**
 * What happens to accepted orders over time:
 *
 * - `pending_new`: sent while the market is open; becomes `new` after the acknowledge latency.
 * - `accepted`: sent while it is closed; becomes `new` at the open.
 * - `new`, `partially_filled`: compared with the quote after the fill latency and then repeatedly, until the last
 *   fill makes it `filled`. Paused while the market is closed (GTC).
 * - `pending_cancel`: a cancel is in progress; fills in the meantime count. Then `canceled`.
 * - `expired`: at `expiresAt`, for day orders the close of their session.
 * - `rejected`: the account can no longer pay when it would fill (`canceled` after a partial fill).
 */
export class OrderEntry {
  model: ExecutionModel;
  readonly #context: OrderEntryContext;
  #timer: Timer | undefined;
  #closed = false;

  constructor(context: OrderEntryContext, model: ExecutionModel) {
    this.#context = context;
    this.model = model;
    this.arm();
  }

  take(order: OrderRecord): void {
    const { clock, state } = this.#context;
    state.orders.set(order.id, order);
    if (order.status === "pending_new") order.stepAt = clock.monotonic() + this.model.ackLatencyMs;
    this.#tell(order.status === "pending_new" ? "pending_new" : "accepted", order, order.submittedAt);
    this.#done();
  }

  /** @throws Refusal when the order has already ended, other than by a cancel. */
  requestCancel(order: OrderRecord): void {
    if (order.status === "canceled" || order.status === "pending_cancel") return;
    if (!isOpen(order)) throw unprocessable(`order is already in "${order.status}" state`);
    const { cancelLatencyMs } = this.model;
    order.cancelAt = Number.isFinite(cancelLatencyMs) ? this.#context.clock.monotonic() + cancelLatencyMs : undefined;
    this.#become(order, "pending_cancel", "pending_cancel");
    this.#done();
  }

  cancelNow(order: OrderRecord): void {
    this.#end(order, "canceled");
    this.#done();
  }

  rejectNow(order: OrderRecord): void {
    this.#end(order, "rejected");
    this.#done();
  }

  /** The old order of a pair that `by` replaces. */
  replaceBy(order: OrderRecord, by: OrderRecord): void {
    order.replacedBy = by.id;
    this.#end(order, "replaced");
    this.#done();
  }

  /** After a price was set: checks the orders that may rest on it without waiting for the next round. */
  checkAgain(symbol: string): void {
    const soon = this.#context.clock.monotonic() + this.model.fillLatencyMs;
    for (const order of openOrders(this.#context.state)) {
      const resting = order.symbol === symbol && order.status === "new" && order.slicesLeft === undefined;
      if (resting && order.stepAt !== undefined) order.stepAt = Math.min(order.stepAt, soon);
    }
    this.arm();
  }

  stamp(): string {
    return stampOf(this.#context.clock.now(), this.#context.state.sequence++);
  }

  /** Sets the one timer to the next due time. */
  arm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const delay = this.#nextDelay();
    if (this.#closed || delay === undefined) return;
    this.#timer = this.#context.clock.after(Math.min(Math.max(delay, 0), LONGEST_SLEEP_MS), () => this.#wake());
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #nextDelay(): number | undefined {
    const { clock, hours, state } = this.#context;
    const now = clock.now();
    const delays = openOrders(state).flatMap((order) => [
      order.expiresAt - now,
      order.stepAt === undefined ? (hours.isOpen(now) ? 0 : hours.nextOpen(now) - now) : order.stepAt - clock.monotonic(),
      (order.cancelAt ?? Infinity) - clock.monotonic(),
    ]);
    return delays.length === 0 ? undefined : Math.min(...delays);
  }

  #wake(): void {
    const { clock, hours, state } = this.#context;
    for (const order of openOrders(state)) if (order.expiresAt <= clock.now()) this.#end(order, "expired");
    if (hours.isOpen(clock.now())) for (const order of openOrders(state)) if (order.stepAt === undefined) this.#awaken(order);
    for (let due = this.#earliestDue(); due !== undefined; due = this.#earliestDue()) this.#step(due);
    this.#done();
  }

  #earliestDue(): OrderRecord | undefined {
    const dueAt = (order: OrderRecord): number => Math.min(order.stepAt ?? Infinity, order.cancelAt ?? Infinity);
    const now = this.#context.clock.monotonic();
    const due = openOrders(this.#context.state).filter((order) => dueAt(order) <= now);
    return due.sort((first, second) => dueAt(first) - dueAt(second))[0];
  }

  #awaken(order: OrderRecord): void {
    order.stepAt = this.#context.clock.monotonic() + this.model.fillLatencyMs;
    if (order.status === "accepted" || order.status === "pending_new") this.#become(order, "new", "new");
  }

  #step(order: OrderRecord): void {
    if ((order.cancelAt ?? Infinity) <= (order.stepAt ?? Infinity)) this.#cancel(order);
    else if (order.status === "pending_new") this.#awaken(order);
    else this.#match(order);
  }

  #cancel(order: OrderRecord): void {
    if (this.#context.gate()?.mayCancel(order) ?? true) this.#end(order, "canceled");
    else order.cancelAt = this.#context.clock.monotonic() + RESTING_CHECK_MS;
  }

  #match(order: OrderRecord): void {
    const { clock, hours, prices, random, state, valueOf } = this.#context;
    if (!hours.isOpen(clock.now())) {
      order.stepAt = undefined;
      return;
    }
    if (this.#context.gate()?.mayFill(order) === false) {
      order.stepAt = clock.monotonic() + RESTING_CHECK_MS;
      return;
    }
    const trade = prices.trade(order.symbol, clock.now());
    const quote = prices.quote(order.symbol, clock.now());
    order.triggered ||= trade !== undefined && touchesStop(order, trade.price);
    const outcome = quote !== undefined && order.triggered ? match(state, order, quote, this.model, random, valueOf) : undefined;
    if (outcome?.kind === "fills") this.#fill(order, outcome.price, outcome.quantity, outcome.last);
    else if (outcome?.kind === "unaffordable") this.#end(order, order.filledQuantity.eq(ZERO) ? "rejected" : "canceled");
    else order.stepAt = clock.monotonic() + RESTING_CHECK_MS;
  }

  #fill(order: OrderRecord, price: Decimal, quantity: Decimal, last: boolean): void {
    const { clock, random, state } = this.#context;
    this.#context.beforeBooking();
    const positionQuantity = bookFill(state, order, price, quantity, newYorkDate(clock.now()));
    const stamp = this.stamp();
    if (order.slicesLeft !== undefined) order.slicesLeft--;
    order.stepAt = last ? undefined : clock.monotonic() + this.model.partialFillIntervalMs;
    order.updatedAt = stamp;
    if (last) order.filledAt = stamp;
    if (last) order.cancelAt = undefined;
    if (last || order.status !== "pending_cancel") order.status = last ? "filled" : "partially_filled";
    const executionId = random.uuid();
    state.activities.push(fillActivity(order, price, quantity, stamp, executionId));
    this.#tell(last ? "fill" : "partial_fill", order, stamp, { price, quantity, positionQuantity }, executionId);
  }

  #end(order: OrderRecord, status: keyof typeof END_STAMPS): void {
    order.stepAt = undefined;
    order.cancelAt = undefined;
    const stamp = this.#become(order, status, status);
    order[END_STAMPS[status]] = stamp;
    this.#tell(status, order, stamp);
  }

  /** Changes the status and reports it, except for an end, which reports more first. */
  #become(order: OrderRecord, status: OrderStatus, event: TradeEvent): string {
    const stamp = this.stamp();
    order.status = status;
    order.updatedAt = stamp;
    if (isOpen(order)) this.#tell(event, order, stamp);
    return stamp;
  }

  #tell(event: TradeEvent, order: OrderRecord, stamp: string, execution?: Execution, executionId = this.#context.random.uuid()): void {
    const eventId = this.#context.random.ulid(this.#context.clock.now());
    this.#context.emit(tradeUpdate(event, order, stamp, { eventId, executionId }, execution));
  }

  #done(): void {
    this.arm();
    this.#context.changed();
  }
}
