import { formatInstant } from "../domain/time-format.ts";
import type { Clock } from "../domain/clock.ts";
import type { TradingMode } from "../domain/config.ts";
import type { Ledger } from "../domain/ledger.ts";
import type { ExecutionRecord } from "../domain/ledger/executions.ts";
import type { LineRecord } from "../domain/ledger/alert-lines.ts";
import { readAlert, type Alert } from "./alert.ts";
import { runSpanMs, type Run } from "./batch.ts";
import { withCause } from "./cause.ts";
import type { ClockDoubt, Facts, JudgeSettings, KnownVerdict, Occasion } from "./assessment.ts";
import { AlertsCursor, type AlertsReader, type CursorOptions, type Passage } from "./cursor.ts";
import { FileLossWatch, type FileLoss } from "./file-loss.ts";
import type { IntakeState } from "./intake-state.ts";
import { signalIdOf } from "./decisive.ts";
import { earliest, judge, type Decision, type Judgement, type LineVerdict } from "./judge.ts";
import { judgeRest, type Rest } from "./rest.ts";
import type { Verdict } from "../domain/verdict.ts";
import { LineWindow } from "./window.ts";

export type IntakeLedger = Pick<
  Ledger,
  | "transaction"
  | "lines"
  | "recordLines"
  | "judgeLines"
  | "recordHistory"
  | "recordSignal"
  | "signal"
  | "judgeSignal"
  | "executionOfSignal"
  | "lastAcceptedSignal"
  | "lastCause"
>;

export interface IntakeOptions {
  readonly strategy: string;
  readonly alertsFile: string;
  /** IANA time zone for stamps without an offset. */
  readonly timezone: string;
  readonly mode: TradingMode;
  readonly maxAgeSeconds: number;
  readonly settleSeconds: number;
  /** Undefined: every symbol is allowed. */
  readonly allowedSymbols: ReadonlySet<string> | undefined;
  /** User ids allowed to own the file; see `trustedOwners`. */
  readonly owners: ReadonlySet<number>;
  readonly clock: Clock;
  readonly ledger: IntakeLedger;
  /** Several intakes may share one reader of the file; by default each has its own. */
  readonly open?: (options: CursorOptions) => AlertsReader;
}

/** A new verdict, for the log. */
export interface SpokenVerdict {
  readonly verdict: Verdict;
  /** The lines it is about, for people: `3 lines stamped 2025-07-14T15:07:06Z (SMR, LEU, OKLO)`. */
  readonly subject: string;
  readonly lines: number;
  readonly signalId: string | undefined;
}

export interface IntakeReport {
  /** `nothing` also when nothing is new and nothing is due. */
  readonly decision: Decision;
  /** In recording order. */
  readonly verdicts: readonly SpokenVerdict[];
  /** When to check again even if the file does not change; milliseconds since the epoch. */
  readonly lookAgainAt: number | undefined;
  /** When a last line without a newline will count; milliseconds since the epoch. */
  readonly lastLineAt: number | undefined;
  readonly fileMissing: boolean;
  /** Lines of the newest run apart from SELL and HOLD, if only those follow it: it decides that older runs are not continued (R6, R22). */
  readonly decidedBefore?: readonly string[] | undefined;
  /** What follows the last newline of the file, in words, if it is no whole line. */
  readonly unfinished?: string | undefined;
}

interface Judged extends Pick<IntakeReport, "verdicts" | "decidedBefore"> {
  readonly judgement: Judgement;
}

/** Characters of a line that the ledger keeps. */
const KEPT_CHARACTERS = 4_096;

/**
 * Turns the bytes of one strategy's alerts file into a signal, or into verdicts that say why not (R1–R8).
 * It reads new lines through the cursor, records every line and verdict before reporting them, and returns
 * each signal once, with the verdict `accepted`; from then on the execution owns the verdict. Only
 * `rejudge` can return the same signal again.
 */
export class Intake implements IntakeState {
  readonly #options: IntakeOptions;
  readonly #settings: JudgeSettings;
  readonly #cursor: AlertsReader;
  readonly #lossWatch: FileLossWatch;
  readonly #window: LineWindow;
  readonly #reportedRepeats = new WeakSet<Alert>();
  #historyRecorded = false;
  #problem: string | undefined;
  #problems = 0;
  #rest: Rest = { kind: "none" };
  /** `at` of the last unfinished line that was reported. */
  #tornToldAt: number | undefined;
  #judgeAgainAt: number | undefined;
  /** Some lines were read but not yet judged on record, for example because the ledger failed. */
  #unjudged = false;

  constructor(options: IntakeOptions) {
    const { strategy, alertsFile, timezone, mode, maxAgeSeconds, settleSeconds, allowedSymbols, owners } = options;
    this.#options = options;
    this.#settings = { strategy, mode, maxAgeSeconds, settleSeconds, allowedSymbols, timezone };
    this.#window = new LineWindow(timezone, maxAgeSeconds, settleSeconds);
    this.#lossWatch = new FileLossWatch(alertsFile, options.clock);
    const open = options.open ?? ((each: CursorOptions): AlertsReader => new AlertsCursor(each));
    this.#cursor = open({
      file: alertsFile,
      owners,
      runSpanMs: runSpanMs(maxAgeSeconds),
      stampOf: (line) => readAlert(line, timezone).stamp,
      onSight: (sight) => this.#lossWatch.saw(sight),
    });
  }

  get alertsFile(): string {
    return this.#options.alertsFile;
  }

  /** Why new alerts would not be seen, as of the last check; `undefined` while all is well. */
  get loss(): FileLoss | undefined {
    return this.#lossWatch.loss;
  }

  /** Name of the strategy that owns the file. */
  get strategy(): string {
    return this.#options.strategy;
  }

  get problem(): string | undefined {
    return this.#problem;
  }

  get problems(): number {
    return this.#problems;
  }

  /**
   * Reads and judges new lines. Cheap when nothing has changed and nothing is due.
   * @throws when the ledger cannot record. Nothing is lost: the next check judges again.
   */
  look(clockDoubt?: ClockDoubt): IntakeReport {
    return this.#examine("look", clockDoubt);
  }

  /**
   * As {@link look}, but judges provisional verdicts on the newest run again (R7).
   * `start`: no execution is running yet, so even an accepted signal is returned again while it is fresh,
   * unless an execution of it is open or has sent orders.
   */
  rejudge(occasion: "asked" | "start", clockDoubt?: ClockDoubt): IntakeReport {
    return this.#examine(occasion, clockDoubt);
  }

  /** The clocks have been compared: the next check judges the runs that waited for it. @param isRight whether our clock agrees with the broker's. */
  clockSettled(isRight: boolean): void {
    if (isRight) this.#window.correctArrivals();
    this.#unjudged = true;
  }

  /** An execution has ended: the next check judges again what may be final by now. */
  judgeAgain(): void {
    this.#unjudged = true;
  }

  close(): void {
    this.#cursor.close();
  }

  #examine(occasion: Occasion, clockDoubt: ClockDoubt | undefined): IntakeReport {
    const now = this.#options.clock.now();
    const news = this.#cursor.look(now, now - this.#settings.maxAgeSeconds * 1_000);
    if (news.kind === "untrusted") return this.#untrusted(`${news.reason} ${news.hint}`);
    this.#problem = undefined;
    const fileMissing = news.kind === "missing";
    const spoken = news.kind === "unchanged" ? [] : this.#admit(news.passages, now, clockDoubt);
    spoken.push(...this.#takeRest(now, clockDoubt));
    const due = this.#judgeAgainAt !== undefined && now >= this.#judgeAgainAt;
    const asked = this.#unjudged || due || occasion !== "look" ? this.#judge(now, occasion, clockDoubt) : undefined;
    const restAt = this.#rest.kind === "none" || this.#rest.at <= now ? undefined : this.#rest.at;
    return {
      decision: asked?.judgement.decision ?? { kind: "nothing" },
      verdicts: [...spoken, ...(asked?.verdicts ?? [])],
      lookAgainAt: earliest([this.#judgeAgainAt, restAt]),
      lastLineAt: this.#rest.kind === "line" ? restAt : undefined,
      fileMissing,
      decidedBefore: asked?.decidedBefore,
      unfinished: this.#rest.kind === "torn" ? this.#rest.text : undefined,
    };
  }

  /** R7: a complete object without a newline counts as a line; any other rest is reported once. */
  #takeRest(now: number, clockDoubt: ClockDoubt | undefined): SpokenVerdict[] {
    this.#rest = judgeRest(this.#cursor.rest, this.#settings.settleSeconds);
    const rest = this.#rest;
    if (rest.kind === "none" || now < rest.at) return [];
    if (rest.kind === "line") {
      this.#rest = { kind: "none" };
      return this.#admit([this.#cursor.takeRest()], now, clockDoubt);
    }
    if (this.#tornToldAt === rest.at) return [];
    this.#tornToldAt = rest.at;
    this.#unjudged = true;
    return [{ verdict: { kind: "incomplete", reason: rest.text }, subject: "the end of the alerts file", lines: 0, signalId: undefined }];
  }

  #untrusted(reason: string): IntakeReport {
    const isNew = this.#problem !== reason;
    this.#problem = reason;
    if (isNew) this.#problems += 1;
    const verdict: Verdict = { kind: "untrusted", reason };
    return {
      decision: { kind: "verdict", verdict, signalId: undefined, isNew },
      verdicts: isNew ? [{ verdict, subject: "the alerts file", lines: 0, signalId: undefined }] : [],
      lookAgainAt: undefined,
      lastLineAt: undefined,
      fileMissing: false,
    };
  }

  #admit(passages: readonly Passage[], now: number, clockDoubt: ClockDoubt | undefined): SpokenVerdict[] {
    if (passages.every(({ lines, bytesBefore }) => lines.length === 0 && bytesBefore === 0)) return [];
    this.#unjudged = true;
    const firstSeen = (hashes: readonly string[]): ReadonlyMap<string, number> =>
      new Map([...this.#known(hashes).values()].map(({ hash, firstSeenAt }) => [hash, firstSeenAt]));
    this.#window.admit(passages, firstSeen, { now, aheadMs: surelyAhead(clockDoubt) });
    if (!passages.some(({ scanned }) => scanned)) return [];
    const lines = this.#window.dropBefore(now - this.#settings.maxAgeSeconds * 1_000, true);
    const bytes = passages.reduce((total, { bytesBefore }) => total + bytesBefore, 0);
    return this.#recordHistory(lines, bytes, now);
  }

  /** A single verdict for everything in the file before the first line that can still be fresh (R7). */
  #recordHistory(lines: number, bytes: number, now: number): SpokenVerdict[] {
    if (this.#historyRecorded || (lines === 0 && bytes === 0)) return [];
    const reason = `${lines} lines and ${bytes} unread bytes before the first line that can still be fresh are ignored.`;
    this.#options.ledger.recordHistory(this.#settings.strategy, reason, now);
    this.#historyRecorded = true;
    return [{ verdict: { kind: "history", reason }, subject: "the beginning of the alerts file", lines, signalId: undefined }];
  }

  #judge(now: number, occasion: Occasion, clockDoubt: ClockDoubt | undefined): Judged {
    const { ledger, strategy } = this.#options;
    const runs = this.#window.runs();
    const records = this.#known(runs.flatMap(({ entries }) => entries.map(({ line }) => line.hash)));
    const judgement = this.#withCauses(judge({ ...this.#facts(runs, records, now, occasion), clockDoubt }, this.#settings));
    const verdicts = judgement.verdicts.filter((verdict) => verdict.onlySpoken !== true || this.#isNewRepeat(runs, verdict));
    ledger.transaction(
      () => {
        ledger.recordLines(newLines(strategy, runs, records));
        if (judgement.decision.kind === "verdict" && judgement.decision.missed !== undefined)
          ledger.recordSignal(judgement.decision.missed, now);
        for (const verdict of verdicts) this.#record(verdict, now);
        if (judgement.decision.kind === "execute") this.#accept(judgement.decision, now);
        // An execution is flushed before its first order; anything else lost in a power cut is read from the file again.
      },
      judgement.decision.kind === "execute" ? "ordered" : "flushed",
    );
    this.#unjudged = false;
    this.#judgeAgainAt = judgement.judgeAgainAt;
    this.#window.dropBefore(now - this.#settings.maxAgeSeconds * 1_000, false);
    const deciding = runs.findLast(({ allocation }) => allocation.kind !== "exit" && allocation.kind !== "hold");
    const decidedBefore = deciding === runs.at(-1) ? undefined : deciding?.hashes;
    return { judgement, verdicts: verdicts.map((verdict) => spokenOf(verdict, runs, this.#settings.timezone)), decidedBefore };
  }

  #withCauses({ decision, verdicts, judgeAgainAt }: Judgement): Judgement {
    const { ledger } = this.#options;
    const told = verdicts.map((each) => ({ ...each, verdict: withCause(ledger, each.signalId, each.verdict) }));
    if (decision.kind !== "verdict" || !decision.isNew) return { decision, verdicts: told, judgeAgainAt };
    return { decision: { ...decision, verdict: withCause(ledger, decision.signalId, decision.verdict) }, verdicts: told, judgeAgainAt };
  }

  #known(hashes: readonly string[]): Map<string, LineRecord> {
    return hashes.length === 0 ? new Map<string, LineRecord>() : this.#options.ledger.lines(this.#settings.strategy, [...new Set(hashes)]);
  }

  #facts(runs: readonly Run[], records: ReadonlyMap<string, LineRecord>, now: number, occasion: Occasion): Facts {
    const { ledger, strategy } = this.#options;
    const known = new Map<string, KnownVerdict>();
    for (const { hash, verdict, reason, signalId } of records.values())
      if (verdict !== undefined) known.set(hash, { kind: verdict, reason: reason ?? "", signalId });
    const ids = new Set([
      ...[...known.values()].map(({ signalId }) => signalId),
      ...runs.slice(-1).map((run) => signalIdOf(strategy, run)),
    ]);
    const executions = [...ids].flatMap((id) => (id === undefined ? [] : (ledger.executionOfSignal(id) ?? [])));
    const begun = executions.filter(({ begunAt }) => begunAt !== undefined);
    const inExecution = executions.filter(({ finishedAt, begunAt }) => finishedAt === undefined || begunAt !== undefined);
    const accepted = ledger.lastAcceptedSignal(strategy)?.signal;
    return {
      runs,
      known,
      inExecution: signalsOf(inExecution),
      begun: signalsOf(begun),
      lastAccepted: accepted,
      rest: this.#tornText(now),
      now,
      occasion,
    };
  }

  #tornText(now: number): string | undefined {
    return this.#rest.kind === "torn" && now >= this.#rest.at ? this.#rest.text : undefined;
  }

  /** The first copy keeps the verdict for these lines; the repeat is only logged, once. */
  #isNewRepeat(runs: readonly Run[], { hashes }: LineVerdict): boolean {
    const asked = new Set(hashes);
    const repeats = runs.flatMap((run) => run.repeats).filter((line) => asked.has(line.hash) && !this.#reportedRepeats.has(line));
    for (const line of repeats) this.#reportedRepeats.add(line);
    return repeats.length > 0;
  }

  #record({ hashes, verdict, signalId, onlySpoken }: LineVerdict, now: number): void {
    const { ledger, strategy } = this.#options;
    if (onlySpoken === true) return;
    const recorded = signalId === undefined ? undefined : ledger.signal(signalId)?.signal;
    if (recorded !== undefined) ledger.judgeSignal(recorded.id, verdict, now);
    const others = hashes.filter((hash) => recorded?.lineHashes.includes(hash) !== true);
    if (others.length > 0) ledger.judgeLines(strategy, others, verdict, now, signalId);
  }

  #accept({ signal }: Decision & { kind: "execute" }, now: number): void {
    const { ledger, strategy } = this.#options;
    const verdict: Verdict = { kind: "accepted", reason: "The run is fresh and complete and is passed to execution." };
    ledger.recordSignal(signal, now);
    ledger.judgeSignal(signal.id, verdict, now);
    // If the signal was recorded before the run had all its lines, the others have no verdict yet.
    const unjudged = signal.lineHashes.filter((hash) => ledger.signal(signal.id)?.signal.lineHashes.includes(hash) !== true);
    if (unjudged.length > 0) ledger.judgeLines(strategy, unjudged, verdict, now, signal.id);
  }
}

/** Sleep looks like a clock set ahead; only the broker's clock tells the two apart. */
function surelyAhead(doubt: ClockDoubt | undefined): number {
  const aheadMs = doubt?.aheadMs ?? 0;
  return doubt?.confirmed === true || aheadMs < 0 ? aheadMs : 0;
}

function signalsOf(executions: readonly ExecutionRecord[]): ReadonlySet<string> {
  return new Set(executions.map(({ signalId }) => signalId));
}

function newLines(
  strategy: string,
  runs: readonly Run[],
  records: ReadonlyMap<string, LineRecord>,
): { hash: string; strategy: string; text: string; stamp: number | undefined; firstSeenAt: number }[] {
  const unknown = new Map(
    runs
      .flatMap(({ entries }) => entries)
      .filter(({ line }) => !records.has(line.hash))
      .map((entry) => [entry.line.hash, entry]),
  );
  return [...unknown.values()].map(({ line, arrivedAt }) => ({
    hash: line.hash,
    strategy,
    text: line.text.slice(0, KEPT_CHARACTERS),
    stamp: line.stamp,
    firstSeenAt: arrivedAt,
  }));
}

function spokenOf({ hashes, verdict, signalId }: LineVerdict, runs: readonly Run[], timezone: string): SpokenVerdict {
  const asked = new Set(hashes);
  const lines = runs.flatMap(({ entries }) => entries.map(({ line }) => line)).filter(({ hash }) => asked.has(hash));
  const stamp = lines.find((line) => line.stamp !== undefined)?.stamp;
  const symbols = [...new Set(lines.flatMap((line) => (line.kind === "alert" ? [line.symbol] : [])))];
  const subject = `${hashes.length} ${hashes.length === 1 ? "line" : "lines"} ${stamp === undefined ? "without a readable stamp" : `stamped ${formatInstant(stamp, timezone)}`}`;
  return { verdict, subject: symbols.length === 0 ? subject : `${subject} (${symbols.join(", ")})`, lines: hashes.length, signalId };
}
