import type { Side } from "../broker.ts";
import type { Decimal } from "../decimal.ts";

/** Intents and the orders that came of them (R18). */
export interface OrderStore {
  /** Sets how an order of limit style is sent, right before it is. @throws when there is no such intent, or it is not `recorded`. */
  recordTerms(clientOrderId: string, terms: OrderTerms, at: number): void;
  /** @throws when a client order id exists already, but for one that is inherited from an order that was given up. */
  recordIntents(intents: readonly NewIntent[]): void;
  /** An inherited id goes back to the order before when the venue holds nothing of this one (`refused`, `dropped`). */
  updateIntent(clientOrderId: string, change: IntentChange): void;
  intent(clientOrderId: string): IntentRecord | undefined;
  /** Orders given up, whose id this one was sent under in their place (R19); newest first. */
  formerIntents(clientOrderId: string): IntentRecord[];
  /** In the order in which they were recorded. */
  intentsOf(executionId: string): IntentRecord[];
  /** Of all executions of a signal, in the order in which they were recorded. */
  intentsOfSignal(signalId: string): IntentRecord[];
  /** Intents of any execution that may still hold or become an order at the venue. */
  unsettledIntents(): IntentRecord[];
  /** Intents of any execution that were recorded or changed at or after `at`, oldest first. */
  intentsChangedSince(at: number): IntentRecord[];
  /** The newest intent for a symbol that was filled, wholly or in part. */
  lastFilledIntent(symbol: string): IntentRecord | undefined;
}

/**
 * Life of an intent:
 * - `recorded`: committed, and proven never to have been posted (also after "not sent").
 * - `posting`: committed as about to be posted; after a crash its outcome is unknown.
 * - `unknown`: posted without an answer to rely on; being looked up (R19).
 * - `open`: the venue holds the order and it is not terminal.
 * - `done`: the order is terminal; `status` says which end.
 * - `refused`: the venue refused it; nothing is held.
 * - `abandoned`: unknown, and no longer to be sent; its worst case stays reserved until the session ends.
 * - `dropped`: never posted and no longer wanted; or given up, and its id has been passed on.
 */
export type IntentState = "recorded" | "posting" | "unknown" | "open" | "done" | "refused" | "abandoned" | "dropped";

/**
 * What is known of an intent beyond its state:
 * - `proven-absent`: it was sent once, and proven never to have arrived. It keeps that from then on: a refusal of what
 *   is sent again says nothing of what was sent before, so it is no proof that the venue holds no such order (R18).
 * - `came-too-late`: an order that was given up before has taken the id that both were sent under (R19).
 * - `session-over`: it never appeared, and cannot arrive any more, because its session has ended (R19).
 * - the others are the skip reasons for which it was not sent.
 */
export const INTENT_CODES = [
  "proven-absent",
  "came-too-late",
  "session-over",
  "price-doubt",
  "quote-doubt",
  "insufficient-cash",
  "below-minimum",
] as const;
export type IntentCode = (typeof INTENT_CODES)[number];

/** What each state may become, besides staying as it is. */
const TRANSITIONS: Readonly<Record<IntentState, readonly IntentState[]>> = {
  recorded: ["posting", "open", "done", "refused", "dropped", "abandoned"],
  posting: ["recorded", "unknown", "open", "done", "refused", "dropped", "abandoned"],
  unknown: ["recorded", "open", "done", "refused", "dropped", "abandoned"],
  open: ["done", "refused", "dropped"],
  done: [],
  // Late truth wins: the venue may have an order after all.
  refused: ["open", "done"],
  abandoned: ["open", "done", "refused", "dropped"],
  dropped: ["open", "done"],
};

type Fate = Pick<IntentRecord, "state" | "code">;

/** Whether a request for it may have reached the venue, which may still take it (R19). */
export function wasSent({ state, code }: Fate): boolean {
  return state !== "recorded" || code === "proven-absent";
}

/**
 * Whether the ledger may record a change. What was sent once may still arrive, so it is dropped only when its session is
 * over or its id has gone back to an earlier order. A refusal ends only what was sent once and is not known to be held,
 * or what the venue holds another order for under this id.
 */
export function mayBecome(intent: Fate, { state, code, status }: Pick<IntentChange, "state" | "code" | "status">): boolean {
  if (state === undefined || state === intent.state) return true;
  if (!TRANSITIONS[intent.state].includes(state)) return false;
  if (state === "dropped") return !wasSent(intent) || code === "came-too-late" || code === "session-over";
  return state !== "refused" || status === "other" || (intent.code !== "proven-absent" && intent.state !== "open");
}

/** What is still wanted of a planned trade when an order for it is made. */
export interface Goal {
  /** Shares; `undefined` for a buy in dollars until its first price is known. */
  readonly quantity: Decimal | undefined;
  /** Dollars that buys may take; `undefined` for sells. */
  readonly cost: Decimal | undefined;
  /** It was planned in dollars, so fractions of a share may be bought. */
  readonly inDollars: boolean;
}

/** The quote that an order was sent on. */
export interface QuoteSeen {
  readonly bid: Decimal;
  readonly ask: Decimal;
  /** Its stamp, milliseconds since the epoch. */
  readonly at: number;
}

export type OrderType = "market" | "limit";

/** How an order of limit style is sent; exactly one of `quantity` and `notional`. */
export interface OrderTerms {
  readonly orderType: OrderType;
  readonly quantity: Decimal | undefined;
  readonly notional: Decimal | undefined;
  readonly limitPrice: Decimal | undefined;
  readonly estimatedValue: Decimal;
  readonly worstCaseCost: Decimal;
  readonly goal: Goal;
  readonly quote: QuoteSeen | undefined;
}

export interface NewIntent {
  readonly clientOrderId: string;
  readonly executionId: string;
  readonly phase: "selling" | "buying";
  readonly symbol: string;
  readonly side: Side;
  readonly attempt: number;
  readonly quantity: Decimal | undefined;
  readonly notional: Decimal | undefined;
  readonly estimatedValue: Decimal;
  readonly worstCaseCost: Decimal;
  readonly fullExit: boolean;
  /** Quantity of the symbol held when it was planned; an unknown sell is checked against it (R19). */
  readonly heldBefore: Decimal;
  readonly recordedAt: number;
  /** Set in limit style, whose orders are priced when they are sent; missing in market style. */
  readonly goal?: Goal | undefined;
  /** The quote at the plan, in limit style at the sending; missing where there was none. */
  readonly quote?: QuoteSeen | undefined;
  /** Its id is that of an order which was given up: whichever of the two comes second, the venue refuses (R19). */
  readonly inherits?: boolean | undefined;
}

export interface IntentRecord extends Omit<NewIntent, "inherits"> {
  readonly state: IntentState;
  /** Missing for an order of limit style that has not been priced. */
  readonly orderType?: OrderType | undefined;
  readonly limitPrice?: Decimal | undefined;
  readonly postedAt: number | undefined;
  readonly acceptedAt: number | undefined;
  readonly orderId: string | undefined;
  /** Alpaca's status word of the order. */
  readonly status: string | undefined;
  readonly filledQuantity: Decimal;
  readonly filledAveragePrice: Decimal | undefined;
  readonly filledAt: number | undefined;
  readonly cancelRequestedAt: number | undefined;
  /** Refusal text, or why it was abandoned or dropped. */
  readonly message: string | undefined;
  readonly code?: IntentCode | undefined;
  readonly updatedAt: number;
}

export interface IntentChange {
  readonly state?: IntentState;
  readonly postedAt?: number;
  readonly acceptedAt?: number;
  readonly orderId?: string;
  readonly status?: string;
  readonly filledQuantity?: Decimal;
  readonly filledAveragePrice?: Decimal;
  readonly filledAt?: number;
  readonly cancelRequestedAt?: number;
  readonly message?: string;
  readonly code?: IntentCode;
  readonly updatedAt: number;
}
