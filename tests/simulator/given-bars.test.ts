import { describe, expect, test } from "@jest/globals";
import { nuclear } from "../../src/strategies/nuclear.ts";
import { tecl } from "../../src/strategies/tecl.ts";
import { clientOf, openExchange } from "./fixture.ts";

interface Page {
  bars: Record<string, { t: string; c: number; o: number; v: number }[]>;
  next_page_token: string | null;
}

const NO_KEYS = {};
const BARS = "/v2/stocks/bars?timeframe=1Day&adjustment=all&start=2025-07-01";

describe("the venue's generated daily bars", () => {
  test("exist for every symbol of the strategies", async () => {
    const symbols = [...new Set([...nuclear.symbols, ...tecl.symbols])];
    const client = clientOf(openExchange({ prices: {} }).exchange);
    const { bars } = (await client.request("GET", `${BARS}&symbols=${symbols.join(",")}`)).json as Page;
    expect(symbols.map((symbol) => [symbol, bars[symbol]?.length])).toEqual(symbols.map((symbol) => [symbol, 9]));
  });

  test("reach back far enough, and are the same every time", async () => {
    const path = "/v2/stocks/bars?timeframe=1Day&adjustment=all&start=2023-11-20&symbols=OKLO";
    const read = async (): Promise<Page["bars"][string]> => {
      const client = clientOf(openExchange({ prices: {} }).exchange);
      return ((await client.request("GET", path)).json as Page).bars.OKLO!;
    };
    const bars = await read();
    expect(bars).toHaveLength(411);
    expect(await read()).toEqual(bars);
  });
});

describe("/simulator/bars", () => {
  test("accepts closes up to the newest session, and fixes the price at the last one", async () => {
    const { exchange } = openExchange();
    const client = clientOf(exchange);
    const reply = await client.request("POST", "/simulator/bars", { closes: { SPY: [601.25, 598.5, 599] } }, NO_KEYS);
    expect(reply.json).toEqual({ bars: { SPY: 3 } });
    const { bars } = (await client.request("GET", `${BARS}&symbols=SPY,LEU`)).json as Page;
    expect(bars.SPY!.map(({ t, c }) => [t, c])).toEqual([
      ["2025-07-10T04:00:00Z", 601.25],
      ["2025-07-11T04:00:00Z", 598.5],
      ["2025-07-14T04:00:00Z", 599],
    ]);
    expect(bars.LEU).toHaveLength(9);
    expect(exchange.valueOf("SPY").toFixed()).toBe("599");
    const snapshots = (await client.request("GET", "/v2/stocks/snapshots?symbols=SPY")).json as Record<
      string,
      { prevDailyBar: { c: number } }
    >;
    expect(snapshots.SPY?.prevDailyBar.c).toBe(598.5);
  });

  test("accepts bars in market-data format, gaps included, and returns to generated ones on null", async () => {
    const client = clientOf(openExchange().exchange);
    const given = [
      { t: "2025-07-10T04:00:00Z", o: 41, h: 43, l: 40, c: 42, v: 5, n: 1, vw: 41.5 },
      { t: "2025-07-14", c: 44 },
    ];
    await client.request("POST", "/simulator/bars", { bars: { SMR: given } }, NO_KEYS);
    const { bars } = (await client.request("GET", `${BARS}&symbols=SMR&limit=1`)).json as Page;
    expect(bars.SMR).toEqual([given[0]]);
    const all = (await client.request("GET", `${BARS}&symbols=SMR`)).json as Page;
    expect(all.bars.SMR!.map(({ t, o }) => [t, o])).toEqual([
      ["2025-07-10T04:00:00Z", 41],
      ["2025-07-14T04:00:00Z", 44],
    ]);
    await client.request("POST", "/simulator/bars", { bars: { SMR: null } }, NO_KEYS);
    expect(((await client.request("GET", `${BARS}&symbols=SMR`)).json as Page).bars.SMR).toHaveLength(9);
  });

  test("leaves a symbol without any bars for an empty list", async () => {
    const client = clientOf(openExchange().exchange);
    await client.request("POST", "/simulator/bars", { bars: { SMR: [] } }, NO_KEYS);
    expect((await client.request("GET", `${BARS}&symbols=SMR`)).json).toEqual({ bars: {}, next_page_token: null });
  });

  test("adjusts loaded bars for a later split like generated ones", async () => {
    const { exchange } = openExchange();
    const client = clientOf(exchange);
    exchange.giveBars({ closes: { LEU: [198, 200, 202] } });
    exchange.split("LEU", "2");
    const { bars } = (await client.request("GET", `${BARS}&symbols=LEU`)).json as Page;
    expect(bars.LEU!.slice(0, 2).map(({ c }) => c)).toEqual([99, 100]);
  });

  test.each([
    [{}, 422],
    [{ closes: [] }, 422],
    [{ closes: { SPY: ["600"] } }, 422],
    [{ closes: { ZZZZ: [1] } }, 404],
    [{ bars: { SPY: [{ t: "2025-07-12", c: 1 }] } }, 422],
    [{ bars: { SPY: [{ t: "2025-07-14" }] } }, 422],
    [{ bars: { SPY: 1 } }, 422],
  ])("refuses %j", async (body, status) => {
    const { exchange } = openExchange();
    const reply = await clientOf(exchange).request("POST", "/simulator/bars", body, NO_KEYS);
    expect(reply.status).toBe(status);
    expect(exchange.givenBars.has("SPY")).toBe(false);
  });
});
