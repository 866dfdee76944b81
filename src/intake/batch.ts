import type { Decimal } from "../portfolio/money.ts";
import type { Alert, MalformedLine } from "./alert.ts";
import { allocationOf } from "./allocation.ts";
import type { Allocation } from "./allocation.ts";
import { sameLegs } from "./weights.ts";

/** A line in its place in the file, with the time it was first seen. */
export interface Entry {
  readonly line: Alert | MalformedLine;
  /** Milliseconds since the epoch. */
  readonly arrivedAt: number;
}

/** Consecutive lines that belong to one run of the strategy (R3). */
export interface Run {
  readonly entries: readonly Entry[];
  readonly alerts: readonly Alert[];
  /** Of the lines that make it up. */
  readonly hashes: readonly string[];
  /** Malformed lines without a stamp that stand between its lines, where they may or may not belong to it. */
  readonly strays: readonly MalformedLine[];
  readonly allocation: Allocation;
  /** Undefined only where no line of the run has a readable stamp. Milliseconds since the epoch. */
  readonly oldestStamp: number | undefined;
  readonly newestStamp: number | undefined;
  /** When its first line was first seen; milliseconds since the epoch. */
  readonly arrivedAt: number;
  readonly lastLineAt: number;
  /** Every line of it stands in an earlier run too: the file repeats itself. */
  readonly repeated: boolean;
}

/** Recorded runs have at most 0.36 s between their lines, and at least 8 s lie between runs. */
export const MAX_GAP_MS = 2_000;

/**
 * Groups lines, in file order, into runs. A new run begins at a stamp more than two seconds away from
 * the line before (ahead or back), at a repeated symbol, or at a reason that names other legs.
 *
 * A malformed line with a stamp is placed by it. One without a stamp belongs to a run only if the run
 * goes on after it; at the end of the file it is a run of its own, so that what it may have meant to
 * say holds back everything before it (R6).
 */
export function runsOf(entries: readonly Entry[]): Run[] {
  const groups: Entry[][] = [];
  let current: OpenRun | undefined;
  let unplaced: Entry[] = [];
  for (const entry of entries) {
    if (entry.line.stamp === undefined) unplaced.push(entry);
    else if (current?.takes(entry.line, entry.line.stamp) === true) {
      current.add([...unplaced, entry], entry.line, entry.line.stamp);
      unplaced = [];
    } else {
      if (unplaced.length > 0) groups.push(unplaced);
      unplaced = [];
      current = new OpenRun();
      current.add([entry], entry.line, entry.line.stamp);
      groups.push(current.entries);
    }
  }
  if (unplaced.length > 0) groups.push(unplaced);
  return withRepeats(groups);
}

/** A run that may still take the next line. */
class OpenRun {
  readonly entries: Entry[] = [];
  readonly #actions = new Set<string>();
  #lastStamp = 0;
  #legs: ReadonlyMap<string, Decimal> | undefined;

  takes(line: Alert | MalformedLine, stamp: number): boolean {
    if (Math.abs(stamp - this.#lastStamp) > MAX_GAP_MS) return false;
    if (line.kind === "malformed") return true;
    if (this.#actions.has(actionKey(line))) return false;
    return this.#legs === undefined || line.namedLegs === undefined || sameLegs(this.#legs, line.namedLegs);
  }

  add(entries: readonly Entry[], line: Alert | MalformedLine, stamp: number): void {
    this.entries.push(...entries);
    this.#lastStamp = stamp;
    if (line.kind === "malformed") return;
    this.#actions.add(actionKey(line));
    this.#legs ??= line.namedLegs;
  }
}

/** Buying and selling one symbol is a contradiction inside a run (R4), not the start of another. */
function actionKey(alert: Alert): string {
  return `${alert.action} ${alert.symbol}`;
}

function withRepeats(groups: readonly (readonly Entry[])[]): Run[] {
  const seen = new Set<string>();
  let before: Run | undefined;
  return groups.map((entries) => {
    const repeated = entries.every(({ line }) => line.kind === "alert" && seen.has(line.hash));
    for (const { line } of entries) seen.add(line.hash);
    const run = runOf(entries, repeated);
    before = mayLackLines(run, before) ? { ...run, allocation: LINES_UNCERTAIN } : run;
    return before;
  });
}

const LINES_UNCERTAIN: Allocation = {
  kind: "malformed",
  reason:
    "It stands so close behind a run that goes wrong that a line of it may have been taken for one of that, and it names no legs to tell.",
};

/** Two runs of one moment: what spoils or overfills the first may be the beginning of the second, which then is not whole. */
function mayLackLines({ alerts, allocation, oldestStamp }: Run, before: Run | undefined): boolean {
  if (allocation.kind !== "rebalance" || allocation.named || oldestStamp === undefined || before?.newestStamp === undefined) return false;
  if (before.allocation.kind !== "malformed" && before.allocation.kind !== "over-allocated") return false;
  return alerts.length > 0 && Math.abs(oldestStamp - before.newestStamp) <= MAX_GAP_MS;
}

function runOf(entries: readonly Entry[], repeated: boolean): Run {
  const lines = entries.map(({ line }) => line);
  const alerts = lines.filter((line) => line.kind === "alert");
  const malformed = lines.filter((line) => line.kind === "malformed");
  const stamps = lines.map(({ stamp }) => stamp).filter((stamp) => stamp !== undefined);
  const strays = stamps.length === 0 ? [] : malformed.filter(({ stamp }) => stamp === undefined);
  const arrivals = entries.map(({ arrivedAt }) => arrivedAt);
  return {
    entries,
    alerts,
    hashes: lines.filter((line) => strays.every((stray) => stray !== line)).map(({ hash }) => hash),
    strays,
    allocation: allocationOf(alerts, malformed),
    oldestStamp: stamps.length === 0 ? undefined : Math.min(...stamps),
    newestStamp: stamps.length === 0 ? undefined : Math.max(...stamps),
    arrivedAt: Math.min(...arrivals),
    lastLineAt: Math.max(...arrivals),
    repeated,
  };
}
