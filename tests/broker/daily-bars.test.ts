import { describe, expect, test } from "@jest/globals";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import type { Reply, SeenRequest } from "./scripted-venue.ts";
import { atVenue, brokerFor, configFor } from "./scripted-venue.ts";

/** A Tuesday, at 15:45 in New York. */
const NOW = Date.parse("2026-11-17T15:45:00-05:00");

function bar(t: string, c: number): Record<string, unknown> {
  return { t, o: c - 1, h: c + 1, l: c - 2, c, v: 1_000, n: 10, vw: c };
}

function pages(...all: Record<string, unknown>[]): (request: SeenRequest) => Reply {
  return ({ query }) => ({ json: all[Number(query.get("page_token") ?? "0")] });
}

describe("daily bars", () => {
  test("are requested adjusted, from New York midnight until now, from the feed that every account can read", async () => {
    await atVenue({ json: { bars: {}, next_page_token: null } }, new VirtualClock(NOW), async (broker, venue) => {
      expect(await broker.dailyBars(["SPY", "BRK.B"], "2025-03-07", "2026-11-17")).toEqual(new Map());
      const [{ path, query }] = venue.seen as [SeenRequest];
      expect(path).toBe("/v2/stocks/bars");
      expect(Object.fromEntries(query)).toEqual({
        symbols: "SPY,BRK.B",
        timeframe: "1Day",
        adjustment: "all",
        feed: "iex",
        limit: "2000",
        sort: "asc",
        start: "2025-03-07T05:00:00.000Z",
        end: "2026-11-17T20:45:00.000Z",
      });
    });
  });

  test.each([
    ["2026-11-13", "2026-11-14T04:59:59.999Z"],
    ["2026-07-10", "2026-07-11T03:59:59.999Z"],
  ])("up to the session of %s end with that day in New York", async (end, instant) => {
    await atVenue({ json: { bars: {}, next_page_token: null } }, new VirtualClock(NOW), async (broker, venue) => {
      await broker.dailyBars(["SPY"], "2026-01-02", end);
      expect(venue.seen[0]?.query.get("end")).toBe(instant);
    });
  });

  test.each([
    ["sip", "sip"],
    ["otc", "otc"],
    ["overnight", "boats"],
  ])("with ALPACA_DATA_FEED=%s are those of %s", async (dataFeed, feed) => {
    const clock = new VirtualClock(NOW);
    const script = { json: { bars: {}, next_page_token: null } };
    await atVenue(script, clock, async (_, venue) => {
      const broker = brokerFor(venue.url, clock, { alpaca: { ...configFor(venue.url), dataFeed } });
      await broker.dailyBars(["SPY"], "2026-01-02", "2026-11-17");
      await broker.close();
      expect(venue.seen[0]?.query.get("feed")).toBe(feed);
      expect(venue.seen[0]?.query.has("end")).toBe(true);
    });
  });

  test("belong to the New York date of their stamp, in summer as in winter", async () => {
    const answer = { bars: { SPY: [bar("2026-07-10T04:00:00Z", 600), bar("2026-11-16T05:00:00Z", 610)] }, next_page_token: null };
    await atVenue({ json: answer }, new VirtualClock(NOW), async (broker) => {
      const bars = await broker.dailyBars(["SPY"], "2026-07-01", "2026-11-17");
      expect(bars.get("SPY")).toEqual([
        { session: "2026-07-10", open: 599, high: 601, low: 598, close: 600, volume: 1_000 },
        { session: "2026-11-16", open: 609, high: 611, low: 608, close: 610, volume: 1_000 },
      ]);
    });
  });

  test("are combined from all pages, even if a symbol's bars continue on the next page", async () => {
    const script = pages(
      { bars: { IEF: [bar("2026-11-13T05:00:00Z", 94)], SPY: [bar("2026-11-12T05:00:00Z", 601)] }, next_page_token: "1" },
      { bars: { SPY: [bar("2026-11-13T05:00:00Z", 602)], WHO: [bar("2026-11-13T05:00:00Z", 1)] }, next_page_token: "2" },
      { bars: {}, next_page_token: null },
    );
    await atVenue(script, new VirtualClock(NOW), async (broker) => {
      const bars = await broker.dailyBars(["SPY", "IEF", "TLT"], "2026-11-01", "2026-11-17");
      expect([...bars].map(([symbol, list]) => [symbol, ...list.map(({ close }) => close)])).toEqual([
        ["SPY", 601, 602],
        ["IEF", 94],
      ]);
    });
  });

  test("of an endless list are unreadable", async () => {
    const script = { json: { bars: {}, next_page_token: "again" } };
    await atVenue(script, new VirtualClock(NOW), async (broker, venue) => {
      await expect(broker.dailyBars(["SPY"], "2026-11-01", "2026-11-17")).rejects.toMatchObject({ failure: "unreadable" });
      expect(venue.seen).toHaveLength(2);
    });
  });

  test.each([
    ["no close", { ...bar("2026-11-13T05:00:00Z", 94), c: null }, /bars\.OKLO\.0\.c/],
    ["a text for a close", { ...bar("2026-11-13T05:00:00Z", 94), c: "94" }, /bars\.OKLO\.0\.c/],
    ["no stamp", { ...bar("2026-11-13T05:00:00Z", 94), t: "yesterday" }, /bars\.OKLO\.0\.t/],
  ])("with %s are unreadable, and the symbol is named", async (_, wrong, name) => {
    const script = { json: { bars: { OKLO: [wrong] }, next_page_token: null } };
    await atVenue(script, new VirtualClock(NOW), async (broker) => {
      await expect(broker.dailyBars(["OKLO"], "2026-11-01", "2026-11-17")).rejects.toMatchObject({
        failure: "unreadable",
        message: expect.stringMatching(name),
      });
    });
  });

  test("of a feed outside the account's plan are refused with a remedy", async () => {
    const script = { status: 403, json: { message: "subscription does not permit querying recent SIP data" } };
    await atVenue(script, new VirtualClock(NOW), async (broker) => {
      await expect(broker.dailyBars(["SPY"], "2026-11-01", "2026-11-17")).rejects.toMatchObject({
        failure: "refused",
        message: expect.stringContaining("does not sell this account the requested market data feed"),
        hint: expect.stringContaining("ALPACA_DATA_FEED=iex"),
      });
    });
  });
});
