import { afterEach, describe, expect, test } from "@jest/globals";
import type { LimitOrderSettings } from "../../src/domain/execution-style.ts";
import type { IntentRecord } from "../../src/domain/ledger/orders.ts";
import { decimal, sum } from "../../src/domain/decimal.ts";
import type { Interceptor } from "../../src/simulator/venue.ts";
import { afterFirstPost, both, isCancel, isPost, isRead, postedOrder, spoiledSnapshot } from "./faults.ts";
import { limitStyle } from "./limit-style.ts";
import { book, HEDGE, HELD, INVESTED, expectHoldings, expectUnharmed, intentsOf, passUntil } from "./scenario.ts";
import type { DeskOptions } from "./virtual-desk.ts";
import { signalOf, TUESDAY_10_00, VirtualDesk } from "./virtual-desk.ts";

let desk: VirtualDesk;

afterEach(() => desk.close());

function open(change: Partial<LimitOrderSettings> = {}, options: DeskOptions = {}): void {
  desk = new VirtualDesk({ ...options, execution: limitStyle(change) });
}

/** What the venue was asked for, in that order: `limit sell TQQQ 10 @ 84.98`. */
function asked(symbol?: string): string[] {
  return [...desk.exchange.state.orders.values()]
    .filter((order) => symbol === undefined || order.symbol === symbol)
    .map(({ type, side, symbol: name, quantity, notional, limitPrice }) => {
      const amount = quantity?.toFixed() ?? `$${notional?.toFixed() ?? ""}`;
      return `${type} ${side} ${name} ${amount}${limitPrice === undefined ? "" : ` @ ${limitPrice.toFixed()}`}`;
    });
}

function attempts(symbol: string): IntentRecord[] {
  return intentsOf(desk).filter((intent) => intent.symbol === symbol);
}

function filledShares(symbol: string): string {
  return sum(attempts(symbol).map(({ filledQuantity }) => filledQuantity)).toFixed();
}

/** Changes the market right after the daemon has seen the quotes for the first time. */
function afterQuotes(change: () => void): Interceptor {
  let done = false;
  return {
    after: (request, response) => {
      if (!done && isRead(request, "/v2/stocks/snapshots")) {
        done = true;
        desk.clock.after(0, change);
      }
      return Promise.resolve(response);
    },
  };
}

test("a sell without a sane quote holds back none of the buys that the cash allows", async () => {
  const positions = [{ symbol: "SMR", quantity: decimal("1000"), averagePrice: decimal("40") }];
  desk = new VirtualDesk({
    exchange: { cash: decimal("60000"), positions },
    execution: limitStyle({ withoutQuote: "leave" }),
    executionDeadlineSeconds: 60,
  });
  desk.exchange.setQuote("SMR", "0", "40");
  await desk.run(signalOf(desk.clock, { TQQQ: "1" }));
  expect(book(desk)).toEqual(["buy TQQQ filled"]);
  expect(desk.weights().TQQQ).toBeGreaterThan(0.55);
  expectUnharmed(desk);
});

describe("a marketable limit", () => {
  test("is filled at once, buys at the ask, for no more than the dollars planned", async () => {
    open();
    expect(await desk.run(signalOf(desk.clock, { SMR: "0.6", LEU: "0.4" }))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(asked()).toEqual(["limit buy LEU 191.276626575 @ 207.03", "limit buy SMR 1542.456504803 @ 38.51"]);
    expectHoldings(desk, { SMR: "0.6", LEU: "0.4" });
    expect(desk.exchange.state.cash.gte("1000")).toBe(true);
  });

  test("sells at the bid, the whole position by its exact quantity, before it buys", async () => {
    open({}, INVESTED);
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(asked().slice(0, 2)).toEqual(["limit sell SMR 300.5 @ 38.5", "limit sell TQQQ 1000.123456789 @ 84.99"]);
    expect(
      asked()
        .slice(2)
        .every((order) => order.startsWith("limit buy")),
    ).toBe(true);
    expectHoldings(desk, HEDGE);
  });

  test("does not wait for the quote of another, which would make its own old", async () => {
    open({}, INVESTED);
    const absent = spoiledSnapshot(
      "SMR",
      () => undefined,
      () => !late,
    );
    let late = false;
    desk.venue.interceptor = both(absent, {
      before: async ({ url }) => {
        if (!url.endsWith("/v2/stocks/snapshots?symbols=SMR") || late) return undefined;
        late = true;
        await desk.clock.sleep(6_000);
        return undefined;
      },
    });
    const begun = desk.clock.now();
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(late).toBe(true);
    const [sold] = attempts("TQQQ");
    expect(sold!.postedAt! - begun).toBeLessThan(1_000);
  });

  test("is sent though every answer of the data service takes three seconds", async () => {
    open({}, INVESTED);
    desk.venue.interceptor = {
      before: async (request) => {
        if (isRead(request, "/v2/stocks/snapshots")) await desk.clock.sleep(3_000);
        return undefined;
      },
    };
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, HEDGE);
  });

  test("on a wrong clock, an answer of the venue's that was long on its way makes no quote one of another session", async () => {
    open({ repegMs: 2_000, repegs: 0, withoutQuote: "leave" }, INVESTED);
    desk.skewMs = 157_000;
    let slow = true;
    desk.venue.interceptor = {
      before: async ({ url }) => {
        if (!slow || !url.startsWith("/v2/clock") || desk.orders().some(({ status }) => status !== "filled") || asked().length < 2)
          return undefined;
        slow = false;
        await desk.clock.sleep(4_000);
        return undefined;
      },
    };
    const at = desk.clock.now() + desk.skewMs;
    const signal = signalOf(desk.clock, HEDGE, { generatedAt: at, oldestStamp: at, arrivedAt: at });
    expect(await desk.run(signal)).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(slow).toBe(false);
    expectHoldings(desk, HEDGE);
  });

  test("keeps whole shares whole, and within what the plan may spend on them", async () => {
    open({}, { exchange: { prices: { FNGU: "31" } } });
    expect(await desk.run(signalOf(desk.clock, { FNGU: "0.9" }))).toMatchObject({ conclusion: { outcome: "on-target" } });
    const [intent] = attempts("FNGU");
    expect(intent?.quantity?.toFixed()).toMatch(/^\d+$/);
    expect(desk.exchange.state.cash.gt("0")).toBe(true);
  });

  test("records the quote that it was sent on, and so does a market order", async () => {
    open();
    await desk.run(signalOf(desk.clock, { SMR: "1" }));
    expect(attempts("SMR")[0]?.quote).toMatchObject({ bid: decimal("38.5"), ask: decimal("38.51") });
    await desk.close();
    desk = new VirtualDesk();
    await desk.run(signalOf(desk.clock, { SMR: "1" }));
    expect(attempts("SMR")[0]).toMatchObject({
      orderType: "market",
      goal: undefined,
      quote: { bid: decimal("38.5"), ask: decimal("38.51") },
    });
  });

  test("does not pay an absurd ask that comes up when it is on its way; a market order does", async () => {
    const gap = afterQuotes(() => desk.exchange.setQuote("SMR", "38.5", "385"));
    open({ then: "leave" }, { executionDeadlineSeconds: 90 });
    desk.venue.interceptor = gap;
    expect(await desk.run(signalOf(desk.clock, { SMR: "1" }))).toMatchObject({ conclusion: { outcome: "incomplete" } });
    expect(desk.exchange.state.cash.toFixed()).toBe("100000");
    await desk.close();

    desk = new VirtualDesk();
    desk.venue.interceptor = afterQuotes(() => desk.exchange.setQuote("SMR", "38.5", "385"));
    await desk.run(signalOf(desk.clock, { SMR: "1" }));
    expect(attempts("SMR")[0]?.filledAveragePrice?.toFixed()).toBe("385");
  });
});

describe("what is not filled in time", () => {
  test("is held against the shares once more where its next quote was slow: what is gone is not sold", async () => {
    open({}, { ...INVESTED, orderTimeoutSeconds: 300 });
    desk.exchange.gate = { mayFill: ({ symbol }) => symbol !== "SMR", mayCancel: () => true };
    const sold: string[] = [];
    let isSlow = false;
    desk.venue.interceptor = {
      before: async (request) => {
        if (isPost(request) && postedOrder(request).side === "sell") sold.push(postedOrder(request).symbol);
        if (!isSlow || !isRead(request, "/v2/stocks/snapshots")) return undefined;
        isSlow = false;
        desk.clock.after(3_000, () => desk.exchange.state.positions.delete("SMR"));
        await desk.clock.sleep(8_000);
        return undefined;
      },
    };
    const running = desk.start(signalOf(desk.clock, HEDGE));
    await desk.clock.advance(1_000);
    isSlow = true;
    expect(await desk.clock.until(running)).toMatchObject({ kind: "concluded" });
    expect(sold.sort()).toEqual(["SMR", "TQQQ"]);
    expectUnharmed(desk);
  });

  const PIECES = { partialFillProbability: 1, partialFillSteps: 2, partialFillIntervalMs: 600_000 };

  test("is cancelled, and only the rest is sent again, at the quote of then", async () => {
    open({}, { exchange: { ...INVESTED.exchange, ...PIECES } });
    desk.venue.interceptor = afterFirstPost("TQQQ", (response) => {
      desk.clock.after(1_000, () => {
        desk.exchange.setPrice("TQQQ", "84.5");
        desk.exchange.setExecutionModel({ partialFillProbability: 0 });
      });
      return response;
    });
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
    const [first, second, ...others] = attempts("TQQQ");
    expect(others).toEqual([]);
    expect(first).toMatchObject({ status: "canceled", attempt: 1 });
    expect(second).toMatchObject({ status: "filled", attempt: 2, clientOrderId: "alpaca-trader-00000000000000aa-selling-TQQQ-2" });
    expect(second?.quantity?.toFixed()).toBe(first?.quantity?.minus(first.filledQuantity).toFixed());
    expect(second?.limitPrice?.toFixed()).toBe("84.49");
    expect(second?.heldBefore.toFixed()).toBe(first?.heldBefore.minus(first.filledQuantity).toFixed());
    expect(filledShares("TQQQ")).toBe("1000.123456789");
    expectHoldings(desk, HEDGE);
  });

  test("is not sent again before its cancel has taken effect, and what was filled until then counts", async () => {
    open({}, INVESTED);
    desk.exchange.setExecutionModel({ cancelLatencyMs: 3_000 });
    desk.venue.interceptor = both(
      afterFirstPost("TQQQ", (response) => {
        desk.exchange.setQuote("TQQQ", "84", "84.02");
        return response;
      }),
      {
        after: (request, response) => {
          if (isCancel(request)) desk.clock.after(1_000, () => desk.exchange.setPrice("TQQQ", "85"));
          return Promise.resolve(response);
        },
      },
    );
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(asked("TQQQ")).toEqual(["limit sell TQQQ 1000.123456789 @ 84.99"]);
    expect(attempts("TQQQ")).toMatchObject([{ status: "filled", attempt: 1 }]);
    expectHoldings(desk, HEDGE);
  });

  test("goes to the market in the end, on a sane quote", async () => {
    open({ repegs: 2 }, { exchange: { ...INVESTED.exchange, ...PIECES } });
    desk.venue.interceptor = {
      after: (request, response) => {
        if (isPost(request) && postedOrder(request).type === "market") desk.exchange.setExecutionModel({ partialFillProbability: 0 });
        return Promise.resolve(response);
      },
    };
    expect(await desk.run(signalOf(desk.clock, { TQQQ: "0.9" }))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(attempts("SMR").map(({ orderType }) => orderType)).toEqual(["limit", "limit", "limit", "market"]);
    expect(filledShares("SMR")).toBe("300.5");
  });

  test("stays as it is in the end, where that is set, and the execution says so", async () => {
    open({ repegs: 1, then: "leave" }, { exchange: { ...INVESTED.exchange, ...PIECES }, executionDeadlineSeconds: 45 });
    const result = await desk.run(signalOf(desk.clock, { TQQQ: "0.9" }));
    expect(result).toMatchObject({ conclusion: { outcome: "incomplete" } });
    expect(result.kind === "concluded" && result.conclusion.reason).toMatch(/Not filled to plan: sell SMR: canceled with .* shares/);
    expect(new Set(attempts("SMR").map(({ orderType, status }) => `${orderType} ${status ?? ""}`))).toEqual(new Set(["limit canceled"]));
  });

  test("is not sent again when somebody else has cancelled it", async () => {
    open({}, INVESTED);
    desk.venue.interceptor = afterFirstPost("TQQQ", (response) => {
      desk.exchange.setQuote("TQQQ", "84", "84.02");
      const { id } = JSON.parse(response.body) as { id: string };
      desk.clock.after(1_000, () => desk.exchange.cancel(id));
      return response;
    });
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "incomplete" } });
    expect(attempts("TQQQ")).toMatchObject([{ status: "canceled", attempt: 1 }]);
  });

  test("is not sent again after a halt", async () => {
    open({}, INVESTED);
    desk.venue.interceptor = afterFirstPost("TQQQ", (response) => {
      desk.exchange.setQuote("TQQQ", "84", "84.02");
      desk.clock.after(4_990, () => (desk.halted = "by hand"));
      return response;
    });
    const result = await desk.run(signalOf(desk.clock, HEDGE));
    expect(result).toMatchObject({ conclusion: { outcome: "incomplete" } });
    expect(result.kind === "concluded" && result.conclusion.reason).toContain("halted");
    expect(asked("TQQQ")).toHaveLength(1);
  });

  test("is handled by the next start after a kill, in the style in which it began", async () => {
    open({}, { exchange: { ...INVESTED.exchange, ...PIECES } });
    void desk.start(signalOf(desk.clock, HEDGE)).catch(() => undefined);
    await passUntil(desk, () => attempts("TQQQ")[0]?.status === "canceled");
    desk.exchange.setExecutionModel({ partialFillProbability: 0 });
    await desk.restart(undefined, { execution: { ...limitStyle(), style: "market" } });
    expect(await desk.recover()).toMatchObject([{ conclusion: { outcome: "on-target" } }]);
    expect(filledShares("TQQQ")).toBe("1000.123456789");
    expect(attempts("TQQQ").map(({ orderType }) => orderType)).toEqual(["limit", "limit"]);
    expectHoldings(desk, HEDGE);
  });
});

describe("without a sane quote", () => {
  const olderBy = (quote: Record<string, unknown>, ms: number): Record<string, unknown> => ({
    ...quote,
    t: new Date(Date.parse(String(quote.t)) - ms).toISOString(),
  });
  const HIDDEN: Record<string, (quote: Record<string, unknown>) => Record<string, unknown> | undefined> = {
    "a one-sided quote": (quote) => ({ ...quote, bp: 0 }),
    "a quote that is 5 % wide": (quote) => ({ ...quote, ap: Number(quote.bp) * 1.05 }),
    "a crossed quote": (quote) => ({ ...quote, ap: Number(quote.bp) - 0.02 }),
    "a quote of the session before": (quote) => olderBy(quote, 86_400_000),
    "a quote far from the last trade": (quote) => ({ ...quote, bp: 19.6, ap: 19.62 }),
    "no quote": () => undefined,
  };

  test.each(Object.entries(HIDDEN))("%s leaves the symbol alone, named, and nothing of it is sent", async (_, spoil) => {
    open({}, { executionDeadlineSeconds: 120 });
    desk.venue.interceptor = spoiledSnapshot("BTAL", ({ latestQuote, ...snapshot }) => ({
      ...snapshot,
      latestQuote: spoil(latestQuote as Record<string, unknown>),
    }));
    const result = await desk.run(signalOf(desk.clock, HEDGE));
    expect(result).toMatchObject({ conclusion: { outcome: "incomplete" } });
    expect(result.kind === "concluded" && result.conclusion.reason).toMatch(/deadline.*BTAL.*quote/);
    expect(asked("BTAL")).toEqual([]);
    expect(new Set(attempts("BTAL").map(({ state }) => state))).toEqual(new Set(["dropped"]));
    expect(attempts("BTAL")[0]?.code).toBe("quote-doubt");
    expect(attempts("UVXY")).toMatchObject([{ status: "filled" }]);
  });

  test.each([
    ["45 s", 45_000],
    ["an hour", 3_600_000],
  ])("a quote that has stood unchanged for %s is a sane one (trial 16)", async (_, ms) => {
    open();
    desk.venue.interceptor = spoiledSnapshot("BTAL", (shown) => ({
      ...shown,
      latestQuote: olderBy(shown.latestQuote as Record<string, unknown>, ms),
    }));
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, HEDGE);
  });

  test("the order waits for one, as long as its limits would have been tried", async () => {
    open({ repegMs: 5_000, repegs: 3 });
    let spoiled = true;
    desk.venue.interceptor = spoiledSnapshot(
      "BTAL",
      (snapshot) => ({ ...snapshot, latestQuote: undefined }),
      () => spoiled,
    );
    desk.clock.after(15_000, () => (spoiled = false));
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, HEDGE);
  });

  test("a market order goes out in the end, where that is set", async () => {
    open({ withoutQuote: "market" });
    desk.venue.interceptor = spoiledSnapshot("BTAL", (snapshot) => ({ ...snapshot, latestQuote: undefined }));
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(asked("BTAL")).toEqual(["market buy BTAL $24750"]);
  });

  test("the rest after the last limit does not go to the market either", async () => {
    open(
      { repegs: 0 },
      { exchange: { partialFillProbability: 1, partialFillSteps: 2, partialFillIntervalMs: 600_000 }, executionDeadlineSeconds: 120 },
    );
    desk.venue.interceptor = afterFirstPost("BTAL", (response) => {
      desk.clock.after(1_000, () => desk.exchange.setQuote("BTAL", "19", "190"));
      return response;
    });
    const result = await desk.run(signalOf(desk.clock, { BTAL: "1" }));
    expect(result).toMatchObject({ conclusion: { outcome: "incomplete" } });
    expect(result.kind === "concluded" && result.conclusion.reason).toMatch(/deadline.*BTAL.*quote/);
    expect(asked("BTAL")).toHaveLength(1);
  });

  test("nothing is queued for the open", async () => {
    open({}, { startAt: TUESDAY_10_00 - 60 * 60_000 });
    const result = await desk.run(signalOf(desk.clock, HEDGE), { ignoreMarketHours: true });
    expect(result).toMatchObject({ kind: "declined", verdict: "market-closed" });
    expect(asked()).toEqual([]);
  });

  test("market orders are queued for the open, where that is set", async () => {
    open({ withoutQuote: "market" }, { startAt: TUESDAY_10_00 - 60 * 60_000 });
    expect(await desk.run(signalOf(desk.clock, HEDGE), { ignoreMarketHours: true })).toMatchObject({ conclusion: { outcome: "queued" } });
    expect(asked().every((order) => order.startsWith("market buy"))).toBe(true);
  });
});

describe("an order that is large for its market", () => {
  function traded(symbol: string, volume: number): Interceptor {
    const bar = (value: unknown): Record<string, unknown> => ({ ...(value as Record<string, unknown>), v: volume });
    return spoiledSnapshot(symbol, (snapshot) => ({
      ...snapshot,
      dailyBar: bar(snapshot.dailyBar),
      prevDailyBar: bar(snapshot.prevDailyBar),
    }));
  }

  test("is sent in parts, one after the other, and none is larger than its share of a day's volume", async () => {
    open({ sliceShare: decimal("0.01") }, { exchange: { cash: decimal("12"), positions: HELD } });
    desk.venue.interceptor = traded("TQQQ", 40_000);
    const begun = desk.clock.monotonic();
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(attempts("TQQQ").map(({ quantity }) => quantity?.toFixed())).toEqual(["400", "400", "200.123456789"]);
    expect(attempts("TQQQ").every(({ status }) => status === "filled")).toBe(true);
    expect(desk.clock.monotonic() - begun).toBeGreaterThan(10_000);
    expectHoldings(desk, HEDGE);
  });

  test("has its other parts sent when the run is taken up after a halt, where only whole shares trade", async () => {
    open({ sliceShare: decimal("0.01") });
    desk.exchange.setAsset("BTAL", { fractionable: false });
    desk.venue.interceptor = both(
      traded("BTAL", 100_000),
      afterFirstPost("BTAL", (response) => {
        desk.clock.after(500, () => (desk.halted = "by hand"));
        return response;
      }),
    );
    const signal = signalOf(desk.clock, { BTAL: "0.4", TQQQ: "0.4" });
    const stopped = await desk.run(signal);
    expect(stopped).toMatchObject({ conclusion: { outcome: "incomplete", mayGoOn: true } });
    expect(filledShares("BTAL")).toBe("1000");
    desk.halted = undefined;
    expect(await desk.run(signal, { takeUp: "fresh" })).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, { BTAL: "0.4", TQQQ: "0.4" });
  });

  test("is sent in ten parts at most", async () => {
    open({}, INVESTED);
    desk.venue.interceptor = traded("TQQQ", 100);
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(attempts("TQQQ")).toHaveLength(10);
    expect(filledShares("TQQQ")).toBe("1000.123456789");
  });

  test("goes whole where slicing is off, and where the volume is not known", async () => {
    open({ sliceShare: undefined }, INVESTED);
    desk.venue.interceptor = traded("TQQQ", 100);
    await desk.run(signalOf(desk.clock, HEDGE));
    expect(attempts("TQQQ")).toHaveLength(1);
    await desk.close();
    open({}, INVESTED);
    desk.venue.interceptor = spoiledSnapshot("TQQQ", (snapshot) => ({ ...snapshot, dailyBar: null, prevDailyBar: null }));
    await desk.run(signalOf(desk.clock, HEDGE));
    expect(attempts("TQQQ")).toHaveLength(1);
  });
});
