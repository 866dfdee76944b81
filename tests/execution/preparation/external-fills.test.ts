import { afterEach, expect, test } from "@jest/globals";
import { both, isPost, orderGate, postedOrder, reply } from "../faults.ts";
import { HEDGE, INVESTED } from "../scenario.ts";
import { signalOf, VirtualDesk } from "../virtual-desk.ts";

let desk: VirtualDesk;

afterEach(() => desk.close());

const byHand = (symbol: string, side: "buy" | "sell", qty: string): Record<string, string> => ({
  symbol,
  side,
  qty,
  type: "market",
  time_in_force: "day",
});

/** Executes the hedge, lets somebody trade by hand right after it, and executes a second run. @returns its result, and how long it took. */
async function runAfter(order: Record<string, string>): Promise<{ result: unknown; seconds: number }> {
  await desk.run(signalOf(desk.clock, HEDGE));
  desk.exchange.submit(order);
  await desk.clock.advance(1_000);
  const start = desk.clock.monotonic();
  const result = await desk.run(signalOf(desk.clock, { LEU: "1" }, { id: "00000000000000bb" }));
  return { result, seconds: (desk.clock.monotonic() - start) / 1_000 };
}

test.each([
  ["buy", "UVXY", "1"],
  ["sell", "UVXY", "300"],
  ["sell", "BTAL", "10.5"],
] as const)("a %s of %s by hand after our own order does not hold up the next run", async (side, symbol, qty) => {
  desk = new VirtualDesk(INVESTED);
  const { result, seconds } = await runAfter(byHand(symbol, side, qty));
  expect(result).toMatchObject({ kind: "concluded", conclusion: { outcome: "on-target" } });
  expect(seconds).toBeLessThan(10);
});

test("a sale by hand of what the first buys brought is not waited for with every further plan", async () => {
  desk = new VirtualDesk(INVESTED);
  let isSold = false;
  const gate = orderGate(() => (isSold ? Infinity : 20_000));
  desk.venue.interceptor = both(gate, {
    after: async (request, response) => {
      if (isSold || !isPost(request) || postedOrder(request).side !== "buy" || response.status !== 200) return response;
      isSold = true;
      await desk.clock.advance(500);
      desk.exchange.submit(byHand(postedOrder(request).symbol, "sell", "3"));
      return response;
    },
  });
  const start = desk.clock.monotonic();
  await desk.run(signalOf(desk.clock, HEDGE));
  expect(desk.clock.monotonic() - start).toBeLessThan(40_000);
});

test("trading waits while no external order explains a quantity exactly, because one of our fills may be missing", async () => {
  desk = new VirtualDesk(INVESTED);
  desk.venue.interceptor = {
    before: ({ method, url }) => Promise.resolve(method === "GET" && url.includes("status=all") ? reply(200, []) : undefined),
  };
  const { result } = await runAfter(byHand("UVXY", "buy", "1"));
  expect(result).toMatchObject({ kind: "declined", verdict: "account-unsettled" });
});
