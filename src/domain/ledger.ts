import type { Decimal } from "./decimal.ts";
import type { Side } from "./broker.ts";
import type { Signal } from "./signal.ts";
import type { Verdict, VerdictKind } from "./verdict.ts";
import type { StrategyTarget } from "./strategy-target.ts";
import type { RebalanceTarget } from "./rebalance-target.ts";

/**
 * What a transaction survives when the call returns. Both survive the end of the process, whatever ended it.
 *
 * - `flushed`: a power cut as well, and with it everything that was committed before.
 * - `ordered`: a power cut only once a later transaction has been flushed. Until then the cut may take it and
 *   what came after it, never what came before, so the ledger is as it was at an earlier moment. For what the
 *   venue can be asked for again, or what nothing is done upon before the next flush: an order is never sent
 *   but after one.
 */
export type Durability = "flushed" | "ordered";

/**
 * The Ledger port: the program's only memory, and what a restart starts from. Every write is flushed to the
 * disk when the call returns, but for a transaction that asks for less; a write that fails throws, and nothing
 * that depends on it may be done.
 */
export interface Ledger {
  /**
   * Runs `work` in one transaction: all of its writes or none. Nested calls join the outer one.
   * @param durability default: `flushed`; a flush takes a disk milliseconds, in which nothing else runs.
   */
  transaction<T>(work: () => T, durability?: Durability): T;
  /** Flushes what is committed and not flushed yet, if anything is. For whoever has a moment; before an order it comes by itself. */
  flush(): void;
  close(): void;

  // --- account -----------------------------------------------------------------------------
  pinnedAccount(): PinnedAccount | undefined;
  pinAccount(number: string, at: number): void;
  /** Whether an order of this ledger was ever filled in the account, at least in part. */
  hasTraded(account: string): boolean;
  /** When the owner said that everything held in the account may be traded (R27). */
  adoptedAt(account: string): number | undefined;
  recordAdoption(account: string, at: number): void;
  /** Of those `symbols` that were ever seen, the id of the asset that each one stood for last. */
  assetIds(symbols: readonly string[]): Map<string, string>;
  /** Writes only what has changed. */
  recordAssetIds(ids: ReadonlyMap<string, string>, at: number): void;

  /** Records an open order with our prefix that this ledger did not send (R24). */
  recordStranger(stranger: StrangerOrder): void;
  /** Client order ids of those met in a session. */
  strangersMet(session: string): string[];

  // --- alert lines and verdicts (R7) ----------------------------------------------------------
  /** Known lines among `hashes`. */
  lines(strategy: string, hashes: readonly string[]): Map<string, LineRecord>;
  /** Records lines seen for the first time; known hashes are left as they are. */
  recordLines(lines: readonly NewLine[]): void;
  /** Sets the current verdict of each line and appends to the history; a final verdict is never replaced. */
  judgeLines(strategy: string, hashes: readonly string[], verdict: Verdict, at: number, signalId?: string): void;
  /** Records how much of the file was before the first line that can still be fresh, once a start. */
  recordHistory(strategy: string, detail: string, at: number): void;
  /** Newest first. */
  recentVerdicts(limit: number): VerdictRecord[];
  /** What last kept the signal from being executed: halted, market-closed, price-doubt and their like. */
  lastCause(signalId: string): Verdict | undefined;

  // --- signals --------------------------------------------------------------------------------
  /** Stores a signal if its id is new. */
  recordSignal(signal: Signal, at: number): void;
  signal(id: string): SignalRecord | undefined;
  /** Newest first. */
  recentSignals(limit: number): SignalRecord[];
  /** Sets the verdict of the signal and of all its lines. A final verdict is never replaced, but for `executed` by the end of a later execution. */
  judgeSignal(id: string, verdict: Verdict, at: number): void;
  /** The newest signal of a strategy that was accepted: its execution has begun, or found that no order was needed (R31). */
  lastAcceptedSignal(strategy: string): SignalRecord | undefined;

  // --- several strategies (R31) -----------------------------------------------------------------
  /** Records what each strategy asks for in an execution. @throws when the execution has its claims already. */
  recordStrategyTargets(executionId: string, strategyTargets: readonly StrategyTarget[]): void;
  /** Empty for an execution of a version that kept none. */
  strategyTargetsOf(executionId: string): StrategyTarget[];
  /** What was last accepted from a strategy, as `accepted` and with the share it had then. */
  lastStrategyTarget(strategy: string): StrategyTarget | undefined;
  /** Records that the owner lets an unattributed symbol be sold. */
  releaseSymbol(symbol: string, at: number): void;
  /** Symbols released and not wholly sold since. */
  releasedSymbols(): string[];

  // --- executions -----------------------------------------------------------------------------
  createExecution(execution: NewExecution): void;
  execution(id: string): ExecutionRecord | undefined;
  /** Oldest first. */
  executionsOfSignal(signalId: string): ExecutionRecord[];
  /** The newest execution of a signal. */
  executionOfSignal(signalId: string): ExecutionRecord | undefined;
  /** How many executions there are of a signal. */
  executionCount(signalId: string): number;
  /** Not finished ones, oldest first. */
  openExecutions(): ExecutionRecord[];
  /** Newest first. */
  recentExecutions(limit: number): ExecutionRecord[];
  /** Started at or after `at`, oldest first. */
  executionsSince(at: number): ExecutionRecord[];
  updateExecution(id: string, change: ExecutionChange): void;

  // --- intents and orders (R18) ---------------------------------------------------------------
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

  // --- books (R32) ------------------------------------------------------------------------------
  /** Records what every book wished to trade in an execution. */
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

  // --- splits (R10) -----------------------------------------------------------------------------
  /** Records the shares held in a session; they contain every split up to it. Replaces an earlier record of that session. */
  recordSessionQuantity(quantity: SessionQuantity): void;
  /** Of the newest session that is known. */
  lastSessionQuantity(symbol: string): SessionQuantity | undefined;
  /** Takes the place of what was known of that symbol and session. */
  recordSplit(split: SplitRecord): void;
  /** Oldest first. */
  splitsOf(symbol: string): SplitRecord[];
  /** Splits that the broker has not booked, by symbol. */
  unbookedSplits(): SplitRecord[];

  // --- fills, equity, decision record ---------------------------------------------------------
  /** A fill whose id is known already is ignored. */
  recordFill(fill: FillRecord): void;
  fillsOf(executionId: string): FillRecord[];
  recordEquity(snapshot: EquityRecord): void;
  /** Oldest first. */
  equitySince(at: number): EquityRecord[];
  /** Appends to the decision record that `explain` prints. */
  note(entry: NewNote): void;
  notesOf(executionId: string): NoteRecord[];
}

export interface PinnedAccount {
  readonly number: string;
  readonly pinnedAt: number;
}

export interface NewLine {
  readonly hash: string;
  readonly strategy: string;
  /** The line as read, cut to 4,096 characters. */
  readonly text: string;
  /** Milliseconds since the epoch; undefined when the line has no readable stamp. */
  readonly stamp: number | undefined;
  readonly firstSeenAt: number;
}

export interface LineRecord extends NewLine {
  readonly verdict: VerdictKind | undefined;
  readonly reason: string | undefined;
  readonly signalId: string | undefined;
}

export interface VerdictRecord {
  readonly at: number;
  readonly strategy: string;
  readonly verdict: VerdictKind;
  readonly reason: string;
  readonly signalId: string | undefined;
  /** How many lines it was spoken over. */
  readonly lines: number;
}

export interface SignalRecord {
  readonly signal: Signal;
  readonly recordedAt: number;
  readonly verdict: VerdictKind | undefined;
  readonly verdictReason: string | undefined;
  readonly verdictAt: number | undefined;
}

/** R15. `cancelling`: nothing more is sent; open orders are being ended. */
export type ExecutionPhase = "planning" | "selling" | "buying" | "cancelling" | "settled";

export type ExecutionOutcome =
  | "on-target"
  /** Finished, but something is left for a reason that is not an on-target one. */
  | "off-target"
  /** Stopped before its end: halted, time-outs, deadline, a foreign hand. */
  | "incomplete"
  /** Off-hours orders wait for the open (R23). */
  | "queued"
  /** Ended before any order was sent. */
  | "refused"
  /** Never begun and replaced by a newer run (R22). */
  | "superseded";

/** What each outcome means, for people. */
export const OUTCOME_MEANINGS: Record<ExecutionOutcome, string> = {
  "on-target": "Every symbol was traded to plan, or left alone for a reason that counts as on target.",
  "off-target": "It went to its end, but something was refused by the venue for good, or left alone for another reason that lasts.",
  incomplete:
    "It was stopped before it reached its target: the deadline or the session passed, trading was halted, or somebody else's order came up.",
  queued: "Its orders wait at the venue for the next open.",
  refused: "It ended before any order was sent.",
  superseded: "A newer run took its place before any order was sent.",
};

export interface NewExecution {
  readonly id: string;
  readonly signalId: string;
  readonly accountNumber: string;
  readonly mode: string;
  readonly wanted: RebalanceTarget;
  readonly startedAt: number;
  /** Milliseconds since the epoch. */
  readonly deadline: number;
  readonly offHours: boolean;
}

export interface ExecutionRecord extends NewExecution {
  readonly phase: ExecutionPhase;
  /** When the broker was first known to hold an order of it (R17). */
  readonly begunAt: number | undefined;
  readonly finishedAt: number | undefined;
  readonly outcome: ExecutionOutcome | undefined;
  readonly outcomeReason: string | undefined;
  /** JSON values, written by execution/, read by reporting/. */
  readonly accountBefore: unknown;
  readonly accountAfter: unknown;
  readonly plan: unknown;
}

export interface ExecutionChange {
  readonly phase?: ExecutionPhase;
  readonly deadline?: number;
  readonly begunAt?: number;
  readonly finishedAt?: number;
  readonly outcome?: ExecutionOutcome;
  readonly outcomeReason?: string;
  readonly accountBefore?: unknown;
  readonly accountAfter?: unknown;
  readonly plan?: unknown;
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
  readonly updatedAt: number;
}

/** How many shares more one book wished to hold of a symbol when an execution was planned. */
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

/** An open order with our prefix that this ledger did not send. */
export interface StrangerOrder {
  readonly clientOrderId: string;
  /** New York date, `YYYY-MM-DD`. */
  readonly session: string;
  readonly at: number;
}

export interface SessionQuantity {
  readonly symbol: string;
  /** New York date, `YYYY-MM-DD`. */
  readonly session: string;
  readonly quantity: Decimal;
  readonly at: number;
}

export interface SplitRecord {
  readonly symbol: string;
  /** New York date of the first session at the new price. */
  readonly session: string;
  /** What one share's price was multiplied by: 5 for one new share for five old ones. */
  readonly ratio: Decimal;
  /** Shares before it was booked. */
  readonly quantity: Decimal;
  readonly foundAt: number;
  /** When the quantity was first seen to contain it. */
  readonly bookedAt: number | undefined;
}

export interface FillRecord {
  readonly id: string;
  readonly executionId: string;
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly quantity: Decimal;
  readonly price: Decimal;
  readonly at: number;
}

export interface EquityRecord {
  readonly at: number;
  readonly equity: Decimal;
  readonly lastEquity: Decimal;
  readonly cash: Decimal;
  readonly executionId: string | undefined;
}

export interface NewNote {
  readonly executionId: string;
  readonly at: number;
  /** Kebab-case kind of step: `snapshot`, `plan`, `post`, `answer`, `fill`, `look-up`, `cancel`, `finish`, … */
  readonly kind: string;
  /** One sentence for a person. */
  readonly text: string;
  /** JSON value with the facts behind it. */
  readonly facts?: unknown;
}

export interface NoteRecord extends NewNote {
  readonly id: number;
}
