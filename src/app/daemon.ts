import PQueue from "p-queue";
import type { Broker, MarketClock, StreamState } from "../domain/broker.ts";
import { BrokerError } from "../domain/broker.ts";
import type { Clock, Timer } from "../domain/clock.ts";
import { ClockWatch } from "./clock-watch.ts";
import { Maintenance } from "./maintenance.ts";
import { asError } from "../domain/errors.ts";
import { readMarket, unlessAborted } from "../execution/preparation/account-snapshot.ts";
import type { Rebalancer, RebalanceResult } from "../execution/rebalancer.ts";
import { freshness } from "../intake/freshness.ts";
import type { Intake, IntakeReport } from "../intake/intake.ts";
import type { Signal } from "../domain/signal.ts";
import type { NotExecuted, VerdictKind } from "../domain/verdict.ts";
import type { ExecutionRecord, Ledger } from "../domain/ledger.ts";
import type { LeftOver } from "./left-overs.ts";
import { LeftOvers } from "./left-overs.ts";
import type { Log } from "../logging/logger.ts";
import { formatPercent } from "../domain/format.ts";

/** Verdicts whose cause may end by itself while the run is fresh (R7); the daemon asks again. */
const RETRIED: readonly VerdictKind[] = [
  "halted",
  "market-closed",
  "broker-unreachable",
  "account-blocked",
  "price-doubt",
  "account-unsettled",
  "refused",
];
const RETRY_MS = 5_000;
/** What was refused ends less often, and a look at it costs as much. */
const REFUSED_RETRY_MS = 15_000;
const TICK_MS = 1_000;
/** SIGTERM to exit: the daemon leaves within 8 s, of which this much is for requests under way. */
const DRAIN_LIMIT_MS = 6_500;

/** Where one strategy's runs come from. */
export interface AlertSource {
  readonly intake: Intake;
  /** Calls back when the alerts file may have changed, and at least once a second. */
  readonly watch: (onHint: () => void) => { close(): Promise<void> };
}

export interface DaemonParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly ledger: Ledger;
  readonly broker: Broker;
  /** One for each strategy. */
  readonly sources: readonly AlertSource[];
  /**
   * Makes the rebalancer; it must ask `newer` for a run of the same strategy that waits behind the one under
   * way, and `waiting` for those of every strategy.
   */
  readonly rebalancer: (newer: () => Signal | undefined, stopping: AbortSignal, waiting: () => readonly Signal[]) => Rebalancer;
  readonly halted: () => string | undefined;
  readonly signalMaxAgeSeconds: number;
  /** Reads the account once, prints it, pins it and locks it; throws when it is not to be traded. */
  readonly connect: () => Promise<void>;
  /** For a failure that comes again with every try; by default each one is a warning. */
  readonly warnAgain?: (text: string, log: Log) => void;
  /** Throws when ledger or locks have been pulled away from under the process. */
  readonly selfCheck: () => void;
  /** The watcher is up and the file has been looked at once; the account may not have been read yet. */
  readonly onWatching?: () => void;
  /** Alerts are acted upon from now on. */
  readonly onReady?: () => void;
  /** A run is not executed, or not for now. */
  readonly onNotExecuted?: (what: NotExecuted) => void;
  /** Trading has been halted, or the halt is over. */
  readonly onHaltChanged?: () => void;
  /** A signal is about to be executed. */
  readonly onSignal?: (signal: Signal) => void;
  readonly onConcluded: (result: Extract<RebalanceResult, { kind: "concluded" }>) => void;
}

/**
 * Alerts files → one intake for each strategy → one serial queue → rebalancer.
 *
 * - `starting`: the intakes read and judge; signals wait. Left when the account has been read and locked
 *   and every execution that an earlier process left open has been driven to its end.
 * - `trading`: complete fresh runs are executed one after the other, each with what the other strategies
 *   ask for (R31). A newer run takes the place of one of the same strategy that has not begun; one of
 *   another strategy is planned together with it (R22). What could not be executed for now is judged again
 *   while it is fresh (R7).
 * - `stopping`: no signal is taken any more, the answer to a POST under way is awaited and recorded; the
 *   rest is finished by the next start.
 */
export class Daemon {
  readonly #parts: DaemonParts;
  readonly #queue = new PQueue({ concurrency: 1 });
  readonly #stopping = new AbortController();
  readonly #rebalancer: Rebalancer;
  readonly #clockWatch: ClockWatch;
  #connected = false;
  #ready = false;
  /** Strategy → its run that waits to be executed, in the order in which they came. */
  readonly #waiting = new Map<string, Signal>();
  #current: { strategy: string; signalId: string; superseded: AbortController } | undefined;
  /** Strategy → the signal that the newest run in its file stands for, once it has been judged; none for a run that makes no signal. */
  readonly #newest = new Map<string, { readonly signalId: string | undefined }>();
  /** Strategy → when what could not be executed for now is judged again. */
  readonly #retryAt = new Map<string, number>();
  readonly #leftOvers: LeftOvers;
  /** Strategy → the run that was last said to be taken up. */
  readonly #lastTakenUp = new Map<string, string>();
  /** Strategy → what was last said about a run that was not executed. */
  readonly #lastVerdict = new Map<string, string>();
  /** Strategy → what was last said about its alerts file being lost. */
  readonly #lastLoss = new Map<string, string>();
  readonly #lookTimers = new Map<string, Timer>();
  #tickTimer: Timer | undefined;
  #flushFails = false;
  #failure: Error | undefined;
  #end: () => void = () => undefined;

  constructor(parts: DaemonParts) {
    this.#parts = parts;
    this.#leftOvers = new LeftOvers({ ...parts, newest: (strategy) => this.#newest.get(strategy) });
    const broker = { marketClock: () => this.#readMarket() };
    this.#clockWatch = new ClockWatch({ ...parts, broker, onSettled: () => this.#guard(() => this.#clockSettled()) });
    this.#rebalancer = parts.rebalancer(
      () => this.#newerOfSameStrategy(),
      this.#stopping.signal,
      () => [...this.#waiting.values()],
    );
  }

  /** What any look at the market has shown counts for the execution under way too. */
  async #readMarket(): Promise<MarketClock> {
    const reading = await readMarket(this.#parts.broker, this.#parts.clock);
    this.#rebalancer.sawMarket(reading);
    return reading.clock;
  }

  /** Whether the account is connected and open executions are finished. */
  get ready(): boolean {
    return this.#ready;
  }

  /** That our clock is wrong, as one sentence. */
  get clockTrouble(): string | undefined {
    return this.#clockWatch.trouble;
  }

  /** Runs that wait to be executed. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Of the order updates; `undefined` before they are followed. */
  get streamState(): StreamState | undefined {
    return this.#rebalancer.streamState;
  }

  /**
   * Runs until `stop` is called.
   * @throws what made going on impossible: a ledger that cannot be written, a lock that is gone, a refused account.
   */
  async run(): Promise<void> {
    const ended = new Promise<void>((resolve) => (this.#end = resolve));
    const maintenance = this.#newMaintenance();
    const watches = this.#parts.sources.map((source) => source.watch(() => this.#guard(() => this.#look(source.intake, "look"))));
    this.#guard(() => {
      this.#lookAtAll("start");
      this.#parts.onWatching?.();
    });
    this.#tick(maintenance);
    this.#enqueue(() => this.#start());
    await ended;
    for (const timer of this.#lookTimers.values()) timer.cancel();
    this.#tickTimer?.cancel();
    await Promise.all(watches.map((watching) => watching.close()));
    await this.#drain();
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Asks the daemon to stop; `run` returns within 8 s. */
  stop(): void {
    this.#stopping.abort();
    this.#end();
  }

  // --- starting ----------------------------------------------------------------------------

  async #start(): Promise<void> {
    if (!(await this.#connect())) return;
    this.#connected = true;
    for (const execution of this.#parts.ledger.openExecutions()) {
      if (execution.outcome === "queued" || this.#stopping.signal.aborted) continue;
      await this.#recover(execution);
    }
    if (!(await this.#warm())) return;
    this.#ready = true;
    this.#clockWatch.tick();
    this.#parts.log.info("Ready: watching for alerts.");
    this.#parts.onReady?.();
    this.#lookAtAll("start");
  }

  async #connect(): Promise<boolean> {
    const { connect, clock, log } = this.#parts;
    let said = "";
    while (!this.#stopping.signal.aborted) {
      try {
        await unlessAborted(connect(), this.#stopping.signal);
        return true;
      } catch (error) {
        if (this.#isStopping()) return false;
        if (!(error instanceof BrokerError) || error.failure === "unauthorized") throw error;
        if (said !== error.message)
          log.error(`The account cannot be read yet: ${error.message}`, error.hint === undefined ? {} : { hint: error.hint });
        said = error.message;
        await clock.sleep(RETRY_MS, this.#stopping.signal);
      }
    }
    return false;
  }

  async #warm(): Promise<boolean> {
    try {
      await unlessAborted(this.#rebalancer.warm(), this.#stopping.signal);
    } catch (error) {
      if (!this.#stopping.signal.aborted) throw error;
    }
    return !this.#stopping.signal.aborted;
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #recover(execution: ExecutionRecord): Promise<void> {
    const { log, ledger } = this.#parts;
    log
      .child({ signal: execution.signalId, execution: execution.id })
      .warn(`Going on with execution ${execution.id}, which an earlier process left in phase ${execution.phase}.`);
    const superseded = new AbortController();
    const strategy = ledger.signal(execution.signalId)?.signal.strategy ?? "";
    this.#current = { strategy, signalId: execution.signalId, superseded };
    // What has not begun gives way also to a newer run that came while no process lived (R6).
    const newest = this.#newest.get(strategy);
    if (newest !== undefined && newest.signalId !== execution.signalId) superseded.abort();
    try {
      this.#conclude(await this.#rebalancer.resume(execution, superseded.signal));
    } finally {
      this.#current = undefined;
    }
  }

  // --- trading -----------------------------------------------------------------------------

  #lookAtAll(occasion: "asked" | "start"): void {
    for (const { intake } of this.#parts.sources) this.#look(intake, occasion);
  }

  #clockSettled(): void {
    for (const { intake } of this.#parts.sources) {
      intake.clockSettled(this.#clockWatch.doubt === undefined);
      this.#look(intake, "look");
    }
  }

  #look(intake: Intake, occasion: "look" | "asked" | "start"): void {
    if (this.#stopping.signal.aborted) return;
    const { strategy } = intake;
    const { doubt } = this.#clockWatch;
    const report = occasion === "look" ? intake.look(doubt) : intake.rejudge(occasion, doubt);
    this.#say(report);
    this.#sayLoss(intake);
    this.#scheduleLook(intake, report.lookAgainAt);
    const { decision } = report;
    if (decision.kind !== "nothing") this.#newest.set(strategy, { signalId: signalIdOf(decision) });
    if (occasion === "start" && decision.kind === "verdict") this.#leftOvers.rememberEarlier(decision.signalId);
    if (decision.kind === "execute") this.#accept(decision.signal);
    else if (decision.kind === "wait") this.#supersede(strategy, "A newer run has begun to arrive.", undefined);
    else if (decision.kind === "verdict" && decision.isNew) {
      this.#supersede(strategy, `A newer run decides: ${decision.verdict.kind}.`, decision.signalId);
      this.#parts.onNotExecuted?.({ signalId: decision.signalId, verdict: decision.verdict });
    }
  }

  #accept(signal: Signal): void {
    const { log, ledger, clock } = this.#parts;
    // A SELL takes its symbols out of what is under way, and interrupts nothing (R22).
    const isQuiet = signal.kind === "exit" && !this.#waiting.has(signal.strategy);
    if (!isQuiet) this.#supersede(signal.strategy, `The newer signal ${signal.id} takes its place.`, signal.id);
    // While open executions are finished it waits already, so that they can give way to it (R22).
    if (!this.#connected) {
      ledger.judgeSignal(signal.id, { kind: "broker-unreachable", reason: "The account has not been read yet." }, clock.now());
      return;
    }
    this.#waiting.delete(signal.strategy);
    this.#waiting.set(signal.strategy, signal);
    // A run that is tried again every few seconds, as while the account is blocked, is told of once.
    const isRetried = this.#lastTakenUp.get(signal.strategy) === signal.id;
    this.#lastTakenUp.set(signal.strategy, signal.id);
    log.child({ signal: signal.id })[isRetried ? "debug" : "info"](`Signal ${signal.id} of ${signal.strategy}: ${describe(signal)}.`);
    this.#enqueue(() => this.#executeNext());
  }

  /** R6, R22: what has not begun gives way to whatever is newer of its strategy; what has begun is asked between its phases. */
  #supersede(strategy: string, reason: string, except: string | undefined): void {
    const { ledger, clock } = this.#parts;
    const waiting = this.#waiting.get(strategy);
    if (waiting !== undefined && waiting.id !== except) {
      ledger.judgeSignal(waiting.id, { kind: "superseded", reason }, clock.now());
      this.#waiting.delete(strategy);
    }
    if (this.#current?.strategy === strategy && this.#current.signalId !== except) this.#current.superseded.abort();
    this.#retryAt.delete(strategy);
  }

  #newerOfSameStrategy(): Signal | undefined {
    return this.#current === undefined ? undefined : this.#waiting.get(this.#current.strategy);
  }

  /** The one that has waited longest. */
  async #executeNext(): Promise<void> {
    const [signal] = this.#waiting.values();
    if (signal === undefined || this.#stopping.signal.aborted) return;
    this.#waiting.delete(signal.strategy);
    this.#parts.onSignal?.(signal);
    const superseded = new AbortController();
    this.#current = { strategy: signal.strategy, signalId: signal.id, superseded };
    try {
      this.#handle(
        signal,
        await this.#rebalancer.rebalance(signal, { dryRun: false, ignoreMarketHours: false, superseded: superseded.signal }),
      );
    } finally {
      this.#current = undefined;
    }
  }

  #handle(signal: Signal, result: RebalanceResult): void {
    if (result.kind !== "declined") {
      this.#conclude(result);
      return;
    }
    const log = this.#parts.log.child({ signal: signal.id });
    if (this.#stopping.signal.aborted) {
      log.info("Not begun before the stop; the next start judges it again.");
      return;
    }
    this.#parts.onNotExecuted?.({
      signalId: signal.id,
      verdict: { kind: result.verdict, reason: result.reason },
      hint: result.hint,
      wanted: `${signal.strategy}: ${describe(signal)}`,
    });
    const said = `${signal.id} ${result.verdict}`;
    if (said !== this.#lastVerdict.get(signal.strategy))
      log.warn(`Not executed, ${result.verdict}: ${result.reason}`, result.hint === undefined ? {} : { hint: result.hint });
    this.#lastVerdict.set(signal.strategy, said);
    if (!this.#waiting.has(signal.strategy)) this.#retryLater(signal.strategy, result.verdict);
  }

  #conclude(result: RebalanceResult): void {
    if (result.kind !== "concluded") return;
    this.#parts.onConcluded(result);
    const { verdict, mayGoOn } = result.conclusion;
    const signal = this.#parts.ledger.signal(result.execution.signalId)?.signal;
    if (signal === undefined) return;
    this.#retryLater(signal.strategy, verdict.kind);
    if (mayGoOn) this.#leftOvers.remember(signal, 0, result.conclusion.gaveWay ? result.execution.deadline : undefined);
    else this.#leftOvers.forget(signal);
  }

  /** Goes on with what an execution has left for a cause that may have passed (R33). */
  async #takeUp({ signal, tries, until }: LeftOver): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    const isFresh = freshness(signal, this.#parts.clock.now(), this.#parts.signalMaxAgeSeconds).kind === "fresh";
    const superseded = new AbortController();
    this.#current = { strategy: signal.strategy, signalId: signal.id, superseded };
    try {
      const options = {
        dryRun: false,
        ignoreMarketHours: false,
        takeUp: isFresh ? "fresh" : "finish",
        superseded: superseded.signal,
      } as const;
      const result = await this.#rebalancer.rebalance(signal, options);
      this.#conclude(result);
      if (result.kind !== "still-off" && result.kind !== "declined") return;
      this.#parts.log.child({ signal: signal.id }).debug(`What is left of it cannot be traded yet: ${result.reason}`);
      if (result.kind === "declined" || result.mayPass) this.#leftOvers.remember(signal, tries, until);
    } finally {
      this.#current = undefined;
    }
  }

  #retryLater(strategy: string, verdict: VerdictKind): void {
    const pause = verdict === "refused" ? REFUSED_RETRY_MS : RETRY_MS;
    if (RETRIED.includes(verdict)) this.#retryAt.set(strategy, this.#parts.clock.monotonic() + pause);
  }

  // --- surroundings --------------------------------------------------------------------------

  #say(report: IntakeReport): void {
    for (const { verdict, subject, signalId } of report.verdicts) {
      const log = signalId === undefined ? this.#parts.log : this.#parts.log.child({ signal: signalId });
      const text = `Alerts: ${subject}: ${verdict.kind}. ${verdict.reason}`;
      if (verdict.kind === "history" || verdict.kind === "held" || verdict.kind === "waiting") log.info(text);
      else log.warn(text);
    }
  }

  #sayLoss({ strategy, alertsFile, loss }: Intake): void {
    const { log } = this.#parts;
    const before = this.#lastLoss.get(strategy);
    if (loss?.reason === before) return;
    if (loss === undefined) {
      this.#lastLoss.delete(strategy);
      log.warn(`${alertsFile} is there again, and is watched.`);
      return;
    }
    this.#lastLoss.set(strategy, loss.reason);
    log.error(loss.reason, { hint: loss.hint });
  }

  #scheduleLook(intake: Intake, at: number | undefined): void {
    const { clock } = this.#parts;
    this.#lookTimers.get(intake.strategy)?.cancel();
    this.#lookTimers.delete(intake.strategy);
    if (at === undefined) return;
    const look = (): void => this.#guard(() => this.#look(intake, "look"));
    this.#lookTimers.set(intake.strategy, clock.after(Math.max(1, at - clock.now()), look));
  }

  #tick(maintenance: Maintenance): void {
    this.#tickTimer = this.#parts.clock.after(TICK_MS, () => this.#tick(maintenance));
    this.#guard(() => {
      const idle = this.#queue.size + this.#queue.pending === 0;
      if (idle) this.#retry();
      if (idle && this.#ready) for (const left of this.#leftOvers.due()) this.#enqueue(() => this.#takeUp(left));
      // An execution reads the broker's clock itself; runs whose age is in doubt do not wait for its end.
      if (this.#ready && (idle || this.#clockWatch.doubt !== undefined)) this.#clockWatch.tick();
      maintenance.tick(this.#ready && idle);
    });
    this.#flush();
  }

  /** A verdict is not left for long to what a power cut would take. Where the disk refuses, it is tried again, and told once. */
  #flush(): void {
    try {
      this.#parts.ledger.flush();
      this.#flushFails = false;
    } catch (error) {
      this.#parts.log[this.#flushFails ? "debug" : "warn"](`The ledger could not be flushed to the disk: ${asError(error).message}`);
      this.#flushFails = true;
    }
  }

  #retry(): void {
    for (const { intake } of this.#parts.sources) {
      const at = this.#retryAt.get(intake.strategy);
      if (at === undefined || this.#parts.clock.monotonic() < at) continue;
      this.#retryAt.delete(intake.strategy);
      this.#look(intake, "asked");
    }
  }

  #newMaintenance(): Maintenance {
    return new Maintenance({
      ...this.#parts,
      enqueue: (work) => this.#enqueue(work),
      recover: (execution) => this.#recover(execution),
      onResumed: () => {
        if (this.#ready) this.#lookAtAll("asked");
      },
    });
  }

  #enqueue(work: () => Promise<void>): void {
    this.#queue.add(work).catch((error: unknown) => {
      // Waiting tasks are cleared at the end; the next start takes them up again.
      if (!this.#stopping.signal.aborted || !isCleared(error)) this.#fail(error);
    });
  }

  #guard(work: () => void): void {
    if (this.#failure !== undefined) return;
    try {
      work();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= asError(error);
    this.stop();
  }

  /** Waits for requests under way to be answered and recorded, bounded. */
  async #drain(): Promise<void> {
    this.#queue.pause();
    const bounded = new AbortController();
    await Promise.race([this.#queue.onPendingZero(), this.#parts.clock.sleep(DRAIN_LIMIT_MS, bounded.signal)]);
    bounded.abort();
    this.#queue.clear();
  }
}

function signalIdOf(decision: Exclude<IntakeReport["decision"], { kind: "nothing" }>): string | undefined {
  switch (decision.kind) {
    case "execute":
      return decision.signal.id;
    case "verdict":
      return decision.signalId;
    case "wait":
      return undefined;
  }
}

function isCleared(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

function describe(signal: Signal): string {
  if (signal.kind === "exit") return `exit ${signal.exits.join(", ")}`;
  return [...signal.targets].map(([symbol, weight]) => `${symbol} ${formatPercent(weight, 1)}`).join(", ");
}
