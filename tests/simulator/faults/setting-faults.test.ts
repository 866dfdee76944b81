import { describe, expect, test } from "@jest/globals";
import { decimal } from "../../../src/domain/decimal.ts";
import { clientOf, holding, marketOrder, openExchange } from "../fixture.ts";

const setUp = (fault: string) => {
  const fixture = openExchange({ cash: decimal("1000"), positions: [holding("LEU", "10", "190")] });
  const client = clientOf(fixture.exchange, { faults: [fault] });
  const read = async (path: string): Promise<unknown> => (await client.request("GET", path)).json;
  const order = (side: "buy" | "sell", symbol: string, size: Record<string, string>) =>
    client.request("POST", "/v2/orders", marketOrder(side, symbol, size));
  return { ...fixture, client, read, order };
};

describe("account and asset settings", () => {
  test("account-set:to=fractions-off is shown, refuses fractional shares, and is reverted", async () => {
    const { client, order, read } = setUp("account-set");
    expect(await read("/v2/account/configurations")).toMatchObject({ fractional_trading: false });
    expect(await order("buy", "SMR", { notional: "100" })).toMatchObject({ status: 403 });
    expect((await order("buy", "SMR", { qty: "1" })).status).toBe(200);
    await client.request("DELETE", "/simulator/faults");
    expect((await order("buy", "SMR", { notional: "100" })).status).toBe(200);
  });

  test("account-set:to=margin-2 doubles the buying power", async () => {
    const { read } = setUp("account-set:to=margin-2");
    expect(await read("/v2/account")).toMatchObject({ multiplier: "2", cash: "1000", buying_power: "4000" });
  });

  test("a partnership can be sold but not bought, unless the account allows it", async () => {
    const { client, clock, order, read } = setUp("asset-set:symbol=LEU,to=partnership");
    expect(await read("/v2/assets/LEU")).toMatchObject({ attributes: expect.arrayContaining(["ptp_no_exception"]) });
    expect((await order("sell", "LEU", { qty: "1" })).status).toBe(200);
    await clock.advance(100);
    expect(await order("buy", "LEU", { notional: "100" })).toMatchObject({ status: 403 });
    await client.request("PATCH", "/v2/account/configurations", { ptp_no_exception_entry: true });
    expect((await order("buy", "LEU", { notional: "100" })).status).toBe(200);
  });

  test("a symbol with a 100 % requirement leaves no margin for others", async () => {
    const { exchange, read } = setUp("asset-set:symbol=LEU,to=no-margin");
    exchange.setSettings({ maxMarginMultiplier: "2" });
    expect(await read("/v2/assets/LEU")).toMatchObject({ margin_requirement_long: "100" });
    expect(await read("/v2/account")).toMatchObject({ cash: "1000", equity: "3000", buying_power: "2000" });
  });
});

describe("external activity", () => {
  test.each([
    ["deposit", "6000", "CSD", "5000"],
    ["withdrawal", "1000", undefined, undefined],
    ["withdrawal,amount=300", "700", "CSW", "-300"],
    ["fee,amount=1200", "-200", "FEE", "-1200"],
  ])("money-moved:by=%s leaves %s in cash", async (by, cash, type, amount) => {
    const { read } = setUp(`money-moved:by=${by}`);
    expect(await read("/v2/account")).toMatchObject({ cash });
    const activities = (await read("/v2/account/activities")) as { activity_type: string; net_amount: string }[];
    expect(activities.map((each) => [each.activity_type, each.net_amount])).toEqual(type === undefined ? [] : [[type, amount]]);
  });

  test("money-moved with nth happens at that order", async () => {
    const { order, read } = setUp("money-moved:amount=250,nth=2");
    await order("buy", "SMR", { notional: "100" });
    expect(await read("/v2/account")).toMatchObject({ cash: "1000" });
    await order("buy", "SMR", { notional: "100" });
    expect(await read("/v2/account")).toMatchObject({ cash: "1250" });
  });

  test("bought-by-hand buys while an order of ours is open", async () => {
    const { clock, exchange, order } = setUp("bought-by-hand:symbol=BTAL,amount=200,nth=1");
    await order("buy", "SMR", { notional: "100" });
    await clock.advance(200);
    expect([...exchange.state.positions.keys()].sort()).toEqual(["BTAL", "LEU", "SMR"]);
    expect(exchange.state.cash.toFixed(0)).toBe("700");
  });
});
