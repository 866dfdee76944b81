import type { Timer } from "../domain/clock.ts";
import { ZERO, type Decimal } from "../domain/decimal.ts";
import { fillActivity } from "./activities.ts";
import { openOrders } from "./buying-power.ts";
import { match, touchesStop } from "./matching.ts";
import type { ExecutionModel, OrderEntryContext } from "./order-book.ts";
import { exitAfter, openBeside, takePlaceOf, waitingStop } from "./order-groups.ts";
import { isOpen, remainingQuantity, tradeUpdate, type OrderRecord, type OrderStatus, type Execution, type TradeEvent } from "./orders.ts";
import type { Admitted } from "./placing.ts";
import { unprocessable } from "./refusals.ts";
import { newYorkDate } from "./sessions.ts";
import { bookFill } from "./settlement.ts";
import { stampOf } from "./timestamps.ts";
import { isImmediate, lapsesAt, mayTrade, tradesNextAt } from "./trading-times.ts";
import { followPrice } from "./trailing.ts";

/** How often a resting order is compared with the moving quote. */
const RESTING_CHECK_MS = 1_000;
const END_STAMPS = { canceled: "canceledAt", expired: "expiredAt", rejected: "failedAt", replaced: "replacedAt" } as const;
/** A timer of several weeks overflows; waking up early is harmless. */
const LONGEST_SLEEP_MS = 3_600_000;

/**
 * What happens to accepted orders over time:
 *
 * - `pending_new`: sent while the market is open; becomes `new` after the acknowledge latency.
 * - `accepted`: sent while it is closed; becomes `new` at the open, or when it may trade in extended hours.
 * - `held`: an exit whose entry has not filled, or a stop-loss next to a working take-profit. Becomes `new` when the
 *   entry has filled in full, or when the price touches the stop, which cancels the take-profit.
 * - `new`, `partially_filled`: compared with the quote after the fill latency and then repeatedly, until the last
 *   fill makes it `filled`. Paused while it may not trade (GTC). Immediate orders and those for an auction have one
 *   match; what that leaves is `canceled`.
 * - `pending_cancel`: a cancel is in progress; fills in the meantime count. Then `canceled`.
 * - `expired`: at `expiresAt`, for day orders the close of their session.
 * - `rejected`: the account can no longer pay when it would fill (`canceled` after a partial fill).
 *
 * An order that ends without a complete fill takes the open orders of its group with it, as does an exit that fills.
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

  take({ order, legs }: Admitted): void {
    const { clock, state } = this.#context;
    for (const each of [order, ...legs]) state.orders.set(each.id, each);
    if (order.status === "pending_new") order.stepAt = clock.monotonic() + this.model.ackLatencyMs;
    this.#tell(eventOf(order), order, order.submittedAt);
    for (const leg of legs) this.#tell("held", leg, leg.submittedAt);
    this.#done();
  }

  /** @throws Refusal when the order has already ended, other than by a cancel. */
  requestCancel(order: OrderRecord): void {
    if (order.status === "canceled" || order.status === "pending_cancel") return;
    if (!isOpen(order)) throw unprocessable(`order is already in "${order.status}" state`);
    const working = order.status === "held" ? openBeside(this.#context.state, order).find(({ status }) => status !== "held") : undefined;
    if (working !== undefined) {
      this.requestCancel(working);
      return;
    }
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

  /** The old order of a pair that `by` replaces, also in its group. */
  replaceBy(order: OrderRecord, by: OrderRecord): void {
    order.replacedBy = by.id;
    takePlaceOf(this.#context.state, order, by);
    this.#endAlone(order, "replaced");
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
      lapsesAt(order, hours) - now,
      order.stepAt === undefined ? this.#tradesIn(order, now) : order.stepAt - clock.monotonic(),
      (order.cancelAt ?? Infinity) - clock.monotonic(),
    ]);
    return delays.length === 0 ? undefined : Math.min(...delays);
  }

  /** Milliseconds until an order without a next step gets one. */
  #tradesIn(order: OrderRecord, now: number): number {
    return order.status === "held" ? Infinity : tradesNextAt(order, this.#context.hours, now) - now;
  }

  #wake(): void {
    const { clock, hours, state } = this.#context;
    const now = clock.now();
    for (const order of openOrders(state)) if (lapsesAt(order, hours) <= now && isOpen(order)) this.#end(order, "expired");
    for (const order of openOrders(state)) if (order.stepAt === undefined && this.#tradesIn(order, now) === 0) this.#awaken(order);
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
    if (order.status === "accepted" || order.status === "pending_new" || order.status === "held") this.#become(order, "new", "new");
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
    if (!mayTrade(order, hours, clock.now())) {
      order.stepAt = undefined;
      return;
    }
    if (this.#context.gate()?.mayFill(order) === false) {
      order.stepAt = clock.monotonic() + RESTING_CHECK_MS;
      return;
    }
    const trade = prices.trade(order.symbol, clock.now());
    const quote = prices.quote(order.symbol, clock.now());
    if (trade !== undefined && this.#stopsOut(order, trade.price)) return;
    order.triggered ||= trade !== undefined && touchesStop(order, trade.price);
    const outcome = quote !== undefined && order.triggered ? match(state, order, quote, this.model, random, valueOf) : undefined;
    if (outcome?.kind === "fills") this.#fill(order, outcome.price, outcome.quantity, outcome.last);
    else if (outcome?.kind === "unaffordable") this.#end(order, order.filledQuantity.eq(ZERO) ? "rejected" : "canceled");
    else order.stepAt = clock.monotonic() + RESTING_CHECK_MS;
    if (isImmediate(order) && isOpen(order)) this.#end(order, "canceled");
  }

  /** Whether the price touches the stop-loss next to a take-profit, which then takes its place at the exchange. */
  #stopsOut(order: OrderRecord, lastTrade: Decimal): boolean {
    followPrice(order, lastTrade);
    const stop = waitingStop(this.#context.state, order);
    if (stop === undefined || !touchesStop(stop, lastTrade)) return false;
    this.#endAlone(order, "canceled");
    stop.triggered = true;
    this.#awaken(stop);
    return true;
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
    this.#continueGroup(order);
  }

  /** After a fill: the exits of an entry begin, and those of a position end or shrink with each other. */
  #continueGroup(order: OrderRecord): void {
    const { state } = this.#context;
    const exit = order.status === "filled" ? exitAfter(state, order) : undefined;
    if (exit !== undefined) this.#awaken(exit);
    else if (order.status === "filled") this.#endBeside(order, "canceled");
    const stop = order.status === "partially_filled" ? waitingStop(state, order) : undefined;
    if (stop !== undefined) stop.quantity = remainingQuantity(order);
  }

  #endBeside(order: OrderRecord, status: "canceled" | "expired"): void {
    for (const other of openBeside(this.#context.state, order)) this.#endAlone(other, status);
  }

  #end(order: OrderRecord, status: "canceled" | "expired" | "rejected"): void {
    this.#endAlone(order, status);
    this.#endBeside(order, status === "expired" ? status : "canceled");
  }

  #endAlone(order: OrderRecord, status: keyof typeof END_STAMPS): void {
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

function eventOf({ status }: OrderRecord): TradeEvent {
  return status === "pending_new" || status === "held" ? status : "accepted";
}
