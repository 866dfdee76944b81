import { truncateSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { systemClock } from "../../src/domain/clock.ts";
import { LIMIT_MS, Scenario } from "./harness.ts";
import type { Leg } from "./strategy.ts";
import { HEDGE, HEDGE_WEIGHTS } from "./strategy.ts";
import { expectExit, until } from "./trader-process.ts";

/** UVXY finds no seller, and somebody cancels its order by hand; whoever calls it lets it trade again. */
async function offTarget(scenario: Scenario, ageMs = 0): Promise<() => void> {
  const { exchange } = scenario.simulator;
  let isHeld = true;
  exchange.gate = { mayFill: ({ symbol }) => symbol !== "UVXY" || !isHeld, mayCancel: () => true };
  scenario.alert(HEDGE, ageMs);
  const execute = scenario.start(["execute"]);
  const working = (): string | undefined => scenario.orders.find(({ symbol, status }) => symbol === "UVXY" && status === "new")?.id;
  await until(
    () => working() !== undefined,
    "a working order for UVXY",
    () => execute.output,
  );
  exchange.cancel(working() ?? "");
  const ended = await execute.end();
  expectExit(ended, 1);
  expect(ended.output).toMatch(/UVXY: canceled[^]*Missing: UVXY \$7\d,\d{3}/);
  return () => (isHeld = false);
}

describe("execute on a run that was executed and missed its target", () => {
  test(
    "ends with 1 and the cure as long as what is left may not be traded by itself; --finish goes on, and then it is 0",
    async () => {
      const scenario = await Scenario.open();
      const letGo = await offTarget(scenario);
      const again = await scenario.execute();
      expectExit(again, 1);
      expect(again.output).toMatch(/Already executed, but not on target: [^]*UVXY \(order-cancelled\)[^]*execute --finish/);
      const dryRun = await scenario.execute({ dryRun: true });
      expect(dryRun.stdout).toMatch(
        /^Dry run: the newest run was traded before, but the account is not on target: .*`execute` would trade what may be traded of the rest/m,
      );
      const finishing = await scenario.execute({ dryRun: true, finish: true });
      expect(finishing.stdout).toContain("`execute --finish` would trade the rest if the market is open.");
      expectExit(await scenario.run(["halt", "--reason", "a look at it"]), 0);
      expect((await scenario.execute({ dryRun: true })).stdout).toContain(
        "Nothing would be sent of the rest, because trading is halted: a look at it.",
      );
      expectExit(await scenario.type(["resume"]), 0);
      expect(scenario.book).toEqual(["buy BTAL filled", "buy UVXY canceled"]);

      letGo();
      expectExit(await scenario.type(["execute", "--finish"]), 0);
      expect(scenario.book).toEqual(["buy BTAL filled", "buy UVXY canceled", "buy UVXY filled"]);
      expect(scenario.weights.UVXY).toBeCloseTo(HEDGE_WEIGHTS.UVXY * 0.99, 2);
      expectExit(await scenario.execute(), 0);
      expectExit(await scenario.execute({ finish: true }), 0);
      expect(scenario.orders).toHaveLength(3);
    },
    LIMIT_MS,
  );

  test(
    "goes on by itself with what a halt has left, while the run is fresh",
    async () => {
      const scenario = await Scenario.open();
      let isHeld = true;
      scenario.simulator.exchange.gate = { mayFill: ({ symbol }) => symbol !== "UVXY" || !isHeld, mayCancel: () => true };
      scenario.alert(HEDGE);
      const execute = scenario.start(["execute"]);
      await until(
        () => scenario.orders.some(({ symbol }) => symbol === "BTAL"),
        "orders",
        () => execute.output,
      );
      await scenario.run(["halt", "--reason", "odd prices"]);
      expectExit(await execute.end(), 1);
      expectExit(await scenario.execute(), 3);
      isHeld = false;
      const resume = await scenario.type(["resume"]);
      expectExit(resume, 0);
      expect(resume.stdout).toMatch(
        /This run was begun and is not on target.* A running daemon trades what may be traded of the rest now[^]*UVXY/,
      );
      expect(resume.stdout).not.toContain("No fresh run is waiting");
      expectExit(await scenario.execute(), 0);
      expect(scenario.weights.UVXY).toBeCloseTo(HEDGE_WEIGHTS.UVXY * 0.99, 2);
    },
    LIMIT_MS,
  );

  test(
    "goes on by itself with a SELL that a halt has cut short",
    async () => {
      const scenario = await Scenario.open();
      scenario.alert(HEDGE, 10_000);
      expectExit(await scenario.execute(), 0);
      let isHeld = true;
      scenario.simulator.exchange.gate = { mayFill: ({ symbol }) => symbol !== "UVXY" || !isHeld, mayCancel: () => true };
      scenario.alert([{ symbol: "UVXY", reason: "Volatility hedge over", action: "SELL" }]);
      const execute = scenario.start(["execute"]);
      await until(
        () => scenario.book.some((line) => line.startsWith("sell UVXY")),
        "the sell",
        () => execute.output,
      );
      await scenario.run(["halt", "--reason", "odd prices"]);
      expectExit(await execute.end(), 1);
      isHeld = false;
      expectExit(await scenario.type(["resume"]), 0);
      expectExit(await scenario.execute(), 0);
      expect(scenario.weights.UVXY ?? 0).toBe(0);
      expectExit(await scenario.execute(), 0);
    },
    LIMIT_MS,
  );

  test(
    "ends with 1 and names --finish when the run is stale, and --finish goes on",
    async () => {
      const scenario = await Scenario.open();
      const letGo = await offTarget(scenario);
      letGo();
      const late = { SIGNAL_MAX_AGE_SECONDS: "2" };
      await systemClock.sleep(2_500);
      const stale = await scenario.execute({}, late);
      expectExit(stale, 1);
      expect(stale.output).toMatch(/execute --finish/);
      expect(scenario.orders).toHaveLength(2);
      expectExit(await scenario.execute({ finish: true }, late), 0);
      expect(scenario.weights.UVXY).toBeCloseTo(HEDGE_WEIGHTS.UVXY * 0.99, 2);
    },
    LIMIT_MS,
  );
});

test(
  "a HOLD, a SELL or a rotated file hides no run that missed its target: execute ends with 1, and --finish goes on",
  async () => {
    const scenario = await Scenario.open();
    const letGo = await offTarget(scenario);
    const holds: Leg = { symbol: "SPY", reason: "No clear signal", action: "HOLD" };
    const exits: Leg = { symbol: "QQQ", reason: "Exit", action: "SELL" };
    for (const [leg, said] of [
      [holds, /held: [^]*Already executed, but not on target: [^]*UVXY/],
      [exits, /already[^]*Already executed, but not on target: [^]*UVXY/],
      [undefined, /holds no run[^]*Already executed, but not on target: [^]*UVXY/],
    ] as const) {
      if (leg === undefined) truncateSync(scenario.alertsFile);
      else scenario.alert([leg], leg === holds ? -3_000 : -4_900);
      const again = await scenario.execute();
      expectExit(again, 1);
      expect(again.output).toMatch(said);
    }
    letGo();
    expectExit(await scenario.execute({ finish: true }), 0);
    expect(scenario.weights.UVXY).toBeCloseTo(HEDGE_WEIGHTS.UVXY * 0.99, 2);
    const done = await scenario.execute();
    expectExit(done, 0);
    expect(done.output).not.toMatch(/not on target/);
  },
  LIMIT_MS,
);

test(
  "a daemon takes up what a halt has left when it is over, also after a HOLD",
  async () => {
    const scenario = await Scenario.open();
    let isHeld = true;
    scenario.simulator.exchange.gate = { mayFill: ({ symbol }) => symbol !== "UVXY" || !isHeld, mayCancel: () => true };
    const daemon = await scenario.daemon();
    scenario.alert(HEDGE);
    await until(
      () => scenario.orders.some(({ symbol }) => symbol === "BTAL"),
      "orders",
      () => daemon.output,
    );
    await scenario.run(["halt", "--reason", "odd prices"]);
    await until(
      () => scenario.book.includes("buy UVXY canceled"),
      "the cancel",
      () => daemon.output,
    );
    isHeld = false;
    scenario.alert([{ symbol: "SPY", reason: "No clear signal", action: "HOLD" }], -4_000);
    await until(
      () => scenario.log.includes("held"),
      "the verdict on the HOLD",
      () => daemon.output,
    );
    expectExit(await scenario.type(["resume"]), 0);
    await until(
      () => scenario.book.includes("buy UVXY filled"),
      "the rest",
      () => scenario.log,
    );
    expect(scenario.weights.UVXY).toBeCloseTo(HEDGE_WEIGHTS.UVXY * 0.99, 2);
    expectExit(await daemon.stop(), 0);
  },
  LIMIT_MS,
);
