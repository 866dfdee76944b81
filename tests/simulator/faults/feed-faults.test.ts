import { describe, expect, test } from "@jest/globals";
import type { Bar } from "../../../src/simulator/wire.ts";
import { nyseHours } from "../../../src/simulator/sessions.ts";
import { ThinFeed } from "../../../src/simulator/thin-feed.ts";
import { clientOf, holding, MARKET_OPEN, openExchange } from "../fixture.ts";

const DAY = { open: Date.parse("2025-07-14T13:30:00Z"), close: Date.parse("2025-07-14T20:00:00Z") };
type Snapshot = Readonly<{ latestTrade: { t: string; p: number }; latestQuote: { t: string; bp: number; ap: number }; minuteBar: Bar }>;

describe("a feed of few prints", () => {
  const feedOf = (printsPerDay: number): ThinFeed => {
    const feed = new ThinFeed(7, nyseHours);
    feed.show("any", { printsPerDay, quoteEveryMs: 60_000, oneSidedShare: 0.2 });
    return feed;
  };

  test.each([15, 60, 400])("with %d a day averages that many, the same in every run, none outside the session", (count) => {
    const feed = feedOf(count);
    const days = ["SMR", "LEU", "BTAL", "UVXY", "SPY", "TQQQ", "OKLO", "AAPL"].map((symbol) =>
      feed.printsBetween(symbol, DAY.open - 3_600_000, DAY.close + 3_600_000),
    );
    const mean = days.flat().length / days.length;
    expect(Math.abs(mean - count)).toBeLessThan(4 * Math.sqrt(count / days.length));
    expect(days.flat().every((at) => at >= DAY.open && at < DAY.close)).toBe(true);
    expect(new Set(days.map((prints) => prints.length)).size).toBeGreaterThan(1);
    expect(feedOf(count).printsBetween("SMR", DAY.open, DAY.close)).toEqual(days[0]);
  });

  test("gives the last print at or before a time, also overnight", () => {
    const feed = feedOf(30);
    const prints = feed.printsBetween("BTAL", DAY.open, DAY.close);
    expect(feed.lastPrint("BTAL", DAY.close - 1)).toBe(prints.at(-1));
    expect(feed.lastPrint("BTAL", prints[3]!)).toBe(prints[3]);
    expect(feed.lastPrint("BTAL", prints[3]! - 1)).toBe(prints[2]);
    expect(feed.lastPrint("BTAL", DAY.close + 12 * 3_600_000)).toBe(prints.at(-1));
  });

  test("empties one side of a share of the quotes", () => {
    const feed = feedOf(30);
    const sides = Array.from({ length: 2_000 }, (_, minute) => feed.quote("SMR", DAY.open + minute * 60_000).empty);
    expect(sides.filter((side) => side !== undefined).length / 2_000).toBeCloseTo(0.2, 1);
    expect(new Set(sides)).toEqual(new Set([undefined, "bid", "ask"]));
  });
});

describe("faults of the free feed", () => {
  const setUp = (...faults: string[]) => {
    const fixture = openExchange({ prices: {}, positions: [holding("LEU", "10", "190")] });
    const client = clientOf(fixture.exchange, { faults });
    const read = async (path: string): Promise<unknown> => (await client.request("GET", path)).json;
    const snapshot = async (symbol: string): Promise<Snapshot> =>
      ((await read(`/v2/stocks/snapshots?symbols=${symbol},SPY`)) as Record<string, Snapshot>)[symbol]!;
    return { ...fixture, client, read, snapshot };
  };

  test("a trade is as old as its print, its minute's bar is built from it alone, and the broker's price does not change", async () => {
    const { exchange, read, snapshot } = setUp("free-feed:prints=40");
    const print = exchange.feed.lastPrint("LEU", MARKET_OPEN - 1)!;
    const { latestTrade, minuteBar } = await snapshot("LEU");
    const then = Number(exchange.prices.trade("LEU", print)!.price.toFixed());
    expect(Date.parse(latestTrade.t)).toBe(print);
    expect(latestTrade.p).toBe(then);
    const inMinute = exchange.feed.printsBetween("LEU", Math.floor(print / 60_000) * 60_000, Math.floor(print / 60_000) * 60_000 + 60_000);
    expect(minuteBar).toMatchObject({ c: then, n: inMinute.length });
    expect(Date.parse(minuteBar.t)).toBe(Math.floor(print / 60_000) * 60_000);
    expect(await read("/v2/positions/LEU")).toMatchObject({ current_price: exchange.valueOf("LEU").toFixed() });
  });

  test("minutes without a print have no bar", async () => {
    const { exchange, read } = setUp("free-feed:prints=40");
    const { bars } = (await read("/v2/stocks/bars?symbols=LEU&timeframe=1Min&start=2025-07-14T13:30:00Z")) as { bars: { LEU: Bar[] } };
    const minutes = exchange.feed.printsBetween("LEU", DAY.open, MARKET_OPEN).map((at) => Math.floor(at / 60_000));
    expect(bars.LEU.map(({ t }) => Date.parse(t) / 60_000)).toEqual([...new Set(minutes)]);
  });

  test("a quote does not change for a minute, whatever the market does", async () => {
    const { clock, snapshot } = setUp("free-feed:one-sided=0");
    const stamps = new Set<string>();
    for (let second = 0; second < 60; second++) {
      stamps.add((await snapshot("LEU")).latestQuote.t);
      await clock.advance(1_000);
    }
    expect(stamps.size).toBe(2);
  });

  test("of one symbol does not affect the others; one-sided=1 empties a side of every quote", async () => {
    const { exchange, snapshot } = setUp("free-feed:symbol=LEU,one-sided=1");
    const { latestQuote } = await snapshot("LEU");
    expect([latestQuote.bp, latestQuote.ap].filter((side) => side === 0)).toHaveLength(1);
    expect((await snapshot("SPY")).latestTrade.p).toBe(Number(exchange.valueOf("SPY").toFixed()));
  });

  test("one invalid symbol fails the whole batch, in Alpaca's words", async () => {
    const { client } = setUp("invalid-symbol:symbol=UVXY");
    for (const path of ["snapshots", "trades/latest", "quotes/latest", "bars"]) {
      const query = path === "bars" ? "&timeframe=1Day" : "";
      const reply = await client.request("GET", `/v2/stocks/${path}?symbols=LEU,UVXY${query}`);
      expect(reply).toMatchObject({ status: 400, text: '{"message":"code=400, message=invalid symbol: UVXY"}' });
      expect((await client.request("GET", `/v2/stocks/${path}?symbols=LEU${query}`)).status).toBe(200);
    }
  });
});
