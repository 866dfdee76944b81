import { cpus, loadavg, release } from "node:os";
import { systemClock } from "../../src/clock.ts";
import type { Idle } from "./idle.ts";
import { measureIdle } from "./idle.ts";
import type { IntakeFigures } from "./intake.ts";
import { measureIntake } from "./intake.ts";
import type { LongLedger } from "./long-ledger.ts";
import { measureLongLedger } from "./long-ledger.ts";
import type { ManyRebalances } from "./many-rebalances.ts";
import { measureManyRebalances } from "./many-rebalances.ts";
import type { Planning } from "./planning.ts";
import { measurePlanning } from "./planning.ts";
import type { RebalanceResult } from "./rebalance.ts";
import { measureRebalances, rebalance as rebalanceOnce } from "./rebalance.ts";
import type { Restart } from "./restart.ts";
import { measureRestart } from "./restart.ts";
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
export interface Results {
  readonly alertToFirstOrderMs: Spread;
  readonly rebalance: readonly RebalanceResult[];
  readonly readyMs: number;
  readonly intakeLinesPerSecond: number;
  readonly idleRssMiB: number;
  readonly idleCpuPercent: number;
  readonly maxStallMs: number;
  readonly manyRebalances: ManyRebalances;
  readonly restart: Restart;
  readonly intake: IntakeFigures;
  readonly ledger: LongLedger;
  readonly planning: Planning;
  readonly idle: Idle;
  readonly surroundings: Surroundings;
}

/** Measures everything, one thing after the other. @param say takes a line on how far it is. */
export async function measureAll(scale: Scale, setup: StandSetup, say: (text: string) => void): Promise<Results> {
  const loadBefore = loadavg()[0] ?? 0;
  const step = async <Figures>(title: string, work: () => Figures | Promise<Figures>): Promise<Figures> => {
    say(`— ${title}`);
    return work();
  };
  await step("compiling", () => warmUp(setup));
  const planning = await step("plans", () => measurePlanning(scale.plans, scale.planGrowth, scale.planRuns));
  const intake = await step("intake", () => measureIntake(scale.intake));
  const restart = await step("restarts", () => measureRestart(setup, scale.restarts));
  const rebalance = await step("rebalances", () => measureRebalances(setup, scale.rebalances, say));
  const many = await step("many rebalances", () => measureManyRebalances(setup, scale.manyRebalances, say));
  const idle = await step("idling", () => measureIdle(setup, scale.idleSeconds));
  const ledger = await step("a long ledger", () => measureLongLedger(setup, scale.ledgers, scale.ledgerRuns, say));
  return {
    alertToFirstOrderMs: many.alertToFirstOrderMs,
    rebalance,
    readyMs: restart.readyMs,
    intakeLinesPerSecond: intake.linesPerSecond,
    idleRssMiB: idle.rssMiB,
    idleCpuPercent: idle.cpuPercent,
    maxStallMs: many.maxStallMs,
    manyRebalances: many,
    restart,
    intake,
    ledger,
    planning,
    idle,
    surroundings: surroundings(scale, loadBefore),
  };
}

/** A daemon that ends well leaves its compiled code behind; without it the others would carry the compiler along. */
function warmUp(setup: StandSetup): Promise<void> {
  return atStand(setup, async (stand) => {
    const daemon = await stand.daemon();
    for (const round of [0, 1]) {
      await rebalanceOnce(stand, daemon, WARM_UP_SYMBOLS, round);
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
