import { statSync } from "node:fs";
import { afterEach, describe, expect, test } from "@jest/globals";
import type { OrderRequest, SubmitAnswer } from "../../src/domain/broker.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { marketDate } from "../../src/domain/market-day.ts";
import { signalOf } from "../execution/virtual-desk.ts";
import { limitStyle } from "../execution/limit-style.ts";
import { HELD, openShadowDesk, sharesOf, weightsOf, type ShadowDesk } from "./shadow-desk.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const EXAMPLE = { SMR: "0.312", LEU: "0.395", OKLO: "0.293" };
const HEDGE = { UVXY: "0.75", BTAL: "0.25" };

let shadow: ShadowDesk;

afterEach(() => shadow.desk.close());

function open(...options: Parameters<typeof openShadowDesk>): ShadowDesk {
  return (shadow = openShadowDesk(...options));
}

function submit(request: Partial<OrderRequest> & Pick<OrderRequest, "symbol" | "side">): Promise<SubmitAnswer> {
  return shadow.desk.clock.until(shadow.broker().submit({ clientOrderId: `at-${request.symbol}`, ...request }));
}

const read = <Result>(question: Promise<Result>): Promise<Result> => shadow.desk.clock.until(question);
const accountNow = () => read(shadow.broker().account());
const positionsNow = () => read(shadow.broker().positions());

describe("the shadow account", () => {
  test("shows the live account until its first order, and stores nothing", async () => {
    open(HELD);
    const account = await accountNow();
    expect({ equity: account.equity.toFixed(2), cash: account.cash.toFixed(2), number: account.number }).toEqual({
      equity: "100000.00",
      cash: "15000.00",
      number: shadow.desk.exchange.state.accountNumber,
    });
    expect(sharesOf(await positionsNow())).toEqual({ TQQQ: "1000" });
    expect(() => statSync(shadow.file)).toThrow("ENOENT");
    expect(shadow.broker().shadow.beginning()).toBeUndefined();
  });

  test("moves to the target as the live account would, of which nothing moves", async () => {
    open(HELD);
    const result = await shadow.desk.run(signalOf(shadow.desk.clock, EXAMPLE));
    expect(result).toMatchObject({ kind: "concluded", conclusion: { outcome: "on-target" } });
    for (const [symbol, weight] of Object.entries(await weightsOf(shadow)))
      expect(Math.abs(weight - Number(EXAMPLE[symbol as keyof typeof EXAMPLE]) * 0.99)).toBeLessThan(0.005);
    expect(shadow.desk.orders()).toEqual([]);
    expect(shadow.desk.exchange.state.positions.get("TQQQ")?.quantity.toFixed()).toBe("1000");
    expect(new Set(shadow.methods)).toEqual(new Set(["GET"]));
    expect(statSync(shadow.file).mode & 0o777).toBe(0o600);
  });

  test("takes an order once, whatever is sent again with its id", async () => {
    open(HELD);
    const order = { symbol: "TQQQ", side: "sell", quantity: decimal("400") } as const;
    expect(await submit(order)).toMatchObject({ kind: "accepted" });
    expect(await submit(order)).toEqual({ kind: "exists", message: "client_order_id must be unique" });
    expect(sharesOf(await positionsNow())).toEqual({ TQQQ: "600" });
  });

  test("lives on by itself: what is done in the live account afterwards does not reach it", async () => {
    open(HELD);
    await submit({ symbol: "TQQQ", side: "sell", quantity: decimal("400") });
    shadow.desk.exchange.state.positions.delete("TQQQ");
    shadow.desk.exchange.state.cash = decimal("1");
    expect(sharesOf(await positionsNow())).toEqual({ TQQQ: "600" });
    expect(shadow.broker().shadow.beginning()).toMatchObject({ at: shadow.desk.clock.now() });
  });

  test("counts what the live account was worth at its beginning, for the comparison", async () => {
    open(HELD);
    await submit({ symbol: "TQQQ", side: "sell", quantity: decimal("400") });
    const began = shadow.broker().shadow.beginning();
    expect([began?.equity.toFixed(2), began?.liveEquity.toFixed(2)]).toEqual(["100000.00", "100000.00"]);
  });

  test("is refused for the keys of another account", async () => {
    open(HELD);
    await submit({ symbol: "TQQQ", side: "sell", quantity: decimal("400") });
    Object.assign(shadow.desk.exchange.state, { accountNumber: "OTHER" });
    await expect(accountNow()).rejects.toThrow("the keys belong to account OTHER");
  });

  test("knows its value at each close from the one before it began", async () => {
    open(HELD);
    await submit({ symbol: "TQQQ", side: "sell", quantity: decimal("400") });
    await shadow.desk.clock.advance(2 * DAY);
    const history = await read(shadow.broker().equityHistory(0));
    expect(history.map(({ at }) => marketDate(at))).toEqual(["2026-11-16", "2026-11-17", "2026-11-18"]);
    for (const { equity, flow } of history) {
      expect(Math.abs(Number(equity.toFixed(2)) - 100_000)).toBeLessThan(100);
      expect(flow.toFixed()).toBe("0");
    }
    const { lastEquity, balanceAsOf } = await accountNow();
    expect([lastEquity.toFixed(2), balanceAsOf]).toEqual([history[2]?.equity.toFixed(2), "2026-11-18"]);
  });
});

describe("an order in the shadow account", () => {
  test("is filled at once at the ask or the bid, dollars to the cent and shares to nine decimals", async () => {
    open(HELD);
    shadow.desk.exchange.setQuote("SMR", "38.40", "38.60");
    shadow.desk.exchange.setQuote("TQQQ", "84.90", "85.10");
    const bought = await submit({ symbol: "SMR", side: "buy", notional: decimal("1000") });
    expect(bought).toMatchObject({ kind: "accepted", order: { status: "filled", id: "shadow-at-SMR" } });
    const order = await read(shadow.broker().orderByClientId("at-SMR"));
    expect([order?.filledQuantity.toFixed(), order?.filledAveragePrice?.toFixed()]).toEqual(["25.906735751", "38.6"]);
    await submit({ symbol: "TQQQ", side: "sell", quantity: decimal("10") });
    expect((await accountNow()).cash.toFixed()).toBe("14849");
  });

  test("takes the last trade where the quote is one-sided, and is refused where there is neither", async () => {
    open(HELD);
    shadow.desk.exchange.setQuote("SMR", "0", "38.60");
    expect(await submit({ symbol: "SMR", side: "buy", notional: decimal("385") })).toMatchObject({ order: { status: "filled" } });
    expect((await read(shadow.broker().orderByClientId("at-SMR")))?.filledQuantity.toFixed()).toBe("10");
    expect(await submit({ symbol: "NOSUCH", side: "buy", notional: decimal("100") })).toMatchObject({ reason: "unknown-asset" });
  });

  test("is refused in Alpaca's words when the account cannot do it", async () => {
    open(HELD);
    expect(await submit({ symbol: "SMR", side: "buy", notional: decimal("15000.01") })).toMatchObject({
      kind: "refused",
      reason: "insufficient-buying-power",
      message: "insufficient buying power",
    });
    expect(await submit({ symbol: "TQQQ", side: "sell", quantity: decimal("1000.5") })).toMatchObject({
      reason: "insufficient-quantity",
      message: "insufficient qty available for order (requested: 1000.5, available: 1000)",
    });
    expect(await submit({ symbol: "SMR", side: "sell", quantity: decimal("1") })).toMatchObject({ reason: "cannot-short" });
    expect(await submit({ symbol: "SMR", side: "buy", notional: decimal("0.99") })).toMatchObject({ reason: "below-minimum" });
    expect(await read(shadow.broker().ordersSince(0))).toEqual([]);
  });

  test("rests outside a session, and is filled with the next quotes inside one", async () => {
    open({ ...HELD, startAt: Date.parse("2026-11-17T08:00:00-05:00") });
    expect(await submit({ symbol: "TQQQ", side: "sell", quantity: decimal("1000") })).toMatchObject({ order: { status: "new" } });
    expect((await positionsNow())[0]?.available.toFixed()).toBe("0");
    await shadow.desk.clock.advance(2 * HOUR);
    expect(await read(shadow.broker().orderByClientId("at-TQQQ"))).toMatchObject({ status: "filled" });
    expect(await positionsNow()).toEqual([]);
  });

  test("with a limit rests until the quote reaches it, can be cancelled, and expires with the session", async () => {
    open(HELD);
    const limit = { side: "buy", quantity: decimal("10"), limitPrice: decimal("38") } as const;
    const statusOf = async (id: string) => (await read(shadow.broker().orderByClientId(id)))?.status;
    for (const clientOrderId of ["at-1", "at-2", "at-3"]) await submit({ symbol: "SMR", clientOrderId, ...limit });
    expect((await accountNow()).buyingPower.toFixed()).toBe("13860");
    expect(await read(shadow.broker().cancel("shadow-at-1"))).toEqual({ kind: "requested" });
    expect(await statusOf("at-1")).toBe("canceled");
    shadow.desk.exchange.setQuote("SMR", "37.90", "38.00");
    await submit({ symbol: "SMR", clientOrderId: "at-4", ...limit, limitPrice: decimal("37") });
    await shadow.desk.clock.advance(5_000);
    expect([await statusOf("at-2"), await statusOf("at-3"), await statusOf("at-4")]).toEqual(["filled", "filled", "new"]);
    await shadow.desk.clock.advance(7 * HOUR);
    expect(await statusOf("at-4")).toBe("expired");
    expect(await read(shadow.broker().cancel("shadow-at-4"))).toMatchObject({ kind: "ended" });
  });

  test("sent while the market is closed is queued, and the account is on target after the open", async () => {
    open({ ...HELD, startAt: Date.parse("2026-11-17T20:00:00-05:00") });
    const exit = signalOf(shadow.desk.clock, {}, { kind: "exit", exits: ["TQQQ"] });
    expect(await shadow.desk.run(exit, { ignoreMarketHours: true })).toMatchObject({ conclusion: { outcome: "queued" } });
    await shadow.desk.clock.advance(14 * HOUR);
    expect(await shadow.desk.recover()).toMatchObject([{ conclusion: { outcome: "on-target" } }]);
    expect(await positionsNow()).toEqual([]);
    expect(shadow.desk.orders()).toEqual([]);
  });

  test("in limit style brings the account on target too", async () => {
    open({ ...HELD, execution: limitStyle() });
    const result = await shadow.desk.run(signalOf(shadow.desk.clock, HEDGE));
    expect(result).toMatchObject({ kind: "concluded", conclusion: { outcome: "on-target" } });
    expect(shadow.desk.orders()).toEqual([]);
  });
});

describe("a split", () => {
  test("is booked from the daily bars, and the symbol is traded again", async () => {
    open(HELD);
    await shadow.desk.run(signalOf(shadow.desk.clock, { TQQQ: "0.6", BTAL: "0.4" }));
    const before = sharesOf(await positionsNow()).TQQQ ?? "";
    await shadow.desk.clock.advance(DAY - HOUR / 2);
    shadow.desk.exchange.split("TQQQ", "4");
    await shadow.desk.clock.advance(HOUR / 2);
    const { equity, lastEquity } = await accountNow();
    expect(sharesOf(await positionsNow()).TQQQ).toBe(decimal(before).times(decimal("4")).toFixed());
    for (const value of [equity, lastEquity]) expect(Math.abs(Number(value.toFixed(2)) - 100_000)).toBeLessThan(200);
    const result = await shadow.desk.run(signalOf(shadow.desk.clock, HEDGE, { id: "00000000000000bb" }));
    expect(result).toMatchObject({ kind: "concluded", conclusion: { outcome: "on-target" } });
    expect(Object.keys(sharesOf(await positionsNow())).sort()).toEqual(["BTAL", "UVXY"]);
  });
});
