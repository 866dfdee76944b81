import { describe, expect, test } from "@jest/globals";
import { decimal } from "../../src/domain/decimal.ts";
import { KEY, LIMIT_MS, Scenario, SECRET } from "./harness.ts";
import { NUCLEAR } from "./strategy.ts";
import { expectExit } from "./trader-process.ts";

const POSITIONS = [
  { symbol: "BWXT", quantity: decimal("100"), averagePrice: decimal("20") },
  { symbol: "TQQQ", quantity: decimal("500"), averagePrice: decimal("20") },
];

describe("an account that holds what was bought by hand (R27)", () => {
  test(
    "live: execute refuses with 3 and lists it, the daemon starts and refuses, doctor fails, and after account --adopt the run is executed",
    async () => {
      const scenario = await Scenario.open({
        env: { ALPACA_PAPER_ENDPOINT: undefined, ALPACA_PAPER_KEY: undefined, ALPACA_PAPER_SECRET: undefined },
        venue: { positions: POSITIONS },
      });
      const live = {
        TRADING_MODE: "live",
        ALPACA_ENDPOINT: scenario.simulator.url,
        ALPACA_KEY: KEY,
        ALPACA_SECRET: SECRET,
        LIVE_TRADING_ACCOUNT: scenario.accountNumber,
      };
      scenario.alert(NUCLEAR);

      const refused = await scenario.run(["execute"], live);
      expectExit(refused, 3);
      expect(refused.stdout).toMatch(
        /Not executed, refused: .*did not buy: all 100 shares of BWXT \(\$10,000\.00\), all 500 shares of TQQQ/,
      );
      expect(refused.stdout).toContain("account --adopt");

      const dry = await scenario.execute({ dryRun: true }, live);
      expectExit(dry, 0);
      expect(dry.stderr).toContain("did not buy: all 100 shares of BWXT");

      const doctor = await scenario.type(["doctor"], live);
      expect(doctor.stdout).toMatch(/✗ positions: the first run would sell what this installation never bought: BWXT, TQQQ/);

      const daemon = scenario.start(["run"], live);
      await daemon.says(/holds positions that this ledger did not buy: BWXT, TQQQ/);
      await daemon.says(/Not executed, refused/);
      expectExit(await daemon.stop(), 0);
      expect(scenario.orders).toEqual([]);

      const mistaken = await scenario.run(["account", "--adopt", "--release", "XYZZY"], live);
      expect(mistaken.stderr).toContain("The account holds no XYZZY.");
      expect((await scenario.type(["execute"], live)).stdout).toContain("account --adopt");

      const adopted = await scenario.type(["account", "--adopt"], live);
      expectExit(adopted, 0);
      expect(adopted.stdout).toContain("Adopted: BWXT, TQQQ.");
      const executed = await scenario.execute({}, live);
      expectExit(executed, 0);
      expect(scenario.orders.length).toBeGreaterThanOrEqual(4);
    },
    2 * LIMIT_MS,
  );

  test(
    "paper: execute says what it sells that it never bought, and goes on",
    async () => {
      const scenario = await Scenario.open({ venue: { positions: POSITIONS } });
      scenario.alert(NUCLEAR);
      const executed = await scenario.type(["execute"]);
      expectExit(executed, 0);
      expect(executed.stderr).toContain("it would sell positions that the ledger did not buy: all 100 shares of BWXT");
      expect(scenario.log).toMatch(/WARN .*did not buy/);
      const again = await scenario.execute();
      expect(again.stderr).not.toContain("did not buy");
    },
    LIMIT_MS,
  );
});
