import { afterEach, describe, expect, test } from "@jest/globals";
import { decimal, ZERO } from "../../src/domain/decimal.ts";
import { afterFirstPost, arrivals, both, isPost, lagging, lastSale, postedOrder, powerBehind, reply, shownAccount } from "./faults.ts";
import { book, expectHoldings, expectSwitched, expectUnharmed, HEDGE, HELD, INVESTED, SWITCH } from "./scenario.ts";
import { signalOf, VirtualDesk } from "./virtual-desk.ts";

let desk: VirtualDesk;

afterEach(() => desk.close());

describe("buying power that is behind the cash after the sells (R16)", () => {
  test.each([0.5, 6, 14])("by %f s: it is waited for, and then everything is bought with one order each", async (seconds) => {
    desk = new VirtualDesk(INVESTED);
    desk.venue.interceptor = powerBehind(desk, seconds * 1_000);
    const start = desk.clock.monotonic();
    expectSwitched(desk, await desk.run(signalOf(desk.clock, HEDGE)));
    expect(desk.clock.monotonic() - start).toBeLessThan(seconds * 1_000 + 3_000);
  });

  test("by 25 s: on target soon after, without orders for what little was shown", async () => {
    desk = new VirtualDesk(INVESTED);
    const { list, interceptor } = arrivals(desk);
    desk.venue.interceptor = both(powerBehind(desk, 25_000), interceptor);
    const start = desk.clock.monotonic();
    expectSwitched(desk, await desk.run(signalOf(desk.clock, HEDGE)));
    expect(desk.clock.monotonic() - start).toBeLessThan(45_000);
    expect(list).toHaveLength(4);
  });

  test("by 40 s, with six tenths of it shown: as much is bought, and the rest when it is there", async () => {
    desk = new VirtualDesk(INVESTED);
    const soldAt = lastSale(desk);
    desk.venue.interceptor = shownAccount(({ buying_power: power }) =>
      desk.clock.monotonic() < soldAt() + 40_000 ? { buying_power: String(Number(power) * 0.6) } : {},
    );
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, HEDGE);
    expectUnharmed(desk);
    expect(book(desk).length).toBeLessThanOrEqual(8);
  });
});

describe("numbers that are behind", () => {
  test.each([
    ["positions and cash", undefined],
    ["positions alone", ["/v2/positions"] as const],
    ["cash alone", ["/v2/account"] as const],
  ])("%s by 40 s: nothing is traded twice, and the target is reached when they are there", async (_, paths) => {
    desk = new VirtualDesk(INVESTED);
    desk.venue.interceptor = lagging(desk, 40_000, paths);
    const result = await desk.run(signalOf(desk.clock, HEDGE));
    expect(result).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, HEDGE);
    expect(book(desk).filter((line) => line.startsWith("sell"))).toEqual(["sell SMR filled", "sell TQQQ filled"]);
    expectUnharmed(desk);
  });

  test("positions by 100 s, while a sell that fills in part is cancelled: never more is sold than is held", async () => {
    desk = new VirtualDesk({
      ...INVESTED,
      exchange: { ...INVESTED.exchange, partialFillProbability: 1, partialFillSteps: 100, partialFillIntervalMs: 90_000 },
    });
    const { list, interceptor } = arrivals(desk);
    desk.venue.interceptor = both(lagging(desk, 100_000, ["/v2/positions"]), interceptor);
    const result = await desk.run(signalOf(desk.clock, HEDGE));
    expect(result).toMatchObject({ conclusion: { outcome: "incomplete" } });
    expect(list.filter(({ symbol }) => symbol === "TQQQ").length).toBeGreaterThan(1);
    for (const { symbol, quantity } of HELD) {
      const held = Number(quantity.toFixed());
      const sold = [...desk.exchange.state.orders.values()].filter((order) => order.symbol === symbol && order.side === "sell");
      expect(sold.reduce((total, { filledQuantity }) => total + Number(filledQuantity.toFixed()), 0)).toBeLessThanOrEqual(held);
      const asked = list.filter((post) => post.symbol === symbol);
      for (const [index, { quantity: wanted }] of asked.entries()) {
        const before = sold.slice(0, index).reduce((total, { filledQuantity }) => total + Number(filledQuantity.toFixed()), 0);
        expect(wanted).toBeLessThanOrEqual(held - before + 1e-9);
      }
    }
    expectUnharmed(desk);
  });
});

test("cash and equity that lack one of two sells for 25 s: what they show is spent, and the rest when they show it", async () => {
  desk = new VirtualDesk(INVESTED);
  const soldAt = lastSale(desk);
  desk.venue.interceptor = shownAccount(({ cash, equity, buying_power: power }) => {
    const lacks = desk.clock.monotonic() >= soldAt() && desk.clock.monotonic() < soldAt() + 25_000 ? 85_000 : 0;
    const less = (shown: string | undefined): string => String(Math.max(0, Number(shown) - lacks));
    return { cash: less(cash), equity: less(equity), buying_power: less(power) };
  });
  expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
  expectHoldings(desk, HEDGE);
  expectUnharmed(desk);
});

test("an equity that is 3 % off for 20 s after the sells: the buys are planned again until it agrees", async () => {
  desk = new VirtualDesk(INVESTED);
  const soldAt = lastSale(desk);
  desk.venue.interceptor = shownAccount(({ equity }) =>
    desk.clock.monotonic() >= soldAt() && desk.clock.monotonic() < soldAt() + 20_000 ? { equity: String(Number(equity) * 0.97) } : {},
  );
  const start = desk.clock.monotonic();
  expectSwitched(desk, await desk.run(signalOf(desk.clock, HEDGE)));
  expect(desk.clock.monotonic() - start).toBeLessThan(36_000);
});

test("an equity that stays 3 % off: nothing is bought, and the end says why", async () => {
  desk = new VirtualDesk({ ...INVESTED, executionDeadlineSeconds: 120 });
  const soldAt = lastSale(desk);
  desk.venue.interceptor = shownAccount(({ equity }) =>
    desk.clock.monotonic() >= soldAt() ? { equity: String(Number(equity) * 0.97) } : {},
  );
  const result = await desk.run(signalOf(desk.clock, HEDGE));
  expect(result).toMatchObject({ conclusion: { outcome: "incomplete" } });
  expect(result.kind === "concluded" && result.conclusion.reason).toMatch(
    /deadline.*equity.*Missing: UVXY|deadline.*equity.*Missing: BTAL/,
  );
  expect(book(desk)).toEqual(["sell SMR filled", "sell TQQQ filled"]);
});

test("a margin account whose symbols need all of their price: small buying power before the sells, and it grows by what they bring", async () => {
  desk = new VirtualDesk({ exchange: { cash: decimal("12"), positions: HELD, multiplier: "2" } });
  // Each dollar held takes two of buying power, each dollar of cash gives two.
  desk.venue.interceptor = shownAccount(({ cash }) => ({ buying_power: String(Math.max(0, 2 * Number(cash))) }));
  expectSwitched(desk, await desk.run(signalOf(desk.clock, HEDGE)));
});

test("a margin account that lends: no more is bought than there is cash", async () => {
  desk = new VirtualDesk({ exchange: { cash: decimal("12"), positions: HELD, multiplier: "4" } });
  expectSwitched(desk, await desk.run(signalOf(desk.clock, HEDGE)));
  expect(desk.exchange.state.cash.gt(ZERO)).toBe(true);
});

describe("money that moves during an execution", () => {
  test.each([
    ["a deposit of $20,000", "20000"],
    ["a fee of $40", "-40"],
    ["a fee of $400", "-400"],
  ])("%s: the account reaches its target on what our fills make", async (_, amount) => {
    desk = new VirtualDesk(INVESTED);
    desk.venue.interceptor = afterFirstPost("TQQQ", (response) => {
      desk.exchange.transfer(amount);
      return response;
    });
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(book(desk)).toEqual(SWITCH);
    expectUnharmed(desk);
  });

  test("a deposit while a buy is being tried again is not spent either", async () => {
    desk = new VirtualDesk(INVESTED);
    let paid = false;
    desk.venue.interceptor = {
      before: (request) => {
        if (!isPost(request) || postedOrder(request).symbol !== "UVXY" || paid) return Promise.resolve(undefined);
        paid = true;
        desk.exchange.transfer("20000");
        return Promise.resolve(reply(403, { code: 40310000, message: "insufficient buying power" }));
      },
    };
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(Number(desk.exchange.state.cash.toFixed())).toBeGreaterThan(20_000);
    expectUnharmed(desk);
  });
});
