import { describe, expect, test } from "@jest/globals";
import { decimal } from "../../src/domain/decimal.ts";
import { orderView } from "../../src/simulator/orders.ts";
import { clientOf, type Fixture, holding, limitOrder, marketOrder, openExchange, refusalOf } from "./fixture.ts";

const SHORT = marketOrder("sell", "SMR", { qty: "100" });

function margin(options: Parameters<typeof openExchange>[0] = {}): Fixture {
  const fixture = openExchange({ multiplier: "2", ...options });
  fixture.exchange.setSettings({ noShorting: false });
  return fixture;
}

async function shorted(): Promise<Fixture> {
  const fixture = margin();
  fixture.exchange.submit(SHORT);
  await fixture.clock.advance(100);
  return fixture;
}

describe("a short sale", () => {
  test("opens a position with a negative quantity, value and cost", async () => {
    const { clock, exchange, updates } = margin();
    const order = exchange.submit(SHORT);
    expect(orderView(order)).toMatchObject({ side: "sell", position_intent: "sell_to_open" });
    await clock.advance(100);
    expect(order.status).toBe("filled");
    expect(updates.at(-1)).toMatchObject({ event: "fill", position_qty: "-100" });
    exchange.setPrice("SMR", "38");
    expect(exchange.positionViews()).toMatchObject([
      {
        ...{ side: "short", qty: "-100", qty_available: "-100", avg_entry_price: "40", cost_basis: "-4000", market_value: "-3800" },
        ...{ unrealized_pl: "200", unrealized_plpc: "0.05", unrealized_intraday_pl: "200" },
      },
    ]);
    expect(exchange.accountView()).toMatchObject({
      ...{ cash: "104000", equity: "100200", long_market_value: "0", short_market_value: "-3800", shorting_enabled: true },
      ...{ initial_margin: "1900", maintenance_margin: "1140" },
    });
    expect(exchange.state.activities).toMatchObject([{ activity_type: "FILL", side: "sell_short", qty: "100" }]);
  });

  test("takes buying power at 3 % above the ask while it is open, and its margin afterwards", async () => {
    const { clock, exchange } = margin();
    exchange.submit(limitOrder("sell", "SMR", "100", "41"));
    // 100 × max(41, 40.01 × 1.03)
    expect(exchange.accountView()).toMatchObject({ buying_power: "195878.97" });
    await clock.advance(100);
    exchange.setPrice("SMR", "42");
    await clock.advance(100);
    // Cash less one and a half times 4,200, twice.
    expect(exchange.accountView()).toMatchObject({ cash: "104200", equity: "100000", buying_power: "195800" });
  });

  test("is bought back, in parts or as a whole, and never turned around", async () => {
    const { clock, exchange } = await shorted();
    const part = exchange.submit({ ...marketOrder("buy", "SMR", { qty: "40" }), position_intent: "buy_to_close" });
    expect(exchange.positionViews()).toMatchObject([{ qty_available: "-60" }]);
    expect(refusalOf(() => exchange.submit(marketOrder("buy", "SMR", { qty: "61" })))).toMatchObject({
      status: 403,
      body: { message: "insufficient qty available for order (requested: 61, available: 60)" },
    });
    await clock.advance(100);
    expect(orderView(part)).toMatchObject({ status: "filled", position_intent: "buy_to_close" });
    expect(orderView(exchange.closePosition("SMR"))).toMatchObject({ side: "buy", qty: "60" });
    await clock.advance(100);
    expect(exchange.positionViews()).toEqual([]);
    expect(exchange.accountView()).toMatchObject({ cash: "99999", equity: "99999" });
  });

  test("is closed with everything else", async () => {
    const fixture = await shorted();
    const answer = await clientOf(fixture.exchange).request("DELETE", "/v2/positions");
    expect(answer.json).toMatchObject([{ symbol: "SMR", status: 200, body: { side: "buy", qty: "100" } }]);
  });

  test("can be bracketed: the take-profit is below, the stop-loss above", async () => {
    const { clock, exchange } = margin();
    const body = { ...SHORT, order_class: "bracket", take_profit: { limit_price: "36" }, stop_loss: { stop_price: "44" } };
    expect(refusalOf(() => exchange.submit({ ...body, stop_loss: { stop_price: "40" } })).body).toMatchObject({
      message: "stop_loss.stop_price must be >= base_price + 0.01",
    });
    const { legIds = [] } = exchange.submit(body);
    await clock.advance(100);
    const legs = legIds.map((id) => exchange.order(id));
    expect(legs.map((leg) => orderView(leg))).toMatchObject([
      { side: "buy", status: "new", position_intent: "buy_to_close" },
      { side: "buy", status: "held", position_intent: "buy_to_close" },
    ]);
    exchange.setPrice("SMR", "45");
    await clock.advance(100);
    expect(legs.map(({ status }) => status)).toEqual(["canceled", "filled"]);
    expect(exchange.positionViews()).toEqual([]);
  });

  test("splits with its stock, and survives a restart", async () => {
    const { clock, exchange } = await shorted();
    exchange.split("SMR", "2");
    const restored = openExchange({ state: exchange.serialize() }, clock.now());
    expect(restored.exchange.positionViews()).toMatchObject([{ qty: "-200", market_value: "-4000", side: "short" }]);
  });

  test("counts in the history of the account", async () => {
    const { clock, exchange } = await shorted();
    exchange.setPrice("SMR", "30");
    await clock.advance(24 * 3_600_000);
    expect(exchange.equityHistory().at(-1)?.equity.eq(decimal("101000"))).toBe(true);
    const { json } = await clientOf(exchange).request("GET", "/v2/account/portfolio/history?period=1D&timeframe=1H");
    expect((json as { equity: number[] }).equity.at(-1)).toBe(101_000);
  });
});

test.each<readonly [name: string, fixture: () => Fixture, body: Record<string, unknown>, status: number, message: string]>([
  ["an account without short sales", () => openExchange({ multiplier: "2" }), SHORT, 403, "account is not allowed to short"],
  ["an account without margin", () => margin({ multiplier: "1" }), SHORT, 403, "account is not allowed to short"],
  ["an account with little equity", () => margin({ cash: decimal("1999") }), SHORT, 403, "account is not allowed to short"],
  ["a fraction", margin, marketOrder("sell", "SMR", { qty: "1.5" }), 422, "fractional orders cannot be sold short"],
  ["more than the account can cover", margin, marketOrder("sell", "SMR", { qty: "5000" }), 403, "insufficient buying power"],
  [
    "the wrong intent",
    margin,
    { ...SHORT, position_intent: "sell_to_close" },
    422,
    "position intent mismatch, inferred: sell_to_open, specified: sell_to_close",
  ],
  [
    "more than is held",
    () => margin({ positions: [holding("SMR", "10", "40")] }),
    marketOrder("sell", "SMR", { qty: "11" }),
    403,
    "insufficient qty available for order (requested: 11, available: 10)",
  ],
])("a short sale is refused for %s", (_name, fixture, body, status, message) => {
  expect(refusalOf(() => fixture().exchange.submit(body))).toMatchObject({ status, body: { message } });
});

test("a symbol is held either long or short, also by orders that are still open", () => {
  const { exchange } = margin();
  exchange.submit({ ...limitOrder("buy", "SMR", "1", "39") });
  expect(refusalOf(() => exchange.submit(limitOrder("sell", "SMR", "1", "42")))).toEqual({
    status: 403,
    body: { code: 40310000, message: "cannot open a short sell while a long buy order is open" },
  });
  exchange.submit(limitOrder("sell", "LEU", "1", "210"));
  expect(refusalOf(() => exchange.submit(limitOrder("buy", "LEU", "1", "190")))).toEqual({
    status: 403,
    body: { code: 40310000, message: "cannot open a long buy while a short sell order is open" },
  });
});
