import { beforeEach, describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { AverageCostBook } from "../../src/performance/average-cost.ts";
import { tradedValue, tradesOf, turnoverOf } from "../../src/performance/trade.ts";
import { decimal, sum, ZERO } from "../../src/domain/decimal.ts";

let book: AverageCostBook;

beforeEach(() => {
  book = new AverageCostBook();
});

const trade = (side: "buy" | "sell", quantity: string, price: string, symbol = "SMR") => {
  const realised = book.book({ symbol, side, quantity: decimal(quantity), price: decimal(price), at: 0 });
  return (
    realised && { quantity: realised.quantity.toFixed(), profit: realised.profit.toFixed(), unknown: realised.unknownProceeds.toFixed() }
  );
};

describe("profit at average cost", () => {
  test("of a part: 5 of 30 shares that cost 12 on average, sold at 15", () => {
    trade("buy", "10", "10");
    trade("buy", "20", "13");
    expect(trade("sell", "5", "15")).toEqual({ quantity: "5", profit: "15", unknown: "0" });
    expect(book.lots.get("SMR")).toEqual({ quantity: decimal("25"), cost: decimal("300") });
    expect(book.unrealised("SMR", decimal("11"))?.toFixed()).toBe("-25");
  });

  test("of a full exit too, and nothing is left of it", () => {
    trade("buy", "3", "10");
    expect(trade("sell", "3", "9")).toEqual({ quantity: "3", profit: "-3", unknown: "0" });
    expect(book.lots.size).toBe(0);
  });

  test("restarts for shares that are bought again", () => {
    trade("buy", "1", "10");
    trade("sell", "1", "20");
    trade("buy", "1", "30");
    expect(trade("sell", "1", "31")?.profit).toBe("1");
  });

  test("covers only shares with known cost: selling more than was bought is not profit", () => {
    trade("buy", "2", "10");
    expect(trade("sell", "5", "12")).toEqual({ quantity: "2", profit: "4", unknown: "36" });
    expect(trade("sell", "1", "12")).toEqual({ quantity: "0", profit: "0", unknown: "12" });
  });

  test("loses nothing in rounding, however a position is sold", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 99_999 }),
        (parts, cents) => {
          book = new AverageCostBook();
          const shares = parts.map((part) => decimal(String(part)).div("1000000000"));
          const [paid, price] = [decimal(String(cents)).div("100"), decimal("33.33")];
          const all = sum(shares);
          book.book({ symbol: "SMR", side: "buy", quantity: all, price: paid, at: 0 });
          const profits = shares.map((quantity) => book.book({ symbol: "SMR", side: "sell", quantity, price, at: 0 })!.profit);
          expect(sum(profits).eq(all.times(price).minus(all.times(paid)))).toBe(true);
        },
      ),
      { seed: 20_251_201 },
    );
  });
});

describe("the account's own data", () => {
  const held = (quantity: string, averagePrice: string | undefined, symbol = "SMR") => ({
    symbol,
    quantity: decimal(quantity),
    averagePrice: averagePrice === undefined ? undefined : decimal(averagePrice),
  });

  test("is used for shares that our trades do not explain: earlier ones, manual ones, after a split", () => {
    trade("buy", "10", "200");
    book.adopt([held("20", "100"), held("4", "50", "LEU")]);
    expect(trade("sell", "10", "110")?.profit).toBe("100");
    expect(trade("sell", "4", "49", "LEU")?.profit).toBe("-4");
  });

  test("does not replace the exact cost of shares that our trades explain", () => {
    trade("buy", "3", "10.005");
    book.adopt([held("3", "10.01")]);
    expect(book.lots.get("SMR")?.cost?.toFixed()).toBe("30.015");
  });

  test("may show a holding gone, without a profit", () => {
    trade("buy", "3", "10");
    book.adopt([]);
    expect(trade("sell", "3", "10")).toEqual({ quantity: "0", profit: "0", unknown: "30" });
  });

  test("gives no profit without a cost, even after buying more", () => {
    book.adopt([held("3", undefined)]);
    trade("buy", "1", "10");
    expect(book.unrealised("SMR", decimal("11"))).toBeUndefined();
    expect(trade("sell", "4", "10")).toEqual({ quantity: "0", profit: "0", unknown: "40" });
  });
});

describe("the trades of an order", () => {
  const order = {
    symbol: "SMR",
    side: "buy",
    filledQuantity: decimal("3"),
    filledAveragePrice: decimal("10.333333"),
    filledAt: 9,
  } as const;
  const fill = (quantity: string, price: string) => ({ quantity: decimal(quantity), price: decimal(price), at: 1 });

  test("are its fills if all are known, because an average is rounded", () => {
    expect(tradedValue(tradesOf(order, [fill("1", "10"), fill("2", "10.5")])).toFixed()).toBe("31");
  });

  test("are one trade at the average price if fills are missing", () => {
    expect(tradedValue(tradesOf(order, [fill("1", "10")])).toFixed()).toBe("30.999999");
    expect(tradesOf(order, [])).toMatchObject([{ at: 9 }]);
  });

  test("are none when nothing is filled or no price is known", () => {
    expect(tradesOf({ ...order, filledQuantity: ZERO }, [])).toEqual([]);
    expect(tradesOf({ ...order, filledAveragePrice: undefined }, [])).toEqual([]);
  });
});

test("a full switch of the account turns it over twice", () => {
  expect(turnoverOf(decimal("200"), decimal("100"))?.toFixed()).toBe("2");
  expect(turnoverOf(decimal("200"), ZERO)).toBeUndefined();
});
