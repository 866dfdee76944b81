import { residentMiB } from "./process-figures.ts";
import { shiftOf } from "./portfolio.ts";
import { rebalance } from "./rebalance.ts";
import type { StandSetup } from "./stand.ts";
import { atStand } from "./stand.ts";
import type { Spread } from "./statistics.ts";
import { median, rounded, slope, spreadOf } from "./statistics.ts";

/** A portfolio as the strategy's own. */
const SYMBOLS = 3;
/** Connections are open, the code is compiled, assets are remembered by then. */
const WARM_UP = 5;
const KIB_PER_MIB = 1_024;
/** Memory is looked at so often in all. */
const LOOKS = 20;

export interface ManyRebalances {
  readonly runs: number;
  readonly measuredRttMs: number;
  readonly alertToFirstOrderMs: Spread;
  readonly alertToLastSellMs: Spread;
  /** Alert to first order, less the one round trip that a snapshot takes. */
  readonly ownOverheadMs: Spread;
  readonly maxStallMs: number;
  readonly rssMiB: { readonly before: number; readonly after: number };
  /** What a collection of garbage leaves: this tells a leak from memory that the engine has not yet given back. */
  readonly liveHeapMiB: { readonly before: number; readonly after: number };
  /** Of the second half, when caches and compiled code are there. */
  readonly rssSlopeKiBPerRebalance: number;
}

/** One daemon through many rebalances, a minute of its clock between them: latency, stalls and memory. */
export function measureManyRebalances(setup: StandSetup, runs: number, say: (text: string) => void): Promise<ManyRebalances> {
  return atStand(setup, async (stand) => {
    const daemon = await stand.daemon();
    const first: number[] = [];
    const lastSell: number[] = [];
    const roundTrips: number[] = [];
    const stalls: number[] = [];
    const memory: (readonly [number, number])[] = [];
    const before = residentMiB(daemon.pid);
    let liveBefore = 0;
    for (let round = 0; round < runs + WARM_UP; round += 1) {
      if (round === WARM_UP) liveBefore = await daemon.liveHeapMiB();
      if (round % 20 === 0) roundTrips.push(await stand.venue.measureRoundTrip());
      await daemon.watchStalls();
      const timing = await rebalance(stand, daemon, shiftOf(SYMBOLS, round));
      const stall = await daemon.longestStall();
      await stand.nextMinute(daemon);
      if (round < WARM_UP) continue;
      first.push(timing.firstOrderMs);
      lastSell.push(timing.lastSellMs);
      stalls.push(stall);
      if (round % Math.max(1, Math.floor(runs / LOOKS)) === 0) {
        memory.push([round, residentMiB(daemon.pid)]);
        say(`rebalance ${String(round - WARM_UP + 1)} of ${String(runs)}: ${memory.at(-1)?.[1].toFixed(1) ?? ""} MiB`);
      }
    }
    const after = residentMiB(daemon.pid);
    const liveAfter = await daemon.liveHeapMiB();
    await daemon.stop();
    const roundTrip = median(roundTrips);
    return {
      runs,
      measuredRttMs: rounded(roundTrip),
      alertToFirstOrderMs: spreadOf(first),
      alertToLastSellMs: spreadOf(lastSell),
      ownOverheadMs: spreadOf(first.map((ms) => ms - roundTrip)),
      maxStallMs: rounded(Math.max(...stalls)),
      rssMiB: { before: rounded(before), after: rounded(after) },
      liveHeapMiB: { before: rounded(liveBefore), after: rounded(liveAfter) },
      rssSlopeKiBPerRebalance: rounded(slope(memory.slice(Math.floor(memory.length / 2))) * KIB_PER_MIB),
    };
  });
}
