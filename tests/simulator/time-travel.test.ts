import { describe, expect, test } from "@jest/globals";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { Exchange } from "../../src/simulator/exchange.ts";
import { ManyAccounts } from "../../src/simulator/many-accounts.ts";
import { SteeredClock } from "../../src/simulator/steered-clock.ts";
import { type Client, clientOf, KEYS, limitOrder, marketOrder, openExchange } from "./fixture.ts";
import { fetchFor } from "./in-process-fetch.ts";

const FRIDAY = "2025-07-11T19:50:00.000Z";
const BUY = marketOrder("buy", "SPY", { qty: "3" });

/** A venue whose time stands still, shortly before the end of a week. */
function still(seed = 7): Client & { clock: SteeredClock; exchange: Exchange } {
  const clock = new SteeredClock(new VirtualClock(0), { start: Date.parse(FRIDAY), speed: 0 });
  const exchange = new Exchange({ clock, seed });
  return { clock, exchange, ...clientOf(exchange, { steering: clock, keepsStart: true, rateLimitPerMinute: "off" }) };
}

describe("/simulator/clock", () => {
  test("shows the time, sets it, and lets it pass: what is due happens at its time", async () => {
    const { request } = still();
    expect((await request("GET", "/simulator/clock")).json).toEqual({ now: FRIDAY, speed: 0 });
    const { id } = (await request("POST", "/v2/orders", BUY)).json as { id: string };
    await request("POST", "/v2/orders", limitOrder("buy", "SPY", "1", "1"));
    expect((await request("POST", "/simulator/clock", { step: 1 })).json).toEqual({ now: "2025-07-11T19:50:01.000Z", speed: 0 });
    expect((await request("GET", `/v2/orders/${id}`)).json).toMatchObject({
      status: "filled",
      filled_at: expect.stringMatching(/T19:50:00\.029/),
    });
    await request("POST", "/simulator/clock", { set: "2025-07-14T09:30:00-04:00", speed: 60 });
    expect((await request("GET", "/v2/clock")).json).toMatchObject({ timestamp: "2025-07-14T09:30:00-04:00", is_open: true });
    expect((await request("GET", "/v2/orders?status=all")).json).toMatchObject([
      { status: "expired", expired_at: expect.stringMatching(/^2025-07-11T20:00:00/) },
      {},
    ]);
    expect((await request("GET", "/simulator/clock")).json).toMatchObject({ speed: 60 });
  });

  test.each([
    [{}, "expected set, step or speed"],
    [{ days: 3 }, "expected set, step or speed, not days"],
    [{ step: -1 }, "step must be a number from 0 to 2678400"],
    [{ step: "1" }, "step must be a number from 0 to 2678400"],
    [{ speed: 1_001 }, "speed must be a number from 0 to 1000"],
    [{ set: "noon" }, "set must be a time such as 2025-07-14T09:30:00-04:00"],
    [{ set: "2025-12-01T00:00:00Z" }, "set must be at most 31 days ahead"],
  ])("refuses %p, and does nothing", async (body, message) => {
    const { request } = still();
    expect(await request("POST", "/simulator/clock", body)).toMatchObject({ status: 422, json: { message } });
    expect((await request("GET", "/simulator/clock")).json).toEqual({ now: FRIDAY, speed: 0 });
  });

  test("of a venue that follows another clock can only be read", async () => {
    const { exchange } = openExchange();
    const { request } = clientOf(exchange);
    expect((await request("GET", "/simulator/clock")).json).toEqual({ now: "2025-07-14T15:00:00.000Z", speed: 1 });
    expect((await request("POST", "/simulator/clock", { step: 1 })).status).toBe(422);
  });

  test("moves once for all accounts of a venue", async () => {
    const clock = new SteeredClock(new VirtualClock(0), { start: Date.parse(FRIDAY), speed: 0 });
    const accounts = new ManyAccounts({ clock, steering: clock });
    const send = fetchFor(accounts);
    for (const name of ["one", "two"]) await send("http://venue/v2/account", { headers: { ...KEYS, "APCA-API-KEY-ID": name } });
    await send("http://venue/simulator/clock", { method: "POST", body: '{"step":10}' });
    expect(clock.now()).toBe(Date.parse(FRIDAY) + 10_000);
    accounts.close();
  });
});

test("the same seed and the same time give the same ids, prices and fills", async () => {
  const runs = [];
  for (const seed of [7, 7, 8]) {
    const { request } = still(seed);
    const orders = [await request("POST", "/v2/orders", BUY)];
    await request("POST", "/simulator/clock", { step: 60 });
    orders.push(await request("POST", "/v2/orders", { ...BUY, symbol: "QQQ" }));
    await request("POST", "/simulator/clock", { step: 60 });
    const rest = await Promise.all(
      ["/v2/orders?status=all", "/v2/account", "/v2/account/activities", "/v2/stocks/SPY/quotes/latest"].map((path) =>
        request("GET", path),
      ),
    );
    runs.push([...orders, ...rest].map(({ text }) => text));
  }
  expect(runs[1]).toEqual(runs[0]);
  expect(runs[2]).not.toEqual(runs[0]);
});

describe("/simulator/snapshots and /simulator/reset", () => {
  const everything = async ({ request }: Client): Promise<string[]> =>
    Promise.all(
      [
        "/v2/account",
        "/v2/account/configurations",
        "/v2/positions",
        "/v2/orders?status=all",
        "/v2/account/activities",
        "/v2/assets/SPY",
        "/v2/watchlists",
      ].map(async (path) => (await request("GET", path)).text),
    );

  test("a reset returns account, orders, settings, assets, fixed prices and time to how the venue began", async () => {
    const venue = still();
    const { request } = venue;
    const before = await everything(venue);
    await request("POST", "/v2/orders", BUY);
    await request("POST", "/simulator/prices", { symbol: "SPY", price: "500" });
    await request("POST", "/simulator/assets", { symbol: "SPY", fractionable: false });
    await request("PATCH", "/v2/account/configurations", { suspend_trade: true, ptp_no_exception_entry: true });
    await request("POST", "/v2/watchlists", { name: "mine" });
    await request("POST", "/simulator/transfers", { amount: "5" });
    await request("POST", "/simulator/clock", { step: 90_000 });
    expect(await everything(venue)).not.toEqual(before);
    expect((await request("POST", "/simulator/reset")).json).toEqual({ name: "start", at: FRIDAY });
    expect(await everything(venue)).toEqual(before);
  });

  test("after a reset the same requests have the same ids and prices", async () => {
    const venue = still();
    const { request } = venue;
    const play = async (): Promise<string[]> => {
      await request("POST", "/v2/orders", BUY);
      await request("POST", "/simulator/clock", { step: 10 });
      return everything(venue);
    };
    const first = await play();
    await request("POST", "/simulator/reset");
    expect(await play()).toEqual(first);
  });

  test("a snapshot keeps a state under a name: orders that rest in it go on", async () => {
    const { clock, exchange, request } = still();
    const { id } = (await request("POST", "/v2/orders", limitOrder("buy", "SPY", "1", "500"))).json as { id: string };
    clock.step(1_000);
    const at = new Date(clock.now()).toISOString();
    expect((await request("POST", "/simulator/snapshots", { name: "resting" })).json).toEqual({ name: "resting", at });
    exchange.setPrice("SPY", "499");
    clock.step(2_000);
    expect(exchange.order(id).status).toBe("filled");
    await request("POST", "/simulator/reset", { snapshot: "resting" });
    expect(exchange.order(id).status).toBe("new");
    clock.step(60_000);
    expect(exchange.order(id).status).toBe("new");
    exchange.setPrice("SPY", "499");
    clock.step(2_000);
    expect(exchange.order(id).status).toBe("filled");
    expect((await request("GET", "/simulator/snapshots")).json).toEqual([
      { name: "start", at: FRIDAY },
      { name: "resting", at },
    ]);
  });

  test.each([
    ["POST", "/simulator/reset", { snapshot: "none" }, 404, "no snapshot none"],
    ["POST", "/simulator/snapshots", {}, 422, "name must be a text of 1 to 64 characters"],
  ])("%s %s %p is refused", async (method, path, body, status, message) => {
    expect(await still().request(method, path, body)).toMatchObject({ status, json: { message } });
  });
});
