import type { Broker, StreamState } from "../domain/broker.ts";
import type { Clock, Timer } from "../domain/clock.ts";
import { asError } from "../domain/errors.ts";
import type { Ledger } from "../domain/ledger.ts";
import type { Signal } from "../domain/signal.ts";
import { isFinal } from "../domain/verdict.ts";
import { freshness } from "../intake/freshness.ts";
import type { Intake, IntakeReport } from "../intake/intake.ts";
import type { AccountEngineParts, InTurn } from "./account-engine.ts";
import { AccountEngine } from "./account-engine.ts";
import { ClockWatch } from "./clock-watch.ts";
import type { TraderEvent } from "./events.ts";
import { Maintenance } from "./maintenance.ts";
import type { Rehearsal } from "./rehearsal.ts";
import { SignalInbox } from "./signal-inbox.ts";

const TICK_MS = 1_000;
/** One for each tick after the start: by then the code is compiled. */
const FIRST_REHEARSALS = 10;
/** The engine drops compiled code after several collections without a use; rehearsing more often only makes garbage. */
const REHEARSE_EVERY_MS = 300_000;

/** Source of one strategy's runs. */
export interface AlertSource {
  readonly intake: Intake;
  /** Calls back when the alerts file may have changed, and at least once a second. */
  readonly watch: (onHint: () => void) => { close(): Promise<void> };
}

export interface DaemonParts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly broker: Broker;
  /** One for each strategy. */
  readonly sources: readonly AlertSource[];
  readonly rebalancer: AccountEngineParts["rebalancer"];
  readonly halted: () => string | undefined;
  readonly signalMaxAgeSeconds: number;
  /** Reads, pins and locks the account; throws when it must not be traded. */
  readonly connect: () => Promise<void>;
  /** Throws when the ledger or locks were deleted or replaced while the process runs. */
  readonly selfCheck: () => void;
  /** Deletes old entries of the ledger; called once a day while nothing else is done. Default: nothing is deleted. */
  readonly prune?: () => void;
  readonly emit: (event: TraderEvent) => void;
  /** When it is this account's turn among others of the process. */
  readonly inTurn?: InTurn;
  /** Other accounts of the process trade or wait for a place. */
  readonly othersTrade?: NonNullable<AccountEngineParts["othersTrade"]>;
  /** Why a waiting run must not be executed now, as other accounts see it. */
  readonly refusal?: NonNullable<AccountEngineParts["refusal"]>;
  /** Keeps the code of a rebalance fast while nothing happens. */
  readonly rehearsal?: Pick<Rehearsal, "run" | "close">;
  /** Called each second in which nothing is under way and no run waits for its last line. */
  readonly tidy?: () => void;
}

/**
 * Alerts files → one intake per strategy → inbox → account engine.
 *
 * - `starting`: the intakes read and judge; signals wait. Ends when the account has been read and locked
 *   and every execution left open by an earlier process is finished.
 * - `trading`: complete fresh runs are executed one after the other, each together with the targets of the
 *   other strategies (R31). A newer run replaces one of the same strategy that has not started; one of
 *   another strategy is planned together with it (R22). A run that cannot be executed yet is judged again
 *   while it is fresh (R7).
 * - `stopping`: no new signals are accepted; the response to a POST in flight is awaited and recorded. The
 *   next start finishes the rest.
 */
export class Daemon {
  readonly #parts: DaemonParts;
  readonly #stopping = new AbortController();
  readonly #inbox = new SignalInbox();
  readonly #engine: AccountEngine;
  readonly #clockWatch: ClockWatch;
  readonly #maintenance: Maintenance;
  #connected = false;
  #ready = false;
  /** Strategy → last message logged about its missing alerts file. */
  readonly #lastLoss = new Map<string, string>();
  readonly #lookTimers = new Map<string, Timer>();
  #tickTimer: Timer | undefined;
  #flushFails = false;
  #rehearsals = 0;
  #rehearseAt = 0;
  #failure: Error | undefined;
  #end: () => void = () => undefined;

  constructor(parts: DaemonParts) {
    this.#parts = parts;
    const emit = (event: TraderEvent): void => {
      parts.emit(event);
      if (event.kind === "concluded") this.#guard(() => this.#lookAtConcluded());
    };
    this.#engine = new AccountEngine({ ...parts, emit, inbox: this.#inbox, stopping: this.#stopping.signal });
    const broker = { marketClock: () => this.#engine.readMarket() };
    this.#clockWatch = new ClockWatch({ ...parts, broker, onSettled: () => this.#guard(() => this.#clockSettled()) });
    this.#maintenance = this.#newMaintenance();
  }

  /** Whether the account is connected and open executions are finished. */
  get ready(): boolean {
    return this.#ready;
  }

  /** Until the next alert nothing is left to do, so the account may be closed. */
  get isSettled(): boolean {
    const isQuiet = this.#ready && this.#engine.isSettled && this.#inbox.isEmpty && this.#lookTimers.size === 0;
    return isQuiet && this.#clockWatch.doubt === undefined && !this.#hasFreshRun() && this.#maintenance.isSettled;
  }

  /** A run that could not be traded yet, for example because trading is halted, and that is not too old. */
  #hasFreshRun(): boolean {
    const { ledger, clock, signalMaxAgeSeconds } = this.#parts;
    return ledger.recentSignals(this.#parts.sources.length * 2).some(({ signal, verdict }) => {
      if (verdict !== undefined && isFinal(verdict)) return false;
      return freshness(signal, clock.now(), signalMaxAgeSeconds).kind === "fresh";
    });
  }

  /** A sentence saying how our clock is wrong. */
  get clockTrouble(): string | undefined {
    return this.#clockWatch.trouble;
  }

  /** Runs waiting to be executed. */
  get waiting(): number {
    return this.#inbox.waiting.length;
  }

  /** State of the order update stream; `undefined` before it is opened. */
  get streamState(): StreamState | undefined {
    return this.#engine.streamState;
  }

  /**
   * Runs until `stop` is called.
   * @throws any fatal error: a ledger that cannot be written, a lost lock, a refused account.
   */
  async run(): Promise<void> {
    const ended = new Promise<void>((resolve) => (this.#end = resolve));
    const watches = this.#parts.sources.map((source) => source.watch(() => this.#guard(() => this.#look(source.intake, "look"))));
    this.#guard(() => {
      this.#lookAtAll("start");
      this.#parts.emit({ kind: "watching" });
    });
    this.#tick();
    this.#enqueue(() => this.#start());
    await ended;
    for (const timer of this.#lookTimers.values()) timer.cancel();
    this.#tickTimer?.cancel();
    await Promise.all(watches.map((watching) => watching.close()));
    await this.#engine.drain();
    this.#parts.rehearsal?.close();
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Asks the daemon to stop; `run` returns within 8 s. */
  stop(): void {
    this.#stopping.abort();
    this.#end();
  }

  async #start(): Promise<void> {
    if (!(await this.#engine.connect(this.#parts.connect))) return;
    this.#connected = true;
    if (!(await this.#engine.start())) return;
    this.#ready = true;
    this.#clockWatch.tick();
    this.#parts.emit({ kind: "ready" });
    this.#lookAtAll("start");
  }

  // --- from the file to the inbox --------------------------------------------------------------

  #lookAtAll(occasion: "asked" | "start"): void {
    for (const { intake } of this.#parts.sources) this.#look(intake, occasion);
  }

  #clockSettled(): void {
    for (const { intake } of this.#parts.sources) {
      intake.clockSettled(this.#clockWatch.doubt === undefined);
      this.#look(intake, "look");
    }
  }

  /** What was to be judged once more at the end of its freshness may be final now; until then the account is not settled. */
  #lookAtConcluded(): void {
    for (const { intake } of this.#parts.sources) {
      if (!this.#lookTimers.has(intake.strategy)) continue;
      intake.judgeAgain();
      this.#scheduleLook(intake, this.#parts.clock.now());
    }
  }

  #look(intake: Intake, occasion: "look" | "asked" | "start"): void {
    if (this.#stopping.signal.aborted) return;
    const { doubt } = this.#clockWatch;
    const report = occasion === "look" ? intake.look(doubt) : intake.rejudge(occasion, doubt);
    for (const verdict of report.verdicts) this.#parts.emit({ kind: "verdict", ...verdict });
    this.#sayLoss(intake);
    this.#scheduleLook(intake, report.lookAgainAt);
    const { decision, decidedBefore } = report;
    if (decidedBefore !== undefined) this.#engine.decided(intake.strategy, { lines: decidedBefore });
    if (decision.kind === "wait" || isHeld(decision)) this.#inbox.arriving(intake.strategy, decision.kind === "wait");
    else if (decision.kind !== "nothing") this.#inbox.judged(intake.strategy, signalIdOf(decision));
    if (occasion === "start") this.#engine.rememberEarlier({ strategy: intake.strategy, decision, decidedBefore });
    this.#act(intake.strategy, decision);
  }

  #act(strategy: string, decision: IntakeReport["decision"]): void {
    if (decision.kind === "execute") this.#offer(decision.signal);
    else if (decision.kind === "wait") this.#supersede(strategy, "A newer run is arriving.", undefined);
    else if (decision.kind === "verdict" && decision.isNew) {
      const { signalId, verdict } = decision;
      this.#supersede(strategy, `A newer run decides: ${verdict.kind}.`, signalId);
      if (!isHeld(decision)) this.#engine.decided(strategy, { signalId });
      this.#parts.emit({ kind: "not-executed", origin: "intake", again: false, what: { signalId, verdict } });
    }
  }

  #offer(signal: Signal): void {
    const { ledger, clock, emit } = this.#parts;
    this.#engine.decided(signal.strategy, { signalId: signal.id });
    // A SELL removes its symbols from the running execution without interrupting it (R22).
    const isQuiet = signal.kind === "exit" && !this.#inbox.isWaiting(signal.strategy);
    if (!isQuiet) this.#supersede(signal.strategy, `Replaced by the newer signal ${signal.id}.`, signal.id);
    // It is in the inbox while open executions are being finished, so that they can stop early for it (R22).
    if (!this.#connected) {
      ledger.judgeSignal(signal.id, { kind: "broker-unreachable", reason: "The account has not been read yet." }, clock.now());
      return;
    }
    this.#inbox.offer(signal);
    emit({ kind: "offered", signal, again: !this.#inbox.isNews(signal.strategy, "offered", signal.id) });
    this.#engine.submit(signal, (error) => this.#fail(error));
  }

  /** R6, R22: a run that has not started is replaced by anything newer of its strategy; one that has started checks between its phases. */
  #supersede(strategy: string, reason: string, except: string | undefined): void {
    const dropped = this.#inbox.supersede(strategy, except);
    if (dropped !== undefined) this.#parts.ledger.judgeSignal(dropped.id, { kind: "superseded", reason }, this.#parts.clock.now());
  }

  #sayLoss({ strategy, alertsFile, loss }: Intake): void {
    const { emit } = this.#parts;
    if (loss?.reason === this.#lastLoss.get(strategy)) return;
    if (loss === undefined) {
      this.#lastLoss.delete(strategy);
      emit({ kind: "remark", level: "warn", text: `${alertsFile} exists again and is being watched.` });
      return;
    }
    this.#lastLoss.set(strategy, loss.reason);
    emit({ kind: "remark", level: "error", text: loss.reason, hint: loss.hint });
  }

  #scheduleLook(intake: Intake, at: number | undefined): void {
    const { clock } = this.#parts;
    this.#lookTimers.get(intake.strategy)?.cancel();
    this.#lookTimers.delete(intake.strategy);
    if (at === undefined) return;
    const look = (): void => this.#guard(() => this.#look(intake, "look"));
    this.#lookTimers.set(intake.strategy, clock.after(Math.max(1, at - clock.now()), look));
  }

  // --- once a second ---------------------------------------------------------------------------

  #tick(): void {
    this.#tickTimer = this.#parts.clock.after(TICK_MS, () => this.#tick());
    this.#guard(() => {
      const { isIdle } = this.#engine;
      if (isIdle) this.#retry();
      if (isIdle && this.#ready) this.#engine.takeUpLeftOvers((error) => this.#fail(error));
      if (this.#engine.isCalm && this.#ready) {
        this.#engine.keepWarm((error) => this.#fail(error));
        this.#rehearse();
        if (this.#lookTimers.size === 0) this.#parts.tidy?.();
      }
      // A running execution reads the broker's clock itself, so runs whose age is in doubt need not wait for it to end.
      if (this.#ready && (isIdle || this.#clockWatch.doubt !== undefined)) this.#clockWatch.tick();
      this.#maintenance.tick(this.#ready && isIdle);
    });
    this.#flush();
  }

  #retry(): void {
    const due = this.#inbox.due(this.#parts.clock.monotonic());
    for (const { intake } of this.#parts.sources) if (due.includes(intake.strategy)) this.#look(intake, "asked");
  }

  /** Often at first, and then so often that the code stays compiled. One that fails says nothing of the account. */
  #rehearse(): void {
    const { clock, rehearsal, emit } = this.#parts;
    if (rehearsal === undefined || clock.monotonic() < this.#rehearseAt) return;
    this.#rehearsals += 1;
    // Also as long as it has not ended.
    this.#rehearseAt = Infinity;
    rehearsal.run().then(
      () => (this.#rehearseAt = clock.monotonic() + (this.#rehearsals < FIRST_REHEARSALS ? 0 : REHEARSE_EVERY_MS)),
      (error: unknown) => emit({ kind: "remark", level: "debug", text: `The rehearsal of a rebalance failed: ${asError(error).message}` }),
    );
  }

  /** Flushes soon, so that a power cut loses no verdict for long. A failed flush is retried and logged once. */
  #flush(): void {
    try {
      this.#parts.ledger.flush();
      this.#flushFails = false;
    } catch (error) {
      const level = this.#flushFails ? "debug" : "warn";
      this.#parts.emit({ kind: "remark", level, text: `Could not flush the ledger to disk: ${asError(error).message}` });
      this.#flushFails = true;
    }
  }

  #newMaintenance(): Maintenance {
    return new Maintenance({
      ...this.#parts,
      enqueue: (work) => this.#enqueue(work),
      recover: (execution) => this.#engine.recover(execution),
      onResumed: () => {
        if (this.#ready) this.#lookAtAll("asked");
      },
    });
  }

  #enqueue(work: () => Promise<unknown>): void {
    this.#engine.enqueue(work, (error) => this.#fail(error));
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
}

function signalIdOf(decision: Exclude<IntakeReport["decision"], { kind: "nothing" | "wait" }>): string | undefined {
  return decision.kind === "execute" ? decision.signal.id : decision.signalId;
}

/** A HOLD changes nothing, not even which run decides (R22). */
function isHeld(decision: IntakeReport["decision"]): boolean {
  return decision.kind === "verdict" && decision.verdict.kind === "held";
}
