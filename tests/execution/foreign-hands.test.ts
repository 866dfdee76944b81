import { afterEach, describe, expect, test } from "@jest/globals";
import { decimal, ZERO } from "../../src/domain/decimal.ts";
import type { PlanSettings } from "../../src/portfolio/plan.ts";
import { afterFirstPost, arrivals, beforePosts, isPost, isRead, postedOrder, reply, TIMED_OUT, UNAVAILABLE } from "./faults.ts";
import { book, expectHoldings, expectUnharmed, HEDGE, HELD, INVESTED, orderOf, passUntil } from "./scenario.ts";
import { signalOf, VirtualDesk } from "./virtual-desk.ts";

let desk: VirtualDesk;

afterEach(() => desk.close());

const limit = (symbol: string, side: "buy" | "sell", qty: string, price: string): Record<string, string> => ({
  symbol,
  side,
  qty,
  type: "limit",
  limit_price: price,
  time_in_force: "day",
});

const WITH_CASH = { exchange: { cash: decimal("5000"), positions: HELD } };

describe("a foreign order before planning (R24)", () => {
  test("leaves its symbol alone and nothing else, and is not touched", async () => {
    desk = new VirtualDesk({ ...INVESTED, executionDeadlineSeconds: 60 });
    desk.exchange.submit(limit("TQQQ", "sell", "10", "200"));
    await desk.clock.advance(100);
    const result = await desk.run(signalOf(desk.clock, HEDGE));
    expect(result).toMatchObject({ conclusion: { outcome: "incomplete" } });
    expect(result.kind === "concluded" && result.conclusion.reason).toMatch(/TQQQ \(foreign-order\)/);
    expect(book(desk)).toEqual(["buy BTAL filled", "buy UVXY filled", "sell SMR filled", "sell TQQQ new"]);
    expectUnharmed(desk);
  });

  test("blocks everything the run would trade: the reason names the external order, and the run is tried again", async () => {
    desk = new VirtualDesk({ exchange: { cash: decimal("5000") } });
    desk.exchange.submit(limit("UVXY", "buy", "1", "5"));
    await desk.clock.advance(100);
    const signal = signalOf(desk.clock, { UVXY: "1" });
    expect(await desk.run(signal)).toMatchObject({
      kind: "declined",
      verdict: "account-unsettled",
      reason: "Nothing can be traded now: UVXY (foreign-order). Somebody else's order is open for it.",
      hint: "A running daemon tries the run again while it is fresh; without one, run `alpaca-trader execute` again.",
    });
    desk.exchange.cancel(orderOf(desk, "UVXY").id);
    await desk.clock.advance(1_000);
    expect(await desk.run(signal)).toMatchObject({ conclusion: { outcome: "on-target" } });
  });

  test("that reserves some buying power: what the cash can pay is bought at once, for more will not come", async () => {
    desk = new VirtualDesk({ ...INVESTED, executionDeadlineSeconds: 90 });
    desk.exchange.submit(limit("TQQQ", "buy", "1", "10"));
    await desk.clock.advance(100);
    const { list, interceptor } = arrivals(desk);
    desk.venue.interceptor = interceptor;
    const before = desk.clock.monotonic();
    const running = desk.start(signalOf(desk.clock, HEDGE));
    await passUntil(desk, () => list.some(({ side }) => side === "buy"));
    expect(desk.clock.monotonic() - before).toBeLessThan(10_000);
    await desk.clock.until(running);
    expect(book(desk)).toEqual(["buy BTAL filled", "buy TQQQ new", "buy UVXY filled", "sell SMR filled"]);
    expectUnharmed(desk);
  });

  test("keeps the cash that it may take", async () => {
    desk = new VirtualDesk(WITH_CASH);
    desk.exchange.submit(limit("LEU", "buy", "20", "200"));
    await desk.clock.advance(100);
    await desk.run(signalOf(desk.clock, HEDGE));
    expect(orderOf(desk, "LEU").status).toBe("new");
    expect(desk.exchange.state.cash.gte(decimal("4000"))).toBe(true);
  });
});

describe("a foreign sell that is open before planning, and is filled during the execution (R16, R33)", () => {
  test.each([
    ["half of the shares", "500"],
    ["all of them", "1000.123456789"],
  ])("of %s: what it brings was planned on, and is no deposit", async (_, qty) => {
    desk = new VirtualDesk(INVESTED);
    desk.exchange.submit(limit("TQQQ", "sell", qty, "86"));
    await desk.clock.advance(100);
    desk.venue.interceptor = afterFirstPost("BTAL", (response) => {
      desk.exchange.scalePrice("TQQQ", decimal("1.02"));
      return response;
    });
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, HEDGE);
    expectUnharmed(desk);
  });

  test("of protected shares: what it brings is the owner's, and stays", async () => {
    desk = new VirtualDesk({ ...INVESTED, plan: { protectedSymbols: new Set(["TQQQ"]) } });
    desk.exchange.submit(limit("TQQQ", "sell", "500", "86"));
    await desk.clock.advance(100);
    desk.venue.interceptor = afterFirstPost("SMR", (response) => {
      desk.exchange.scalePrice("TQQQ", decimal("1.02"));
      return response;
    });
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(orderOf(desk, "TQQQ").status).toBe("filled");
    expect(desk.exchange.state.cash.gte(decimal("43000"))).toBe(true);
    expectUnharmed(desk);
  });

  test("does not make a deposit of the same minute spendable", async () => {
    desk = new VirtualDesk(INVESTED);
    desk.exchange.submit(limit("TQQQ", "sell", "500", "86"));
    await desk.clock.advance(100);
    desk.venue.interceptor = afterFirstPost("BTAL", (response) => {
      desk.exchange.scalePrice("TQQQ", decimal("1.02"));
      desk.exchange.transfer("50000");
      return response;
    });
    await desk.run(signalOf(desk.clock, HEDGE));
    expect(desk.exchange.state.cash.gte(decimal("50000"))).toBe(true);
    expectUnharmed(desk);
  });
});

describe("a foreign order during the execution (R24)", () => {
  test.each([
    ["on the cash of the plan", () => limit("LEU", "buy", "10", "100")],
    ["on a symbol of the plan", () => limit("UVXY", "sell", "50", "60")],
  ])("%s: nothing more is sent", async (_, order) => {
    desk = new VirtualDesk({
      exchange: { cash: decimal("5000"), positions: [...HELD, { symbol: "UVXY", quantity: decimal("100"), averagePrice: decimal("20") }] },
    });
    desk.venue.interceptor = afterFirstPost("SMR", (response) => {
      desk.exchange.submit(order());
      return response;
    });
    const result = await desk.run(signalOf(desk.clock, HEDGE));
    expect(result).toMatchObject({ conclusion: { outcome: "incomplete" } });
    expect(result.kind === "concluded" && result.conclusion.reason).toMatch(/An external /);
    expect(book(desk).filter((line) => line.endsWith("filled"))).toEqual(["sell SMR filled", "sell TQQQ filled"]);
    expectUnharmed(desk);
  });

  test("that has gone: what the sells were to pay for is bought, also where the first plan could not buy it yet", async () => {
    desk = new VirtualDesk({ exchange: { cash: decimal("-300"), positions: HELD } });
    desk.venue.interceptor = afterFirstPost("SMR", (response) => {
      desk.exchange.submit(limit("TQQQ", "sell", "1", "200"));
      return response;
    });
    const signal = signalOf(desk.clock, { TQQQ: "0.95", SMR: "0.05" });
    const first = await desk.run(signal);
    expect(first).toMatchObject({ conclusion: { outcome: "incomplete", code: "foreign-hand", mayGoOn: true } });
    expect(first.kind === "concluded" && first.conclusion.reason).toMatch(/TQQQ \(insufficient-cash\)/);
    desk.exchange.cancel(orderOf(desk, "TQQQ").id);
    await desk.clock.advance(5_000);
    expect(await desk.run(signal, { takeUp: "fresh" })).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, { TQQQ: "0.95", SMR: "0.05" });
  });

  test("on neither: the execution goes on", async () => {
    desk = new VirtualDesk({
      exchange: { cash: decimal("5000"), positions: [...HELD, { symbol: "XLF", quantity: decimal("100"), averagePrice: decimal("20") }] },
      plan: { protectedSymbols: new Set(["XLF"]) },
    });
    desk.venue.interceptor = afterFirstPost("SMR", (response) => {
      desk.exchange.submit(limit("XLF", "sell", "50", "90"));
      return response;
    });
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
  });

  test("that came up while the rate limit held an order back is seen before it is sent", async () => {
    desk = new VirtualDesk({ exchange: { cash: decimal("5000"), positions: HELD } });
    desk.venue.interceptor = beforePosts("TQQQ", 1, () => {
      desk.exchange.submit(limit("LEU", "buy", "10", "100"));
      return reply(429, { code: 42910000, message: "rate limit exceeded" }, { "retry-after": "20" });
    });
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "incomplete" } });
    expect(book(desk).filter((line) => line.includes("TQQQ"))).toEqual([]);
  });
});

describe("cash that leaves the account during the execution (R24)", () => {
  /** The rate limit holds the buy of BTAL back; meanwhile `leave` happens. */
  function heldBackWhile(leave: () => void): VirtualDesk {
    const held = new VirtualDesk({ exchange: { cash: decimal("40000"), multiplier: "4" } });
    held.venue.interceptor = beforePosts("BTAL", 1, () => {
      leave();
      return reply(429, { code: 42910000, message: "rate limit exceeded" }, { "retry-after": "20" });
    });
    return held;
  }

  /** It is taken without an activity that says so: what proves a withdrawal is in `withdrawals.test.ts`. */
  function take(dollars: string): void {
    desk.exchange.state.cash = desk.exchange.state.cash.minus(decimal(dollars));
  }

  test("leaves nothing that a margin account would lend: the buy that waited is not sent, and the end says why", async () => {
    desk = heldBackWhile(() => take("5000"));
    const result = await desk.run(signalOf(desk.clock, HEDGE));
    expect(result).toMatchObject({ conclusion: { outcome: "incomplete" } });
    expect(result.kind === "concluded" && result.conclusion.reason).toMatch(/Cash left the account/);
    expect(book(desk)).toEqual(["buy UVXY filled"]);
    expect(desk.exchange.state.cash.gte(ZERO)).toBe(true);
  });

  test("is not missed where somebody else's buy took it for which the plan had left room", async () => {
    desk = heldBackWhile(() => desk.exchange.setPrice("LEU", "99"));
    desk.exchange.submit(limit("LEU", "buy", "50", "100"));
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "off-target" } });
    // The room that was left for it is spent once it is known what it took.
    expect([...new Set(book(desk))]).toEqual(["buy BTAL filled", "buy LEU filled", "buy UVXY filled"]);
    expectUnharmed(desk);
  });

  test("is missed as soon as no order of unknown fate can have taken it any more", async () => {
    desk = new VirtualDesk({ exchange: { cash: decimal("40000"), multiplier: "4" } });
    const posted: string[] = [];
    desk.venue.interceptor = {
      before: async (request) => {
        if (isRead(request, "/v2/orders") && request.url.includes("symbols=BTAL")) await desk.clock.sleep(500);
        if (!isPost(request)) return undefined;
        const { symbol } = postedOrder(request);
        posted.push(symbol);
        if (posted.length === 2) take("5000");
        return posted.length > 2 ? undefined : TIMED_OUT;
      },
    };
    const result = await desk.run(signalOf(desk.clock, HEDGE));
    // The first one proven absent goes out while the other could still have taken what is missing; then it is seen who has not.
    expect(posted).toEqual([...posted.slice(0, 2), "UVXY"]);
    expect(result.kind === "concluded" && result.conclusion.reason).toMatch(/Cash left the account/);
    expect(desk.exchange.state.cash.gte(ZERO)).toBe(true);
  });

  test("more of it than before does not stop it", async () => {
    desk = heldBackWhile(() => desk.exchange.transfer("15000"));
    await desk.run(signalOf(desk.clock, HEDGE));
    expect(book(desk)).toEqual(["buy BTAL filled", "buy UVXY filled"]);
  });
});

describe("a position that somebody buys after the plans were made", () => {
  const buying = (notional: string, plan: Partial<PlanSettings> = {}): void => {
    desk = new VirtualDesk({ ...INVESTED, plan });
    desk.venue.interceptor = afterFirstPost("UVXY", (response) => {
      desk.exchange.submit({ symbol: "LEU", side: "buy", type: "market", notional, time_in_force: "day" });
      return response;
    });
  };

  test("is named and not sold, and the account is not called on target", async () => {
    buying("40");
    const signal = signalOf(desk.clock, HEDGE);
    const result = await desk.run(signal);
    expect(result).toMatchObject({
      conclusion: {
        outcome: "off-target",
        code: "not-planned",
        reason: "Came into the account after it was planned for, and was left alone: LEU ($39.99).",
        verdict: { kind: "executed" },
      },
    });
    expect(await desk.run(signal, { takeUp: "fresh" })).toMatchObject({ kind: "still-off", mayPass: false });
    expect(desk.exchange.state.positions.has("LEU")).toBe(true);
    expectUnharmed(desk);
  });

  test.each([
    ["protected", "40", { protectedSymbols: new Set(["LEU"]) }],
    ["outside ALLOWED_SYMBOLS", "40", { allowedSymbols: new Set(["UVXY", "BTAL", "SMR", "TQQQ"]) }],
    ["worth less than the smallest trade", "5", {}],
  ])("counts for nothing when it is %s", async (_, notional, plan) => {
    buying(notional, plan);
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(desk.exchange.state.positions.has("LEU")).toBe(true);
  });
});

describe("a manual sale of a held position", () => {
  test("between plan and POST: the sell is not sent, no short, and what is still held is sold when it is planned again", async () => {
    desk = new VirtualDesk(INVESTED);
    const result = await desk.run(signalOf(desk.clock, HEDGE), {
      onReady: () => {
        desk.exchange.state.positions.get("SMR")!.quantity = decimal("100");
      },
    });
    expect(result).toMatchObject({ kind: "concluded", conclusion: { outcome: "on-target" } });
    expect(book(desk).filter((line) => line.includes("SMR"))).toEqual(["sell SMR filled"]);
    expect(orderOf(desk, "SMR").filledQuantity.toFixed()).toBe("100");
    expectUnharmed(desk);
  });

  test("while the process was down: the recorded sell is not even sent, where it could open a short", async () => {
    desk = new VirtualDesk(INVESTED);
    let posts = 0;
    desk.venue.interceptor = beforePosts("SMR", 9, () => {
      posts += 1;
      return posts === 1 ? reply(429, { code: 42910000, message: "rate limit exceeded" }, { "retry-after": "30" }) : UNAVAILABLE;
    });
    const running = desk.start(signalOf(desk.clock, HEDGE));
    await desk.clock.advance(2_000);
    desk.stop();
    expect(await desk.clock.until(running)).toMatchObject({ kind: "left" });
    desk.exchange.state.positions.delete("SMR");
    await desk.clock.advance(60_000);
    await desk.restart();
    const [result] = await desk.recover();
    expect(posts).toBe(1);
    expect(result).toMatchObject({ kind: "concluded" });
    expect(book(desk).filter((line) => line.includes("SMR"))).toEqual([]);
    expectUnharmed(desk);
  });
});
