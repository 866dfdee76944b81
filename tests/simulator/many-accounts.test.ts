import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { decimal } from "../../src/domain/decimal.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { ManyAccounts } from "../../src/simulator/many-accounts.ts";
import type { VenueResponse } from "../../src/simulator/venue.ts";

let accounts: ManyAccounts;

beforeEach(() => {
  accounts = new ManyAccounts({ clock: new VirtualClock(Date.parse("2026-11-17T10:00:00-05:00")), seed: 7, cash: decimal("50000") });
});

afterEach(() => accounts.close());

function ask(keyId: string, url: string, method = "GET", body = ""): Promise<VenueResponse> {
  const headers: Record<string, string> = keyId === "" ? {} : { "apca-api-key-id": keyId, "apca-api-secret-key": "secret" };
  return accounts.handle({ method, url, headers, body });
}

const read = async (keyId: string, url: string): Promise<Record<string, unknown>> =>
  JSON.parse((await ask(keyId, url)).body) as Record<string, unknown>;

describe("a venue with many accounts", () => {
  test("has a separate account for each key, the same whenever the key comes again", async () => {
    const [anna, ben, again] = [
      await read("PKANNA", "/v2/account"),
      await read("PKBEN", "/v2/account"),
      await read("PKANNA", "/v2/account"),
    ];

    expect(anna.account_number).toMatch(/^SIM\d{9}$/);
    expect(ben.account_number).not.toBe(anna.account_number);
    expect(again).toEqual(anna);
    expect(anna.cash).toBe("50000");
  });

  test("shows the same prices to all, and one account's orders to nobody else", async () => {
    const quote = "/v2/stocks/SMR/quotes/latest";
    expect((await ask("PKANNA", quote)).body).toBe((await ask("PKBEN", quote)).body);
    const order = JSON.stringify({
      symbol: "SMR",
      side: "buy",
      type: "market",
      time_in_force: "day",
      notional: "100",
      client_order_id: "one",
    });
    expect((await ask("PKANNA", "/v2/orders", "POST", order)).status).toBe(200);

    expect((await ask("PKBEN", "/v2/orders:by_client_order_id?client_order_id=one")).status).toBe(404);
    expect((await ask("PKBEN", "/v2/orders", "POST", order)).status).toBe(200);
  });

  test("carries out what its owner asks without a key in every account", async () => {
    await Promise.all([read("PKANNA", "/v2/account"), read("PKBEN", "/v2/account")]);
    await ask("", "/simulator/account", "POST", '{"trading_blocked":true}');

    expect((await read("PKANNA", "/v2/account")).trading_blocked).toBe(true);
    expect((await read("PKBEN", "/v2/account")).trading_blocked).toBe(true);
  });

  test("refuses what comes without a key, and keys that nobody has", async () => {
    expect((await ask("", "/v2/account")).status).toBe(401);
    const two = new ManyAccounts({ clock: new VirtualClock(0), accountOf: (key) => (key === "PKANNA" ? {} : undefined) });
    const headers = { "apca-api-key-id": "PKBEN", "apca-api-secret-key": "secret" };
    expect((await two.handle({ method: "GET", url: "/v2/account", headers, body: "" })).status).toBe(401);
    two.close();
  });

  test("lets a token name an account, as a key does", async () => {
    const headers = { authorization: "Bearer token-of-anna" };
    const { body } = await accounts.handle({ method: "GET", url: "/v2/account", headers, body: "" });
    const anna = JSON.parse(body) as Record<string, unknown>;

    expect(anna.account_number).toMatch(/^SIM\d{9}$/);
    expect(accounts.venueOf("token-of-anna")?.exchange.state.accountNumber).toBe(anna.account_number);
    expect((await read("PKANNA", "/v2/account")).account_number).not.toBe(anna.account_number);
  });

  test.each([
    ['{"action":"authenticate","data":{"oauth_token":"token-of-anna"}}', '"status":"authorized"'],
    ['{"action":"auth","key":"PKANNA","secret":"secret"}', '"status":"authorized"'],
    ['{"action":"authenticate","data":{"key_id":"PKANNA","secret_key":"secret"}}', '"status":"authorized"'],
  ])("connects a stream to the account that its first message names: %s", (frame, answer) => {
    const sent: string[] = [];
    const session = accounts.openStream(
      (text) => sent.push(text),
      () => sent.push("closed"),
    );
    session.receive(frame);
    session.closed();

    expect(sent.join()).toContain(answer);
  });

  test("closes a stream that begins with something else", () => {
    const sent: string[] = [];
    const session = accounts.openStream(
      (text) => sent.push(text),
      () => sent.push("closed"),
    );
    session.receive("no message");
    session.closed();

    expect(sent).toEqual(["closed"]);
  });
});
