import PQueue from "p-queue";
import type { Broker } from "./broker/broker.ts";
import { BrokerError } from "./broker/broker.ts";
import type { Clock, Timer } from "./clock.ts";
import { DaemonUpkeep } from "./daemon-upkeep.ts";
import { asError } from "./errors.ts";
import { unlessAborted } from "./execution/reading.ts";
import type { Rebalancer, RebalanceResult } from "./execution/rebalancer.ts";
import type { Intake, IntakeReport } from "./intake/intake.ts";
import type { Signal } from "./intake/signal.ts";
import type { VerdictKind } from "./intake/verdict.ts";
import { isFinal } from "./intake/verdict.ts";
import type { ExecutionRecord, Ledger } from "./ledger/ledger.ts";
import type { Log } from "./logger.ts";
import { formatPercent } from "./portfolio/format.ts";

/** Verdicts whose cause may end by itself while the run is fresh (R7); the daemon asks again. */
const RETRIED: readonly VerdictKind[] = [
  "halted",
  "market-closed",
  "broker-unreachable",
  "account-blocked",
  "price-doubt",
  "account-unsettled",
];
const RETRY_MS = 5_000;
const TICK_MS = 1_000;
/** SIGTERM to exit: the daemon leaves within 8 s, of which this much is for requests under way. */
const DRAIN_LIMIT_MS = 6_500;

export interface DaemonParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly ledger: Ledger;
  readonly broker: Broker;
  readonly intake: Intake;
  /** Calls back when the alerts file may have changed, and at least once a second. */
  readonly watch: (onHint: () => void) => { close(): Promise<void> };
  /** Makes the rebalancer; it must ask `newer` for a run that waits behind the one under way. */
  readonly rebalancer: (newer: () => Signal | undefined, stopping: AbortSignal) => Rebalancer;
  readonly halted: () => string | undefined;
  /** Reads the account once, prints it, pins it and locks it; throws when it is not to be traded. */
  readonly connect: () => Promise<void>;
  /** Throws when ledger or locks have been pulled away from under the process. */
  readonly selfCheck: () => void;
  /** Alerts are acted upon from now on. */
  readonly onReady?: () => void;
  /** A signal is about to be executed. */
  readonly onSignal?: (signal: Signal) => void;
  readonly onConcluded: (result: Extract<RebalanceResult, { kind: "concluded" }>) => void;
}

/**
 * Alerts file → intake → serial queue → rebalancer.
 *
 * - `starting`: the intake reads and judges; signals wait. Left when the account has been read and locked
 *   and every execution that an earlier process left open has been driven to its end.
 * - `trading`: complete fresh runs are executed one after the other. A newer run takes the place of one
 *   that has not begun (R22). What could not be executed for now is judged again while it is fresh (R7).
 * - `stopping`: no signal is taken any more, the answer to a POST under way is awaited and recorded; the
 *   rest is finished by the next start.
 */
export class Daemon {
  readonly #parts: DaemonParts;
  readonly #queue = new PQueue({ concurrency: 1 });
  readonly #stopping = new AbortController();
  readonly #rebalancer: Rebalancer;
  #ready = false;
  #next: Signal | undefined;
  #current: { signalId: string; superseded: AbortController } | undefined;
  /** The signal that the newest run in the file stands for, once it has been judged; none for a run that makes no signal. */
  #newest: { readonly signalId: string | undefined } | undefined;
  #retryAt: number | undefined;
  #lastVerdict = "";
  #lookTimer: Timer | undefined;
  #tickTimer: Timer | undefined;
  #failure: Error | undefined;
  #end: () => void = () => undefined;

  constructor(parts: DaemonParts) {
    this.#parts = parts;
    this.#rebalancer = parts.rebalancer(() => this.#next, this.#stopping.signal);
  }

  /** Whether the account is connected and open executions are finished. */
  get ready(): boolean {
    return this.#ready;
  }

  /**
   * Runs until `stop` is called.
   * @throws what made going on impossible: a ledger that cannot be written, a lock that is gone, a refused account.
   */
  async run(): Promise<void> {
    const ended = new Promise<void>((resolve) => (this.#end = resolve));
    const { watch } = this.#parts;
    const upkeep = this.#upkeep();
    const watching = watch(() => this.#guard(() => this.#look("look")));
    this.#guard(() => this.#look("start"));
    this.#tick(upkeep);
    this.#enqueue(() => this.#start());
    await ended;
    this.#lookTimer?.cancel();
    this.#tickTimer?.cancel();
    await watching.close();
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
    for (const execution of this.#parts.ledger.openExecutions()) {
      if (execution.outcome === "queued" || this.#stopping.signal.aborted) continue;
      await this.#recover(execution);
    }
    if (!(await this.#warm())) return;
    this.#ready = true;
    this.#parts.log.info("Ready: watching for alerts.");
    this.#parts.onReady?.();
    this.#look("start");
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
    const { log } = this.#parts;
    log
      .child({ signal: execution.signalId, execution: execution.id })
      .warn(`Going on with execution ${execution.id}, which an earlier process left in phase ${execution.phase}.`);
    const superseded = new AbortController();
    this.#current = { signalId: execution.signalId, superseded };
    // What has not begun gives way also to a newer run that came while no process lived (R6).
    if (this.#newest !== undefined && this.#newest.signalId !== execution.signalId) superseded.abort();
    try {
      this.#conclude(await this.#rebalancer.resume(execution, superseded.signal));
    } finally {
      this.#current = undefined;
    }
  }

  // --- trading -----------------------------------------------------------------------------

  #look(occasion: "look" | "asked" | "start"): void {
    if (this.#stopping.signal.aborted) return;
    const { intake } = this.#parts;
    const report = occasion === "look" ? intake.look() : intake.rejudge(occasion);
    this.#say(report);
    this.#scheduleLook(report.lookAgainAt);
    const { decision } = report;
    if (decision.kind !== "nothing") this.#newest = { signalId: signalIdOf(decision) };
    if (decision.kind === "execute") this.#accept(decision.signal);
    else if (decision.kind === "wait") this.#supersede("A newer run has begun to arrive.", undefined);
    else if (decision.kind === "verdict" && decision.isNew)
      this.#supersede(`A newer run decides: ${decision.verdict.kind}.`, decision.signalId);
  }

  #accept(signal: Signal): void {
    const { log, ledger, clock } = this.#parts;
    this.#supersede(`The newer signal ${signal.id} takes its place.`, signal.id);
    if (!this.#ready) {
      ledger.judgeSignal(signal.id, { kind: "broker-unreachable", reason: "The account has not been read yet." }, clock.now());
      return;
    }
    this.#retryAt = undefined;
    this.#next = signal;
    log.child({ signal: signal.id }).info(`Signal ${signal.id} of ${signal.strategy}: ${describe(signal)}.`);
    this.#enqueue(() => this.#executeNext());
  }

  /** R6, R22: what has not begun gives way to whatever is newer; what has begun is asked between its phases. */
  #supersede(reason: string, except: string | undefined): void {
    const { ledger, clock } = this.#parts;
    if (this.#next !== undefined && this.#next.id !== except) {
      ledger.judgeSignal(this.#next.id, { kind: "superseded", reason }, clock.now());
      this.#next = undefined;
    }
    if (this.#current !== undefined && this.#current.signalId !== except) this.#current.superseded.abort();
    this.#retryAt = undefined;
  }

  async #executeNext(): Promise<void> {
    const signal = this.#next;
    if (signal === undefined || this.#stopping.signal.aborted) return;
    this.#next = undefined;
    this.#parts.onSignal?.(signal);
    const superseded = new AbortController();
    this.#current = { signalId: signal.id, superseded };
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
    const said = `${signal.id} ${result.verdict}`;
    if (said !== this.#lastVerdict)
      log.warn(`Not executed, ${result.verdict}: ${result.reason}`, result.hint === undefined ? {} : { hint: result.hint });
    this.#lastVerdict = said;
    if (RETRIED.includes(result.verdict) && this.#next === undefined) this.#retryAt = this.#parts.clock.monotonic() + RETRY_MS;
  }

  #conclude(result: RebalanceResult): void {
    if (result.kind !== "concluded") return;
    this.#parts.onConcluded(result);
    const { verdict } = result.conclusion;
    if (!isFinal(verdict.kind) && RETRIED.includes(verdict.kind)) this.#retryAt = this.#parts.clock.monotonic() + RETRY_MS;
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

  #scheduleLook(at: number | undefined): void {
    this.#lookTimer?.cancel();
    this.#lookTimer = undefined;
    if (at === undefined) return;
    this.#lookTimer = this.#parts.clock.after(Math.max(1, at - this.#parts.clock.now()), () => this.#guard(() => this.#look("look")));
  }

  #tick(upkeep: DaemonUpkeep): void {
    this.#tickTimer = this.#parts.clock.after(TICK_MS, () => this.#tick(upkeep));
    this.#guard(() => {
      const idle = this.#queue.size + this.#queue.pending === 0;
      if (this.#retryAt !== undefined && this.#parts.clock.monotonic() >= this.#retryAt && idle) {
        this.#retryAt = undefined;
        this.#look("asked");
      }
      upkeep.tick(this.#ready && idle);
    });
  }

  #upkeep(): DaemonUpkeep {
    return new DaemonUpkeep({
      ...this.#parts,
      enqueue: (work) => this.#enqueue(work),
      recover: (execution) => this.#recover(execution),
      onResumed: () => {
        if (this.#ready) this.#look("asked");
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
