import { mkdirSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { LIMIT_MS, Scenario } from "./harness.ts";
import { NUCLEAR } from "./strategy.ts";
import type { Ended, TraderProcess } from "./trader-process.ts";
import { expectExit, until } from "./trader-process.ts";

function expectHalted(ended: Ended, scenario: Scenario, daemon: TraderProcess | undefined): void {
  expectExit(ended, 0);
  expect(ended.stdout).toMatch(/^Halted: /);
  if (daemon === undefined) return;
  const [line] = ended.stdout.split("\n").filter((each) => each.includes(`process ${String(daemon.pid)} (run)`));
  expect(line).toMatch(/^Seen by /);
  expect(line).toContain("mode paper");
  expect(line).toContain(`account ${scenario.accountNumber}`);
  expect(line).toContain(scenario.path("state"));
}

describe("halt", () => {
  test(
    "is confirmed by the daemon; nothing is traded and status says so; after resume the fresh run is executed",
    async () => {
      const scenario = await Scenario.open();
      const daemon = await scenario.daemon();

      expectHalted(await scenario.run(["halt", "--reason", "odd prices"]), scenario, daemon);
      scenario.alert(NUCLEAR);
      await scenario.logSays(/Not executed, halted: /);
      const execute = await scenario.execute({ dryRun: true });
      expectExit(execute, 0);
      const status = await scenario.type(["status"]);
      expect(status.stdout).toContain("Trading: HALTED (odd prices)");
      expect(scenario.orders).toEqual([]);

      const resume = await scenario.run(["resume"]);
      expectExit(resume, 0);
      expect(resume.stdout).toContain(`The halt ${scenario.path("state", "HALT")} (odd prices) is lifted.`);
      expect(resume.stdout).toMatch(/This run is still fresh/);
      expect(resume.stdout).toMatch(/SMR/);
      await scenario.filled(3);
      expectExit(await daemon.stop(), 0);
    },
    LIMIT_MS,
  );

  test(
    "without a daemon: execute ends with 3 and the reason, shows the account, and acts on the same run after resume",
    async () => {
      const scenario = await Scenario.open();
      scenario.alert(NUCLEAR);

      expectHalted(await scenario.run(["halt", "--reason", "odd prices"]), scenario, undefined);
      const refused = await scenario.execute();
      expectExit(refused, 3);
      expect(refused.output).toMatch(/halted.*odd prices/i);
      expect(refused.stdout).toContain("Portfolio Value: $100,000.00");
      expect(scenario.orders).toEqual([]);
      expectExit(await scenario.type(["resume"]), 0);
      expectExit(await scenario.execute(), 0);
      expect(scenario.orders).toHaveLength(3);
    },
    LIMIT_MS,
  );

  test(
    "works with a broken configuration, and so does resume",
    async () => {
      const scenario = await Scenario.open({ env: { TRADING_MODE: "real", MIN_TRADE_VALUE: "few", ALPACA_TYPO: "1" } });

      expectHalted(await scenario.type(["halt"]), scenario, undefined);
      const refused = await scenario.execute({}, { TRADING_MODE: undefined, MIN_TRADE_VALUE: undefined, ALPACA_TYPO: undefined });
      expectExit(refused, 3);
      expectExit(await scenario.type(["resume"]), 0);
      expectExit(await scenario.execute({}, { TRADING_MODE: undefined, MIN_TRADE_VALUE: undefined, ALPACA_TYPO: undefined }), 0);
    },
    LIMIT_MS,
  );

  test(
    "holds also as anything else of that name; what cannot be lifted is said to be still in force",
    async () => {
      const scenario = await Scenario.open();
      scenario.alert(NUCLEAR);
      mkdirSync(scenario.path("state", "HALT"), { recursive: true });

      expectHalted(await scenario.type(["halt"]), scenario, undefined);
      expectExit(await scenario.execute(), 3);
      const resume = await scenario.type(["resume"]);
      expectExit(resume, 1);
      expect(resume.stderr).toMatch(/The halt is still in force: .*HALT cannot be removed/);
      expect(scenario.orders).toEqual([]);
    },
    LIMIT_MS,
  );

  test(
    "ends with 1 and names the pid of a daemon that does not answer",
    async () => {
      const scenario = await Scenario.open();
      const daemon = await scenario.daemon();
      daemon.kill("SIGSTOP");

      const ended = await scenario.run(["halt"]);

      daemon.kill("SIGCONT");
      expectExit(ended, 1);
      expect(ended.stdout).toMatch(/^The halt is set: halted by hand\.\n/);
      expect(ended.stdout).not.toContain("sends orders now");
      expect(ended.stdout).toContain(`NOT SEEN by process ${String(daemon.pid)} (run)`);
      expect(ended.stderr).toMatch(/not confirmed the halt/);
    },
    LIMIT_MS,
  );

  test(
    "during an execution: no further order is sent, what works is cancelled, and it ends incomplete",
    async () => {
      const scenario = await Scenario.open({ venue: { fillLatencyMs: 3_600_000 } });
      const daemon = await scenario.daemon();
      scenario.alert(NUCLEAR);
      await scenario.logSays(/SMR: buy .* sent/);

      expectHalted(await scenario.run(["halt"]), scenario, daemon);
      await until(
        () => scenario.trades.length > 0,
        "a line in the trade log",
        () => scenario.log,
      );

      expectExit(await daemon.stop(), 0);
      expect(scenario.book.filter((line) => !line.endsWith(" canceled"))).toEqual([]);
      expect(scenario.trades).toMatchObject([{ outcome: "incomplete" }]);
    },
    LIMIT_MS,
  );

  test(
    "of the machine stops every installation and is confirmed by each; resume lifts it and says so",
    async () => {
      const scenario = await Scenario.open();
      const daemon = await scenario.daemon();
      const halted = await scenario.run(["halt", "--machine", "--reason", "all of them"], { STATE_DIR: scenario.path("another") });
      // A process of another test, with a HALT_FILE that only it knows, does not confirm it.
      expect(halted.stdout).toMatch(/^(Halted|The halt is set): all of them\./);
      const [line] = halted.stdout.split("\n").filter((each) => each.includes(`process ${String(daemon.pid)} (run)`));
      expect(line).toMatch(/^Seen by /);
      scenario.alert(NUCLEAR);
      await scenario.logSays(/Not executed, halted: /);
      expect((await scenario.status()).stdout).toContain("Trading: HALTED (all of them)");
      expectExit(await scenario.execute({}, { STATE_DIR: scenario.path("another") }), 3);
      expect(scenario.orders).toEqual([]);

      const resume = await scenario.type(["resume"]);
      expectExit(resume, 0);
      expect(resume.stdout).toContain(`${scenario.path("machine", "HALT")} (all of them) is lifted. It applied to the whole machine`);
      await scenario.filled(3);
      expectExit(await daemon.stop(), 0);
    },
    LIMIT_MS,
  );

  test(
    "of the machine that was made by hand stops too; where it cannot be removed, resume names it with the cure and ends with 1",
    async () => {
      const scenario = await Scenario.open();
      mkdirSync(scenario.path("machine", "HALT"), { recursive: true });
      expectExit(await scenario.run(["halt"]), 0);
      const resume = await scenario.type(["resume"]);
      expectExit(resume, 1);
      expect(resume.stdout).toContain(`The halt ${scenario.path("state", "HALT")} (halted by hand) is lifted.`);
      expect(resume.stderr).toContain(`The halt is still in force: ${scenario.path("machine", "HALT")} cannot be removed`);
      expect(resume.stderr).toContain(`rm ${scenario.path("machine", "HALT")}`);
      const demo = await scenario.run(["demo", "--once"]);
      expectExit(demo, 1);
      expect(demo.stderr).toMatch(/Trading is halted: .* The halt also stops the demonstration/);
    },
    LIMIT_MS,
  );

  test(
    "names a daemon of another installation in a note, and still succeeds",
    async () => {
      const scenario = await Scenario.open();
      const daemon = await scenario.daemon();
      const halted = await scenario.run(["halt"], { STATE_DIR: scenario.path("another") });
      expectExit(halted, 0);
      expect(halted.stdout).toContain(`Not halted, another installation: process ${String(daemon.pid)} (run), mode paper`);
      expect(halted.stdout).toContain("halt --machine");
      expectExit(await daemon.stop(), 0);
    },
    LIMIT_MS,
  );
});
