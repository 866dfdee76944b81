import type { AfterIdlePlan } from "./after-idle.ts";
import type { FleetPlan } from "./fleet.ts";
import type { IntakePlan } from "./intake.ts";
import type { RebalancePlan } from "./rebalance.ts";
import type { SimulatorPlan } from "./simulator.ts";

/** How much is measured. */
export interface Scale {
  readonly name: "full" | "quick";
  readonly rebalances: readonly RebalancePlan[];
  readonly afterIdle: readonly AfterIdlePlan[];
  readonly manyRebalances: number;
  readonly idleSeconds: number;
  readonly restarts: number;
  readonly intake: IntakePlan;
  /** Executions, the largest last. */
  readonly ledgers: readonly number[];
  readonly ledgerRuns: number;
  readonly fleets: FleetPlan;
  readonly simulator: SimulatorPlan;
  readonly plans: readonly number[];
  readonly planGrowth: readonly number[];
  readonly planRuns: number;
}

const ROUND_TRIPS_MS = [0, 20, 50];

export const FULL: Scale = {
  name: "full",
  rebalances: [...rebalancesOf(3, 25), ...rebalancesOf(25, 11), ...rebalancesOf(100, 3)],
  afterIdle: [
    ...[20, 50].map((rttMs) => ({ symbols: 3, rttMs, idleSeconds: 10, runs: 15 })),
    { symbols: 3, rttMs: 20, idleSeconds: 2, runs: 15 },
    { symbols: 3, rttMs: 20, idleSeconds: 60, runs: 5 },
    { symbols: 25, rttMs: 20, idleSeconds: 10, runs: 9 },
    { symbols: 3, rttMs: 20, idleSeconds: 10, runs: 9, isCold: true },
  ],
  manyRebalances: 1_000,
  idleSeconds: 120,
  restarts: 9,
  intake: { floods: [3_000, 6_000, 12_000], files: [25, 50, 100], runs: 5 },
  ledgers: [25_000, 50_000, 100_000],
  ledgerRuns: 3,
  fleets: { sizes: [10, 50, 200, 1_000], database: { accounts: 100, workers: 2 } },
  simulator: { requests: 20_000, orders: 5_000, accounts: 100 },
  plans: [25, 500, 5_000],
  planGrowth: [625, 1_250, 2_500, 5_000],
  planRuns: 15,
};

/** For a look at whether anything has become much slower, within two or three minutes. */
export const QUICK: Scale = {
  name: "quick",
  rebalances: [...rebalancesOf(3, 5), ...rebalancesOf(25, 3)],
  afterIdle: [
    ...[3, 25].map((symbols) => ({ symbols, rttMs: 20, idleSeconds: 10, runs: 3 })),
    { symbols: 3, rttMs: 20, idleSeconds: 10, runs: 3, isCold: true },
  ],
  manyRebalances: 25,
  idleSeconds: 10,
  restarts: 3,
  intake: { floods: [1_000, 2_000, 4_000], files: [5, 10], runs: 3 },
  ledgers: [500, 1_000],
  ledgerRuns: 1,
  fleets: { sizes: [3, 12], database: { accounts: 10, workers: 2 } },
  simulator: { requests: 2_000, orders: 500, accounts: 20 },
  plans: [25, 500],
  planGrowth: [250, 500, 1_000],
  planRuns: 7,
};

function rebalancesOf(symbols: number, runs: number): RebalancePlan[] {
  return ROUND_TRIPS_MS.map((rttMs) => ({ symbols, rttMs, runs }));
}
