import { afterEach, describe, expect, test } from "@jest/globals";
import { ZERO } from "../../src/domain/decimal.ts";
import type { PostedOrder } from "./faults.ts";
import { afterFirstPost, beforePosts, both, isCancel, isRead, lagging, ORDER_NOT_FOUND, postedOrder, reply, TIMED_OUT } from "./faults.ts";
import { book, expectHoldings, expectUnharmed, HEDGE, INVESTED, intentsOf, passUntil } from "./scenario.ts";
import { signalOf, TUESDAY_10_00, VirtualDesk } from "./virtual-desk.ts";

const HOUR = 3_600_000;

let desk: VirtualDesk;

afterEach(() => desk.close());

/** The venue takes a client order id once. */
function arrive(order: PostedOrder): void {
  if (desk.orders().every(({ clientOrderId }) => clientOrderId !== order.client_order_id)) desk.exchange.submit(order);
}

/** An order is lost on its way, or is late by `lateMs`, and trading is halted before its absence could be proven. */
async function haltedInDoubt(symbol: string, lateMs?: number, weights: Readonly<Record<string, string>> = HEDGE): Promise<void> {
  desk = new VirtualDesk(INVESTED);
  desk.venue.interceptor = beforePosts(symbol, 9, (request) => {
    desk.clock.after(2_000, () => (desk.halted = "by hand"));
    if (lateMs !== undefined) desk.clock.after(lateMs, () => arrive(postedOrder(request)));
    return TIMED_OUT;
  });
  expect(await desk.run(signalOf(desk.clock, weights))).toMatchObject({ conclusion: { outcome: "incomplete" } });
  desk.halted = undefined;
  desk.venue.interceptor = {};
}

const next = (weights: Record<string, string>, id = "00000000000000bb"): ReturnType<typeof signalOf> =>
  signalOf(desk.clock, weights, { id });

describe("an order whose absence could not be proven before the halt (R19)", () => {
  test("a sell: it is abandoned, not sent again, and nothing is bought", async () => {
    await haltedInDoubt("TQQQ");
    expect(
      intentsOf(desk)
        .map(({ symbol, state }) => `${symbol} ${state}`)
        .sort(),
    ).toEqual(["SMR done", "TQQQ abandoned"]);
    expect(book(desk)).toEqual(["sell SMR filled"]);
  });

  test("a buy that nobody wants any more: its worst case stays reserved for the rest of the session", async () => {
    await haltedInDoubt("UVXY");
    const result = await desk.run(next({ BTAL: "1" }));
    expect(result).toMatchObject({
      kind: "declined",
      verdict: "account-unsettled",
      reason: expect.stringMatching(/BTAL \(insufficient-cash\)/),
    });
    expect(book(desk).filter((line) => line.includes("UVXY"))).toEqual([]);
    expect(Number(desk.exchange.state.cash.toFixed())).toBeGreaterThan(70_000);
  });

  test("a small buy of what is not wanted any more: it may still come, so no target is claimed", async () => {
    await haltedInDoubt("UVXY", undefined, { UVXY: "0.02", BTAL: "0.98" });
    desk.exchange.transfer("1000000");
    await desk.clock.advance(60_000);
    const result = await desk.run(next({ BTAL: "1" }));
    expect(result).toMatchObject({ conclusion: { outcome: "off-target" } });
    expect(result.kind === "concluded" && result.conclusion.reason).toMatch(
      /^May still come by an earlier order whose end is not known: UVXY \(up to \$[\d,.]+\)\.$/,
    );
    await desk.clock.advance(24 * HOUR);
    expect(await desk.run(next({ BTAL: "1" }, "00000000000000cc"))).toMatchObject({ conclusion: { outcome: "on-target" } });
  });

  test("when it comes after the next run has ended, that run is taken up again, and what it bought is sold", async () => {
    await haltedInDoubt("UVXY", 90_000, { UVXY: "0.02", BTAL: "0.98" });
    desk.exchange.transfer("1000000");
    await desk.clock.advance(60_000);
    const signal = next({ BTAL: "1" });
    expect(await desk.run(signal)).toMatchObject({ conclusion: { outcome: "off-target", code: "not-planned", mayGoOn: true } });
    expect(await desk.run(signal, { takeUp: "fresh" })).toMatchObject({ kind: "still-off", mayPass: true });
    await passUntil(desk, () => desk.exchange.state.positions.has("UVXY"));
    expect(await desk.run(signal, { takeUp: "fresh" })).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(book(desk).filter((line) => line.includes("UVXY"))).toEqual(["buy UVXY filled", "sell UVXY filled"]);
    expectHoldings(desk, { BTAL: "1" });
  });

  test.each([
    ["sell", "TQQQ", "never comes", undefined],
    ["sell", "TQQQ", "comes before", 20_000],
    ["sell", "TQQQ", "comes after", 60_000],
    ["buy", "UVXY", "never comes", undefined],
    ["buy", "UVXY", "comes before", 20_000],
    ["buy", "UVXY", "comes after", 60_000],
  ])("a %s of %s is made all the same when its own run is taken up: it %s", async (side, symbol, _, lateMs) => {
    await haltedInDoubt(symbol, lateMs);
    await desk.clock.advance(30_000 - (desk.clock.now() - TUESDAY_10_00));
    const taken = await desk.run(signalOf(desk.clock, HEDGE, { generatedAt: TUESDAY_10_00 }), { takeUp: "fresh" });
    expect(taken).toMatchObject({ conclusion: { outcome: "on-target" } });
    await desk.clock.advance(60_000);
    expect(book(desk).filter((line) => line.includes(symbol))).toEqual([`${side} ${symbol} filled`]);
    expectHoldings(desk, HEDGE);
    expectUnharmed(desk);
  });

  test("on the next day it cannot come any more: its symbol and its cash are free again", async () => {
    await haltedInDoubt("UVXY");
    await desk.clock.advance(24 * HOUR);
    expect(await desk.run(next(HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, HEDGE);
    expect(intentsOf(desk).find(({ state }) => state === "dropped")).toMatchObject({ symbol: "UVXY" });
  });

  test("when it appears after its session has ended all the same, the next run cancels it before it trades its symbol", async () => {
    await haltedInDoubt("UVXY", 48 * HOUR);
    await desk.clock.advance(24 * HOUR);
    await desk.run(next({ BTAL: "1" }));
    expect(intentsOf(desk).filter(({ state }) => state === "dropped")).toMatchObject([{ symbol: "UVXY", code: "session-over" }]);
    desk.exchange.transfer("100000");
    desk.exchange.setQuote("UVXY", "0", "0");
    await desk.clock.advance(24 * HOUR);
    expect(book(desk).filter((line) => line.includes("UVXY"))).toEqual(["buy UVXY new"]);
    desk.clock.after(500, () => desk.exchange.setPrice("UVXY", "20"));
    desk.exchange.setExecutionModel({ cancelLatencyMs: 20 });
    await desk.run(next(HEDGE, "00000000000000cc"));
    expect(book(desk).filter((line) => line.includes("UVXY"))).toEqual(["buy UVXY canceled", "buy UVXY filled"]);
    expectHoldings(desk, HEDGE);
    expectUnharmed(desk);
  });

  test("when it arrives late and is filled, the next run sees its fill and sends no second one", async () => {
    await haltedInDoubt("UVXY", 60_000);
    await desk.clock.advance(90_000);
    expect(book(desk).filter((line) => line.includes("UVXY"))).toEqual(["buy UVXY filled"]);
    expect(await desk.run(next(HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(book(desk).filter((line) => line.includes("UVXY"))).toEqual(["buy UVXY filled"]);
    expectHoldings(desk, HEDGE);
    expectUnharmed(desk);
  });

  test("when it arrives late and rests, the next run cancels it before it trades its symbol", async () => {
    await haltedInDoubt("UVXY", 60_000);
    desk.exchange.setQuote("UVXY", "0", "0");
    await desk.clock.advance(90_000);
    expect(book(desk).filter((line) => line.includes("UVXY"))).toEqual(["buy UVXY new"]);
    desk.clock.after(500, () => desk.exchange.setPrice("UVXY", "20"));
    desk.exchange.setExecutionModel({ cancelLatencyMs: 20 });
    await desk.run(next(HEDGE));
    expect(book(desk).filter((line) => line.includes("UVXY"))).toEqual(["buy UVXY canceled", "buy UVXY filled"]);
    expectHoldings(desk, HEDGE);
    expectUnharmed(desk);
  });

  test("when its cancel takes its time and no list shows it any more, its end is awaited before its symbol trades", async () => {
    await haltedInDoubt("UVXY", 60_000);
    desk.exchange.setQuote("UVXY", "0", "0");
    await desk.clock.advance(90_000);
    desk.clock.after(3_500, () => desk.exchange.setPrice("UVXY", "20"));
    desk.exchange.setExecutionModel({ cancelLatencyMs: 3_000 });
    desk.venue.interceptor = {
      before: (request) => Promise.resolve(isRead(request, "/v2/orders") ? reply(200, []) : undefined),
    };
    expect(await desk.run(next(HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(book(desk).filter((line) => line.includes("UVXY"))).toEqual(["buy UVXY canceled", "buy UVXY filled"]);
  });

  test("when it arrives late and rests, the next run cancels it and has its money, whatever it buys", async () => {
    await haltedInDoubt("UVXY", 60_000);
    desk.exchange.setQuote("UVXY", "0", "0");
    await desk.clock.advance(90_000);
    expect(book(desk).filter((line) => line.includes("UVXY"))).toEqual(["buy UVXY new"]);
    // The cancel has taken effect before the account is looked at again.
    desk.venue.interceptor = {
      after: async (request, response) => {
        if (isCancel(request)) await desk.clock.sleep(100);
        return response;
      },
    };
    expect(await desk.run(next({ BTAL: "1" }))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, { BTAL: "1" });
  });

  test("a sell that arrives late while the next run sells: its cash is known for what it is, and spent", async () => {
    await haltedInDoubt("TQQQ", 60_000);
    desk.exchange.submit({ symbol: "LEU", side: "buy", type: "market", qty: "50", time_in_force: "day" });
    await passUntil(desk, () => desk.clock.now() - intentsOf(desk)[0]!.recordedAt >= 59_800);
    const slow = afterFirstPost("LEU", async (response) => {
      await desk.clock.sleep(500);
      return response;
    });
    // While the venue cannot be asked for all orders of the symbol, no other order takes its id.
    desk.venue.interceptor = both(slow, {
      before: ({ url }) => Promise.resolve(url.startsWith("/v2/orders?status=all") ? ORDER_NOT_FOUND : undefined),
    });
    expect(await desk.run(next({ BTAL: "1" }))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(book(desk)).toContain("sell TQQQ filled");
    expectHoldings(desk, { BTAL: "1" });
  });

  test("when it is filled while the next run waits for its own fills, and the account shows it late, it is sold again, and the target is reached", async () => {
    await haltedInDoubt("UVXY", 65_000);
    desk.exchange.submit({ symbol: "LEU", side: "buy", type: "market", qty: "50", time_in_force: "day" });
    await passUntil(desk, () => desk.clock.now() - intentsOf(desk)[0]!.recordedAt >= 59_800);
    desk.venue.interceptor = lagging(desk, 13_500);
    const result = await desk.run(next({ BTAL: "1" }));
    expect(result).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(book(desk).filter((line) => line.includes("UVXY"))).toEqual(["buy UVXY filled", "sell UVXY filled"]);
    expectHoldings(desk, { BTAL: "1" });
    expect(desk.exchange.state.cash.gte(ZERO)).toBe(true);
  });
});
