import { describe, expect, test } from "@jest/globals";
import { decimal } from "../../src/domain/decimal.ts";
import { clientOf, holding, marketOrder, openExchange } from "./fixture.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

interface History {
  readonly timestamp: number[];
  readonly equity: number[];
  readonly profit_loss: number[];
  readonly profit_loss_pct: number[];
  readonly base_value: number;
  readonly base_value_asof: string;
  readonly timeframe: string;
  readonly cashflow?: Record<string, number[]>;
}

/** An account with 10 LEU at $200 and $8,000 in cash on Monday at 11:00 in New York. */
const setUp = () => {
  const fixture = openExchange({ positions: [holding("LEU", "10", "200")], cash: decimal("8000") });
  const { request } = clientOf(fixture.exchange);
  const ask = (query = "") => request("GET", `/v2/account/portfolio/history${query}`);
  return { ...fixture, ask, read: async (query = "") => (await ask(query)).json as History };
};
const inNewYork = (seconds: number): string =>
  new Date(seconds * 1_000).toLocaleString("sv-SE", { timeZone: "America/New_York" }).slice(0, 16);

describe("the history of a portfolio by day", () => {
  test("counts a deposit as profit, and shows it separately only on request, as in the venue's recorded answers", async () => {
    const { clock, exchange, read } = setUp();
    exchange.setPrice("LEU", "210");
    await clock.advance(DAY_MS);
    exchange.transfer("2667.87");
    exchange.setPrice("LEU", "208.875");
    await clock.advance(DAY_MS);
    const history = await read();
    expect(history).toEqual({
      timestamp: history.timestamp,
      equity: [10_100, 12_756.62, 12_756.62],
      profit_loss: [100, 2_656.62, 0],
      profit_loss_pct: [0.01, 0.263, 0],
      base_value: 10_000,
      base_value_asof: "2025-07-11",
      timeframe: "1D",
    });
    expect(history.timestamp.map(inNewYork)).toEqual(["2025-07-14 20:00", "2025-07-15 20:00", "2025-07-16 20:00"]);
    expect(await read("?cashflow_types=CSD,CSW")).toEqual({ ...history, cashflow: { CSD: [0, 2_667.87, 0] } });
    expect(await read("?cashflow_types=NONE")).toEqual(history);
  });

  test("values every day with that day's holdings: fills, withdrawals and splits are reversed", async () => {
    const { clock, exchange, read } = setUp();
    await clock.advance(DAY_MS);
    exchange.submit(marketOrder("sell", "LEU", { qty: "4" }));
    await clock.advance(1_000);
    exchange.transfer("-1000");
    await clock.advance(DAY_MS);
    exchange.split("LEU", "2");
    exchange.setPrice("LEU", "150");
    await clock.advance(DAY_MS);
    expect(await read("?cashflow_types=ALL")).toMatchObject({
      equity: [10_000, 8_999.88, 9_599.88, 9_599.88],
      profit_loss: [0, -1_000.12, 600, 0],
      cashflow: { CSW: [0, -1_000, 0, 0] },
    });
  });

  test("begins with the account, leaves out days without a session, and takes its base from the day before", async () => {
    const { clock, exchange, read } = setUp();
    await clock.advance(4 * DAY_MS);
    exchange.setPrice("LEU", "220");
    await clock.advance(4 * DAY_MS);
    expect((await read("?period=1A")).timestamp.map(inNewYork).map((text) => text.slice(5, 10))).toEqual([
      "07-14",
      "07-15",
      "07-16",
      "07-17",
      "07-18",
      "07-21",
      "07-22",
    ]);
    const part = await read("?timeframe=1D&start=2025-07-18&end=2025-07-21T12:00:00-04:00");
    expect(part).toMatchObject({ equity: [10_200, 10_200], profit_loss: [200, 0], base_value: 10_000, base_value_asof: "2025-07-17" });
    expect(await read("?start=2025-07-01&end=2025-07-05")).toMatchObject({
      timestamp: [],
      equity: [],
      profit_loss: [],
      profit_loss_pct: [],
    });
  });
});

describe("the history of a portfolio within days", () => {
  test("has a window for every quarter of an hour of the session so far, relative to the previous close", async () => {
    const { clock, exchange, read } = setUp();
    await clock.advance(DAY_MS - HOUR_MS + 60_000);
    exchange.setPrice("LEU", "201");
    await clock.advance(HOUR_MS / 2);
    const history = await read("?start=2025-07-15&timeframe=15Min");
    expect(history.timestamp.map(inNewYork)).toEqual(["09:30", "09:45", "10:00", "10:15", "10:30"].map((time) => `2025-07-15 ${time}`));
    expect(history).toMatchObject({
      timeframe: "15Min",
      equity: [10_000, 10_000, 10_010, 10_010, 10_010],
      profit_loss: [0, 0, 10, 10, 10],
      profit_loss_pct: [0, 0, 0.001, 0.001, 0.001],
      base_value: 10_000,
      base_value_asof: "2025-07-14",
    });
  });

  test("starts from zero every day, or with no_reset continues from the base", async () => {
    const { clock, exchange, read } = setUp();
    exchange.setPrice("LEU", "210");
    await clock.advance(DAY_MS + HOUR_MS);
    const query = "?period=2D&timeframe=1H";
    expect((await read(query)).profit_loss).toEqual([100, 100, 100, 100, 100, 100, 0, 0, 0]);
    expect((await read(`${query}&pnl_reset=no_reset`)).profit_loss).toEqual([100, 100, 100, 100, 100, 100, 100, 100, 100]);
  });

  test.each([
    ["market_hours", 27, "09:30", "16:00"],
    ["extended_hours", 65, "04:00", "20:00"],
    ["continuous", 97, "00:00", "00:00"],
  ])("%s covers %i quarters of a whole day, from %s to %s", async (reporting, length, first, last) => {
    const { clock, read } = setUp();
    await clock.advance(3 * DAY_MS);
    const bounds = reporting === "continuous" ? "start=2025-07-15&end=2025-07-16" : "start=2025-07-15&end=2025-07-15T21:00:00-04:00";
    const { timestamp } = await read(`?${bounds}&timeframe=15Min&intraday_reporting=${reporting}`);
    expect(timestamp).toHaveLength(length);
    expect([timestamp[0], timestamp.at(-1)].map((at) => inNewYork(at!).slice(11))).toEqual([first, last]);
  });

  test.each([
    ["?period=5D", "1Min"],
    ["?period=2W", "15Min"],
    ["", "1D"],
    ["?period=1A", "1D"],
  ])("%j is answered in windows of %s", async (query, timeframe) => {
    expect((await setUp().read(query)).timeframe).toBe(timeframe);
  });
});

describe("an invalid history request", () => {
  test.each([
    ["?period=1D&start=2025-07-01&end=2025-07-02", 422, "only two of start, end and period can be specified at the same time"],
    ["?period=3M&timeframe=15Min", 422, "only 1D is accepted as timeframe for more than 30 days"],
    ["?start=2025-07-02&end=2025-07-01", 422, "end should not be before start"],
    ["?period=0D", 400, "invalid period: 0D"],
    ["?timeframe=2Min", 400, "invalid timeframe: 2Min"],
    ["?start=yesterday", 400, "invalid start: yesterday"],
    ["?pnl_reset=never", 400, "invalid pnl_reset: never"],
    ["?timeframe=1Min&period=1D&intraday_reporting=always", 400, "invalid intraday_reporting: always"],
  ])("%s is refused", async (query, status, message) => {
    expect(await setUp().ask(query)).toMatchObject({ status, json: { message } });
  });
});
