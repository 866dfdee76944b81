import { afterEach, describe, expect, test } from "@jest/globals";
import { decimal } from "../../../src/domain/decimal.ts";
import type { Arrival } from "../faults.ts";
import { arrivals, both, lastSale, orderGate, shownAccount } from "../faults.ts";
import { expectHoldings, expectUnharmed, HEDGE, INVESTED } from "../scenario.ts";
import { signalOf, VirtualDesk } from "../virtual-desk.ts";

let desk: VirtualDesk;

afterEach(() => desk.close());

const UVXY = 71_700;
const BTAL = 23_900;

function buysOf(list: readonly Arrival[], symbol: string): Arrival[] {
  return list.filter((post) => post.side === "buy" && post.symbol === symbol);
}

describe("an order gate that is behind the account after the sells (R20)", () => {
  test.each([
    [3, 0],
    [3, 12],
    [3, 50_000],
    [20, 0],
    [20, 12],
    [20, 50_000],
  ])("by %i s, and lets $%i through until then: on target within 35 s, after at most four tries a symbol", async (seconds, until) => {
    desk = new VirtualDesk(INVESTED);
    const soldAt = lastSale(desk);
    const { list, interceptor } = arrivals(desk);
    desk.venue.interceptor = both(
      interceptor,
      orderGate(() => (desk.clock.monotonic() < soldAt() + seconds * 1_000 ? until : Infinity)),
    );
    const start = desk.clock.monotonic();
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, HEDGE);
    expectUnharmed(desk);
    expect(desk.clock.monotonic() - start).toBeLessThan(35_000);
    expect(buysOf(list, "UVXY").length).toBeLessThanOrEqual(4);
    expect(buysOf(list, "BTAL").length).toBeLessThanOrEqual(4);
    const early = list.filter(
      ({ side, at, symbol, notional }) => side === "buy" && at < 30 && notional < (symbol === "UVXY" ? UVXY : BTAL) / 2,
    );
    expect(early).toEqual([]);
  });
});

test.each([16, 20, 25])(
  "buying power that shows more than half of what is missing after %i s is used within 2.5 s, though not all of it has come",
  async (seconds) => {
    desk = new VirtualDesk(INVESTED);
    const soldAt = lastSale(desk);
    const { list, interceptor } = arrivals(desk);
    const since = (): number => (desk.clock.monotonic() - soldAt()) / 1_000;
    const shown = (): number => (since() < seconds ? 12 : since() < 35 ? 60_000 : Infinity);
    desk.venue.interceptor = both(
      interceptor,
      shownAccount(({ buying_power }) => ({
        buying_power: String(soldAt() === Infinity ? buying_power : Math.min(Number(buying_power), shown())),
      })),
    );
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
    for (const symbol of ["UVXY", "BTAL"]) {
      const [first, ...others] = buysOf(list, symbol);
      expect(first?.notional).toBe(60_000 * Number(HEDGE[symbol as keyof typeof HEDGE]));
      expect(first?.at).toBeGreaterThanOrEqual(seconds);
      expect(first?.at).toBeLessThan(seconds + 2.5);
      expect(others).toHaveLength(1);
    }
    expectHoldings(desk, HEDGE);
    expectUnharmed(desk);
  },
);

describe("an order gate that never lets the rest through", () => {
  test("of 60 % of the cash: what it lets through is bought, eight tries, growing pauses, and the end names the refusal", async () => {
    desk = new VirtualDesk(INVESTED);
    const { list, interceptor } = arrivals(desk);
    desk.venue.interceptor = both(
      interceptor,
      orderGate(() => 57_954.6),
    );
    const result = await desk.run(signalOf(desk.clock, HEDGE));
    expect(result).toMatchObject({ conclusion: { outcome: "off-target" } });
    expect(result.kind === "concluded" && result.conclusion.reason).toMatch(
      /^Refused by the venue: buy UVXY: insufficient buying power\. Missing: UVXY \$37,6\d\d\.\d\d of \$71,6\d\d\.\d\d\.$/,
    );
    const tries = buysOf(list, "UVXY");
    expect(tries.map(({ notional }) => Math.round(notional / 1_000))).toEqual([72, 34, 38, 38, 38, 38, 38, 38, 38]);
    expect(buysOf(list, "BTAL")).toHaveLength(1);
    const pauses = tries.map(({ at }, index) => at - (tries[index - 1]?.at ?? at));
    expect(Math.min(...pauses.slice(3))).toBeGreaterThan(14.9);
    expect(Number(desk.exchange.positionView("UVXY").market_value)).toBeGreaterThan(34_000);
    expectUnharmed(desk);
  });

  test("of anything: eight tries a symbol, and the end names it", async () => {
    desk = new VirtualDesk(INVESTED);
    const { list, interceptor } = arrivals(desk);
    desk.venue.interceptor = both(
      interceptor,
      orderGate(() => 0),
    );
    const result = await desk.run(signalOf(desk.clock, HEDGE));
    expect(result).toMatchObject({ conclusion: { outcome: "off-target" } });
    expect(result.kind === "concluded" && result.conclusion.reason).toMatch(
      /^Refused by the venue: buy BTAL: .*; buy UVXY: .*Missing: BTAL/,
    );
    expect(buysOf(list, "UVXY")).toHaveLength(8);
    expect(buysOf(list, "BTAL")).toHaveLength(8);
    expectUnharmed(desk);
  });
});

test("an order gate that counts 2 % more than an order's amount: the next try leaves room for that, and all the gate lets through is bought", async () => {
  desk = new VirtualDesk({ exchange: { cash: decimal("100000") } });
  const { list, interceptor } = arrivals(desk);
  desk.venue.interceptor = both(
    interceptor,
    orderGate(
      () => 100_000,
      (dollars) => 1.02 * dollars,
    ),
  );
  expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
  // Of 99,000 wanted, 98,039 can pass: what is missing lies within the drift band.
  expect(buysOf(list, "BTAL").map(({ notional }) => notional)).toEqual([24_750]);
  expect(buysOf(list, "UVXY").map(({ notional }) => Math.floor(notional))).toEqual([74_250, 73_289]);
  expectUnharmed(desk);
});
