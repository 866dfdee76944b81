import { afterEach, describe, expect, test } from "@jest/globals";
import { decimal } from "../../../src/domain/decimal.ts";
import { both, spoiledSnapshot } from "../../execution/faults.ts";
import { book, expectUnharmed, orderOf } from "../../execution/scenario.ts";
import { IncidentDesk, london, recordedUntil } from "./incident-desk.ts";

let desk: IncidentDesk;

afterEach(() => desk.close());

const BAD_QUOTE = london("2025-07-14T19:43:41.563");

/** The recorded paper account of that evening, and what its symbols really cost. */
const EVENING = {
  cash: decimal("217.82"),
  positions: [
    { symbol: "SMR", quantity: decimal("779.30427"), averagePrice: decimal("39") },
    { symbol: "LEU", quantity: decimal("192.885045"), averagePrice: decimal("206") },
    { symbol: "OKLO", quantity: decimal("500.259895"), averagePrice: decimal("56") },
  ],
  prices: { SMR: "41.50", LEU: "213.09", OKLO: "60.52" },
};

/** The same symbols with far too much LEU, so that a price decides how much of it is sold. */
const TOO_MUCH_LEU = {
  cash: decimal("100"),
  positions: [
    { symbol: "SMR", quantity: decimal("300"), averagePrice: decimal("39") },
    { symbol: "LEU", quantity: decimal("300"), averagePrice: decimal("206") },
    { symbol: "OKLO", quantity: decimal("400"), averagePrice: decimal("56") },
  ],
  prices: { SMR: "42", LEU: "216", OKLO: "62" },
};
/** (300 × 216 − 39.5 % of 99 % of the account) ÷ 216. */
const LEU_TO_SELL = (64_800 - 0.395 * 0.99 * 102_300) / 216;

/** The data feed quotes a symbol like this; the market itself is sound. */
const quoted = (symbol: string, bp: number, ap: number) =>
  spoiledSnapshot(symbol, (shown) => ({ ...shown, latestQuote: { ...(shown.latestQuote as object), bp, ap } }));

function open(exchange: typeof EVENING | { cash: typeof EVENING.cash; prices: typeof EVENING.prices }, startAt = BAD_QUOTE): void {
  desk = new IncidentDesk({ exchange, startAt });
  desk.write(recordedUntil(startAt));
}

const sold = (symbol: string): number => Number(orderOf(desk, symbol).quantity?.toFixed());

describe("the evening of the bad quote", () => {
  test("a midpoint of 110.74 on a 41.50 stock sells nothing", async () => {
    open(EVENING);
    desk.venue.interceptor = quoted("SMR", 110.73, 110.75);
    expect(await desk.act()).toMatchObject({ kind: "concluded", conclusion: { outcome: "on-target" } });
    expect(book(desk)).toEqual([]);
  });

  test("so half an hour later, with a sound quote, there is nothing to buy back", async () => {
    open(EVENING);
    desk.venue.interceptor = quoted("SMR", 110.73, 110.75);
    await desk.act();
    await desk.clock.advance(london("2025-07-14T20:15:35.550") - BAD_QUOTE);
    desk.venue.interceptor = {};
    desk.write(recordedUntil(desk.clock.now()));
    expect(await desk.act()).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(book(desk)).toEqual([]);
  });

  test("a bogus 111.83 does not shrink a buy to 38 %: it is sent in dollars", async () => {
    open({ cash: decimal("1000"), prices: EVENING.prices });
    desk.venue.interceptor = quoted("SMR", 111.82, 111.84);
    expect(await desk.act()).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(orderOf(desk, "SMR").notional?.toFixed()).toBe("308.88");
  });
});

describe("recorded and suspicious quotes", () => {
  test("the recorded wide and one-sided quotes (37.01/43.10, 56.20/64.00, no ask) size nothing: trades and positions do", async () => {
    open(TOO_MUCH_LEU);
    desk.venue.interceptor = both(quoted("SMR", 37.01, 43.1), quoted("OKLO", 56.2, 64), quoted("LEU", 215.5, 0));
    expect(await desk.act()).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(sold("LEU")).toBeCloseTo(LEU_TO_SELL, 3);
    expect(book(desk)).toEqual(["buy OKLO filled", "buy SMR filled", "sell LEU filled"]);
  });

  test.each([
    ["negative", -110.73, 110.75],
    ["inverted", 120, 110],
    ["of a cent", 0.01, 0.01],
    ["more than 10 % wide", 400, 460],
  ])("a quote that is %s decides no quantity", async (_, bid, ask) => {
    open(TOO_MUCH_LEU);
    desk.venue.interceptor = quoted("LEU", bid, ask);
    expect(await desk.act()).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(sold("LEU")).toBeCloseTo(LEU_TO_SELL, 3);
  });

  test("an alert's price of 1867.27 for a 213-dollar stock decides nothing", async () => {
    open(TOO_MUCH_LEU);
    desk.write(recordedUntil(BAD_QUOTE).map((line) => line.replace('"price": 213.2100067138672', '"price": 1867.275')));
    expect(await desk.act()).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(sold("LEU")).toBeCloseTo(LEU_TO_SELL, 3);
    expectUnharmed(desk);
  });

  test.each([
    ["of two hours ago, which are of this session", 7_200_000],
    ["of the session before, which are no prices", 86_400_000],
  ])("trades and quotes %s keep no dollars from being spent on their symbol", async (_, ms) => {
    open({ cash: decimal("10000"), prices: EVENING.prices });
    const t = new Date(BAD_QUOTE - ms).toISOString();
    desk.venue.interceptor = spoiledSnapshot("OKLO", (shown) => ({
      ...shown,
      latestTrade: { ...(shown.latestTrade as object), t },
      latestQuote: { ...(shown.latestQuote as object), t },
      minuteBar: { ...(shown.minuteBar as object), t },
    }));
    expect(await desk.act()).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(book(desk)).toEqual(["buy LEU filled", "buy OKLO filled", "buy SMR filled"]);
    expect(orderOf(desk, "LEU").notional?.toFixed()).toBe("3910.5");
  });
});

test("after the close a missing ask aborts nothing: the market is said to be closed, not a price to be missing", async () => {
  open(EVENING, london("2025-07-14T21:03:21.580"));
  desk.venue.interceptor = quoted("LEU", 216.7, 0);
  expect(await desk.act()).toMatchObject({ kind: "declined", verdict: "market-closed" });
  expect(book(desk)).toEqual([]);
});
