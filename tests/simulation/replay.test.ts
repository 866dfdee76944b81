import { expect, test } from "@jest/globals";
import { replaySeeds } from "./replay-tally.ts";

const SEEDS = 8;
/** A slow machine; a free one takes some seconds. */
const PATIENCE_MS = 600_000;

test(
  `every execution of ${String(SEEDS)} seeds, with faults and kills in the middle, is replayed to the same orders`,
  async () => {
    const tally = await replaySeeds(1, SEEDS);
    expect(tally.different).toEqual([]);
    expect(tally.executions).toBeGreaterThan(15);
    expect(tally.same + tally.unrecorded).toBe(tally.executions);
    expect(tally.unrecorded).toBeLessThan(2);
    expect(tally.restarted).toBeGreaterThan(1);
    expect(tally.limitStyle).toBeGreaterThan(2);
    expect(Math.max(...tally.sizes)).toBeLessThan(65_536);
  },
  PATIENCE_MS,
);
