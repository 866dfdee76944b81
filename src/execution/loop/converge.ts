import { isTerminal } from "../../domain/broker.ts";
import { asError, messageOf } from "../../domain/errors.ts";
import type { Signal } from "../../domain/signal.ts";
import type { IntentRecord } from "../../domain/ledger/orders.ts";
import type { OutcomeCode } from "../../domain/outcome.ts";
import type { ExecutionRecord } from "../../domain/ledger/executions.ts";
import { max, ONE } from "../../domain/decimal.ts";
import { AccountWatch } from "./account-watch.ts";
import type { Action, ExecutionFacts } from "./decide.ts";
import { decide, isEnded } from "./decide.ts";
import type { FollowUp } from "./follow-up.ts";
import { FreshReading } from "./fresh-reading.ts";
import { factsOf, followUpOf, isNews, isWholeFill } from "./follow-up.ts";
import { nextAttempt } from "../orders/intents.ts";
import { findLostOrders } from "./lost-orders.ts";
import { MarketWatch } from "./market-watch.ts";
import type { NextPlanned } from "./next-plan.ts";
import { NextPlan } from "./next-plan.ts";
import type { ExecutionParts } from "../execution-parts.ts";
import { OpenExecution } from "./open-execution.ts";
import { OrderGate } from "./order-gate.ts";
import { OrderLifecycle } from "../orders/order-lifecycle.ts";
import type { Conclusion } from "../outcome/outcome.ts";
import { concludeExecution } from "../outcome/outcome.ts";
import { Pricer } from "../preparation/pricing.ts";
import { QuoteBook } from "../styles/quote-book.ts";
import type { MarketReading, AccountSnapshot } from "../preparation/account-snapshot.ts";
import { readClocks } from "../preparation/account-snapshot.ts";
import { widenedTo } from "./signal-bounds.ts";
import { PlanPause } from "./plan-pause.ts";
import { orderedBy } from "./rest.ts";
import { Sending } from "./sending.ts";
import type { StopFacts } from "./stop-reason.ts";
import { stopReasonOf } from "./stop-reason.ts";
import { OutagePause } from "../preparation/outage-pause.ts";

/** Time reserved for buying before the deadline; half of a short deadline (R21). */
const KEPT_FOR_BUYING_MS = 120_000;
/** Result of `run`; `undefined` when the process is stopping and the next start continues. */
export type ConvergeResult = Conclusion | undefined;

/** What is known of an execution before it runs. */
export interface Known {
  /** Used for the plan, if this process made it. */
  readonly snapshot?: AccountSnapshot;
  /** It was read before the alert: the sells are sent on it, and a new reading together with them (R36). */
  readonly isWarm?: boolean;
  /** The owner requested it: it starts whatever the age of the signal (R33). */
  readonly ageless?: boolean;
}

/**
 * Runs one execution to its end. Its states are the phases of the ledger:
 *
 * - `selling`: sells are sent in parallel and followed. Entered with all sell intents recorded in the
 *   same transaction. Left when the last sell is terminal.
 * - `buying`: entered after a fresh, settled snapshot, with all buy intents recorded in the same
 *   transaction. Left when the last buy is terminal. Anything left for a passing cause is then planned
 *   again after a pause: back to `selling`, or another round of buys, until the deadline (R33).
 * - In both, a limit-style order is priced when it is sent and cancelled after its time; the rest is sent
 *   under the next attempt. The phase ends with the last of them.
 * - `cancelling`: entered from any of them when nothing more may be sent (halt, deadline, closed
 *   session, external order, stuck order). Open orders are cancelled and awaited within a limit.
 * - `settled`: the outcome is recorded; nothing more happens.
 *
 * Starting and restarting are the same: the loop reads the facts from ledger and venue, calls `decide`,
 * records, acts. It may be killed at any point.
 */
export class Convergence {
  readonly #execution: OpenExecution;
  readonly #parts: ExecutionParts;
  readonly #isAgeless: boolean;
  readonly #orders: OrderLifecycle;
  readonly #market: MarketWatch;
  readonly #ordersOutage = new OutagePause();
  readonly #account: AccountWatch;
  readonly #nextPlan: NextPlan;
  readonly #fresh: FreshReading | undefined;
  readonly #sending: Sending;
  readonly #pause: PlanPause;
  readonly #followUps = new Map<string, FollowUp>();
  readonly #deadlineAt: number;
  readonly #sellUntil: number;
  #cancellingSince: number | undefined;
  #cancellingReason: string | undefined;
  #cancellingCause: OutcomeCode | undefined;
  /** Why the newest plan could not be made; reported if the execution ends off target. */
  #notPlanned: string | undefined;
  /** Left by an earlier process, and the venue has not yet been searched for orders missing in the ledger. */
  #mayHaveLost: boolean;
  /** Orders are being prepared, or a plan is being made, in the background. */
  #preparing = false;
  #ended = false;
  #failure: Error | undefined;
  #wake: () => void = () => undefined;

  constructor(parts: ExecutionParts, execution: ExecutionRecord, signal: Signal, { snapshot, isWarm = false, ageless = false }: Known) {
    const market = snapshot?.market;
    this.#parts = parts;
    this.#isAgeless = ageless;
    this.#mayHaveLost = snapshot === undefined;
    const whole = execution.deadline - execution.startedAt;
    // A wall clock that was set back before a restart must not make it longer.
    this.#deadlineAt = parts.clock.monotonic() + Math.min(whole, execution.deadline - parts.clock.now());
    this.#sellUntil = this.#deadlineAt - Math.min(KEPT_FOR_BUYING_MS, whole / 2);
    this.#execution = new OpenExecution(parts, { id: execution.id, signal, sellUntil: this.#sellUntil });
    this.#market = new MarketWatch(this.#execution, market, () => this.#wake());
    const gate = new OrderGate(parts.clock);
    // Nothing was heard of the account's orders since a warm reading, which is as good as checking them now.
    const lookedAt = isWarm ? readClocks(parts.clock) : market?.readAt;
    this.#account = new AccountWatch(this.#execution, { market: this.#market, gate }, lookedAt);
    this.#fresh = isWarm && snapshot !== undefined ? new FreshReading(this.#execution, snapshot) : undefined;
    const quotes = new QuoteBook(this.#execution, this.#market);
    if (snapshot !== undefined) quotes.saw(snapshot.prices, snapshot.market.readAt);
    const pricer = new Pricer(this.#execution, quotes);
    this.#nextPlan = new NextPlan(this.#execution, { account: this.#account, market: this.#market, quotes, gate, fresh: this.#fresh });
    this.#pause = new PlanPause(this.#execution);
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
      // The same whenever it is sent again, also after a restart.
      closesOnly: ({ side, attempt }) => side === "sell" && attempt === 1 && this.#execution.record().plan?.isWarm === true,
      gate,
      onPositions: (positions) => this.#account.sawPositions(positions),
    });
    this.#sending = new Sending(this.#execution, {
      ...{ market: this.#market, account: this.#account, orders: this.#orders, pricer },
      followUpOf: (intent) => this.#followUp(intent),
      isBlocked: () => this.#isBlocked(),
    });
  }

  /** Also uses readings of the venue's clock made elsewhere. */
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
        // The reading that is sent with the first sells contains the clock too.
        if (this.#fresh?.hasCome !== false || !this.#market.isFresh) this.#market.refresh();
        this.#pause.cutShortFor(this.#parts.inbox.newer);
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
      planned: orderedBy(record),
      preparing: this.#preparing,
      stopReason: stopReasonOf(this.#execution, { record, intents }, this.#stopFacts()),
      stopping: this.#parts.stopping.aborted,
      cancellingSince: this.#cancellingSince,
      cancellingReason: this.#cancellingReason,
      cancellingCause: this.#cancellingCause,
      orderTimeoutMs: this.#parts.orderTimeoutSeconds * 1_000,
      attempts: { ...this.#parts.execution.limitOrders, minimum: max(this.#parts.settings.minTradeValue, ONE) },
      sellUntil: this.#sellUntil,
      rest: this.#rest(record, intents),
      planAt: this.#pause.at,
      holdsUpAnother: this.#pause.at !== undefined && this.#execution.holdsUpAnother(),
    };
  }

  #stopFacts(): StopFacts {
    return { market: this.#market, account: this.#account.stopReason, deadlineAt: this.#deadlineAt, isAgeless: this.#isAgeless };
  }

  #rest({ phase }: ExecutionRecord, intents: readonly IntentRecord[]): ExecutionFacts["rest"] {
    const isOver = phase === "buying" || phase === "selling";
    if (!isOver || this.#preparing || intents.length === 0 || !intents.every(isEnded)) return "none";
    const rests = this.#execution.rests();
    if (rests.length === 0) return "none";
    if (rests.some(({ passing }) => passing)) return "passing";
    return rests.some(({ tooLate }) => tooLate) ? "too-late" : "lasting";
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
   * Requests to the venue run in the background and wake the loop when done, so that a halt, a deadline or a
   * due cancel never waits behind a read. Everything else is done immediately.
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
        this.#pause.begin();
        return;
    }
  }

  /** One at a time; nothing else starts meanwhile. */
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

  /** Sends those that can be sent now, in parallel. The market clock must be known and recent. */
  async #post(due: readonly string[]): Promise<void> {
    if (!(await this.#market.isKnown()) || !(await this.#hasAll())) return;
    const ids = await this.#sending.commit(due);
    for (const id of ids) this.#start(id, (record, followUp) => this.#orders.post(record, followUp));
    if (ids.length > 0 && this.#fresh !== undefined)
      this.#inBackground(
        this.#fresh.leave((snapshot) => this.#sawFresh(snapshot)),
        () => undefined,
      );
  }

  /** The reading that was sent with the first sells. Prices may have moved since the earlier one, and with them what is to be bought. */
  #sawFresh(snapshot: AccountSnapshot): void {
    if (this.#ended || this.#fresh === undefined) return;
    const { before } = this.#fresh;
    this.#account.saw(snapshot);
    this.#account.sawBeside(snapshot, before);
    this.#market.saw(snapshot.market);
    const { plan } = this.#execution.record();
    const widened = plan && widenedTo(plan, before, snapshot);
    if (widened !== undefined && plan?.buying === undefined) this.#parts.ledger.updateExecution(this.#execution.id, { plan: widened });
  }

  /** The rests of terminal orders as new intents; the parts of a large order keep a time distance. */
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
        text: `${symbol}: ${quantity?.toFixed() ?? "0"} shares left to ${intent.side}; they will be repriced.`,
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
    return this.#nextPlan.plan({ what, maySell: this.#execution.maySell, blocked: () => this.#isBlocked() });
  }

  /** Whether the ledger has all orders of this execution; after a restart the venue is asked before sending or planning anything. */
  async #hasAll(): Promise<boolean> {
    const { clock, stopping } = this.#parts;
    if (!this.#mayHaveLost) return true;
    if (!(await this.#market.isKnown())) return false;
    let found = false;
    try {
      await findLostOrders(this.#execution, this.#market, (intent, order) => {
        const text = `${intent.symbol}: the venue has the ${intent.side} ${order.id}, which is missing in the ledger. Adopting it.`;
        this.#execution.emit({ kind: "look-up", level: "warn", text, symbol: intent.symbol, intent });
        this.#orders.adopt(intent, order, this.#followUp(intent));
        found = true;
      });
      this.#mayHaveLost = false;
      return !found;
    } catch (error) {
      const text = `Nothing is sent because the orders of this execution cannot be read: ${messageOf(error)}`;
      this.#execution.emit({ kind: "waiting", level: "warn", recurs: true, text });
      await clock.sleep(this.#ordersOutage.afterFailure(), stopping);
      return false;
    }
  }

  #take(planned: NextPlanned): void {
    if (planned.kind !== "decide-again") this.#notPlanned = undefined;
    switch (planned.kind) {
      case "recorded":
        this.#pause.end();
        return;
      case "not-yet":
        if (!planned.isRecorded) this.#notPlanned = planned.reason;
        this.#pause.say(planned.reason);
        this.#pause.begin();
        return;
      case "cancel":
        if (!this.#isBlocked()) this.#startCancelling(planned);
        return;
      case "decide-again":
        return;
    }
  }

  /** Checked again after every wait: anything that happened meanwhile is decided first. */
  #isBlocked(): boolean {
    const { phase, stopReason } = this.#facts();
    const mayDecide = !this.#ended && this.#failure === undefined && phase !== "cancelling" && stopReason === undefined;
    return !mayDecide || this.#account.maySoonStop;
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

  /** A complete fill of our order is taken from the stream; for anything else the stream only wakes the loop, which reads the order by id. */
  #followStream(): () => void {
    return this.#parts.stream.follow({
      onUpdate: ({ order }) => {
        const followUp = this.#followUps.get(order.clientOrderId);
        if (followUp === undefined) return;
        followUp.told = max(followUp.told, order.filledQuantity);
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
            text: `The order update stream was lost (${detail}). Polling orders instead.`,
          });
        this.#wake();
      },
    });
  }

  /** A stream update during a request may be older or newer than its response; both are harmless. */
  #takeHeard(id: string, followUp: FollowUp): void {
    const { heard, busy, polling } = followUp;
    if (heard === undefined || busy || this.#ended || this.#failure !== undefined) return;
    try {
      const intent = this.#execution.intent(id);
      // Its id belongs to an order of an earlier execution again (R19).
      if (intent.executionId !== this.#execution.id) return;
      const isWhole = isWholeFill(intent, heard);
      // A poll waiting for the rate limit must not delay an end that is already known.
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
