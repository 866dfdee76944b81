import { afterEach, describe, expect, test } from "@jest/globals";
import { decimal } from "../../src/domain/decimal.ts";
import { changeAsset } from "../../src/simulator/admin-routes.ts";
import { arrivals, beforePosts, both, isPost, lastSale, postedOrder, reply, spoiledSnapshot } from "./faults.ts";
import { book, expectHoldings, expectUnharmed, HEDGE, HELD, INVESTED, intentsOf, SWITCH } from "./scenario.ts";
import type { RebalanceResult } from "../../src/execution/rebalancer.ts";
import { signalOf, VirtualDesk } from "./virtual-desk.ts";

let desk: VirtualDesk;

afterEach(() => desk.close());

const reasonOf = (result: RebalanceResult): string => (result.kind === "concluded" ? result.conclusion.reason : result.kind);

/** From its first POST on a symbol is paused for so long: its orders rest, and nothing fills. */
function pausedFromFirstPost(at: VirtualDesk, symbol: string, ms: number): void {
  let until: number | undefined;
  at.exchange.gate = {
    mayFill: (order) => order.symbol !== symbol || at.clock.monotonic() >= (until ??= at.clock.monotonic() + ms),
    mayCancel: () => true,
  };
}

describe("orders that the venue rejects after it has taken them (R20)", () => {
  test.each([
    ["a buy, once", "UVXY", 1],
    ["a buy, three times", "UVXY", 3],
    ["a sell, once", "TQQQ", 1],
    ["a sell, three times", "TQQQ", 3],
  ])("%s: tried again until it is filled", async (_, symbol, times) => {
    desk = new VirtualDesk(INVESTED);
    const { list, interceptor } = arrivals(desk);
    let left = times;
    desk.venue.interceptor = both(interceptor, {
      after: (request, response) => {
        if (!isPost(request) || postedOrder(request).symbol !== symbol || left === 0) return Promise.resolve(response);
        left -= 1;
        desk.exchange.reject((JSON.parse(response.body) as { id: string }).id);
        return Promise.resolve(response);
      },
    });
    const start = desk.clock.monotonic();
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(desk.clock.monotonic() - start).toBeLessThan(times === 1 ? 5_000 : 30_000);
    expect(list.filter((post) => post.symbol === symbol)).toHaveLength(times + 1);
    expectHoldings(desk, HEDGE);
    expectUnharmed(desk);
  });

  test("a buy, always: eight tries, and the end names it", async () => {
    desk = new VirtualDesk({ ...INVESTED, venue: { faults: ["asynchronous-reject:symbol=UVXY"] } });
    const { list, interceptor } = arrivals(desk);
    desk.venue.interceptor = {
      ...interceptor,
      after: (request, response) => {
        if (isPost(request) && postedOrder(request).symbol === "UVXY")
          desk.exchange.reject((JSON.parse(response.body) as { id: string }).id);
        return Promise.resolve(response);
      },
    };
    const result = await desk.run(signalOf(desk.clock, HEDGE));
    expect(reasonOf(result)).toMatch(/UVXY: rejected/);
    expect(list.filter((post) => post.symbol === "UVXY")).toHaveLength(8);
    expectUnharmed(desk);
  });
});

describe("prices that are doubtful after the sells (R10)", () => {
  test("a target's for 5 s: it is bought a few seconds later", async () => {
    desk = new VirtualDesk(INVESTED);
    const soldAt = lastSale(desk);
    const inDoubt = (): boolean => desk.clock.monotonic() >= soldAt() && desk.clock.monotonic() < soldAt() + 5_000;
    desk.venue.interceptor = spoiledSnapshot("UVXY", () => undefined, inDoubt);
    const start = desk.clock.monotonic();
    const result = await desk.run(signalOf(desk.clock, HEDGE));
    expect(result).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(desk.clock.monotonic() - start).toBeLessThan(12_000);
    expectHoldings(desk, HEDGE);
    expectUnharmed(desk);
  });

  test("a kept holding's for 40 s, where the price decides: everything else is bought, and it is trimmed or topped up afterwards", async () => {
    const kept = { symbol: "BTAL", quantity: decimal("1200"), averagePrice: decimal("19") };
    desk = new VirtualDesk({ exchange: { cash: decimal("12"), positions: [...HELD, kept] } });
    const soldAt = lastSale(desk);
    const inDoubt = (): boolean => desk.clock.monotonic() >= soldAt() && desk.clock.monotonic() < soldAt() + 40_000;
    desk.venue.interceptor = spoiledSnapshot("BTAL", () => undefined, inDoubt);
    const start = desk.clock.monotonic();
    const result = await desk.run(signalOf(desk.clock, { UVXY: "0.6", BTAL: "0.4" }));
    expect(result).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(desk.clock.monotonic() - start).toBeLessThan(62_000);
    expectHoldings(desk, { UVXY: "0.6", BTAL: "0.4" });
    expectUnharmed(desk);
  });
});

describe("a symbol that is paused (R21, R33)", () => {
  test.each([75, 300])("for %i s, to be bought: the other is bought at once, it as soon as it trades", async (seconds) => {
    desk = new VirtualDesk(INVESTED);
    pausedFromFirstPost(desk, "UVXY", seconds * 1_000);
    const start = desk.clock.monotonic();
    const result = await desk.run(signalOf(desk.clock, HEDGE));
    expect(result).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(desk.clock.monotonic() - start).toBeLessThan(seconds * 1_000 + 3_000);
    expectHoldings(desk, HEDGE);
    expect(book(desk).filter((line) => line.includes("BTAL"))).toEqual(["buy BTAL filled"]);
    expectUnharmed(desk);
  });

  test.each([75, 300])(
    "for %i s, to be sold, 12 %% of the account: the buys go after a minute, the rest of them when it is sold",
    async (seconds) => {
      desk = new VirtualDesk(INVESTED);
      pausedFromFirstPost(desk, "SMR", seconds * 1_000);
      const { list, interceptor } = arrivals(desk);
      desk.venue.interceptor = interceptor;
      const start = desk.clock.monotonic();
      const running = desk.start(signalOf(desk.clock, HEDGE));
      await desk.clock.advance(64_000);
      expect((desk.weights().UVXY ?? 0) + (desk.weights().BTAL ?? 0)).toBeGreaterThan(0.85);
      expect(await desk.clock.until(running)).toMatchObject({ conclusion: { outcome: "on-target" } });
      expect(desk.clock.monotonic() - start).toBeLessThan(seconds * 1_000 + 5_000);
      expectHoldings(desk, HEDGE);
      expect(list.filter(({ symbol }) => symbol === "TQQQ")).toHaveLength(1);
      expectUnharmed(desk);
    },
  );

  test.each([75, 300])("for %i s, to be sold, 88 %% of the account: what there is is bought, the rest when it is sold", async (seconds) => {
    desk = new VirtualDesk(INVESTED);
    pausedFromFirstPost(desk, "TQQQ", seconds * 1_000);
    const start = desk.clock.monotonic();
    const result = await desk.run(signalOf(desk.clock, HEDGE));
    expect(result).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(desk.clock.monotonic() - start).toBeLessThan(seconds * 1_000 + 5_000);
    expectHoldings(desk, HEDGE);
    expect(intentsOf(desk).filter(({ symbol }) => symbol === "SMR")).toHaveLength(1);
    expectUnharmed(desk);
  });

  test("until the deadline, to be sold: its orders end two minutes before, what there is is bought, and the end names it", async () => {
    desk = new VirtualDesk(INVESTED);
    pausedFromFirstPost(desk, "SMR", Infinity);
    const { list, interceptor } = arrivals(desk);
    desk.venue.interceptor = interceptor;
    const start = desk.clock.monotonic();
    const result = await desk.run(signalOf(desk.clock, HEDGE));
    expect(result).toMatchObject({ conclusion: { outcome: "incomplete" } });
    expect(reasonOf(result)).toMatch(/No time is left to sell.*SMR/);
    expect(desk.clock.monotonic() - start).toBeLessThan(490_000);
    expect(Math.max(...list.filter(({ symbol }) => symbol === "SMR").map(({ at }) => at))).toBeLessThan(480);
    expect(list.length).toBeLessThan(20);
    expect((desk.weights().UVXY ?? 0) + (desk.weights().BTAL ?? 0)).toBeGreaterThan(0.85);
    expectUnharmed(desk);
  });
});

describe("POSTs that are refused for a while", () => {
  test("with a halt's text for 75 s: on target soon after, with at most six tries", async () => {
    desk = new VirtualDesk(INVESTED);
    const soldAt = lastSale(desk);
    const { list, interceptor } = arrivals(desk);
    desk.venue.interceptor = both(interceptor, {
      before: (request) => {
        const isHalted = isPost(request) && postedOrder(request).symbol === "UVXY" && desk.clock.monotonic() < soldAt() + 75_000;
        return Promise.resolve(isHalted ? reply(403, { code: 40310000, message: "trading halt: UVXY is paused" }) : undefined);
      },
    });
    const start = desk.clock.monotonic();
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(desk.clock.monotonic() - start).toBeLessThan(115_000);
    expect(list.filter(({ symbol }) => symbol === "UVXY").length).toBeLessThanOrEqual(6);
    expectHoldings(desk, HEDGE);
    expectUnharmed(desk);
  });

  test("for an unknown reason for 12 s: on target at the second try after it", async () => {
    desk = new VirtualDesk(INVESTED);
    const soldAt = lastSale(desk);
    const { list, interceptor } = arrivals(desk);
    desk.venue.interceptor = both(interceptor, {
      before: (request) => {
        const isRefused = isPost(request) && postedOrder(request).symbol === "UVXY" && desk.clock.monotonic() < soldAt() + 12_000;
        return Promise.resolve(isRefused ? reply(422, { code: 42210000, message: "the moon is full" }) : undefined);
      },
    });
    const start = desk.clock.monotonic();
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(desk.clock.monotonic() - start).toBeLessThan(25_000);
    expect(list.filter(({ symbol }) => symbol === "UVXY")).toHaveLength(3);
    expectHoldings(desk, HEDGE);
  });

  test("a sell, for an unknown reason for 12 s: what there is is bought, and the rest after the sell", async () => {
    desk = new VirtualDesk(INVESTED);
    const until = desk.clock.monotonic() + 12_000;
    desk.venue.interceptor = beforePosts("TQQQ", 99, () =>
      desk.clock.monotonic() < until ? reply(422, { code: 42210000, message: "the moon is full" }) : undefined,
    );
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, HEDGE);
    expectUnharmed(desk);
  });
});

test("a foreign order that goes away after 40 s: its symbol is traded then", async () => {
  desk = new VirtualDesk(INVESTED);
  desk.exchange.submit({ symbol: "TQQQ", side: "sell", qty: "10", type: "limit", limit_price: "200", time_in_force: "day" });
  await desk.clock.advance(100);
  const foreign = [...desk.exchange.state.orders.keys()][0] ?? "";
  desk.clock.after(40_000, () => desk.exchange.cancel(foreign));
  const start = desk.clock.monotonic();
  expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
  expect(desk.clock.monotonic() - start).toBeLessThan(60_000);
  expectHoldings(desk, HEDGE);
  expectUnharmed(desk);
});

describe("what has reached its target (R33)", () => {
  test.each(["1.08", "0.92"])("is not traded again when its price moves to %s of what it was during a pause", async (factor) => {
    desk = new VirtualDesk(INVESTED);
    pausedFromFirstPost(desk, "UVXY", 75_000);
    desk.clock.after(30_000, () => desk.exchange.scalePrice("BTAL", decimal(factor)));
    const result = await desk.run(signalOf(desk.clock, HEDGE));
    // At the higher price the account is worth more, and the money for all of UVXY is in BTAL.
    expect(reasonOf(result)).toMatch(factor === "0.92" ? /on target/ : /UVXY \(insufficient-cash\)/);
    expect(book(desk).filter((line) => line.includes("BTAL"))).toEqual(["buy BTAL filled"]);
    expect(book(desk).filter((line) => line.startsWith("sell"))).toEqual(["sell SMR filled", "sell TQQQ filled"]);
    expectUnharmed(desk);
  });

  test("is not sold again in part when the money for another is missing", async () => {
    desk = new VirtualDesk(INVESTED);
    pausedFromFirstPost(desk, "UVXY", 75_000);
    desk.clock.after(30_000, () => desk.exchange.transfer("-3000"));
    await desk.run(signalOf(desk.clock, HEDGE));
    expect(book(desk).filter((line) => line.startsWith("sell"))).toEqual(["sell SMR filled", "sell TQQQ filled"]);
    expectUnharmed(desk);
  });
});

describe("other runs during a pause (R22)", () => {
  /** UVXY is refused for lack of buying power for a minute, so its execution waits. */
  function waitingForPower(): void {
    const soldAt = lastSale(desk);
    desk.venue.interceptor = {
      before: (request) => {
        const isShort = isPost(request) && postedOrder(request).symbol === "UVXY" && desk.clock.monotonic() < soldAt() + 60_000;
        const body = { code: 40310000, message: "insufficient buying power" };
        return Promise.resolve(isShort ? reply(403, body) : undefined);
      },
    };
  }

  test("a SELL of the strategy is never undone: what it names is not bought by the older run", async () => {
    desk = new VirtualDesk(INVESTED);
    waitingForPower();
    const running = desk.start(signalOf(desk.clock, HEDGE));
    await desk.clock.advance(20_000);
    desk.waiting = [signalOf(desk.clock, {}, { id: "00000000000000bb", kind: "exit", exits: ["UVXY"] })];
    await desk.clock.until(running);
    const [exit] = desk.waiting;
    desk.waiting = [];
    await desk.run(exit!);
    await desk.run(signalOf(desk.clock, HEDGE, { generatedAt: exit!.generatedAt - 20_000 }), { takeUp: "fresh" });
    await desk.clock.advance(120_000);
    expect(book(desk).filter((line) => line.includes("UVXY"))).toEqual([]);
    expectUnharmed(desk);
  });

  test("a SELL that comes while the older run still sells takes its symbol out of the buys", async () => {
    desk = new VirtualDesk(INVESTED);
    pausedFromFirstPost(desk, "TQQQ", 10_000);
    const running = desk.start(signalOf(desk.clock, HEDGE));
    await desk.clock.advance(3_000);
    desk.waiting = [signalOf(desk.clock, {}, { id: "00000000000000bb", kind: "exit", exits: ["UVXY"] })];
    await desk.clock.until(running);
    expect(book(desk)).toEqual(["buy BTAL filled", "sell SMR filled", "sell TQQQ filled"]);
    expectHoldings(desk, { BTAL: "0.25" });
    expectUnharmed(desk);
  });

  test("a newer BUY run takes over, and what the older one bought is kept where both want it", async () => {
    desk = new VirtualDesk(INVESTED);
    waitingForPower();
    const running = desk.start(signalOf(desk.clock, HEDGE));
    await desk.clock.advance(20_000);
    const newer = signalOf(desk.clock, { LEU: "0.75", BTAL: "0.25" }, { id: "00000000000000bb" });
    desk.newer = newer;
    const arrived = desk.clock.monotonic();
    const result = await desk.clock.until(running);
    expect(reasonOf(result)).toMatch(/Replaced by the newer signal/);
    expect(desk.clock.monotonic() - arrived).toBeLessThan(1_000);
    desk.newer = undefined;
    expect(await desk.run(newer)).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(book(desk)).toEqual(["buy BTAL filled", "buy LEU filled", "sell SMR filled", "sell TQQQ filled"]);
  });

  test("a run of another strategy is not held up, and the older targets are reached with it", async () => {
    desk = new VirtualDesk({
      ...INVESTED,
      strategies: [
        { name: "nuclear", share: decimal("0.5") },
        { name: "tecl", share: decimal("0.5") },
      ],
    });
    for (const symbol of ["TQQQ", "SMR"]) desk.ledger.releaseSymbol(symbol, desk.clock.now());
    waitingForPower();
    const running = desk.start(signalOf(desk.clock, HEDGE));
    await desk.clock.advance(20_000);
    const other = signalOf(desk.clock, { LEU: "1" }, { id: "00000000000000bb", strategy: "tecl" });
    desk.waiting = [other];
    const arrived = desk.clock.monotonic();
    await desk.clock.until(running);
    expect(desk.clock.monotonic() - arrived).toBeLessThan(2_000);
    desk.waiting = [];
    await desk.run(other);
    expect(desk.weights().LEU).toBeGreaterThan(0.1);
    expectUnharmed(desk);
  });
});

describe("a kill (R17, R18)", () => {
  const SITUATIONS: Record<string, () => void> = {
    "while buys are refused for lack of buying power": () => {
      const soldAt = lastSale(desk);
      desk.venue.interceptor = {
        before: (request) => {
          const isShort = isPost(request) && postedOrder(request).symbol === "UVXY" && desk.clock.monotonic() < soldAt() + 20_000;
          return Promise.resolve(isShort ? reply(403, { code: 40310000, message: "insufficient buying power" }) : undefined);
        },
      };
    },
    "while a sell rests": () => pausedFromFirstPost(desk, "SMR", 75_000),
    "while a buy rests": () => pausedFromFirstPost(desk, "UVXY", 75_000),
    "while a target's price is in doubt": () => {
      const soldAt = lastSale(desk);
      const inDoubt = (): boolean => desk.clock.monotonic() >= soldAt() && desk.clock.monotonic() < soldAt() + 20_000;
      desk.venue.interceptor = spoiledSnapshot("UVXY", () => undefined, inDoubt);
    },
  };

  test.each(Object.keys(SITUATIONS).flatMap((name) => [0.2, 3, 10, 62, 70].map((seconds): [string, number] => [name, seconds])))(
    "%s, after %f s: the next process reaches the target, and nothing is traded twice",
    async (name, seconds) => {
      desk = new VirtualDesk(INVESTED);
      SITUATIONS[name]?.();
      const running = desk.start(signalOf(desk.clock, HEDGE));
      running.catch(() => undefined);
      await desk.clock.advance(seconds * 1_000);
      const image = desk.ledger.serialize();
      await desk.restart(image);
      await desk.recover();
      expectHoldings(desk, HEDGE);
      expectUnharmed(desk);
      expect(book(desk).filter((line) => line.endsWith("filled"))).toEqual(expect.arrayContaining(SWITCH));
    },
  );
});

test("over three executions of one signal no more is traded of a symbol than it set out to, and 5 % of the account", async () => {
  desk = new VirtualDesk({ ...INVESTED, executionDeadlineSeconds: 100 });
  pausedFromFirstPost(desk, "UVXY", Infinity);
  const signal = signalOf(desk.clock, HEDGE);
  await desk.run(signal);
  for (const factor of ["0.8", "0.8"]) {
    desk.exchange.scalePrice("BTAL", decimal(factor));
    expect(["concluded", "still-off"]).toContain((await desk.run(signal, { takeUp: "fresh" })).kind);
  }
  expect(desk.ledger.executionsOfSignal(signal.id).length).toBeGreaterThan(1);
  expect(book(desk).filter((line) => line.includes("BTAL"))).toEqual(["buy BTAL filled"]);
  expectUnharmed(desk);
});

test("passing time alone costs no POSTs: a doubt of ten minutes ends at the deadline with none but the sells", async () => {
  desk = new VirtualDesk(INVESTED);
  // Whole shares: a price decides how many of them are bought (R10).
  changeAsset(desk.exchange, { symbol: "UVXY", fractionable: false });
  const soldAt = lastSale(desk);
  const { list, interceptor } = arrivals(desk);
  let requests = 0;
  desk.venue.interceptor = both(
    interceptor,
    spoiledSnapshot(
      "UVXY",
      () => undefined,
      () => desk.clock.monotonic() >= soldAt(),
    ),
    {
      before: () => {
        requests += 1;
        return Promise.resolve(undefined);
      },
    },
  );
  const result = await desk.run(signalOf(desk.clock, HEDGE));
  expect(result).toMatchObject({ conclusion: { outcome: expect.not.stringMatching(/^on-target$/) } });
  expect(reasonOf(result)).toMatch(/UVXY \(price-doubt\)/);
  expect(list.map(({ symbol }) => symbol).sort()).toEqual(["BTAL", "SMR", "TQQQ"]);
  expect(requests).toBeLessThan(600);
});
