import PQueue from "p-queue";
import type { Broker, MarketClock, StreamState } from "../domain/broker.ts";
import { BrokerError } from "../domain/broker.ts";
import type { Clock } from "../domain/clock.ts";
import type { InboxView } from "../domain/inbox.ts";
import type { Ledger } from "../domain/ledger.ts";
import type { ExecutionRecord } from "../domain/ledger/executions.ts";
import type { Signal } from "../domain/signal.ts";
import type { Verdict, VerdictKind } from "../domain/verdict.ts";
import { isRetried } from "../domain/verdict.ts";
import { freshness } from "../intake/freshness.ts";
import { readMarket, unlessAborted } from "../execution/preparation/account-snapshot.ts";
import type { RebalanceOptions, Rebalancer, RebalanceResult } from "../execution/rebalancer.ts";
import { describeSignal } from "./event-log.ts";
import type { TraderEvent } from "./events.ts";
import type { DecidingRun, LeftOver, NewestRun } from "./left-overs.ts";
import { LeftOvers } from "./left-overs.ts";
import type { SignalInbox } from "./signal-inbox.ts";
import { UnreadAccount } from "./unread-account.ts";

/** Pause before a run that could not be executed is judged again. */
const RETRY_MS = 5_000;
/** Longer after a refusal: refusals clear less often, and each check costs the same. */
const REFUSED_RETRY_MS = 15_000;
/** The daemon exits within 8 s of SIGTERM; this much of that is for requests in flight. */
const DRAIN_LIMIT_MS = 6_500;

export interface AccountEngineParts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly broker: Broker;
  readonly inbox: SignalInbox;
  readonly rebalancer: (inbox: InboxView, stopping: AbortSignal) => Rebalancer;
  readonly signalMaxAgeSeconds: number;
  /** Aborted when the process is asked to stop. */
  readonly stopping: AbortSignal;
  readonly emit: (event: TraderEvent) => void;
  /** Waits for a place among other accounts of this process, and gives it back. Default: there are no others. */
  readonly inTurn?: InTurn;
  /** Other accounts of this process trade or wait for a place, so what can be put off is. Default: there are none. */
  readonly othersTrade?: () => boolean;
  /** Why a waiting run must not be executed now; it may take until others have traded it. Default: it may. */
  readonly refusal?: (signal: Signal, isWanted: () => boolean) => Promise<Verdict | undefined>;
}

/** Does work once it is this account's turn. @param signal what it is about; `undefined`: anything else. */
export type InTurn = <Result>(work: () => Promise<Result>, signal: Pick<Signal, "id"> | undefined) => Promise<Result>;

const AT_ONCE: InTurn = (work) => work();

/**
 * One account: connect → recover → execute → continue unfinished executions, one at a time.
 *
 * - `connect` reads and locks the account, and retries while the venue is unreachable.
 * - `recover` finishes every execution left open by an earlier process.
 * - `execute` takes a run out of the inbox. A run declined for now is retried while it is fresh (R7).
 * - `takeUp` continues an execution that ended off target (R33).
 *
 * The daemon submits runs to its serial queue; a one-off command awaits them one by one.
 */
export class AccountEngine {
  readonly #parts: AccountEngineParts;
  readonly #queue = new PQueue({ concurrency: 1 });
  readonly #rebalancer: Rebalancer;
  readonly #leftOvers: LeftOvers;
  readonly #inTurn: InTurn;

  constructor(parts: AccountEngineParts) {
    this.#parts = parts;
    this.#inTurn = parts.inTurn ?? AT_ONCE;
    this.#rebalancer = parts.rebalancer(parts.inbox, parts.stopping);
    this.#leftOvers = new LeftOvers({ ...parts, inbox: parts.inbox });
  }

  /** Nothing is running or queued. */
  get isIdle(): boolean {
    return this.#queue.size + this.#queue.pending === 0;
  }

  /** Nor does any other account of this process trade: what only makes later work faster may be done now. */
  get isCalm(): boolean {
    return this.isIdle && this.#parts.othersTrade?.() !== true;
  }

  /** As {@link isIdle}, and no rest of an execution waits for its next try. */
  get isSettled(): boolean {
    return this.isIdle && this.#leftOvers.isEmpty;
  }

  /** State of the order update stream; `undefined` before it is opened. */
  get streamState(): StreamState | undefined {
    return this.#rebalancer.streamState;
  }

  /** Each strategy's targets if `signal` were executed now (R31). */
  get strategyTargets(): Rebalancer["strategyTargets"] {
    return this.#rebalancer.strategyTargets.bind(this.#rebalancer);
  }

  /** Reads the venue's clock, also on behalf of the running execution. @throws BrokerError */
  async readMarket(): Promise<MarketClock> {
    const reading = await readMarket(this.#parts.broker, this.#parts.clock);
    this.#rebalancer.sawMarket(reading);
    return reading.clock;
  }

  /** Keeps a recent reading of the account while nothing is executed, for sells that need not wait (R36). */
  keepWarm(failed: (error: unknown) => void): void {
    if (this.isIdle && !this.#isStopping()) this.#rebalancer.keepWarm().catch(failed);
  }

  // --- starting ------------------------------------------------------------------------------

  /**
   * @param connect reads, shows, pins and locks the account; throws when it must not be traded.
   * @returns false when the process is stopping.
   * @throws what `connect` throws, unless a retry may help.
   */
  async connect(connect: () => Promise<void>): Promise<boolean> {
    const { clock, stopping, emit } = this.#parts;
    const unread = new UnreadAccount(clock, emit, "Cannot read the account yet");
    while (!stopping.aborted) {
      try {
        await unlessAborted(connect(), stopping);
        unread.read();
        return true;
      } catch (error) {
        if (this.#isStopping()) return false;
        if (!(error instanceof BrokerError) || error.failure === "unauthorized") throw error;
        unread.failed(error);
        await clock.sleep(RETRY_MS, stopping);
      }
    }
    return false;
  }

  /** Finishes executions left open by an earlier process, and warms up the connection for the first order. @returns false when the process is stopping. */
  async start(): Promise<boolean> {
    await this.recoverAll();
    const { stopping } = this.#parts;
    try {
      await unlessAborted(this.#rebalancer.warm(), stopping);
    } catch (error) {
      if (!stopping.aborted) throw error;
    }
    return !stopping.aborted;
  }

  /** @returns each result by signal id. */
  async recoverAll(): Promise<Map<string, RebalanceResult>> {
    const results = new Map<string, RebalanceResult>();
    for (const execution of this.#parts.ledger.openExecutions()) {
      if (execution.outcome === "queued" || this.#isStopping()) continue;
      results.set(execution.signalId, await this.recover(execution));
    }
    return results;
  }

  /** Finishes an execution left open by an earlier process, or one that waited for the market to open. */
  async recover(execution: ExecutionRecord): Promise<RebalanceResult> {
    const { ledger, inbox, emit } = this.#parts;
    emit({ kind: "recovering", execution });
    inbox.beginAgain({ strategy: ledger.signal(execution.signalId)?.signal.strategy ?? "", id: execution.signalId });
    return this.#handled(() => this.#rebalancer.resume(execution));
  }

  // --- executing -----------------------------------------------------------------------------

  /** Queues a run from the inbox. @param failed called with a fatal error. */
  submit(signal: Signal, failed: (error: unknown) => void): void {
    this.#add(async () => {
      const { inbox, refusal } = this.#parts;
      const refused = await refusal?.(signal, () => !this.#isStopping() && inbox.isWaiting(signal.strategy, signal.id));
      if (refused === undefined) await this.#inTurn(() => this.execute(signal), signal);
      else this.#holdBack(signal, refused);
    }, failed);
  }

  /** Adds other work to the account's serial queue. */
  enqueue(work: () => Promise<unknown>, failed: (error: unknown) => void, signal?: Signal): void {
    this.#add(() => this.#inTurn(work, signal), failed);
  }

  #add(work: () => Promise<unknown>, failed: (error: unknown) => void): void {
    this.#queue.add(work).catch((error: unknown) => {
      // Waiting tasks are dropped on exit; the next start picks them up.
      if (!this.#isStopping() || !isCleared(error)) failed(error);
    });
  }

  /** Executes a run waiting in the inbox. @returns `undefined` when it is no longer waiting. */
  async execute(signal: Signal, options: Partial<RebalanceOptions> = {}): Promise<RebalanceResult | undefined> {
    const { inbox, emit } = this.#parts;
    if (this.#isStopping() || !inbox.take(signal)) return undefined;
    emit({ kind: "executing", signal });
    const result = await this.#handled(() => this.#rebalancer.rebalance(signal, { dryRun: false, ignoreMarketHours: false, ...options }));
    if (result.kind === "declined") this.#declined(signal, result);
    return result;
  }

  #holdBack(signal: Signal, verdict: Verdict): void {
    const { inbox, ledger, clock } = this.#parts;
    if (this.#isStopping() || !inbox.take(signal)) return;
    inbox.done();
    ledger.judgeSignal(signal.id, verdict, clock.now());
    this.#declined(signal, { kind: "declined", verdict: verdict.kind, reason: verdict.reason });
  }

  #declined(signal: Signal, { verdict, reason, hint }: RebalanceResult & { kind: "declined" }): void {
    const { inbox, emit } = this.#parts;
    if (this.#isStopping()) {
      emit({ kind: "remark", level: "info", signalId: signal.id, text: "Not started before the stop. The next start judges it again." });
      return;
    }
    const again = !inbox.isNews(signal.strategy, "not-executed", `${signal.id} ${verdict}`);
    const wanted = `${signal.strategy}: ${describeSignal(signal)}`;
    emit({
      kind: "not-executed",
      origin: "engine",
      again,
      what: { signalId: signal.id, verdict: { kind: verdict, reason }, hint, wanted },
    });
    if (!inbox.isWaiting(signal.strategy)) this.#retryLater(signal.strategy, verdict);
  }

  /** Continues an execution that ended off target for a cause that may be gone (R33). @param how at the owner's request, at any age. */
  async takeUp(signal: Signal, how: "fresh" | "finish", options: Partial<RebalanceOptions> = {}): Promise<RebalanceResult> {
    this.#parts.inbox.begin(signal);
    return this.#handled(() => this.#rebalancer.rebalance(signal, { dryRun: false, ignoreMarketHours: false, ...options, takeUp: how }));
  }

  /** Queues unfinished executions whose pause is over. */
  takeUpLeftOvers(failed: (error: unknown) => void): void {
    for (const left of this.#leftOvers.due()) this.enqueue(() => this.#takeUpLeftOver(left), failed, left.signal);
  }

  /** A run has decided for its strategy, so that older ones are not continued (R6). */
  decided(strategy: string, run: DecidingRun): void {
    this.#leftOvers.decided(strategy, run);
  }

  /** An execution that an earlier process could not bring to target. */
  rememberEarlier(run: NewestRun): void {
    this.#leftOvers.rememberEarlier(run);
  }

  async #takeUpLeftOver({ signal, tries, until }: LeftOver): Promise<void> {
    if (this.#isStopping() || !this.#leftOvers.isStillDue(signal)) return;
    const isFresh = freshness(signal, this.#parts.clock.now(), this.#parts.signalMaxAgeSeconds).kind === "fresh";
    const result = await this.takeUp(signal, isFresh ? "fresh" : "finish");
    // Of an execution that could send nothing, the run is as far from its target as before.
    if (result.kind === "concluded" && result.conclusion.outcome === "refused") this.#leftOvers.remember(signal, tries, until);
    if (result.kind !== "still-off" && result.kind !== "declined") return;
    const text = `The rest of the execution cannot be traded yet: ${result.reason}`;
    this.#parts.emit({ kind: "remark", level: "debug", signalId: signal.id, text });
    if (result.kind === "declined" || result.mayPass) this.#leftOvers.remember(signal, tries, until);
  }

  async #handled(work: () => Promise<RebalanceResult>): Promise<RebalanceResult> {
    try {
      const result = await work();
      if (result.kind === "concluded") this.#concluded(result);
      return result;
    } finally {
      this.#parts.inbox.done();
    }
  }

  #concluded({ execution, conclusion }: RebalanceResult & { kind: "concluded" }): void {
    const { ledger, emit } = this.#parts;
    emit({ kind: "concluded", execution, conclusion });
    const signal = ledger.signal(execution.signalId)?.signal;
    if (signal === undefined) return;
    this.#retryLater(signal.strategy, conclusion.verdict.kind);
    if (conclusion.mayGoOn) this.#leftOvers.remember(signal, 0, conclusion.gaveWay ? execution.deadline : undefined);
    else this.#leftOvers.forget(signal);
  }

  #retryLater(strategy: string, verdict: VerdictKind): void {
    const pause = verdict === "refused" ? REFUSED_RETRY_MS : RETRY_MS;
    if (isRetried(verdict)) this.#parts.inbox.retry(strategy, this.#parts.clock.monotonic() + pause);
  }

  // --- stopping ------------------------------------------------------------------------------

  /** Waits, within a limit, until requests in flight are answered and recorded. */
  async drain(): Promise<void> {
    this.#queue.pause();
    const bounded = new AbortController();
    await Promise.race([this.#queue.onPendingZero(), this.#parts.clock.sleep(DRAIN_LIMIT_MS, bounded.signal)]);
    bounded.abort();
    this.#queue.clear();
  }

  #isStopping(): boolean {
    return this.#parts.stopping.aborted;
  }
}

function isCleared(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}
