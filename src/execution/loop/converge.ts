import { isTerminal } from "../../domain/broker.ts";
import { asError, messageOf } from "../../domain/errors.ts";
import { freshness } from "../../intake/freshness.ts";
import type { Signal } from "../../domain/signal.ts";
import type { IntentRecord, OrderTerms } from "../../domain/ledger/orders.ts";
import type { OutcomeCode } from "../../domain/outcome.ts";
import type { ExecutionRecord } from "../../domain/ledger/executions.ts";
import { formatDollars } from "../../domain/format.ts";
import { max, ONE, ZERO } from "../../domain/decimal.ts";
import { AccountWatch } from "./account-watch.ts";
import type { Action, StopReason, ExecutionFacts } from "./decide.ts";
import { decide, isEnded } from "./decide.ts";
import type { FollowUp } from "./follow-up.ts";
import { factsOf, followUpOf, isNews, isWholeFill } from "./follow-up.ts";
import { nextAttempt } from "../orders/intents.ts";
import { findLostOrders } from "./lost-orders.ts";
import { MarketWatch } from "./market-watch.ts";
import type { NextPlanned } from "./next-plan.ts";
import { NextPlan } from "./next-plan.ts";
import type { ConvergeParts } from "./open-execution.ts";
import { OpenExecution } from "./open-execution.ts";
import { OrderGate } from "./order-gate.ts";
import { OrderLifecycle } from "../orders/order-lifecycle.ts";
import type { Conclusion } from "../outcome/outcome.ts";
import { concludeExecution } from "../outcome/outcome.ts";
import { isOfWholeShares } from "../styles/order-terms.ts";
import { Pricer } from "../preparation/pricing.ts";
import { QuoteBook } from "../styles/quote-book.ts";
import type { MarketReading, AccountSnapshot } from "../preparation/account-snapshot.ts";
import { MIN_SESSION_LEFT_TO_POST_MS } from "../preparation/account-snapshot.ts";
import { pauseOf, restText } from "./rest.ts";
import { SETTLE_PAUSE_MS } from "../preparation/settle.ts";

/** Before the deadline, this much is kept for buying; of a short deadline, half of it (R21). */
const KEPT_FOR_BUYING_MS = 120_000;
/** Pauses before what is left is planned again; the last one repeats (R33). */
const PAUSES_MS = [1_000, 2_000, 4_000, 8_000, 15_000] as const;

/** What `run` came to; `undefined` when the process is stopping and the rest is left to the next start. */
export type ConvergeResult = Conclusion | undefined;

/**
 * One execution, driven to its end. Its states are the phases of the ledger:
 *
 * - `selling`: sells are sent side by side and followed. Entered with all sell intents recorded in the
 *   same transaction. Left when the last sell is terminal.
 * - `buying`: entered after a fresh, settled reading, with all buy intents recorded in the same
 *   transaction. Left when the last buy is terminal. What is left then for a cause that may pass is planned
 *   again after a pause: back to `selling`, or a further round of buys, until the deadline (R33).
 * - In both, an order of limit style is priced when it is sent, cancelled when it has worked for its time, and
 *   what it left is sent under the next attempt when it has ended; the phase ends with the last of them.
 * - `cancelling`: entered from any of them when nothing more may be sent (halt, deadline, closed
 *   session, foreign hand, stuck order). Working orders are cancelled and their ends awaited, bounded.
 * - `settled`: the outcome is recorded; nothing happens any more.
 *
 * Starting and restarting are the same: the loop reads the facts from ledger and venue, asks `decide`,
 * records, acts. It may be killed at any point.
 */
export class Convergence {
  readonly #execution: OpenExecution;
  readonly #parts: ConvergeParts;
  readonly #orders: OrderLifecycle;
  readonly #market: MarketWatch;
  readonly #account: AccountWatch;
  readonly #nextPlan: NextPlan;
  readonly #pricer: Pricer;
  readonly #followUps = new Map<string, FollowUp>();
  readonly #deadlineAt: number;
  readonly #sellUntil: number;
  #cancellingSince: number | undefined;
  #cancellingReason: string | undefined;
  #cancellingCause: OutcomeCode | undefined;
  /** When the next plan is made, monotonic; `undefined` while none is due. */
  #planAt: number | undefined;
  /** The newer run for which a pause was last cut short. */
  #offered: string | undefined;
  /** Plans since anything was filled. */
  #fruitless = 0;
  #filled = "";
  /** What was said last about a plan that cannot be made yet. */
  #saidNotYet: string | undefined;
  /** Why the newest plan could not be made: what keeps an execution from its target until it ends is told then. */
  #notPlanned: string | undefined;
  /** An earlier process has left it, and the venue has not been asked yet for orders that its ledger may have lost. */
  #mayHaveLost: boolean;
  /** Orders are being made ready, or a plan is made, in the background. */
  #preparing = false;
  #ended = false;
  #failure: Error | undefined;
  #wake: () => void = () => undefined;

  /** @param known the venue's clock and the prices that the plan was made on, when it was made by this process. */
  constructor(parts: ConvergeParts, execution: ExecutionRecord, signal: Signal, known?: Pick<AccountSnapshot, "market" | "prices">) {
    const market = known?.market;
    this.#parts = parts;
    this.#mayHaveLost = known === undefined;
    this.#execution = new OpenExecution(parts, execution.id, signal);
    this.#market = new MarketWatch(this.#execution, market, () => this.#wake());
    this.#account = new AccountWatch(this.#execution, this.#market, market?.readAt);
    const quotes = new QuoteBook(this.#execution, this.#market);
    if (known !== undefined) quotes.saw(known.prices, known.market.readAt);
    this.#pricer = new Pricer(this.#execution, quotes);
    const gate = new OrderGate(parts.clock);
    this.#nextPlan = new NextPlan(this.#execution, { account: this.#account, market: this.#market, quotes, gate });
    this.#deadlineAt = parts.clock.monotonic() + (execution.deadline - parts.clock.now());
    this.#sellUntil = this.#deadlineAt - Math.min(KEPT_FOR_BUYING_MS, (execution.deadline - execution.startedAt) / 2);
    if (execution.phase === "cancelling") {
      this.#cancellingSince = parts.clock.monotonic();
      this.#cancellingReason = execution.outcomeReason;
      this.#cancellingCause = execution.outcomeCode;
    }
    this.#orders = new OrderLifecycle({
      broker: parts.broker,
      ledger: parts.ledger,
      clock: parts.clock,
      emit: (event) => this.#execution.emit(event),
      onBegun: () => this.#begin(),
      gate,
      onPositions: (positions) => this.#account.sawPositions(positions),
    });
  }

  /** What others have read of the venue's clock counts here too. */
  sawMarket(market: MarketReading): void {
    this.#market.saw(market);
  }

  async run(): Promise<ConvergeResult> {
    const unfollow = this.#followStream();
    const onStop = (): void => this.#wake();
    this.#parts.stopping.addEventListener("abort", onStop);
    try {
      for (;;) {
        if (this.#failure !== undefined) throw this.#failure;
        this.#market.refresh();
        const decision = decide(this.#facts());
        const woken = new Promise<void>((resolve) => (this.#wake = resolve));
        for (const action of decision.actions) {
          if (action.kind === "leave") return undefined;
          if (action.kind === "finish") return await this.#finish(action);
          this.#act(action);
        }
        const rest = decision.wakeAt - this.#parts.clock.monotonic();
        if (decision.actions.length === 0 || rest > 0) await this.#sleepUntilWoken(rest, woken);
      }
    } finally {
      this.#ended = true;
      this.#parts.stopping.removeEventListener("abort", onStop);
      unfollow();
    }
  }

  // --- facts -------------------------------------------------------------------------------

  #facts(): ExecutionFacts {
    const { clock } = this.#parts;
    const record = this.#execution.record();
    const intents = this.#execution.intents();
    return {
      now: clock.monotonic(),
      phase: record.phase,
      begun: record.begunAt !== undefined,
      offHours: record.offHours,
      marketOpen: this.#market.isOpen,
      sellsOnly: record.wanted.kind === "exit",
      intents: intents.map((intent) => factsOf(intent, this.#followUp(intent), this.#market.opened)),
      preparing: this.#preparing,
      stopReason: this.#stopReason(record, intents),
      stopping: this.#parts.stopping.aborted,
      cancellingSince: this.#cancellingSince,
      cancellingReason: this.#cancellingReason,
      cancellingCause: this.#cancellingCause,
      orderTimeoutMs: this.#parts.orderTimeoutSeconds * 1_000,
      attempts: { ...this.#parts.execution.limitOrders, minimum: max(this.#parts.settings.minTradeValue, ONE) },
      sellUntil: this.#sellUntil,
      rest: this.#rest(record, intents),
      planAt: this.#nextPlanAt(),
      holdsUpAnother: this.#planAt !== undefined && this.#execution.holdsUpAnother(),
    };
  }

  /** A run that has just come may take over at once; it does not wait for the end of a pause (R22). */
  #nextPlanAt(): number | undefined {
    const { newer } = this.#parts.inbox;
    if (this.#planAt === undefined || newer?.kind !== "rebalance" || newer.id === this.#offered) return this.#planAt;
    this.#offered = newer.id;
    this.#planAt = Math.min(this.#planAt, this.#parts.clock.monotonic());
    return this.#planAt;
  }

  #rest({ phase }: ExecutionRecord, intents: readonly IntentRecord[]): ExecutionFacts["rest"] {
    const isOver = phase === "buying" || phase === "selling";
    if (!isOver || this.#preparing || intents.length === 0 || !intents.every(isEnded)) return "none";
    const rests = this.#execution.rests();
    if (rests.length === 0) return "none";
    return rests.some(({ passing }) => passing) ? "passing" : "lasting";
  }

  /** Why nothing more may be sent, asked anew before every decision and so before every POST (R5, R14, R25). */
  #stopReason(record: ExecutionRecord, intents: readonly IntentRecord[]): StopReason | undefined {
    const halted = this.#parts.halted();
    if (halted !== undefined) return { cause: "halted", reason: `Trading was halted (${halted}).` };
    const keys = intents.find(({ state, status }) => state === "refused" && status === "keys-refused");
    if (keys !== undefined) return { cause: "keys-refused", reason: `The venue refused the API keys: ${keys.message ?? ""}` };
    const foreign = this.#account.externalOrder;
    if (foreign !== undefined) return { cause: "foreign-hand", reason: foreign };
    // Orders that wait for the open are past any deadline; what has not been sent by then is not sent at all (R17, R23).
    const bound = !record.offHours || intents.some(({ state }) => state === "recorded" || state === "posting" || state === "unknown");
    if (bound && this.#parts.clock.monotonic() >= this.#deadlineAt)
      return { cause: "deadline", reason: "The execution's deadline has passed." };
    return (record.begunAt === undefined ? this.#overtaken() : undefined) ?? this.#sessionStopReason(record);
  }

  /** What keeps an execution from beginning (R5, R6, R22). */
  #overtaken(): StopReason | undefined {
    const { clock, signalMaxAgeSeconds } = this.#parts;
    const age = freshness(this.#execution.signal, clock.now(), signalMaxAgeSeconds);
    if (age.kind !== "fresh" && this.#parts.ageless !== true) return { cause: "stale", reason: age.reason };
    const { newer, overtaken } = this.#parts.inbox;
    if (newer?.kind === "rebalance")
      return { cause: "superseded", reason: `The newer signal ${newer.id} takes its place before anything was sent.` };
    if (overtaken.aborted) return { cause: "superseded", reason: "A newer run decides in its place; this one had not begun." };
    if (this.#execution.countsWithWaiting() && !this.#execution.wantsWhatWasLeft()) return undefined;
    return { cause: "planned-again", reason: "It is planned again, with what every strategy asks for now." };
  }

  #sessionStopReason(record: ExecutionRecord): StopReason | undefined {
    // Orders for the open wait for it; once it has opened, its end counts for them as for others.
    if (this.#market.isOpen === undefined || (record.offHours && this.#market.opened === undefined)) return undefined;
    const { left } = this.#market;
    if (left !== undefined && left >= MIN_SESSION_LEFT_TO_POST_MS) return undefined;
    return { cause: "session-closed", reason: "The session is over, or too little of it is left." };
  }

  #followUp(record: IntentRecord): FollowUp {
    let followUp = this.#followUps.get(record.clientOrderId);
    if (followUp === undefined) {
      followUp = followUpOf(record, this.#parts.clock);
      this.#followUps.set(record.clientOrderId, followUp);
    }
    return followUp;
  }

  // --- actions -----------------------------------------------------------------------------

  /**
   * Whatever asks the venue runs in the background and wakes the loop when it is through, so that a halt, a
   * deadline or a due cancel never waits behind a read; the rest is done at once.
   */
  #act(action: Exclude<Action, { kind: "leave" | "finish" }>): void {
    switch (action.kind) {
      case "post":
        this.#prepare(() => this.#post(action.ids));
        return;
      case "look-up":
        this.#start(action.id, (intent, followUp) => this.#orders.lookUp(intent, followUp));
        return;
      case "prove-absent":
        this.#start(action.id, (intent, followUp) => this.#orders.proveAbsent(intent, followUp));
        return;
      case "poll":
        this.#poll(action.id);
        return;
      case "cancel":
        this.#start(action.id, (intent, followUp) => this.#orders.cancel(intent, followUp, action.reason));
        return;
      case "abandon":
        this.#orders.abandon(this.#execution.intent(action.id), action.reason);
        return;
      case "drop":
        for (const id of action.ids) this.#orders.drop(this.#execution.intent(id), action.reason);
        return;
      case "next-attempt":
        this.#nextAttempts(action.ids);
        return;
      case "start-cancelling":
        this.#startCancelling(action);
        return;
      case "plan":
        this.#prepare(async () => this.#take(await this.#plan(action.what)));
        return;
      case "pause":
        this.#pause();
        return;
    }
  }

  /** One at a time; while it lasts, nothing else is begun. */
  #prepare(work: () => Promise<void>): void {
    this.#preparing = true;
    this.#inBackground(work(), () => (this.#preparing = false));
  }

  #inBackground(work: Promise<void>, onEnd: () => void): void {
    work
      .catch((error: unknown) => (this.#failure ??= asError(error)))
      .finally(() => {
        onEnd();
        this.#wake();
      });
  }

  /** Commits these as `posting`, or those of them that can go now, then sends them side by side. The market clock must be known and recent. */
  async #post(due: readonly string[]): Promise<void> {
    const { clock, ledger } = this.#parts;
    if (!(await this.#market.isKnown()) || !(await this.#hasAll())) return;
    if (!(await this.#account.lookedRecently(this.#orders, (intent) => this.#followUp(intent)))) return;
    const ids = this.#withoutOldQuotes(due);
    const intents = ids.map((id) => this.#execution.intent(id));
    const toPrice = intents.filter(isPricedNow);
    const toCheck = intents.filter((intent) => this.#goesByTheAsk(intent));
    if (toPrice.length + toCheck.length > 0 && !(await this.#pricer.isReady([...toPrice, ...toCheck]))) return;
    // The look at the account may have waited for the rate limit; the clock that it began with is old then.
    if (!this.#market.isFresh) return;
    if (this.#isBlocked() || this.#parts.stopping.aborted) return;
    const terms = this.#termsOf(toPrice);
    for (const intent of toCheck)
      if (this.#execution.intent(intent.clientOrderId).state === "recorded") this.#pricer.leaveIfTooDear(intent);
    const ready = ids.filter((id) => {
      const intent = this.#execution.intent(id);
      return intent.state === "recorded" && (!isPricedNow(intent) || terms.has(id));
    });
    // One flushed commit for all of them and for what was recorded since the last: each one more would hold back the first order.
    ledger.transaction(() => {
      for (const id of ready) {
        const priced = terms.get(id);
        if (priced !== undefined) ledger.recordTerms(id, priced, clock.now());
        ledger.updateIntent(id, { state: "posting", postedAt: clock.now(), updatedAt: clock.now() });
        const intent = this.#execution.intent(id);
        const { symbol, side } = intent;
        this.#execution.emit({ kind: "post", level: "info", text: `${symbol}: ${side} ${amountText(intent)} sent.`, symbol, intent });
      }
    });
    for (const id of ready) this.#start(id, (record, followUp) => this.#orders.post(record, followUp));
  }

  /** What needs no quote does not wait behind a look at the quotes of other orders. */
  #withoutOldQuotes(due: readonly string[]): readonly string[] {
    const isOld = (intent: IntentRecord): boolean => this.#goesByTheAsk(intent) && !this.#pricer.hasRecent(intent);
    const ready = due.filter((id) => !isOld(this.#execution.intent(id)));
    return ready.length === 0 ? due : ready;
  }

  /** A market order for whole shares, bought in a session. */
  #goesByTheAsk(intent: IntentRecord): boolean {
    const isMarket = intent.state === "recorded" && !isPricedNow(intent) && intent.limitPrice === undefined;
    return isMarket && this.#market.isOpen === true && isOfWholeShares(intent);
  }

  #termsOf(toPrice: readonly IntentRecord[]): Map<string, OrderTerms> {
    return new Map(
      toPrice.flatMap((intent) => {
        const terms = intent.state === "recorded" ? this.#pricer.termsFor(intent, this.#followUp(intent)) : undefined;
        return terms === undefined ? [] : [[intent.clientOrderId, terms] as const];
      }),
    );
  }

  /** The rests of terminal orders as intents of their own; a further part of a large order keeps its distance from the one before. */
  #nextAttempts(ids: readonly string[]): void {
    const { ledger, clock, execution } = this.#parts;
    const before = ids.map((id) => this.#execution.intent(id));
    const next = before.map((intent) => nextAttempt(ledger, intent, this.#execution.signal.id, clock.now()));
    ledger.recordIntents(next);
    for (const [index, { clientOrderId, symbol, quantity }] of next.entries()) {
      const [ended, intent] = [before[index], this.#execution.intent(clientOrderId)];
      const posted = ended === undefined ? undefined : this.#followUp(ended).postedAt;
      if (ended?.status === "filled" && posted !== undefined) this.#followUp(intent).notBefore = posted + execution.limitOrders.repegMs;
      this.#execution.emit({
        kind: "plan",
        level: "info",
        symbol,
        intent,
        text: `${symbol}: ${quantity?.toFixed() ?? "0"} shares are left to ${intent.side}; they are priced anew.`,
      });
    }
  }

  #start(id: string, work: (intent: IntentRecord, followUp: FollowUp) => Promise<void>): void {
    const intent = this.#execution.intent(id);
    const followUp = this.#followUp(intent);
    followUp.busy = true;
    this.#inBackground(work(intent, followUp), () => {
      followUp.busy = false;
      this.#takeHeard(id, followUp);
    });
  }

  #poll(id: string): void {
    const intent = this.#execution.intent(id);
    const followUp = this.#followUp(intent);
    followUp.polling = true;
    this.#inBackground(this.#orders.poll(intent, followUp), () => {
      followUp.polling = false;
      this.#takeHeard(id, followUp);
    });
  }

  async #plan(what: "buys" | "rest"): Promise<NextPlanned> {
    if (!(await this.#hasAll())) return { kind: "decide-again" };
    const maySell = this.#parts.clock.monotonic() < this.#sellUntil;
    return this.#nextPlan.plan({
      what,
      maySell: maySell || this.#execution.record().wanted.kind === "exit",
      blocked: () => this.#isBlocked(),
    });
  }

  /** Whether the ledger has all orders of this execution; after a restart the venue is asked before anything is sent or planned. */
  async #hasAll(): Promise<boolean> {
    const { clock, stopping } = this.#parts;
    if (!this.#mayHaveLost) return true;
    if (!(await this.#market.isKnown())) return false;
    let found = false;
    try {
      await findLostOrders(this.#execution, this.#market, (intent, order) => {
        const text = `${intent.symbol}: the venue has the ${intent.side} ${order.id}, which the ledger does not know; it is adopted.`;
        this.#execution.emit({ kind: "look-up", level: "warn", text, symbol: intent.symbol, intent });
        this.#orders.adopt(intent, order, this.#followUp(intent));
        found = true;
      });
      this.#mayHaveLost = false;
      return !found;
    } catch (error) {
      const text = `The orders of this execution cannot be read, so nothing is sent: ${messageOf(error)}`;
      this.#execution.emit({ kind: "waiting", level: "warn", recurs: true, text });
      await clock.sleep(SETTLE_PAUSE_MS, stopping);
      return false;
    }
  }

  #take(planned: NextPlanned): void {
    if (planned.kind !== "decide-again") this.#notPlanned = undefined;
    switch (planned.kind) {
      case "recorded":
        this.#planAt = undefined;
        this.#saidNotYet = undefined;
        return;
      case "not-yet":
        if (!planned.isRecorded) this.#notPlanned = planned.reason;
        this.#sayNotYet(planned.reason);
        this.#pause();
        return;
      case "cancel":
        if (!this.#isBlocked()) this.#startCancelling(planned);
        return;
      case "decide-again":
        return;
    }
  }

  /** Before what is left is planned again: longer after each plan that has brought no fill (R33, R35). */
  #pause(): void {
    const { clock } = this.#parts;
    const filled = this.#execution.intents().flatMap(({ clientOrderId, filledQuantity }) => {
      return filledQuantity.gt(ZERO) ? [`${clientOrderId} ${filledQuantity.toFixed()}`] : [];
    });
    if (filled.join() !== this.#filled) this.#fruitless = 0;
    this.#filled = filled.join();
    const pause = PAUSES_MS[Math.min(this.#fruitless, PAUSES_MS.length - 1)] ?? 0;
    this.#fruitless += 1;
    const passing = this.#execution.record().phase === "selling" ? [] : this.#execution.rests().filter((rest) => rest.passing);
    const earliest = passing.length === 0 ? 0 : Math.min(...passing.map((rest) => pauseOf(rest, clock.now())));
    this.#planAt = clock.monotonic() + Math.max(pause, earliest);
    if (passing.length > 0) this.#sayNotYet(passing.map((rest) => restText(rest)).join(", "));
  }

  #sayNotYet(reason: string): void {
    const level = reason === this.#saidNotYet ? "debug" : "warn";
    this.#saidNotYet = reason;
    this.#execution.emit({ kind: "waiting", level, text: `Not on target yet: ${reason}. Trying again until the deadline.` });
  }

  /** Asked anew whenever something was awaited: what has come up meanwhile is decided first. */
  #isBlocked(): boolean {
    const { phase, stopReason } = this.#facts();
    return this.#ended || this.#failure !== undefined || phase === "cancelling" || stopReason !== undefined;
  }

  #startCancelling({ cause, reason: why }: { readonly cause: OutcomeCode; readonly reason: string }): void {
    const reason = this.#notPlanned === undefined ? why : `${why} Until then: ${asSentence(this.#notPlanned)}`;
    this.#cancellingSince ??= this.#parts.clock.monotonic();
    this.#cancellingReason ??= reason;
    this.#cancellingCause ??= cause;
    this.#parts.ledger.updateExecution(this.#execution.id, { phase: "cancelling", outcomeReason: reason, outcomeCode: cause });
    this.#execution.emit({ kind: "phase", level: "warn", text: `Nothing more is sent. ${reason}` });
  }

  async #finish(action: Extract<Action, { kind: "finish" }>): Promise<Conclusion> {
    const conclusion = await concludeExecution(this.#parts, this.#execution.record(), action);
    const good = conclusion.outcome === "on-target" || conclusion.outcome === "queued";
    this.#execution.emit({ kind: "finish", level: good ? "info" : "error", text: conclusion.reason, facts: conclusion });
    return conclusion;
  }

  // --- surroundings --------------------------------------------------------------------------

  #begin(): void {
    const { ledger, clock } = this.#parts;
    if (this.#execution.record().begunAt === undefined) ledger.updateExecution(this.#execution.id, { begunAt: clock.now() });
  }

  /** A whole fill of an order of ours is taken from the stream; of all else it only wakes the loop, which reads it by id. */
  #followStream(): () => void {
    return this.#parts.stream.follow({
      onUpdate: ({ order }) => {
        const followUp = this.#followUps.get(order.clientOrderId);
        if (followUp === undefined) return;
        if (followUp.heard === undefined || !isTerminal(followUp.heard.status)) followUp.heard = order;
        this.#takeHeard(order.clientOrderId, followUp);
        this.#wake();
      },
      onState: (state, detail) => {
        if (state === "listening") for (const followUp of this.#followUps.values()) followUp.hinted = followUp.postedAt !== undefined;
        if (state === "lost")
          this.#execution.emit({
            kind: "waiting",
            level: "debug",
            text: `The stream of order updates was lost (${detail}); orders are polled.`,
          });
        this.#wake();
      },
    });
  }

  /** What the stream told while a request was under way is older or newer than its answer; either does no harm. */
  #takeHeard(id: string, followUp: FollowUp): void {
    const { heard, busy, polling } = followUp;
    if (heard === undefined || busy || this.#ended || this.#failure !== undefined) return;
    try {
      const intent = this.#execution.intent(id);
      // Its id has gone back to an order of an earlier execution (R19).
      if (intent.executionId !== this.#execution.id) return;
      const isWhole = isWholeFill(intent, heard);
      // A poll that waits for the rate limit does not hold back an end that is known already.
      if (polling && !isWhole) return;
      followUp.heard = undefined;
      if (isWhole) this.#orders.adopt(intent, heard, followUp);
      else if (isNews(intent, heard)) followUp.hinted = true;
    } catch (error) {
      this.#failure = asError(error);
    }
  }

  async #sleepUntilWoken(ms: number, woken: Promise<void>): Promise<void> {
    const timer = this.#parts.clock.after(Math.max(1, ms), () => this.#wake());
    await woken;
    timer.cancel();
  }
}

function asSentence(text: string): string {
  return text.endsWith(".") ? text : `${text}.`;
}

function amountText({ quantity, notional, limitPrice }: IntentRecord): string {
  const amount = notional === undefined ? `${quantity?.toFixed() ?? "0"} shares` : formatDollars(notional);
  return limitPrice === undefined ? amount : `${amount} at ${limitPrice.toFixed()} or better`;
}

/**
 * Of limit style, and proven never to have been sent: it is priced, or priced anew. What may have been sent
 * once keeps the terms that it may arrive with.
 */
function isPricedNow({ goal, state, code }: IntentRecord): boolean {
  return goal !== undefined && state === "recorded" && code !== "proven-absent";
}
