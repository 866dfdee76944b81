import { describe, expect, test } from "@jest/globals";
import { clientOf, type Client, marketOrder, openExchange } from "./fixture.ts";

const WHOLE = marketOrder("buy", "SMR", { qty: "1" });
const FRACTION = marketOrder("buy", "SMR", { qty: "1.5" });
const SHORT = marketOrder("sell", "LEU", { qty: "1" });
const PARTNERSHIP = marketOrder("buy", "BTAL", { qty: "1" });

function venue(): Client {
  const { exchange } = openExchange({ multiplier: "2" });
  exchange.setAsset("BTAL", { attributes: ["ptp_no_exception"] });
  return clientOf(exchange, { rateLimitPerMinute: "off" });
}

async function set({ request }: Client, change: Record<string, unknown>): Promise<unknown> {
  const { status, json } = await request("PATCH", "/v2/account/configurations", change);
  expect(status).toBe(200);
  expect((await request("GET", "/v2/account/configurations")).json).toEqual(json);
  return json;
}

describe("a setting of the account", () => {
  test.each([
    ["suspend_trade", false, true, WHOLE, "new orders are rejected by user request"],
    ["no_shorting", false, true, SHORT, "account is not allowed to short"],
    ["fractional_trading", true, false, FRACTION, "fractional trading is disabled for this account"],
    ["ptp_no_exception_entry", true, false, PARTNERSHIP, 'asset "BTAL" is not allowed to be purchased'],
  ])("%s is changed both ways, and decides about orders", async (name, allowing, forbidding, order, message) => {
    const client = venue();
    for (let round = 0; round < 2; round++) {
      expect(await set(client, { [name]: forbidding })).toMatchObject({ [name]: forbidding });
      expect(await client.request("POST", "/v2/orders", order)).toMatchObject({ status: 403, json: { code: 40310000, message } });
      expect(await set(client, { [name]: allowing })).toMatchObject({ [name]: allowing });
      expect((await client.request("POST", "/v2/orders", order)).status).toBe(200);
    }
  });

  test("max_margin_multiplier is changed both ways, and decides about the buying power", async () => {
    const client = venue();
    for (const multiplier of ["4", "1", "2"]) {
      await set(client, { max_margin_multiplier: multiplier });
      const buying_power = `${multiplier}00000`;
      expect((await client.request("GET", "/v2/account")).json).toMatchObject({ multiplier, buying_power });
    }
  });

  test("suspend_trade and no_shorting are shown in the account", async () => {
    const client = venue();
    await set(client, { suspend_trade: true, no_shorting: false });
    expect((await client.request("GET", "/v2/account")).json).toMatchObject({ trade_suspended_by_user: true, shorting_enabled: true });
  });

  test.each([
    ["disable_overnight_trading", [true, false]],
    ["trade_confirm_email", ["none", "all"]],
    ["max_options_trading_level", [0]],
  ])("%s is kept; here are no overnight session, no mail and no options", async (name, values: readonly unknown[]) => {
    const client = venue();
    for (const value of values) expect(await set(client, { [name]: value })).toMatchObject({ [name]: value });
  });

  test("that Alpaca removed in 2026 is taken from older clients, and not shown", async () => {
    const client = venue();
    const shown = await set(client, { dtbp_check: "entry", pdt_check: "both" });
    expect(Object.keys(shown as object)).toEqual(expect.not.arrayContaining(["dtbp_check", "pdt_check"]));
  });

  test.each([
    [{ suspend_trade: "yes" }, "suspend_trade must be one of true, false"],
    [{ max_margin_multiplier: "3" }, "max_margin_multiplier must be one of 1, 2, 4"],
    [{ trade_confirm_email: "some" }, "trade_confirm_email must be one of all, none"],
    [{ max_options_trading_level: 2 }, "options are not supported here"],
    [{ pdt_check: "never" }, "pdt_check value is invalid"],
  ])("%p is refused", async (change, message) => {
    expect(await venue().request("PATCH", "/v2/account/configurations", change)).toMatchObject({
      status: 422,
      json: { code: 40010001, message },
    });
  });
});
