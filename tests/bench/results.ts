import { cpus, loadavg, release } from "node:os";
import { systemClock } from "../../src/domain/clock.ts";
import type { AfterIdleResult } from "./after-idle.ts";
import { measureAfterIdle } from "./after-idle.ts";
import type { FleetResult } from "./fleet.ts";
import { measureFleets } from "./fleet.ts";
import type { Idle } from "./idle.ts";
import { measureIdle } from "./idle.ts";
import type { IntakeFigures } from "./intake.ts";
import { measureIntake } from "./intake.ts";
import type { LongLedger } from "./long-ledger.ts";
import { measureLongLedger } from "./long-ledger.ts";
import type { ManyRebalances } from "./many-rebalances.ts";
import { measureManyRebalances } from "./many-rebalances.ts";
import type { Planning } from "./planning.ts";
import { shiftOf } from "./portfolio.ts";
import { measurePlanning } from "./planning.ts";
import type { RebalanceResult } from "./rebalance.ts";
import { measureRebalances, rebalance as rebalanceOnce } from "./rebalance.ts";
import type { Restart } from "./restart.ts";
import { measureRestart } from "./restart.ts";
import type { SimulatorFigures } from "./simulator.ts";
import { measureSimulator } from "./simulator.ts";
import type { StandSetup } from "./stand.ts";
import { atStand } from "./stand.ts";
import type { Scale } from "./scale.ts";
import type { Spread } from "./statistics.ts";

const WARM_UP_SYMBOLS = 3;

/** Where and when it was measured; a machine that does other things meanwhile spoils every figure. */
export interface Surroundings {
  readonly scale: Scale["name"];
  readonly at: string;
  readonly machine: string;
  readonly node: string;
  readonly kernel: string;
  /** Processes that wanted a processor, averaged over a minute. */
  readonly loadBefore: number;
  readonly loadAfter: number;
}

/** What `--json` prints. The first keys are those that tools read. */
export interface Results extends Parts {
  readonly alertToFirstOrderMs: Spread;
  readonly readyMs: number;
  readonly intakeLinesPerSecond: number;
  readonly idleRssMiB: number;
  readonly idleCpuPercent: number;
  readonly maxStallMs: number;
  readonly surroundings: Surroundings;
}

/** What is measured by itself, in the order in which it is. */
export interface Parts {
  readonly planning: Planning;
  readonly intake: IntakeFigures;
  readonly restart: Restart;
  readonly rebalance: readonly RebalanceResult[];
  readonly afterIdle: readonly AfterIdleResult[];
  readonly manyRebalances: ManyRebalances;
  readonly idle: Idle;
  readonly ledger: LongLedger;
  readonly fleet: FleetResult;
  readonly simulator: SimulatorFigures;
}

type PartName = keyof Parts;

type Measures = {
  readonly [Name in PartName]: (scale: Scale, setup: StandSetup, say: (text: string) => void) => Parts[Name] | Promise<Parts[Name]>;
};

const MEASURES: Measures = {
  planning: ({ plans, planGrowth, planRuns }) => measurePlanning(plans, planGrowth, planRuns),
  intake: ({ intake }) => measureIntake(intake),
  restart: ({ restarts }, setup) => measureRestart(setup, restarts),
  rebalance: ({ rebalances }, setup, say) => measureRebalances(setup, rebalances, say),
  afterIdle: ({ afterIdle }, setup, say) => measureAfterIdle(setup, afterIdle, say),
  manyRebalances: ({ manyRebalances }, setup, say) => measureManyRebalances(setup, manyRebalances, say),
  idle: ({ idleSeconds }, setup) => measureIdle(setup, idleSeconds),
  ledger: ({ ledgers, ledgerRuns }, setup, say) => measureLongLedger(setup, ledgers, ledgerRuns, say),
  fleet: ({ fleets }, setup, say) => measureFleets(setup, fleets, say),
  simulator: ({ simulator }, setup, say) => measureSimulator(setup, simulator, say),
};

export const PART_NAMES = Object.keys(MEASURES) as readonly PartName[];

/** @throws when a name stands for nothing that is measured. */
export function partsNamed(names: string | undefined): readonly PartName[] {
  if (names === undefined) return PART_NAMES;
  const wanted = names.split(",");
  const wrong = wanted.filter((name) => !PART_NAMES.some((part) => part === name));
  if (wrong.length > 0) throw new Error(`There is no part ${wrong.join(", ")}; the parts are ${PART_NAMES.join(", ")}.`);
  return PART_NAMES.filter((part) => wanted.includes(part));
}

/** Measures parts, one after the other. @param say takes a line on how far it is. */
export async function measureParts(
  scale: Scale,
  setup: StandSetup,
  names: readonly PartName[],
  say: (text: string) => void,
): Promise<Partial<Parts> & { readonly surroundings: Surroundings }> {
  const loadBefore = loadavg()[0] ?? 0;
  const measured: Partial<Record<PartName, unknown>> = {};
  say("— compiling");
  await warmUp(setup);
  for (const name of names) {
    say(`— ${name}`);
    measured[name] = await MEASURES[name](scale, setup, say);
  }
  return { ...(measured as Partial<Parts>), surroundings: surroundings(scale, loadBefore) };
}

/** All parts as one. @throws when some have not been measured. */
export function resultsOf(measured: Partial<Parts> & { readonly surroundings: Surroundings }): Results {
  const missing = PART_NAMES.filter((name) => measured[name] === undefined);
  if (missing.length > 0) throw new Error(`Not measured yet: ${missing.join(", ")}. Run \`npm run bench -- --only ${missing.join(",")}\`.`);
  const parts = measured as Parts & { readonly surroundings: Surroundings };
  return {
    alertToFirstOrderMs: parts.manyRebalances.alertToFirstOrderMs,
    readyMs: parts.restart.readyMs,
    intakeLinesPerSecond: parts.intake.linesPerSecond,
    idleRssMiB: parts.idle.rssMiB,
    idleCpuPercent: parts.idle.cpuPercent,
    maxStallMs: parts.manyRebalances.maxStallMs,
    ...parts,
  };
}

/** A daemon that ends well leaves its compiled code behind; without it the others would carry the compiler along. */
function warmUp(setup: StandSetup): Promise<void> {
  return atStand(setup, async (stand) => {
    const daemon = await stand.daemon();
    for (const round of [0, 1]) {
      await rebalanceOnce(stand, daemon, shiftOf(WARM_UP_SYMBOLS, round));
      await stand.nextMinute(daemon);
    }
    await daemon.stop();
  });
}

function surroundings(scale: Scale, loadBefore: number): Surroundings {
  const processors = cpus();
  return {
    scale: scale.name,
    at: new Date(systemClock.now()).toISOString(),
    machine: `${String(processors.length)} × ${processors[0]?.model.trim() ?? "unknown"}`,
    node: process.versions.node,
    kernel: release(),
    loadBefore,
    loadAfter: loadavg()[0] ?? 0,
  };
}
