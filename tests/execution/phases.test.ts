import { afterEach, describe, expect, test } from "@jest/globals";
import { decimal, ZERO } from "../../src/domain/decimal.ts";
import { isPost, lagging, postedOrder } from "./faults.ts";
import { book, expectHoldings, expectSwitched, expectUnharmed, HEDGE, heldEach, INVESTED, MANY, SWITCH, THIRTY } from "./scenario.ts";
import { signalOf, VirtualDesk } from "./virtual-desk.ts";

let desk: VirtualDesk;

afterEach(() => desk.close());

describe("sells first (R15)", () => {
  test("no buy is sent before the last sell is terminal, though one sell takes much longer than the other", async () => {
    desk = new VirtualDesk(INVESTED);
    const openSells: number[] = [];
    desk.venue.interceptor = {
      before: (request) => {
        if (isPost(request) && postedOrder(request).side === "buy")
          openSells.push(
            [...desk.exchange.state.orders.values()].filter((order) => order.side === "sell" && order.status !== "filled").length,
          );
        return Promise.resolve(undefined);
      },
      after: (request, response) => {
        if (isPost(request) && postedOrder(request).symbol === "SMR") {
          desk.exchange.setQuote("SMR", "0", "38.51");
          desk.clock.after(20_000, () => desk.exchange.setQuote("SMR", "38.50", "38.51"));
        }
        return Promise.resolve(response);
      },
    };
    expectSwitched(desk, await desk.run(signalOf(desk.clock, HEDGE)));
    expect(openSells).toEqual([0, 0]);
  });

  test("buys are sized on what the sells really brought, when the price falls 5 % between plan and fill", async () => {
    desk = new VirtualDesk(INVESTED);
    desk.venue.interceptor = {
      before: (request) => {
        if (isPost(request) && postedOrder(request).symbol === "TQQQ") desk.exchange.setPrice("TQQQ", "80.75");
        return Promise.resolve(undefined);
      },
    };
    expectSwitched(desk, await desk.run(signalOf(desk.clock, HEDGE)));
    const bought = [...desk.exchange.state.orders.values()]
      .filter((order) => order.side === "buy")
      .reduce((total, order) => total.plus(order.notional ?? ZERO), ZERO);
    expect(Number(bought.toFixed())).toBeCloseTo(0.99 * (12 + 1_000.123456789 * 80.74 + 300.5 * 38.5), -2);
  });

  test("a full exit of a fractional quantity leaves nothing", async () => {
    desk = new VirtualDesk({
      exchange: { cash: decimal("50"), positions: [{ symbol: "SMR", quantity: decimal("7.227357601"), averagePrice: decimal("40") }] },
    });
    await desk.run(signalOf(desk.clock, HEDGE));
    expect(desk.exchange.state.positions.has("SMR")).toBe(false);
    expectUnharmed(desk);
  });

  test("an exit sells what it names and touches nothing else", async () => {
    desk = new VirtualDesk(INVESTED);
    const result = await desk.run(signalOf(desk.clock, {}, { kind: "exit", exits: ["SMR"] }));
    expect(result).toMatchObject({ kind: "concluded", conclusion: { outcome: "on-target" } });
    expect(book(desk)).toEqual(["sell SMR filled"]);
  });
});

describe("side by side (R15)", () => {
  test("thirty sells go out with at most 25 POSTs in flight, and really 25", async () => {
    desk = new VirtualDesk({ exchange: { cash: decimal("12"), positions: heldEach(THIRTY) } });
    desk.exchange.freeze(THIRTY);
    let inFlight = 0;
    let most = 0;
    desk.venue.interceptor = {
      before: (request) => {
        if (isPost(request)) most = Math.max(most, (inFlight += 1));
        return Promise.resolve(undefined);
      },
      after: async (request, response) => {
        if (!isPost(request)) return response;
        await desk.clock.sleep(40);
        inFlight -= 1;
        return response;
      },
    };
    const result = await desk.run(signalOf(desk.clock, HEDGE));
    expect(result).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(most).toBe(25);
    expect(book(desk)).toHaveLength(32);
    expectHoldings(desk, HEDGE);
  });
});

describe("settling (R16)", () => {
  test.each([
    ["positions and cash", undefined],
    ["positions alone", ["/v2/positions"] as const],
    ["cash alone", ["/v2/account"] as const],
  ])("waits when %s lag 8 s behind the fills, and then reaches the target", async (_, paths) => {
    desk = new VirtualDesk(INVESTED);
    desk.venue.interceptor = lagging(desk, 8_000, paths);
    const start = desk.clock.monotonic();
    expectSwitched(desk, await desk.run(signalOf(desk.clock, HEDGE)));
    expect(desk.clock.monotonic() - start).toBeGreaterThanOrEqual(8_000);
  });

  test.each([
    ["positions and cash", undefined],
    ["positions alone", ["/v2/positions"] as const],
    ["cash alone", ["/v2/account"] as const],
  ])("when %s lag until the deadline, no more is bought than the smaller of shown and computed cash", async (_, paths) => {
    desk = new VirtualDesk({ ...INVESTED, executionDeadlineSeconds: 35 });
    desk.venue.interceptor = lagging(desk, 40_000, paths);
    const result = await desk.run(signalOf(desk.clock, HEDGE));
    expect(result).toMatchObject({ kind: "concluded" });
    expect(result.kind === "concluded" && result.conclusion.outcome).not.toBe("on-target");
    expect(book(desk).filter((line) => line.startsWith("sell"))).toHaveLength(2);
    expectUnharmed(desk);
  });

  test("money that comes in during the execution is not spent, and does not keep the buys back", async () => {
    desk = new VirtualDesk(INVESTED);
    let paid = false;
    desk.venue.interceptor = {
      after: (request, response) => {
        if (isPost(request) && !paid) {
          paid = true;
          desk.exchange.transfer("20000");
        }
        return Promise.resolve(response);
      },
    };
    await desk.run(signalOf(desk.clock, HEDGE));
    expect(book(desk)).toEqual(SWITCH);
    expect(Number(desk.exchange.state.cash.toFixed())).toBeGreaterThan(20_000);
    expectUnharmed(desk);
  });

  test("the next signal waits until the account contains the fills of the one before", async () => {
    desk = new VirtualDesk(INVESTED);
    await desk.run(signalOf(desk.clock, HEDGE));
    desk.venue.interceptor = lagging(desk, 0);
    const next = signalOf(desk.clock, { LEU: "1" }, { id: "00000000000000bb" });
    desk.venue.interceptor = lagging(desk, 8_000);
    await desk.run(next);
    expectHoldings(desk, { LEU: "1" });
    expectUnharmed(desk);
  });

  test("cash that still lacks the last fills counts as unsettled too: nothing is planned on money that is spent", async () => {
    desk = new VirtualDesk({ exchange: { cash: decimal("100000"), multiplier: "2" } });
    desk.venue.interceptor = lagging(desk, 9_000, ["/v2/account"]);
    await desk.run(signalOf(desk.clock, { UVXY: "0.5", BTAL: "0.5" }));
    await desk.run(signalOf(desk.clock, { UVXY: "0.5", LEU: "0.5" }, { id: "00000000000000bb" }));
    expect(book(desk)).toEqual(["buy BTAL filled", "buy LEU filled", "buy UVXY filled", "sell BTAL filled"]);
    expectHoldings(desk, { UVXY: "0.5", LEU: "0.5" });
    expectUnharmed(desk);
  });

  test("an account that never shows the last fills is unsettled: no order, and judged again later", async () => {
    desk = new VirtualDesk(INVESTED);
    await desk.run(signalOf(desk.clock, HEDGE));
    const orders = book(desk);
    const shownBefore = JSON.stringify([]);
    desk.venue.interceptor = {
      after: (request, response) => Promise.resolve(request.url === "/v2/positions" ? { ...response, body: shownBefore } : response),
    };
    const next = signalOf(desk.clock, { LEU: "1" }, { id: "00000000000000bb" });
    expect(await desk.run(next)).toMatchObject({ kind: "declined", verdict: "account-unsettled" });
    expect(book(desk)).toEqual(orders);
    desk.venue.interceptor = {};
    expect(await desk.run(next)).toMatchObject({ conclusion: { outcome: "on-target" } });
  });
});

describe("the budget of requests", () => {
  test("twelve orders that do not fill for a minute leave room for everything else", async () => {
    desk = new VirtualDesk({ exchange: { cash: decimal("12"), positions: heldEach(MANY) }, executionDeadlineSeconds: 300 });
    desk.exchange.freeze(MANY);
    const sent: number[] = [];
    desk.venue.interceptor = {
      before: (request) => {
        if (request.method === "GET" && !request.url.startsWith("/v2/stocks/")) sent.push(desk.clock.monotonic());
        if (isPost(request)) desk.exchange.setQuote(postedOrder(request).symbol, "0", "0");
        return Promise.resolve(undefined);
      },
    };
    await desk.run(signalOf(desk.clock, HEDGE));
    const busiest = Math.max(...sent.map((at) => sent.filter((other) => other >= at && other < at + 60_000).length));
    // At 150 reads are held back until the minute is over, so any less means that none was.
    expect(busiest).toBeLessThan(150);
    expect(new Set(book(desk).filter((line) => line.endsWith("canceled"))).size).toBe(12);
  });

  test("waiting minutes for buying power leaves a quarter of each minute's requests (R35)", async () => {
    desk = new VirtualDesk(INVESTED);
    const sent: number[] = [];
    let soldAt = Infinity;
    desk.venue.interceptor = {
      before: (request) => {
        if (request.method === "GET" && !request.url.startsWith("/v2/stocks/")) sent.push(desk.clock.monotonic());
        return Promise.resolve(undefined);
      },
      after: (request, response) => {
        const isSold = desk.orders().filter(({ side, status }) => side === "sell" && status === "filled").length === 2;
        if (isSold && soldAt === Infinity) soldAt = desk.clock.monotonic();
        if (request.url !== "/v2/account" || soldAt === Infinity || desk.clock.monotonic() > soldAt + 180_000)
          return Promise.resolve(response);
        const account = JSON.parse(response.body) as { buying_power: string };
        const buying_power = String(Math.max(0, Number(account.buying_power) - 60_000));
        return Promise.resolve({ ...response, body: JSON.stringify({ ...account, buying_power }) });
      },
    };
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(desk.clock.monotonic() - soldAt).toBeGreaterThan(180_000);
    expect(desk.clock.monotonic() - soldAt).toBeLessThan(215_000);
    expect(Math.max(...sent.map((at) => sent.filter((other) => other >= at && other < at + 60_000).length))).toBeLessThan(135);
  });

  test("waiting for an account to settle does not use the budget up", async () => {
    desk = new VirtualDesk(INVESTED);
    const lag = lagging(desk, 14_000);
    let requests = 0;
    desk.venue.interceptor = {
      ...lag,
      before: () => {
        requests += 1;
        return Promise.resolve(undefined);
      },
    };
    expectSwitched(desk, await desk.run(signalOf(desk.clock, HEDGE)));
    expect(requests).toBeLessThan(120);
  });
});
