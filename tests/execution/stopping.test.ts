import { afterEach, describe, expect, test } from "@jest/globals";
import { decimal } from "../../src/domain/decimal.ts";
import { arrivals, both, isPost, isRead, postedOrder, RESET, UNAVAILABLE } from "./faults.ts";
import {
  book,
  expectHoldings,
  expectSwitchedBook,
  expectUnharmed,
  HEDGE,
  heldEach,
  intentsOf,
  INVESTED,
  THIRTY,
  orderOf,
  SWITCH,
} from "./scenario.ts";
import type { DeskOptions } from "./virtual-desk.ts";
import { signalOf, TUESDAY_10_00, VirtualDesk } from "./virtual-desk.ts";

const MINUTE = 60_000;
const TUESDAY_CLOSE = TUESDAY_10_00 + 6 * 60 * MINUTE;

let desk: VirtualDesk;

afterEach(() => desk.close());

/** No order for these symbols fills, though the venue takes it. */
function neverFilled(at: VirtualDesk, symbols: readonly string[]): void {
  at.venue.interceptor = {
    before: (request) => {
      if (isPost(request) && symbols.includes(postedOrder(request).symbol)) at.exchange.setQuote(postedOrder(request).symbol, "0", "0");
      return Promise.resolve(undefined);
    },
  };
}

describe("halt (R25)", () => {
  test("before the start: nothing is read or sent, and the signal runs after the resume", async () => {
    desk = new VirtualDesk(INVESTED);
    desk.halted = "by hand";
    const signal = signalOf(desk.clock, HEDGE);
    expect(await desk.run(signal)).toMatchObject({ kind: "declined", verdict: "halted" });
    expect(book(desk)).toEqual([]);
    desk.halted = undefined;
    expect(await desk.run(signal)).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectSwitchedBook(desk);
  });

  test("between plan and first order: nothing is sent, and the signal runs after the resume", async () => {
    desk = new VirtualDesk(INVESTED);
    const signal = signalOf(desk.clock, HEDGE);
    const halted = await desk.run(signal, { onReady: () => (desk.halted = "by hand") });
    expect(halted).toMatchObject({ conclusion: { outcome: "refused", verdict: { kind: "halted" } } });
    expect(book(desk)).toEqual([]);
    desk.halted = undefined;
    expect(await desk.run(signal)).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(book(desk)).toEqual(SWITCH);
  });

  test("between sells: those under way are finished or cancelled, the others never sent, nothing is bought", async () => {
    desk = new VirtualDesk({ exchange: { cash: decimal("12"), positions: heldEach(THIRTY) } });
    desk.exchange.freeze(THIRTY);
    desk.venue.interceptor = {
      after: async (request, response) => {
        if (!isPost(request)) return response;
        desk.halted = "by hand";
        await desk.clock.sleep(30);
        return response;
      },
    };
    const result = await desk.run(signalOf(desk.clock, HEDGE));
    expect(result).toMatchObject({ conclusion: { outcome: "incomplete" } });
    expect(result.kind === "concluded" && result.conclusion.reason).toMatch(/halted/);
    expect(book(desk)).toHaveLength(25);
    expect(book(desk).every((line) => line.startsWith("sell"))).toBe(true);
    expect(intentsOf(desk).filter(({ state }) => state === "dropped")).toHaveLength(5);
  });

  test("while buys are open: they are cancelled and the execution is incomplete", async () => {
    desk = new VirtualDesk(INVESTED);
    neverFilled(desk, ["UVXY"]);
    const running = desk.start(signalOf(desk.clock, HEDGE));
    await desk.clock.advance(5_000);
    desk.halted = "by hand";
    expect(await desk.clock.until(running)).toMatchObject({ conclusion: { outcome: "incomplete" } });
    expect(book(desk)).toEqual(["buy BTAL filled", "buy UVXY canceled", "sell SMR filled", "sell TQQQ filled"]);
    expectUnharmed(desk);
  });
});

describe("SIGTERM", () => {
  test.each([0, 1, 5, 12, 20, 25, 30, 35, 40, 50, 60, 80, 120, 300])(
    "after %i ms: what is in flight is awaited and recorded, the next start finishes the rest",
    async (ms) => {
      desk = new VirtualDesk({ exchange: { ...INVESTED.exchange, partialFillProbability: 1, partialFillIntervalMs: 60 } });
      desk.venue.interceptor = {
        after: async (request, response) => {
          await desk.clock.sleep(isPost(request) ? 15 : 2);
          return response;
        },
      };
      const signal = signalOf(desk.clock, HEDGE);
      const running = desk.start(signal);
      await desk.clock.advance(ms);
      desk.stop();
      const result = await desk.clock.until(running);
      expect(["left", "declined", "concluded"]).toContain(result.kind);
      expect(intentsOf(desk).filter(({ state }) => state === "posting" || state === "unknown")).toEqual([]);
      expect(desk.ledger.signal(signal.id)?.verdict).toBe(result.kind === "concluded" ? "executed" : undefined);
      await desk.restart();
      await desk.recover();
      await desk.run(signal);
      expectSwitchedBook(desk);
    },
  );

  test("no POST goes out after it", async () => {
    desk = new VirtualDesk(INVESTED);
    let stopped = false;
    let after = 0;
    desk.venue.interceptor = {
      before: (request) => {
        if (isPost(request) && stopped) after += 1;
        return Promise.resolve(undefined);
      },
      after: (request, response) => {
        if (isPost(request)) {
          stopped = true;
          desk.stop();
        }
        return Promise.resolve(response);
      },
    };
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ kind: "left" });
    expect(after).toBe(0);
  });

  test.each(["/v2/account", "/v2/positions", "/v2/clock"])("leaves at once while the preparation hangs on %s", async (path) => {
    desk = new VirtualDesk(INVESTED);
    desk.venue.interceptor = {
      before: async (request) => {
        if (isRead(request, path)) await desk.clock.sleep(60_000);
        return undefined;
      },
    };
    const signal = signalOf(desk.clock, HEDGE);
    const running = desk.start(signal);
    await desk.clock.advance(7_000);
    const asked = desk.clock.monotonic();
    desk.stop();
    await desk.clock.until(running);
    expect(desk.clock.monotonic() - asked).toBeLessThanOrEqual(1_000);
    expect(desk.ledger.signal(signal.id)?.verdict).toBeUndefined();
  });

  test.each([
    ["the market clock", "/v2/clock"],
    ["the account", "/v2/account"],
  ])("leaves at once although %s cannot be read between the phases", async (_, path) => {
    desk = new VirtualDesk(INVESTED);
    let sold = false;
    desk.venue.interceptor = {
      before: async (request) => {
        if (!sold || !isRead(request, path)) return undefined;
        await desk.clock.sleep(60_000);
        return RESET;
      },
      after: (request, response) => {
        if (isPost(request)) {
          sold = true;
          if (path === "/v2/clock") desk.exchange.setQuote("TQQQ", "0", "0");
        }
        return Promise.resolve(response);
      },
    };
    const running = desk.start(signalOf(desk.clock, HEDGE));
    await desk.clock.advance(40_000);
    const asked = desk.clock.monotonic();
    desk.stop();
    expect(await desk.clock.until(running)).toMatchObject({ kind: "left" });
    expect(desk.clock.monotonic() - asked).toBeLessThanOrEqual(1_000);
  });
});

describe("time runs out (R14, R17)", () => {
  test("two minutes before the deadline a sell that is open is cancelled, what there is is bought, and nothing is sold after it", async () => {
    desk = new VirtualDesk({ ...INVESTED, orderTimeoutSeconds: 3_600 });
    neverFilled(desk, ["TQQQ"]);
    const result = await desk.run(signalOf(desk.clock, HEDGE));
    expect(result).toMatchObject({ conclusion: { outcome: "incomplete" } });
    expect(result.kind === "concluded" && result.conclusion.reason).toMatch(/deadline.*sell TQQQ: canceled/);
    expect(book(desk)).toEqual(["buy BTAL filled", "buy UVXY filled", "sell SMR filled", "sell TQQQ canceled"]);
    expect(orderOf(desk, "TQQQ").canceledAt! < orderOf(desk, "UVXY").createdAt).toBe(true);
    expectUnharmed(desk);
  });

  const LATE: DeskOptions = { ...INVESTED, startAt: TUESDAY_CLOSE - 4 * MINUTE, orderTimeoutSeconds: 3_600 };

  test("the session closes during an execution: incomplete, orders are cancelled 30 s before, and nothing is sent after that", async () => {
    desk = new VirtualDesk(LATE);
    neverFilled(desk, ["TQQQ"]);
    const { list, interceptor } = arrivals(desk);
    desk.venue.interceptor = both(desk.venue.interceptor, interceptor);
    const start = desk.clock.now();
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "incomplete" } });
    expect(book(desk)).toEqual(["buy BTAL filled", "buy UVXY filled", "sell SMR filled", "sell TQQQ canceled"]);
    expect(Math.max(...list.map(({ at }) => start + 1_000 * at))).toBeLessThan(TUESDAY_CLOSE - 30_000);
    expect(desk.clock.now()).toBeLessThan(TUESDAY_CLOSE);
  });

  test("fills that take minutes: what is sold in time is spent, and nothing is open at the end", async () => {
    desk = new VirtualDesk({
      ...LATE,
      exchange: { ...INVESTED.exchange, partialFillProbability: 1, partialFillSteps: 2, partialFillIntervalMs: 3.6 * MINUTE },
    });
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "incomplete" } });
    expect(book(desk).filter((line) => !/ (filled|canceled)$/.test(line))).toEqual([]);
    expect(desk.clock.now()).toBeLessThan(TUESDAY_CLOSE);
    expectUnharmed(desk);
  });

  test("with less than 180 s left nothing is begun", async () => {
    desk = new VirtualDesk({ ...INVESTED, startAt: TUESDAY_CLOSE - 179_000 });
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ kind: "declined", verdict: "market-closed" });
    expect(book(desk)).toEqual([]);
  });

  test("what was left open is cancelled on a start after the deadline, and nothing is sent", async () => {
    desk = new VirtualDesk(INVESTED);
    neverFilled(desk, ["TQQQ"]);
    const running = desk.start(signalOf(desk.clock, HEDGE));
    await desk.clock.advance(1_000);
    desk.stop();
    expect(await desk.clock.until(running)).toMatchObject({ kind: "left" });
    await desk.clock.advance(11 * MINUTE);
    await desk.restart();
    desk.venue.interceptor = { before: (request) => Promise.resolve(isPost(request) ? UNAVAILABLE : undefined) };
    expect(await desk.recover()).toMatchObject([{ conclusion: { outcome: "incomplete" } }]);
    expect(book(desk)).toEqual(["sell SMR filled", "sell TQQQ canceled"]);
  });

  test("a start on the next day looks up, ends incomplete and sends nothing", async () => {
    desk = new VirtualDesk(INVESTED);
    neverFilled(desk, ["TQQQ"]);
    const running = desk.start(signalOf(desk.clock, HEDGE));
    await desk.clock.advance(1_000);
    desk.stop();
    await desk.clock.until(running);
    await desk.clock.advance(24 * 60 * MINUTE);
    await desk.restart();
    expect(await desk.recover()).toMatchObject([{ conclusion: { outcome: "incomplete" } }]);
    expect(book(desk)).toEqual(["sell SMR filled", "sell TQQQ expired"]);
    expect(desk.ledger.openExecutions()).toEqual([]);
  });

  test("a signal that goes stale between the preparation's start and the first POST is not acted on", async () => {
    desk = new VirtualDesk(INVESTED);
    const made = desk.clock.now() - 297_000;
    desk.venue.interceptor = {
      before: async (request) => {
        if (isRead(request, "/v2/stocks/snapshots")) await desk.clock.sleep(4_000);
        return undefined;
      },
    };
    const signal = signalOf(desk.clock, HEDGE, { oldestStamp: made, generatedAt: made, arrivedAt: made });
    expect(await desk.run(signal)).toMatchObject({ conclusion: { outcome: "refused", verdict: { kind: "stale" } } });
    expect(book(desk)).toEqual([]);
    expect(desk.ledger.signal(signal.id)).toMatchObject({ verdict: "stale" });
  });

  test("an execution that was begun in time is finished although its signal has become stale meanwhile", async () => {
    desk = new VirtualDesk(INVESTED);
    const made = desk.clock.now() - 299_500;
    desk.venue.interceptor = {
      after: async (request, response) => {
        if (isPost(request)) await desk.clock.sleep(1_000);
        return response;
      },
    };
    expect(await desk.run(signalOf(desk.clock, HEDGE, { oldestStamp: made, generatedAt: made, arrivedAt: made }))).toMatchObject({
      conclusion: { outcome: "on-target" },
    });
    expectHoldings(desk, HEDGE);
  });
});
