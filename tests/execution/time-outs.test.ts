import { afterEach, describe, expect, test } from "@jest/globals";
import { decimal, sum } from "../../src/domain/decimal.ts";
import { afterFirstPost, both, isCancel, reply, UNAVAILABLE } from "./faults.ts";
import { book, expectHoldings, expectUnharmed, HEDGE, intentsOf, INVESTED, orderOf, passUntil, SWITCH } from "./scenario.ts";
import { signalOf, VirtualDesk } from "./virtual-desk.ts";

let desk: VirtualDesk;

afterEach(() => desk.close());

/** The venue takes the order and finds nobody on the other side. */
function stuck(symbol: string): ReturnType<typeof afterFirstPost> {
  return afterFirstPost(symbol, (response) => {
    desk.exchange.setQuote(symbol, "0", "0");
    return response;
  });
}

test("a sell that never fills is cancelled after a minute and sent again until the deadline; what it did not bring is not spent", async () => {
  desk = new VirtualDesk({ ...INVESTED, executionDeadlineSeconds: 300 });
  desk.venue.interceptor = stuck("TQQQ");
  const result = await desk.run(signalOf(desk.clock, HEDGE));
  expect(result).toMatchObject({ conclusion: { outcome: "incomplete" } });
  expect(result.kind === "concluded" && result.conclusion.reason).toMatch(/TQQQ.*canceled/);
  expect([...new Set(book(desk))]).toEqual(["buy BTAL filled", "buy UVXY filled", "sell SMR filled", "sell TQQQ canceled"]);
  expect(book(desk)).toHaveLength(6);
  expectUnharmed(desk);
});

test("a buy that never fills is cancelled each minute, and its share is not spent on the other", async () => {
  desk = new VirtualDesk({ ...INVESTED, executionDeadlineSeconds: 150 });
  desk.venue.interceptor = stuck("UVXY");
  expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "incomplete" } });
  expect([...new Set(book(desk))]).toEqual(["buy BTAL filled", "buy UVXY canceled", "sell SMR filled", "sell TQQQ filled"]);
  expect(book(desk)).toHaveLength(6);
  expect(desk.weights().BTAL).toBeCloseTo(0.25, 1);
});

test("a fill that slips in while the cancel is under way counts", async () => {
  desk = new VirtualDesk(INVESTED);
  desk.exchange.setExecutionModel({ cancelLatencyMs: 3_000 });
  desk.venue.interceptor = both(stuck("TQQQ"), {
    after: (request, response) => {
      if (isCancel(request)) desk.clock.after(500, () => desk.exchange.setPrice("TQQQ", "85"));
      return Promise.resolve(response);
    },
  });
  expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
  expect(book(desk)).toEqual(SWITCH);
  expectHoldings(desk, HEDGE);
});

test("of an order that was filled in part and cancelled only the rest is sent again", async () => {
  desk = new VirtualDesk({
    executionDeadlineSeconds: 400,
    exchange: { ...INVESTED.exchange, partialFillProbability: 1, partialFillSteps: 2, partialFillIntervalMs: 600_000 },
  });
  expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "incomplete" } });
  const sells = intentsOf(desk).filter(({ symbol }) => symbol === "TQQQ");
  expect(sells.length).toBeGreaterThan(1);
  expect(sells.map(({ state, status }) => `${state} ${status ?? ""}`)).toEqual(sells.map(() => "done canceled"));
  expect(sells[0]!.filledQuantity.toFixed()).toBe(orderOf(desk, "TQQQ").filledQuantity.toFixed());
  expect(Number(sells[0]!.filledQuantity.toFixed())).toBeGreaterThan(0);
  for (const [index, { quantity }] of sells.entries()) {
    const before = sum(sells.slice(0, index).map(({ filledQuantity }) => filledQuantity));
    expect(quantity?.toFixed()).toBe(decimal("1000.123456789").minus(before).toFixed());
  }
  expectUnharmed(desk);
});

describe("a cancel that does not take effect", () => {
  test("is waited for half a minute and no longer: incomplete, naming the symbol, and nothing is bought", async () => {
    desk = new VirtualDesk(INVESTED);
    desk.exchange.setExecutionModel({ cancelLatencyMs: Infinity });
    desk.venue.interceptor = stuck("TQQQ");
    const start = desk.clock.monotonic();
    const result = await desk.run(signalOf(desk.clock, HEDGE));
    expect(result).toMatchObject({ conclusion: { outcome: "incomplete" } });
    expect(result.kind === "concluded" && result.conclusion.reason).toContain("TQQQ");
    expect(desk.clock.monotonic() - start).toBeLessThan(150_000);
    expect(book(desk)).toEqual(["sell SMR filled", "sell TQQQ pending_cancel"]);
  });

  test("keeps its symbol from being traded by the next signal only until it has ended", async () => {
    desk = new VirtualDesk(INVESTED);
    desk.exchange.setExecutionModel({ cancelLatencyMs: Infinity });
    desk.venue.interceptor = stuck("TQQQ");
    await desk.run(signalOf(desk.clock, HEDGE));
    const next = await desk.run(signalOf(desk.clock, HEDGE, { id: "00000000000000bb" }));
    expect(next).toMatchObject({ conclusion: { outcome: "incomplete" } });
    expect(book(desk).filter((line) => line.includes("TQQQ"))).toEqual(["sell TQQQ pending_cancel"]);
    desk.exchange.setPrice("TQQQ", "85");
    await desk.clock.advance(10_000);
    expect(book(desk).filter((line) => line.includes("TQQQ"))).toEqual(["sell TQQQ filled"]);
    const last = await desk.run(signalOf(desk.clock, { TQQQ: "0.5", UVXY: "0.5" }, { id: "00000000000000cc" }));
    expect(last).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, { TQQQ: "0.5", UVXY: "0.5" });
  });

  test.each([
    ["503", UNAVAILABLE],
    ["429", reply(429, { code: 42910000, message: "rate limit exceeded" })],
  ])("because it was answered %s is sent again", async (_, answer) => {
    desk = new VirtualDesk({ ...INVESTED, executionDeadlineSeconds: 150 });
    let left = 2;
    desk.venue.interceptor = both(stuck("TQQQ"), {
      before: (request) => Promise.resolve(isCancel(request) && left-- > 0 ? answer : undefined),
    });
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "incomplete" } });
    expect(orderOf(desk, "TQQQ").status).toBe("canceled");
  });

  test("because the process was killed before sending it is sent by the next process", async () => {
    desk = new VirtualDesk(INVESTED);
    let image: Uint8Array | undefined;
    desk.venue.interceptor = both(stuck("TQQQ"), {
      before: (request) => {
        if (!isCancel(request) || image !== undefined) return Promise.resolve(undefined);
        image = desk.ledger.serialize();
        return Promise.resolve(UNAVAILABLE);
      },
    });
    const running = desk.start(signalOf(desk.clock, HEDGE));
    running.catch(() => undefined);
    await passUntil(desk, () => image !== undefined);
    await desk.restart(image);
    expect(await desk.recover()).toMatchObject([{ conclusion: { outcome: "incomplete" } }]);
    expect(orderOf(desk, "TQQQ").status).toBe("canceled");
    expect(book(desk).filter((line) => line.startsWith("buy"))).toHaveLength(2);
  });
});
