import { describe, expect, test } from "@jest/globals";
import { simulateFleet } from "./fleet-simulation.ts";

const SEEDS = 15;
const LIMIT_MS = 180_000;

describe("the accounts of a fleet in one process, in virtual time,", () => {
  test(
    "reach their targets whatever befalls the others, and never before their canary",
    async () => {
      const broken: string[] = [];
      let isolated = 0;
      for (let seed = 1; seed <= SEEDS; seed += 1) {
        const result = await simulateFleet(seed);
        isolated += result.isolated;
        broken.push(...result.violations.map((text) => `seed ${String(seed)}: ${text}`));
      }

      expect(broken).toEqual([]);
      expect(isolated).toBeGreaterThan(SEEDS);
    },
    LIMIT_MS,
  );
});
