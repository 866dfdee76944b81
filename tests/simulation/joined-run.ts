import type { Signal } from "../../src/domain/signal.ts";
import type { KnownRun } from "./invariants.ts";

/**
 * The drawn run that a signal stands for. A run of BUYs and the SELL runs after it may have become one plan, in which
 * nothing that they sell is a target; so may SELL runs alone (R22).
 * @param runs in the order in which they were begun in the file.
 */
export function runOfSignal(runs: readonly KnownRun[], signal: Signal): KnownRun | undefined {
  const own = runs.findLast(({ signalId }) => signalId === signal.id);
  if (own !== undefined) return own;
  const parts = runs.filter(({ lines }) => lines.length > 0 && lines.every((hash) => signal.lineHashes.includes(hash)));
  const [first, ...sells] = parts;
  const last = parts.at(-1);
  if (first === undefined || last === undefined || sells.some(({ sold }) => sold.length === 0)) return undefined;
  if (parts.reduce((count, { lines }) => count + lines.length, 0) !== signal.lineHashes.length) return undefined;
  if (!runs.slice(runs.indexOf(first) + 1, runs.indexOf(last)).every(({ isQuiet }) => isQuiet)) return undefined;
  const left = [...first.targets].filter(([symbol]) => !sells.some(({ sold }) => sold.includes(symbol)));
  const asked = [...signal.targets].map(([symbol, weight]) => [symbol, Number(weight.toFixed())] as const);
  if (JSON.stringify(left) !== JSON.stringify(asked)) return undefined;
  return { ...first, signalId: signal.id, lastAt: last.lastAt };
}

/** A symbol that the signal wants although a SELL run that came after its run has sold it. */
export function wantedAgain(runs: readonly KnownRun[], run: KnownRun, signal: Signal, seenBefore: number): string | undefined {
  const later = runs.filter(({ firstAt, lastAt, mayTrade }) => mayTrade && firstAt > run.lastAt && lastAt < seenBefore);
  return later.flatMap(({ sold }) => sold).find((symbol) => signal.targets.has(symbol));
}
