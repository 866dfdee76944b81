import { afterEach, describe, expect, test } from "@jest/globals";
import { exitOfResult } from "../../src/app/outcome-exit.ts";
import { decimal } from "../../src/domain/decimal.ts";
import type { Arrival } from "./faults.ts";
import { afterFirstPost, arrivals, beforePosts, both, isPost, isRead, NO_BUYING_POWER, postedOrder, reply } from "./faults.ts";
import { book, expectHoldings, expectUnharmed, HEDGE, HELD, intentsOf, INVESTED, orderOf, SWITCH } from "./scenario.ts";
import { signalOf, VirtualDesk } from "./virtual-desk.ts";

let desk: VirtualDesk;

afterEach(() => desk.close());

const washTrade = reply(403, {
  code: 40310000,
  existing_order_id: "a182da86-0000-0000-0000-000000000000",
  message: "potential wash trade detected. use complex orders",
  reject_reason: "opposite side market/stop order exists",
});

describe("insufficient buying power (R20)", () => {
  test("once, with hardly any left: after half a minute what there was is tried, then the rest, each under the next attempt", async () => {
    desk = new VirtualDesk(INVESTED);
    desk.venue.interceptor = beforePosts("UVXY", 1, () => NO_BUYING_POWER);
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect([...new Set(book(desk))]).toEqual(SWITCH);
    expectHoldings(desk, HEDGE);
    expect(
      intentsOf(desk)
        .filter(({ symbol }) => symbol === "UVXY")
        .map(({ attempt, state }) => [attempt, state]),
    ).toEqual([
      [1, "refused"],
      [2, "done"],
      [3, "done"],
    ]);
  });

  test("once, because the account really has less: the second order is sized on what is there, and off target", async () => {
    desk = new VirtualDesk(INVESTED);
    desk.venue.interceptor = beforePosts("UVXY", 1, () => {
      desk.exchange.transfer("-60000");
      return undefined;
    });
    const result = await desk.run(signalOf(desk.clock, HEDGE));
    expect(result).toMatchObject({ conclusion: { outcome: expect.not.stringMatching(/^on-target$/) } });
    expectUnharmed(desk);
  });

  test("always: eight tries, named, and the other is bought", async () => {
    desk = new VirtualDesk(INVESTED);
    desk.venue.interceptor = beforePosts("UVXY", 99, () => NO_BUYING_POWER);
    const result = await desk.run(signalOf(desk.clock, HEDGE));
    expect(result).toMatchObject({ conclusion: { outcome: "off-target" } });
    expect(result.kind === "concluded" && result.conclusion.reason).toContain("UVXY");
    expect(
      intentsOf(desk)
        .filter(({ symbol }) => symbol === "UVXY")
        .map(({ state }) => state),
    ).toEqual(Array.from({ length: 8 }, () => "refused"));
    expect(book(desk)).toEqual(["buy BTAL filled", "sell SMR filled", "sell TQQQ filled"]);
  });
});

describe("other refusals (R20)", () => {
  test.each([
    ["a wash trade", washTrade, 4],
    ["a lack of shares", reply(403, { code: 40310000, message: "insufficient qty available for order (requested: 1, available: 0)" }), 4],
    ["not tradable, against the asset's own word", reply(422, { code: 42210000, message: 'asset "UVXY" is not tradable' }), 4],
    ["may only close", reply(403, { code: 40310000, message: "account is restricted to liquidation only" }), 4],
    ["too small", reply(403, { code: 40310000, message: "cost basis must be >= minimal amount of order 1" }), 1],
    ["something new", reply(422, { code: 42210000, message: "the moon is full" }), 4],
  ])("%s: the others are bought, the symbol is named, and tried as often as its text deserves", async (_, answer, expected) => {
    desk = new VirtualDesk(INVESTED);
    let tries = 0;
    desk.venue.interceptor = beforePosts("UVXY", 9, () => {
      tries += 1;
      return answer;
    });
    const result = await desk.run(signalOf(desk.clock, HEDGE));
    expect(result).toMatchObject({ conclusion: { outcome: "off-target", verdict: { kind: "executed" } } });
    expect(result.kind === "concluded" && result.conclusion.reason).toContain("UVXY");
    expect(tries).toBe(expected);
    expect(book(desk)).toEqual(["buy BTAL filled", "sell SMR filled", "sell TQQQ filled"]);
    expectUnharmed(desk);
  });

  describe("fractions that the venue refuses though the asset has them", () => {
    const NOT_FRACTIONABLE = 'asset "UVXY" is not fractionable';

    function refusingFractions(symbol: string, message: string): Arrival[] {
      desk = new VirtualDesk(INVESTED);
      const { list, interceptor } = arrivals(desk);
      desk.venue.interceptor = both(interceptor, {
        before: (request) => {
          if (!isPost(request) || postedOrder(request).symbol !== symbol) return Promise.resolve(undefined);
          const { notional, qty } = postedOrder(request);
          const isFraction = notional !== undefined || String(qty).includes(".");
          return Promise.resolve(isFraction ? reply(403, { code: 40310000, message }) : undefined);
        },
      });
      return list;
    }

    test.each([
      ["of the asset", NOT_FRACTIONABLE],
      ["of the account", "fractional trading is disabled for this account"],
    ])("a buy: its word (%s) is taken at once, and whole shares are bought after one refusal", async (_, message) => {
      const sent = refusingFractions("UVXY", message);
      expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
      const buys = sent.filter(({ symbol }) => symbol === "UVXY");
      // Whole shares leave some of the cash, which a further buy spends (R11).
      expect(buys.findIndex(({ quantity }) => quantity > 0)).toBe(1);
      expect(buys.filter(({ notional }) => notional > 0)).toHaveLength(1);
      expect((buys[1]?.at ?? Infinity) - (buys[0]?.at ?? 0)).toBeLessThan(3);
      expectHoldings(desk, HEDGE);
      expectUnharmed(desk);
    });

    test("a full exit: the whole shares are sold after one refusal, and the rest is dust", async () => {
      const sent = refusingFractions("TQQQ", 'asset "TQQQ" is not fractionable');
      expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
      expect(sent.filter(({ symbol }) => symbol === "TQQQ").map(({ quantity }) => quantity)).toEqual([1000.123456789, 1000]);
      expect(desk.exchange.state.positions.get("TQQQ")?.quantity.toFixed()).toBe("0.123456789");
    });

    test.each([NOT_FRACTIONABLE, "fractional trading is disabled for this account"])(
      "its word counts for three minutes, and then fractions are tried again: %s",
      async (message) => {
        const sent = refusingFractions("UVXY", message);
        const firstOf = async (weights: Record<string, string>, id: string): Promise<(typeof sent)[number] | undefined> => {
          sent.length = 0;
          await desk.run(signalOf(desk.clock, weights, { id }));
          return sent.find(({ symbol }) => symbol === "UVXY");
        };
        await firstOf(HEDGE, "00000000000000aa");
        await desk.clock.advance(60_000);
        expect(await firstOf({ UVXY: "0.85", BTAL: "0.15" }, "00000000000000bb")).toMatchObject({ quantity: expect.any(Number) });
        await desk.clock.advance(180_000);
        expect(await firstOf({ UVXY: "0.95", BTAL: "0.05" }, "00000000000000cc")).toMatchObject({ notional: expect.any(Number) });
        expectUnharmed(desk);
      },
    );

    test("whole shares refused in the same words are tried as what is not understood: four times", async () => {
      desk = new VirtualDesk(INVESTED);
      const { list, interceptor } = arrivals(desk);
      desk.venue.interceptor = both(
        interceptor,
        beforePosts("UVXY", 9, () => reply(403, { code: 40310000, message: NOT_FRACTIONABLE })),
      );
      const result = await desk.run(signalOf(desk.clock, HEDGE));
      expect(result).toMatchObject({ conclusion: { outcome: "off-target", reason: expect.stringContaining(NOT_FRACTIONABLE) } });
      expect(list.filter(({ symbol }) => symbol === "UVXY").map(({ notional }) => notional > 0)).toEqual([true, false, false, false]);
      expect(book(desk)).toEqual(["buy BTAL filled", "sell SMR filled", "sell TQQQ filled"]);
      expectUnharmed(desk);
    });
  });

  test("an asset that becomes inactive between plan and POST", async () => {
    desk = new VirtualDesk(INVESTED);
    const result = await desk.run(signalOf(desk.clock, HEDGE), { onReady: () => desk.exchange.setAsset("UVXY", { status: "inactive" }) });
    expect(result).toMatchObject({ conclusion: { outcome: "off-target" } });
    expect(result.kind === "concluded" && result.conclusion.reason).toMatch(/UVXY \(inactive\)/);
    expect(intentsOf(desk).filter(({ symbol }) => symbol === "UVXY")).toHaveLength(1);
  });

  test.each([
    ["asset not found", reply(404, { code: 40410000, message: "asset not found for UVXY" })],
    ["not tradable", reply(422, { code: 42210000, message: 'asset "UVXY" is not tradable' })],
    ["the account", reply(403, { code: 40310000, message: "account is not authorized to trade" })],
  ])("one that the venue's own data contradicts is tried again: %s", async (_, answer) => {
    desk = new VirtualDesk(INVESTED);
    desk.venue.interceptor = beforePosts("UVXY", 1, () => answer);
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, HEDGE);
  });

  test.each(['asset "TQQQ" cannot be sold short', "fractional orders cannot be sold short"])(
    "a sell of held shares that is taken for a short one is tried again, four times at most: %s",
    async (message) => {
      const refused = reply(422, { code: 42210000, message });
      desk = new VirtualDesk(INVESTED);
      desk.venue.interceptor = beforePosts("TQQQ", 1, () => refused);
      expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
      expectHoldings(desk, HEDGE);
      await desk.close();

      desk = new VirtualDesk(INVESTED);
      desk.venue.interceptor = beforePosts("TQQQ", 9, () => refused);
      expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "off-target" } });
      expect(intentsOf(desk).filter(({ symbol }) => symbol === "TQQQ")).toHaveLength(4);
      expectUnharmed(desk);
    },
  );

  test.each(["expired", "done_for_day", "calculated"])(
    "a day order that the venue ends as %s while the session lasts is sent again",
    async (status) => {
      desk = new VirtualDesk(INVESTED);
      let isOver = false;
      desk.exchange.gate = { mayFill: ({ symbol }) => symbol !== "UVXY" || isOver, mayCancel: () => true };
      desk.venue.interceptor = {
        after: async (request, response) => {
          if (!isOver && isPost(request) && postedOrder(request).symbol === "UVXY") {
            await desk.clock.advance(2_000);
            desk.exchange.cancel(orderOf(desk, "UVXY").id);
            isOver = true;
          }
          return { ...response, body: response.body.replaceAll('"canceled"', `"${status}"`) };
        },
      };
      expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
    },
  );

  test("a refused sell: its symbol stays, and no more is bought than there is cash for", async () => {
    desk = new VirtualDesk(INVESTED);
    desk.venue.interceptor = beforePosts("TQQQ", 9, () => washTrade);
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "off-target" } });
    expect(desk.exchange.state.positions.get("TQQQ")?.quantity.toFixed()).toBe("1000.123456789");
    expectUnharmed(desk);
  });

  test("dust that the venue refuses to close counts as on target", async () => {
    desk = new VirtualDesk({
      exchange: { cash: decimal("50000"), positions: [{ symbol: "SMR", quantity: decimal("0.004"), averagePrice: decimal("40") }] },
    });
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(book(desk)).toEqual(["buy BTAL filled", "buy UVXY filled"]);
    expect(desk.exchange.state.positions.get("SMR")?.quantity.toFixed()).toBe("0.004");
  });
});

describe("the venue changes its mind", () => {
  test("an order rejected after its acceptance is sent again under the next attempt", async () => {
    desk = new VirtualDesk(INVESTED);
    desk.venue.interceptor = afterFirstPost("UVXY", (response) => {
      desk.exchange.reject(orderOf(desk, "UVXY").id);
      return response;
    });
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(book(desk)).toEqual(["buy BTAL filled", "buy UVXY filled", "buy UVXY rejected", "sell SMR filled", "sell TQQQ filled"]);
    expectHoldings(desk, HEDGE);
    expectUnharmed(desk);
  });

  test("the account is blocked before the start: nothing is sent, and the run is executed once it is free", async () => {
    desk = new VirtualDesk(INVESTED);
    desk.exchange.setFlags({ tradingBlocked: true });
    const signal = signalOf(desk.clock, HEDGE);
    expect(await desk.run(signal)).toMatchObject({ kind: "declined", verdict: "account-blocked" });
    desk.exchange.setFlags({ tradingBlocked: false });
    expect(await desk.run(signal)).toMatchObject({ conclusion: { outcome: "on-target" } });
  });

  test("the account is blocked between sells and buys: nothing is bought, incomplete", async () => {
    desk = new VirtualDesk(INVESTED);
    desk.venue.interceptor = afterFirstPost("TQQQ", (response) => {
      desk.exchange.setFlags({ tradingBlocked: true });
      return response;
    });
    const result = await desk.run(signalOf(desk.clock, HEDGE));
    expect(result).toMatchObject({ conclusion: { outcome: "incomplete" } });
    expect(result.kind === "concluded" && result.conclusion.reason).toMatch(/may no longer trade/);
    expect(book(desk).filter((line) => line.startsWith("buy"))).toEqual([]);
  });

  test("the account is blocked while the preparation waits for prices: nothing is sent", async () => {
    desk = new VirtualDesk(INVESTED);
    let reads = 0;
    desk.venue.interceptor = both({
      after: (request, response) => {
        if (!isRead(request, "/v2/stocks/snapshots")) return Promise.resolve(response);
        reads += 1;
        if (reads === 2) desk.exchange.setFlags({ tradingBlocked: true });
        return Promise.resolve(reads <= 2 ? reply(200, {}) : response);
      },
    });
    expect(await desk.run(signalOf(desk.clock, { TQQQ: "0.6", BTAL: "0.4" }))).toMatchObject({
      kind: "declined",
      verdict: "account-blocked",
    });
    expect(book(desk)).toEqual([]);
  });

  test("every sell is refused as paused until the run is stale: that is said, and the command fails", async () => {
    desk = new VirtualDesk(INVESTED);
    const paused = reply(422, { code: 42210000, message: "trading in this asset is halted" });
    desk.venue.interceptor = { before: (request) => Promise.resolve(isPost(request) ? paused : undefined) };
    const result = await desk.run(signalOf(desk.clock, HEDGE));
    expect(result).toMatchObject({ conclusion: { outcome: "refused", code: "order-refused", verdict: { kind: "stale" } } });
    expect(result.kind === "concluded" && result.conclusion.verdict.reason).toContain("trading in this asset is halted");
    expect(exitOfResult(result)).toBe(1);
    expectUnharmed(desk);
  });

  test("only some of several sells are refused: every refusal is named and all the rest is done", async () => {
    desk = new VirtualDesk({
      exchange: { cash: decimal("12"), positions: [...HELD, { symbol: "LEU", quantity: decimal("20"), averagePrice: decimal("200") }] },
    });
    desk.venue.interceptor = {
      before: (request) => Promise.resolve(isPost(request) && ["LEU", "SMR"].includes(postedOrder(request).symbol) ? washTrade : undefined),
    };
    const result = await desk.run(signalOf(desk.clock, HEDGE));
    expect(result.kind === "concluded" && result.conclusion.reason).toMatch(/SMR.*LEU|LEU.*SMR/);
    expect(book(desk)).toEqual(["buy BTAL filled", "buy UVXY filled", "sell TQQQ filled"]);
    expectUnharmed(desk);
  });
});
