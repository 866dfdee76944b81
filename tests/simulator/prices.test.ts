import { describe, expect, test } from "@jest/globals";
import { decimal, toText } from "../../src/domain/decimal.ts";
import { BarMaker } from "../../src/simulator/bars.ts";
import { builtInAssets, priceModel } from "../../src/simulator/assets.ts";
import { GivenBars } from "../../src/simulator/given-bars.ts";
import { PriceBook } from "../../src/simulator/prices.ts";
import { endlessHours, nyseHours } from "../../src/simulator/sessions.ts";
import { ThinFeed } from "../../src/simulator/thin-feed.ts";
import { MARKET_OPEN } from "./fixture.ts";

const DAY_MS = 86_400_000;
const FRIDAY_CLOSE = Date.parse("2025-07-11T20:00:00Z");

describe("prices", () => {
  test("depend on seed, symbol and time alone, whatever was queried before", () => {
    const first = new PriceBook(7, nyseHours);
    const second = new PriceBook(7, nyseHours);
    const ask = (book: PriceBook, at: number): string => toText(book.trade("SMR", at)!.price);
    const forward = [0, 1, 2, 3].map((day) => ask(first, MARKET_OPEN + day * DAY_MS));
    const backward = [3, 2, 1, 0].map((day) => ask(second, MARKET_OPEN + day * DAY_MS)).reverse();
    expect(forward).toEqual(backward);
    expect(ask(new PriceBook(8, nyseHours), MARKET_OPEN)).not.toBe(forward[0]);
  });

  test("of every listed symbol stay near their level over two years, and none is flat", () => {
    const book = new PriceBook(1, nyseHours);
    for (const symbol of builtInAssets().keys()) {
      const level = priceModel(symbol)!.level;
      const seen = Array.from({ length: 100 }, (_, week) => Number(toText(book.trade(symbol, MARKET_OPEN - week * 7 * DAY_MS)!.price)));
      expect(Math.min(...seen)).toBeGreaterThan(level / 3);
      expect(Math.max(...seen)).toBeLessThan(level * 3);
      expect(new Set(seen).size).toBeGreaterThan(3);
    }
  });

  test("are frozen while the market is closed", () => {
    const book = new PriceBook(1, nyseHours);
    expect(book.trade("SMR", FRIDAY_CLOSE + DAY_MS)).toEqual(book.trade("SMR", FRIDAY_CLOSE));
    expect(new PriceBook(1, endlessHours).trade("SMR", FRIDAY_CLOSE + DAY_MS)!.at).toBe(FRIDAY_CLOSE + DAY_MS);
  });

  test("come with a narrow quote around them", () => {
    const book = new PriceBook(1, nyseHours);
    for (const symbol of builtInAssets().keys()) {
      const price = book.trade(symbol, MARKET_OPEN)!.price;
      const { bid, ask } = book.quote(symbol, MARKET_OPEN)!;
      expect(bid.lte(price) && ask.gt(bid) && ask.gte(price)).toBe(true);
      expect(Number(toText(ask.minus(bid)))).toBeLessThanOrEqual(Math.max(0.01, Number(toText(price)) * 0.0005) + 1e-9);
    }
  });

  test("can be fixed from a given time, and the past does not change", () => {
    const book = new PriceBook(1, nyseHours);
    const before = book.trade("SMR", MARKET_OPEN - 1);
    book.pinPrice("SMR", decimal("12.34"), MARKET_OPEN);
    expect(toText(book.trade("SMR", MARKET_OPEN + DAY_MS)!.price)).toBe("12.34");
    expect(book.trade("SMR", MARKET_OPEN - 1)).toEqual(before);
    book.pinQuote("SMR", decimal("0"), decimal("13"), MARKET_OPEN + 1);
    expect(toText(book.quote("SMR", MARKET_OPEN + 2)!.bid)).toBe("0");
    book.release("SMR", MARKET_OPEN + 3);
    expect(toText(book.trade("SMR", MARKET_OPEN + 3)!.price)).not.toBe("12.34");
  });

  test("of an unknown symbol do not exist", () => {
    expect(new PriceBook(1, nyseHours).trade("ZZZZ", MARKET_OPEN)).toBeUndefined();
    expect(new PriceBook(1, nyseHours).quote("ZZZZ", MARKET_OPEN)).toBeUndefined();
  });
});

describe("bars", () => {
  const book = new PriceBook(1, nyseHours);
  const bars = new BarMaker({ prices: book, hours: nyseHours, givenBars: new GivenBars(), feed: new ThinFeed(1, nyseHours) });

  test("of 400 sessions are consistent: low ≤ open, close ≤ high, and the close is the price at the close", () => {
    const spans = bars.dailySpans(MARKET_OPEN - 590 * DAY_MS, MARKET_OPEN, MARKET_OPEN);
    expect(spans.length).toBeGreaterThan(400);
    for (const span of spans) {
      const { o, h, l, c, vw } = bars.bar("SMR", span, MARKET_OPEN)!;
      expect(l <= Math.min(o, c) && h >= Math.max(o, c) && vw >= l && vw <= h).toBe(true);
      expect(c).toBe(Number(toText(book.trade("SMR", span.end)!.price)));
    }
  });

  test("of a day have New York midnight as timestamp, in summer and in winter", () => {
    const stamps = bars
      .dailySpans(Date.parse("2025-03-07T00:00:00Z"), Date.parse("2025-03-11T00:00:00Z"), MARKET_OPEN)
      .map((span) => bars.bar("SPY", span, MARKET_OPEN)!.t);
    expect(stamps).toEqual(["2025-03-07T05:00:00Z", "2025-03-10T04:00:00Z"]);
  });

  test("of minutes are within sessions and have ended", () => {
    const spans = bars.intradaySpans(1, MARKET_OPEN - 3 * DAY_MS, MARKET_OPEN, MARKET_OPEN + 30_000);
    expect(spans.every(({ open }) => nyseHours.isOpen(open))).toBe(true);
    expect(spans.at(-1)!.end).toBe(MARKET_OPEN);
    expect(
      bars.intradaySpans(60, MARKET_OPEN - DAY_MS / 2, MARKET_OPEN, MARKET_OPEN).map(({ from }) => new Date(from).toISOString()),
    ).toEqual(["2025-07-14T13:00:00.000Z", "2025-07-14T14:00:00.000Z"]);
  });
});
