import type { FaultKind } from "./faults/kinds.ts";
import type { ConvergenceRow } from "./ends.ts";
import { convergenceOf, endOf } from "./ends.ts";
import { FAULT_KINDS } from "./faults/kinds.ts";
import type { Violation } from "./invariants.ts";
import type { SeedResult } from "./simulation.ts";

/** A seed that broke a promise. */
export interface BrokenSeed {
  readonly seed: number;
  readonly violations: readonly Violation[];
}

/** What many seeds came to; tallies of different workers add up. */
export interface Tally {
  seeds: number;
  violations: number;
  /** Orders that the venue accepted, and their fills. */
  orders: number;
  fills: number;
  lives: number;
  virtualMs: number;
  /** Seeds in which the venue accepted at least one order before the last signal's execution ended. */
  traded: number;
  readonly faults: Record<string, number>;
  /** Seeds in which a kind of fault struck at all. */
  readonly seedsByFault: Record<string, number>;
  readonly outcomes: Record<string, number>;
  readonly finals: Record<string, number>;
  /** Seeds by what was in the way of the last signal and how that ended; see {@link endOf}. */
  readonly ends: Record<string, number>;
  /** Seeds by what their account is like. */
  readonly habits: Record<string, number>;
  readonly broken: BrokenSeed[];
}

export function emptyTally(): Tally {
  return {
    seeds: 0,
    violations: 0,
    orders: 0,
    fills: 0,
    lives: 0,
    virtualMs: 0,
    traded: 0,
    faults: {},
    seedsByFault: {},
    outcomes: {},
    finals: {},
    ends: {},
    habits: {},
    broken: [],
  };
}

export function count(tally: Tally, result: SeedResult): void {
  tally.seeds += 1;
  tally.violations += result.violations.length;
  tally.orders += result.orders;
  tally.fills += result.fills;
  tally.lives += result.lives;
  tally.virtualMs += result.virtualMs;
  if (result.orders > 0) tally.traded += 1;
  for (const [kind, times] of Object.entries(result.faults)) {
    add(tally.faults, kind, times);
    add(tally.seedsByFault, kind, 1);
  }
  for (const [outcome, times] of Object.entries(result.outcomes)) add(tally.outcomes, outcome, times);
  add(tally.finals, result.final.kind === "excused" ? `excused: ${result.final.reason}` : result.final.kind, 1);
  add(tally.ends, endOf(result), 1);
  add(tally.habits, result.habit, 1);
  if (result.violations.length > 0) tally.broken.push({ seed: result.seed, violations: result.violations });
}

export function addUp(total: Tally, part: Tally): void {
  total.seeds += part.seeds;
  total.violations += part.violations;
  total.orders += part.orders;
  total.fills += part.fills;
  total.lives += part.lives;
  total.virtualMs += part.virtualMs;
  total.traded += part.traded;
  for (const record of ["faults", "seedsByFault", "outcomes", "finals", "ends", "habits"] as const)
    for (const [name, times] of Object.entries(part[record])) add(total[record], name, times);
  total.broken.push(...part.broken);
}

function add(record: Record<string, number>, name: string, times: number): void {
  record[name] = (record[name] ?? 0) + times;
}

/** Broken seeds that are listed one by one. */
const MOST_SHOWN = 25;

/** The whole summary for a person, without its last line. */
export function summaryOf(tally: Tally, command: (seed: number) => string): string[] {
  return [
    "",
    "Faults by kind                times     seeds",
    ...FAULT_KINDS.map((kind: FaultKind) => `  ${kind.padEnd(24)} ${number(tally.faults[kind])} ${number(tally.seedsByFault[kind])}`),
    "",
    "Executions by outcome",
    ...byNumber(tally.outcomes),
    "",
    "Last signals, with all faults over",
    ...byNumber(tally.finals),
    "",
    "On target after the last obstacle         seeds on target       p50       p99       max s",
    ...convergenceOf(tally).map(lineOf),
    "",
    "Accounts",
    ...byNumber(tally.habits),
    "",
    `Seeds that traded ${String(tally.traded)}, orders accepted ${String(tally.orders)}, fills ${String(tally.fills)}, processes ${String(tally.lives)}, virtual hours ${(tally.virtualMs / 3_600_000).toFixed(1)}`,
    ...violationLines(tally, command),
    "",
  ];
}

/** Every broken seed, with the command that replays it. */
export function violationLines(tally: Tally, command: (seed: number) => string): string[] {
  const broken = [...tally.broken].sort((one, other) => one.seed - other.seed);
  const left = broken.length - MOST_SHOWN;
  return [
    ...broken.slice(0, MOST_SHOWN).flatMap((each) => violationsOf(each, command)),
    ...(left > 0 ? [`… and ${String(left)} more seeds`] : []),
  ];
}

function violationsOf({ seed, violations }: BrokenSeed, command: (seed: number) => string): string[] {
  return ["", `Seed ${String(seed)}:`, ...violations.map(({ promise, text }) => `  ${promise}: ${text}`), `  replay: ${command(seed)}`];
}

function lineOf({ obstacle, seeds, onTarget, p50, p99, most }: ConvergenceRow): string {
  return `  ${obstacle.padEnd(38)} ${[seeds, onTarget, p50, p99, most].map((each) => number(each)).join(" ")}`;
}

function byNumber(record: Readonly<Record<string, number>>): string[] {
  return Object.entries(record)
    .sort(([firstName, first], [secondName, second]) => second - first || (firstName < secondName ? -1 : 1))
    .map(([name, times]) => `  ${name.padEnd(40)} ${number(times)}`);
}

function number(value = 0): string {
  return String(value).padStart(9);
}
