import type { Decimal } from "../domain/decimal.ts";
import type { Alert, MalformedLine } from "./alert.ts";
import { allocationOf, type Allocation } from "./allocation.ts";
import { sameLegs } from "./legs.ts";

/** A line at its position in the file, with the time it was first seen. */
export interface Entry {
  readonly line: Alert | MalformedLine;
  /** Milliseconds since the epoch. */
  readonly arrivedAt: number;
  /** Why nobody has judged it before, in one sentence. */
  readonly late?: string | undefined;
  /** It repeats a line that is no longer remembered, because that one is too old. */
  readonly isAgain?: boolean;
}

/** Consecutive lines that belong to one run of the strategy (R3). */
export interface Run {
  readonly entries: readonly Entry[];
  readonly alerts: readonly Alert[];
  /** Result for the lines of the run. */
  readonly hashes: readonly string[];
  /** Malformed lines without a stamp between the run's lines, which may or may not belong to it. */
  readonly strays: readonly MalformedLine[];
  readonly allocation: Allocation;
  /** Undefined only when no line of the run has a readable stamp. Milliseconds since the epoch. */
  readonly oldestStamp: number | undefined;
  readonly newestStamp: number | undefined;
  /** When its first line was first seen; milliseconds since the epoch. */
  readonly arrivedAt: number;
  readonly lastLineAt: number;
  /** Entries that repeat an earlier line and change nothing. */
  readonly repeats: readonly Alert[];
  /** The lines that determine the signal's id: the BUYs, or all lines if there are none. */
  readonly key: readonly string[];
  /** The lines that share the run's verdict. A SELL next to BUYs may have been executed before them, unless it contradicts one. */
  readonly decidedBy: readonly string[];
}

/** Recorded runs have at most 0.36 s between their lines, and runs are at least 8 s apart. */
export const MAX_GAP_MS = 2_000;

/** Maximum distance between the stamps of one run. */
export function runSpanMs(maxAgeSeconds: number): number {
  return Math.max(MAX_GAP_MS, maxAgeSeconds * 1_000);
}

/**
 * Groups lines, in file order, into runs (R3). Lines whose reasons name the same legs belong together however
 * slowly they come. Otherwise a new run begins at a stamp more than two seconds away from the line before
 * (ahead or back), at a reason that names other legs, or at a SELL that arrives when a run of SELLs is complete.
 * A symbol that the run has already begins a new one too, unless the line is a repeat: the same word within two
 * seconds, or any earlier line byte for byte.
 *
 * A malformed line with a stamp is placed by that stamp. One without a stamp belongs to a run only if the
 * run continues after it. At the end of the file it is a separate run, because it may be a newer run and
 * must hold back everything before it (R6).
 * @param maxSpanMs maximum distance between the stamps of one run: a run becomes stale with its oldest line,
 *   so a later line could not be executed as part of it.
 * @param settleMs a run of SELLs is complete that long after its last line: a SELL that arrives later begins another one.
 */
export function runsOf(entries: readonly Entry[], maxSpanMs = Infinity, settleMs = Infinity): Run[] {
  const grouping = new Grouping(maxSpanMs, settleMs);
  for (const entry of entries) grouping.take(entry);
  let before: Run | undefined;
  return grouping.end().map((group) => {
    const run = runOf(group, grouping.repeats);
    before = mayLackLines(run, before) ? { ...run, allocation: LINES_UNCERTAIN } : run;
    return before;
  });
}

class Grouping {
  readonly #maxSpanMs: number;
  readonly #settleMs: number;
  readonly #groups: Entry[][] = [];
  readonly repeats = new Set<Entry>();
  readonly #seen = new Set<string>();
  #current: OpenRun | undefined;
  /** The run before the newest ones, and those, while they only sell. */
  #previous: OpenRun | undefined;
  #sells: OpenRun[] = [];
  /** Lines that belong to the current run only if it continues. */
  #unplaced: Entry[] = [];

  constructor(maxSpanMs: number, settleMs: number) {
    this.#maxSpanMs = maxSpanMs;
    this.#settleMs = settleMs;
  }

  take(entry: Entry): void {
    const { line } = entry;
    if (line.stamp === undefined) this.#unplaced.push(entry);
    else if (line.kind === "alert" && (entry.isAgain === true || this.#isRepeat(line))) this.#takeRepeat(entry);
    else if (this.#goesOnBefore(line)) this.#add(entry, line, line.stamp);
    else if (this.#current?.takes(line, line.stamp) === true && !this.#isLateSell(entry)) this.#add(entry, line, line.stamp);
    else this.#begin(entry, line, line.stamp);
    this.#seen.add(line.hash);
  }

  end(): Entry[][] {
    if (this.#holdsLines(this.#unplaced)) this.#groups.push(this.#unplaced);
    return this.#groups;
  }

  #isRepeat(line: Alert): boolean {
    return this.#seen.has(line.hash) || this.#current?.hasSaid(line) === true;
  }

  #takeRepeat(entry: Entry): void {
    this.repeats.add(entry);
    if (this.#unplaced.length > 0 || this.#current === undefined) this.#unplaced.push(entry);
    else this.#current.entries.push(entry);
  }

  /** The run of SELLs before it may have been handed out by then. */
  #isLateSell({ line, arrivedAt }: Entry): boolean {
    if (line.kind !== "alert" || line.action !== "SELL" || this.#current?.onlySells !== true) return false;
    const sinceMs = arrivedAt - this.#current.lastLineAt;
    return sinceMs > 0 && sinceMs >= this.#settleMs;
  }

  /** SELLs between two slow lines of a run are executed separately and must not split it. */
  #goesOnBefore(line: Alert | MalformedLine): boolean {
    const [previous, sells] = [this.#previous, this.#sells];
    if (previous === undefined || this.#groups.at(-1 - sells.length) !== previous.entries) return false;
    if (line.kind === "malformed" || line.namedLegs === undefined || !previous.takes(line, line.stamp)) return false;
    const legs = line.namedLegs;
    if (!sells.every((each) => each.onlySells && !each.sellsOneOf(legs))) return false;
    for (const each of sells) previous.entries.push(...each.entries);
    this.#groups.splice(-sells.length);
    this.#current = previous;
    this.#previous = undefined;
    this.#sells = [];
    return true;
  }

  #add(entry: Entry, line: Alert | MalformedLine, stamp: number): void {
    this.#current?.add([...this.#unplaced, entry], line, stamp);
    this.#unplaced = [];
  }

  #begin(entry: Entry, line: Alert | MalformedLine, stamp: number): void {
    const before = this.#unplaced;
    this.#unplaced = [];
    if (this.#holdsLines(before)) this.#groups.push(before);
    if (this.#previous === undefined || this.#current?.onlySells !== true) {
      this.#previous = this.#current;
      this.#sells = [];
    }
    this.#current = new OpenRun(this.#maxSpanMs);
    this.#sells.push(this.#current);
    this.#current.add(this.#holdsLines(before) ? [entry] : [...before, entry], line, stamp);
    this.#groups.push(this.#current.entries);
  }

  /** Repeats alone are no run. */
  #holdsLines(entries: readonly Entry[]): boolean {
    return entries.some((entry) => !this.repeats.has(entry));
  }
}

/** A run that may still take the next line. */
class OpenRun {
  readonly entries: Entry[] = [];
  readonly #maxSpanMs: number;
  readonly #said = new Map<string, Alert>();
  #oldestStamp = Infinity;
  #lastStamp = 0;
  #lastLineAt = -Infinity;
  #legs: ReadonlyMap<string, Decimal> | undefined;

  constructor(maxSpanMs: number) {
    this.#maxSpanMs = maxSpanMs;
  }

  /** When its last line was first seen. */
  get lastLineAt(): number {
    return this.#lastLineAt;
  }

  get onlySells(): boolean {
    return this.#said.size > 0 && [...this.#said.values()].every(({ action }) => action === "SELL");
  }

  sellsOneOf(legs: ReadonlyMap<string, Decimal>): boolean {
    return [...this.#said.values()].some(({ symbol }) => legs.has(symbol));
  }

  /** Whether the same line came within two seconds: two overlapping runs of one strategy repeat everything. */
  hasSaid(line: Alert): boolean {
    const before = this.#said.get(actionKey(line));
    return before !== undefined && isSameWord(before, line) && Math.abs(line.stamp - before.stamp) <= MAX_GAP_MS;
  }

  takes(line: Alert | MalformedLine, stamp: number): boolean {
    const isNear = Math.abs(stamp - this.#lastStamp) <= MAX_GAP_MS;
    if (line.kind === "malformed") return isNear;
    if (this.#said.has(actionKey(line))) return false;
    if (this.#legs === undefined || line.namedLegs === undefined) return isNear;
    return sameLegs(this.#legs, line.namedLegs) && Math.abs(stamp - this.#oldestStamp) <= this.#maxSpanMs;
  }

  add(entries: readonly Entry[], line: Alert | MalformedLine, stamp: number): void {
    this.entries.push(...entries);
    this.#lastLineAt = Math.max(this.#lastLineAt, ...entries.map(({ arrivedAt }) => arrivedAt));
    this.#lastStamp = stamp;
    this.#oldestStamp = Math.min(this.#oldestStamp, stamp);
    if (line.kind === "malformed") return;
    this.#said.set(actionKey(line), line);
    this.#legs ??= line.namedLegs;
  }
}

/** Buying and selling one symbol is a contradiction inside a run (R4), not the start of another. */
function actionKey(alert: Alert): string {
  return `${alert.action} ${alert.symbol}`;
}

/** Of two lines with the same action and symbol. */
function isSameWord(one: Alert, other: Alert): boolean {
  const sameWeight = one.weight === undefined ? other.weight === undefined : other.weight?.eq(one.weight) === true;
  const [legs, otherLegs] = [one.namedLegs, other.namedLegs];
  const agree = legs === undefined || otherLegs === undefined ? legs === otherLegs : sameLegs(legs, otherLegs);
  return sameWeight && agree && one.origin === other.origin;
}

const LINES_UNCERTAIN: Allocation = {
  kind: "malformed",
  reason: "The run follows a faulty run so closely that their lines may be mixed up, and it names no legs to tell them apart.",
};

/** Two runs at the same time: the line that breaks or overfills the first may be the start of the second, which is then incomplete. */
function mayLackLines({ alerts, allocation, oldestStamp }: Run, before: Run | undefined): boolean {
  if (allocation.kind !== "rebalance" || allocation.named || oldestStamp === undefined || before?.newestStamp === undefined) return false;
  if (before.allocation.kind !== "malformed" && before.allocation.kind !== "over-allocated") return false;
  return alerts.length > 0 && Math.abs(oldestStamp - before.newestStamp) <= MAX_GAP_MS;
}

function runOf(entries: readonly Entry[], repeats: ReadonlySet<Entry>): Run {
  const own = entries.filter((entry) => !repeats.has(entry));
  const lines = own.map(({ line }) => line);
  const alerts = lines.filter((line) => line.kind === "alert");
  const malformed = lines.filter((line) => line.kind === "malformed");
  const stamps = lines.map(({ stamp }) => stamp).filter((stamp) => stamp !== undefined);
  const strays = stamps.length === 0 ? [] : malformed.filter(({ stamp }) => stamp === undefined);
  const arrivals = own.map(({ arrivedAt }) => arrivedAt);
  const members = lines.filter((line) => strays.every((stray) => stray !== line));
  const buys = alerts.filter(({ action }) => action === "BUY");
  const bought = new Set(buys.map(({ symbol }) => symbol));
  return {
    entries,
    alerts,
    hashes: hashesOf(members),
    strays,
    allocation: allocationOf(alerts, malformed),
    oldestStamp: stamps.length === 0 ? undefined : Math.min(...stamps),
    newestStamp: stamps.length === 0 ? undefined : Math.max(...stamps),
    arrivedAt: Math.min(...arrivals),
    lastLineAt: Math.max(...arrivals),
    repeats: entries.flatMap((entry) => (repeats.has(entry) && entry.line.kind === "alert" ? [entry.line] : [])),
    key: hashesOf(buys.length > 0 ? buys : alerts),
    decidedBy: hashesOf(members.filter((line) => buys.length === 0 || line.kind === "malformed" || bought.has(line.symbol))),
  };
}

function hashesOf(lines: readonly (Alert | MalformedLine)[]): string[] {
  return lines.map(({ hash }) => hash);
}
