import { afterEach, expect, test } from "@jest/globals";
import type { Interceptor, VenueRequest, VenueResponse } from "../../src/simulator/venue.ts";
import { afterFirstPost, both, isPost, isRead, postedOrder, reply, TIMED_OUT } from "./faults.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { limitStyle } from "./limit-style.ts";
import { expectHoldings, HEDGE, HELD, INVESTED, intentsOf, passUntil } from "./scenario.ts";
import { signalOf, VirtualDesk } from "./virtual-desk.ts";

let desk: VirtualDesk;

afterEach(() => desk.close());

const RATE_LIMITED = reply(429, { code: 42910000, message: "rate limit exceeded" }, { "Retry-After": "8" });

test("two sells that the rate limit delays, one slightly longer: neither is sent for shares that are gone by then", async () => {
  desk = new VirtualDesk(INVESTED);
  const posted: string[] = [];
  const holdBack = async (request: VenueRequest): Promise<VenueResponse | undefined> => {
    if (!isPost(request)) return undefined;
    const { symbol } = postedOrder(request);
    posted.push(symbol);
    if (posted.length > 2) return undefined;
    if (symbol === "SMR") await desk.clock.sleep(20);
    return RATE_LIMITED;
  };
  desk.venue.interceptor = { before: holdBack };
  const running = desk.start(signalOf(desk.clock, HEDGE));
  await passUntil(desk, () => posted.length === 2);
  await desk.clock.advance(1_000);
  desk.exchange.closePosition("SMR");
  await desk.clock.until(running);
  expect(posted.slice(0, 2).sort()).toEqual(["SMR", "TQQQ"]);
  expect(posted.slice(2)).not.toContain("SMR");
  expect(intentsOf(desk).find(({ symbol }) => symbol === "SMR")).toMatchObject({ state: "refused", status: "insufficient-quantity" });
});

test.each([
  ["a symbol that was never split", false],
  ["a symbol whose split was booked before", true],
])("what a sale by hand brought during the execution is spent, of %s", async (_, isSplit) => {
  desk = new VirtualDesk(INVESTED);
  const now = desk.clock.now();
  const split = { symbol: "SMR", session: "2026-11-17", ratio: decimal("5"), quantity: decimal("1502.5"), foundAt: now, bookedAt: now };
  if (isSplit) desk.ledger.recordSplit(split);
  desk.venue.interceptor = {
    before: (request) => Promise.resolve(isPost(request) && postedOrder(request).symbol === "SMR" ? RATE_LIMITED : undefined),
  };
  const running = desk.start(signalOf(desk.clock, HEDGE));
  await passUntil(desk, () => desk.orders().length === 1);
  desk.exchange.closePosition("SMR");
  expect(await desk.clock.until(running)).toMatchObject({ conclusion: { outcome: "on-target" } });
  expectHoldings(desk, HEDGE);
});

test("a sell that waits is not sent on a row that cannot be read, as fewer shares may be held by now", async () => {
  desk = new VirtualDesk(INVESTED);
  const posted: string[] = [];
  let isDoubled = false;
  desk.venue.interceptor = {
    before: (request) => {
      if (!isPost(request)) return Promise.resolve(undefined);
      const { symbol } = postedOrder(request);
      posted.push(symbol);
      return Promise.resolve(symbol === "SMR" ? RATE_LIMITED : undefined);
    },
    after: (request, response) => {
      if (!isDoubled || !isRead(request, "/v2/positions")) return Promise.resolve(response);
      const rows = JSON.parse(response.body) as { symbol: string }[];
      return Promise.resolve({ ...response, body: JSON.stringify([...rows, ...rows.filter(({ symbol }) => symbol === "SMR")]) });
    },
  };
  const running = desk.start(signalOf(desk.clock, HEDGE));
  await passUntil(desk, () => posted.includes("SMR"));
  isDoubled = true;
  desk.exchange.submit({ symbol: "SMR", side: "sell", type: "market", qty: "100", time_in_force: "day" });
  await desk.clock.until(running);
  expect(posted.filter((symbol) => symbol === "SMR")).toHaveLength(1);
  expect(intentsOf(desk).find(({ symbol }) => symbol === "SMR")).toMatchObject({
    state: "refused",
    message: expect.stringContaining("position cannot be read"),
  });
});

test("what a cancelled limit has left is not sent again for shares that the last look did not find any more", async () => {
  desk = new VirtualDesk({ ...INVESTED, execution: limitStyle({ repegMs: 7_000 }) });
  const posted: string[] = [];
  const holdBack: Interceptor = {
    before: (request) => {
      if (!isPost(request)) return Promise.resolve(undefined);
      const { symbol } = postedOrder(request);
      posted.push(symbol);
      return Promise.resolve(symbol === "SMR" && posted.filter((each) => each === "SMR").length === 1 ? RATE_LIMITED : undefined);
    },
  };
  const stuck = afterFirstPost("TQQQ", (response) => {
    desk.exchange.setQuote("TQQQ", "0", "0");
    return response;
  });
  desk.venue.interceptor = both(holdBack, stuck);
  const running = desk.start(signalOf(desk.clock, HEDGE));
  await passUntil(desk, () => posted.length === 2);
  // Moved to another broker.
  desk.clock.after(3_000, () => desk.exchange.state.positions.delete("TQQQ"));
  desk.clock.after(8_300, () => desk.exchange.setPrice("TQQQ", "85"));
  await desk.clock.until(running);
  expect(posted.filter((symbol) => symbol === "TQQQ")).toHaveLength(1);
  expect(intentsOf(desk).filter(({ symbol }) => symbol === "TQQQ")).toMatchObject([
    { state: "done", status: "canceled" },
    { state: "refused", status: "insufficient-quantity" },
  ]);
});

test("shares that a proof of absence does not find any more are not sold, whichever order was proven absent", async () => {
  const positions = [...HELD, { symbol: "LEU", quantity: decimal("10"), averagePrice: decimal("100") }];
  desk = new VirtualDesk({ exchange: { ...INVESTED.exchange, positions }, execution: limitStyle({ repegMs: 10_200 }) });
  // LEU has the account looked at after eight seconds, SMR is proven absent after ten, and what TQQQ left is due just then.
  const first = new Map([
    ["SMR", TIMED_OUT],
    ["LEU", RATE_LIMITED],
  ]);
  const posted: string[] = [];
  const stuck = afterFirstPost("TQQQ", (response) => {
    desk.exchange.setQuote("TQQQ", "0", "0");
    return response;
  });
  desk.venue.interceptor = both(stuck, {
    before: (request) => {
      if (!isPost(request)) return Promise.resolve(undefined);
      const { symbol } = postedOrder(request);
      posted.push(symbol);
      const answer = first.get(symbol);
      first.delete(symbol);
      return Promise.resolve(answer);
    },
  });
  const running = desk.start(signalOf(desk.clock, HEDGE));
  await passUntil(desk, () => posted.filter((symbol) => symbol === "LEU").length === 2);
  desk.exchange.state.positions.delete("TQQQ");
  desk.clock.after(2_300, () => desk.exchange.setPrice("TQQQ", "85"));
  await desk.clock.until(running);
  expect(posted.filter((symbol) => symbol === "TQQQ")).toHaveLength(1);
  expect(intentsOf(desk).filter(({ symbol }) => symbol === "TQQQ")).toMatchObject([
    { state: "done", status: "canceled" },
    { state: "refused", status: "insufficient-quantity" },
  ]);
});
