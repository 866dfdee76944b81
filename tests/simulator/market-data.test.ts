import { describe, expect, test } from "@jest/globals";
import { clientOf, MARKET_OPEN, openExchange } from "./fixture.ts";

interface BarPage {
  bars: Record<string, { t: string; c: number }[]>;
  next_page_token: string | null;
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
    "timeframe=1Fortnight",
    "timeframe=1Day&start=yesterday",
    "timeframe=1Day&adjustment=magic",
    "timeframe=1Day&page_token=x",
    "timeframe=1Day&limit=0",
  ])("refuse %s", async (query) => {
    const reply = await clientOf(openExchange().exchange).request("GET", `/v2/stocks/bars?symbols=SPY&${query}`);
    expect(reply.status).toBe(400);
  });
});
