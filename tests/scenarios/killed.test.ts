import { describe, expect, test } from "@jest/globals";
import { decimal } from "../../src/domain/decimal.ts";
import { LIMIT_MS, Scenario } from "./harness.ts";
import { HEDGE, HEDGE_WEIGHTS } from "./strategy.ts";
import type { TraderProcess } from "./trader-process.ts";
import { expectExit, until } from "./trader-process.ts";

interface Death {
  readonly command: "execute" | "run";
  /** After so many orders were taken by the venue. */
  readonly orders: number;
  readonly answered: boolean;
}

/** Every number of orders, answered and not, execute and run in turn. */
const DEATHS: readonly Death[] = [1, 2, 3, 4].flatMap((orders) => [
  { command: orders % 2 === 0 ? ("execute" as const) : ("run" as const), orders, answered: true },
  { command: orders % 2 === 0 ? ("run" as const) : ("execute" as const), orders, answered: false },
]);

function invested(): Promise<Scenario> {
  return Scenario.open({
    venue: {
      cash: decimal("12"),
      fillLatencyMs: 30,
      positions: [
        { symbol: "TQQQ", quantity: decimal("950.123456789"), averagePrice: decimal("81.40") },
        { symbol: "SMR", quantity: decimal("300.5"), averagePrice: decimal("36.10") },
      ],
    },
  });
}

/** Kills the process as soon as the venue has taken the last order that it shall take; whoever comes next is treated well. */
async function dieAfter({ command, orders, answered }: Death, scenario: Scenario): Promise<TraderProcess> {
  const victim = command === "run" ? await scenario.daemon() : undefined;
  let doomed: TraderProcess | undefined = victim;
  scenario.simulator.venue.interceptor = {
    before: ({ method }) =>
      Promise.resolve(
        method === "POST" && scenario.orders.length >= orders ? { status: 200, headers: {}, body: "", cut: "connection" } : undefined,
      ),
    after: ({ method }, response) => {
      if (method !== "POST" || scenario.orders.length < orders) return Promise.resolve(response);
      if (!answered) doomed?.kill("SIGKILL");
      else setImmediate(() => doomed?.kill("SIGKILL"));
      return Promise.resolve(answered ? response : { ...response, cut: "connection" });
    },
  };
  doomed ??= scenario.start(["execute"]);
  return doomed;
}

async function expectSurvived(death: Death): Promise<void> {
  const scenario = await invested();
  if (death.command === "execute") scenario.alert(HEDGE);
  const victim = await dieAfter(death, scenario);
  if (death.command === "run") scenario.alert(HEDGE);
  await until(
    () => victim.isOver,
    "the death",
    () => victim.output,
  );
  scenario.simulator.venue.interceptor = {};

  const again = death.command === "run" ? await restarted(scenario) : await scenario.execute();

  expectExit(again, 0);
  expect({ death, book: scenario.book }).toEqual({
    death,
    book: ["buy BTAL filled", "buy UVXY filled", "sell SMR filled", "sell TQQQ filled"],
  });
  for (const [symbol, weight] of Object.entries(HEDGE_WEIGHTS))
    expect(Math.abs((scenario.weights[symbol] ?? 0) - weight * 0.99)).toBeLessThan(0.01);
  expect(scenario.trades.map(({ outcome }) => outcome)).toEqual(["on-target"]);
}

describe("execute and run, killed right after the venue took an order (answered or not) and started again,", () => {
  // Side by side, because each may have to wait the ten seconds that prove an order absent.
  test.each([
    { when: "while selling", orders: [1, 2] },
    { when: "while buying", orders: [3, 4] },
  ])(
    "end on target with each symbol traded once: $when",
    async ({ orders }) => {
      const deaths = DEATHS.filter((death) => orders.includes(death.orders));

      const survivors = await Promise.all(deaths.map(expectSurvived));

      expect(survivors).toHaveLength(4);
    },
    LIMIT_MS,
  );
});

async function restarted(scenario: Scenario): ReturnType<TraderProcess["end"]> {
  const daemon = await scenario.daemon();
  await scenario.filled(4);
  await until(
    () => scenario.trades.length === 1,
    "a line in the trade log",
    () => daemon.output,
  );
  return daemon.stop();
}
