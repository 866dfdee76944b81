import { decimal } from "../../src/domain/decimal.ts";
import { newYorkInstant } from "../../src/simulator/sessions.ts";
import type { Chance } from "./chance.ts";
import type { FaultKind } from "./faults/kinds.ts";
import type { Scenario, Stage, StagedRun } from "./scenario.ts";
import type { RunKind } from "./strategy.ts";

/**
 * Situations in which several things have to come together, so that chance alone seldom makes them. A
 * share of the seeds is led into one of them; everything else about those seeds stays drawn.
 */
const PRESSURES = [
  /** A slow venue, so that a run becomes stale between its plan and its first order. */
  ["ages-out", 5],
  /** A run whose stamps lie ahead comes while no process lives, and is old when one does, whatever it says. */
  ["misread-zone", 3],
  /** The session ends, or is interrupted, while sells are being filled. */
  ["closing", 5],
  /** The machine is switched off in the middle of an execution, and on again on the next day. */
  ["overnight", 3],
  /** One whole switch after the other, on an account that shows fills late. */
  ["switching", 4],
  /** Orders that get lost on their way, and others that arrive when they were given up. */
  ["sent-again", 6],
  /** Orders that are filled too slowly, and whose cancel takes its time too. */
  ["slow-cancels", 3],
  /** The account is blocked, trading halted, or a foreign order placed, while much is still to be sent. */
  ["stopped-midway", 6],
  /** Orders are held back for so long that the account has to be looked at again, and it has changed or cannot be read. */
  ["outdated-look", 6],
  /** Many small rebalances under a limit of the day's turnover, and restarts between them. */
  ["limited", 3],
  /** Small exits while something cannot be read. */
  ["exits", 3],
  /** A margin account that may not sell all it holds. */
  ["margin", 2],
] as const satisfies readonly (readonly [string, number])[];

export type Pressure = (typeof PRESSURES)[number][0];

const SHARE = 0.4;

export function drawPressure(chance: Chance): Pressure | undefined {
  return chance.happens(SHARE) ? chance.weighted(PRESSURES) : undefined;
}

export function underPressure(scenario: Scenario, pressure: Pressure | undefined, chance: Chance): Scenario {
  if (pressure === undefined) return scenario;
  const pressed: Scenario = { ...scenario, pressure };
  switch (pressure) {
    case "ages-out":
      return withStage(withFaults(pressed, ["slow-venue"]), (stage) => ({
        ...stage,
        runs: runsEvery(stage, 20_000, ["expiring"], chance),
      }));
    case "misread-zone":
      return withStage(pressed, (stage) => asleep(stage, chance));
    case "closing":
      return closing(withFaults(pressed, ["slow-fills", chance.pick(["suspended", "trading-interrupted", "slow-venue"] as const)]), chance);
    case "overnight":
      return overnight(withFaults(pressed, ["slow-fills"]), chance);
    case "switching":
      return switching(withFaults(withFaults(pressed, CALM), [chance.pick(["snapshots-lag", "account-lags"] as const)]), chance);
    case "sent-again":
      return sentAgain(withFaults(pressed, chance.pick(LOST_AND_FOUND)), chance);
    case "slow-cancels":
      return withFaults({ ...pressed, orderTimeoutSeconds: 20 }, ["slow-fills", "cancel-stuck"]);
    case "stopped-midway":
      return withFaults(pressed, chance.pick(STOPS));
    case "outdated-look":
      return withFaults(pressed, [chance.pick(["manual-trade", "read-fails"] as const)]);
    case "limited":
      return limited(withFaults(pressed, [chance.pick(["killed", "stopped"] as const)]), chance);
    case "exits":
      return withStage(withFaults(pressed, ["read-fails"]), (stage) => ({
        ...stage,
        runs: runsEvery(stage, 25_000, ["sell", "named"], chance),
      }));
    case "margin":
      return withFaults({ ...pressed, multiplier: chance.pick(["2", "4"]) }, ["asset-inactive", "late-request"]);
  }
}

/** Faults that leave alone what an account is worth, so that its own contradictions show. */
const CALM = ["late-answer", "lost-answer", "stream-dropped", "frames-doubled", "slow-fills", "watch-deaf"] as const;

const STOPS = [
  ["account-blocked", "slow-fills"],
  ["account-blocked", "rate-limited"],
  ["foreign-order", "rate-limited"],
  ["halted", "slow-fills"],
  ["halted", "rate-limited"],
] as const satisfies readonly FaultKind[][];

const LOST_AND_FOUND = [
  ["late-then-refused"],
  ["accepted-unseen", "slow-fills"],
  ["lost-answer", "look-up-misses"],
  ["lost-request", "read-fails"],
  ["late-request", "account-lags"],
] as const satisfies readonly FaultKind[][];

/** The pressing faults in the place of as many others. */
function withFaults(scenario: Scenario, pressing: readonly FaultKind[]): Scenario {
  const others = scenario.faults.filter((kind) => !pressing.includes(kind));
  return { ...scenario, faults: [...pressing, ...others].slice(0, Math.max(5, scenario.faults.length)) };
}

/** Changes the last stage, the one of which the session is open. */
function withStage(scenario: Scenario, change: (stage: Stage) => Stage): Scenario {
  return { ...scenario, stages: scenario.stages.map((stage, index) => (index === scenario.stages.length - 1 ? change(stage) : stage)) };
}

function runsEvery({ forMs }: Stage, everyMs: number, kinds: readonly RunKind[], chance: Chance): StagedRun[] {
  const count = Math.max(1, Math.min(6, Math.floor(forMs / everyMs)));
  return Array.from({ length: count }, (_, index) => ({
    afterMs: 2_500 + index * everyMs + chance.whole(0, Math.floor(everyMs / 3)),
    kind: chance.pick(kinds),
  }));
}

/** No process lives for longer than a signal is fresh, and the run is stamped for the moment when the next one starts. */
function asleep(stage: Stage, chance: Chance): Stage {
  const from = chance.whole(3_000, 20_000);
  const forMs = chance.whole(325_000, 420_000);
  const writtenAt = from + chance.whole(6_000, 12_000);
  const aheadMs = from + forMs - writtenAt - chance.whole(2_000, 20_000);
  return {
    ...stage,
    forMs: from + forMs + 60_000,
    runs: [...stage.runs.filter(({ afterMs }) => afterMs < from), { afterMs: writtenAt, kind: "misread", aheadMs }],
    absences: [{ afterMs: from, forMs }],
  };
}

const LAST_STARTS = ["15:55", "15:56"] as const;

/** The next run comes while the fate of an order is unknown, and may want its money. */
function sentAgain(scenario: Scenario, chance: Chance): Scenario {
  const everyMs = chance.whole(10_000, 26_000);
  return withStage({ ...scenario, multiplier: chance.pick(["1", "2", "4"]) }, (stage) => ({
    ...stage,
    runs: runsEvery(stage, everyMs, ["named", "weighted", "single", "hedge"], chance),
  }));
}

/** The last stage begins some minutes before a close. */
function closing(scenario: Scenario, chance: Chance): Scenario {
  const day = new Date(scenario.stages.at(-1)?.at ?? 0).toISOString().slice(0, 10);
  const half = scenario.day === "half-day";
  const at = newYorkInstant(day, half ? "12:56" : chance.pick(LAST_STARTS)) + chance.whole(0, 40_000);
  return withStage({ ...scenario, orderTimeoutSeconds: 60 }, (stage) => ({
    ...stage,
    at,
    forMs: 300_000,
    runs: [{ afterMs: chance.whole(2_000, 12_000), kind: chance.pick(["named", "weighted"] as const) }],
  }));
}

function overnight(scenario: Scenario, chance: Chance): Scenario {
  const first = chance.whole(2_000, 8_000);
  const run: StagedRun = { afterMs: first, kind: chance.pick(["named", "weighted"]) };
  const evening: Stage = {
    at: newYorkInstant("2026-11-17", "14:30"),
    forMs: first + chance.whole(2_000, 12_000),
    runs: [run],
    absences: [],
  };
  const morning = newYorkInstant("2026-11-18", "10:15");
  return withStage({ ...scenario, day: "normal", stages: [evening, ...scenario.stages.slice(-1)] }, (stage) => ({ ...stage, at: morning }));
}

/** As much cash after each switch as before it, so that cash alone does not tell the two apart. */
function switching(scenario: Scenario, chance: Chance): Scenario {
  const everyMs = chance.whole(4_000, 14_000);
  const stage = withStage(scenario, (last) => ({ ...last, forMs: Math.max(last.forMs, 90_000), runs: [] }));
  return withStage({ ...stage, stillPrices: true }, (last) => ({
    ...last,
    runs: runsEvery(last, everyMs, ["named", "single", "hedge"], chance),
  }));
}

function limited(scenario: Scenario, chance: Chance): Scenario {
  const limits = { maxDailyTurnover: decimal(chance.pick(["1.5", "2.5", "3.5"])), maxDailyLoss: undefined };
  const stage = withStage(scenario, (last) => ({ ...last, forMs: Math.max(last.forMs, 240_000), runs: [] }));
  return withStage({ ...stage, limits }, (last) => ({ ...last, runs: runsEvery(last, 40_000, ["named", "weighted", "single"], chance) }));
}
