import { expect, test } from "@jest/globals";
import { decimal } from "../../src/domain/decimal.ts";
import { LIMIT_MS, Scenario } from "./harness.ts";
import { HEDGE } from "./strategy.ts";
import { expectExit } from "./trader-process.ts";

const DAY_MS = 86_400_000;

test(
  "of a split that the broker has not booked `execute` sells no share, and `execute`, `doctor` and `explain` name it",
  async () => {
    const scenario = await Scenario.open({
      venue: {
        cash: decimal("1000"),
        prices: { TQQQ: "80", UVXY: "20", BTAL: "20" },
        positions: [
          { symbol: "UVXY", quantity: decimal("3712.5"), averagePrice: decimal("16") },
          { symbol: "BTAL", quantity: decimal("1237.5"), averagePrice: decimal("20") },
        ],
      },
    });
    const { exchange } = scenario.simulator;
    scenario.alert(HEDGE, 10_000);
    expectExit(await scenario.execute(), 0);
    expect(scenario.orders).toEqual([]);

    exchange.split("UVXY", "1:5", { bookAfter: DAY_MS });
    scenario.alert([{ symbol: "TQQQ", reason: "TQQQ oversold, buying dip" }]);
    const ended = await scenario.run(["execute"]);

    expectExit(ended, 1);
    expect(ended.output).toContain("left alone: split unbooked");
    expect(scenario.book).toEqual(["buy TQQQ filled", "sell BTAL filled"]);
    expect(Number(exchange.valueOf("TQQQ").times(exchange.state.positions.get("TQQQ")!.quantity).toFixed())).toBeLessThan(24_750);
    expect((await scenario.type(["doctor"])).output).toMatch(/^! splits: UVXY: its price changed by the split of/m);
    const explained = (await scenario.type(["explain"])).output.replace(/\s+/g, " ");
    expect(explained).toContain("the broker still lists the 3,712.5 shares from before it, which become 742.5");
  },
  LIMIT_MS,
);
