import { describe, expect, test } from "@jest/globals";
import { decimal } from "../../src/domain/decimal.ts";
import { LIMIT_MS, Scenario } from "./harness.ts";
import { HEDGE, HEDGE_WEIGHTS } from "./strategy.ts";
import { expectExit } from "./trader-process.ts";

/** Fully invested elsewhere, in odd quantities, with $12 to its name. */
const INVESTED = {
  cash: decimal("12"),
  positions: [
    { symbol: "TQQQ", quantity: decimal("950.123456789"), averagePrice: decimal("81.40") },
    { symbol: "SMR", quantity: decimal("300.5"), averagePrice: decimal("36.10") },
  ],
};

describe("from TQQQ and SMR with $12 of cash into the 75/25 hedge", () => {
  test(
    "no buy leaves before the last sell has its last fill, and no dust is left of a full exit",
    async () => {
      const scenario = await Scenario.open({
        venue: { ...INVESTED, partialFillProbability: 1, partialFillSteps: 4, partialFillIntervalMs: 150, fillLatencyMs: 50 },
      });
      const { exchange } = scenario.simulator;
      const journal: string[] = [];
      exchange.onTradeUpdate(({ event, order }) => journal.push(`${event} ${order.side} ${order.symbol}`));
      scenario.alert(HEDGE);

      const ended = await scenario.run(["execute"]);

      expectExit(ended, 0);
      expect(scenario.book).toEqual(["buy BTAL filled", "buy UVXY filled", "sell SMR filled", "sell TQQQ filled"]);
      expect(journal.filter((entry) => entry.startsWith("partial_fill sell")).length).toBeGreaterThan(2);
      const lastSellFill = Math.max(journal.lastIndexOf("fill sell TQQQ"), journal.lastIndexOf("fill sell SMR"));
      const firstBuy = journal.findIndex((entry) => entry.includes(" buy "));
      expect(firstBuy).toBeGreaterThan(lastSellFill);
      expect([...exchange.state.positions.keys()].sort()).toEqual(["BTAL", "UVXY"]);
      for (const [symbol, weight] of Object.entries(HEDGE_WEIGHTS))
        expect(Math.abs((scenario.weights[symbol] ?? 0) - weight * 0.99)).toBeLessThan(0.005);
      expect(Number(exchange.accountView().cash)).toBeGreaterThan(0);
    },
    LIMIT_MS,
  );
});
