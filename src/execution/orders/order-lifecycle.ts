import type { Broker, Order, Position } from "../../domain/broker.ts";
import { isTerminal } from "../../domain/broker.ts";
import type { Clock } from "../../domain/clock.ts";
import { messageOf } from "../../domain/errors.ts";
import type { Ledger } from "../../domain/ledger.ts";
import type { IntentChange, IntentRecord } from "../../domain/ledger/orders.ts";
import type { Decimal } from "../../domain/decimal.ts";
import { decimal, max, ZERO } from "../../domain/decimal.ts";
import { CANCEL_RETRY_MS, CANCEL_WITHOUT_EFFECT_MS } from "../loop/decide.ts";
import type { FollowUp } from "../loop/follow-up.ts";
import { wasSent } from "../../domain/ledger/orders.ts";
import { CAME_TOO_LATE, isOfFormer } from "./former-orders.ts";
import type { RebalanceEvent } from "../events.ts";
import type { OrderGate } from "../loop/order-gate.ts";

export interface LifecycleParts {
  readonly broker: Broker;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly emit: (event: Omit<RebalanceEvent, "executionId" | "signalId">) => void;
  /** Called when the venue is known to hold, or to have held, an order of this execution (R17). */
  readonly onBegun: () => void;
  /** Whether the venue is asked to refuse a sell that would open a short position (R36). */
  readonly closesOnly: (intent: IntentRecord) => boolean;
  readonly gate: OrderGate;
  /** Called with the positions used for a proof of absence. */
  readonly onPositions: (positions: readonly Position[]) => void;
}

/** The figures of an order's end, its average price above all, follow the end by less. */
const FIGURES_SHOWN_WITHIN_MS = 10_000;
/** A fill may slip in at a cancel and be missing from the first answer: an unfilled end counts when it is shown again after this. */
const END_CONFIRMED_AFTER_MS = 1_000;
/** A dollar buy that is filled for less than this part of its amount is not shown whole. */
const MOST_OF_IT = decimal("0.9");

/**
 * The life of one order, as the ledger and the venue see it:
 *
 * recorded ── post ──► posting ──► open ──► done         the venue has it; followed by id to its end
 *    ▲                   │ ├─────► refused                a 4xx with a code: it holds nothing
 *    └──── not sent ─────┤ └─────► unknown                no reliable answer
 *                        │            │  ├── found ──► open / done (adopted)
 *                        └ (restart) ─┘  ├── proven absent ──► recorded (same id)
 *                                        └── may not be sent any more ──► abandoned
 *
 * An order may be sent under the id of an earlier abandoned one (`inherited-ids.ts`). The venue then holds one of the
 * two; if it is the earlier one, this one is dropped, and the id belongs to the earlier one again.
 *
 * Each method makes one request for one intent and records the result before it returns. Ledger errors are
 * thrown: without a record nothing more may be done.
 */
export class OrderLifecycle {
  readonly #parts: LifecycleParts;

  constructor(parts: LifecycleParts) {
    this.#parts = parts;
  }

  /** Sends an intent that is committed as `posting`, once. */
  async post(intent: IntentRecord, followUp: FollowUp): Promise<void> {
    const { broker, clock, closesOnly } = this.#parts;
    followUp.postedAt = clock.monotonic();
    const answer = await broker.submit({
      clientOrderId: intent.clientOrderId,
      symbol: intent.symbol,
      side: intent.side,
      ...(intent.quantity === undefined ? {} : { quantity: intent.quantity }),
      ...(intent.notional === undefined ? {} : { notional: intent.notional }),
      ...(intent.limitPrice === undefined ? {} : { limitPrice: intent.limitPrice }),
      ...(closesOnly(intent) ? { closesOnly: true } : {}),
    });
    switch (answer.kind) {
      case "accepted":
        this.#parts.gate.accepted(intent, followUp.postedAt);
        this.adopt(intent, answer.order, followUp);
        return;
      case "refused":
        if (intent.code === "proven-absent") {
          this.abandon(intent, `The second sending was refused (${answer.message}), but the first one may still arrive.`);
          return;
        }
        this.#parts.gate.refused(intent, answer);
        this.#change(intent, { state: "refused", status: answer.reason, message: answer.message });
        this.#emit("refused", "error", intent, `${intent.symbol}: the ${intent.side} was refused: ${answer.message}.`, answer);
        return;
      case "not-sent":
        followUp.notBefore = answer.retryAt;
        this.#change(intent, { state: "recorded" });
        this.#emit("waiting", "warn", intent, `${intent.symbol}: not sent yet (${answer.message}). Retrying later with the same id.`);
        return;
      case "exists":
        this.#change(intent, { state: "unknown", message: answer.message });
        followUp.hinted = true;
        this.#emit("unknown", "warn", intent, `${intent.symbol}: the venue already has an order with this id. Looking it up to adopt it.`);
        return;
      case "unknown":
        this.#change(intent, { state: "unknown", message: answer.message });
        this.#emit("unknown", "warn", intent, `${intent.symbol}: no reliable answer (${answer.message}). Looking the order up by its id.`);
        return;
    }
  }

  /** Asks the venue for an order whose POST gave no answer (R19). */
  async lookUp(intent: IntentRecord, followUp: FollowUp): Promise<void> {
    const { broker, clock } = this.#parts;
    followUp.hinted = false;
    let absent = false;
    try {
      const order = await broker.orderByClientId(intent.clientOrderId);
      if (order !== undefined) {
        this.#emit("look-up", "info", intent, `${intent.symbol}: found at the venue, ${order.status}; adopted.`);
        this.adopt(intent, order, followUp);
        return;
      }
      if (intent.state === "posting") this.#change(intent, { state: "unknown" });
      absent = true;
      this.#emit("look-up", "debug", intent, `${intent.symbol}: the venue does not know the order (yet).`);
    } catch (error) {
      this.#emitFailure("look-up", intent, `${intent.symbol}: the look-up failed: ${messageOf(error)}`);
    } finally {
      followUp.askedAt = clock.monotonic();
      if (absent) followUp.absentAt = followUp.askedAt;
    }
  }

  /**
   * The last check before an unknown order is sent again (R19): no order with this id among all orders of the
   * symbol since the intent, and an unchanged position. The order then counts as never sent.
   */
  async proveAbsent(intent: IntentRecord, followUp: FollowUp): Promise<void> {
    const { broker, clock, onPositions } = this.#parts;
    try {
      const [orders, positions] = await Promise.all([
        broker.ordersSince(intent.recordedAt - LISTING_SLACK_MS, [intent.symbol]),
        broker.positions(),
      ]);
      onPositions(positions);
      const order = orders.find((candidate) => candidate.clientOrderId === intent.clientOrderId);
      // Unreadable parts appear as empty, including its fills.
      if (order?.problem !== undefined) throw new Error(`the order cannot be read (${order.problem})`);
      if (order !== undefined) {
        this.adopt(intent, order, followUp);
        return;
      }
      const position = positions.find(({ symbol }) => symbol === intent.symbol);
      if (position?.problem !== undefined) throw new Error(`the position cannot be read (${position.problem})`);
      const held = position?.quantity;
      const unchanged = held === undefined ? intent.heldBefore.toFixed() === "0" : held.eq(intent.heldBefore);
      if (!unchanged) {
        this.abandon(
          intent,
          `The position changed from ${intent.heldBefore.toFixed()} to ${held?.toFixed() ?? "0"} shares, although no such order is listed.`,
        );
        return;
      }
      this.#change(intent, { state: "recorded", message: "proven absent", code: "proven-absent" });
      followUp.absentAt = undefined;
      this.#emit("look-up", "info", intent, `${intent.symbol}: proven never to have arrived. Sending it again under the same id.`);
    } catch (error) {
      this.#emitFailure("look-up", intent, `${intent.symbol}: the proof of absence failed: ${messageOf(error)}`);
    } finally {
      followUp.askedAt = clock.monotonic();
    }
  }

  /** Reads a working order by its id. */
  async poll(intent: IntentRecord, followUp: FollowUp): Promise<void> {
    const { broker, clock, ledger } = this.#parts;
    followUp.hinted = false;
    // A failed one counts too: the pauses grow while the venue answers with errors (R35).
    followUp.polls += 1;
    try {
      const order =
        intent.orderId === undefined ? await broker.orderByClientId(intent.clientOrderId) : await broker.orderById(intent.orderId);
      if (order !== undefined) this.adopt(intent, order, followUp);
    } catch (error) {
      // The stream may have reported its end while the read waited.
      if (ledger.intent(intent.clientOrderId)?.state !== "done")
        this.#emitFailure("progress", intent, `${intent.symbol}: cannot read the order: ${messageOf(error)}`);
    } finally {
      followUp.askedAt = clock.monotonic();
    }
  }

  /** Requests a cancel; polling shows its effect (R21). */
  async cancel(intent: IntentRecord, followUp: FollowUp, reason: string): Promise<void> {
    const { broker, clock } = this.#parts;
    if (intent.orderId === undefined) return;
    if (intent.cancelRequestedAt === undefined) this.#change(intent, { cancelRequestedAt: clock.now() });
    const isRepeated = followUp.cancelRequestedAt !== undefined;
    followUp.cancelRequestedAt ??= clock.monotonic();
    followUp.cancelAgainAt = undefined;
    const level = isRepeated ? "debug" : intent.orderType === "limit" ? "info" : "warn";
    this.#emit("cancel", level, intent, `${intent.symbol}: cancelling the ${intent.side}. ${reason}`);
    const answer = await broker.cancel(intent.orderId);
    followUp.hinted = true;
    followUp.cancelAgainAt = clock.monotonic() + (answer.kind === "unknown" ? CANCEL_RETRY_MS : CANCEL_WITHOUT_EFFECT_MS);
    const text = `${intent.symbol}: response to the cancel: ${"message" in answer ? answer.message : ""}`;
    if (answer.kind === "unknown") this.#emitFailure("cancel", intent, text);
    else if (answer.kind !== "requested") this.#emit("cancel", "warn", intent, text);
  }

  /** Abandons an unknown order for this execution; its worst case stays reserved (R19). */
  abandon(intent: IntentRecord, reason: string): void {
    this.#change(intent, { state: "abandoned", message: reason });
    this.#emit("abandoned", "error", intent, `${intent.symbol}: it is not known whether the venue has the ${intent.side}. ${reason}`);
  }

  /**
   * Never sends a sell of more shares than are held: this program, not the venue, prevents short positions. The
   * shares may also be gone because the venue already has the order and a damaged ledger has lost it.
   * @throws BrokerError when that cannot be determined.
   */
  async refuseUncovered(intent: IntentRecord, positions: readonly Position[], followUp: FollowUp): Promise<void> {
    if (intent.side !== "sell" || intent.state !== "recorded") return;
    const row = positions.find((position) => position.symbol === intent.symbol);
    // A row that cannot be read says nothing of how many shares are held (R34).
    const held = row === undefined || row.problem !== undefined ? ZERO : row.quantity;
    if (intent.quantity === undefined || held.gte(intent.quantity)) return;
    const cause =
      row?.problem === undefined
        ? `only ${held.toFixed()} of the ${intent.quantity.toFixed()} shares to sell are still held`
        : `its position cannot be read (${row.problem})`;
    if (wasSent(intent)) {
      this.abandon(intent, `It is not sent again: ${cause}. The first sending may have arrived.`);
      return;
    }
    const message = `${cause}, so it was not sent`;
    const order = await this.#parts.broker.orderByClientId(intent.clientOrderId);
    if (order !== undefined) {
      this.adopt(intent, order, followUp);
      return;
    }
    this.#change(intent, { state: "refused", status: "insufficient-quantity", message });
    this.#emit("refused", "error", intent, `${intent.symbol}: ${message}.`);
  }

  /** Drops an order that was never sent. One that was sent is abandoned instead, because it may still arrive (R19). */
  drop(intent: IntentRecord, reason: string): void {
    if (wasSent(intent)) {
      this.abandon(intent, reason);
      return;
    }
    this.#change(intent, { state: "dropped", message: reason });
  }

  /**
   * Applies the venue's state of our order. Late and reordered responses never undo a fill or an end. An order
   * under our id that differs from what we sent is external: it is refused with an error.
   */
  adopt(intent: IntentRecord, order: Order, followUp: FollowUp): void {
    const { clock, ledger } = this.#parts;
    if (isOfFormer(ledger, intent, order)) {
      this.#change(intent, { state: "dropped", message: CAME_TOO_LATE, code: "came-too-late" });
      this.#emit(
        "look-up",
        "warn",
        intent,
        `${intent.symbol}: the ${intent.side} was not accepted: ${CAME_TOO_LATE}. That one is ended first.`,
      );
      return;
    }
    if (order.symbol !== intent.symbol || order.side !== intent.side) {
      this.#change(intent, { state: "refused", status: "other", message: `The venue holds ${order.side} ${order.symbol} under this id.` });
      this.#emit(
        "refused",
        "error",
        intent,
        `${intent.symbol}: the venue holds ${order.side} ${order.symbol} under our id ${intent.clientOrderId}. It is left alone.`,
        order,
      );
      return;
    }
    const known = ledger.intent(intent.clientOrderId) ?? intent;
    const filled = max(known.filledQuantity, order.filledQuantity);
    if (known.state === "done") {
      // Its end was shown before its last fills were.
      if (isTerminal(order.status) && filled.gt(known.filledQuantity))
        ledger.transaction(() => this.#record(known, order, filled), "ordered");
      return;
    }
    const shown = this.#untilConfirmed(known, order, followUp);
    const changed = known.status !== shown.status || !filled.eq(known.filledQuantity) || known.state !== "open";
    if (!changed) return;
    followUp.workingSince ??= clock.monotonic();
    if (known.state !== "open") followUp.polls = 0;
    // One commit for the order's state and its event. Losing it in a power cut is harmless: the venue has the order too.
    ledger.transaction(() => this.#record(known, shown, filled), "ordered");
  }

  /**
   * An end may be shown before its last fills, or before their average price (R16): what is left would be traded twice. Until
   * its figures are whole, or have not changed for a while, such an order counts as still working, and is polled.
   */
  #untilConfirmed(intent: IntentRecord, order: Order, followUp: FollowUp): Order {
    if (!isTerminal(order.status)) return order;
    const lacking = lacksFigures(intent, order) || order.filledQuantity.lt(followUp.told);
    if (order.status === "filled" && !lacking) return order;
    const now = this.#parts.clock.monotonic();
    if (followUp.endShown?.filledQuantity.eq(order.filledQuantity) !== true)
      followUp.endShown = { since: now, filledQuantity: order.filledQuantity };
    if (now - followUp.endShown.since >= (lacking ? FIGURES_SHOWN_WITHIN_MS : END_CONFIRMED_AFTER_MS)) return order;
    return { ...order, status: order.filledQuantity.gt(ZERO) ? "partially_filled" : "pending_cancel" };
  }

  #record(known: IntentRecord, order: Order, filled: Decimal): void {
    const { clock, ledger } = this.#parts;
    const ended = isTerminal(order.status);
    this.#parts.onBegun();
    this.#change(known, {
      state: ended ? "done" : "open",
      orderId: order.id,
      status: order.status,
      filledQuantity: filled,
      ...(known.acceptedAt === undefined ? { acceptedAt: clock.now() } : {}),
      ...(order.filledAveragePrice === undefined ? {} : { filledAveragePrice: order.filledAveragePrice }),
      ...(ended ? { filledAt: order.filledAt ?? order.updatedAt ?? clock.now() } : {}),
    });
    const now = ledger.intent(known.clientOrderId) ?? known;
    if (ended)
      this.#emit(
        order.status === "filled" ? "filled" : "ended",
        order.status === "filled" || isLimitGivenUp(now) ? "info" : "error",
        now,
        endText(now, order),
        order.id,
      );
    else if (known.state !== "open")
      // The venue's id is for the decision record, and too long for a line of the log.
      this.#emit("accepted", "info", now, `${now.symbol}: the ${now.side} was accepted.`, order.id);
    else
      this.#emit(
        "progress",
        filled.gt(ZERO) ? "info" : "debug",
        now,
        `${now.symbol}: ${order.status.replaceAll("_", " ")}, ${filled.toFixed()} shares so far.`,
      );
  }

  #change(intent: IntentRecord, change: Omit<IntentChange, "updatedAt">): void {
    this.#parts.ledger.updateIntent(intent.clientOrderId, { ...change, updatedAt: this.#parts.clock.now() });
  }

  #emitFailure(kind: RebalanceEvent["kind"], intent: IntentRecord, text: string): void {
    this.#parts.emit({ kind, level: "warn", recurs: true, text, symbol: intent.symbol, intent });
  }

  #emit(kind: RebalanceEvent["kind"], level: RebalanceEvent["level"], intent: IntentRecord, text: string, facts?: unknown): void {
    this.#parts.emit({ kind, level, text, symbol: intent.symbol, intent, ...(facts === undefined ? {} : { facts }) });
  }
}

/** The venue's clock and ours may differ, and listing from a little earlier is free. */
export const LISTING_SLACK_MS = 60_000;

/** A limit order replaced by a newer one is not a failure; the next attempt reports the rest. */
function isLimitGivenUp({ orderType, status, cancelRequestedAt }: IntentRecord): boolean {
  return orderType === "limit" && status === "canceled" && cancelRequestedAt !== undefined;
}

function endText(intent: IntentRecord, order: Order): string {
  const price = order.filledAveragePrice === undefined ? "" : ` @ ${order.filledAveragePrice.toFixed()}`;
  const verb = intent.side === "buy" ? "bought" : "sold";
  if (order.status === "filled") return `${intent.symbol}: ${verb} ${order.filledQuantity.toFixed()}${price}.`;
  return `${intent.symbol}: the ${intent.side} ended ${order.status} with ${order.filledQuantity.toFixed()} shares filled${price}.`;
}

/** Filled without a price, or `filled` with fewer shares or dollars than were ordered. */
function lacksFigures({ quantity, notional }: IntentRecord, { status, filledQuantity, filledAveragePrice }: Order): boolean {
  if (filledQuantity.gt(ZERO) && filledAveragePrice === undefined) return true;
  if (status !== "filled") return false;
  if (quantity !== undefined) return filledQuantity.lt(quantity);
  return filledQuantity.times(filledAveragePrice ?? ZERO).lt((notional ?? ZERO).times(MOST_OF_IT));
}
