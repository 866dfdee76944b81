import type { Clock } from "../domain/clock.ts";
import { freshness } from "../intake/freshness.ts";
import type { Signal } from "../domain/signal.ts";
import type { Ledger } from "../domain/ledger.ts";
import type { ExecutionRecord } from "../domain/ledger/executions.ts";

/** Pauses before what an execution has left is taken up; the last one repeats. */
const PAUSES_MS = [5_000, 10_000, 15_000] as const;

/** A run that was executed and missed its target. */
export interface LeftOver {
  readonly signal: Signal;
  /** How often it has been taken up in vain. */
  readonly tries: number;
  /** The deadline of an execution that gave way to another strategy's run or to a SELL: until then its run counts as fresh. */
  readonly until: number | undefined;
}

/** The last execution of a signal that went to an end of its own, where that end missed the target. */
export function missedTarget(ledger: Pick<Ledger, "executionsOfSignal">, signalId: string): ExecutionRecord | undefined {
  const last = ledger.executionsOfSignal(signalId).findLast(({ outcome }) => outcome !== "refused" && outcome !== "superseded");
  return last?.outcome === "off-target" || last?.outcome === "incomplete" ? last : undefined;
}

export interface LeftOversParts {
  readonly clock: Clock;
  readonly ledger: Pick<Ledger, "executionsOfSignal" | "signal">;
  readonly signalMaxAgeSeconds: number;
  /** The signal that the newest run in a strategy's file stands for; without an id for a run that makes none. */
  readonly newest: (strategy: string) => { readonly signalId: string | undefined } | undefined;
}

/**
 * Runs whose executions have ended off target for a cause that may pass. While such a run is fresh, and no newer BUY run
 * of its strategy was accepted, the daemon takes up what is left (R33).
 */
export class LeftOvers {
  readonly #parts: LeftOversParts;
  /** By the id of the signal. */
  readonly #runs = new Map<string, LeftOver & { readonly at: number }>();

  constructor(parts: LeftOversParts) {
    this.#parts = parts;
  }

  remember(signal: Signal, tries: number, until?: number): void {
    const pause = PAUSES_MS[Math.min(tries, PAUSES_MS.length - 1)] ?? 0;
    this.forget(signal);
    this.#runs.set(signal.id, { signal, tries: tries + 1, until, at: this.#parts.clock.monotonic() + pause });
  }

  /** What an earlier process could not get to its target. */
  rememberEarlier(signalId: string | undefined): void {
    const { ledger } = this.#parts;
    if (signalId === undefined || missedTarget(ledger, signalId) === undefined) return;
    const signal = ledger.signal(signalId)?.signal;
    if (signal !== undefined) this.remember(signal, 0);
  }

  /** It has reached its end. What older BUY runs of its strategy have left ends with a BUY run. */
  forget(signal: Signal): void {
    this.#runs.delete(signal.id);
    if (signal.kind !== "rebalance") return;
    for (const { signal: left } of [...this.#runs.values()])
      if (left.strategy === signal.strategy && left.generatedAt <= signal.generatedAt) this.#runs.delete(left.id);
  }

  /** Those whose pause is over, each once; what is stale or overtaken is forgotten. */
  due(): LeftOver[] {
    const { clock, signalMaxAgeSeconds } = this.#parts;
    const over = [...this.#runs.values()].filter(({ at }) => clock.monotonic() >= at);
    for (const { signal } of over) this.#runs.delete(signal.id);
    return over.filter(({ signal, until }) => {
      const isFresh = freshness(signal, clock.now(), signalMaxAgeSeconds).kind === "fresh";
      return (isFresh || clock.now() < (until ?? -Infinity)) && !this.#isOvertaken(signal);
    });
  }

  /** The newest run decides, whatever becomes of it (R6); only a SELL or a HOLD after it changes nothing (R22). */
  #isOvertaken(signal: Signal): boolean {
    const newest = this.#parts.newest(signal.strategy);
    if (newest === undefined || newest.signalId === signal.id) return false;
    const other = newest.signalId === undefined ? undefined : this.#parts.ledger.signal(newest.signalId)?.signal;
    return other === undefined || other.kind === "rebalance";
  }
}
