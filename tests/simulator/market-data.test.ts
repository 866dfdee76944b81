import { describe, expect, test } from "@jest/globals";
import { clientOf, MARKET_OPEN, openExchange } from "./fixture.ts";

interface BarPage {
  bars: Record<string, { t: string; c: number }[]>;
  next_page_token: string | null;
}

interface FullBar {
  t: string;
  o: number;
  h: number;
  l: number;
  c: number;
  v: number;
}

describe("market data", () => {
  test("pages run across symbols and together give every bar once", async () => {
    const client = clientOf(openExchange().exchange);
    const path = "/v2/stocks/bars?symbols=SPY,SMR,LEU&timeframe=1Day&start=2025-06-02&end=2025-06-30";
    const whole = (await client.request("GET", path)).json as BarPage;
    const collected: string[] = [];
    let token: string | null = "";
    for (let page = 0; token !== null && page < 100; page++) {
      const part: BarPage = (await client.request("GET", `${path}&limit=7&page_token=${encodeURIComponent(token)}`)).json as BarPage;
      for (const [symbol, bars] of Object.entries(part.bars)) collected.push(...bars.map(({ t }) => `${symbol} ${t}`));
      token = part.next_page_token;
    }
    expect(collected).toEqual(Object.entries(whole.bars).flatMap(([symbol, bars]) => bars.map(({ t }) => `${symbol} ${t}`)));
    expect(collected).toHaveLength(3 * 20);
  });

  test("can be sorted backwards", async () => {
    const client = clientOf(openExchange().exchange);
    const page = (await client.request("GET", "/v2/stocks/bars?symbols=SPY&timeframe=1Day&start=2025-06-02&sort=desc&limit=1"))
      .json as BarPage;
    expect(page.bars.SPY![0]!.t).toBe("2025-07-14T04:00:00Z");
  });

  test("leave out an unknown symbol", async () => {
    const client = clientOf(openExchange().exchange);
    for (const path of [
      "/v2/stocks/bars?symbols=ZZZZ&timeframe=1Day",
      "/v2/stocks/quotes/latest?symbols=ZZZZ",
      "/v2/stocks/snapshots?symbols=ZZZZ",
    ]) {
      const reply = await client.request("GET", path);
      expect(reply.status).toBe(200);
      expect(reply.text).not.toContain("ZZZZ");
    }
  });

  test("show an empty side of the book as zero", async () => {
    const { exchange } = openExchange();
    exchange.setQuote("SMR", "0", "41");
    const reply = await clientOf(exchange).request("GET", "/v2/stocks/SMR/quotes/latest");
    expect(reply.json).toMatchObject({ symbol: "SMR", quote: { bp: 0, bs: 0, ap: 41 } });
  });

  test("refuse recent SIP data to an account that does not pay for it", async () => {
    const { exchange } = openExchange();
    const bars = (end: number): string => `/v2/stocks/bars?symbols=SPY&timeframe=1Day&feed=sip&end=${new Date(end).toISOString()}`;
    const free = clientOf(exchange);
    expect(await free.request("GET", bars(MARKET_OPEN))).toMatchObject({
      status: 403,
      json: { message: "subscription does not permit querying recent SIP data" },
    });
    expect((await free.request("GET", bars(MARKET_OPEN - 16 * 60_000))).status).toBe(200);
    expect((await clientOf(exchange, { sip: true }).request("GET", bars(MARKET_OPEN))).status).toBe(200);
  });

  test.each([
    ["1Week", ["2025-06-30", "2025-07-07", "2025-07-14"]],
    ["1M", ["2025-06-01", "2025-07-01"]],
    ["3Month", ["2025-04-01", "2025-07-01"]],
  ])("make bars of %s from those of the days", async (timeframe, expected) => {
    const client = clientOf(openExchange({ prices: {} }).exchange);
    const read = async (asked: string, start: string): Promise<FullBar[]> =>
      ((await client.request("GET", `/v2/stocks/SPY/bars?timeframe=${asked}&start=${start}`)).json as { bars: FullBar[] }).bars;
    const periods = await read(timeframe, expected[0]!);
    const days = await read("1Day", expected.at(-1)!);
    expect(periods.map(({ t }) => t.slice(0, 10))).toEqual(expected);
    expect(periods.at(-1)).toMatchObject({
      o: days[0]!.o,
      h: Math.max(...days.map(({ h }) => h)),
      l: Math.min(...days.map(({ l }) => l)),
      c: days.at(-1)!.c,
      v: days.reduce((sum, { v }) => sum + v, 0),
    });
  });

  test("a page ends at 256 KiB, and a limit above 10,000 is refused in the venue's words, without a code", async () => {
    const client = clientOf(openExchange().exchange);
    const bars = (limit: number): string => `/v2/stocks/bars?symbols=SPY&timeframe=1Min&start=2025-06-30&limit=${String(limit)}`;
    const page = await client.request("GET", bars(10_000));
    const { bars: own, next_page_token } = page.json as BarPage;
    expect(own.SPY).toHaveLength(2_576);
    expect(next_page_token).not.toBeNull();
    expect((await client.request("GET", bars(10_001))).json).toEqual({
      message: "invalid limit: larger than the allowed maximum of 10000",
    });
  });

  test.each([
    "timeframe=1Fortnight",
    "timeframe=5Day",
    "timeframe=60Min",
    "timeframe=5Month",
    "timeframe=1Day&sort=up",
    "timeframe=1Day&currency=EUR",
    "timeframe=1Day&start=yesterday",
    "timeframe=1Day&adjustment=magic",
    "timeframe=1Day&page_token=x",
    "timeframe=1Day&limit=0",
  ])("refuse %s", async (query) => {
    const reply = await clientOf(openExchange().exchange).request("GET", `/v2/stocks/bars?symbols=SPY&${query}`);
    expect(reply.status).toBe(400);
  });
});
