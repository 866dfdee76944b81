import { describe, expect, test } from "@jest/globals";
import { toEquityHistory } from "../../src/broker/equity-history.ts";
import { UnreadableAnswer } from "../../src/broker/wire.ts";
import { systemClock } from "../../src/domain/clock.ts";
import { atVenue } from "./scripted-venue.ts";

const HISTORY = {
  timestamp: [1_767_142_800, 1_767_229_200, 1_767_402_000],
  equity: [4_345.8, null, 7_000.1],
  profit_loss: [-12.17, null, 2_654.3],
  base_value: 4_357.97,
  base_value_asof: "2025-12-29",
  timeframe: "1D",
  cashflow: { CSD: [0, 0, 2_667.87], CSW: [0, 0, -10], DIV: [0, 0, 3.5] },
};
const shown = (json: unknown) =>
  toEquityHistory(json).map(({ at, equity, flow }) => [new Date(at).toISOString(), equity.toFixed(), flow.toFixed()]);

describe("the portfolio history", () => {
  test("is read exactly, with its base first, windows without equity left out, and dividends as gain", () => {
    expect(shown(HISTORY)).toEqual([
      ["2025-12-30T01:00:00.000Z", "4357.97", "0"],
      ["2025-12-31T01:00:00.000Z", "4345.8", "0"],
      ["2026-01-03T01:00:00.000Z", "7000.1", "2657.87"],
    ]);
  });

  test("of a new account may be empty", () => {
    expect(shown({ timestamp: [], equity: [], base_value: 0, base_value_asof: "2025-12-29" })).toEqual([]);
    expect(shown({ timestamp: null, equity: null, base_value: 100, base_value_asof: "2025-12-29" })).toHaveLength(1);
  });

  test.each([
    ["equity of another length", { ...HISTORY, equity: [1] }],
    ["flows of another length", { ...HISTORY, cashflow: { CSD: [1] } }],
    ["an equity that is no number", { ...HISTORY, equity: ["a", "b", "c"] }],
    ["something else", "later"],
  ])("with %s is unreadable and never guessed", (_name, json) => {
    expect(() => toEquityHistory(json)).toThrow(UnreadableAnswer);
  });

  test("is requested from a given time, with all cash flows", async () => {
    await atVenue({ json: HISTORY }, systemClock, async (broker, venue) => {
      expect(await broker.equityHistory(Date.parse("2025-12-29T05:00:00Z"), "1D")).toHaveLength(3);
      expect(venue.seen[0]!.path).toBe("/v2/account/portfolio/history");
      expect(Object.fromEntries(venue.seen[0]!.query)).toEqual({
        start: "2025-12-29T05:00:00.000Z",
        timeframe: "1D",
        cashflow_types: "ALL",
      });
    });
  });
});
