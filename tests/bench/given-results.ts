import type { Results } from "./results.ts";

const spread = { p50: 2, p99: 9 };
const growth = [
  { work: 10, ms: 1, timesWork: undefined, timesMs: undefined },
  { work: 20, ms: 2.5, timesWork: 2, timesMs: 2.5 },
];

/** Made-up figures of a made-up machine. */
export const RESULTS: Results = {
  alertToFirstOrderMs: spread,
  rebalance: [
    {
      symbols: 25,
      rttMs: 20,
      runs: 3,
      measuredRttMs: 20.5,
      fillMs: 9.5,
      medianMs: 200,
      p99Ms: 210,
      floorMs: 183,
      ratio: 1.093,
      firstOrderMs: 30,
      outcomeMs: 260,
      requests: 130,
    },
  ],
  afterIdle: [
    {
      symbols: 3,
      rttMs: 20,
      idleSeconds: 10,
      runs: 3,
      measuredRttMs: 20.5,
      fillMs: 9.5,
      firstOrderMs: 38,
      firstOrderP99Ms: 50,
      lastFillMs: 120,
      floorMs: 49.8,
      ratio: 2.41,
    },
  ],
  readyMs: 300,
  intakeLinesPerSecond: 5_000,
  idleRssMiB: 120,
  idleCpuPercent: 0.2,
  maxStallMs: 20,
  manyRebalances: {
    runs: 100,
    measuredRttMs: 0.4,
    alertToFirstOrderMs: spread,
    alertToLastSellMs: spread,
    ownOverheadMs: spread,
    maxStallMs: 20,
    rssMiB: { before: 90, after: 95 },
    liveHeapMiB: { before: 40, after: 40.5 },
    rssSlopeKiBPerRebalance: 0.1,
  },
  restart: { readyMs: 300, readySpreadMs: spread, killedToNextOrderMs: spread, runs: 3 },
  intake: {
    linesPerSecond: 5_000,
    floods: growth,
    largeFile: { megabytes: 100, firstVerdictMs: 4, runs: 3 },
    files: growth,
  },
  ledger: {
    executions: 100_000,
    megabytes: 900,
    readyMs: 310,
    statusMs: 200,
    reportMs: 400,
    runs: 3,
    growth: { ready: growth, status: growth, report: growth },
  },
  fleet: {
    sizes: [
      {
        accounts: 50,
        lastFillMs: 1_200,
        secondRunMs: 1_400,
        firstOrderMs: spread,
        processorMsPerAccount: 28,
        stallMs: 60,
        readyMs: 900,
        rssMiB: { warm: 160, after: 250 },
      },
    ],
    growth,
  },
  simulator: {
    load: 1.5,
    accounts: 100,
    reads: [{ path: "/v2/clock", perSecond: 5_000, perSecondPassed: 4_000 }],
    oneAccount: { orders: { perSecond: 1_500, perSecondPassed: 900 }, updates: { perSecond: 4_500, perSecondPassed: 2_700 } },
    allAccounts: { orders: { perSecond: 1_400, perSecondPassed: 800 }, updates: { perSecond: 4_200, perSecondPassed: 2_400 } },
    rssMiB: { started: 80, one: 110, all: 120, after: 121 },
  },
  planning: { plans: [{ symbols: 25, ms: spread }], growth },
  idle: {
    sampledSeconds: 60,
    rssMiB: 120,
    cpuPercent: 0.2,
    acceleratedHour: { beforeMiB: 90, afterMiB: 92, tookSeconds: 8 },
  },
  surroundings: {
    scale: "quick",
    at: "2026-03-16T14:00:00.000Z",
    machine: "2 × An Invented Processor",
    node: "24.0.0",
    kernel: "6.1",
    loadBefore: 0.1,
    loadAfter: 0.9,
  },
};
