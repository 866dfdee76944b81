import { describe, expect, test } from "@jest/globals";
import { LIMIT_MS, Scenario } from "./harness.ts";
import { NUCLEAR, NUCLEAR_WEIGHTS } from "./strategy.ts";
import { expectExit } from "./trader-process.ts";

const RESERVE_LEAVES = 0.99;
const HALF_A_POINT = 0.005;

describe("the owner's example on $100,000", () => {
  test(
    "gives three market day buys in dollars, on target less the reserve, and nothing more when run again",
    async () => {
      const scenario = await Scenario.open();
      scenario.alert(NUCLEAR);

      const first = await scenario.run(["execute"]);

      expectExit(first, 0);
      expect(first.stdout).toContain("Portfolio Value: $100,000.00");
      expect(first.stdout).toContain("Buying Power: $100,000.00");
      expect(first.stdout).toContain("Cash: $100,000.00");
      expect(first.stdout).toMatch(/SMR_BUY .*filled/);
      expect(first.stdout).toMatch(/on target/i);
      expect(first.stderr).toBe("");
      expect(scenario.book).toEqual(["buy LEU filled", "buy OKLO filled", "buy SMR filled"]);
      for (const { type, timeInForce, notional, quantity } of scenario.orders) {
        expect({ type, timeInForce, quantity }).toEqual({ type: "market", timeInForce: "day", quantity: undefined });
        expect(notional?.toFixed()).toMatch(/^\d+(\.\d{1,2})?$/);
      }
      const { weights } = scenario;
      for (const [symbol, target] of Object.entries(NUCLEAR_WEIGHTS))
        expect(Math.abs((weights[symbol] ?? 0) - target * RESERVE_LEAVES)).toBeLessThan(HALF_A_POINT);

      const again = await scenario.run(["execute"]);

      expectExit(again, 0);
      expect(again.stdout).toContain("Already executed");
      expect(scenario.orders).toHaveLength(3);
    },
    LIMIT_MS,
  );
});
