import { systemClock } from "../../src/domain/clock.ts";
import { JournaledLedger } from "../../src/fleet/worker/journaled-ledger.ts";
import { Ground } from "../fleet/machines/ground.ts";
import { takenOver } from "../fleet/machines/kills.ts";
import { PostgresServer } from "../fleet/store/postgres-server.ts";
import type { Spread } from "./statistics.ts";
import { rounded, spreadOf } from "./statistics.ts";

/** Commits of one account, each followed by the barrier that an order waits for. */
const BARRIERS = 2_000;
/** The first ones compile. */
const WARM_UP = 200;
const HALF = 0.5;

export interface FleetDatabaseFigures {
  readonly server: string;
  readonly accounts: number;
  readonly workers: number;
  /** From the alert to the last fill: of a run that buys three symbols, and of one that sells them and buys two. */
  readonly runMs: readonly [first: number, second: number];
  readonly accountsPerSecond: number;
  /** From the call until the commit is kept in the database, flushed to the disk. */
  readonly barrierMs: Spread;
  /** From the `kill -9` of a worker to its successor's first request, of each account that it held. */
  readonly takeOverMs: Spread;
  readonly takenOver: number;
}

/** Workers, an intake, PostgreSQL and the venue on one machine. @returns `undefined` where there is no PostgreSQL. */
export async function measureFleetDatabase(accounts: number, workers: number): Promise<FleetDatabaseFigures | undefined> {
  if (PostgresServer.missing !== undefined) return undefined;
  const ground = await Ground.open({ accounts, isDurable: true, signalMaxAgeSeconds: 3_600 });
  try {
    const barrierMs = await barriers(ground);
    const running = await ground.start(...Array.from({ length: workers }, () => "worker" as const));
    const [intake] = await ground.start("intake");
    const runMs = [await oneRun(ground), await oneRun(ground)] as const;
    const last = oneRun(ground);
    await ground.until(() => ground.begun >= accounts * HALF, "half of the accounts to begin");
    const [victim] = running;
    if (victim === undefined) throw new Error("There is no worker to kill.");
    const held = await ground.heldBy(victim);
    victim.kill("SIGKILL");
    const killedAt = systemClock.monotonic();
    await victim.end();
    const took = await Promise.all(held.map((name) => takenOver(ground, name, killedAt)));
    await last;
    if (ground.violations.length > 0) throw new Error(`The fleet did not do what it should:\n${ground.violations.join("\n")}`);
    for (const started of [...running.slice(1), ...(intake === undefined ? [] : [intake])]) await started.stop();
    const takeOvers = took.filter((ms) => Number.isFinite(ms));
    return {
      ...{ server: ground.machines.server.version, accounts, workers, runMs, barrierMs },
      accountsPerSecond: rounded(accounts / (runMs[1] / 1_000)),
      takeOverMs: spreadOf(takeOvers),
      takenOver: takeOvers.length,
    };
  } finally {
    await ground.close();
  }
}

async function oneRun(ground: Ground): Promise<number> {
  ground.alert();
  const at = systemClock.monotonic();
  await ground.traded();
  await ground.judge();
  return rounded(ground.lastFillAt - at);
}

/** What each order waits for before it may leave. */
async function barriers(ground: Ground): Promise<Spread> {
  const { accounts, sealing, store } = ground.machines;
  // Of a strategy that never speaks, so that no worker takes it.
  const id = await accounts.add("barriers", { number: "of barriers", settings: {}, strategies: ["silent"] }, sealing);
  const claim = await store.ledgers.claim(id, "bench");
  const holding = { account: id, epoch: claim.epoch, scopes: ["fleet"] };
  const journaled = await JournaledLedger.open({ store: store.ledgers, holding, claim });
  const took: number[] = [];
  for (let round = 0; round < WARM_UP + BARRIERS; round += 1) {
    journaled.ledger.recordHistory("nuclear", `line ${String(round)}`, round);
    const at = systemClock.monotonic();
    await journaled.settled();
    took.push(systemClock.monotonic() - at);
  }
  await journaled.finish();
  journaled.ledger.close();
  return spreadOf(took.slice(WARM_UP));
}
