import { describe, expect, test } from "@jest/globals";
import { decimal, toText } from "../../src/domain/decimal.ts";
import { checkPrice, NO_OBSERVATIONS, priceOf, type PriceObservations } from "../../src/portfolio/price.ts";
import { MINUTE, NOW, SESSION_START } from "./given.ts";

const price = (text: string, at = NOW): { price: ReturnType<typeof decimal>; at: number } => ({ price: decimal(text), at });
const quote = (bid: string, ask: string, at = NOW): PriceObservations["quote"] => ({ bid: decimal(bid), ask: decimal(ask), at });

function check(seen: Partial<PriceObservations>): ReturnType<typeof checkPrice> {
  return checkPrice({ ...NO_OBSERVATIONS, ...seen }, { now: NOW, sessionStart: SESSION_START });
}

function judged(seen: Partial<PriceObservations>): string {
  const result = check(seen);
  return "doubt" in result ? result.doubt : `${result.source} ${toText(result.price)}`;
}

describe("a checked price (R10)", () => {
  test("is the latest trade when the quote confirms it", () => {
    expect(judged({ trade: price("41.50"), quote: quote("41.40", "41.60") })).toBe("latest trade 41.5");
  });

  test("names what confirms it", () => {
    const result = check({ trade: price("41.5"), quote: quote("41.4", "41.5"), position: price("41.6"), minuteBar: price("41.4") });
    expect(result).toMatchObject({ source: "latest trade", confirmedBy: ["quote", "position"] });
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

  test("is what two of three witnesses say", () => {
    expect(judged({ trade: price("41.5"), quote: quote("110.7", "110.8"), position: price("111") })).toBe("quote 110.75");
    expect(judged({ trade: price("41.5"), quote: quote("110.7", "110.8"), position: price("41.6") })).toBe("latest trade 41.5");
    expect(judged({ trade: price("41.5"), quote: quote("110.7", "110.8"), position: price("70") })).toBe("price-doubt");
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
    const result = check({ trade: price("41.5"), quote: quote("110.73", "110.75") });
    expect(result).toMatchObject({ reason: "the observed prices do not confirm one another: latest trade $41.50, quote $110.74" });
  });
});

describe("a trade and the minute bar made of it", () => {
  const old = NOW - 14 * MINUTE;

  test("are one witness and do not confirm each other", () => {
    expect(judged({ trade: price("17.5"), minuteBar: price("17.5") })).toBe("price-doubt");
  });

  test("do not outvote a live quote and the position after a fast move (trial 6d)", () => {
    const moved = { trade: price("20", old), minuteBar: price("20.1", old), quote: quote("23.99", "24.01"), position: price("24") };
    expect(judged(moved)).toBe("quote 24");
  });

  test("count by the newer one of the two", () => {
    const position = price("24");
    expect(judged({ trade: price("20", old), minuteBar: price("24.1", old + MINUTE), position })).toBe("last minute bar 24.1");
    expect(judged({ trade: price("24.1", old + 1), minuteBar: price("20", old), position })).toBe("latest trade 24.1");
    expect(judged({ trade: price("0"), minuteBar: price("24.1", old), position })).toBe("last minute bar 24.1");
  });
});

describe("what is of this session (R10)", () => {
  const twoHoursAgo = NOW - 120 * MINUTE;

  test("a quote of BTAL 0.2 % wide is confirmed by a print of two hours ago, and is what is taken (trial 6b)", () => {
    expect(judged({ trade: price("17.50", twoHoursAgo), quote: quote("17.49", "17.525") })).toBe("quote 17.5075");
  });

  test("a quote is live as long as it stands, an hour or five", () => {
    for (const minutes of [0, 60, 300])
      expect(judged({ trade: price("17.5"), quote: quote("17.49", "17.525", NOW - minutes * MINUTE) })).toBe("latest trade 17.5");
  });

  test("a print of a quarter of an hour ago is the price of now, and an older one only a witness", () => {
    const position = price("17.6");
    expect(judged({ trade: price("17.5", NOW - 15 * MINUTE), position })).toBe("latest trade 17.5");
    expect(judged({ trade: price("17.5", NOW - 15 * MINUTE - 1), position })).toBe("position 17.6");
    expect(check({ trade: price("17.5", twoHoursAgo), position: price("19") })).toMatchObject({
      reason: "the observed prices do not confirm one another: latest trade $17.50 (old), position $19.00",
    });
  });

  test("is what its stamp says to the millisecond: what stood yesterday confirms nothing", () => {
    const yesterday = SESSION_START - 1;
    expect(judged({ trade: price("17.5", yesterday), position: price("17.5") })).toBe("price-doubt");
    expect(judged({ quote: quote("17.49", "17.51", yesterday), position: price("17.5") })).toBe("price-doubt");
    expect(judged({ trade: price("17.5", yesterday), quote: quote("17.49", "17.51", yesterday) })).toBe("price-doubt");
    expect(judged({ trade: price("17.5", SESSION_START), position: price("17.5") })).toBe("position 17.5");
    expect(judged({ quote: quote("17.49", "17.51", SESSION_START), position: price("17.5") })).toBe("quote 17.5");
  });

  test("a stamp that is slightly ahead of us is as good as now", () => {
    expect(judged({ trade: price("17.5", NOW + 2_000), position: price("17.5", NOW + 1_000) })).toBe("latest trade 17.5");
  });
});

describe("while no session is open", () => {
  const friday = NOW - 48 * 60 * MINUTE;
  const closed = (seen: Partial<PriceObservations>): string => {
    const observations = new Map([["BTAL", { ...NO_OBSERVATIONS, ...seen }]]);
    const result = priceOf("BTAL", { observations, now: NOW, sessionStart: SESSION_START, marketClosed: true });
    return "doubt" in result ? result.doubt : `${result.source} ${toText(result.price)}`;
  };

  test("the last print sets the reference time, and a quote up to an hour older counts", () => {
    expect(closed({ trade: price("17.5", friday), quote: quote("17.4", "17.5", friday - 60 * MINUTE) })).toBe("latest trade 17.5");
    expect(closed({ trade: price("17.5", friday), quote: quote("17.4", "17.5", friday - 60 * MINUTE - 1) })).toBe("price-doubt");
    expect(closed({ minuteBar: price("17.5", friday), position: price("17.6") })).toBe("last minute bar 17.5");
  });

  test("without any print the reference time is now", () => {
    expect(closed({ quote: quote("17.4", "17.5", NOW - MINUTE), position: price("17.6") })).toBe("quote 17.45");
    expect(closed({ quote: quote("17.4", "17.5", friday), position: price("17.6") })).toBe("price-doubt");
  });
});

test("a price that has doubled since the close is a price like any other: splits are looked for elsewhere", () => {
  const doubled = { trade: price("40"), position: price("40"), previousClose: price("20", NOW - 24 * 60 * MINUTE) };
  expect(judged(doubled)).toBe("latest trade 40");
});
