import type { IntentRecord } from "../../domain/ledger/orders.ts";
import { wasSent } from "../../domain/ledger/orders.ts";
import type { ExecutionPhase } from "../../domain/ledger/executions.ts";
import type { ExecutionOutcome, OutcomeCode } from "../../domain/outcome.ts";
import type { StopCause } from "../../domain/stop-cause.ts";
import { STOP_CAUSES } from "../../domain/stop-cause.ts";
import type { AttemptRules } from "../orders/attempts.ts";
import { isContinued } from "../orders/attempts.ts";

/**
 * The deciding half of the rebalance: facts in, next actions out, nothing done. The loop in
 * `converge.ts` reads the facts, asks here, records and acts, and comes back.
 *
 * Times are on the monotonic clock, in milliseconds, so that a stepped wall clock moves nothing.
 */

/** Look-ups of an order whose POST gave no answer, after the POST (R19). */
const LOOK_UP_AFTER_MS = [250, 1_000, 3_000, 10_000] as const;
/** An absence seen earlier than this after the POST proves nothing (R19). */
export const ABSENCE_COUNTS_AFTER_MS = 10_000;
/** Further look-ups when the venue does not answer them. */
const LOOK_UP_RETRY_MS = 2_000;
/** Polls of a working order after it was accepted, then the last one repeats. */
const POLL_AFTER_MS = [50, 100, 200, 400, 800] as const;
const LAST_POLL_GAP_MS = 1_500;
/** With many orders open, each of them is polled less often: reads share a budget of 150 a minute. */
const POLL_PER_OPEN_ORDER_MS = 1_000;
/**
 * POSTs under way at the same time (R15). All are in one flushed commit before the first leaves, so a crash is no worse with
 * many; more are held back so that a halt or a newer run can still stop some of a very large portfolio.
 */
export const MAX_POSTS_IN_FLIGHT = 25;
/** How long the end of a cancelled order is awaited (R21). */
export const CANCEL_WAIT_MS = 30_000;
/** Polls of a working order whose cancel was requested. */
const CANCEL_POLL_MS = 500;
/** A cancel without an answer is requested again: repeating it does no harm. */
export const CANCEL_RETRY_MS = 2_000;
/** A cancel that was answered is requested again while the order still works: the venue may have rejected it (R21). */
export const CANCEL_WITHOUT_EFFECT_MS = 5_000;

/** One intent with what this process knows beyond the ledger. */
export interface IntentFacts {
  readonly record: IntentRecord;
  /** A request for it is under way. */
  readonly busy: boolean;
  /** That request only reads it: it may wait for the rate limit, and a cancel does not wait behind it. */
  readonly reading: boolean;
  /** When the POST went out; after a restart worked out from the recorded time. */
  readonly postedAt: number | undefined;
  /** When the venue last answered that it does not know the order. */
  readonly absentAt: number | undefined;
  /** When it was last asked about, answered or not. */
  readonly askedAt: number | undefined;
  /** How often it has been polled since it was accepted. */
  readonly polls: number;
  /** When the venue accepted it (time-outs count from here, or from the open for queued orders). */
  readonly workingSince: number | undefined;
  readonly cancelRequestedAt: number | undefined;
  /** When the cancel is requested again, because no answer shows whether the venue accepted it. */
  readonly cancelAgainAt: number | undefined;
  /** It may not be sent again before this ("not sent": rate limit). */
  readonly notBefore: number | undefined;
  /** The stream hinted at a change that has not been read yet. */
  readonly hinted: boolean;
}

/** Why nothing more may be sent. */
export interface StopReason {
  readonly cause: StopCause;
  readonly reason: string;
}

export interface ExecutionFacts {
  readonly now: number;
  readonly phase: ExecutionPhase;
  readonly begun: boolean;
  /** Off-hours orders: they may wait for the open (R23). */
  readonly offHours: boolean;
  /** `undefined` until the market clock has been read. */
  readonly marketOpen: boolean | undefined;
  /** Only sells, nothing to buy afterwards. */
  readonly sellsOnly: boolean;
  readonly intents: readonly IntentFacts[];
  /** Symbols with an order in the newest plan. What an earlier plan left is planned again: its cash may be spent by now. */
  readonly planned: ReadonlySet<string>;
  /** Orders are being made ready to be sent, or buys are being planned: the venue is read for it, and what works is followed meanwhile. */
  readonly preparing: boolean;
  readonly stopReason: StopReason | undefined;
  /** The process has been asked to stop. */
  readonly stopping: boolean;
  /** Since when the execution is cancelling. */
  readonly cancellingSince: number | undefined;
  readonly cancellingReason: string | undefined;
  readonly cancellingCause?: OutcomeCode | undefined;
  readonly orderTimeoutMs: number;
  /** What decides about the rest of an order of limit style. */
  readonly attempts: AttemptRules;
  /** From then on no sell works any more, so that time is left to buy (R21); monotonic. */
  readonly sellUntil: number;
  /** What the newest plan and its orders have left undone, once all of them have ended (R33); `too-late`: no time is left to sell it (R21). */
  readonly rest: "none" | "lasting" | "passing" | "too-late";
  /** When the next plan is made; `undefined` until it has been decided that there is one. */
  readonly planAt: number | undefined;
  /** Another complete run would be held up by waiting for a cause to pass. */
  readonly holdsUpAnother: boolean;
}

export type Action =
  | { readonly kind: "post"; readonly ids: readonly string[] }
  | { readonly kind: "look-up"; readonly id: string }
  | { readonly kind: "prove-absent"; readonly id: string }
  | { readonly kind: "poll"; readonly id: string }
  | { readonly kind: "cancel"; readonly id: string; readonly reason: string }
  | { readonly kind: "abandon"; readonly id: string; readonly reason: string }
  | { readonly kind: "drop"; readonly ids: readonly string[]; readonly reason: string }
  /** The rest of these terminal orders is sent under the next attempt (limit style). */
  | { readonly kind: "next-attempt"; readonly ids: readonly string[] }
  | { readonly kind: "start-cancelling"; readonly cause: OutcomeCode; readonly reason: string }
  | { readonly kind: "plan"; readonly what: "buys" | "rest" }
  /** The next plan is made after a pause. */
  | { readonly kind: "pause" }
  /** Without an outcome it follows from how the orders ended, and so does the code of it; the reason then comes before theirs. */
  | {
      readonly kind: "finish";
      readonly outcome: ExecutionOutcome | undefined;
      readonly reason: string;
      readonly cause?: OutcomeCode | undefined;
      readonly gaveWay?: true;
    }
  | { readonly kind: "leave" };

export interface Decision {
  readonly actions: readonly Action[];
  /** Monotonic time at which to decide again if nothing happens before. */
  readonly wakeAt: number;
}

/** Longest time between two decisions: halt, deadline and session are checked again at least this often. */
const HEARTBEAT_MS = 250;

/**
 * What to do next. Several actions of one decision may run side by side; a decision that contains
 * `next-attempt`, `plan`, `pause`, `start-cancelling`, `finish` or `leave` contains nothing else.
 */
export function decide(facts: ExecutionFacts): Decision {
  if (facts.stopping) return isUnderWay(facts) ? wait(facts, []) : only({ kind: "leave" }, facts);
  if (facts.phase === "cancelling") return decideCancelling(facts);
  if (facts.stopReason !== undefined) return decideBlocked(facts, facts.stopReason);
  const unended = facts.intents.filter((intent) => !isEnded(intent.record));
  const stuck = unended.filter((intent) => cancelIsOverdue(intent, facts.now));
  if (stuck.length > 0)
    return only({ kind: "start-cancelling", cause: "cancel-overdue", reason: `The cancel of ${names(stuck)} did not take effect.` }, facts);
  if (facts.offHours && facts.marketOpen === false && unended.length > 0 && unended.every(isQueued)) {
    return only({ kind: "finish", outcome: "queued", cause: "queued", reason: "The orders wait for the next open." }, facts);
  }
  const late = facts.preparing ? [] : unsentTooLate(facts, unended);
  if (late.length > 0) return only({ kind: "drop", ids: late.map(idOf), reason: KEPT_FOR_BUYS }, facts);
  const cutShort = facts.preparing ? [] : restsToSend(facts);
  if (cutShort.length > 0) return only({ kind: "next-attempt", ids: cutShort.map(idOf) }, facts);
  if (unended.length > 0) return wait(facts, [...toPost(facts, unended), ...unended.flatMap((intent) => follow(intent, facts))]);
  return isUnderWay(facts) ? wait(facts, []) : decidePhaseEnd(facts);
}

/** A blocked execution sends nothing more. Begun or in doubt, it first ends what is open. */
function decideBlocked(facts: ExecutionFacts, stopReason: StopReason): Decision {
  const recorded = facts.intents.filter((intent) => intent.record.state === "recorded" && !intent.busy);
  const others = facts.intents.filter((intent) => !isEnded(intent.record) && intent.record.state !== "recorded");
  if (!facts.begun && others.length === 0 && facts.intents.every((intent) => !intent.busy) && facts.intents.every(neverTaken)) {
    if (recorded.length > 0) return only({ kind: "drop", ids: recorded.map(idOf), reason: stopReason.reason }, facts);
    if (facts.preparing) return wait(facts, []);
    return only(unbegun(stopReason), facts);
  }
  if (!facts.begun && STOP_CAUSES[stopReason.cause].untilBegun && others.length > 0) return awaitBeginning(facts, others, stopReason);
  return only({ kind: "start-cancelling", ...stopReason }, facts);
}

/**
 * An order is under way whose answer may tell that the execution has begun: cancelling it then would
 * leave the account sold and not bought. So the answer is awaited, and nothing is sent meanwhile.
 */
function awaitBeginning(facts: ExecutionFacts, underWay: readonly IntentFacts[], stopReason: StopReason): Decision {
  const actions = underWay.flatMap((intent) => follow(intent, facts));
  const abandoning = { kind: "abandon", reason: stopReason.reason } as const;
  return wait(
    facts,
    actions.map((action) => (action.kind === "prove-absent" ? { ...abandoning, id: action.id } : action)),
  );
}

function decideCancelling(facts: ExecutionFacts): Decision {
  const recorded = facts.intents.filter((intent) => intent.record.state === "recorded" && !intent.busy);
  if (recorded.length > 0)
    return only({ kind: "drop", ids: recorded.map(idOf), reason: facts.cancellingReason ?? "Nothing more is sent." }, facts);
  const unended = facts.intents.filter((intent) => !isEnded(intent.record));
  if (unended.length === 0 && isUnderWay(facts)) return wait(facts, []);
  if (unended.length === 0)
    return only(
      { kind: "finish", outcome: "incomplete", cause: facts.cancellingCause, reason: facts.cancellingReason ?? "Stopped before its end." },
      facts,
    );
  const idle = unended.filter((intent) => !intent.busy);
  if (!isUnderWay(facts) && idle.every((intent) => hasBeenAwaited(intent, facts))) {
    const unknown = idle.filter((intent) => intent.record.state !== "open");
    if (unknown.length > 0) {
      return {
        actions: unknown.map((intent) => ({
          kind: "abandon",
          id: idOf(intent),
          reason: "The venue did not say whether it holds this order.",
        })),
        wakeAt: facts.now,
      };
    }
    const reason = `${facts.cancellingReason ?? "Stopped before its end."} The end of ${names(idle)} was not seen within ${String(CANCEL_WAIT_MS / 1_000)} s of the cancel.`;
    return only({ kind: "finish", outcome: "incomplete", cause: facts.cancellingCause, reason }, facts);
  }
  return wait(
    facts,
    unended.flatMap((intent) => follow(intent, facts)),
  );
}

/** Every intent of every phase so far has ended. */
function decidePhaseEnd(facts: ExecutionFacts): Decision {
  const unsent = noneSent(facts);
  if (unsent !== undefined) return only(unsent, facts);
  const abandoned = facts.intents.filter((intent) => intent.record.state === "abandoned");
  if (facts.phase === "selling") {
    const uncertain = abandoned.filter((intent) => intent.record.phase === "selling");
    if (uncertain.length > 0)
      return only(
        {
          kind: "start-cancelling",
          cause: "sell-unknown",
          reason: `Whether ${names(uncertain)} was sold is not known, so nothing is bought.`,
        },
        facts,
      );
    if (!facts.sellsOnly) return nextPlan("buys", facts, facts.planAt ?? facts.now);
  }
  const reason = facts.rest === "too-late" ? TOO_LATE_TO_SELL : "";
  if (facts.rest !== "passing" || facts.offHours) return only({ kind: "finish", outcome: undefined, reason }, facts);
  return facts.planAt === undefined ? only({ kind: "pause" }, facts) : nextPlan("rest", facts, facts.planAt);
}

/** Plans when it is time. A wait for something to pass holds up no other run, which is planned together with this one's targets (R22). */
function nextPlan(what: "buys" | "rest", facts: ExecutionFacts, at: number): Decision {
  if (facts.now >= at) return only({ kind: "plan", what }, facts);
  if (!facts.holdsUpAnother) return { actions: [], wakeAt: Math.min(at, facts.now + HEARTBEAT_MS) };
  return only({ kind: "finish", outcome: undefined, reason: "", gaveWay: true }, facts);
}

/**
 * Every order was let go of before anything was taken: for lack of sane quotes, and then the run may be tried again while it
 * is fresh (R17), or because an order that had been given up has arrived in its place, and then it is planned again at once.
 */
function noneSent({ begun, intents, phase, sellsOnly }: ExecutionFacts): Extract<Action, { kind: "finish" }> | undefined {
  if (begun || intents.length === 0 || intents.some(({ record }) => record.state !== "dropped")) return undefined;
  const reasons = intents.map(({ record: { symbol, message = "" } }) => `${symbol}: ${message}`);
  if (intents.some(({ record }) => record.code === "came-too-late"))
    return unbegun({ cause: "planned-again", reason: `Planned again. ${reasons.join("; ")}.` });
  // A sell without a quote does not hold back what is bought with the cash that is there (R33).
  if (phase === "selling" && !sellsOnly) return undefined;
  return unbegun({ cause: "no-sane-quote", reason: `Nothing was sent. ${reasons.join("; ")}.` });
}

function unbegun({ cause, reason }: StopReason): Extract<Action, { kind: "finish" }> {
  return { kind: "finish", outcome: STOP_CAUSES[cause].outcome, reason, cause };
}

const TOO_LATE_TO_SELL = "No time is left to sell: the rest of the deadline was kept for the buys.";
const KEPT_FOR_BUYS = "The rest of the deadline is kept for the buys.";

/** No sell is sent any more, so that time is left to buy (R21). */
function isTooLateToSell({ side }: IntentRecord, { sellsOnly, now, sellUntil }: ExecutionFacts): boolean {
  return side === "sell" && !sellsOnly && now >= sellUntil;
}

/** Sells that still wait for their turn, for the rate limit or for a quote. One that may have reached the venue is sent all the same (R19). */
function unsentTooLate(facts: ExecutionFacts, unended: readonly IntentFacts[]): IntentFacts[] {
  return unended.filter(({ record, busy }) => !busy && isTooLateToSell(record, facts) && !wasSent(record));
}

/** Terminal orders of limit style whose rest is sent again, each under the next attempt. */
function restsToSend(facts: ExecutionFacts): IntentFacts[] {
  const records = recordsOf(facts.intents);
  const isPlanned = (record: IntentRecord): boolean =>
    record.phase === facts.phase && facts.planned.has(record.symbol) && !isTooLateToSell(record, facts);
  return facts.intents.filter(({ record, busy }) => !busy && isPlanned(record) && isContinued(record, records, facts.attempts));
}

function recordsOf(intents: readonly IntentFacts[]): IntentRecord[] {
  return intents.map(({ record }) => record);
}

function toPost(facts: ExecutionFacts, unended: readonly IntentFacts[]): Action[] {
  if (facts.preparing) return [];
  const underWay = facts.intents.filter((intent) => intent.busy && intent.record.state === "posting").length;
  const ready = unended.filter((intent) => intent.record.state === "recorded" && !intent.busy && facts.now >= (intent.notBefore ?? 0));
  const ids = ready.slice(0, Math.max(0, MAX_POSTS_IN_FLIGHT - underWay)).map(idOf);
  return ids.length > 0 ? [{ kind: "post", ids }] : [];
}

/** What one posted intent needs next: a look-up while unknown, a poll or a cancel while open. */
function follow(intent: IntentFacts, facts: ExecutionFacts): Action[] {
  if (intent.busy) return intent.reading && intent.record.state === "open" ? dueCancel(intent, facts) : [];
  switch (intent.record.state) {
    case "posting":
    case "unknown":
      return followUnknown(intent, facts);
    case "open":
      return followOpen(intent, facts);
    case "recorded":
    case "done":
    case "refused":
    case "abandoned":
    case "dropped":
      return [];
  }
}

function followUnknown(intent: IntentFacts, facts: ExecutionFacts): Action[] {
  const posted = intent.postedAt ?? facts.now;
  if (intent.absentAt !== undefined && intent.absentAt - posted >= ABSENCE_COUNTS_AFTER_MS) {
    if (facts.phase === "cancelling")
      return [{ kind: "abandon", id: idOf(intent), reason: facts.cancellingReason ?? "Nothing more is sent." }];
    const failedSince = intent.askedAt !== undefined && intent.askedAt > intent.absentAt ? intent.askedAt : undefined;
    return failedSince === undefined || facts.now >= failedSince + LOOK_UP_RETRY_MS ? [{ kind: "prove-absent", id: idOf(intent) }] : [];
  }
  return facts.now >= nextLookUp(intent, facts.now) ? [{ kind: "look-up", id: idOf(intent) }] : [];
}

function nextLookUp(intent: IntentFacts, now: number): number {
  const posted = intent.postedAt ?? now;
  const asked = intent.askedAt;
  if (intent.hinted) return now;
  const scheduled = LOOK_UP_AFTER_MS.map((delay) => posted + delay).find((at) => asked === undefined || at > asked);
  return scheduled ?? (asked ?? now) + LOOK_UP_RETRY_MS;
}

function followOpen(intent: IntentFacts, facts: ExecutionFacts): Action[] {
  const cancel = dueCancel(intent, facts);
  if (cancel.length > 0) return cancel;
  return facts.now >= nextPoll(intent, facts) ? [{ kind: "poll", id: idOf(intent) }] : [];
}

function dueCancel(intent: IntentFacts, facts: ExecutionFacts): Action[] {
  const overdue =
    facts.marketOpen === true && intent.workingSince !== undefined && facts.now - intent.workingSince >= timeoutOf(intent, facts);
  const isSoldTooLate = isTooLateToSell(intent.record, facts);
  const again = facts.now >= (intent.cancelAgainAt ?? Infinity) && intent.record.status !== "pending_cancel";
  if (!again && (intent.cancelRequestedAt !== undefined || (facts.phase !== "cancelling" && !overdue && !isSoldTooLate))) return [];
  const reason =
    facts.phase === "cancelling"
      ? (facts.cancellingReason ?? "Stopped.")
      : overdue
        ? `It was not filled within ${String(timeoutOf(intent, facts) / 1_000)} s.`
        : KEPT_FOR_BUYS;
  return [{ kind: "cancel", id: idOf(intent), reason }];
}

/** A limit is given up for a newer one long before an order counts as timed out. */
function timeoutOf({ record }: IntentFacts, { attempts, orderTimeoutMs }: ExecutionFacts): number {
  return record.orderType === "limit" ? Math.min(attempts.repegMs, orderTimeoutMs) : orderTimeoutMs;
}

function nextPoll(intent: IntentFacts, facts: ExecutionFacts): number {
  if (intent.hinted) return facts.now;
  const asked = intent.askedAt ?? intent.workingSince ?? facts.now;
  const rationed = POLL_PER_OPEN_ORDER_MS * facts.intents.filter((other) => other.record.state === "open").length;
  if (intent.cancelRequestedAt !== undefined) return asked + Math.max(CANCEL_POLL_MS, rationed);
  const gap = POLL_AFTER_MS[intent.polls];
  return asked + (gap ?? Math.max(LAST_POLL_GAP_MS, rationed));
}

/** A read of it that is under way, waiting for the rate limit perhaps, may still show its end. */
function cancelIsOverdue({ record, cancelRequestedAt, reading }: IntentFacts, now: number): boolean {
  return record.state === "open" && !reading && cancelRequestedAt !== undefined && now - cancelRequestedAt >= CANCEL_WAIT_MS;
}

/** A working order is awaited from its own cancel on, which a late-found one gets late; an unknown one since cancelling began. */
function hasBeenAwaited(intent: IntentFacts, { now, cancellingSince }: ExecutionFacts): boolean {
  if (intent.record.state === "open") return cancelIsOverdue(intent, now);
  return now - (cancellingSince ?? now) >= CANCEL_WAIT_MS;
}

/** Ended for this execution: terminal at the venue, refused by it, or given up on. */
export function isEnded(record: IntentRecord): boolean {
  return record.state === "done" || record.state === "refused" || record.state === "abandoned" || record.state === "dropped";
}

/** Something is awaited whose end may still change what is decided. */
function isUnderWay({ intents, preparing }: ExecutionFacts): boolean {
  return preparing || intents.some(({ busy }) => busy);
}

/** The venue is known not to hold, nor ever to have held, an order of it. */
function neverTaken(intent: IntentFacts): boolean {
  return intent.record.state === "recorded" || intent.record.state === "dropped" || intent.record.state === "refused";
}

function isQueued(intent: IntentFacts): boolean {
  return intent.record.state === "open" && !intent.busy;
}

function idOf(intent: IntentFacts): string {
  return intent.record.clientOrderId;
}

function names(intents: readonly IntentFacts[]): string {
  return intents.map((intent) => intent.record.symbol).join(", ");
}

function only(action: Action, facts: ExecutionFacts): Decision {
  return { actions: [action], wakeAt: facts.now };
}

function wait(facts: ExecutionFacts, actions: readonly Action[]): Decision {
  const times = facts.intents.filter((intent) => !intent.busy && !isEnded(intent.record)).map((intent) => nextTime(intent, facts));
  return { actions, wakeAt: Math.min(facts.now + HEARTBEAT_MS, ...times.filter((at) => at > facts.now)) };
}

function nextTime(intent: IntentFacts, facts: ExecutionFacts): number {
  if (intent.record.state === "open") return nextPoll(intent, facts);
  if (intent.record.state === "recorded") return intent.notBefore ?? facts.now;
  return nextLookUp(intent, facts.now);
}
