import type { Ledger } from "../domain/ledger.ts";
import type { FillRecord } from "../domain/ledger/decisions.ts";
import type { Booking, BookingPage, UnbookedFill } from "../domain/ledger/sub-accounts.ts";
import type { IntentRecord } from "../domain/ledger/orders.ts";
import type { ExecutionRecord } from "../domain/ledger/executions.ts";
import { combinedTargets } from "../domain/strategy-target.ts";
import type { Decimal } from "../domain/decimal.ts";
import { CENT_DECIMALS, ONE, roundHalfUp, sum, ZERO } from "../domain/decimal.ts";
import { allocate } from "./allocate.ts";
import type { Shares } from "./attribution.ts";
import { attributed, transferred } from "./attribution.ts";
import { SubAccounts } from "./sub-account.ts";

/** The part of the ledger that the sub-accounts are derived from. */
export type SubAccountsSource = Pick<
  Ledger,
  "bookHoldings" | "unbookedExecutions" | "unbookedFills" | "attributionDeltasOf" | "strategyTargetsOf" | "signal" | "execution" | "fillsOf"
>;

/**
 * Books everything not booked yet: the ends of executions with their transfers, and the fills of their
 * orders, including late ones. Each is booked once, however often this is called. Call it in the
 * transaction that records the end of an execution.
 */
export function updateSubAccounts(ledger: SubAccountsSource & Pick<Ledger, "recordBookings">): void {
  const page = unbookedPage(ledger);
  if (page.executionIds.length > 0 || page.orders.size > 0) ledger.recordBookings(page);
}

/** What {@link updateSubAccounts} would record. A pure function of the ledger, so that read-only commands see the same sub-accounts. */
export function unbookedPage(ledger: SubAccountsSource): BookingPage {
  const scribe = new Scribe(ledger);
  const fills = ledger.unbookedFills();
  const executions = ledger.unbookedExecutions();
  for (const execution of executions) {
    if (execution.outcome !== "refused" && execution.outcome !== "superseded") scribe.bookTransfers(execution);
    for (const fill of fills) if (fill.intent.executionId === execution.id) scribe.bookFill(fill, execution);
  }
  const booked = new Set(executions.map(({ id }) => id));
  for (const fill of fills) {
    const execution = booked.has(fill.intent.executionId) ? undefined : ledger.execution(fill.intent.executionId);
    if (execution !== undefined) scribe.bookFill(fill, execution);
  }
  return {
    bookings: scribe.bookings,
    holdings: scribe.subAccounts.changed,
    orders: new Map(fills.map(({ intent }) => [intent.clientOrderId, intent.filledQuantity])),
    executionIds: [...booked],
  };
}

/** Creates bookings one after the other, each based on the previous ones. */
class Scribe {
  readonly subAccounts: SubAccounts;
  readonly bookings: Booking[] = [];
  readonly #ledger: SubAccountsSource;

  constructor(ledger: SubAccountsSource) {
    this.#ledger = ledger;
    this.subAccounts = new SubAccounts(ledger.bookHoldings());
  }

  /** Opposite deltas that net out, at the plan's price, or without one at the shares' cost (R32). */
  bookTransfers(execution: ExecutionRecord): void {
    const deltas = this.#ledger.attributionDeltasOf(execution.id);
    for (const symbol of new Set(deltas.map((delta) => delta.symbol))) {
      const own = deltas.filter((delta) => delta.symbol === symbol);
      const parts = transferred(new Map(own.map(({ book, quantity }) => [book, quantity])), this.subAccounts.held(symbol));
      this.#transfer(execution, symbol, parts, own[0]?.price);
    }
  }

  /** The fills of an order that are not booked yet. */
  bookFill({ intent, booked, bookedAmount }: UnbookedFill, execution: ExecutionRecord): void {
    const shares = intent.filledQuantity.minus(booked);
    const { symbol, side, clientOrderId } = intent;
    const quantity = side === "buy" ? shares : shares.neg();
    const worth = dollars(tradedValue(intent, this.#ledger.fillsOf(execution.id)));
    const amount = (side === "buy" ? worth.neg() : worth).minus(bookedAmount);
    const deltas = this.#ledger.attributionDeltasOf(execution.id).filter((delta) => delta.symbol === symbol);
    const parts = attributed(
      quantity,
      new Map(deltas.map((delta) => [delta.book, delta.quantity])),
      this.#weights(execution, symbol),
      this.subAccounts.held(symbol),
    );
    const amounts = divided(amount, parts);
    const at = intent.filledAt ?? intent.updatedAt;
    for (const [book, part] of parts)
      this.#book({
        at,
        executionId: execution.id,
        clientOrderId,
        kind: "fill",
        book,
        symbol,
        quantity: part,
        amount: amounts.get(book) ?? ZERO,
      });
  }

  #transfer(execution: ExecutionRecord, symbol: string, parts: Shares, price: Decimal | undefined): void {
    const given = new Map([...parts].filter(([, quantity]) => quantity.lt(ZERO)).map(([book, quantity]) => [book, quantity.neg()]));
    const taken = new Map([...parts].filter(([, quantity]) => quantity.gt(ZERO)));
    if (given.size === 0) return;
    const brought =
      price === undefined
        ? new Map([...given].map(([book, quantity]) => [book, this.subAccounts.costOf(book, symbol, quantity)]))
        : divided(dollars(sum(given.values()).times(price)), given);
    const paid = divided(sum(brought.values()).neg(), taken);
    const at = execution.finishedAt ?? execution.startedAt;
    for (const [book, quantity] of parts) {
      const amount = brought.get(book) ?? paid.get(book) ?? ZERO;
      this.#book({ at, executionId: execution.id, clientOrderId: undefined, kind: "transfer", book, symbol, quantity, amount });
    }
  }

  /** Strategy → its target weight of a symbol. An execution without recorded targets belongs to its only strategy. */
  #weights(execution: ExecutionRecord, symbol: string): Shares {
    const strategyTargets = this.#ledger.strategyTargetsOf(execution.id);
    if (strategyTargets.length > 0)
      return new Map(
        strategyTargets.map((strategyTarget) => [strategyTarget.strategy, combinedTargets([strategyTarget]).get(symbol) ?? ZERO]),
      );
    const strategy = this.#ledger.signal(execution.signalId)?.signal.strategy;
    return strategy === undefined ? new Map() : new Map([[strategy, ONE]]);
  }

  #book(booking: Booking): void {
    this.bookings.push(booking);
    this.subAccounts.apply(booking);
  }
}

/** Divides a dollar amount, positive or negative, in proportion to the shares. */
function divided(amount: Decimal, parts: Shares): Map<string, Decimal> {
  const sizes = new Map([...parts].map(([book, quantity]) => [book, quantity.abs()]));
  const cents = allocate(amount.abs(), sizes, CENT_DECIMALS);
  return amount.lt(ZERO) ? new Map([...cents].map(([book, part]) => [book, part.neg()])) : cents;
}

/** Single fills are exact where an average price is rounded, but only if all of them are known. */
function tradedValue(intent: IntentRecord, all: readonly FillRecord[]): Decimal {
  const fills = all.filter((fill) => fill.clientOrderId === intent.clientOrderId);
  const complete = sum(fills.map((fill) => fill.quantity)).eq(intent.filledQuantity);
  if (complete) return sum(fills.map((fill) => fill.quantity.times(fill.price)));
  return intent.filledQuantity.times(intent.filledAveragePrice ?? ZERO);
}

function dollars(amount: Decimal): Decimal {
  return roundHalfUp(amount, CENT_DECIMALS);
}
