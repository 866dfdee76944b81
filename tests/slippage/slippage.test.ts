import { expect, test } from "@jest/globals";
import { DEFAULT_EXECUTION } from "../../src/domain/execution-style.ts";
import { sum } from "../../src/domain/decimal.ts";
import { limitStyle } from "../execution/limit-style.ts";
import { tableOf } from "./table.ts";
import type { Trial } from "./trial.ts";
import { rebalanceOnce } from "./trial.ts";

const SEEDS = Array.from({ length: 25 }, (_, index) => index + 1);

async function trialsOf(execution: typeof DEFAULT_EXECUTION): Promise<Trial[]> {
  const trials: Trial[] = [];
  for (const seed of SEEDS) trials.push(await rebalanceOnce({ seed, execution, quoteModel: true }));
  return trials;
}

test("a rebalance of one seed costs the same each time", async () => {
  const world = { seed: 3, execution: limitStyle(), quoteModel: true };
  expect(JSON.stringify(await rebalanceOnce(world))).toBe(JSON.stringify(await rebalanceOnce(world)));
});

test("on restless quotes limits cost less than market orders, none of them more than the collar, and the table says so", async () => {
  const [market, limit] = [await trialsOf(DEFAULT_EXECUTION), await trialsOf(limitStyle({ then: "leave" }))];
  const costs = [market, limit].map((trials) => sum(trials.map(({ cost }) => cost)));
  expect(costs[1]!.lt(costs[0]!)).toBe(true);
  for (const { cost, traded } of limit) expect(cost.lte(traded.times("0.0205"))).toBe(true);
  const table = tableOf([
    { market: "restless", style: "market", trials: market },
    { market: "restless", style: "limit", trials: limit },
  ]);
  expect(table.split("\n")).toHaveLength(4);
  expect(table).toMatch(/\| restless \| limit \| \d+ \| -?\d+\.\d bp/);
});
