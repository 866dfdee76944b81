import type { Clock } from "./clock.ts";
import { freshness } from "./intake/freshness.ts";
import type { Signal } from "./intake/signal.ts";
import type { Ledger } from "./ledger/ledger.ts";

/** Pauses before what an execution has left is taken up; the last one repeats. */
const PAUSES_MS = [5_000, 10_000, 15_000] as const;

/** A run that was executed and missed its target. */
export interface LeftOver {
  readonly signal: Signal;
  /** How often it has been taken up in vain. */
  readonly tries: number;
}

export interface LeftOversParts {
  readonly clock: Clock;
  readonly ledger: Pick<Ledger, "executionOfSignal" | "signal" | "lastAcceptedSignal">;
  readonly signalMaxAgeSeconds: number;
  /** The run of a strategy that waits to be executed. */
  readonly waiting: (strategy: string) => Signal | undefined;
}

/**
 * Runs whose executions have ended off target for a cause that may pass. While such a run is fresh, and no newer BUY run
 * of its strategy was accepted, the daemon takes up what is left (R33).
 */
export class LeftOvers {
  readonly #parts: LeftOversParts;
  readonly #runs = new Map<string, LeftOver & { readonly at: number }>();

  constructor(parts: LeftOversParts) {
    this.#parts = parts;
  }

  remember(signal: Signal, tries: number): void {
    const pause = PAUSES_MS[Math.min(tries, PAUSES_MS.length - 1)] ?? 0;
    this.#runs.set(signal.strategy, { signal, tries: tries + 1, at: this.#parts.clock.monotonic() + pause });
  }

  /** What an earlier process could not get to its target. */
  rememberEarlier(signalId: string | undefined): void {
    const { ledger } = this.#parts;
    const outcome = signalId === undefined ? undefined : ledger.executionOfSignal(signalId)?.outcome;
    const signal = signalId === undefined ? undefined : ledger.signal(signalId)?.signal;
    if (signal !== undefined && (outcome === "off-target" || outcome === "incomplete")) this.remember(signal, 0);
  }

  forget({ strategy, id }: Signal): void {
    if (this.#runs.get(strategy)?.signal.id === id) this.#runs.delete(strategy);
  }

  /** Those whose pause is over, each once; what is stale or overtaken is forgotten. */
  due(): LeftOver[] {
    const { clock, signalMaxAgeSeconds } = this.#parts;
    const over = [...this.#runs.values()].filter(({ at }) => clock.monotonic() >= at);
    for (const { signal } of over) this.#runs.delete(signal.strategy);
    return over.filter(({ signal }) => freshness(signal, clock.now(), signalMaxAgeSeconds).kind === "fresh" && !this.#isOvertaken(signal));
  }

  #isOvertaken(signal: Signal): boolean {
    const others = [this.#parts.ledger.lastAcceptedSignal(signal.strategy)?.signal, this.#parts.waiting(signal.strategy)];
    return others.some((other) => other?.kind === "rebalance" && other.id !== signal.id && other.generatedAt >= signal.generatedAt);
  }
}
