import { describe, expect, test } from "@jest/globals";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { atVenue } from "./scripted-venue.ts";

/** A Tuesday, at 15:45 in New York. */
const NOW = Date.parse("2026-11-17T15:45:00-05:00");

describe("evidence of splits", () => {
  test.each(["raw", "split"] as const)("daily bars are requested as %s", async (adjustment) => {
    await atVenue({ json: { bars: {}, next_page_token: null } }, new VirtualClock(NOW), async (broker, venue) => {
      await broker.dailyBars(["UVXY", "BTAL"], "2026-11-01", "2026-11-17", adjustment);
      expect(venue.seen.map(({ query }) => [query.get("symbols"), query.get("adjustment")])).toEqual([["UVXY,BTAL", adjustment]]);
    });
  });

  test("prints are the opens and closes of raw minute bars", async () => {
    const bar = { t: "2026-11-17T14:30:00Z", o: 20, h: 99, l: 1, c: 21.5, v: 1, n: 1, vw: 20 };
    await atVenue({ json: { bars: { UVXY: [bar] }, next_page_token: null } }, new VirtualClock(NOW), async (broker, venue) => {
      const prints = await broker.prints("UVXY", NOW - 3_600_000, NOW);
      expect(prints.map((price) => price.toFixed())).toEqual(["20", "21.5"]);
      expect(venue.seen[0]?.query.get("timeframe")).toBe("1Min");
      expect(venue.seen[0]?.query.get("adjustment")).toBe("raw");
    });
  });

  test("corporate actions of every kind that changes a quantity are read", async () => {
    const corporate_actions = {
      forward_splits: [{ symbol: "TQQQ", ex_date: "2026-11-17", new_rate: 2, old_rate: 1 }],
      reverse_splits: [{ symbol: "UVXY", ex_date: "2026-11-16" }],
      stock_dividends: [{ symbol: "SMR", ex_date: "2026-11-13" }],
      unit_splits: [{ old_symbol: "OKLO", effective_date: "2026-11-12" }],
    };
    await atVenue({ json: { corporate_actions, next_page_token: null } }, new VirtualClock(NOW), async (broker, venue) => {
      const splits = await broker.announcedSplits(["TQQQ", "UVXY"], "2026-11-13", "2026-11-17");
      expect(splits.map(({ symbol, session }) => `${symbol} ${session}`)).toEqual(["TQQQ 2026-11-17", "UVXY 2026-11-16", "SMR 2026-11-13"]);
      expect(venue.seen[0]?.path).toBe("/v1/corporate-actions");
      expect(venue.seen[0]?.query.get("start")).toBe("2026-11-13");
    });
  });

  test.each([
    ["has another page", { corporate_actions: {}, next_page_token: "more" }],
    ["names no actions", { next_page_token: null }],
    ["cannot be read", { corporate_actions: { forward_splits: [{ symbol: "UVXY" }] }, next_page_token: null }],
  ])("a list that %s is unreadable", async (_, json) => {
    await atVenue({ json }, new VirtualClock(NOW), async (broker) => {
      await expect(broker.announcedSplits(["UVXY"], "2026-11-13", "2026-11-17")).rejects.toMatchObject({ failure: "unreadable" });
    });
  });
});
