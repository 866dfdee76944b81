import type { ExecutionSettings } from "../../src/domain/execution-style.ts";
import type { LimitSettings } from "../../src/portfolio/limits.ts";
import { decimal } from "../../src/domain/decimal.ts";
import type { PlanSettings } from "../../src/portfolio/plan.ts";
import type { InitialPosition } from "../../src/simulator/exchange-options.ts";
import { newYorkInstant, sessionNear } from "../../src/simulator/sessions.ts";
import { Chance } from "./chance.ts";
import type { CauseKind } from "./causes.ts";
import { drawCause } from "./causes.ts";
import { COMMON_KINDS, UNKIND_KINDS } from "./faults/kinds.ts";
import type { FaultKind } from "./faults/kinds.ts";
import type { Pressure } from "./pressure.ts";
import { drawPressure, underPressure } from "./pressure.ts";
import { drawStyle } from "./style.ts";
import type { Trouble } from "./trouble.ts";
import { drawTrouble } from "./trouble.ts";
import { RUN_KINDS } from "./strategy.ts";
import type { RunKind } from "./strategy.ts";

/** A stretch of virtual time under faults. */
export interface Stage {
  /** Wall clock, milliseconds since the epoch. */
  readonly at: number;
  readonly forMs: number;
  readonly runs: readonly StagedRun[];
  /** When the machine is without a process, and for how long. */
  readonly absences: readonly { readonly afterMs: number; readonly forMs: number }[];
}

export interface StagedRun {
  readonly afterMs: number;
  readonly kind: RunKind;
  /** For `misread`: how far ahead its stamps are. */
  readonly aheadMs?: number;
}

/** With the open of the session of the last stage. */
export interface StagedSplit {
  readonly symbol: string;
  readonly ratio: string;
  readonly bookAfterMs: number;
}

/** Everything about a run that is decided before it begins. */
export interface Scenario {
  readonly seed: number;
  readonly day: DayKind;
  readonly stages: readonly Stage[];
  readonly timezone: string;
  readonly cash: string;
  readonly positions: readonly InitialPosition[];
  readonly multiplier: "1" | "2" | "4";
  /** What the account and its data are like beside that, from the first day on. */
  readonly habit: AccountHabit;
  readonly stillPrices: boolean;
  readonly universe: readonly string[];
  readonly settings: PlanSettings;
  readonly limits: LimitSettings;
  readonly orderTimeoutSeconds: number;
  readonly execution: ExecutionSettings;
  readonly faults: readonly FaultKind[];
  /** What is made to happen beyond what chance brings together. */
  readonly pressure: Pressure | undefined;
  /** A split whose quantity follows its price later. */
  readonly split: StagedSplit | undefined;
  /** What is still wrong when the faults have ended. */
  readonly trouble: Trouble | undefined;
  /** What goes on while the last signal is executed, and passes or lasts. */
  readonly cause: CauseKind | undefined;
  /** Quiet before the last run under faults and before the last signal: long enough for a reading on which sells leave at once (R36). */
  readonly lullMs: number;
  /** Nothing is put in the way. */
  readonly isCalm: boolean;
}

/**
 * - `thin-feed`: the free feed, of few prints and standing quotes.
 * - `escrow`: holds a share that no market and no data know.
 * - `own-holdings`: holds what was bought by hand before.
 * - `no-fractions`: only whole shares are traded.
 * - `full-margin`: a margin account, in which some symbols must be paid in full.
 */
export const ACCOUNT_HABITS = ["usual", "thin-feed", "escrow", "own-holdings", "no-fractions", "full-margin"] as const;
export type AccountHabit = (typeof ACCOUNT_HABITS)[number];

type DayKind = "normal" | "near-open" | "near-close" | "half-day" | "clock-change" | "after-clock-change" | "weekend";

const FRACTIONABLE = ["SMR", "LEU", "OKLO", "TQQQ", "SQQQ", "UVXY", "BTAL", "SPY", "AAPL", "BRK.B", "BIL", "SOXL"] as const;
const WHOLE_ONLY = ["FNGU", "CWVX", "VXX"] as const;
const ZONES = ["UTC", "Europe/London", "America/New_York", "Asia/Kolkata"] as const;
/** Sundays on which clocks change, an hour or less before they do: New York, then London, both ways. */
const CLOCK_CHANGES = [
  { sunday: "2026-11-01", at: "2026-11-01T05:40:00Z", zone: "America/New_York" },
  { sunday: "2027-03-14", at: "2027-03-14T06:50:00Z", zone: "America/New_York" },
  { sunday: "2026-10-25", at: "2026-10-25T00:40:00Z", zone: "Europe/London" },
  { sunday: "2027-03-28", at: "2027-03-28T00:50:00Z", zone: "Europe/London" },
] as const;
const HALF_DAYS = ["2026-11-27", "2026-12-24"] as const;
const NORMAL_DAYS = ["2026-11-17", "2026-11-18", "2026-12-02", "2027-01-06", "2027-06-15"] as const;
const DAY_MS = 86_400_000;

/** Draws the run of a seed. */
export function drawScenario(seed: number): Scenario {
  return withHabit(withLull(withoutLull(seed), new Chance(seed, "lull")), new Chance(seed, "habit of the account"));
}

function withoutLull(seed: number): Scenario {
  const chance = new Chance(seed, "scenario");
  const day = chance.weighted<DayKind>([
    ["normal", 60],
    ["near-open", 8],
    ["near-close", 10],
    ["half-day", 8],
    ["clock-change", 5],
    ["after-clock-change", 5],
    ["weekend", 4],
  ]);
  const { moments, timezone } = momentsOf(day, chance);
  const wholeOnly = chance.happens(0.25);
  const universe = [...chance.some(FRACTIONABLE, chance.whole(4, 8)), ...(wholeOnly ? chance.some(WHOLE_ONLY, chance.whole(1, 2)) : [])];
  const account = accountOf(universe, new Chance(seed, "account"));
  const runs = new Chance(seed, "runs");
  const trouble = drawTrouble(new Chance(seed, "trouble"));
  const scenario: Scenario = {
    seed,
    day,
    timezone,
    stages: moments.map(({ at, forMs }) => ({ at, forMs, runs: runsOf(forMs, runs), absences: [] })),
    universe,
    ...account,
    habit: "usual",
    stillPrices: chance.happens(0.5),
    settings: settingsOf(universe, account.positions, new Chance(seed, "settings")),
    limits: limitsOf(new Chance(seed, "limits")),
    orderTimeoutSeconds: chance.pick([20, 60]),
    execution: drawStyle(new Chance(seed, "style")),
    faults: new Chance(seed, "faults").some(COMMON_KINDS, new Chance(seed, "how many faults").whole(5, 9)),
    pressure: undefined,
    split: undefined,
    trouble,
    cause: trouble === undefined ? drawCause(new Chance(seed, "cause")) : undefined,
    lullMs: 0,
    isCalm: false,
  };
  const pressure = new Chance(seed, "pressure");
  const pressed = withSplit(underPressure(scenario, drawPressure(pressure), pressure), new Chance(seed, "split"));
  return { ...pressed, faults: [...pressed.faults, ...unkindFaults(new Chance(seed, "unkind faults"))] };
}

const LULL_SHARE = 0.35;

/** A run that trades after more than half a minute without a fill, with all faults still at work. */
function withLull(scenario: Scenario, chance: Chance): Scenario {
  const last = scenario.stages.at(-1);
  const { style, avoidOpenMinutes } = scenario.execution;
  if (last === undefined || style === "limit" || avoidOpenMinutes > 0 || !chance.happens(LULL_SHARE)) return scenario;
  const lullMs = chance.whole(45_000, 110_000);
  const run: StagedRun = { afterMs: last.forMs + lullMs, kind: chance.pick(["named", "weighted", "single", "sell"]) };
  const stage = { ...last, forMs: run.afterMs + chance.whole(2_000, 20_000), runs: [...last.runs, run] };
  return {
    ...scenario,
    lullMs,
    stages: [...scenario.stages.slice(0, -1), stage],
    limits: { ...scenario.limits, maxDailyTurnover: undefined },
  };
}

/** The strategy, account and settings of a seed, and nothing in the way. No order depends on a reading from before its alert. */
export function drawCalm(seed: number): Scenario {
  const scenario = withHabit(withoutLull(seed), new Chance(seed, "habit of the account"));
  const stages = scenario.stages.map((stage) => ({ ...stage, absences: [] }));
  const execution = { ...scenario.execution, warmSnapshot: false };
  const nothing = { faults: [], pressure: undefined, split: undefined, trouble: undefined, cause: undefined };
  return { ...scenario, stages, execution, ...nothing, isCalm: true };
}

const USUAL_SHARE = 0.75;
/** Bought before the program came, and named by no strategy. */
const BY_HAND = ["MSFT", "QQQ", "TLT"] as const;

function withHabit(scenario: Scenario, chance: Chance): Scenario {
  if (chance.happens(USUAL_SHARE)) return scenario;
  const habit = chance.pick(ACCOUNT_HABITS.slice(1));
  const held = (symbol: string): InitialPosition => ({
    symbol,
    quantity: decimal(quantityOf(symbol, chance)),
    averagePrice: decimal("50"),
  });
  switch (habit) {
    case "own-holdings":
      return { ...scenario, habit, positions: [...scenario.positions, ...chance.some(BY_HAND, chance.whole(1, 2)).map(held)] };
    case "full-margin":
      return { ...scenario, habit, multiplier: chance.pick(["2", "4"]) };
    default:
      return { ...scenario, habit };
  }
}

function unkindFaults(chance: Chance): FaultKind[] {
  return chance.happens(0.5) ? chance.some(UNKIND_KINDS, chance.whole(1, 3)) : [];
}

/** A split comes with the open of a further session, so what is held before it has been seen. */
function withSplit(scenario: Scenario, chance: Chance): Scenario {
  const last = scenario.stages.at(-1);
  if (last === undefined || !chance.happens(0.2)) return scenario;
  const forMs = chance.spread(60_000, 300_000);
  const { open } = sessionNear(last.at + DAY_MS / 2, 1);
  const stage = { at: open + chance.whole(600_000, 7_200_000), forMs, runs: runsOf(forMs, chance), absences: [] };
  const ratio = chance.pick(["1:5", "2", "3:2", "1:100", "10"]);
  const split = { symbol: chance.pick(scenario.universe), ratio, bookAfterMs: chance.whole(0, 9_000_000) };
  return { ...scenario, stages: [...scenario.stages, stage], split };
}

/** Turnover in multiples of the account: a full switch is two. */
function limitsOf(chance: Chance): LimitSettings {
  return { maxDailyTurnover: chance.happens(0.08) ? decimal(chance.pick(["1.5", "2.5", "4"])) : undefined, maxDailyLoss: undefined };
}

function momentsOf(day: DayKind, chance: Chance): { moments: { at: number; forMs: number }[]; timezone: string } {
  const forMs = chance.spread(60_000, 600_000);
  const timezone = chance.pick(ZONES);
  const date = chance.pick(NORMAL_DAYS);
  const change = chance.pick(CLOCK_CHANGES);
  const brief = chance.whole(20_000, 90_000);
  const at = (onDate: string, time: string): number => newYorkInstant(onDate, time) + chance.whole(0, 59_999);
  const inSession = (onDate: string): number => at(onDate, chance.pick(["10:00", "11:17", "12:30"]));
  switch (day) {
    case "normal":
      return { moments: [{ at: at(date, chance.pick(["09:45", "10:30", "12:00", "14:10", "15:00"])), forMs }], timezone };
    case "near-open":
      return { moments: [{ at: at(date, "09:26"), forMs: Math.max(forMs, 300_000) }], timezone };
    case "near-close":
      return { moments: [{ at: at(date, chance.pick(["15:52", "15:55", "15:57"])), forMs: Math.max(forMs, 240_000) }], timezone };
    case "half-day":
      return { moments: [{ at: at(chance.pick(HALF_DAYS), chance.pick(["10:00", "12:50", "12:56"])), forMs }], timezone };
    case "clock-change": {
      const sunday = Date.parse(change.at) + chance.whole(0, 1_500_000);
      return {
        moments: [
          { at: sunday, forMs: brief },
          { at: inSession(mondayAfter(change.sunday)), forMs },
        ],
        timezone: change.zone,
      };
    }
    case "after-clock-change":
      return { moments: [{ at: inSession(mondayAfter(change.sunday)), forMs }], timezone: change.zone };
    case "weekend":
      return {
        moments: [
          { at: at("2026-11-21", "11:00"), forMs: brief },
          { at: inSession("2026-11-23"), forMs },
        ],
        timezone,
      };
  }
}

function mondayAfter(sunday: string): string {
  return new Date(Date.parse(sunday) + DAY_MS).toISOString().slice(0, 10);
}

function runsOf(forMs: number, chance: Chance): StagedRun[] {
  const count = Math.min(chance.whole(1, 5), 1 + Math.floor(forMs / 15_000));
  const moments = Array.from({ length: count }, () => chance.whole(2_000, forMs - 1_000)).sort((one, other) => one - other);
  // The first one trades more often than not, so that faults meet an execution.
  return moments.map((afterMs, index) => ({
    afterMs: index === 0 ? chance.whole(2_000, Math.min(20_000, forMs - 1_000)) : afterMs,
    kind: index === 0 && chance.happens(0.8) ? chance.pick(["named", "weighted", "single", "hedge"] as const) : chance.weighted(RUN_KINDS),
  }));
}

function accountOf(universe: readonly string[], chance: Chance): Pick<Scenario, "cash" | "positions" | "multiplier"> {
  const multiplier = chance.weighted([
    ["1", 60],
    ["2", 20],
    ["4", 20],
  ] as const);
  const shape = chance.weighted([
    ["cash", 35],
    ["invested", 45],
    ["mixed", 20],
  ] as const);
  const held = shape === "cash" ? [] : chance.some(universe, chance.whole(1, Math.min(5, universe.length)));
  const positions = held.map((symbol) => ({
    symbol,
    quantity: decimal(quantityOf(symbol, chance)),
    averagePrice: decimal(String(chance.whole(5, 300))),
  }));
  const rich = shape === "invested" ? chance.pick(["0", "12", "311.07"]) : chance.pick(["1500", "25000.55", "100000", "1000000"]);
  // Margin debt: such an account may only be reduced until it owes nothing any more (R9).
  const cash = multiplier !== "1" && shape === "invested" && chance.happens(0.15) ? "-40" : rich;
  return { cash, positions, multiplier };
}

function quantityOf(symbol: string, chance: Chance): string {
  const shares = chance.spread(8, 900);
  return (WHOLE_ONLY as readonly string[]).includes(symbol) || chance.happens(0.3)
    ? String(shares)
    : `${String(shares)}.${String(chance.whole(1, 999_999_999)).padStart(9, "0")}`;
}

function settingsOf(universe: readonly string[], positions: readonly InitialPosition[], chance: Chance): PlanSettings {
  const held = positions.map(({ symbol }) => symbol);
  return {
    cashReserve: decimal("0.01"),
    minTradeValue: decimal("5"),
    driftBand: decimal("0.01"),
    protectedSymbols: new Set(held.length > 1 && chance.happens(0.15) ? [chance.pick(held)] : []),
    allowedSymbols: chance.happens(0.1) ? new Set(universe.filter((_, index) => index !== 1)) : undefined,
    maxOrderValue: chance.happens(0.05) ? decimal("2500") : undefined,
    maxUnbuyable: decimal("0.2"),
    unbuyableAction: "refuse",
  };
}
