import { systemClock } from "../../src/domain/clock.ts";
import type { WireRequest } from "./delay-line.ts";
import { machineMs } from "./machine-time.ts";
import { shiftOf } from "./portfolio.ts";
import { rebalance } from "./rebalance.ts";
import type { Stand, StandSetup } from "./stand.ts";
import { atStand, READY } from "./stand.ts";
import type { Spread } from "./statistics.ts";
import { median, rounded, spreadOf } from "./statistics.ts";
import type { Trader } from "./trader.ts";

/** Sells come in several waves, so that some are still to be sent when the first ones are. */
const SYMBOLS = 25;
const RTT_MS = 20;
const LOOK_MS = 2;
const PATIENCE_MS = 60_000;

export interface Restart {
  /** From the start of the process until alerts are acted upon. */
  readonly readyMs: number;
  readonly readySpreadMs: Spread;
  /** From the start of the next process until an order is on the wire again. */
  readonly killedToNextOrderMs: Spread;
  readonly runs: number;
}

/** Starts after a good end, and starts after a kill between the first order and the last. */
export async function measureRestart(setup: StandSetup, runs: number): Promise<Restart> {
  const ready = await atStand(setup, (stand) => goodStarts(stand, runs));
  const killed: number[] = [];
  for (let run = 0; run < runs; run += 1) killed.push(await atStand(setup, killedInExecution));
  return { readyMs: rounded(median(ready)), readySpreadMs: spreadOf(ready), killedToNextOrderMs: spreadOf(killed), runs };
}

async function goodStarts(stand: Stand, runs: number): Promise<number[]> {
  const times: number[] = [];
  // The first start makes the ledger and may compile; a restart does not.
  for (let run = -1; run < runs; run += 1) {
    const daemon = stand.command("run");
    const { at } = await daemon.says(READY);
    if (run >= 0) times.push(at - daemon.startedAt);
    await daemon.stop();
  }
  return times;
}

async function killedInExecution(stand: Stand): Promise<number> {
  const daemon = await stand.daemon();
  await rebalance(stand, daemon, shiftOf(SYMBOLS, 0));
  await stand.venue.setRoundTrip(RTT_MS);
  await stand.nextMinute(daemon);
  await stand.venue.takeRecord();
  stand.alert(shiftOf(SYMBOLS, 1).weights);
  await nextOrder(stand);
  await daemon.kill();
  await stand.venue.takeRecord();
  const next: Trader = stand.command("run");
  return (await nextOrder(stand)).at - next.startedAt;
}

async function nextOrder(stand: Stand): Promise<WireRequest> {
  const end = machineMs() + PATIENCE_MS;
  while (machineMs() < end) {
    const { requests } = await stand.venue.takeRecord();
    const order = requests.find(({ method }) => method === "POST");
    if (order !== undefined) return order;
    await systemClock.sleep(LOOK_MS);
  }
  throw new Error(`No order was sent within ${String(PATIENCE_MS / 1_000)} s.`);
}
