import { describe, expect, test } from "@jest/globals";
import { decimal, toText } from "../../src/portfolio/money.ts";
import { checkPrice, NO_OBSERVATIONS, type PriceObservations } from "../../src/portfolio/price.ts";
import { MINUTE, NOW } from "./given.ts";

const price = (text: string, at = NOW): { price: ReturnType<typeof decimal>; at: number } => ({ price: decimal(text), at });
const quote = (bid: string, ask: string, at = NOW): PriceObservations["quote"] => ({ bid: decimal(bid), ask: decimal(ask), at });

function judged(seen: Partial<PriceObservations>): string {
  const result = checkPrice({ ...NO_OBSERVATIONS, ...seen }, NOW);
  return "doubt" in result ? result.doubt : `${result.source} ${toText(result.price)}`;
}

describe("a checked price (R10)", () => {
  test("is the latest trade when the quote confirms it", () => {
    expect(judged({ trade: price("41.50"), quote: quote("41.40", "41.60") })).toBe("latest trade 41.5");
  });

  test("names what confirms it", () => {
    const result = checkPrice({ ...NO_OBSERVATIONS, trade: price("41.5"), position: price("41.6"), minuteBar: price("41.4") }, NOW);
    expect(result).toMatchObject({ source: "latest trade", confirmedBy: ["position", "last minute bar"] });
  });

  test("is the quote's middle when there is no trade", () => {
    expect(judged({ quote: quote("41", "42"), position: price("41.6") })).toBe("quote 41.5");
  });

  test("ignores the recorded quote of 110.74 for SMR at 41.50", () => {
    expect(judged({ trade: price("41.50"), quote: quote("110.73", "110.75"), position: price("41.47") })).toBe("latest trade 41.5");
    expect(judged({ trade: price("41.50"), quote: quote("110.73", "110.75") })).toBe("price-doubt");
  });

  test.each([
    ["SMR 37.01 / 43.10", "37.01", "43.10"],
    ["OKLO 56.20 / 64.00", "56.20", "64.00"],
  ])("never rests on a wide quote (%s)", (_, bid, ask) => {
    expect(judged({ quote: quote(bid, ask), trade: price(bid) })).toBe("price-doubt");
  });

  test("takes the middle of a quote of exactly 5 % and of none that is wider, however well the middle fits", () => {
    expect(judged({ quote: quote("97.5", "102.5"), trade: price("100") })).toBe("latest trade 100");
    expect(judged({ quote: quote("97.4", "102.6"), trade: price("100") })).toBe("price-doubt");
  });

  test("never takes the one side of a one-sided or inverted quote", () => {
    expect(judged({ quote: quote("217.1", "0"), trade: price("217") })).toBe("price-doubt");
    expect(judged({ quote: quote("217.1", "217"), trade: price("217") })).toBe("price-doubt");
  });

  test("is in doubt when two pairs contradict each other", () => {
    expect(judged({ trade: price("41.5"), minuteBar: price("41.4"), quote: quote("110.7", "110.8"), position: price("111") })).toBe(
      "price-doubt",
    );
  });

  test("allows exactly 5 % between two observations and no more", () => {
    expect(judged({ trade: price("100"), position: price("105") })).toBe("latest trade 100");
    expect(judged({ trade: price("100"), position: price("105.01") })).toBe("price-doubt");
  });

  test("is in doubt with one observation or none", () => {
    expect(judged({ trade: price("41.5") })).toBe("price-doubt");
    expect(judged({})).toBe("price-doubt");
    expect(judged({ trade: price("0"), position: price("0") })).toBe("price-doubt");
  });

  test("says what was seen when it is in doubt", () => {
    const result = checkPrice({ ...NO_OBSERVATIONS, trade: price("41.5"), quote: quote("110.73", "110.75") }, NOW);
    expect(result).toMatchObject({ reason: "the observed prices do not confirm one another: latest trade $41.50, quote $110.74" });
  });
});

describe("prices of the same moment", () => {
  test("a fresh quote is confirmed by the trade of a thin stock 40 minutes ago, and is then what is taken", () => {
    expect(judged({ trade: price("17.50", NOW - 40 * MINUTE), quote: quote("17.5", "17.7") })).toBe("quote 17.6");
  });

  test("two observations of 16 minutes ago do not confirm each other", () => {
    expect(judged({ trade: price("17.5", NOW - 16 * MINUTE), minuteBar: price("17.5", NOW - 16 * MINUTE) })).toBe("price-doubt");
    expect(judged({ trade: price("17.5", NOW - 14 * MINUTE), minuteBar: price("17.5", NOW - 15 * MINUTE) })).toBe("latest trade 17.5");
  });

  test("a quarter of an hour is recent, an hour confirms, and a moment more does neither", () => {
    const [recent, old] = [NOW - 15 * MINUTE, NOW - 60 * MINUTE];
    expect(judged({ trade: price("17.5", recent), minuteBar: price("17.5", old) })).toBe("latest trade 17.5");
    expect(judged({ trade: price("17.5", recent - 1), minuteBar: price("17.5", old) })).toBe("price-doubt");
    expect(judged({ trade: price("17.5", recent), minuteBar: price("17.5", old - 1) })).toBe("price-doubt");
  });

  test("yesterday's trade confirms nothing", () => {
    expect(judged({ trade: price("17.5", NOW - 20 * 60 * MINUTE), position: price("17.5") })).toBe("price-doubt");
  });

  test("a stamp that is slightly ahead of us is as good as now", () => {
    expect(judged({ trade: price("17.5", NOW + 2_000), position: price("17.5", NOW + 1_000) })).toBe("latest trade 17.5");
  });
});

test("a price that has doubled since the close is a price like any other: splits are looked for elsewhere", () => {
  const doubled = { trade: price("40"), position: price("40"), previousClose: price("20", NOW - 24 * 60 * MINUTE) };
  expect(judged(doubled)).toBe("latest trade 40");
});
