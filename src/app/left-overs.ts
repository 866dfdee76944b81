import type { Clock } from "../domain/clock.ts";
import { freshness } from "../intake/freshness.ts";
import type { IntakeReport } from "../intake/intake.ts";
import type { SignalInbox } from "./signal-inbox.ts";
import { marketDate } from "../domain/market-day.ts";
import type { Signal } from "../domain/signal.ts";
import type { Ledger } from "../domain/ledger.ts";
import type { ExecutionRecord } from "../domain/ledger/executions.ts";
import { tradedAt } from "../domain/ledger/executions.ts";

/** Pauses before an unfinished execution is continued; the last one repeats. */
const PAUSES_MS = [5_000, 10_000, 15_000] as const;

/** A run that was executed and missed its targets. */
export interface LeftOver {
  readonly signal: Signal;
  /** Number of failed attempts to continue it. */
  readonly tries: number;
  /** Deadline of an execution that stopped early for another strategy's run or a SELL: until then its run counts as fresh. */
  readonly until: number | undefined;
}

/** A signal's last execution that was not cut short, if it ended off target. */
export function missedTarget(ledger: Pick<Ledger, "executionsOfSignal">, signalId: string): ExecutionRecord | undefined {
  const last = ledger.executionsOfSignal(signalId).findLast(({ outcome }) => outcome !== "refused" && outcome !== "superseded");
  return last?.outcome === "off-target" || last?.outcome === "incomplete" ? last : undefined;
}

/** The newest run of one strategy. */
export interface NewestRun {
  readonly strategy: string;
  readonly decision: IntakeReport["decision"];
  /** The lines of the last BUY run, when only SELL or HOLD runs came after it. */
  readonly decidedBefore?: readonly string[] | undefined;
  /** As in the report of its intake. */
  readonly unfinished?: string | undefined;
}

/** The runs of today that are in force and whose targets the account has not reached (R33): the newest run if it is a SELL, and the BUY run. */
export function leftOff(
  ledger: Pick<Ledger, "executionsOfSignal" | "signal" | "lastAcceptedSignal">,
  run: NewestRun,
  now: number,
): Signal[] {
  const { decision } = run;
  const newest = decision.kind === "verdict" && decision.signalId !== undefined ? ledger.signal(decision.signalId)?.signal : undefined;
  const inForce = [newest?.kind === "exit" ? newest : undefined, buyInForce(ledger, run, newest)].filter((signal) => signal !== undefined);
  return inForce.filter(({ id }) => {
    const missed = missedTarget(ledger, id);
    return missed !== undefined && marketDate(tradedAt(missed)) === marketDate(now);
  });
}

/** The BUY run that still decides: the newest run, or the last accepted one where only SELL or HOLD runs came after it, or where the file holds no run any more. */
function buyInForce(
  ledger: Pick<Ledger, "lastAcceptedSignal">,
  { strategy, decision, decidedBefore }: NewestRun,
  newest: Signal | undefined,
): Signal | undefined {
  if (newest?.kind === "rebalance") return decision.kind === "verdict" && decision.verdict.kind === "executed" ? newest : undefined;
  const signal = decidesNothing(decision) ? ledger.lastAcceptedSignal(strategy, "rebalance")?.signal : undefined;
  return signal !== undefined && decidedBefore !== undefined && !isOf(signal, { lines: decidedBefore }) ? undefined : signal;
}

/**
 * Whether the file still shows that no newer BUY run has come since. Where it does not, as after a rotation, one may have
 * come and been refused, and only the owner may have the older one finished (R6).
 */
export function isShownToDecide({ decision, decidedBefore }: NewestRun, { id }: Signal): boolean {
  return decidedBefore !== undefined || (decision.kind === "verdict" && decision.signalId === id);
}

/** A SELL or HOLD run, or no run at all, leaves the last BUY run in force (R22). */
function decidesNothing(decision: IntakeReport["decision"]): boolean {
  if (decision.kind === "nothing") return true;
  if (decision.kind === "execute") return decision.signal.kind === "exit";
  return decision.kind === "verdict" && (decision.verdict.kind === "held" || decision.verdict.kind === "executed");
}

/** A run that decides what is executed, by its signal or its lines; neither when it makes no signal. */
export interface DecidingRun {
  readonly signalId?: string | undefined;
  readonly lines?: readonly string[];
}

function isOf({ id, lineHashes }: Signal, { signalId, lines = [] }: DecidingRun): boolean {
  return id === signalId || lineHashes.some((hash) => lines.includes(hash));
}

export interface LeftOversParts {
  readonly clock: Clock;
  readonly ledger: Pick<Ledger, "executionsOfSignal" | "signal" | "lastAcceptedSignal">;
  readonly signalMaxAgeSeconds: number;
  readonly inbox: Pick<SignalInbox, "newestOf" | "isArriving">;
}

/**
 * Runs whose executions ended off target for a passing cause. While such a run is fresh, and no newer BUY run
 * of its strategy was accepted, the daemon continues it (R33).
 */
export class LeftOvers {
  readonly #parts: LeftOversParts;
  /** By signal id. */
  readonly #runs = new Map<string, LeftOver & { readonly at: number }>();

  /** By strategy: the last run that decided. */
  readonly #decided = new Map<string, DecidingRun>();

  constructor(parts: LeftOversParts) {
    this.#parts = parts;
  }

  remember(signal: Signal, tries: number, until?: number): void {
    const pause = PAUSES_MS[Math.min(tries, PAUSES_MS.length - 1)] ?? 0;
    this.forget(signal);
    if (!this.#isInForce(signal)) return;
    this.#runs.set(signal.id, { signal, tries: tries + 1, until, at: this.#parts.clock.monotonic() + pause });
  }

  /** An execution that an earlier process could not bring to target. */
  rememberEarlier(run: NewestRun): void {
    for (const signal of leftOff(this.#parts.ledger, run, this.#parts.clock.now()))
      if (isShownToDecide(run, signal)) this.remember(signal, 0);
  }

  get isEmpty(): boolean {
    return this.#runs.size === 0;
  }

  /** The run is done. A BUY run also ends unfinished older BUY runs of its strategy. */
  forget(signal: Signal): void {
    this.#runs.delete(signal.id);
    if (signal.kind !== "rebalance") return;
    for (const { signal: left } of [...this.#runs.values()])
      if (left.strategy === signal.strategy && left.generatedAt <= signal.generatedAt) this.#runs.delete(left.id);
  }

  /**
   * A run has decided for its strategy, whatever its result (R6): older ones are not continued any more, whatever else
   * comes. A SELL or HOLD decides nothing (R22).
   */
  decided(strategy: string, run: DecidingRun): void {
    const signal = this.#signalOf(run);
    if (signal !== undefined && signal.kind !== "rebalance") return;
    const before = this.#decided.get(strategy);
    if (before !== undefined && this.#isSame(before, run)) return;
    this.#decided.set(strategy, run);
    for (const { signal: left } of [...this.#runs.values()]) if (left.strategy === strategy && !isOf(left, run)) this.#runs.delete(left.id);
  }

  /** Those whose pause is over, each once; stale and superseded ones are dropped. While a newer run arrives, they wait. */
  due(): LeftOver[] {
    const { clock, signalMaxAgeSeconds, inbox } = this.#parts;
    const over = [...this.#runs.values()].filter(({ at, signal }) => clock.monotonic() >= at && !inbox.isArriving(signal.strategy));
    for (const { signal } of over) this.#runs.delete(signal.id);
    return over.filter(({ signal, until }) => {
      const isFresh = freshness(signal, clock.now(), signalMaxAgeSeconds).kind === "fresh";
      return (isFresh || clock.now() < (until ?? -Infinity)) && !this.#isOvertaken(signal);
    });
  }

  /** Whether nothing has decided for its strategy since it was due: it may have waited for its turn. */
  isStillDue(signal: Signal): boolean {
    return this.#isInForce(signal) && !this.#isOvertaken(signal);
  }

  /** Whether it is the last run that has decided, or a SELL that came after that one. */
  #isInForce(signal: Signal): boolean {
    const decided = this.#decided.get(signal.strategy);
    if (decided === undefined || isOf(signal, decided)) return true;
    if (signal.kind !== "exit") return false;
    if (this.#parts.inbox.newestOf(signal.strategy)?.signalId === signal.id) return true;
    const other = this.#signalOf(decided);
    return other !== undefined && other.generatedAt < signal.generatedAt;
  }

  /** A run is named by its signal or by its lines. */
  #isSame(one: DecidingRun, other: DecidingRun): boolean {
    const signal = this.#signalOf(one) ?? this.#signalOf(other);
    if (signal !== undefined) return isOf(signal, one) && isOf(signal, other);
    return one.lines?.some((hash) => other.lines?.includes(hash)) === true;
  }

  #signalOf({ signalId }: DecidingRun): Signal | undefined {
    return signalId === undefined ? undefined : this.#parts.ledger.signal(signalId)?.signal;
  }

  /** The newest run decides, whatever its result (R6); a later SELL or HOLD changes nothing (R22). */
  #isOvertaken(signal: Signal): boolean {
    const newest = this.#parts.inbox.newestOf(signal.strategy);
    if (newest === undefined || newest.signalId === signal.id) return false;
    const other = this.#signalOf(newest);
    return other === undefined || other.kind === "rebalance";
  }
}
