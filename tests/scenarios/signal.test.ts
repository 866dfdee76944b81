import { chmodSync, existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { NUCLEAR_BRANCHES, nuclearCloses, teclCloses } from "../signals/branches.ts";
import { LIMIT_MS, Scenario } from "./harness.ts";
import { expectExit } from "./trader-process.ts";

type Branch = keyof typeof NUCLEAR_BRANCHES;

/** An installation whose venue serves the bars that lead to a branch. */
async function at(branch: Branch, env: Record<string, string> = {}): Promise<Scenario> {
  const scenario = await Scenario.open({ env });
  const response = await fetch(`${scenario.simulator.url}/simulator/bars`, {
    method: "POST",
    body: JSON.stringify({ closes: nuclearCloses(branch) }),
  });
  expect(response.status).toBe(200);
  return scenario;
}

function alertsIn(file: string): Record<string, unknown>[] {
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe("signal", () => {
  test(
    "appends the lines of the branch, which execute reads back to the same weights",
    async () => {
      const scenario = await at("bull market");
      const signal = await scenario.run(["signal", "--explain"]);
      expectExit(signal, 0);
      expect(signal.stdout).toContain("nuclear: OKLO 14.3%, SMR 28.6%, LEU 57.1%");
      expect(signal.stdout).toMatch(/✓ N9: price of SPY [\d.]+ > SMA\(200\) of SPY [\d.]+/);
      const alerts = alertsIn(scenario.alertsFile);
      expect(alerts.map(({ symbol, action }) => [symbol, action])).toEqual([
        ["OKLO", "BUY"],
        ["SMR", "BUY"],
        ["LEU", "BUY"],
      ]);
      expect(alerts[0]).toMatchObject({
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+05:30$/),
        reason: "Nuclear portfolio allocation: 14.3% (Bull market - Nuclear portfolio: OKLO (14.3%), SMR (28.6%), LEU (57.1%))",
      });
      expect(alerts[0]).not.toHaveProperty("origin");

      expectExit(await scenario.execute(), 0);
      const { OKLO, SMR, LEU } = scenario.weights;
      expect([OKLO, SMR, LEU].map((weight) => weight?.toFixed(2))).toEqual(["0.14", "0.28", "0.57"]);
      expect(scenario.log).toMatch(/Signal of nuclear: Bull market - Nuclear portfolio.* 3 alerts appended to /);
    },
    LIMIT_MS,
  );

  test(
    "writes nothing with one symbol's bars missing, names it, and ends with 1",
    async () => {
      const scenario = await at("SPY overbought");
      scenario.simulator.exchange.giveBars({ bars: { IEF: [] } });
      const failed = await scenario.type(["signal"]);
      expectExit(failed, 1);
      expect(failed.stderr).toContain("No signal from nuclear: IEF has no daily bars.");
      expect(existsSync(scenario.alertsFile)).toBe(false);
      expect(scenario.log).toContain("No signal from nuclear: IEF has no daily bars.");

      const dry = await scenario.signal({ dryRun: true });
      expectExit(dry, 1);
    },
    LIMIT_MS,
  );

  test(
    "tries out without writing, also a strategy that is not configured",
    async () => {
      const scenario = await at("SPY overbought");
      scenario.simulator.exchange.giveBars({ closes: { ...teclCloses(), ...nuclearCloses("SPY overbought") } });
      const dry = await scenario.signal({ dryRun: true });
      expectExit(dry, 0);
      expect(dry.stdout).toContain('"symbol": "UVXY", "action": "BUY"');
      expect(dry.stdout).toContain("Volatility hedge allocation: 75% (SPY overbought (79-81), UVXY 75% + BTAL 25% allocation)");
      const tecl = await scenario.type(["signal", "--dry-run", "--strategy", "tecl", "--explain"]);
      expectExit(tecl, 0);
      expect(tecl.stdout).toMatch(/^tecl: /m);
      const written = await scenario.type(["signal", "--strategy", "tecl"]);
      expectExit(written, 1);
      expect(written.stderr).toContain("tecl is not listed in STRATEGIES");
      expect((await scenario.signal({ strategy: "momentum" })).stderr).toContain('There is no built-in strategy "momentum".');
      expect(existsSync(scenario.alertsFile)).toBe(false);
    },
    LIMIT_MS,
  );

  test(
    "gives each strategy its own file, and one that fails does not stop the other",
    async () => {
      const scenario = await at("TQQQ oversold");
      const files = { nuclear: scenario.path("n.json"), tecl: scenario.path("t.json") };
      const strategies = `nuclear:60:${files.nuclear},tecl:39:${files.tecl},own:1:${scenario.path("own.json")}`;
      scenario.simulator.exchange.giveBars({ closes: { ...teclCloses(), ...nuclearCloses("TQQQ oversold"), KMLM: [] } });
      const run = await scenario.signal({}, { STRATEGIES: strategies });
      expectExit(run, 1);
      expect(run.stderr).toContain("No signal from tecl: KMLM has no daily bars.");
      expect(alertsIn(files.nuclear)).toMatchObject([{ symbol: "TQQQ", reason: "TQQQ oversold, buying dip" }]);
      expect(existsSync(files.tecl) || existsSync(scenario.path("own.json"))).toBe(false);
    },
    LIMIT_MS,
  );

  test(
    "never writes through a link or where others can write, and says which file",
    async () => {
      const scenario = await at("TQQQ oversold");
      symlinkSync(scenario.path("elsewhere"), scenario.alertsFile);
      const linked = await scenario.signal();
      expectExit(linked, 1);
      expect(linked.stderr).toContain(`The alerts were not written: ${scenario.alertsFile} is a symbolic link.`);
      expect(existsSync(scenario.path("elsewhere"))).toBe(false);
      const open = scenario.path("open.json");
      writeFileSync(open, "");
      chmodSync(open, 0o666);
      const writable = await scenario.signal({}, { ALERTS_FILE: open });
      expectExit(writable, 1);
      expect(writable.stderr).toContain(`${open} can be written by anyone`);
    },
    LIMIT_MS,
  );

  test(
    "says what to do about a feed that the account does not pay for",
    async () => {
      const scenario = await at("TQQQ oversold", { ALPACA_DATA_FEED: "sip" });
      const refused = await scenario.signal();
      expectExit(refused, 1);
      expect(refused.stderr).toContain("does not sell this account the requested market data feed");
      expect(refused.stderr).toContain("Hint: Set ALPACA_DATA_FEED=iex");
      const wrong = await scenario.signal({}, { SIGNAL_BAR: "yesterday", SIGNAL_SCHEDULE: "noon" });
      expectExit(wrong, 78);
      expect(wrong.stderr).toMatch(/SIGNAL_BAR is "yesterday"; expected live or closed/);
      expect(wrong.stderr).toMatch(/SIGNAL_SCHEDULE is "noon"; expected a time and its zone/);
    },
    LIMIT_MS,
  );

  test(
    "can be scheduled in the daemon, which says when",
    async () => {
      const scenario = await at("TQQQ oversold");
      const daemon = await scenario.daemon({ SIGNAL_SCHEDULE: "15:45 America/New_York" });
      await daemon.says(/Signals of nuclear are generated at 15:45 America\/New_York, on days with a session/);
      expectExit(await daemon.stop(), 0);
      const own = await scenario.run(["run"], { SIGNAL_SCHEDULE: "15:45 UTC", STRATEGIES: `momentum:100:${scenario.alertsFile}` });
      expectExit(own, 78);
      expect(own.output).toContain("None of the strategies of STRATEGIES (momentum) is built in.");
    },
    LIMIT_MS,
  );
});
