import { mkdirSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { LIMIT_MS, Scenario } from "./harness.ts";
import { NUCLEAR } from "./strategy.ts";
import { expectExit } from "./trader-process.ts";

const LOGS = ["alpaca_trader.log", "alpaca_trader_error.log", "alpaca_trades.json"];

describe("the log files", () => {
  test(
    "have mode 0640",
    async () => {
      const scenario = await Scenario.open();
      scenario.alert(NUCLEAR);

      expectExit(await scenario.run(["execute"]), 0);

      for (const name of LOGS) expect([name, statSync(scenario.path("logs", name)).mode & 0o7777]).toEqual([name, 0o640]);
    },
    LIMIT_MS,
  );

  test.each(LOGS)(
    "a symbolic link in the place of %s is not followed: exit 3 naming it, its goal untouched, nothing traded",
    async (name) => {
      const scenario = await Scenario.open();
      scenario.alert(NUCLEAR);
      const goal = scenario.path("goal");
      writeFileSync(goal, "precious");
      symlinkSync(goal, scenario.path("logs", name));

      for (const ended of await Promise.all([scenario.run(["execute"]), scenario.run(["run"])])) {
        expectExit(ended, 3);
        expect(ended.stderr).toContain(scenario.path("logs", name));
      }
      expect(readFileSync(goal, "utf8")).toBe("precious");
      expect(scenario.orders).toEqual([]);
    },
    LIMIT_MS,
  );

  test(
    "a LOG_DIR that cannot be written is an error of the configuration",
    async () => {
      const scenario = await Scenario.open();
      mkdirSync(scenario.path("elsewhere"));
      writeFileSync(scenario.path("elsewhere", "file"), "");

      const ended = await scenario.run(["execute"], { LOG_DIR: scenario.path("elsewhere", "file") });

      expectExit(ended, 78);
      expect(ended.stderr).toContain("LOG_DIR");
    },
    LIMIT_MS,
  );

  test(
    "--verbose shows the stack of an error, and the key in none of it",
    async () => {
      const scenario = await Scenario.open({ venue: { credentials: { keyId: "another", secret: "pair" } } });

      const ended = await scenario.run(["execute", "--verbose"]);

      expectExit(ended, 1);
      expect(ended.stderr).toMatch(/^\s+at /m);
    },
    LIMIT_MS,
  );
});

describe("the command logs", () => {
  test(
    "shows the newest lines of this installation's log, and says clearly that there is none yet",
    async () => {
      const scenario = await Scenario.open();
      const none = await scenario.run(["logs"]);
      expectExit(none, 1);
      expect(none.stderr).toContain(`There is no log yet: ${scenario.path("logs", "alpaca_trader.log")} does not exist or is empty.`);
      scenario.alert(NUCLEAR);
      expectExit(await scenario.execute(), 0);
      const written = readFileSync(scenario.path("logs", "alpaca_trader.log"), "utf8").trimEnd().split("\n");

      const [some, all] = await Promise.all([scenario.type(["logs", "-n", "3"]), scenario.type(["logs", "-n", "1000"])]);

      for (const ended of [some, all]) expectExit(ended, 0);
      expect(written[0]).toMatch(/^--- \d{4}-\d\d-\d\d /);
      expect(some.stdout.trimEnd().split("\n")).toEqual([written[0], ...written.slice(-3)]);
      expect(all.stdout.trimEnd().split("\n")).toEqual(written);
    },
    LIMIT_MS,
  );

  test(
    "shows the heading of each day once, above the first line of that day that it shows",
    async () => {
      const scenario = await Scenario.open();
      const log = scenario.path("logs", "alpaca_trader.log");
      mkdirSync(scenario.path("logs"), { recursive: true });
      const [monday, tuesday] = ["--- 2026-03-16 Monday, times in UTC ---", "--- 2026-03-17 Tuesday, times in UTC ---"];
      writeFileSync(`${log}.1`, ["--- 2026-03-15 Sunday, times in UTC ---", "1", monday, "2", "3", ""].join("\n"));
      writeFileSync(log, [monday, "4", monday, "5", tuesday, "6", ""].join("\n"));

      const ended = await scenario.run(["logs", "-n", "4"]);

      expectExit(ended, 0);
      expect(ended.stdout).toBe([monday, "3", "4", "5", tuesday, "6", ""].join("\n"));
    },
    LIMIT_MS,
  );

  test(
    "follows the log from before its first line and across rotation, until it is stopped",
    async () => {
      const scenario = await Scenario.open();
      const log = scenario.path("logs", "alpaca_trader.log");
      mkdirSync(scenario.path("logs"), { recursive: true });
      const logs = scenario.start(["logs", "-f"]);
      await logs.says(/Waiting for its first line/);
      writeFileSync(log, "one\n");
      await logs.says(/^one$/m);
      renameSync(log, `${log}.1`);
      writeFileSync(log, "two\n");
      await logs.says(/^two$/m);
      const ended = await logs.stop();
      expectExit(ended, 0);
      expect(ended.stdout).toBe("one\ntwo\n");
    },
    LIMIT_MS,
  );
});
