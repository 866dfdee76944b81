import { describe, expect, test } from "@jest/globals";
import { simulateMachines } from "./machines-simulation.ts";

const SEEDS = 6;
const LIMIT_MS = 240_000;

describe("the accounts of a fleet on several machines, in virtual time,", () => {
  test(
    "are traded once and reach their targets, whatever befalls machines, database and network",
    async () => {
      const broken: string[] = [];
      let orders = 0;
      for (let seed = 1; seed <= SEEDS; seed += 1) {
        const result = await simulateMachines(seed);
        orders += result.orders;
        broken.push(...result.violations.map((text) => `seed ${String(seed)}: ${text}`));
      }

      expect(broken).toEqual([]);
      expect(orders).toBeGreaterThan(SEEDS * 10);
    },
    LIMIT_MS,
  );
});
