import type { Decimal } from "../decimal.ts";
import type { ExecutionRecord } from "./executions.ts";
import type { IntentRecord } from "./orders.ts";

/** The strategies' sub-accounts (R32). */
export interface SubAccountStore {
  /** Records by how much an execution should change each sub-account. */
  recordAttributionDeltas(executionId: string, deltas: readonly AttributionDelta[]): void;
  attributionDeltasOf(executionId: string): AttributionDelta[];
  /** Finished executions whose end has not been booked, oldest first. */
  unbookedExecutions(): ExecutionRecord[];
  /** Orders of finished executions whose fills have not all been booked, in the order in which they were recorded. */
  unbookedFills(): UnbookedFill[];
  /** Appends to the journal and brings the holdings up to date with it, all at once. */
  recordBookings(page: BookingPage): void;
  /** The whole journal, oldest first. */
  bookings(): Booking[];
  /** What the journal adds up to, for every book but the unattributed one, which is what is left of the account. */
  bookHoldings(): SubAccountHolding[];
}

/** By how many shares an execution should change one sub-account's holding of a symbol. */
export interface AttributionDelta {
  readonly symbol: string;
  readonly book: string;
  /** Negative: shares to get rid of. */
  readonly quantity: Decimal;
  /** The plan's price; `undefined` where the plan had none. */
  readonly price: Decimal | undefined;
}

/** One line of the journal: shares and money that came into a book, or (negative) left it. */
export interface Booking {
  readonly at: number;
  readonly executionId: string;
  /** The order that was filled; `undefined` for a transfer between books. */
  readonly clientOrderId: string | undefined;
  readonly kind: "fill" | "transfer";
  readonly book: string;
  readonly symbol: string;
  readonly quantity: Decimal;
  /** Dollars, whole cents: what was paid is negative. */
  readonly amount: Decimal;
}

/** What a book holds, or once held, of a symbol. */
export interface SubAccountHolding {
  readonly book: string;
  readonly symbol: string;
  readonly quantity: Decimal;
  /** What was paid for the shares that are held, at average cost; dollars. */
  readonly cost: Decimal;
  /** Profit of the shares that are no longer held; dollars. */
  readonly realised: Decimal;
  /** What sales brought less what purchases took; dollars. */
  readonly cash: Decimal;
}

export interface UnbookedFill {
  readonly intent: IntentRecord;
  /** Shares of it that are booked already. */
  readonly booked: Decimal;
  /** Dollars of it that are booked already, negative for a purchase. */
  readonly bookedAmount: Decimal;
}

/** What is booked at once. */
export interface BookingPage {
  readonly bookings: readonly Booking[];
  /** The changed holdings, as they are afterwards. */
  readonly holdings: readonly SubAccountHolding[];
  /** Client order id → filled quantity that is booked now. */
  readonly orders: ReadonlyMap<string, Decimal>;
  readonly executionIds: readonly string[];
}
