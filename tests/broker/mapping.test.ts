import { describe, expect, test } from "@jest/globals";
import { toAccount, toAccountConfiguration, toAsset, toMarketClock, toPositions, toSessions } from "../../src/broker/mapping.ts";
import { toOrder, toOrderUpdate } from "../../src/broker/order-mapping.ts";
import { toMarketPrices } from "../../src/broker/price-mapping.ts";
import { wireOrder } from "./scripted-venue.ts";

const ACCOUNT = {
  id: "e6fe16f3-64a4-4921-8928-cadf02f92f98",
  account_number: "PA3ALC7W0P9L",
  status: "ACTIVE",
  equity: "100000.123456789012345678",
  last_equity: "99000",
  cash: "-12.34",
  buying_power: "0",
  multiplier: "2",
  trading_blocked: false,
  account_blocked: false,
  trade_suspended_by_user: false,
};

const POSITION = {
  asset_id: "b0b6dd9d",
  symbol: "SMR",
  exchange: "NYSE",
  asset_class: "us_equity",
  avg_entry_price: "20",
  qty: "10.5",
  qty_available: "4.25",
  side: "long",
  market_value: "231",
  cost_basis: "210",
  unrealized_pl: "21",
  current_price: "22",
  lastday_price: "21",
};

function without(record: Readonly<Record<string, unknown>>, key: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== key));
}

describe("the account", () => {
  test("keeps every digit of its amounts", () => {
    const account = toAccount(ACCOUNT);
    expect(account.equity.toFixed()).toBe("100000.123456789012345678");
    expect(account.cash.toFixed()).toBe("-12.34");
    expect(account).toMatchObject({ number: "PA3ALC7W0P9L", multiplier: "2", blocks: [] });
  });

  test("is readable with a plus before an amount", () => {
    expect(toAccount({ ...ACCOUNT, cash: "+15.20" }).cash.toFixed()).toBe("15.2");
  });

  test.each([null, "", undefined, "n/a"])("with last_equity %j is readable, and says that it is not known", (last_equity) => {
    const account = toAccount({ ...ACCOUNT, last_equity });
    expect(account.lastEquityKnown).toBe(false);
    expect(account.lastEquity).toEqual(account.equity);
    expect(toAccount(ACCOUNT).lastEquityKnown).toBe(true);
  });

  test("is readable without the fields removed in 2026, and with unknown ones", () => {
    expect(toAccount({ ...ACCOUNT, crypto_tier: 1, admin_configurations: {}, daytrade_count: null }).status).toBe("ACTIVE");
    expect(toAccount(without(without(ACCOUNT, "multiplier"), "trading_blocked")).blocks).toEqual([]);
  });

  test("names everything that blocks trading", () => {
    const blocked = { ...ACCOUNT, status: "ACCOUNT_CLOSED", trading_blocked: true, account_blocked: true, trade_suspended_by_user: true };
    expect(toAccount(blocked).blocks).toEqual(["status ACCOUNT_CLOSED", "trading_blocked", "account_blocked", "trade_suspended_by_user"]);
  });

  test.each(["id", "account_number", "status", "equity", "cash", "buying_power"])("cannot be read without %s", (key) => {
    expect(() => toAccount(without(ACCOUNT, key))).toThrow(key);
  });

  test.each(["", "abc", "NaN", "Infinity", "1,000", "0x10", null, true, {}])("has no equity in %j", (equity) => {
    expect(() => toAccount({ ...ACCOUNT, equity })).toThrow("equity");
  });
});

describe("a position", () => {
  test("shows the quantity that open orders leave", () => {
    const [position] = toPositions([POSITION]);
    expect(position!.quantity.toFixed()).toBe("10.5");
    expect(position!.available.toFixed()).toBe("4.25");
  });

  test("is fully available by default, and never beyond the holding", () => {
    expect(toPositions([without(POSITION, "qty_available")])[0]!.available.toFixed()).toBe("10.5");
    expect(toPositions([{ ...POSITION, qty_available: "11" }])[0]!.available.toFixed()).toBe("10.5");
  });

  test.each([
    ["a negative quantity", { qty: "-3", qty_available: "-3", market_value: "-66", side: "short" }],
    ["a positive quantity", { qty: "3", qty_available: "3", market_value: "66", side: "short" }],
    ["a negative quantity and no side", { qty: "-3", qty_available: "-3", market_value: "-66", side: null }],
  ])("is short and negative when written with %s", (_name, fields) => {
    const [position] = toPositions([{ ...POSITION, ...fields }]);
    expect(position!.side).toBe("short");
    expect([position!.quantity.toFixed(), position!.available.toFixed(), position!.marketValue.toFixed()]).toEqual(["-3", "-3", "-66"]);
  });

  test("gets its value from the price when the venue leaves it out", () => {
    expect(toPositions([without(POSITION, "market_value")])[0]!.marketValue.toFixed()).toBe("231");
  });

  test.each([
    ["market_value: is missing", { market_value: null, current_price: null }],
    ["qty: ", { qty: null }],
    ["qty: is not a decimal number", { qty: "many" }],
    ["asset_class: ", { asset_class: "" }],
  ])("that is damaged (%s) names the problem, and does not hide the others", (problem, fields) => {
    const positions = toPositions([{ ...POSITION, ...fields, symbol: "448ESC016" }, POSITION]);
    expect(positions.map(({ symbol }) => symbol)).toEqual(["448ESC016", POSITION.symbol]);
    expect(positions[0]!.problem).toContain(problem);
    expect(positions[0]!.available.toFixed()).toBe(problem.startsWith("market_value") ? "4.25" : "0");
    expect(positions[1]!.problem).toBeUndefined();
  });

  test.each([
    ["avg_entry_price null", { avg_entry_price: null }, "20"],
    ["avg_entry_price empty", { avg_entry_price: "" }, "20"],
    ["avg_entry_price missing of a short position", { avg_entry_price: undefined, side: "short", qty: "-10.5", cost_basis: "-210" }, "20"],
    ["neither it nor cost_basis", { avg_entry_price: null, cost_basis: null }, undefined],
    ["words in what decides nothing", { avg_entry_price: "n/a", cost_basis: "n/a", unrealized_pl: "n/a" }, undefined],
  ])("is whole with %s", (_name, fields, price) => {
    const [position] = toPositions([{ ...POSITION, ...fields }]);
    expect(position!.problem).toBeUndefined();
    expect(position!.averageEntryPrice?.toFixed()).toBe(price);
  });

  test("of which nothing is known of the cost has none", () => {
    expect(toPositions([{ ...POSITION, avg_entry_price: null, cost_basis: null }])[0]!.costBasis.toFixed()).toBe("0");
    expect(toPositions([{ ...POSITION, cost_basis: null }])[0]!.costBasis.toFixed()).toBe("210");
  });

  test("listed twice is one, with a problem", () => {
    const [once, ...others] = toPositions([POSITION, { ...POSITION, asset_id: "2", qty: "1", market_value: "5" }]);
    expect(others).toEqual([]);
    expect(once!.problem).toBe("symbol: is listed more than once");
    expect(once!.marketValue.toFixed()).toBe("236");
  });

  test("listed twice with the same figures is a copy, and counts once", () => {
    const [once, ...others] = toPositions([POSITION, { ...POSITION }]);
    expect(others).toEqual([]);
    expect(once!.problem).toBe("symbol: is listed more than once");
    expect(once!.marketValue.toFixed()).toBe("231");
  });

  test("without a symbol makes the list unreadable", () => {
    expect(() => toPositions([POSITION, { ...POSITION, symbol: null }])).toThrow("symbol");
    expect(() => toPositions([POSITION, null])).toThrow();
    expect(() => toPositions({})).toThrow();
  });
});

describe("an asset", () => {
  const ASSET = {
    id: "1",
    class: "us_equity",
    exchange: "NYSE",
    symbol: "SMR",
    name: "NuScale",
    status: "active",
    tradable: true,
    fractionable: true,
  };

  test("is readable with and without attributes", () => {
    expect(toAsset(ASSET)).toMatchObject({ active: true, tradable: true, fractionable: true, attributes: [], assetClass: "us_equity" });
    expect(toAsset({ ...ASSET, attributes: ["ipo"], status: "inactive" })).toMatchObject({ active: false, attributes: ["ipo"] });
  });

  test("is not fractionable unless the venue says so", () => {
    expect(toAsset(without(ASSET, "fractionable")).fractionable).toBe(false);
  });

  test.each([
    ["absent", without(ASSET, "fractionable")],
    ["null", { ...ASSET, fractionable: null }],
    ["garbled", { ...ASSET, fractionable: [true] }],
  ])("has unknown fractionability when it is %s", (_, wire) => {
    expect(toAsset(wire)).toMatchObject({ fractionable: false, fractionableUnread: true });
    expect(toAsset({ ...ASSET, fractionable: false })).toMatchObject({ fractionable: false, fractionableUnread: false });
  });
});

describe("the account's configuration", () => {
  test("is read switch by switch: a missing or strange one does not hide the others", () => {
    const wire = {
      fractional_trading: true,
      no_shorting: false,
      suspend_trade: false,
      ptp_no_exception_entry: true,
      max_margin_multiplier: "4",
    };
    expect(toAccountConfiguration(wire)).toEqual({
      fractionalTrading: true,
      noShorting: false,
      suspendTrade: false,
      ptpNoExceptionEntry: true,
    });
    expect(toAccountConfiguration({ ...without(wire, "no_shorting"), suspend_trade: null, ptp_no_exception_entry: "yes" })).toEqual({
      fractionalTrading: true,
      noShorting: undefined,
      suspendTrade: undefined,
      ptpNoExceptionEntry: undefined,
    });
    expect(() => toAccountConfiguration([])).toThrow();
  });
});

describe("sessions", () => {
  const session = (date: string, close: string): Record<string, string> => ({
    date,
    open: "09:30",
    close,
    session_open: "0400",
    session_close: "2000",
  });

  test("are times in New York, on both sides of a clock change and on a half day", () => {
    const sessions = toSessions([session("2026-03-06", "16:00"), session("2026-03-09", "16:00"), session("2026-11-27", "13:00")]);
    expect(sessions.map(({ open, close }) => [new Date(open).toISOString(), new Date(close).toISOString()])).toEqual([
      ["2026-03-06T14:30:00.000Z", "2026-03-06T21:00:00.000Z"],
      ["2026-03-09T13:30:00.000Z", "2026-03-09T20:00:00.000Z"],
      ["2026-11-27T14:30:00.000Z", "2026-11-27T18:00:00.000Z"],
    ]);
  });

  test.each(["", "25:00", "9", "09:30"])("cannot close at %j", (close) => {
    expect(() => toSessions([session("2026-03-06", close)])).toThrow("close");
  });

  test("the clock keeps offset and milliseconds of its times", () => {
    const clock = toMarketClock({
      timestamp: "2026-03-16T09:30:00.123456789-04:00",
      is_open: true,
      next_open: "2026-03-17T09:30:00-04:00",
      next_close: "2026-03-16T16:00:00-04:00",
    });
    expect(new Date(clock.timestamp).toISOString()).toBe("2026-03-16T13:30:00.123Z");
  });

  test.each([
    [true, "next_open", "next_close"],
    [false, "next_close", "next_open"],
  ])("the clock of a market that is open (%j) may lack %s, and not %s", (is_open, farther, nearer) => {
    const times = { next_open: "2026-03-17T09:30:00-04:00", next_close: "2026-03-16T16:00:00-04:00" };
    const clock = { timestamp: "2026-03-16T09:30:00-04:00", is_open, ...times };
    const { nextOpen, nextClose } = toMarketClock({ ...clock, [farther]: null });
    expect(nextOpen).toBe(nextClose);
    expect(() => toMarketClock({ ...clock, [nearer]: null })).toThrow(`${nearer}: is missing`);
  });
});

describe("an order", () => {
  test("of a dollar amount has no quantity", () => {
    const order = toOrder(wireOrder({ qty: null, notional: "100.1", status: "a_status_of_next_year" }));
    expect(order.quantity).toBeUndefined();
    expect(order.notional?.toFixed()).toBe("100.1");
    expect(order.status).toBe("a_status_of_next_year");
  });

  test.each(["id", "symbol", "side", "status", "filled_qty"])("cannot be read without %s", (key) => {
    expect(() => toOrder(without(wireOrder(), key))).toThrow(key);
  });

  test.each(["type", "order_type", "submitted_at", "created_at", "limit_price", "client_order_id"])("can be read without %s", (key) => {
    expect(toOrder(without(wireOrder(), key)).symbol).toBe("SMR");
  });

  test("in an update comes with the one execution of the update", () => {
    const message = {
      event: "partial_fill",
      timestamp: new Date("2026-03-16T14:30:01Z"),
      price: "20.5",
      qty: "0.5",
      execution_id: "x-1",
      order: wireOrder({ status: "partially_filled", filled_qty: "1.25" }),
    };
    const update = toOrderUpdate(message, 0);
    expect(update).toMatchObject({ event: "partial_fill", executionId: "x-1", at: Date.parse("2026-03-16T14:30:01Z") });
    expect([update.quantity?.toFixed(), update.order.filledQuantity.toFixed()]).toEqual(["0.5", "1.25"]);
  });
});

describe("market prices", () => {
  const DURING = Date.parse("2026-03-16T15:00:00Z");
  const SNAPSHOT = {
    latestTrade: { t: "2026-03-16T14:59:59.086175744Z", p: 178.26, s: 246 },
    latestQuote: { t: "2026-03-16T14:59:59Z", bp: 178.2, ap: 0 },
    minuteBar: { t: "2026-03-16T14:58:00Z", o: 1, h: 1, l: 1, c: 178.1 },
    dailyBar: { t: "2026-03-16T04:00:00Z", c: 178.2 },
    prevDailyBar: { t: "2026-03-13T04:00:00Z", c: 0.1 },
  };

  test("are exact decimals of the numbers on the wire, with their times", () => {
    const prices = toMarketPrices({ SMR: SNAPSHOT }, DURING).get("SMR")!;
    expect(prices.trade?.price.toFixed()).toBe("178.26");
    expect(prices.trade?.at).toBe(Date.parse("2026-03-16T14:59:59.086Z"));
    expect([prices.quote?.bid.toFixed(), prices.quote?.ask.toFixed()]).toEqual(["178.2", "0"]);
    expect(prices.minuteBar?.price.toFixed()).toBe("178.1");
    expect(prices.previousClose?.price.toFixed()).toBe("0.1");
  });

  test("use the last finished session as the previous close while today has no bar", () => {
    const beforeTheOpen = Date.parse("2026-03-17T12:00:00Z");
    expect(toMarketPrices({ SMR: SNAPSHOT }, beforeTheOpen).get("SMR")!.previousClose?.price.toFixed()).toBe("178.2");
  });

  test("leave out what is missing, null, zero or unreadable, and keep the rest", () => {
    const broken = {
      latestTrade: { t: "2026-03-16T14:59:59Z", p: 0 },
      latestQuote: null,
      minuteBar: { c: "x" },
      dailyBar: [],
      prevDailyBar: SNAPSHOT.prevDailyBar,
    };
    const prices = toMarketPrices({ SMR: broken, ZZZZ: null, LEU: SNAPSHOT }, DURING);
    expect([...prices.keys()]).toEqual(["SMR", "LEU"]);
    expect(prices.get("SMR")).toMatchObject({ trade: undefined, quote: undefined, minuteBar: undefined });
    expect(prices.get("SMR")!.previousClose?.price.toFixed()).toBe("0.1");
  });

  test("keep the available part of a symbol without quote or bars", () => {
    const { latestTrade, minuteBar } = SNAPSHOT;
    const seen = toMarketPrices({ SMR: { latestTrade, minuteBar } }, DURING).get("SMR")!;
    expect(seen).toMatchObject({ quote: undefined, previousClose: undefined });
    expect(seen.trade?.price).toEqual(toMarketPrices({ SMR: SNAPSHOT }, DURING).get("SMR")!.trade?.price);
  });

  test("use the higher volume of the newest two days", () => {
    const day = (bar: object, v: unknown): object => ({ ...bar, v });
    const { dailyBar, prevDailyBar } = SNAPSHOT;
    const volume = (today: unknown, before: unknown): string | undefined =>
      toMarketPrices({ SMR: { ...SNAPSHOT, dailyBar: day(dailyBar, today), prevDailyBar: day(prevDailyBar, before) } }, DURING)
        .get("SMR")!
        .dayVolume?.toFixed();
    expect([volume(100, 2500), volume(3000, 2500), volume("x", 2500), volume(null, undefined)]).toEqual([
      "2500",
      "3000",
      "2500",
      undefined,
    ]);
  });

  test("are unreadable when the answer has another format", () => {
    expect(() => toMarketPrices([], DURING)).toThrow();
    expect(() => toMarketPrices(undefined, DURING)).toThrow();
  });
});
