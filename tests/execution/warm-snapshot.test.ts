import { afterEach, describe, expect, test } from "@jest/globals";
import { DEFAULT_EXECUTION } from "../../src/domain/execution-style.ts";
import { decimal } from "../../src/domain/decimal.ts";
import type { Signal } from "../../src/domain/signal.ts";
import type { Interceptor, VenueResponse } from "../../src/simulator/venue.ts";
import { isPost, isRead, postedOrder, reply, TIMED_OUT, UNAVAILABLE } from "./faults.ts";
import { parseFault } from "../../src/simulator/faults.ts";
import { limitStyle } from "./limit-style.ts";
import { book, expectUnharmed, INVESTED } from "./scenario.ts";
import type { DeskOptions } from "./virtual-desk.ts";
import { signalOf, VirtualDesk } from "./virtual-desk.ts";

let desk: VirtualDesk;
let requests: string[] = [];
let bodies: Record<string, unknown>[] = [];

afterEach(() => desk.close());

/** The account's first run buys these; the run that is tried goes over to BTAL. */
const BEFORE = { TQQQ: "0.6", UVXY: "0.39" };
const AFTER = { BTAL: "1" };

const recording: Interceptor = {
  before: (request) => {
    requests.push(`${request.method} ${request.url.split("?")[0] ?? ""}`);
    if (isPost(request)) bodies.push(postedOrder(request));
    return Promise.resolve(undefined);
  },
};

function also(change: Interceptor): void {
  const { venue } = desk;
  const before = venue.interceptor;
  venue.interceptor = {
    before: async (request) => {
      await before.before?.(request);
      return change.before?.(request);
    },
    after: (request, response) => change.after?.(request, response) ?? Promise.resolve(response),
  };
}

/** A daemon that has traded, knows BTAL, and has just read the account while nothing happened. */
async function warmDesk(options: DeskOptions = {}, change: () => void = () => undefined): Promise<void> {
  desk = new VirtualDesk(options);
  change();
  await desk.run(next({ BTAL: "0.3", ...BEFORE, TQQQ: "0.3" }));
  await desk.run(next(BEFORE));
  await desk.clock.advance(60_000);
  await desk.keepWarm();
  requests = [];
  bodies = [];
  desk.venue.interceptor = recording;
}

let runs = 0;

function next(weights: Record<string, string>, change: Partial<Signal> = {}): Signal {
  runs += 1;
  return signalOf(desk.clock, weights, { id: runs.toString(16).padStart(16, "0"), ...change });
}

/** Number of sells that leave before anything is read. */
function soldBeforeReading(): number {
  const first = requests.findIndex((line) => line.startsWith("GET"));
  return (first === -1 ? requests : requests.slice(0, first)).filter((line) => line === "POST /v2/orders").length;
}

function readsBeforeLastOrder(path: string): number {
  return requests.slice(0, requests.lastIndexOf("POST /v2/orders")).filter((line) => line === `GET ${path}`).length;
}

describe("sells on a reading from before the alert", () => {
  test("leave at once while the account is read, and the buys use that reading with the fills", async () => {
    await warmDesk();
    await desk.clock.advance(10_000);
    const result = await desk.run(next(AFTER));
    expect(result).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(soldBeforeReading()).toBe(2);
    expect(readsBeforeLastOrder("/v2/account")).toBe(1);
    expect(readsBeforeLastOrder("/v2/positions")).toBe(1);
    // The account is read again behind the buys.
    expect(requests.filter((line) => line === "GET /v2/account").length).toBeGreaterThan(1);
    expect(bodies.map(({ side, position_intent: intent }) => [side, intent])).toEqual([
      ["sell", "sell_to_close"],
      ["sell", "sell_to_close"],
      ["buy", undefined],
    ]);
    expect(desk.events.find(({ kind, text }) => kind === "plan" && text.endsWith(" Account read 10 s ago."))).toBeDefined();
    expect(Object.keys(desk.weights())).toEqual(["BTAL"]);
    expectUnharmed(desk);
  });

  test("leave for a SELL, too", async () => {
    await warmDesk();
    await desk.run(next({}, { kind: "exit", exits: ["UVXY"], targets: new Map() }));
    expect(soldBeforeReading()).toBe(1);
    expect(Object.keys(desk.weights())).toEqual(["TQQQ"]);
    expectUnharmed(desk);
  });

  test("of a part leave while the price is at most 5 s old", async () => {
    await warmDesk();
    await desk.clock.advance(4_000);
    await desk.run(next({ ...BEFORE, TQQQ: "0.3", BTAL: "0.3" }));
    expect(soldBeforeReading()).toBe(1);
    expectUnharmed(desk);
  });

  test("end on target although the buys find less buying power than the fills have brought", async () => {
    await warmDesk();
    let refusals = 2;
    also({
      before: (request) => {
        if (!isPost(request) || postedOrder(request).side === "sell" || refusals === 0) return Promise.resolve(undefined);
        refusals -= 1;
        return Promise.resolve(
          reply(403, { buying_power: "15", code: 40310000, cost_basis: "40000", message: "insufficient buying power" }),
        );
      },
    });
    expect(await desk.run(next(AFTER))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectUnharmed(desk);
  });

  test("are sent again as they were, also after a restart", async () => {
    await warmDesk();
    let isLost = true;
    also({
      before: (request) => Promise.resolve(isLost && isPost(request) && postedOrder(request).symbol === "TQQQ" ? TIMED_OUT : undefined),
    });
    void desk.start(next(AFTER));
    await desk.clock.advance(500);
    isLost = false;
    await desk.restart();
    await desk.recover();
    const sent = bodies.filter(({ symbol }) => symbol === "TQQQ");
    expect(sent.length).toBeGreaterThan(1);
    expect(new Set(sent.map((body) => JSON.stringify(body))).size).toBe(1);
    expect(Object.keys(desk.weights())).toEqual(["BTAL"]);
    expectUnharmed(desk);
  });

  test("may be followed by larger buys where prices have risen since the reading", async () => {
    await warmDesk();
    await desk.clock.advance(20_000);
    for (const symbol of ["TQQQ", "UVXY"]) desk.exchange.scalePrice(symbol, decimal("1.15"));
    expect(await desk.run(next(AFTER))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(soldBeforeReading()).toBe(2);
    expect(desk.weights().BTAL).toBeGreaterThan(0.98);
    expect(desk.exchange.state.cash.gte(decimal("0"))).toBe(true);
  });

  test("that the venue refuses are sent without sell_to_close on the next plan", async () => {
    await warmDesk();
    also({
      before: (request) => {
        const mismatch = { code: 42210000, message: "position intent mismatch, inferred: sell_to_open, specified: sell_to_close" };
        const isMarked = isPost(request) && postedOrder(request).position_intent !== undefined;
        return Promise.resolve(isMarked ? reply(422, mismatch) : undefined);
      },
    });
    expect(await desk.run(next(AFTER))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectUnharmed(desk);
  });
});

describe("the account is read first", () => {
  const changes: Record<
    string,
    { why: string; options?: DeskOptions; change?: () => Promise<void> | void; targets?: Record<string, string> }
  > = {
    "where WARM_SNAPSHOT is off": { why: "WARM_SNAPSHOT is off", options: { execution: { ...DEFAULT_EXECUTION, warmSnapshot: false } } },
    "in limit style": { why: "EXECUTION_STYLE", options: { execution: limitStyle({}) } },
    "where a daily limit needs the activities": { why: "the daily limits", options: { limits: { maxDailyTurnover: decimal("9") } } },
    "when the reading is older than a minute": { why: "is 61 s old", change: () => desk.clock.advance(61_000) },
    "when the venue's clock was read more than 30 s ago": { why: "the venue's clock", change: () => desk.clock.advance(31_000) },
    "when the machine slept": {
      why: "s old",
      change: () => {
        desk.skewMs = 70_000;
      },
    },
    "when the stream was lost in between": {
      why: "no reading from before",
      change: async () => {
        desk.venue.dropStreams();
        await desk.clock.advance(3_000);
      },
    },
    "when somebody else has traded": {
      why: "no reading from before",
      change: async () => {
        desk.exchange.closePosition("UVXY");
        await desk.clock.advance(2_000);
      },
    },
    "when the sell of a part was priced more than 5 s ago": {
      why: "only a part of TQQQ",
      change: () => desk.clock.advance(6_000),
      targets: { ...BEFORE, TQQQ: "0.3", BTAL: "0.3" },
    },
    "for a target that was not looked up": { why: "LEU has not been checked", targets: { LEU: "1" } },
    "when nothing has to be sold": { why: "there is nothing to sell", targets: { ...BEFORE, BTAL: "0.01" } },
  };
  test.each(Object.entries(changes))("%s", async (_name, { why, options, change, targets }) => {
    await warmDesk(options);
    await change?.();
    const result = await desk.run(next(targets ?? AFTER));
    expect(result.kind).toMatch(/concluded|declined/);
    expect(soldBeforeReading()).toBe(0);
    expect(desk.remarks.at(-1)).toContain(why);
    expectUnharmed(desk);
  });

  test("when an order of ours was heard of while the account was read", async () => {
    await warmDesk();
    await desk.clock.advance(28_000);
    const slow = { exchange: desk.exchange, times: 1 };
    also({
      after: async (request, response) => {
        if (isRead(request, "/v2/positions") && slow.times > 0) {
          slow.times -= 1;
          desk.exchange.submit({ symbol: "UVXY", side: "sell", type: "market", time_in_force: "day", qty: "1" });
          await desk.clock.sleep(1_000);
        }
        return response;
      },
    });
    await desk.keepWarm();
    requests = [];
    await desk.run(next(AFTER));
    expect(soldBeforeReading()).toBe(0);
    expect(desk.remarks.at(-1)).toContain("no reading from before");
  });

  test("while an order of ours has not ended", async () => {
    await warmDesk();
    const [last] = desk.ledger.recentExecutions(1);
    const [sent] = desk.ledger.intentsOf(last!.id);
    const { executionId, phase, symbol, side, estimatedValue, worstCaseCost, fullExit, heldBefore } = sent!;
    const order = {
      executionId,
      phase,
      symbol,
      side,
      estimatedValue,
      worstCaseCost,
      fullExit,
      heldBefore,
      attempt: 9,
      notional: decimal("10"),
    };
    const at = desk.clock.now() - 3_600_000;
    desk.ledger.recordIntents([{ ...order, clientOrderId: "AT-left-9", quantity: undefined, recordedAt: at }]);
    await desk.run(next(AFTER));
    expect(soldBeforeReading()).toBe(0);
    expect(desk.remarks.join(" ")).toContain("an order has not ended");
  });

  test("while a split is not booked", async () => {
    await warmDesk();
    await desk.clock.advance(23.5 * 3_600_000);
    desk.exchange.split("TQQQ", "1:5", { bookAfter: 24 * 3_600_000 });
    await desk.clock.advance(1_800_000);
    await desk.keepWarm();
    requests = [];
    await desk.run(next(AFTER));
    expect(soldBeforeReading()).toBe(0);
    expect(desk.remarks.join(" ")).toContain("a split is suspected");
  });

  test("where more than forty symbols are traded, whose assets would take the requests of the orders", async () => {
    await warmDesk();
    const symbols = Array.from({ length: 41 }, (_, index) => `X${String.fromCharCode(65 + (index % 26), 65 + Math.floor(index / 26))}`);
    desk.ledger.recordSignal(next(Object.fromEntries(symbols.map((symbol) => [symbol, "0.02"]))), desk.clock.now());
    await desk.clock.advance(30_000);
    await desk.keepWarm();
    expect(requests).not.toContain("GET /v2/account");
    await desk.clock.advance(40_000);
    await desk.run(next(AFTER));
    expect(soldBeforeReading()).toBe(0);
  });

  test("in the first run of an account", async () => {
    desk = new VirtualDesk(INVESTED);
    await desk.keepWarm();
    await desk.clock.advance(2_000);
    await desk.keepWarm();
    requests = [];
    desk.venue.interceptor = recording;
    await desk.run(next(AFTER));
    expect(soldBeforeReading()).toBe(0);
    expect(desk.remarks).toContainEqual(expect.stringContaining("it is the first run"));
  });

  test("within half a minute of the last fill", async () => {
    desk = new VirtualDesk();
    await desk.run(next({ BTAL: "0.2", ...BEFORE, UVXY: "0.19" }));
    await desk.clock.advance(5_000);
    await desk.keepWarm();
    requests = [];
    desk.venue.interceptor = recording;
    await desk.run(next(AFTER));
    expect(soldBeforeReading()).toBe(0);
    expect(desk.remarks).toContainEqual(expect.stringContaining("an order has just ended"));
  });

  test.each([
    [false, 0],
    [true, 2],
  ])("where whole shares are sold, unless shorts are off (no_shorting %s)", async (noShorting, sold) => {
    await warmDesk({}, () => {
      desk.exchange.setSettings({ noShorting });
      for (const symbol of ["TQQQ", "UVXY"]) desk.exchange.setAsset(symbol, { fractionable: false });
    });
    await desk.run(next(AFTER));
    expect(soldBeforeReading()).toBe(sold);
    expectUnharmed(desk);
  });
});

/** Answers to the reading beside the sells come so much later, and show what is then so. */
function lateReading(ms: number): Interceptor {
  return {
    before: async (request) => {
      const isBeside = request.method === "GET" && !request.url.startsWith("/v2/orders/") && bodies.length > 0;
      if (isBeside && bodies.every(({ side }) => side === "sell")) await desk.clock.sleep(ms);
      return undefined;
    },
  };
}

describe("what the reading taken during the sells shows", () => {
  const answers = (path: string, change: (answer: never) => unknown): Interceptor => ({
    after: (request, response): Promise<VenueResponse> => {
      if (!isRead(request, path) || bodies.length === 0) return Promise.resolve(response);
      return Promise.resolve({ ...response, body: JSON.stringify(change(JSON.parse(response.body) as never)) });
    },
  });

  test("an account that may not trade: nothing is bought", async () => {
    await warmDesk();
    also(answers("/v2/account", (account: Record<string, unknown>) => ({ ...account, trading_blocked: true })));
    expect(await desk.run(next(AFTER))).toMatchObject({ conclusion: { outcome: "incomplete" } });
    expect(book(desk).filter((line) => line.startsWith("buy BTAL"))).toHaveLength(1);
    expectUnharmed(desk);
  });

  test("that it cannot be read: the account is read again before the buys", async () => {
    await warmDesk();
    let failures = 3;
    also({
      before: (request) => {
        if (!isRead(request, "/v2/account") || failures === 0) return Promise.resolve(undefined);
        failures -= 1;
        return Promise.resolve(UNAVAILABLE);
      },
    });
    expect(await desk.run(next(AFTER))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectUnharmed(desk);
  });

  test("the fills of the sells already: they are not counted twice", async () => {
    await warmDesk({ exchange: { multiplier: "4" } });
    desk.venue.faults.add(parseFault("lagging-numbers:power=0,positions=4000"));
    also(lateReading(1_500));
    expect(await desk.run(next(AFTER))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(readsBeforeLastOrder("/v2/account")).toBeGreaterThan(1);
    expect(desk.events.filter(({ text }) => text.includes("The equity went"))).toEqual([]);
    expectUnharmed(desk);
  });

  test("what was so more than 5 s before the last fill: the account is read again", async () => {
    await warmDesk();
    const until = desk.clock.monotonic() + 6_000;
    desk.exchange.gate = { mayFill: () => desk.clock.monotonic() >= until, mayCancel: () => true };
    expect(await desk.run(next(AFTER))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(readsBeforeLastOrder("/v2/stocks/snapshots")).toBe(2);
    expectUnharmed(desk);
  });

  test("a deposit that came before the alert: it is spent, and nothing is bought twice", async () => {
    await warmDesk();
    desk.exchange.transfer("5000");
    expect(await desk.run(next(AFTER))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(soldBeforeReading()).toBe(2);
    expect(desk.weights().BTAL).toBeGreaterThan(0.985);
    expectUnharmed(desk);
  });

  test.each([
    ["TQQQ", "3000"],
    ["UVXY", "4000"],
  ])("a deposit that came before the alert, and what %s brought: the deposit is spent, $%s of it too", async (first, dollars) => {
    await warmDesk();
    desk.exchange.transfer(dollars);
    const isFirstFilled = (): boolean =>
      [...desk.exchange.state.orders.values()].some(
        ({ side, symbol, filledAt }) => side === "sell" && symbol === first && filledAt !== undefined,
      );
    let isRead = false;
    desk.exchange.gate = { mayFill: ({ symbol }) => symbol === first || isRead, mayCancel: () => true };
    also({
      before: async ({ method, url }) => {
        if (method !== "GET" || !url.startsWith("/v2/account") || bodies.length === 0) return undefined;
        while (!isFirstFilled()) await desk.clock.sleep(5);
        return undefined;
      },
      after: (request, response) => {
        if (request.method === "GET" && request.url.startsWith("/v2/account") && bodies.length > 0) isRead = true;
        return Promise.resolve(response);
      },
    });
    expect(await desk.run(next(AFTER))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(soldBeforeReading()).toBe(2);
    expect(desk.exchange.state.cash.toNumber()).toBeLessThan(2_000);
    expect(desk.weights().BTAL).toBeGreaterThan(0.985);
    expectUnharmed(desk);
  });

  test("a deposit of more than half of the account that came before the alert: all of it is spent", async () => {
    await warmDesk();
    desk.exchange.transfer("60000");
    expect(await desk.run(next(AFTER))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(soldBeforeReading()).toBe(2);
    expect(desk.weights().BTAL).toBeGreaterThan(0.985);
    expect(book(desk).filter((line) => line.startsWith("buy BTAL"))).toHaveLength(2);
  });

  test("a deposit that comes after the first sell: it is left for the next run", async () => {
    await warmDesk();
    let came = false;
    also({
      after: (request, response) => {
        if (isPost(request) && !came) {
          came = true;
          desk.clock.after(50, () => desk.exchange.transfer("5000"));
        }
        return Promise.resolve(response);
      },
    });
    expect(await desk.run(next(AFTER))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(desk.exchange.state.cash.gte("5000")).toBe(true);
    expectUnharmed(desk);
  });

  test("trading that has stopped: a sell that did not arrive is not sent again", async () => {
    await warmDesk();
    also({
      before: (request) => {
        if (!isPost(request) || postedOrder(request).symbol !== "TQQQ") return Promise.resolve(undefined);
        desk.exchange.haltTrading();
        return Promise.resolve(TIMED_OUT);
      },
    });
    const result = await desk.run(next(AFTER));
    expect(result.kind === "concluded" && result.conclusion.reason).toMatch(/session|market/i);
    expect(bodies.filter(({ symbol }) => symbol === "TQQQ")).toHaveLength(1);
    expectUnharmed(desk);
  });

  test("less cash than before: only what is there is spent", async () => {
    await warmDesk();
    desk.exchange.transfer("-900");
    expect(await desk.run(next(AFTER))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectUnharmed(desk);
  });
});

test("a halt right before the sells stops them", async () => {
  await warmDesk();
  desk.halted = "by hand";
  expect(await desk.run(next(AFTER))).toMatchObject({ kind: "declined", verdict: "halted" });
  expect(requests).toEqual([]);
});
