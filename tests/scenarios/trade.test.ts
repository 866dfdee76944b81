import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { nuclearCloses } from "../signals/branches.ts";
import { filesBelow, LIMIT_MS, Scenario } from "./harness.ts";
import { expectExit } from "./trader-process.ts";

async function at(branch: string): Promise<Scenario> {
  const scenario = await Scenario.open();
  scenario.simulator.exchange.giveBars({ closes: nuclearCloses(branch) });
  return scenario;
}

describe("trade", () => {
  test(
    "without any keys goes three steps on the built-in simulator, and ends on target",
    async () => {
      const scenario = await Scenario.open({
        env: {
          ALPACA_PAPER_ENDPOINT: undefined,
          ALPACA_PAPER_KEY: undefined,
          ALPACA_PAPER_SECRET: undefined,
          LOG_DIR: undefined,
          ALERTS_FILE: undefined,
        },
      });
      const trade = await scenario.run(["trade"]);
      expectExit(trade, 0);
      const places = [
        "Step 1. The signals",
        "nuclear: ",
        "Step 2. The account",
        "Portfolio Value: $100,000.00",
        "Step 3. The execution",
        "filled ",
      ];
      expect(places.map((text) => trade.stdout.indexOf(text)).every((place, index, all) => place > (all[index - 1] ?? -1))).toBe(true);
      expect(trade.stdout).toMatch(/The account is on target after \d orders?\./);
      const alerts = scenario.path("state", "simulator", "nuclear_alerts.json");
      expect(readFileSync(alerts, "utf8")).toContain('"origin": "simulator"');
      expect(filesBelow(scenario.directory).filter((file) => !file.startsWith(scenario.path("state")))).toEqual([]);

      const again = await scenario.run(["trade"]);
      expectExit(again, 0);
      // Within two seconds the same lines say nothing new, later they renew the run (R3).
      expect(again.stdout).toMatch(/on target already; nothing to do|Already executed: The account is on target/);
    },
    LIMIT_MS,
  );

  test(
    "tries out from start to end and leaves nothing behind",
    async () => {
      const scenario = await at("SPY overbought");
      const dry = await scenario.type(["trade", "--dry-run"]);
      expectExit(dry, 0);
      expect(dry.stdout).toContain("nuclear: UVXY 75%, BTAL 25%");
      expect(dry.stdout).toMatch(/Step 2[^]*Portfolio Value[^]*Step 3[^]*UVXY[^]*nothing was sent/i);
      expect(scenario.book).toEqual([]);
      expect(existsSync(scenario.alertsFile)).toBe(false);

      expectExit(await scenario.type(["trade"]), 0);
      expect(scenario.book).toEqual(["buy BTAL filled", "buy UVXY filled"]);
    },
    LIMIT_MS,
  );

  test(
    "executes nothing without a signal, not even an earlier one in the file",
    async () => {
      const scenario = await at("SPY overbought");
      expectExit(await scenario.signal(), 0);
      const before = readFileSync(scenario.alertsFile, "utf8");
      scenario.simulator.exchange.giveBars({ bars: { PSQ: [] } });
      const trade = await scenario.type(["trade"]);
      expectExit(trade, 1);
      expect(trade.stderr).toContain("No signal from nuclear: PSQ has no daily bars.");
      expect(trade.stdout).toContain("Portfolio Value: $100,000.00");
      expect(trade.stdout).toContain("Nothing is executed: there is no signal.");
      expect([scenario.book, readFileSync(scenario.alertsFile, "utf8")]).toEqual([[], before]);
    },
    LIMIT_MS,
  );

  test(
    "is refused, and writes nothing, while a daemon runs or trading is halted",
    async () => {
      const scenario = await at("TQQQ oversold");
      const daemon = await scenario.daemon();
      const beside = await scenario.type(["trade"]);
      expectExit(beside, 3);
      expect(beside.stdout).toContain("Portfolio Value: $100,000.00");
      expect(beside.stderr).toContain(String(daemon.pid));
      expect(existsSync(scenario.alertsFile)).toBe(false);
      expectExit(await daemon.stop(), 0);

      writeFileSync(scenario.path("state", "HALT"), "");
      const halted = await scenario.type(["trade"]);
      expectExit(halted, 3);
      expect(halted.output).toMatch(/halted/i);
      expect(scenario.book).toEqual([]);
    },
    LIMIT_MS,
  );
});
