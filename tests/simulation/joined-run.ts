import type { Signal } from "../../src/domain/signal.ts";
import type { KnownRun } from "./invariants.ts";

/** What comes within it of the line before may belong to the same run (R3). */
export const RUN_GAP_MS = 2_500;

/**
 * The drawn run that a signal stands for. A run of BUYs and the SELL runs after it may have become one plan, in which
 * nothing that they sell is a target; so may SELL runs alone (R22).
 * @param runs in the order in which they were begun in the file.
 */
export function runOfSignal(runs: readonly KnownRun[], signal: Signal): KnownRun | undefined {
  const own = runs.findLast(({ signalId }) => signalId === signal.id) ?? renewedRun(runs, signal);
  if (own !== undefined) return own;
  const parts = runs.filter(({ lines }) => lines.length > 0 && lines.every((hash) => signal.lineHashes.includes(hash)));
  const [first, ...rest] = withoutSellsBefore(parts);
  const last = parts.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const sells = rest.filter((run) => !isRepeated(first, run));
  if (sells.some(({ sold }) => sold.length === 0)) return undefined;
  if (parts.reduce((count, { lines }) => count + lines.length, 0) !== signal.lineHashes.length) return undefined;
  const between = runs.slice(runs.indexOf(first) + 1, runs.indexOf(last));
  if (!between.every((run) => run.isQuiet || isRepeated(first, run))) return undefined;
  const left = [...first.targets].filter(([symbol]) => !sells.some(({ sold }) => sold.includes(symbol)));
  if (!isAsked(left, signal)) return undefined;
  return { ...first, signalId: signal.id, lastAt: last.lastAt };
}

/** SELLs within the gap before the BUYs stand in the same run, and what they sell is no target of it (R4). */
function withoutSellsBefore(parts: readonly KnownRun[]): readonly KnownRun[] {
  const buys = parts.findIndex(({ targets }) => targets.size > 0);
  const begun = parts[buys]?.firstAt ?? -Infinity;
  const isBeside = parts.slice(0, buys).every(({ sold, lastAt }) => sold.length > 0 && begun - lastAt <= RUN_GAP_MS);
  return buys > 0 && isBeside ? parts.slice(buys) : parts;
}

/** Whether a run says the same again within the gap of the first: nothing is done for it (R3). */
function isRepeated(first: KnownRun, { targets, firstAt }: KnownRun): boolean {
  return firstAt - first.lastAt <= RUN_GAP_MS && targets.size > 0 && JSON.stringify([...targets]) === JSON.stringify([...first.targets]);
}

/** A run that was begun again within the gap: its repeated lines count as of their first time (R3). */
function renewedRun(runs: readonly KnownRun[], signal: Signal): KnownRun | undefined {
  return runs.findLast(({ lines, targets, mayTrade, firstAt }) => {
    const near = runs.filter((run) => Math.abs(run.firstAt - firstAt) <= RUN_GAP_MS).flatMap((run) => run.lines);
    const isOfIt = lines.some((hash) => signal.lineHashes.includes(hash)) && signal.lineHashes.every((hash) => near.includes(hash));
    return mayTrade && targets.size > 0 && isOfIt && isAsked([...targets], signal);
  });
}

function isAsked(targets: readonly (readonly [string, number])[], signal: Signal): boolean {
  const asked = [...signal.targets].map(([symbol, weight]) => [symbol, Number(weight.toFixed())] as const);
  return JSON.stringify(targets) === JSON.stringify(asked);
}

/**
 * A symbol that the signal wants although a SELL run that came after its run has sold it. One within its gap belongs to it
 * and contradicts it (R4), and one that names what is not allowed is malformed.
 */
export function wantedAgain(
  runs: readonly KnownRun[],
  run: KnownRun,
  signal: Signal,
  { seenBefore, allowed }: { readonly seenBefore: number; readonly allowed: ReadonlySet<string> | undefined },
): string | undefined {
  const later = runs.filter(
    ({ firstAt, lastAt, mayTrade, sold }) =>
      mayTrade &&
      firstAt > run.lastAt + RUN_GAP_MS &&
      lastAt < seenBefore &&
      (allowed === undefined || sold.every((symbol) => allowed.has(symbol))),
  );
  return later.flatMap(({ sold }) => sold).find((symbol) => signal.targets.has(symbol));
}
