import { describe, expect, test } from "@jest/globals";
import { LIMIT_MS, Scenario } from "./harness.ts";
import { NUCLEAR } from "./strategy.ts";
import { expectExit, type Ended } from "./trader-process.ts";

function documentOf({ stdout }: Ended): unknown {
  return JSON.parse(stdout);
}

describe("with --json", () => {
  test(
    "status, explain and account print one object and nothing else, with the exit code that they have without it",
    async () => {
      const scenario = await Scenario.open();
      scenario.alert(NUCLEAR);
      expectExit(await scenario.execute(), 0);

      const [status, explain, pinned] = await Promise.all([
        scenario.run(["status", "--json"]),
        scenario.type(["explain", "--json"]),
        scenario.run(["account", "--json", "--pin", scenario.accountNumber]),
      ]);

      for (const ended of [status, explain, pinned]) expectExit(ended, 0);
      expect(documentOf(status)).toMatchObject({
        mode: "paper",
        account: { number: scenario.accountNumber, day_profit: expect.any(String) as unknown },
        targets: [{ strategy: "nuclear", targets: { SMR: "0.312" } }],
        signals: [{ verdict: "executed" }],
      });
      expect(documentOf(explain)).toMatchObject({ executions: [{ execution: { outcome: "on-target" } }] });
      expect(documentOf(pinned)).toMatchObject({ pinned_account: scenario.accountNumber });
      expect(pinned.stderr).toContain(`Pinned to account ${scenario.accountNumber}.`);
    },
    LIMIT_MS,
  );

  test(
    "without the broker status says so in the object and ends with 1; account and an unknown id print no object",
    async () => {
      const scenario = await Scenario.open();
      scenario.alert(NUCLEAR);
      expectExit(await scenario.execute(), 0);
      const away = { ALPACA_PAPER_ENDPOINT: "http://127.0.0.1:1" };

      const [status, account, explain] = await Promise.all([
        scenario.type(["status", "--json"], away),
        scenario.type(["account", "--json"], away),
        scenario.type(["explain", "--json", "nope"]),
      ]);

      for (const ended of [status, account, explain]) expectExit(ended, 1);
      expect(documentOf(status)).toMatchObject({ account: null, problems: [expect.stringContaining("127.0.0.1:1")] });
      expect([account.stdout, explain.stdout]).toEqual(["", ""]);
      expect(explain.stderr).toContain('No signal or execution has the id "nope"');
    },
    LIMIT_MS,
  );
});
