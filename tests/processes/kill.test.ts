import { describe, expect, test } from "@jest/globals";
import { PATIENCE_MS } from "../scenarios/trader-process.ts";
import { killAgainAndAgain } from "./kill-run.ts";

describe("the daemon, killed again and again while it trades a new run every second,", () => {
  test(
    "ends on the newest target with no order twice, no debt, no short position and a verdict on every line",
    async () => {
      const report = await killAgainAndAgain(5, 7, () => undefined);

      expect(report.violations).toEqual([]);
      expect(report.orders).toBeGreaterThanOrEqual(3);
    },
    3 * PATIENCE_MS,
  );
});
