import { describe, expect, test } from "@jest/globals";
import { readAlert } from "../../src/intake/alert.ts";
import { runsOf } from "../../src/intake/batch.ts";
import { WRITERS_ZONE } from "../scenarios/strategy.ts";
import { runText, sellsOf, switchOf, weightsOf } from "./portfolio.ts";

const AT = Date.parse("2026-03-16T14:00:00Z");

describe.each([3, 25, 100])("a portfolio of %d symbols", (symbols) => {
  test.each([0, 1])("comes to the whole in round %d, and is one run as intake sees it", (round) => {
    const weights = weightsOf(symbols, round);
    const lines = runText(weights, AT).trimEnd().split("\n");
    const [run, ...others] = runsOf(lines.map((line) => ({ line: readAlert(line, WRITERS_ZONE), arrivedAt: AT })));

    expect([...weights.values()].reduce((total, tenths) => total + tenths, 0)).toBe(1_000);
    expect(others).toEqual([]);
    expect(run?.allocation).toMatchObject({ kind: "rebalance", named: true });
  });

  test("sells about half of its symbols and buys the others, from every round to the next", () => {
    const changed = [...weightsOf(symbols, 0)].filter(([symbol, tenths]) => weightsOf(symbols, 1).get(symbol) !== tenths);
    expect(changed).toHaveLength(symbols);
    expect(sellsOf(symbols, 0) + sellsOf(symbols, 1)).toBe(symbols);
  });

  test("goes over to other symbols as a whole, from every round to the next", () => {
    const [one, other] = [switchOf(symbols, 0), switchOf(symbols, 1)];
    expect([...one.weights.keys()].filter((symbol) => other.weights.has(symbol))).toEqual([]);
    expect(one.weights.size + other.weights.size).toBe(symbols);
    expect([one.sells, other.sells]).toEqual([other.weights.size, one.weights.size]);
    for (const { weights } of [one, other]) expect([...weights.values()].reduce((total, tenths) => total + tenths, 0)).toBe(1_000);
  });
});
