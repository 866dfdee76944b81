import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { MarketPrices } from "../../../src/domain/broker.ts";
import { endedShort, goalAfter, isContinued } from "../../../src/execution/orders/attempts.ts";
import { DEFAULT_EXECUTION } from "../../../src/domain/execution-style.ts";
import { nextAttempt } from "../../../src/execution/orders/intents.ts";
import type { PricingFacts } from "../../../src/execution/styles/order-terms.ts";
import { priceOrder, termsProblem } from "../../../src/execution/styles/order-terms.ts";
import { saneQuote } from "../../../src/execution/styles/sane-quote.ts";
import { isOnTick, onTick } from "../../../src/execution/styles/tick.ts";
import type { IntentRecord, OrderTerms } from "../../../src/domain/ledger/orders.ts";
import type { Decimal } from "../../../src/domain/decimal.ts";
import { decimal, min, SHARE_DECIMALS, sum, truncate, ZERO } from "../../../src/domain/decimal.ts";

const NOW = Date.parse("2026-11-17T15:00:00Z");
const SETTINGS = DEFAULT_EXECUTION.limitOrders;
const EXECUTION = "00000000000000aa";

function prices(bid: string, ask: string, trade: string, change: Partial<MarketPrices> = {}): MarketPrices {
  return {
    trade: { price: decimal(trade), at: NOW },
    quote: { bid: decimal(bid), ask: decimal(ask), at: NOW },
    minuteBar: undefined,
    previousClose: undefined,
    ...change,
  };
}

/** A quote of BTAL, 0.2 % wide, that last changed so many milliseconds ago. */
function standing(age: number): MarketPrices {
  return prices("17.50", "17.53", "17.50", { quote: { bid: decimal("17.50"), ask: decimal("17.53"), at: NOW - age } });
}

function planned(change: Partial<IntentRecord>): IntentRecord {
  return {
    clientOrderId: `alpaca-trader-${EXECUTION}-buying-SMR-1`,
    executionId: EXECUTION,
    phase: "buying",
    symbol: "SMR",
    side: "buy",
    attempt: 1,
    quantity: undefined,
    notional: decimal("1000"),
    goal: { quantity: undefined, cost: decimal("1000"), inDollars: true },
    estimatedValue: decimal("1000"),
    worstCaseCost: decimal("1000"),
    fullExit: false,
    heldBefore: ZERO,
    recordedAt: NOW,
    state: "recorded",
    postedAt: undefined,
    acceptedAt: undefined,
    orderId: undefined,
    status: undefined,
    filledQuantity: ZERO,
    filledAveragePrice: undefined,
    filledAt: undefined,
    cancelRequestedAt: undefined,
    message: undefined,
    updatedAt: NOW,
    ...change,
  };
}

function facts(intent: IntentRecord, seen: MarketPrices | undefined, change: Partial<PricingFacts> = {}): PricingFacts {
  const base = { cutShort: 0, filledParts: 0, waitedMs: 0, minimum: decimal("5") };
  return { intent, prices: seen, now: NOW, settings: SETTINGS, ...base, ...change };
}

function termsOf(pricing: PricingFacts): OrderTerms {
  const result = priceOrder(pricing);
  if (result.kind !== "priced") throw new Error(`It was not priced: ${result.reason}`);
  expect(termsProblem(result.terms, pricing)).toBeUndefined();
  return result.terms;
}

describe("a sane quote", () => {
  test("gives the far side", () => {
    expect(saneQuote("buy", prices("38.5", "38.51", "38.5"), NOW, SETTINGS)).toMatchObject({ limit: decimal("38.51") });
    expect(saneQuote("sell", prices("38.5", "38.51", "38.5"), NOW, SETTINGS)).toMatchObject({ limit: decimal("38.5") });
  });

  test.each([
    ["one-sided", prices("0", "38.51", "38.5"), /one-sided/],
    ["without an ask", prices("38.5", "0", "38.5"), /one-sided/],
    ["crossed", prices("38.52", "38.51", "38.5"), /crossed/],
    ["too wide", prices("38.3", "38.8", "38.5"), /1\.30 % wide/],
    ["that fills at ten times the trade", prices("45", "455", "45"), /wide/],
    ["far above the last trade", prices("40.5", "40.51", "38.5"), /ask of 40\.51 is too far from the last trade at 38\.5/],
    ["of no trade", prices("38.5", "38.51", "38.5", { trade: undefined }), /no trade/],
    ["of the session before", standing(24 * 3_600_000), /of the session of 2026-11-16/],
    ["stamped a day ahead", standing(-24 * 3_600_000), /of the session of 2026-11-18/],
    ["that is missing", prices("38.5", "38.51", "38.5", { quote: undefined }), /no quote/],
  ] as const)("a quote %s is none for a buy", (_, seen, doubt) => {
    const judged = saneQuote("buy", seen, NOW, SETTINGS);
    expect(judged).toMatchObject({ doubt: expect.stringMatching(doubt) });
  });

  test("is measured by the middle of its quote where the last trade is a minute old and within 5 % of it", () => {
    const traded = (agoMs: number, price: string): MarketPrices =>
      prices("40.1", "40.11", price, { trade: { price: decimal(price), at: NOW - agoMs } });
    expect(saneQuote("buy", traded(61_000, "38.5"), NOW, SETTINGS)).toMatchObject({ limit: decimal("40.11") });
    expect(saneQuote("buy", traded(59_000, "38.5"), NOW, SETTINGS)).toHaveProperty("doubt");
    expect(saneQuote("buy", traded(61_000, "38.1"), NOW, SETTINGS)).toHaveProperty("doubt");
    expect(termsOf(facts(planned({}), traded(61_000, "38.5")))).toMatchObject({ limitPrice: decimal("40.11") });
  });

  test.each([
    ["45 s", 45_000],
    ["an hour", 3_600_000],
  ])("0.2 %% wide and unchanged for %s is as good as a new one: it still stands (trial 16)", (_, age) => {
    expect(saneQuote("buy", standing(age), NOW, SETTINGS)).toMatchObject({ limit: decimal("17.53") });
    expect(saneQuote("sell", standing(age), NOW, SETTINGS)).toMatchObject({ limit: decimal("17.5") });
  });

  test("one tick wide is as narrow as it can be, whatever part of a low price that is", () => {
    const narrow = { ...SETTINGS, maxSpread: decimal("0.005") };
    expect(saneQuote("buy", prices("1.96", "1.97", "1.96"), NOW, narrow)).toMatchObject({ limit: decimal("1.97") });
    expect(saneQuote("buy", prices("1.96", "1.98", "1.96"), NOW, narrow)).toMatchObject({ doubt: expect.stringMatching(/wide/) });
  });

  test("an ask far below the last trade is accepted for a buy", () => {
    expect(saneQuote("buy", prices("30", "30.01", "38.5"), NOW, SETTINGS)).toMatchObject({ limit: decimal("30.01") });
  });

  test("a bid far below the last trade is none for a sell", () => {
    expect(saneQuote("sell", prices("37.7", "37.71", "38.5"), NOW, SETTINGS)).toMatchObject({ doubt: expect.stringMatching(/bid/) });
  });
});

describe("ticks", () => {
  test.each([
    ["buy", "38.519", "38.51"],
    ["sell", "38.511", "38.52"],
    ["buy", "0.99999", "0.9999"],
    ["sell", "0.99991", "1"],
    ["buy", "1", "1"],
    ["sell", "38.5", "38.5"],
  ] as const)("a %s at %s has the limit %s", (side, price, limit) => {
    expect(onTick(decimal(price), side).toFixed()).toBe(limit);
    expect(isOnTick(decimal(limit))).toBe(true);
  });
});

describe("terms", () => {
  test("a buy in dollars becomes as many shares as they buy at the limit", () => {
    const terms = termsOf(facts(planned({}), prices("38.5", "38.51", "38.5")));
    expect(terms).toMatchObject({
      orderType: "limit",
      quantity: decimal("25.967281225"),
      limitPrice: decimal("38.51"),
      notional: undefined,
    });
    expect(terms.worstCaseCost.lte("1000")).toBe(true);
  });

  test("a buy below a dollar has a limit of four decimals", () => {
    expect(termsOf(facts(planned({}), prices("0.5432", "0.5435", "0.5433"))).limitPrice?.toFixed()).toBe("0.5435");
  });

  test("a buy in dollars that comes to whole shares buys fractions all the same when the price has moved", () => {
    const round = planned({ goal: { quantity: decimal("100"), cost: decimal("3850"), inDollars: true } });
    expect(termsOf(facts(round, prices("38.8", "38.81", "38.8"))).quantity?.toFixed()).toBe("99.201236794");
  });

  test("whole shares stay whole when the money no longer reaches for all", () => {
    const whole = planned({
      quantity: decimal("25"),
      notional: undefined,
      goal: { quantity: decimal("25"), cost: decimal("950"), inDollars: false },
    });
    expect(termsOf(facts(whole, prices("38.5", "38.51", "38.5"))).quantity?.toFixed()).toBe("24");
  });

  test("the last market order for whole shares loses none to an ask a little above the price that they were planned at", () => {
    const goal = { quantity: decimal("4"), cost: decimal("512.72"), inDollars: false };
    const whole = planned({ quantity: decimal("4"), notional: undefined, estimatedValue: decimal("493"), goal });
    const terms = termsOf(facts(whole, prices("123.26", "123.27", "123.27"), { cutShort: 4 }));
    expect(terms).toMatchObject({ orderType: "market", quantity: decimal("4"), worstCaseCost: decimal("512.72") });
  });

  test("a market order for fewer whole shares than its goal has not done its part, nor one of which nothing was filled", () => {
    const goal = { quantity: decimal("4"), cost: decimal("512.72"), inDollars: false };
    const ended = { state: "done", status: "filled", orderType: "market", limitPrice: undefined, notional: undefined, goal } as const;
    const sent = (quantity: string): IntentRecord =>
      planned({ ...ended, quantity: decimal(quantity), filledQuantity: decimal(quantity), filledAveragePrice: decimal("128") });
    expect(endedShort(sent("3"), decimal("5"))).toBe(true);
    expect(endedShort(sent("4"), decimal("5"))).toBe(false);
    expect(endedShort(planned({ ...ended, status: "canceled", quantity: decimal("4") }), decimal("5"))).toBe(true);
  });

  test("whole shares that the money does not reach for are left alone for lack of cash", () => {
    const whole = planned({
      quantity: decimal("1"),
      notional: undefined,
      goal: { quantity: decimal("1"), cost: decimal("38"), inDollars: false },
    });
    expect(priceOrder(facts(whole, prices("38.5", "38.51", "38.5")))).toMatchObject({ kind: "leave", leftAlone: "insufficient-cash" });
  });

  test("the last market order of a buy is bounded by its dollars and its shares", () => {
    const rest = planned({ goal: { quantity: decimal("10.5"), cost: decimal("500"), inDollars: true } });
    const dear = termsOf(facts(rest, prices("48", "48.01", "48"), { cutShort: 4 }));
    expect(dear).toMatchObject({ orderType: "market", notional: decimal("500"), quantity: undefined, limitPrice: undefined });
    expect(termsOf(facts(rest, prices("38.5", "38.51", "38.5"), { cutShort: 4 })).notional?.toFixed()).toBe("404.35");
  });

  test("terms that break a rule are found, each by itself", () => {
    const pricing = facts(
      planned({ goal: { quantity: decimal("10"), cost: decimal("400"), inDollars: true } }),
      prices("38.5", "38.51", "38.5"),
    );
    const good = termsOf(pricing);
    const problem = (change: Partial<OrderTerms>): string | undefined => termsProblem({ ...good, ...change }, pricing);
    expect(problem({})).toBeUndefined();
    expect(problem({ quantity: decimal("10.000000001") })).toMatch(/more shares/);
    expect(problem({ quantity: undefined })).toMatch(/exactly one/);
    expect(problem({ quantity: ZERO })).toMatch(/not positive/);
    expect(problem({ limitPrice: undefined })).toMatch(/needs a limit/);
    expect(problem({ limitPrice: decimal("38.515") })).toMatch(/tick/);
    expect(problem({ limitPrice: decimal("39.3"), quantity: decimal("9") })).toMatch(/outside the collar/);
    expect(problem({ limitPrice: decimal("40.01") })).toMatch(/costs more/);
    expect(problem({ orderType: "market", limitPrice: undefined, quantity: undefined, notional: decimal("400.01") })).toMatch(
      /more dollars/,
    );
  });
});

/** Plays a planned trade to its end against a market that does what it likes, and gives the attempts. */
function play(
  first: IntentRecord,
  moves: readonly Move[],
  rules = { repegMs: 5_000, repegs: 3, then: "market" as const, minimum: decimal("5") },
): IntentRecord[] {
  const attempts: IntentRecord[] = [];
  const ledger = {
    intent: (id: string) => attempts.find(({ clientOrderId }) => clientOrderId === id),
    intentsOfSignal: () => attempts,
    pinnedAccount: () => undefined,
  };
  let current = first;
  for (const move of moves) {
    const done = attempts.filter(({ status }) => status === "filled").length;
    const pricing = priceOrder(
      facts(current, marketOf(move), {
        cutShort: attempts.length - done,
        filledParts: done,
        settings: { ...SETTINGS, sliceShare: move.slice },
      }),
    );
    if (pricing.kind === "wait") continue;
    if (pricing.kind === "leave") break;
    attempts.push(ended(current, pricing.terms, move));
    const last = attempts.at(-1)!;
    if (!isContinued(last, attempts, rules)) break;
    const next = nextAttempt(ledger, last, EXECUTION, NOW);
    current = { ...planned({}), ...next, state: "recorded", orderType: undefined };
  }
  return attempts;
}

interface Move {
  readonly cents: number;
  readonly spread: number;
  /** Thousandths of the order that are filled before it is cancelled. */
  readonly filled: number;
  readonly volume: number;
  readonly slice: Decimal | undefined;
}

function marketOf({ cents, spread, volume }: Move): MarketPrices {
  const [bid, ask] = [cents, cents + spread].map((each) => (each / 100).toFixed(2));
  return prices(bid ?? "", ask ?? "", bid ?? "", { dayVolume: decimal(String(volume)) });
}

function ended(intent: IntentRecord, terms: OrderTerms, { filled, cents, spread }: Move): IntentRecord {
  const far = decimal(((cents + (intent.side === "buy" ? spread : 0)) / 100).toFixed(2));
  const asked = terms.quantity ?? truncate((terms.notional ?? ZERO).div(far), SHARE_DECIMALS);
  const quantity = filled >= 1_000 ? asked : truncate(asked.times(decimal(String(filled))).div("1000"), SHARE_DECIMALS);
  const whole = quantity.eq(asked);
  const status = whole ? "filled" : "canceled";
  return {
    ...intent,
    ...terms,
    state: "done",
    status,
    cancelRequestedAt: whole ? undefined : NOW,
    filledQuantity: quantity,
    filledAveragePrice: far,
  };
}

const move: fc.Arbitrary<Move> = fc.record({
  cents: fc.integer({ min: 120, max: 9_000 }),
  spread: fc.integer({ min: 0, max: 3 }),
  filled: fc.integer({ min: 0, max: 1_400 }),
  volume: fc.integer({ min: 0, max: 100_000 }),
  slice: fc.constantFrom(undefined, decimal("0.001"), decimal("0.05")),
});
const moves = fc.array(move, { minLength: 1, maxLength: 40 });

describe("all attempts together", () => {
  test("never sell more than was planned, and never in more than forty orders", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 ** 9 }), fc.boolean(), moves, (digits, fullExit, all) => {
        const quantity = decimal(String(digits)).div("1000");
        const sell = {
          phase: "selling",
          side: "sell",
          quantity,
          notional: undefined,
          fullExit,
          goal: { quantity, cost: undefined, inDollars: false },
        } as const;
        const clientOrderId = `alpaca-trader-${EXECUTION}-selling-SMR-1`;
        const attempts = play(planned({ ...sell, clientOrderId, heldBefore: quantity, worstCaseCost: ZERO }), all);
        const filled = sum(attempts.map(({ filledQuantity }) => filledQuantity));
        expect(filled.lte(quantity)).toBe(true);
        expect(attempts.length).toBeLessThanOrEqual(40);
        for (const { quantity: asked = ZERO, heldBefore } of attempts) expect(asked.lte(heldBefore)).toBe(true);
      }),
      { seed: 7, numRuns: 1_500 },
    );
  });

  test("never buy for more than the planned dollars, even if every one of them is filled at its worst", () => {
    fc.assert(
      fc.property(fc.integer({ min: 500, max: 10 ** 8 }), moves, (cents, all) => {
        const cost = decimal(String(cents)).div("100");
        const attempts = play(
          planned({ notional: cost, estimatedValue: cost, worstCaseCost: cost, goal: { quantity: undefined, cost, inDollars: true } }),
          all,
        );
        const spent = sum(attempts.map(({ filledQuantity, filledAveragePrice = ZERO }) => filledQuantity.times(filledAveragePrice)));
        const [open] = attempts.slice(-1);
        const before = spent.minus((open?.filledQuantity ?? ZERO).times(open?.filledAveragePrice ?? ZERO));
        expect(before.plus(open?.worstCaseCost ?? ZERO).lte(cost)).toBe(true);
        expect(spent.lte(cost)).toBe(true);
        const limits = attempts.filter(({ orderType }) => orderType === "limit");
        const shares = sum(limits.map(({ filledQuantity }) => filledQuantity));
        expect(shares.lte(attempts[0]?.goal?.quantity ?? ZERO)).toBe(true);
      }),
      { seed: 11, numRuns: 1_500 },
    );
  });

  test("end with what was planned when the market fills them", () => {
    const calm = { cents: 3_850, spread: 1, volume: 1_000_000, slice: undefined };
    const attempts = play(planned({}), [
      { ...calm, filled: 300 },
      { ...calm, filled: 0 },
      { ...calm, filled: 1_000 },
    ]);
    expect(attempts.map(({ status, attempt }) => [attempt, status])).toEqual([
      [1, "canceled"],
      [2, "canceled"],
      [3, "filled"],
    ]);
    const last = attempts.at(-1)!;
    expect(endedShort(last, decimal("5"))).toBe(false);
    expect(min(goalAfter(last).cost ?? ZERO, decimal("0.05")).lt("0.05")).toBe(true);
  });
});
