import { chmodSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { systemClock } from "../../src/domain/clock.ts";
import { LIMIT_MS, Scenario } from "./harness.ts";
import type { Leg } from "./strategy.ts";
import { NUCLEAR, runOf } from "./strategy.ts";
import { expectExit } from "./trader-process.ts";

const MINUTE_MS = 60_000;

interface Doubt {
  readonly what: string;
  readonly verdict: string;
  readonly code: 0 | 3;
  readonly write: (scenario: Scenario) => void;
  /** Whether a process of its own runs it, as a person would start it. */
  readonly ownProcess?: true;
}

function run(legs: readonly Leg[], ageMs = 0): (scenario: Scenario) => void {
  return (scenario) => scenario.alert(legs, ageMs);
}

function weighted(symbol: string, percent: string): Leg {
  return { symbol, reason: `Bear market allocation: ${percent}% (inverse volatility weighted)` };
}

const DOUBTS: readonly Doubt[] = [
  { what: "a run of six minutes ago", verdict: "stale", code: 0, write: run(NUCLEAR, 6 * MINUTE_MS), ownProcess: true },
  { what: "a run stamped an hour ahead", verdict: "future", code: 3, write: run(NUCLEAR, -60 * MINUTE_MS) },
  { what: "HOLD", verdict: "held", code: 0, write: run([{ symbol: "SPY", action: "HOLD", reason: "Missing SPY data" }]) },
  { what: "two of three legs", verdict: "incomplete", code: 3, write: run(NUCLEAR.slice(0, 2)), ownProcess: true },
  { what: "190 %", verdict: "over-allocated", code: 3, write: run([weighted("SMR", "95.0"), weighted("LEU", "95.0")]) },
  { what: "a negative weight", verdict: "malformed", code: 3, write: run([weighted("SMR", "-40.0"), weighted("LEU", "140.0")]) },
  {
    what: "BEAR_PORTFOLIO without legs",
    verdict: "malformed",
    code: 3,
    write: run([{ symbol: "BEAR_PORTFOLIO", reason: "Bear market, no portfolio data" }]),
  },
  { what: "../../etc/passwd as symbol", verdict: "malformed", code: 3, write: run([{ symbol: "../../etc/passwd", reason: "oversold" }]) },
  { what: "a line that is not JSON", verdict: "malformed", code: 3, write: (scenario) => scenario.append("buy SMR quickly\n") },
  { what: "a line of 70 KiB", verdict: "malformed", code: 3, write: run([{ symbol: "SMR", reason: "x".repeat(70 * 1024) }]) },
  {
    what: "a fresh run with a line after it that is not JSON",
    verdict: "malformed",
    code: 3,
    write: (scenario) => scenario.append(`${runOf(NUCLEAR, systemClock.now())}{"timestamp": \n`),
  },
  {
    what: "lines written from simulator data",
    verdict: "untrusted",
    code: 3,
    write: (scenario) => scenario.append(runOf(NUCLEAR, systemClock.now()).replaceAll("}\n", ', "origin": "simulator"}\n')),
  },
  {
    what: "a file that the group can write",
    verdict: "untrusted",
    code: 3,
    write: (scenario) => {
      scenario.alert(NUCLEAR);
      chmodSync(scenario.alertsFile, 0o664);
    },
  },
  {
    what: "a symbolic link",
    verdict: "untrusted",
    code: 3,
    write: (scenario) => {
      scenario.alert(NUCLEAR);
      renameSync(scenario.alertsFile, `${scenario.alertsFile}.real`);
      symlinkSync(`${scenario.alertsFile}.real`, scenario.alertsFile);
    },
  },
];

describe("execute sends no order, says the verdict in one line and ends with the contract's code, given", () => {
  test.each(DOUBTS)(
    "$what: $verdict, exit $code",
    async (doubt) => {
      const scenario = await Scenario.open({ env: { BATCH_SETTLE_SECONDS: "0.2" } });
      doubt.write(scenario);

      const ended = await (doubt.ownProcess === true ? scenario.run(["execute"]) : scenario.execute());

      expectExit(ended, doubt.code);
      expect(ended.output.split("\n").filter((line) => line.startsWith(`Not executed, ${doubt.verdict}: `))).toHaveLength(1);
      expect(ended.stdout).toContain("Portfolio Value: $100,000.00");
      expect(scenario.orders).toEqual([]);
    },
    LIMIT_MS,
  );

  test(
    "an empty file or none at all: exit 0",
    async () => {
      const scenario = await Scenario.open();

      const none = await scenario.execute();
      scenario.append("");
      const empty = await scenario.execute();

      for (const ended of [none, empty]) {
        expectExit(ended, 0);
        expect(ended.stdout).toContain("The alerts file holds no run.");
      }
    },
    LIMIT_MS,
  );

  test(
    "only half a line: exit 3, and the half line is reported, also after a run that is executed",
    async () => {
      const scenario = await Scenario.open();
      scenario.append('{"timestamp": "2026-11-');
      const half = await scenario.execute();
      expectExit(half, 3);
      expect(half.stdout).toMatch(/The end of the alerts file is not read: 23 bytes follow the last newline/);
      writeFileSync(scenario.alertsFile, `${runOf(NUCLEAR, systemClock.now())}{"timestamp": "2026-11-`);
      const both = await scenario.execute({ dryRun: true });
      expectExit(both, 0);
      expect(both.stdout).toMatch(/The end of the alerts file is not read/);
    },
    LIMIT_MS,
  );
});

describe("the daemon", () => {
  test(
    "warns once about a file that it does not trust, and reads it when the permissions are fixed",
    async () => {
      const scenario = await Scenario.open();
      const daemon = await scenario.daemon();
      writeFileSync(scenario.alertsFile, "");
      chmodSync(scenario.alertsFile, 0o666);
      scenario.alert(NUCLEAR);
      await scenario.logSays(/untrusted\. .*can be written by anyone.* chmod 644/);
      await systemClock.sleep(1_200);
      expect(scenario.orders).toEqual([]);

      chmodSync(scenario.alertsFile, 0o644);
      await scenario.filled(3);

      expectExit(await daemon.stop(), 0);
      expect(scenario.log.match(/can be written by anyone/g)).toHaveLength(1);
    },
    LIMIT_MS,
  );

  test(
    "logs each doubtful run once with its verdict, and executes the good one that follows",
    async () => {
      const scenario = await Scenario.open();
      const daemon = await scenario.daemon();

      const steps: readonly [write: (scenario: Scenario) => void, said: RegExp][] = [
        [run(NUCLEAR, 6 * MINUTE_MS), /: stale\. The run is \S+ \S+ old by its stamp/],
        [run([weighted("SMR", "95.0"), weighted("LEU", "95.0")], 40_000), /: over-allocated\. The weights add up to 190/],
        [run([{ symbol: "../../etc/passwd", reason: "oversold" }], 30_000), /: malformed\. .*passwd/],
        [(each) => each.append("buy SMR quickly\n"), /: malformed\. .*JSON/],
        [run([{ symbol: "SPY", action: "HOLD", reason: "Missing SPY data" }], 20_000), /: held\. The strategy says HOLD/],
      ];
      for (const [write, said] of steps) {
        write(scenario);
        await scenario.logSays(said);
      }
      expect(scenario.orders).toEqual([]);
      scenario.alert(NUCLEAR);
      await scenario.filled(3);

      expectExit(await daemon.stop(), 0);
      for (const [, said] of steps) expect(scenario.log.split("\n").filter((line) => said.test(line))).toHaveLength(1);
    },
    LIMIT_MS,
  );
});
