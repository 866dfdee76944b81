import { readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { systemClock } from "../../src/domain/clock.ts";
import { LIMIT_MS, Scenario } from "./harness.ts";
import { HEDGE, lineOf, NUCLEAR, runOf, writeTorn } from "./strategy.ts";
import { expectExit, until } from "./trader-process.ts";

/** The contract's bound of SIGTERM, and room for a busy machine. */
const LEAVES_WITHIN_MS = 8_000 + 4_000;

const TAIL_LINE = /^(--- \d{4}-\d\d-\d\d \w+day, times in .* ---$|\d\d:\d\d:\d\d\.\d{3} (INFO |WARN |ERROR) \S)/;

describe("the daemon", () => {
  test(
    "executes lines that are 80 ms apart and torn in the middle exactly once, and leaves a readable log and one trade line",
    async () => {
      const scenario = await Scenario.open();
      const daemon = await scenario.daemon();

      await writeTorn(scenario.alertsFile, NUCLEAR);
      await scenario.filled(3);
      await until(() => scenario.trades.length > 0, "a line in the trade log");

      expectExit(await daemon.stop(), 0);
      expect(scenario.book).toEqual(["buy LEU filled", "buy OKLO filled", "buy SMR filled"]);
      const lines = scenario.log.trimEnd().split("\n");
      expect(lines.filter((line) => !TAIL_LINE.test(line))).toEqual([]);
      expect(lines.filter((line) => line.startsWith("---"))).toEqual([lines[0]]);
      expect(lines.some((line) => /SMR: buy .* sent\. \[[0-9a-f]{8}\]$/.test(line))).toBe(true);
      for (const count of [1, 2, 3]) expect(scenario.log).toMatch(new RegExp(`bought \\S+ @ \\S+\\. ${String(count)} of 3 bought\\. \\[`));
      const long = lines.filter((line) => line.length > 100 && !line.includes(scenario.directory));
      expect(long.filter((line) => !line.includes(": waiting. "))).toEqual([]);
      expect(scenario.log).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-/);
      const [trade, ...more] = scenario.trades;
      expect(more).toEqual([]);
      expect(trade).toMatchObject({ outcome: "on-target", target_weights: { SMR: "0.312", LEU: "0.395", OKLO: "0.293" } });
      const orders = trade?.orders as Record<string, unknown>[];
      expect(orders.map(({ symbol, side, status }) => [symbol, side, status]).sort()).toEqual([
        ["LEU", "buy", "filled"],
        ["OKLO", "buy", "filled"],
        ["SMR", "buy", "filled"],
      ]);
      for (const order of orders) {
        expect(Number(order.quantity) * Number(order.fill_price)).toBeGreaterThan(1_000);
        expect(order.order_id).toEqual(expect.any(String));
        expect(order.client_order_id).toEqual(expect.any(String));
      }
    },
    LIMIT_MS,
  );

  test(
    "executes every one of several SELLs that follow one another by little more than a second",
    async () => {
      const scenario = await Scenario.open();
      const daemon = await scenario.daemon();
      scenario.alert(NUCLEAR);
      await scenario.filled(3);
      await until(() => scenario.trades.length > 0, "a line in the trade log");
      await systemClock.sleep(2_500);
      for (const symbol of ["SMR", "LEU"]) {
        scenario.alert([{ symbol, action: "SELL", reason: "exit" }]);
        await systemClock.sleep(1_300);
      }
      await scenario.filled(5);
      expectExit(await daemon.stop(), 0);
      expect(scenario.book.filter((order) => order.startsWith("sell"))).toEqual(["sell LEU filled", "sell SMR filled"]);
    },
    LIMIT_MS,
  );

  test(
    "survives that the alerts file is not there, is replaced, truncated, deleted and comes back",
    async () => {
      const scenario = await Scenario.open();
      const daemon = await scenario.daemon();
      const { alertsFile } = scenario;

      scenario.alert(NUCLEAR);
      await scenario.filled(3);
      // A file put in its place by rename, with the old lines in it, executes only what is new.
      writeFileSync(`${alertsFile}.new`, readFileSync(alertsFile, "utf8") + runOf(HEDGE, systemClock.now()), { mode: 0o644 });
      renameSync(`${alertsFile}.new`, alertsFile);
      await scenario.filled(8);
      truncateSync(alertsFile);
      await systemClock.sleep(100);
      scenario.alert(NUCLEAR);
      await scenario.filled(13);
      rmSync(alertsFile);
      await systemClock.sleep(100);
      scenario.alert(HEDGE);
      await scenario.filled(18);
      await until(() => scenario.trades.length === 4, "four lines in the trade log");

      expectExit(await daemon.stop(), 0);
      expect(scenario.trades.map(({ outcome }) => outcome)).toEqual(["on-target", "on-target", "on-target", "on-target"]);
      expect([...scenario.simulator.exchange.state.positions.keys()].sort()).toEqual(["BTAL", "UVXY"]);
    },
    LIMIT_MS,
  );

  test(
    "refuses a second run or execute (exit 3, naming its pid), while status, explain and a dry run still work",
    async () => {
      const scenario = await Scenario.open();
      const daemon = await scenario.daemon();
      scenario.alert(NUCLEAR);
      await until(() => scenario.trades.length === 1, "a line in the trade log");

      const [second, execute, status, explain, dryRun] = await Promise.all(
        [["run"], ["execute"], ["status"], ["explain"], ["execute", "--dry-run"]].map((args) => scenario.run(args)),
      );

      for (const refused of [second!, execute!]) {
        expectExit(refused, 3);
        expect(refused.stderr).toContain(`process ${String(daemon.pid)} (run`);
        expect(refused.output).toContain("Portfolio Value: $");
      }
      expectExit(status!, 0);
      expect(status!.stdout).toContain(`(pid ${String(daemon.pid)})`);
      expect(status!.stdout).toMatch(/SMR.*31\.2 %/);
      expectExit(explain!, 0);
      expect(explain!.stdout).toMatch(/SMR/);
      expect(explain!.stdout).toMatch(/Verdict: executed/);
      expectExit(dryRun!, 0);
      expect(daemon.isOver).toBe(false);
      expect(scenario.orders).toHaveLength(3);
    },
    LIMIT_MS,
  );

  test(
    "of two executes at once one trades and the other is refused with 3",
    async () => {
      const scenario = await Scenario.open({ venue: { fillLatencyMs: 4_000 } });
      scenario.alert(NUCLEAR);

      const ends = await Promise.all([scenario.run(["execute"]), scenario.run(["execute"])]);

      const refused = ends.find(({ code }) => code !== 0);
      expect(refused?.output).toContain("Another trader is running");
      expect(ends.map(({ code }) => code).sort()).toEqual([0, 3]);
      expect(scenario.orders).toHaveLength(3);
    },
    LIMIT_MS,
  );

  test(
    "another installation for the same account is refused with exit 3 and the holder's pid",
    async () => {
      const scenario = await Scenario.open();
      const daemon = await scenario.daemon();

      const elsewhere = await scenario.run(["run"], { STATE_DIR: scenario.path("elsewhere") });

      expectExit(elsewhere, 3);
      expect(elsewhere.stderr).toContain(`process ${String(daemon.pid)} (run`);
      expect(elsewhere.output).toContain("Portfolio Value: $100,000.00");
    },
    LIMIT_MS,
  );

  test(
    "a dry run lists every symbol, sends nothing and leaves the signal to be executed",
    async () => {
      const scenario = await Scenario.open();
      scenario.alert(NUCLEAR);

      const dryRun = await scenario.type(["execute", "--dry-run"]);

      expectExit(dryRun, 0);
      for (const symbol of ["SMR", "LEU", "OKLO"]) expect(dryRun.stdout).toMatch(new RegExp(`${symbol}_BUY +\\$`));
      expect(dryRun.stdout).toContain("Dry run: nothing was sent.");
      expect(scenario.orders).toEqual([]);
      expectExit(await scenario.execute(), 0);
      expect(scenario.orders).toHaveLength(3);
      const after = await scenario.execute({ dryRun: true });
      expect(after.stdout).toMatch(/^Dry run: nothing would be sent\. The newest run was traded before: /m);
      expect(after.stdout).not.toContain("executed");
    },
    LIMIT_MS,
  );
});

describe("the reader of the output", () => {
  test(
    "may leave: the daemon and execute trade on",
    async () => {
      const scenario = await Scenario.open();
      const daemon = await scenario.daemon();
      daemon.turnAway();
      scenario.alert(NUCLEAR);
      await scenario.filled(3);
      await until(() => scenario.trades.length === 1, "a line in the trade log");
      expectExit(await daemon.stop(), 0);

      scenario.alert(HEDGE);
      const execute = scenario.start(["execute"]);
      execute.turnAway();
      expectExit(await execute.end(), 0);
      expect([...scenario.simulator.exchange.state.positions.keys()].sort()).toEqual(["BTAL", "UVXY"]);
    },
    LIMIT_MS,
  );
});

test.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)(
  "%s during the start, or as the terminal closes, ends the daemon with 0",
  async (signal) => {
    const scenario = await Scenario.open();
    const starting = scenario.start(["run"]);
    await starting.says(/Starting in paper mode/);
    starting.kill(signal);
    expectExit(await starting.end(), 0);
    const daemon = await scenario.daemon();
    daemon.kill(signal);
    const ended = await daemon.end();
    expectExit(ended, 0);
    expect(ended.output).toContain(`${signal}: Stopping.`);
  },
  LIMIT_MS,
);

describe("SIGTERM", () => {
  test(
    "lets a POST that is answered slowly be answered, records the order and leaves with 0",
    async () => {
      const scenario = await Scenario.open();
      const daemon = await scenario.daemon();
      let posts = 0;
      scenario.simulator.venue.interceptor = {
        after: async ({ method }, response) => {
          if (method !== "POST") return response;
          posts += 1;
          await systemClock.sleep(1_500);
          return response;
        },
      };
      scenario.append(lineOf({ symbol: "SPY", reason: "SPY extremely oversold" }, systemClock.now()));
      await until(() => posts === 1, "the POST");

      expectExit(await daemon.stop(), 0);

      expect(scenario.book).toEqual(["buy SPY filled"]);
      const [explained, verbose] = [await scenario.type(["explain"]), await scenario.type(["explain", "--verbose"])];
      expect(explained.stdout).not.toContain(scenario.orders[0]?.id ?? "SPY_BUY");
      expect(verbose.stdout).toContain(scenario.orders[0]?.id ?? "no order");
      scenario.simulator.venue.interceptor = {};
      expectExit(await scenario.execute(), 0);
      expect(scenario.book).toEqual(["buy SPY filled"]);
    },
    LIMIT_MS,
  );

  test(
    "leaves within 8 s with 0 although a POST is never answered, and the next start finds the order instead of sending it again",
    async () => {
      const scenario = await Scenario.open();
      const daemon = await scenario.daemon();
      const silence = Promise.withResolvers<undefined>();
      let posts = 0;
      scenario.simulator.venue.interceptor = {
        after: async ({ method }, response) => {
          if (method !== "POST") return response;
          posts += 1;
          await silence.promise;
          return { ...response, cut: "connection" };
        },
      };
      scenario.append(lineOf({ symbol: "SPY", reason: "SPY extremely oversold" }, systemClock.now()));
      await until(() => posts === 1, "the POST");

      const asked = systemClock.monotonic();
      expectExit(await daemon.stop(), 0);
      expect(systemClock.monotonic() - asked).toBeLessThan(LEAVES_WITHIN_MS);

      silence.resolve(undefined);
      scenario.simulator.venue.interceptor = {};
      expectExit(await scenario.execute(), 0);
      expect(scenario.book).toEqual(["buy SPY filled"]);
    },
    LIMIT_MS,
  );
});
