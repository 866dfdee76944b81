import { describe, expect, test } from "@jest/globals";
import { clientOf, holding, marketOrder, openExchange } from "../fixture.ts";

const setUp = (fault: string) => {
  const fixture = openExchange({ positions: [holding("LEU", "10", "190")] });
  const client = clientOf(fixture.exchange, { faults: [fault] });
  const read = async (path: string): Promise<unknown> => (await client.request("GET", path)).json;
  return { ...fixture, client, read, buy: () => client.request("POST", "/v2/orders", marketOrder("buy", "SMR", { qty: "1" })) };
};
type Quote = { bp: number; ap: number } | undefined;

describe("faults of the data feed", () => {
  /** SMR's quote and LEU's in each quote format. */
  const quotes = async (read: (path: string) => Promise<unknown>): Promise<Quote[]> => {
    const latest = (await read("/v2/stocks/quotes/latest?symbols=SMR,LEU")) as { quotes: Record<string, Quote> };
    const snapshots = (await read("/v2/stocks/snapshots?symbols=SMR,LEU")) as Record<string, { latestQuote: Quote }>;
    const one = (await read("/v2/stocks/SMR/quotes/latest")) as { quote: Quote };
    const snapshot = (await read("/v2/stocks/SMR/snapshot")) as { latestQuote: Quote };
    return [latest.quotes.SMR, snapshots.SMR?.latestQuote, one.quote, snapshot.latestQuote, latest.quotes.LEU, snapshots.LEU?.latestQuote];
  };
  const SOUND = { bp: 199.97, ap: 200.03 };

  test.each([
    ["one-sided-quotes:symbol=SMR", { bp: 0, ap: 40.01 }],
    ["one-sided-quotes:symbol=SMR,empty=ask", { bp: 40, ap: 0 }],
    ["wide-quotes:symbol=SMR,spread=0.2", { bp: 36, ap: 44.01 }],
  ])("%s changes every format of that symbol's quote", async (fault, spoiled) => {
    const { read } = setUp(fault);
    const seen = await quotes(read);
    expect(seen.slice(0, 4).map((quote) => ({ bp: quote?.bp, ap: quote?.ap }))).toEqual([spoiled, spoiled, spoiled, spoiled]);
    expect(seen.slice(4)).toMatchObject([SOUND, SOUND]);
  });

  test("missing-quotes leaves the symbol's quote out and its trade in", async () => {
    const { read } = setUp("missing-quotes:symbol=SMR");
    const seen = await quotes(read);
    expect(seen.slice(0, 4)).toEqual([undefined, undefined, undefined, undefined]);
    expect(seen.slice(4)).toMatchObject([SOUND, SOUND]);
    expect(await read("/v2/stocks/snapshots?symbols=SMR")).toMatchObject({ SMR: { latestTrade: { p: 40 } } });
  });

  test("the market itself is not affected: an order fills at the true ask", async () => {
    const { buy, clock, exchange } = setUp("wide-quotes:spread=1");
    await buy();
    await clock.advance(100);
    expect(exchange.state.cash.toFixed()).toBe("99959.99");
  });
});

describe("faults of the whole venue", () => {
  test("price-jump moves trade, quote, position and fill, and ends where it began", async () => {
    const { buy, clock, exchange, read } = setUp("price-jump:factor=1.5,for=60");
    expect(await read("/v2/stocks/SMR/trades/latest")).toMatchObject({ trade: { p: 60 } });
    expect(await read("/v2/positions/LEU")).toMatchObject({ current_price: "300", lastday_price: "200" });
    await buy();
    await clock.advance(100);
    expect(exchange.state.cash.toFixed()).toBe("99939.99");
    await clock.advance(60_000);
    expect(exchange.valueOf("SMR").toFixed()).toBe("40");
    expect(exchange.valueOf("LEU").toFixed()).toBe("200");
  });

  test("price-jump with nth waits for the nth order, and happens before it fills", async () => {
    const { buy, clock, exchange } = setUp("price-jump:symbol=SMR,factor=2,nth=2");
    await buy();
    await clock.advance(100);
    await buy();
    await clock.advance(100);
    expect([...exchange.state.orders.values()].map(({ filledValue }) => filledValue.toFixed())).toEqual(["40.01", "80.01"]);
  });

  test.each([
    ["trading_blocked", { trading_blocked: true }, "account is not authorized to trade"],
    ["account_blocked", { account_blocked: true }, "account is not authorized to trade"],
    ["trade_suspended", { trade_suspended_by_user: true }, "new orders are rejected by user request"],
    ["status", { status: "ACCOUNT_UPDATED" }, "account is not authorized to trade"],
  ])("account-blocked:by=%s shows it, refuses orders, and is reverted", async (by, shown, message) => {
    const { buy, client, read } = setUp(`account-blocked:by=${by}`);
    expect(await read("/v2/account")).toMatchObject(shown);
    expect(await buy()).toMatchObject({ status: 403, json: { message } });
    await client.request("DELETE", "/simulator/faults");
    expect((await buy()).status).toBe(200);
  });

  test("account-blocked in the middle of a run lets the first orders through", async () => {
    const { buy } = setUp("account-blocked:nth=2");
    expect([(await buy()).status, (await buy()).status, (await buy()).status]).toEqual([200, 200, 403]);
  });

  test("market-closed says so, queues orders, freezes prices, and fills when trading resumes", async () => {
    const { buy, clock, exchange, read } = setUp("market-closed:after=10,for=300");
    expect(await read("/v2/clock")).toMatchObject({ is_open: true });
    await clock.advance(10_000);
    expect(await read("/v2/clock")).toMatchObject({ is_open: false, next_open: "2025-07-15T09:30:00-04:00" });
    expect(await buy()).toMatchObject({ json: { status: "accepted" } });
    const price = exchange.valueOf("QQQ").toFixed();
    await clock.advance(299_000);
    expect(exchange.valueOf("QQQ").toFixed()).toBe(price);
    expect([...exchange.state.orders.values()].map(({ status }) => status)).toEqual(["accepted"]);
    await clock.advance(1_100);
    expect([...exchange.state.orders.values()].map(({ status }) => status)).toEqual(["filled"]);
  });
});
