import { describe, expect, test } from "@jest/globals";
import { clientOf, MARKET_OPEN, openExchange, type Client } from "./fixture.ts";

interface Entry {
  readonly t: string;
  readonly p?: number;
  readonly bp?: number;
  readonly i?: number;
}

interface Page {
  readonly next_page_token: string | null;
  readonly trades: Record<string, Entry[]>;
  readonly quotes: Record<string, Entry[]>;
}

const CLOSE = Date.parse("2025-07-14T20:00:00Z");
const KINDS = ["trades", "quotes"] as const;

function stamp(at: number): string {
  return new Date(at).toISOString();
}

async function read(client: Client, path: string): Promise<Page> {
  return (await client.request("GET", path)).json as Page;
}

describe.each(KINDS)("historical %s", (kind) => {
  const path = `/v2/stocks/${kind}?symbols=SPY,SMR&start=${stamp(MARKET_OPEN - 10_000)}`;

  test("are one a second for each symbol, up to now", async () => {
    const { [kind]: entries } = await read(clientOf(openExchange({ prices: {} }).exchange), path);
    expect(Object.keys(entries)).toEqual(["SMR", "SPY"]);
    const times = entries.SPY!.map(({ t }) => Date.parse(t));
    expect(times).toHaveLength(kind === "trades" ? 11 : 10);
    expect(new Set(times.slice(1).map((at, index) => at - times[index]!))).toEqual(new Set([1_000]));
    expect(times.every((at) => at >= MARKET_OPEN - 10_000 && at <= MARKET_OPEN)).toBe(true);
  });

  test.each(["asc", "desc"])("on pages sorted %s give every one once", async (sort) => {
    const client = clientOf(openExchange({ prices: {} }).exchange);
    const whole = await read(client, `${path}&sort=${sort}`);
    const collected: Record<string, Entry[]> = {};
    let token: string | null = "";
    for (let page = 0; token !== null && page < 20; page++) {
      const part: Page = await read(client, `${path}&sort=${sort}&limit=3&page_token=${encodeURIComponent(token)}`);
      for (const [symbol, entries] of Object.entries(part[kind])) (collected[symbol] ??= []).push(...entries);
      token = part.next_page_token;
    }
    expect(collected).toEqual(whole[kind]);
  });

  test("of one symbol are the same", async () => {
    const client = clientOf(openExchange({ prices: {} }).exchange);
    const one = (await client.request("GET", `/v2/stocks/SPY/${kind}?start=${stamp(MARKET_OPEN - 10_000)}`)).json;
    expect(one).toEqual({ [kind]: (await read(client, path))[kind].SPY, symbol: "SPY", next_page_token: null });
  });

  test("exist only while the market is open, and end with the close", async () => {
    const client = clientOf(openExchange({ prices: {} }, CLOSE + 3_600_000).exchange);
    const page = await read(client, `/v2/stocks/${kind}?symbols=SPY&start=2025-07-11&sort=desc&limit=1000`);
    const times = page[kind].SPY!.map(({ t }) => t);
    expect(times[0]).toBe("2025-07-14T20:00:00Z");
    const early = await read(client, `/v2/stocks/${kind}?symbols=SPY&start=2025-07-12&end=2025-07-14T13:29:59Z`);
    expect(early).toEqual({ [kind]: {}, next_page_token: null });
  });

  test("on a thin feed are its own", async () => {
    const { exchange } = openExchange({ prices: {} });
    const client = clientOf(exchange, { faults: ["free-feed:prints=60,still=30,one-sided=0"] });
    const page = await read(client, `/v2/stocks/${kind}?symbols=LEU&start=2025-07-14T13:30:00Z`);
    const open = Date.parse("2025-07-14T13:30:00Z");
    const { feed } = exchange;
    const expected =
      kind === "trades" ? feed.printsBetween("LEU", open, MARKET_OPEN + 1) : feed.quotesBetween("LEU", open, MARKET_OPEN + 1);
    expect(page[kind].LEU!.map(({ t }) => Date.parse(t))).toEqual(expected);
  });

  test.each([["limit=10001"], ["limit=0"], ["sort=up"], ["page_token=x"], ["start=2025-07-14&end=2025-07-13"], ["currency=EUR"]])(
    "refuse %s",
    async (query) => {
      const reply = await clientOf(openExchange().exchange).request("GET", `/v2/stocks/${kind}?symbols=SPY&${query}`);
      expect(reply.status).toBe(400);
    },
  );

  test("of the last 15 minutes are refused from all exchanges to an account that does not pay for them", async () => {
    const { exchange } = openExchange();
    const query = `/v2/stocks/${kind}?symbols=SPY&feed=sip&limit=1`;
    expect((await clientOf(exchange).request("GET", `${query}&end=${stamp(MARKET_OPEN)}`)).status).toBe(403);
    const { [kind]: entries } = await read(clientOf(exchange), `${query}&sort=desc`);
    expect(Date.parse(entries.SPY![0]!.t)).toBeLessThanOrEqual(MARKET_OPEN - 15 * 60_000);
    expect((await clientOf(exchange, { sip: true }).request("GET", `${query}&end=${stamp(MARKET_OPEN)}`)).status).toBe(200);
  });
});

describe("the latest trade and quote of a ticking market", () => {
  const latest = async (client: Client, kind: (typeof KINDS)[number]): Promise<unknown> =>
    ((await client.request("GET", `/v2/stocks/${kind}/latest?symbols=SMR`)).json as Record<string, Record<string, unknown>>)[kind]!.SMR;
  const newest = async (client: Client, kind: (typeof KINDS)[number]): Promise<unknown> =>
    (await read(client, `/v2/stocks/${kind}?symbols=SMR&sort=desc&limit=1`))[kind].SMR?.[0];

  test.each(KINDS)("are the last of the historical %s at every time", async (kind) => {
    const { clock, exchange } = openExchange({ prices: {}, ticking: true }, CLOSE - 20_000);
    const client = clientOf(exchange, { rateLimitPerMinute: "off" });
    const steps: (() => void)[] = [
      () => exchange.setPrice("SMR", "41.5"),
      () => exchange.setQuote("SMR", "41", "42"),
      () => exchange.releasePrice("SMR"),
      () => exchange.pauseSymbol("SMR"),
      () => exchange.resumeSymbol("SMR"),
    ];
    for (let moment = 0; moment < 120; moment++) {
      await clock.advance(233);
      if (moment % 12 === 5) steps[Math.floor(moment / 12)]?.();
      expect([moment, await latest(client, kind)]).toEqual([moment, await newest(client, kind)]);
    }
  });

  test("show a fixed price at once", async () => {
    const { clock, exchange } = openExchange({ prices: {}, ticking: true });
    await clock.advance(777);
    exchange.setPrice("SMR", "41.5");
    expect(await latest(clientOf(exchange), "trades")).toMatchObject({ p: 41.5, t: "2025-07-14T15:00:00.777Z" });
  });

  test("of the delayed feed are those of 15 minutes ago", async () => {
    const { exchange } = openExchange({ prices: {}, ticking: true });
    const client = clientOf(exchange);
    const { trades } = (await client.request("GET", "/v2/stocks/trades/latest?symbols=SMR&feed=delayed_sip")).json as {
      trades: Record<string, Entry>;
    };
    const then = await read(client, `/v2/stocks/trades?symbols=SMR&end=${stamp(MARKET_OPEN - 900_000)}&sort=desc&limit=1`);
    expect(trades.SMR).toEqual(then.trades.SMR![0]);
    expect(trades.SMR!.t).toBe("2025-07-14T14:45:00Z");
  });
});

test("without ticking, the latest trade is as old as the request, as the daemon's own venue shows it", async () => {
  const { clock, exchange } = openExchange({ prices: {} });
  await clock.advance(777);
  const { trade } = (await clientOf(exchange).request("GET", "/v2/stocks/SMR/trades/latest")).json as { trade: Entry };
  expect(trade).toMatchObject({ t: "2025-07-14T15:00:00.777Z", p: Number(exchange.valueOf("SMR").toFixed()) });
});
