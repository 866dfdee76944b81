import { afterEach, describe, expect, test } from "@jest/globals";
import { DEFAULT_EXECUTION, type ExecutionSettings } from "../../src/domain/execution-style.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { changeAsset } from "../../src/simulator/admin-routes.ts";
import { arrivals, beforePosts, both, isRead, postedOrder, reply, TIMED_OUT, UNAVAILABLE, type Arrival } from "./faults.ts";
import { limitStyle } from "./limit-style.ts";
import { expectHoldings, expectUnharmed, HEDGE, intentsOf } from "./scenario.ts";
import { signalOf, VirtualDesk } from "./virtual-desk.ts";

/** Whole shares are not bought at an ask more than 4 % above the price that decided how many of them (R11): asked again at the POST. */

let desk: VirtualDesk;

afterEach(() => desk.close());

/** UVXY trades whole; the rate limit holds its first POST back for five seconds, in which the market changes. */
function heldBack(execution: ExecutionSettings, change: () => void): Arrival[] {
  desk = new VirtualDesk({ exchange: { cash: decimal("100000") }, execution });
  changeAsset(desk.exchange, { symbol: "UVXY", fractionable: false });
  const { list, interceptor } = arrivals(desk);
  desk.venue.interceptor = both(
    interceptor,
    beforePosts("UVXY", 1, () => {
      change();
      return reply(429, { code: 42910000, message: "rate limit exceeded" }, { "retry-after": "5" });
    }),
  );
  return list;
}

const sharesOf = (sent: readonly Arrival[]): number[] => sent.filter(({ symbol }) => symbol === "UVXY").map(({ quantity }) => quantity);

describe.each([
  ["market", DEFAULT_EXECUTION],
  ["limit", limitStyle()],
])("%s style", (_, execution) => {
  test("a price that rises by 10 % before the POST: the shares are counted anew at what they cost now", async () => {
    const sent = heldBack(execution, () => desk.exchange.scalePrice("UVXY", decimal("1.1")));
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
    const [planned, ...others] = sharesOf(sent);
    expect(planned).toBe(3_640);
    expect(others.length).toBeGreaterThan(0);
    for (const shares of others) expect(shares).toBeLessThanOrEqual(3_640 / 1.1);
    expectHoldings(desk, HEDGE);
    expectUnharmed(desk);
  });

  test("an ask alone that goes away by 5 %: nothing is bought at it, the other symbol does not wait, and all is bought once it is back", async () => {
    const sent = heldBack(execution, () => {
      desk.exchange.setQuote("UVXY", "19.99", "21");
      desk.clock.after(30_000, () => desk.exchange.setQuote("UVXY", "19.99", "20.01"));
    });
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
    const [first, ...others] = sent.filter(({ symbol }) => symbol === "UVXY");
    expect(first?.at).toBeLessThan(1);
    expect(Math.min(...others.map(({ at }) => at))).toBeGreaterThan(29);
    expect(sent.find(({ symbol }) => symbol === "BTAL")?.at).toBeLessThan(1);
    const left = intentsOf(desk).filter(({ symbol, state }) => symbol === "UVXY" && state === "dropped");
    expect(left.map(({ message }) => message)).toEqual(["the ask is $21.00, more than 4 % above the checked price of $20.00"]);
    expectHoldings(desk, HEDGE);
    expectUnharmed(desk);
  });
});

test("market style: an order that was sent without an answer is not taken for unsent when the ask goes away before it is sent again", async () => {
  desk = new VirtualDesk({ exchange: { cash: decimal("100000") } });
  changeAsset(desk.exchange, { symbol: "UVXY", fractionable: false });
  let arrive: (() => unknown) | undefined;
  desk.venue.interceptor = beforePosts("UVXY", 1, (request) => {
    arrive = () => desk.exchange.submit(postedOrder(request));
    desk.exchange.setQuote("UVXY", "19.99", "21");
    desk.clock.after(40_000, () => desk.exchange.setQuote("UVXY", "19.99", "20.01"));
    desk.clock.after(60_000, () => arrive?.());
    return TIMED_OUT;
  });
  await desk.run(signalOf(desk.clock, HEDGE));
  const orders = intentsOf(desk).filter(({ symbol }) => symbol === "UVXY");
  expect(orders.map(({ state }) => state)).not.toContain("dropped");
  expectHoldings(desk, HEDGE);
  expectUnharmed(desk);
});

test("market style: an ask 3 % above is bought at", async () => {
  const sent = heldBack(DEFAULT_EXECUTION, () => desk.exchange.setQuote("UVXY", "20.40", "20.60"));
  expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
  expect(sharesOf(sent).slice(0, 2)).toEqual([3_640, 3_640]);
});

test("market style: while quotes cannot be read, whole shares wait, and the dollars of the other symbol do not", async () => {
  const sent = heldBack(DEFAULT_EXECUTION, () => undefined);
  let isDown = false;
  desk.venue.interceptor = both(
    desk.venue.interceptor,
    beforePosts("BTAL", 1, () => reply(429, { code: 42910000, message: "rate limit exceeded" }, { "retry-after": "5" })),
    { before: (request) => Promise.resolve(isDown && isRead(request, "/v2/stocks/snapshots") ? UNAVAILABLE : undefined) },
  );
  const onReady = (): void => {
    isDown = true;
    desk.clock.after(30_000, () => (isDown = false));
  };
  expect(await desk.run(signalOf(desk.clock, HEDGE), { onReady })).toMatchObject({ conclusion: { outcome: "on-target" } });
  const timesOf = (name: string): number[] => sent.filter(({ symbol }) => symbol === name).map(({ at }) => Math.round(at));
  expect(timesOf("BTAL")).toEqual([0, 5]);
  expect(timesOf("UVXY")[1]).toBeGreaterThanOrEqual(30);
  expectHoldings(desk, HEDGE);
  expectUnharmed(desk);
});
