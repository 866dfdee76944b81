import PQueue from "p-queue";
import type { Broker, MarketClock, StreamState } from "../domain/broker.ts";
import { BrokerError } from "../domain/broker.ts";
import type { Clock } from "../domain/clock.ts";
import type { InboxView } from "../domain/inbox.ts";
import type { Ledger } from "../domain/ledger.ts";
import type { ExecutionRecord } from "../domain/ledger/executions.ts";
import type { Signal } from "../domain/signal.ts";
import type { VerdictKind } from "../domain/verdict.ts";
import { isRetried } from "../domain/verdict.ts";
import { freshness } from "../intake/freshness.ts";
import { readMarket, unlessAborted } from "../execution/preparation/account-snapshot.ts";
import type { RebalanceOptions, Rebalancer, RebalanceResult } from "../execution/rebalancer.ts";
import { describeSignal } from "./event-log.ts";
import type { TraderEvent } from "./events.ts";
import type { LeftOver } from "./left-overs.ts";
import { LeftOvers } from "./left-overs.ts";
import type { SignalInbox } from "./signal-inbox.ts";

/** Before what could not be executed for now is judged again. */
const RETRY_MS = 5_000;
/** What was refused ends less often, and a look at it costs as much. */
const REFUSED_RETRY_MS = 15_000;
/** SIGTERM to exit: the daemon leaves within 8 s, of which this much is for requests under way. */
const DRAIN_LIMIT_MS = 6_500;

export interface AccountEngineParts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly broker: Broker;
  readonly inbox: SignalInbox;
  readonly rebalancer: (inbox: InboxView, stopping: AbortSignal) => Rebalancer;
  readonly signalMaxAgeSeconds: number;
  /** Aborted when the process has been asked to stop. */
  readonly stopping: AbortSignal;
  readonly emit: (event: TraderEvent) => void;
}

/**
 * One account: connect → recover → execute, and what an execution has left, one thing at a time.
 *
 * - `connect` reads and locks the account, and tries again while the venue cannot be reached.
 * - `recover` drives every execution that an earlier process left open to its end.
 * - `execute` takes a run out of the inbox. What is declined for now is due again in the inbox while it is fresh (R7).
 * - `takeUp` goes on with what an execution has left (R33).
 *
 * A daemon submits the runs to its serial queue; a command that acts once awaits them one by one.
 */
export class AccountEngine {
  readonly #parts: AccountEngineParts;
  readonly #queue = new PQueue({ concurrency: 1 });
  readonly #rebalancer: Rebalancer;
  readonly #leftOvers: LeftOvers;

  constructor(parts: AccountEngineParts) {
    this.#parts = parts;
    this.#rebalancer = parts.rebalancer(parts.inbox, parts.stopping);
    this.#leftOvers = new LeftOvers({ ...parts, newest: (strategy) => parts.inbox.newestOf(strategy) });
  }

  /** Nothing is under way, and nothing is queued. */
  get isIdle(): boolean {
    return this.#queue.size + this.#queue.pending === 0;
  }

  /** Of the order updates; `undefined` before they are followed. */
  get streamState(): StreamState | undefined {
    return this.#rebalancer.streamState;
  }

  /** What each strategy asks for if `signal` were executed now (R31). */
  get strategyTargets(): Rebalancer["strategyTargets"] {
    return this.#rebalancer.strategyTargets.bind(this.#rebalancer);
  }

  /** Reads the venue's clock. What it shows counts for the execution under way too. @throws BrokerError */
  async readMarket(): Promise<MarketClock> {
    const reading = await readMarket(this.#parts.broker, this.#parts.clock);
    this.#rebalancer.sawMarket(reading);
    return reading.clock;
  }

  // --- starting ------------------------------------------------------------------------------

  /**
   * @param connect reads the account, shows, pins and locks it; throws when it is not to be traded.
   * @returns false when the process is stopping.
   * @throws what `connect` throws, unless the venue may answer later.
   */
  async connect(connect: () => Promise<void>): Promise<boolean> {
    const { clock, stopping, emit } = this.#parts;
    let said = "";
    while (!stopping.aborted) {
      try {
        await unlessAborted(connect(), stopping);
        return true;
      } catch (error) {
        if (this.#isStopping()) return false;
        if (!(error instanceof BrokerError) || error.failure === "unauthorized") throw error;
        const text = `The account cannot be read yet: ${error.message}`;
        if (said !== text) emit({ kind: "remark", level: "error", text, hint: error.hint });
        said = text;
        await clock.sleep(RETRY_MS, stopping);
      }
    }
    return false;
  }

  /** Finishes what an earlier process left open, and makes the way of the first order warm. @returns false when the process is stopping. */
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

  /** @returns what came of each, by the id of its signal. */
  async recoverAll(): Promise<Map<string, RebalanceResult>> {
    const results = new Map<string, RebalanceResult>();
    for (const execution of this.#parts.ledger.openExecutions()) {
      if (execution.outcome === "queued" || this.#isStopping()) continue;
      results.set(execution.signalId, await this.recover(execution));
    }
    return results;
  }

  /** Drives an execution that an earlier process left open, or that waited for the open, to its end. */
  async recover(execution: ExecutionRecord): Promise<RebalanceResult> {
    const { ledger, inbox, emit } = this.#parts;
    emit({ kind: "recovering", execution });
    inbox.beginAgain({ strategy: ledger.signal(execution.signalId)?.signal.strategy ?? "", id: execution.signalId });
    return this.#handled(() => this.#rebalancer.resume(execution));
  }

  // --- executing -----------------------------------------------------------------------------

  /** Puts a run of the inbox behind what is under way. @param failed called with what makes going on impossible. */
  submit(signal: Signal, failed: (error: unknown) => void): void {
    this.enqueue(() => this.execute(signal), failed);
  }

  /** Puts other work into the account's serial queue. */
  enqueue(work: () => Promise<unknown>, failed: (error: unknown) => void): void {
    this.#queue.add(work).catch((error: unknown) => {
      // Waiting tasks are cleared at the end; the next start takes them up again.
      if (!this.#isStopping() || !isCleared(error)) failed(error);
    });
  }

  /** Executes a run that waits in the inbox. @returns `undefined` when it waits no more. */
  async execute(signal: Signal, options: Partial<RebalanceOptions> = {}): Promise<RebalanceResult | undefined> {
    const { inbox, emit } = this.#parts;
    if (this.#isStopping() || !inbox.take(signal)) return undefined;
    emit({ kind: "executing", signal });
    const result = await this.#handled(() => this.#rebalancer.rebalance(signal, { dryRun: false, ignoreMarketHours: false, ...options }));
    if (result.kind === "declined") this.#declined(signal, result);
    return result;
  }

  #declined(signal: Signal, { verdict, reason, hint }: RebalanceResult & { kind: "declined" }): void {
    const { inbox, emit } = this.#parts;
    if (this.#isStopping()) {
      emit({ kind: "remark", level: "info", signalId: signal.id, text: "Not begun before the stop; the next start judges it again." });
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

  /** Goes on with what an execution has left for a cause that may have passed (R33). @param how at the owner's word it goes on at any age. */
  async takeUp(signal: Signal, how: "fresh" | "finish", options: Partial<RebalanceOptions> = {}): Promise<RebalanceResult> {
    this.#parts.inbox.begin(signal);
    return this.#handled(() => this.#rebalancer.rebalance(signal, { dryRun: false, ignoreMarketHours: false, ...options, takeUp: how }));
  }

  /** Queues what executions have left and whose pause is over. */
  takeUpLeftOvers(failed: (error: unknown) => void): void {
    for (const left of this.#leftOvers.due()) this.enqueue(() => this.#takeUpLeftOver(left), failed);
  }

  /** What an earlier process could not get to its target. */
  rememberEarlier(signalId: string | undefined): void {
    this.#leftOvers.rememberEarlier(signalId);
  }

  async #takeUpLeftOver({ signal, tries, until }: LeftOver): Promise<void> {
    if (this.#isStopping()) return;
    const isFresh = freshness(signal, this.#parts.clock.now(), this.#parts.signalMaxAgeSeconds).kind === "fresh";
    const result = await this.takeUp(signal, isFresh ? "fresh" : "finish");
    if (result.kind !== "still-off" && result.kind !== "declined") return;
    const text = `What is left of it cannot be traded yet: ${result.reason}`;
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

  /** Waits for requests under way to be answered and recorded, bounded. */
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
