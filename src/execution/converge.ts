import type { Broker } from "../broker/broker.ts";
import type { Clock } from "../clock.ts";
import { asError, messageOf } from "../errors.ts";
import { freshness } from "../intake/freshness.ts";
import type { Signal } from "../intake/signal.ts";
import type { ExecutionRecord, IntentRecord, Ledger } from "../ledger/ledger.ts";
import { formatDollars } from "../portfolio/format.ts";
import { decimal, min } from "../portfolio/money.ts";
import type { Decimal } from "../portfolio/money.ts";
import type { LeftAloneReason, Plan, PlanSettings } from "../portfolio/plan.ts";
import { makePlan } from "../portfolio/plan.ts";
import { provePlan } from "../portfolio/proof.ts";
import type { Action, Blockage, ExecutionFacts } from "./decide.ts";
import { decide, isEnded } from "./decide.ts";
import type { RebalanceEvent } from "./events.ts";
import type { FollowUp } from "./follow-up.ts";
import { factsOf, followUpOf } from "./follow-up.ts";
import { newIntents } from "./intents.ts";
import { isOwnOrder } from "./ids.ts";
import { OrderLifecycle } from "./order-lifecycle.ts";
import type { Conclusion } from "./outcome.ts";
import { concludeExecution } from "./outcome.ts";
import { planInput, symbolsOf } from "./plan-input.ts";
import type { AssetCache, MarketReading, Reading } from "./reading.ts";
import { MARKET_READING_MAX_AGE_MS, MIN_SESSION_LEFT_TO_POST_MS, readAccount, readMarket, sessionLeft } from "./reading.ts";
import type { SharedOrderStream } from "./shared-stream.ts";
import { expectedAfter, SETTLE_LIMIT_MS, SETTLE_PAUSE_MS, unsettled } from "./settle.ts";
import { summariseAccount, summarisePlan } from "./summary.ts";

export interface ConvergeParts {
  readonly broker: Broker;
  readonly stream: SharedOrderStream;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly assets: AssetCache;
  readonly settings: PlanSettings;
  readonly signalMaxAgeSeconds: number;
  readonly orderTimeoutSeconds: number;
  readonly halted: () => string | undefined;
  /** Aborted when the process has been asked to stop: what is in flight is awaited, nothing is begun. */
  readonly stopping: AbortSignal;
  /** A newer complete run that waits behind this execution, if any (R22). */
  readonly newer: () => Signal | undefined;
  readonly emit: (event: RebalanceEvent) => void;
}

/** What `run` came to; `undefined` when the process is stopping and the rest is left to the next start. */
export type ConvergeResult = Conclusion | undefined;

/**
 * One execution, driven to its end. Its states are the phases of the ledger:
 *
 * - `selling`: sells are sent side by side and followed. Entered with all sell intents recorded in the
 *   same transaction. Left when the last sell is terminal.
 * - `buying`: entered after a fresh, settled reading, with all buy intents recorded in the same
 *   transaction. Left when the last buy is terminal and refusals for lack of buying power had their
 *   second try.
 * - `cancelling`: entered from any of them when nothing more may be sent (halt, deadline, closed
 *   session, foreign hand, stuck order). Working orders are cancelled and their ends awaited, bounded.
 * - `settled`: the outcome is recorded; nothing happens any more.
 *
 * Starting and restarting are the same: the loop reads the facts from ledger and venue, asks `decide`,
 * records, acts. It may be killed at any point.
 */
export class Convergence {
  readonly #parts: ConvergeParts;
  readonly #id: string;
  readonly #signal: Signal;
  readonly #orders: OrderLifecycle;
  readonly #followUps = new Map<string, FollowUp>();
  readonly #deadlineAt: number;
  #market: MarketReading | undefined;
  #marketBusy = false;
  #opened: number | undefined;
  #cancellingSince: number | undefined;
  #cancellingReason: string | undefined;
  #foreign: string | undefined;
  #resized = false;
  #failure: Error | undefined;
  #wake: () => void = () => undefined;

  constructor(parts: ConvergeParts, execution: ExecutionRecord, signal: Signal, market?: MarketReading) {
    this.#parts = parts;
    this.#id = execution.id;
    this.#signal = signal;
    this.#market = market;
    this.#deadlineAt = parts.clock.monotonic() + (execution.deadline - parts.clock.now());
    if (execution.phase === "cancelling") this.#cancellingSince = parts.clock.monotonic();
    this.#orders = new OrderLifecycle({
      broker: parts.broker,
      ledger: parts.ledger,
      clock: parts.clock,
      emit: (event) => this.#emit(event),
      onBegun: () => this.#begin(),
    });
  }

  async run(): Promise<ConvergeResult> {
    const unfollow = this.#followStream();
    const onStop = (): void => this.#wake();
    this.#parts.stopping.addEventListener("abort", onStop);
    try {
      for (;;) {
        if (this.#failure !== undefined) throw this.#failure;
        this.#refreshMarket();
        const decision = decide(this.#facts());
        const woken = new Promise<void>((resolve) => (this.#wake = resolve));
        for (const action of decision.actions) {
          if (action.kind === "leave") return undefined;
          if (action.kind === "finish") return await this.#finish(action);
          await this.#act(action);
        }
        const rest = decision.wakeAt - this.#parts.clock.monotonic();
        if (decision.actions.length === 0 || rest > 0) await this.#sleepUntilWoken(rest, woken);
      }
    } finally {
      this.#parts.stopping.removeEventListener("abort", onStop);
      unfollow();
    }
  }

  // --- facts -------------------------------------------------------------------------------

  #facts(): ExecutionFacts {
    const { clock, ledger } = this.#parts;
    const execution = this.#execution();
    const intents = ledger.intentsOf(this.#id);
    const left = this.#market === undefined ? undefined : sessionLeft(this.#market, clock.monotonic());
    return {
      now: clock.monotonic(),
      phase: execution.phase,
      begun: execution.begunAt !== undefined,
      offHours: execution.offHours,
      marketOpen: left !== undefined,
      sellsOnly: execution.wanted.kind === "exit",
      intents: intents.map((record) => factsOf(record, this.#followUp(record), this.#opened)),
      blockage: this.#blockage(execution, left, intents),
      stopping: this.#parts.stopping.aborted,
      cancellingSince: this.#cancellingSince,
      cancellingReason: this.#cancellingReason,
      orderTimeoutMs: this.#parts.orderTimeoutSeconds * 1_000,
      resized: this.#resized,
    };
  }

  /** Why nothing more may be sent, asked anew before every decision and so before every POST (R5, R14, R25). */
  #blockage(execution: ExecutionRecord, left: number | undefined, intents: readonly IntentRecord[]): Blockage | undefined {
    const { clock } = this.#parts;
    const halted = this.#parts.halted();
    if (halted !== undefined) return { cause: "halted", reason: `Trading was halted (${halted}).` };
    if (this.#foreign !== undefined) return { cause: "foreign-hand", reason: this.#foreign };
    if (execution.offHours && (left === undefined || intents.length === 0)) return undefined;
    if (!execution.offHours && clock.monotonic() >= this.#deadlineAt)
      return { cause: "deadline", reason: "The execution's deadline has passed." };
    if (execution.begunAt === undefined) {
      const age = freshness(this.#signal, clock.now(), this.#parts.signalMaxAgeSeconds);
      if (age.kind !== "fresh") return { cause: "stale", reason: age.reason };
      const newer = this.#parts.newer();
      if (newer !== undefined)
        return { cause: "superseded", reason: `The newer signal ${newer.id} takes its place before anything was sent.` };
    }
    if (this.#market === undefined) return undefined;
    if (!execution.offHours && (left === undefined || left < MIN_SESSION_LEFT_TO_POST_MS)) {
      return { cause: "session-closed", reason: "The session is over, or too little of it is left." };
    }
    return undefined;
  }

  #execution(): ExecutionRecord {
    const execution = this.#parts.ledger.execution(this.#id);
    if (execution === undefined) throw new Error(`The ledger has no execution ${this.#id}.`);
    return execution;
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

  /** Requests run side by side and wake the loop when they are through; the rest is done at once. */
  async #act(action: Exclude<Action, { kind: "leave" | "finish" }>): Promise<void> {
    switch (action.kind) {
      case "post":
        await this.#post(action.ids);
        return;
      case "look-up":
        this.#start(action.id, (intent, followUp) => this.#orders.lookUp(intent, followUp));
        return;
      case "prove-absent":
        this.#start(action.id, (intent, followUp) => this.#orders.proveAbsent(intent, followUp));
        return;
      case "poll":
        this.#start(action.id, (intent, followUp) => this.#orders.poll(intent, followUp));
        return;
      case "cancel":
        this.#start(action.id, (intent, followUp) => this.#orders.cancel(intent, followUp, action.reason));
        return;
      case "abandon":
        this.#orders.abandon(this.#intent(action.id), action.reason);
        return;
      case "drop":
        for (const id of action.ids) this.#orders.drop(this.#intent(id), action.reason);
        return;
      case "start-cancelling":
        this.#startCancelling(action.reason);
        return;
      case "plan-buys":
        await this.#planBuys();
        return;
      case "resize":
        await this.#resize(action.ids);
        return;
    }
  }

  /** Commits all of them as `posting`, then sends them side by side. The market clock must be known and recent. */
  async #post(ids: readonly string[]): Promise<void> {
    const { clock, ledger } = this.#parts;
    if (!(await this.#marketIsKnown())) return;
    const facts = this.#facts();
    if (facts.blockage !== undefined || facts.stopping) return;
    ledger.transaction(() => {
      for (const id of ids) ledger.updateIntent(id, { state: "posting", postedAt: clock.now(), updatedAt: clock.now() });
    });
    for (const id of ids) {
      const intent = this.#intent(id);
      this.#emit({
        kind: "post",
        level: "info",
        text: `${intent.symbol}: ${intent.side} ${amountText(intent)} sent.`,
        symbol: intent.symbol,
        intent,
      });
      this.#start(id, (record, followUp) => this.#orders.post(record, followUp));
    }
  }

  #start(id: string, work: (intent: IntentRecord, followUp: FollowUp) => Promise<void>): void {
    const intent = this.#intent(id);
    const followUp = this.#followUp(intent);
    followUp.busy = true;
    work(intent, followUp)
      .catch((error: unknown) => (this.#failure ??= asError(error)))
      .finally(() => {
        followUp.busy = false;
        this.#wake();
      });
  }

  #startCancelling(reason: string): void {
    this.#cancellingSince ??= this.#parts.clock.monotonic();
    this.#cancellingReason ??= reason;
    this.#parts.ledger.updateExecution(this.#id, { phase: "cancelling", outcomeReason: reason });
    this.#emit({ kind: "phase", level: "warn", text: `Nothing more is sent. ${reason}` });
  }

  /** The second half: a fresh, settled reading, a plan for the buys alone, and all of them recorded at once (R15, R16). */
  async #planBuys(): Promise<void> {
    const settled = await this.#settledReading();
    if (settled === undefined) return;
    if (this.#replacedBetweenPhases(settled.reading)) return;
    const plan = this.#plannedBuys(settled.reading, settled.cash);
    if (plan === undefined) return;
    const { ledger, clock } = this.#parts;
    ledger.transaction(() => {
      ledger.updateExecution(this.#id, { phase: "buying", plan: summarisePlan(plan, this.#execution().plan) });
      ledger.recordIntents(newIntents(ledger, this.#execution(), "buying", plan.buys, settled.reading.positions, clock.now()));
    });
    this.#emit({
      kind: "phase",
      level: "info",
      text: `Buying: ${String(plan.buys.length)} orders, ${formatDollars(plan.spendable)} to spend.`,
      plan,
    });
  }

  /** One more try, sized on what the account shows now, for buys refused for lack of buying power (R20). */
  async #resize(ids: readonly string[]): Promise<void> {
    const settled = await this.#settledReading();
    if (settled === undefined) return;
    this.#resized = true;
    const again = new Set(ids.map((id) => this.#intent(id).symbol));
    const plan = this.#plannedBuys(settled.reading, settled.cash, again);
    if (plan === undefined) return;
    const { ledger, clock } = this.#parts;
    const buys = plan.buys.filter((order) => again.has(order.symbol));
    ledger.recordIntents(newIntents(ledger, this.#execution(), "buying", buys, settled.reading.positions, clock.now()));
    for (const order of buys)
      this.#emit({
        kind: "plan",
        level: "warn",
        symbol: order.symbol,
        text: `${order.symbol}: sized again on what the account shows now.`,
      });
  }

  #plannedBuys(reading: Reading, cash: Decimal | undefined, again: ReadonlySet<string> = new Set()): Plan | undefined {
    const { ledger, settings } = this.#parts;
    const own = ledger.intentsOf(this.#id);
    const input = planInput(reading, {
      phase: "buying",
      wanted: this.#execution().wanted,
      settings,
      unsettled: ledger.unsettledIntents(),
      barred: barredSymbols(own, again),
      ...(cash === undefined ? {} : { cash }),
    });
    const result = makePlan(input);
    if (result.kind === "refused") {
      this.#startCancelling(`No buys can be planned: ${result.reason}`);
      return undefined;
    }
    const failures = provePlan(result.plan, input);
    if (failures.length === 0) return result.plan;
    this.#startCancelling(`The plan of the buys failed its proof: ${failures.map((failure) => failure.message).join(" ")}`);
    return undefined;
  }

  /** A begun execution is replaced only here, and only by a run that could be executed now (R22). */
  #replacedBetweenPhases(reading: Reading): boolean {
    const newer = this.#parts.newer();
    if (newer?.kind !== "rebalance" || this.#execution().phase !== "selling") return false;
    const input = planInput(reading, {
      phase: "selling",
      wanted: { kind: "rebalance", targets: newer.targets },
      settings: this.#parts.settings,
      unsettled: this.#parts.ledger.unsettledIntents(),
      barred: new Map(),
    });
    const result = makePlan(input);
    if (result.kind === "refused" || provePlan(result.plan, input).length > 0) return false;
    this.#startCancelling(`Replaced by the newer signal ${newer.id} between selling and buying.`);
    return true;
  }

  /**
   * Reads until the account contains all own fills of this execution (R16). When it does not in time, the
   * smaller of shown and computed cash is used. `undefined`: the loop has to decide again first.
   */
  async #settledReading(): Promise<{ reading: Reading; cash: Decimal | undefined } | undefined> {
    const { broker, assets, clock, ledger } = this.#parts;
    const start = clock.monotonic();
    for (;;) {
      const execution = this.#execution();
      const expected = expectedAfter(ledger.intentsOf(this.#id), cashBefore(execution));
      let missing: string | undefined;
      try {
        const reading = await readAccount(broker, assets, clock, symbolsOf(execution.wanted));
        this.#market = reading.market;
        if (this.#touched(reading, execution)) return undefined;
        missing = unsettled(reading, expected);
        if (missing === undefined) return { reading, cash: undefined };
        if (clock.monotonic() - start >= SETTLE_LIMIT_MS) {
          this.#emit({
            kind: "doubt",
            level: "warn",
            text: `The account does not contain all our fills after ${String(SETTLE_LIMIT_MS / 1_000)} s (${missing}); the smaller cash is used.`,
          });
          return { reading, cash: expected.cash === undefined ? undefined : min(expected.cash, reading.account.cash) };
        }
      } catch (error) {
        this.#emit({ kind: "waiting", level: "warn", text: `The account cannot be read: ${messageOf(error)}` });
      }
      if (this.#facts().blockage !== undefined || this.#parts.stopping.aborted) return undefined;
      await clock.sleep(SETTLE_PAUSE_MS, this.#parts.stopping);
    }
  }

  /** R24: somebody else's order on a symbol or on the cash of this plan, or a blocked account, stops it. */
  #touched(reading: Reading, execution: ExecutionRecord): boolean {
    const symbols = new Set(symbolsOf(execution.wanted));
    for (const intent of this.#parts.ledger.intentsOf(this.#id)) symbols.add(intent.symbol);
    const known = knownForeignOrders(execution);
    const foreign = reading.openOrders.find(
      (order) => !isOwnOrder(order) && !known.has(order.id) && (order.side === "buy" || symbols.has(order.symbol)),
    );
    if (foreign !== undefined)
      this.#foreign = `Somebody else's ${foreign.side} order for ${foreign.symbol} (${foreign.id}) came up during the execution.`;
    if (reading.account.blocks.length > 0) this.#foreign = `The account may no longer trade: ${reading.account.blocks.join(", ")}.`;
    return this.#foreign !== undefined;
  }

  async #finish(action: Extract<Action, { kind: "finish" }>): Promise<Conclusion> {
    const conclusion = await concludeExecution(this.#parts, this.#execution(), action);
    this.#emit({
      kind: "finish",
      level: conclusion.outcome === "on-target" || conclusion.outcome === "queued" ? "info" : "error",
      text: conclusion.reason,
      facts: conclusion,
    });
    return conclusion;
  }

  // --- surroundings --------------------------------------------------------------------------

  #begin(): void {
    const { ledger, clock } = this.#parts;
    if (this.#execution().begunAt === undefined) ledger.updateExecution(this.#id, { begunAt: clock.now() });
  }

  /** The stream only wakes the loop; what it says is read again by id. */
  #followStream(): () => void {
    return this.#parts.stream.follow({
      onUpdate: (update) => {
        const followUp = this.#followUps.get(update.order.clientOrderId);
        if (followUp !== undefined) followUp.hinted = true;
        this.#wake();
      },
      onState: (state, detail) => {
        if (state === "listening") for (const followUp of this.#followUps.values()) followUp.hinted = followUp.postedAt !== undefined;
        if (state === "lost")
          this.#emit({ kind: "waiting", level: "debug", text: `The stream of order updates was lost (${detail}); orders are polled.` });
        this.#wake();
      },
    });
  }

  async #sleepUntilWoken(ms: number, woken: Promise<void>): Promise<void> {
    const cancel = new AbortController();
    await Promise.race([woken, this.#parts.clock.sleep(Math.max(1, ms), cancel.signal)]);
    cancel.abort();
  }

  /** Keeps the venue's clock fresh in the background; a failed reading leaves the old one to age. */
  #refreshMarket(): void {
    const { clock } = this.#parts;
    const age = this.#market === undefined ? Infinity : clock.monotonic() - this.#market.readAt;
    if (this.#marketBusy || age < MARKET_READING_MAX_AGE_MS / 2) return;
    this.#marketBusy = true;
    void this.#readMarket().finally(() => {
      this.#marketBusy = false;
      this.#wake();
    });
  }

  async #readMarket(): Promise<void> {
    const { broker, clock } = this.#parts;
    try {
      const before = this.#market;
      this.#market = await readMarket(broker, clock);
      if (before?.clock.isOpen === false && this.#market.clock.isOpen) this.#opened = clock.monotonic();
    } catch (error) {
      this.#emit({ kind: "waiting", level: "debug", text: `The market clock cannot be read: ${messageOf(error)}` });
    }
  }

  /** R14: no POST on an unknown or old market clock. */
  async #marketIsKnown(): Promise<boolean> {
    const { clock } = this.#parts;
    if (this.#market === undefined || clock.monotonic() - this.#market.readAt > MARKET_READING_MAX_AGE_MS) await this.#readMarket();
    if (this.#market !== undefined && clock.monotonic() - this.#market.readAt <= MARKET_READING_MAX_AGE_MS) return true;
    await clock.sleep(SETTLE_PAUSE_MS, this.#parts.stopping);
    return false;
  }

  #intent(id: string): IntentRecord {
    const intent = this.#parts.ledger.intent(id);
    if (intent === undefined) throw new Error(`The ledger has no intent ${id}.`);
    return intent;
  }

  #emit(event: Omit<RebalanceEvent, "executionId" | "signalId">): void {
    this.#parts.emit({ ...event, executionId: this.#id, signalId: this.#signal.id });
  }
}

function amountText(intent: IntentRecord): string {
  return intent.notional === undefined ? `${intent.quantity?.toFixed() ?? "0"} shares` : formatDollars(intent.notional);
}

/** Symbols that this execution may not trade again, and why: each gets one order, and its rest is not sent (R20). */
function barredSymbols(own: readonly IntentRecord[], again: ReadonlySet<string>): Map<string, LeftAloneReason> {
  const barred = new Map<string, LeftAloneReason>();
  for (const intent of own) {
    if (again.has(intent.symbol)) continue;
    if (intent.state === "abandoned" || !isEnded(intent)) barred.set(intent.symbol, "order-unknown");
    else if (intent.state === "refused")
      barred.set(intent.symbol, intent.fullExit && intent.status === "below-minimum" ? "dust-cannot-close" : "order-refused");
    else if (intent.state === "done" && intent.status !== "filled") barred.set(intent.symbol, "order-timed-out");
  }
  return barred;
}

/** Cash when the execution was planned, as recorded with it. */
function cashBefore(execution: ExecutionRecord): Decimal | undefined {
  const account = execution.accountBefore as ReturnType<typeof summariseAccount> | undefined;
  return account === undefined ? undefined : decimal(account.cash);
}

/** Foreign orders that were open when it was planned: the plan already leaves room for them. */
function knownForeignOrders(execution: ExecutionRecord): Set<string> {
  const account = execution.accountBefore as ReturnType<typeof summariseAccount> | undefined;
  return new Set(account?.foreignOrders ?? []);
}
