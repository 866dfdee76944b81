import { afterEach, describe, expect, test } from "@jest/globals";
import { decimal, ZERO } from "../../../src/domain/decimal.ts";
import { afterFirstPost, beforePosts, isPost, postedOrder, reply } from "../../execution/faults.ts";
import { book, expectHoldings, expectUnharmed, orderOf } from "../../execution/scenario.ts";
import type { DeskOptions } from "../../execution/virtual-desk.ts";
import { TUESDAY_10_00 } from "../../execution/virtual-desk.ts";
import { line, nuclearRun } from "../../intake/alerts.ts";
import { IncidentDesk, london, recordedUntil } from "./incident-desk.ts";

const NUCLEAR = { SMR: "0.312", LEU: "0.395", OKLO: "0.293" };

let desk: IncidentDesk;

afterEach(() => desk.close());

const held = (shares: Readonly<Record<string, string>>) =>
  Object.entries(shares).map(([symbol, quantity]) => ({ symbol, quantity: decimal(quantity), averagePrice: decimal("50") }));

/** The recorded file and prices of a moment of the original's log. */
function recorded(moment: string, exchange: NonNullable<DeskOptions["exchange"]>): void {
  desk = new IncidentDesk({ startAt: london(moment), exchange });
  desk.write(recordedUntil(desk.clock.now()));
}

function nuclear(options: DeskOptions): void {
  desk = new IncidentDesk(options);
  desk.write(nuclearRun(desk.clock.now()));
}

const refusedByVenue = (): number =>
  desk.ledger
    .recentExecutions(9)
    .flatMap(({ id }) => desk.ledger.intentsOf(id))
    .filter(({ state }) => state === "refused").length;
const bought = () =>
  [...desk.exchange.state.orders.values()].reduce(
    (total, { side, notional }) => (side === "buy" ? total.plus(notional ?? ZERO) : total),
    ZERO,
  );

test("targets above 10 % are not capped: the portfolio is evened out, not sold off and bought back", async () => {
  recorded("2025-07-14T16:07:09.253", {
    cash: decimal("200"),
    positions: held({ LEU: "161", OKLO: "583", SMR: "847" }),
    prices: { LEU: "205.27", OKLO: "56.12", SMR: "38.79" },
  });
  expect(await desk.act()).toMatchObject({ conclusion: { outcome: "on-target" } });
  expect(book(desk)).toEqual(["buy LEU filled", "sell OKLO filled", "sell SMR filled"]);
  expectHoldings(desk, { SMR: "0.314", LEU: "0.394", OKLO: "0.292" });
});

test("a buy that the cash covers is not skipped for a reserve: OKLO is bought up to its target", async () => {
  recorded("2025-07-14T16:17:05.588", {
    cash: decimal("19034.63"),
    positions: held({ LEU: "188", SMR: "788", OKLO: "177" }),
    prices: { LEU: "206.91", SMR: "39.5", OKLO: "56.77" },
  });
  expect(await desk.act()).toMatchObject({ conclusion: { outcome: "on-target" } });
  expectHoldings(desk, { SMR: "0.314", LEU: "0.394", OKLO: "0.292" });
  expect(Number(orderOf(desk, "OKLO").notional?.toFixed())).toBeGreaterThan(18_000);
});

test("no buy costs more than the cash there is: $138.31 are spent without one refusal", async () => {
  nuclear({ exchange: { cash: decimal("138.31") }, plan: { cashReserve: ZERO } });
  expect(await desk.act()).toMatchObject({ conclusion: { outcome: "on-target" } });
  expect(refusedByVenue()).toBe(0);
  expect(Number(bought().toFixed())).toBeCloseTo(138.31, 1);
  expectUnharmed(desk);
});

test("an estimate of the proceeds is not spent: when a sell brings half, the buys are cut to that and none is refused", async () => {
  nuclear({ exchange: { cash: decimal("12"), positions: held({ TQQQ: "100" }) } });
  desk.venue.interceptor = beforePosts("TQQQ", 1, () => {
    desk.exchange.setPrice("TQQQ", "45");
    return undefined;
  });
  await desk.act();
  expect(refusedByVenue()).toBe(0);
  expect(Number(bought().toFixed())).toBeLessThanOrEqual(12 + 4_500);
  expect(Number(bought().toFixed())).toBeGreaterThan(4_000);
  expectUnharmed(desk);
});

describe("buying power is not equity", () => {
  test("an account with twice its equity as buying power holds its equity and no more", async () => {
    nuclear({ exchange: { cash: decimal("50000"), multiplier: "2" } });
    await desk.act();
    expectHoldings(desk, NUCLEAR);
    expect(Number(bought().toFixed())).toBeLessThan(50_000);
  });

  test("an account that owes $1.98 is not sold off for it: it sells what is too much, and only then buys", async () => {
    const now = london("2025-07-16T15:00:00");
    desk = new IncidentDesk({
      startAt: now,
      exchange: {
        cash: decimal("-1.98"),
        positions: held({ LEU: "192.094618855", OKLO: "502.025624798", SMR: "714.2" }),
        prices: { LEU: "216.20", OKLO: "61.63", SMR: "42.46" },
      },
    });
    desk.write(nuclearRun(now));
    const cashAtBuys: string[] = [];
    desk.venue.interceptor = {
      before: (request) => {
        if (isPost(request) && postedOrder(request).side === "buy") cashAtBuys.push(desk.exchange.state.cash.toFixed(2));
        return Promise.resolve(undefined);
      },
    };
    expect(await desk.act()).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(book(desk)).toEqual(["buy SMR filled", "sell LEU filled", "sell OKLO filled"]);
    expect(Number(cashAtBuys[0])).toBeGreaterThan(1_000);
    expectHoldings(desk, NUCLEAR);
    expectUnharmed(desk);
  });
});

describe("very small amounts", () => {
  test("an account of ten dollars gets no order below the minimum and no refusal", async () => {
    nuclear({ exchange: { cash: decimal("10") } });
    await desk.act();
    expect(refusedByVenue()).toBe(0);
    for (const { notional } of desk.exchange.state.orders.values()) expect(notional?.gte(decimal("5"))).toBe(true);
    expectUnharmed(desk);
  });

  test("a refusal for the one-dollar minimum is not taken for a lack of money, although it has the same code", async () => {
    nuclear({});
    let posts = 0;
    desk.venue.interceptor = beforePosts("SMR", 9, () => {
      posts += 1;
      return reply(403, { code: 40310000, message: "cost basis must be >= minimal amount of order 1" });
    });
    expect(await desk.act()).toMatchObject({ conclusion: { outcome: "off-target", reason: expect.stringContaining("SMR") as unknown } });
    expect(posts).toBe(1);
    expect(book(desk)).toEqual(["buy LEU filled", "buy OKLO filled"]);
  });

  test("a portfolio that strays by a few dollars is left as it is: no order for 0.04 OKLO", async () => {
    nuclear({ exchange: { cash: decimal("1000"), positions: held({ SMR: "803.041", LEU: "188.914", OKLO: "517.93" }) } });
    expect(await desk.act()).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(book(desk)).toEqual([]);
  });

  test("a position too small to be sold finances no buy", async () => {
    nuclear({
      exchange: {
        cash: decimal("1000"),
        positions: held({ XLF: "0.05", TQQQ: "10" }),
        prices: { XLF: "52", TQQQ: "85", SMR: "38.5", LEU: "207", OKLO: "56" },
      },
    });
    await desk.act();
    expect(refusedByVenue()).toBe(0);
    expect(bought().lte(decimal("1850"))).toBe(true);
    expectUnharmed(desk);
  });
});

describe("a reserve", () => {
  test("of 5 % leaves no leg permanently short: the next run finds nothing to do", async () => {
    nuclear({ plan: { cashReserve: decimal("0.05") } });
    await desk.act();
    const orders = desk.orders().length;
    await desk.clock.advance(60_000);
    desk.append(...nuclearRun(desk.clock.now()));
    expect(await desk.act()).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(desk.orders()).toHaveLength(orders);
  });
});

describe("symbols that trade in whole shares only", () => {
  test("are bought in whole shares, for less than the cash even 4 % above the price, and what that margin left is bought after them", async () => {
    desk = new IncidentDesk({ exchange: { cash: decimal("1000"), prices: { FNGU: "27.31" } } });
    desk.write([line({ at: desk.clock.now(), symbol: "FNGU", reason: "TQQQ oversold, buying dip" })]);
    expect(await desk.act()).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(desk.orders().map(({ symbol }) => symbol)).toEqual(["FNGU", "FNGU"]);
    expect(orderOf(desk, "FNGU").quantity?.toFixed()).toBe("35");
    expect(desk.exchange.state.positions.get("FNGU")?.quantity.toFixed()).toBe("36");
    expect(refusedByVenue()).toBe(0);
  });

  test("are sold in whole shares when a part has to go", async () => {
    desk = new IncidentDesk({ exchange: { cash: decimal("10"), positions: held({ FNGU: "100" }), prices: { FNGU: "27.31", BTAL: "19" } } });
    const leg = (index: number, symbol: string): string =>
      line({ at: TUESDAY_10_00 + index * 100, symbol, reason: "Bear market allocation: 50.0% (inverse volatility weighted)" });
    desk.write([leg(0, "FNGU"), leg(1, "BTAL")]);
    expect(await desk.act()).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(orderOf(desk, "FNGU").quantity?.toFixed()).toBe("50");
    expectUnharmed(desk);
  });

  test("so are all in an account that may not trade fractions: the venue has nothing to refuse", async () => {
    nuclear({});
    desk.exchange.setSettings({ fractionalTrading: false });
    expect(await desk.act()).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect([...desk.exchange.state.positions.values()].map(({ quantity }) => quantity.toFixed())).toEqual(
      Array.from({ length: 3 }, () => expect.stringMatching(/^\d+$/) as unknown),
    );
    expect(refusedByVenue()).toBe(0);
    expectUnharmed(desk);
  });
});

test("a price that runs away between plan and fill costs no more dollars: buys are sent in dollars", async () => {
  nuclear({ exchange: { cash: decimal("100000") } });
  desk.venue.interceptor = afterFirstPost("SMR", (response) => {
    desk.exchange.setPrice("LEU", "217.35");
    return response;
  });
  await desk.act();
  expect(refusedByVenue()).toBe(0);
  expectUnharmed(desk);
});
