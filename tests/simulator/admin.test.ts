import { describe, expect, test } from "@jest/globals";
import { clientOf, holding, marketOrder, openExchange, WEEKEND } from "./fixture.ts";

describe("/simulator/… without any keys", () => {
  const NO_KEYS = {};

  test("sets a price, fills at it, and lets it move again", async () => {
    const { clock, exchange } = openExchange({ prices: {} });
    const client = clientOf(exchange);
    await client.request("POST", "/simulator/prices", { symbol: "SMR", price: 50 }, NO_KEYS);
    const order = exchange.submit(marketOrder("buy", "SMR", { qty: "1" }));
    await clock.advance(100);
    expect(order.filledValue.toFixed()).toBe("50.01");
    await client.request("POST", "/simulator/prices", { symbol: "SMR", price: null }, NO_KEYS);
    expect(exchange.valueOf("SMR").toFixed()).not.toBe("50");
    await client.request("POST", "/simulator/prices", { symbol: "SMR", bid: "0", ask: "51" }, NO_KEYS);
    expect(exchange.prices.quote("SMR", clock.now())).toMatchObject({ at: clock.now() });
  });

  test("moves money in and out, and books it as deposit and withdrawal", async () => {
    const { exchange } = openExchange();
    const client = clientOf(exchange);
    await client.request("POST", "/simulator/transfers", { amount: "1000" }, NO_KEYS);
    const reply = await client.request("POST", "/simulator/transfers", { amount: -50.25 }, NO_KEYS);
    expect(reply.json).toMatchObject({ cash: "100949.75" });
    expect(exchange.state.activities.map(({ activity_type }) => activity_type)).toEqual(["CSD", "CSW"]);
    expect((await client.request("POST", "/simulator/transfers", { amount: "-1000000" }, NO_KEYS)).status).toBe(422);
  });

  test("blocks the account and shows the whole state", async () => {
    const { exchange } = openExchange();
    const client = clientOf(exchange);
    const account = await client.request("POST", "/simulator/account", { blocked: true, trade_suspended: true }, NO_KEYS);
    expect(account.json).toMatchObject({ account_blocked: true, trade_suspended_by_user: true, trading_blocked: false });
    expect((await client.request("GET", "/simulator/state", undefined, NO_KEYS)).json).toEqual(JSON.parse(exchange.serialize()));
  });

  test.each([
    ["prices", { symbol: "ZZZZ", price: 1 }, 404],
    ["prices", { symbol: "SMR", price: -1 }, 422],
    ["account", { blocked: "yes" }, 422],
    ["transfers", {}, 422],
    ["nothing", {}, 404],
  ])("refuses /%s %j", async (path, body, status) => {
    expect((await clientOf(openExchange().exchange).request("POST", `/simulator/${path}`, body, NO_KEYS)).status).toBe(status);
  });
});

describe("the account over time", () => {
  test("last_equity is the equity at the end of the previous session", async () => {
    const { clock, exchange } = openExchange({ positions: [holding("LEU", "10", "190")] });
    expect(exchange.accountView()).toMatchObject({ equity: "102000", last_equity: "102000", balance_asof: "2025-07-11" });
    exchange.setPrice("LEU", "210");
    await clock.advance(6 * 3_600_000);
    exchange.setPrice("LEU", "220");
    exchange.transfer("1000");
    await clock.advance(24 * 3_600_000);
    expect(exchange.accountView()).toMatchObject({ equity: "103200", last_equity: "102100", balance_asof: "2025-07-14" });
    expect(exchange.equityHistory().map(({ date, equity }) => [date, equity.toFixed()])).toEqual([
      ["2025-07-11", "102000"],
      ["2025-07-14", "102100"],
      ["2025-07-15", "103200"],
    ]);
  });

  test("a position tells profit since purchase and since yesterday", () => {
    const { exchange } = openExchange({ positions: [holding("LEU", "10", "190")] });
    exchange.setPrice("LEU", "210");
    expect(exchange.positionView("LEU")).toMatchObject({
      avg_entry_price: "190",
      cost_basis: "1900",
      market_value: "2100",
      current_price: "210",
      lastday_price: "200",
      change_today: "0.05",
      unrealized_pl: "200",
      unrealized_intraday_pl: "100",
    });
  });

  test("freezing stops every price", async () => {
    const { clock, exchange } = openExchange({ prices: {} }, WEEKEND + 3 * 86_400_000);
    exchange.freeze();
    const before = exchange.valueOf("SMR");
    await clock.advance(2 * 86_400_000);
    expect(exchange.valueOf("SMR").eq(before)).toBe(true);
  });

  test("an asset that is not tradable can only be closed, and only an account that allows it can buy a partnership", async () => {
    const { exchange } = openExchange({ positions: [holding("LEU", "10", "190")] });
    const client = clientOf(exchange);
    const order = async (side: "buy" | "sell", symbol: string): Promise<number> =>
      (await client.request("POST", "/v2/orders", marketOrder(side, symbol, { qty: "1" }))).status;
    await client.request("POST", "/simulator/assets", { symbol: "LEU", tradable: false });
    expect([await order("buy", "LEU"), await order("sell", "LEU")]).toEqual([422, 200]);
    const changed = await client.request("POST", "/simulator/assets", { symbol: "UVXY", attributes: ["ptp_no_exception"] });
    expect(changed.json).toMatchObject({ attributes: expect.arrayContaining(["ptp_no_exception"]) as unknown });
    expect(await order("buy", "UVXY")).toBe(403);
    await client.request("PATCH", "/v2/account/configurations", { ptp_no_exception_entry: true });
    expect(await order("buy", "UVXY")).toBe(200);
  });

  test("a renamed asset keeps its id, price and holdings", async () => {
    const { exchange } = openExchange({ positions: [holding("LEU", "10", "190")] });
    const client = clientOf(exchange);
    const before = exchange.state.assets.get("LEU")!.id;
    const price = exchange.valueOf("LEU");
    await client.request("POST", "/simulator/assets", { symbol: "LEU", renamed_to: "LEUX" });
    expect((await client.request("GET", "/v2/assets/LEU")).status).toBe(404);
    expect(exchange.positionView("LEUX")).toMatchObject({ asset_id: before, qty: "10", current_price: price.toFixed() });
    const wrong = [
      { symbol: "SMR", renamed_to: "TQQQ" },
      { symbol: "ZZZZ" },
      { symbol: "SMR", status: "gone" },
      { symbol: "SMR", attributes: "ptp" },
    ];
    for (const body of wrong) expect((await client.request("POST", "/simulator/assets", body)).status).toBeGreaterThanOrEqual(400);
  });

  test("settings can be read and changed", async () => {
    const client = clientOf(openExchange().exchange);
    const changed = await client.request("PATCH", "/v2/account/configurations", { fractional_trading: false, max_margin_multiplier: "2" });
    expect(changed.json).toMatchObject({ fractional_trading: false, max_margin_multiplier: "2", no_shorting: true });
    expect((await client.request("GET", "/v2/account")).json).toMatchObject({ multiplier: "2", shorting_enabled: false });
    expect((await client.request("PATCH", "/v2/account/configurations", { max_margin_multiplier: "9" })).status).toBe(422);
    const settings = async (change: object): Promise<unknown> => (await client.request("PATCH", "/v2/account/configurations", change)).json;
    for (const emails of ["none", "all"])
      expect(await settings({ trade_confirm_email: emails })).toMatchObject({ trade_confirm_email: emails });
    for (const noShorting of [false, true]) expect(await settings({ no_shorting: noShorting })).toMatchObject({ no_shorting: noShorting });
    expect((await client.request("POST", "/v2/orders", marketOrder("buy", "SMR", { notional: "10" }))).status).toBe(403);
  });
});
