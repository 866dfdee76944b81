import { describe, expect, test } from "@jest/globals";
import { builtInAssets } from "../../src/simulator/assets.ts";
import { readBarsFile } from "../../src/simulator/bars-file.ts";
import { readGivenPrices } from "../../src/simulator/given-prices.ts";
import { readOwnSymbols, seededAsset } from "../../src/simulator/own-symbols.ts";
import { authenticated } from "./market-stream/data-client.ts";
import { clientOf, marketOrder, MARKET_OPEN, openExchange } from "./fixture.ts";

type Snapshots = Readonly<Record<string, { readonly latestTrade: { readonly p: number; readonly z: string } }>>;

describe("symbols of one's own", () => {
  const FILE = [
    "symbol,name,exchange,price,volatility,beta,fractionable,shortable",
    "# a comment",
    'GOOG,"Alphabet, Class ""C""",NASDAQ,180,0.01,1.1,yes,no',
    "",
    "META",
    "SPY,,,100",
  ].join("\r\n");

  test("are read with what is known of them, the rest seeded", () => {
    const [goog, meta, spy] = readOwnSymbols(FILE, 1);
    expect(goog).toMatchObject({
      symbol: "GOOG",
      name: 'Alphabet, Class "C"',
      exchange: "NASDAQ",
      fractionable: true,
      shortable: false,
      tradable: true,
      priceModel: { level: 180, dailyVolatility: 0.01, beta: 1.1 },
    });
    expect(meta).toEqual(seededAsset(1, "META"));
    expect(spy).toMatchObject({ symbol: "SPY", priceModel: { level: 100 } });
  });

  test("are assets with prices, bars and orders like the others, and replace built-in ones", async () => {
    const { clock, exchange } = openExchange({ prices: {}, symbols: readOwnSymbols(FILE, 1) });
    const client = clientOf(exchange);
    const { GOOG, SPY } = (await client.request("GET", "/v2/stocks/snapshots?symbols=GOOG,SPY")).json as Snapshots;
    expect(Math.abs(Math.log(GOOG!.latestTrade.p / 180))).toBeLessThan(0.5);
    expect(Math.abs(Math.log(SPY!.latestTrade.p / 100))).toBeLessThan(0.5);
    expect(GOOG!.latestTrade.z).toBe("C");
    expect((await client.request("GET", "/v2/assets/GOOG")).json).toMatchObject({ symbol: "GOOG", exchange: "NASDAQ", shortable: false });
    exchange.submit(marketOrder("buy", "GOOG", { qty: "2" }));
    await clock.advance(1_000);
    expect((await client.request("GET", "/v2/positions/GOOG")).json).toMatchObject({ qty: "2" });
    expect((await client.request("GET", "/v2/stocks/bars?symbols=GOOG&timeframe=1Day&start=2025-07-10")).text).toContain('"GOOG":[{');
  });

  test("survive a restart without their file", () => {
    const { clock, exchange } = openExchange({ prices: {}, symbols: readOwnSymbols(FILE, 1) });
    const before = exchange.valueOf("GOOG");
    const { exchange: after } = openExchange({ state: exchange.serialize() }, clock.now());
    expect(after.valueOf("GOOG")).toEqual(before);
  });

  test.each([
    ["name\nGoogle", "the header must name symbol"],
    ["symbol,colour\nGOOG,red", 'the header names "colour"'],
    ["symbol\n", "no symbol is listed"],
    ["symbol\ngoog", 'line 2: symbol is "goog"'],
    ["symbol\nGOOG\nGOOG", "line 3: GOOG is listed twice"],
    ["symbol,price\nGOOG,0", 'line 2: price is "0"; expected a number above 0'],
    ["symbol,volatility\nGOOG,2", 'line 2: volatility is "2"'],
    ["symbol,exchange\nGOOG,LSE", 'line 2: exchange is "LSE"'],
    ["symbol,tradable\nGOOG,maybe", 'line 2: tradable is "maybe"; expected yes or no'],
    ["symbol,price\nGOOG,1,2", "line 2 has more values than the header names"],
    ["symbol,price\n,1", "line 2 has no symbol"],
  ])("are refused in %j", (text, words) => {
    expect(() => readOwnSymbols(text, 1)).toThrow(words);
  });
});

describe("any symbol on its first use", () => {
  test("is the same for the same seed, in any order and at any time of use", () => {
    const use = (symbols: string[], seed: number): unknown => {
      const { exchange } = openExchange({ anySymbol: true, seed, prices: {} });
      for (const symbol of symbols) exchange.use([symbol]);
      return [exchange.state.assets.get("GOOG"), exchange.valueOf("GOOG")];
    };
    expect(use(["META", "GOOG"], 1)).toEqual(use(["GOOG", "META"], 1));
    expect(use(["GOOG"], 2)).not.toEqual(use(["GOOG"], 1));
    const levels = ["GOOG", "META", "JPM", "GS", "BAC", "V", "JNJ"].map((symbol) => seededAsset(1, symbol).priceModel!.level);
    expect(levels.every((level) => level >= 5 && level <= 500)).toBe(true);
    expect(new Set(levels).size).toBe(levels.length);
  });

  test.each([
    ["GET", "/v2/assets/GOOG", undefined],
    ["GET", "/v2/stocks/GOOG/trades/latest", undefined],
    ["GET", "/v2/stocks/bars?symbols=SPY,GOOG&timeframe=1Day", undefined],
    ["POST", "/v2/orders", marketOrder("buy", "GOOG", { qty: "1" })],
    ["POST", "/v2/watchlists", { name: "mine", symbols: ["GOOG"] }],
    ["POST", "/simulator/prices", { symbol: "GOOG", price: "40" }],
    ["POST", "/simulator/bars", { closes: { GOOG: [40] } }],
    ["POST", "/simulator/splits", { symbol: "GOOG", ratio: "2" }],
  ])("can be %s %s", async (method, path, body) => {
    const { exchange } = openExchange({ anySymbol: true });
    const reply = await clientOf(exchange).request(method, path, body);
    expect(reply.status).toBe(200);
    expect(exchange.state.assets.get("GOOG")).toMatchObject({ status: "active" });
  });

  test("can be a subscription", async () => {
    const { clock, exchange } = openExchange({ anySymbol: true, ticking: true });
    const client = await authenticated(clientOf(exchange).venue);
    client.send({ action: "subscribe", trades: ["GOOG"] });
    await clock.advance(1_000);
    expect(client.data("t")).toMatchObject([{ S: "GOOG" }]);
  });

  test.each(["goog", "GOOGLE", "12", "*", "?nonsense"])("is not %s", (symbol) => {
    const { exchange } = openExchange({ anySymbol: true });
    exchange.use([symbol]);
    expect(exchange.state.assets.size).toBe(builtInAssets().size);
  });

  test("is unknown without the option, which changes no other price", async () => {
    const [plain, open] = [openExchange({ prices: {} }), openExchange({ prices: {}, anySymbol: true })];
    expect((await clientOf(plain.exchange).request("GET", "/v2/assets/GOOG")).status).toBe(404);
    await clientOf(open.exchange).request("GET", "/v2/assets/GOOG");
    for (const symbol of builtInAssets().keys()) expect(open.exchange.valueOf(symbol)).toEqual(plain.exchange.valueOf(symbol));
  });
});

describe("loaded prices", () => {
  const FILE = "symbol,time,price\nSMR,2025-07-14T10:59:50-04:00,40\nSMR,+5,41.5\nSPY,+2.5,600\nSMR,+9,42";

  test("hold until the next one, the first also before it, and fill orders", async () => {
    const { clock, exchange } = openExchange({ prices: {}, ticking: true, givenPrices: readGivenPrices(FILE, MARKET_OPEN) });
    const seen: string[] = [];
    for (let second = 0; second < 12; second++) {
      seen.push(exchange.valueOf("SMR").toFixed());
      await clock.advance(1_000);
    }
    expect(seen).toEqual(["40", "40", "40", "40", "40", "41.5", "41.5", "41.5", "41.5", "42", "42", "42"]);
    expect(exchange.prices.trade("SMR", MARKET_OPEN - 86_400_000)!.price.toFixed()).toBe("40");
    exchange.submit(marketOrder("buy", "SMR", { qty: "1" }));
    await clock.advance(1_000);
    const [order] = (await clientOf(exchange).request("GET", "/v2/orders?status=all")).json as { filled_avg_price: string }[];
    expect(Number(order!.filled_avg_price)).toBeCloseTo(42, 1);
  });

  test("are replaced by a fixed price until it is released", async () => {
    const { clock, exchange } = openExchange({ prices: {}, givenPrices: readGivenPrices(FILE, MARKET_OPEN) });
    exchange.setPrice("SMR", "50");
    await clock.advance(10_000);
    expect(exchange.valueOf("SMR").toFixed()).toBe("50");
    exchange.releasePrice("SMR");
    expect(exchange.valueOf("SMR").toFixed()).toBe("42");
  });

  test.each([
    ["symbol,time\nSMR,+1", "the header must name price"],
    ["symbol,time,price", "no price is listed"],
    ["symbol,time,price\nSMR,09:30,40", 'line 2: time is "09:30"; expected a time with its zone'],
    ["symbol,time,price\nSMR,2025-07-14T09:30:00,40", 'line 2: time is "2025-07-14T09:30:00"'],
    ["symbol,time,price\nSMR,+1,-40", 'line 2: price is "-40"; expected a number above 0'],
    ["symbol,time,price\nSMR,+2,40\nSMR,+1,41", "line 3: +1 does not come after the price before it of SMR"],
  ])("are refused in %j", (text, words) => {
    expect(() => readGivenPrices(text, MARKET_OPEN)).toThrow(words);
  });
});

describe("a file of daily bars", () => {
  test("is JSON or comma-separated values", () => {
    const json = '{"bars":{"SMR":[{"t":"2025-07-11","o":41,"h":43,"l":40,"c":42,"v":5},{"t":"2025-07-14","c":44}]}}';
    const csv = "symbol,date,open,high,low,close,volume\nSMR,2025-07-11,41,43,40,42,5\nSMR,2025-07-14,,,,44";
    expect(readBarsFile(csv)).toEqual(JSON.parse(json));
    expect(readBarsFile(json)).toEqual(JSON.parse(json));
    const { exchange } = openExchange();
    expect(exchange.giveBars(readBarsFile(csv))).toEqual({ SMR: 2 });
    expect(exchange.valueOf("SMR").toFixed()).toBe("44");
  });

  test.each([
    ["symbol,date,close\nSMR,2025-07-14,4x", 'line 2: close is "4x"; expected a plain number'],
    ["symbol,close\nSMR,44", "the header must name date"],
    ["null", "it is not a JSON object"],
    ["7", "it is not a JSON object"],
  ])("is refused in %j", (text, words) => {
    expect(() => readBarsFile(text)).toThrow(words);
  });
});
