import { appendFileSync, existsSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { systemClock } from "../../src/domain/clock.ts";
import { filesBelow, LIMIT_MS, Scenario } from "./harness.ts";
import { NUCLEAR, runOf } from "./strategy.ts";
import { expectExit, until } from "./trader-process.ts";

/** As on a machine where nothing was set up: no keys, and every place by default. */
function bare(): Promise<Scenario> {
  return Scenario.open({
    env: {
      ALPACA_PAPER_ENDPOINT: undefined,
      ALPACA_PAPER_KEY: undefined,
      ALPACA_PAPER_SECRET: undefined,
      LOG_DIR: undefined,
      ALERTS_FILE: undefined,
    },
  });
}

describe("without any Alpaca keys", () => {
  test(
    "execute says SIMULATOR, reaches the target, finds it again later, and writes nothing outside STATE_DIR",
    async () => {
      const scenario = await bare();
      expectExit(await scenario.run(["execute"]), 0);
      const alerts = scenario.path("state", "simulator", "nuclear_alerts.json");
      appendFileSync(alerts, runOf(NUCLEAR, systemClock.now()).replaceAll("}\n", ', "origin": "simulator"}\n'), { mode: 0o644 });

      const first = await scenario.run(["execute"]);
      expectExit(first, 0);
      expect(first.stdout).toContain("SIMULATOR: no Alpaca keys are set; no real money is involved.");
      expect(first.stdout).toMatch(/on target/i);

      const status = await scenario.run(["status"]);
      expectExit(status, 0);
      expect(status.stdout).toContain("Mode: simulator (no Alpaca keys are set)");
      for (const symbol of ["SMR", "LEU", "OKLO"]) expect(status.stdout).toMatch(new RegExp(`^ *${symbol} `, "m"));
      expect((await scenario.run(["execute"])).stdout).toContain("Already executed");
      expect(filesBelow(scenario.directory).filter((file) => !file.startsWith(scenario.path("state")))).toEqual([]);
    },
    LIMIT_MS,
  );

  test(
    "the daemon trades, and status shows the same account",
    async () => {
      const scenario = await bare();
      const daemon = await scenario.daemon();
      appendFileSync(scenario.path("state", "simulator", "nuclear_alerts.json"), runOf(NUCLEAR, systemClock.now()), { mode: 0o644 });
      await daemon.says(/on target/i);

      const status = await scenario.run(["status"]);

      expectExit(status, 0);
      expect(status.stdout).toContain(`(pid ${String(daemon.pid)})`);
      for (const symbol of ["SMR", "LEU", "OKLO"]) expect(status.stdout).toMatch(new RegExp(`^ *${symbol} `, "m"));
      expectExit(await daemon.stop(), 0);
      expect(daemon.output).toContain("SIMULATOR: no Alpaca keys are set");
      expect(daemon.output).toContain(`Log: ${scenario.path("state", "simulator", "alpaca_trader.log")}.`);
      const chosen = await scenario.run(["execute"], { TRADING_MODE: "simulator", ALPACA_PAPER_KEY: "any", ALPACA_PAPER_SECRET: "any" });
      expect(chosen.stdout).toContain("SIMULATOR: TRADING_MODE=simulator; no real money is involved.");
    },
    LIMIT_MS,
  );

  test(
    "the daemon does not rely on the venue of a command that is only passing by",
    async () => {
      const scenario = await bare();
      const status = scenario.start(["status"]);
      await until(() => existsSync(scenario.path("state", "simulator", "venue-address")), "the venue of status");
      status.kill("SIGSTOP");
      const daemon = scenario.start(["run"]);
      await systemClock.sleep(500);
      status.kill("SIGCONT");
      expectExit(await status.end(), 0);
      await daemon.says(/Ready: watching for alerts/);
      appendFileSync(scenario.path("state", "simulator", "nuclear_alerts.json"), runOf(NUCLEAR, systemClock.now()), { mode: 0o644 });
      await daemon.says(/on target/i);
      expectExit(await daemon.stop(), 0);
    },
    LIMIT_MS,
  );
});
