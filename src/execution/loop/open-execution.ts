import type { ExecutionParts } from "../execution-parts.ts";
import type { Signal } from "../../domain/signal.ts";
import type { IntentRecord } from "../../domain/ledger/orders.ts";
import type { ExecutionRecord } from "../../domain/ledger/executions.ts";
import type { StrategyTarget } from "../../domain/strategy-target.ts";
import { max, ONE } from "../../domain/decimal.ts";
import type { RebalanceTarget } from "../../domain/rebalance-target.ts";
import {
  strategyTargetsFor,
  countsWith,
  laterExits,
  stillWaiting,
  targetAfterExits,
  rebalanceTargetFor,
} from "../../accounts/strategy-targets.ts";
import type { RebalanceEvent } from "../events.ts";
import { unlessAborted } from "../preparation/account-snapshot.ts";
import type { Rest, RestFacts } from "./rest.ts";
import { reachedBy, restOf } from "./rest.ts";
import type { SignalBounds } from "./signal-bounds.ts";
import { boundsOf } from "./signal-bounds.ts";
import type { PlanSummary } from "../../domain/ledger/summaries.ts";

/** The running execution: its ledger record, read again each time, and its events. */
export class OpenExecution {
  readonly parts: ExecutionParts;
  readonly id: string;
  readonly signal: Signal;
  readonly #sellUntil: number;
  #strategyTargets: readonly StrategyTarget[] | undefined;

  /** @param sellUntil from then on nothing is sold, unless there is nothing to buy (R21); monotonic. */
  constructor(parts: ExecutionParts, { id, signal, sellUntil }: Readonly<{ id: string; signal: Signal; sellUntil: number }>) {
    this.parts = parts;
    this.id = id;
    this.signal = signal;
    this.#sellUntil = sellUntil;
  }

  /** Whether sells may still be sent. */
  get maySell(): boolean {
    return this.parts.clock.monotonic() < this.#sellUntil || this.record().wanted.kind === "exit";
  }

  record(): ExecutionRecord {
    const record = this.parts.ledger.execution(this.id);
    if (record === undefined) throw new Error(`The ledger has no execution ${this.id}.`);
    return record;
  }

  /** Whether the plan covers exactly the runs of other strategies waiting now (R22). */
  countsWithWaiting(): boolean {
    this.#strategyTargets ??= this.parts.ledger.strategyTargetsOf(this.id);
    return countsWith(this.#strategyTargets, this.#waiting(this.signal));
  }

  /** The account's targets if `newer` were executed instead. */
  wantedInstead(newer: Signal): RebalanceTarget | undefined {
    const strategies = this.parts.strategies ?? [{ name: newer.strategy, share: ONE }];
    const strategyTargets = strategyTargetsFor(this.parts.ledger, strategies, newer, this.#waiting(newer));
    return rebalanceTargetFor(this.parts.ledger, strategies, newer, strategyTargets);
  }

  #waiting({ strategy }: Signal): Signal[] {
    const { inbox, strategies, clock, signalMaxAgeSeconds } = this.parts;
    return stillWaiting(inbox.waiting, strategies ?? [], strategy, clock.now(), signalMaxAgeSeconds);
  }

  /** The current targets, without symbols of later SELLs of the same strategy (R22). */
  wanted(): RebalanceTarget {
    const { ledger, inbox, signalMaxAgeSeconds } = this.parts;
    const { wanted } = this.record();
    const exits = laterExits(this.signal, ledger.exitsAfter(this.signal.id), { waiting: inbox.waiting, signalMaxAgeSeconds });
    if (exits.size === 0 || wanted.kind === "exit") return wanted;
    this.#strategyTargets ??= ledger.strategyTargetsOf(this.id);
    return targetAfterExits(wanted, this.#strategyTargets, this.signal.strategy, exits);
  }

  /** Whether a SELL of the same strategy for one of its targets has come since planning. */
  wantsWhatWasLeft(): boolean {
    const { wanted } = this.record();
    const now = this.wanted();
    return wanted.kind === "rebalance" && now.kind === "rebalance" && [...wanted.targets.keys()].some((symbol) => !now.targets.has(symbol));
  }

  /** The newest plans. */
  plan(): PlanSummary {
    const plan = this.record().plan;
    if (plan === undefined) throw new Error(`The execution ${this.id} has no plan.`);
    return plan;
  }

  /** What the newest plan and its orders did not complete. */
  rests(): Rest[] {
    return restOf(this.#restFacts());
  }

  /** Symbols no longer traded for this signal. */
  reached(): Set<string> {
    return new Set([...(this.plan().reached ?? []), ...reachedBy(this.#restFacts())]);
  }

  /** What the signal may still trade; `undefined` when none of its orders was ever accepted. */
  bounds(reached: ReadonlySet<string>): SignalBounds | undefined {
    const bounds = boundsOf(this.parts.ledger, this.signal.id);
    return bounds && { ...bounds, reached: new Set([...bounds.reached, ...reached]) };
  }

  #restFacts(): RestFacts {
    const { ledger, settings, clock } = this.parts;
    const minimum = max(settings.minTradeValue, ONE);
    const facts = { plan: this.plan(), intents: this.intents(), tries: ledger.intentsOfSignal(this.signal.id), minimum };
    if (this.record().wanted.kind === "exit") return facts;
    const now = clock.now();
    return { ...facts, selling: { now, until: now + this.#sellUntil - clock.monotonic() } };
  }

  /** A complete run is waiting that this execution would delay by waiting for an obstacle to pass. */
  holdsUpAnother(): boolean {
    return this.parts.inbox.waiting.some((run) => run.kind === "exit") || this.#waiting(this.signal).length > 0;
  }

  intents(): IntentRecord[] {
    return this.parts.ledger.intentsOf(this.id);
  }

  intent(clientOrderId: string): IntentRecord {
    const intent = this.parts.ledger.intent(clientOrderId);
    if (intent === undefined) throw new Error(`The ledger has no intent ${clientOrderId}.`);
    return intent;
  }

  /** What holds the execution up. */
  warn(text: string): void {
    this.emit({ kind: "waiting", level: "warn", text });
  }

  emit(event: Omit<RebalanceEvent, "executionId" | "signalId">): void {
    this.parts.emit({ ...event, executionId: this.id, signalId: this.signal.id });
  }

  /** A hanging read must not prevent the process from stopping, so it rejects. */
  unlessStopping<Result>(read: Promise<Result>): Promise<Result> {
    return unlessAborted(read, this.parts.stopping);
  }
}
