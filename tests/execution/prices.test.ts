import { afterEach, describe, expect, test } from "@jest/globals";
import type { Interceptor } from "../../src/simulator/venue.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { both, isPost, isRead, spoiledSnapshot, UNAVAILABLE } from "./faults.ts";
import { book, expectHoldings, expectSwitched, HEDGE, INVESTED } from "./scenario.ts";
import { signalOf, VirtualDesk } from "./virtual-desk.ts";

let desk: VirtualDesk;

afterEach(() => desk.close());

type Snapshot = Record<string, unknown>;

const trade = (snapshot: Snapshot, p: number): Snapshot => ({ ...(snapshot.latestTrade as Snapshot), p });
const quote = (snapshot: Snapshot, bp: number, ap: number): Snapshot => ({ ...(snapshot.latestQuote as Snapshot), bp, ap });

const DOUBTFUL: [string, (snapshot: Snapshot) => Snapshot][] = [
  [
    "a one-sided quote and a trade that nothing confirms",
    (shown) => ({ ...shown, latestTrade: trade(shown, 120), latestQuote: quote(shown, 0, 120), minuteBar: null }),
  ],
  [
    "an absurdly wide quote and a trade that nothing confirms",
    (shown) => ({ ...shown, latestTrade: trade(shown, 120), latestQuote: quote(shown, 60, 180), minuteBar: null }),
  ],
  [
    "an inverted quote and a trade of zero",
    (shown) => ({ ...shown, latestTrade: trade(shown, 0), latestQuote: quote(shown, 90, 80), minuteBar: null }),
  ],
];

/** Most of TQQQ stays, so that its price decides how many shares are sold. */
const TRIMMED = { TQQQ: "0.6", BTAL: "0.4" };

describe.each(DOUBTFUL)("a held symbol with %s", (_, spoil) => {
  test("of which a part is to be sold is read again for 15 s; then it is a price doubt and no order is sent", async () => {
    desk = new VirtualDesk(INVESTED);
    desk.venue.interceptor = spoiledSnapshot("TQQQ", spoil);
    const signal = signalOf(desk.clock, TRIMMED);
    const start = desk.clock.monotonic();
    expect(await desk.run(signal)).toMatchObject({ kind: "declined", verdict: "price-doubt" });
    expect(desk.clock.monotonic() - start).toBeGreaterThanOrEqual(15_000);
    expect(book(desk)).toEqual([]);
    desk.venue.interceptor = {};
    expect(await desk.run(signal)).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, TRIMMED);
  });

  test("that recovers after 3 s is executed", async () => {
    desk = new VirtualDesk(INVESTED);
    const start = desk.clock.monotonic();
    desk.venue.interceptor = spoiledSnapshot("TQQQ", spoil, () => desk.clock.monotonic() - start < 3_000);
    expect(await desk.run(signalOf(desk.clock, TRIMMED))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, TRIMMED);
  });

  test("that is sold whole waits for nothing: no price decides how many shares", async () => {
    desk = new VirtualDesk(INVESTED);
    desk.venue.interceptor = spoiledSnapshot("TQQQ", spoil);
    const start = desk.clock.monotonic();
    expectSwitched(desk, await desk.run(signalOf(desk.clock, HEDGE)));
    expect(desk.clock.monotonic() - start).toBeLessThan(10_000);
  });
});

describe("between the phases, an equity that does not agree with cash and positions", () => {
  /** From the sells on the account shows a third more than there is, for so long. */
  function overstated(forMs: number): Interceptor {
    let since: number | undefined;
    return {
      after: (request, response) => {
        if (isPost(request)) since ??= desk.clock.monotonic();
        if (since === undefined || !isRead(request, "/v2/account") || desk.clock.monotonic() - since > forMs)
          return Promise.resolve(response);
        const account = JSON.parse(response.body) as { equity: string };
        return Promise.resolve({ ...response, body: JSON.stringify({ ...account, equity: String(Number(account.equity) * 1.33) }) });
      },
    };
  }

  test("is read again, and the buys are made when it agrees", async () => {
    desk = new VirtualDesk(INVESTED);
    desk.venue.interceptor = overstated(6_000);
    expectSwitched(desk, await desk.run(signalOf(desk.clock, HEDGE)));
  });

  test("for a minute: the buys are made when it agrees", async () => {
    desk = new VirtualDesk(INVESTED);
    desk.venue.interceptor = overstated(60_000);
    expectSwitched(desk, await desk.run(signalOf(desk.clock, HEDGE)));
  });

  test("until the deadline leaves the account sold, incomplete and said so", async () => {
    desk = new VirtualDesk({ ...INVESTED, executionDeadlineSeconds: 60 });
    desk.venue.interceptor = overstated(90_000);
    const result = await desk.run(signalOf(desk.clock, HEDGE));
    expect(result).toMatchObject({ conclusion: { outcome: "incomplete" } });
    expect(result.kind === "concluded" && result.conclusion.reason).toContain("No buys can be planned");
    expect(book(desk)).toEqual(["sell SMR filled", "sell TQQQ filled"]);
  });
});

describe("market data that is down", () => {
  /** @param path what of it; all by default. */
  const down = (path = "/v2/stocks"): Interceptor => ({
    before: ({ url }) => Promise.resolve(url.startsWith(path) ? UNAVAILABLE : undefined),
  });

  test("keeps no cash from being invested: dollar buys need no price", async () => {
    desk = new VirtualDesk({ exchange: { cash: decimal("50000"), positions: [] } });
    desk.venue.interceptor = down();
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, HEDGE);
  });

  test("keeps no account from a full switch while daily bars show that nothing was split", async () => {
    desk = new VirtualDesk(INVESTED);
    desk.venue.interceptor = down("/v2/stocks/snapshots");
    expectSwitched(desk, await desk.run(signalOf(desk.clock, HEDGE)));
  });

  test("stops what needs a price, and says why there is none", async () => {
    desk = new VirtualDesk(INVESTED);
    desk.venue.interceptor = down("/v2/stocks/snapshots");
    const signal = signalOf(desk.clock, TRIMMED);
    const declined = await desk.run(signal);
    expect(declined).toMatchObject({ kind: "declined", verdict: "broker-unreachable" });
    expect(declined.kind === "declined" && declined.reason).toMatch(/market prices \(HTTP 503.+TQQQ/);
    expect(book(desk)).toEqual([]);
    desk.venue.interceptor = {};
    expect(await desk.run(signal)).toMatchObject({ conclusion: { outcome: "on-target" } });
  });

  test("sells nothing while nothing shows whether a holding was split, and everything once it is up again", async () => {
    desk = new VirtualDesk(INVESTED);
    const start = desk.clock.monotonic();
    let sold: string[] | undefined;
    const outage = down();
    desk.venue.interceptor = {
      before: async (request) => {
        if (desk.clock.monotonic() - start < 120_000) return outage.before?.(request);
        sold ??= book(desk).filter((order) => order.startsWith("sell"));
        return undefined;
      },
    };
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(sold).toEqual([]);
    expectHoldings(desk, HEDGE);
  });
});

test("BTAL without any price is bought in dollars: no naked UVXY (trial 6a)", async () => {
  desk = new VirtualDesk(INVESTED);
  desk.venue.interceptor = spoiledSnapshot("BTAL", () => undefined);
  expectSwitched(desk, await desk.run(signalOf(desk.clock, HEDGE)));
});

test("and so it is when its last print is two hours old and its quote one-sided, and sold whole afterwards", async () => {
  desk = new VirtualDesk(INVESTED);
  const quiet = (shown: Snapshot): Snapshot => {
    const t = new Date(desk.clock.now() - 7_200_000).toISOString();
    return { ...shown, latestTrade: { ...(shown.latestTrade as Snapshot), t }, latestQuote: quote(shown, 19.9, 0), minuteBar: null };
  };
  desk.venue.interceptor = spoiledSnapshot("BTAL", quiet);
  expectSwitched(desk, await desk.run(signalOf(desk.clock, HEDGE)));
  await desk.clock.advance(60_000);
  expect(await desk.run(signalOf(desk.clock, { TQQQ: "1" }, { id: "back" }))).toMatchObject({ conclusion: { outcome: "on-target" } });
  expectHoldings(desk, { TQQQ: "1" });
});

test("a target that trades in whole shares is left alone without a price, and its share is not spent on the others", async () => {
  desk = new VirtualDesk({ ...INVESTED, executionDeadlineSeconds: 60 });
  desk.venue.interceptor = spoiledSnapshot("FNGU", () => undefined);
  const result = await desk.run(signalOf(desk.clock, { UVXY: "0.75", FNGU: "0.25" }));
  expect(result).toMatchObject({ conclusion: { outcome: "incomplete" } });
  expect(result.kind === "concluded" && result.conclusion.reason).toMatch(/FNGU \(price-doubt\)/);
  expect(book(desk)).toEqual(["buy UVXY filled", "sell SMR filled", "sell TQQQ filled"]);
  expect(Math.abs((desk.weights().UVXY ?? 0) - 0.75 * 0.99)).toBeLessThan(0.01);
});

test("a one-sided quote alone is no doubt: trade and position agree", async () => {
  desk = new VirtualDesk(INVESTED);
  desk.venue.interceptor = spoiledSnapshot("TQQQ", (shown) => ({ ...shown, latestQuote: quote(shown, 0, 85.01) }));
  expectSwitched(desk, await desk.run(signalOf(desk.clock, HEDGE)));
});

test("prices that go mad between the phases: no whole shares on a doubtful price, and the execution says so", async () => {
  desk = new VirtualDesk({ ...INVESTED, executionDeadlineSeconds: 60 });
  desk.venue.interceptor = spoiledSnapshot(
    "FNGU",
    () => undefined,
    () => !desk.exchange.state.positions.has("TQQQ"),
  );
  const result = await desk.run(signalOf(desk.clock, { BTAL: "0.75", FNGU: "0.25" }));
  expect(result).toMatchObject({ conclusion: { outcome: "incomplete" } });
  expect(result.kind === "concluded" && result.conclusion.reason).toMatch(/deadline.*FNGU \(price-doubt\).*Missing: FNGU/);
  expect(book(desk)).toEqual(["buy BTAL filled", "sell SMR filled", "sell TQQQ filled"]);
});

describe("an equity more than 25 % from that of the last close (R9)", () => {
  /** The position of SMR shows a price of 160 in place of 38.5, and the account is worth that much more. */
  const inflated = (): Interceptor => ({
    after: (request, response) => {
      if (isRead(request, "/v2/positions")) {
        const rows = JSON.parse(response.body) as Snapshot[];
        const body = rows.map((row) => (row.symbol === "SMR" ? { ...row, current_price: "160", market_value: "48080" } : row));
        return Promise.resolve({ ...response, body: JSON.stringify(body) });
      }
      if (!isRead(request, "/v2/account")) return Promise.resolve(response);
      const account = JSON.parse(response.body) as { equity: string };
      return Promise.resolve({ ...response, body: JSON.stringify({ ...account, equity: String(Number(account.equity) + 36_510.75) }) });
    },
  });
  const unconfirmed = spoiledSnapshot("SMR", () => undefined);
  let flowsAsked = 0;
  const watching: Interceptor = {
    before: ({ url }) => {
      if (url.startsWith("/v2/account/activities") && url.includes("CSD")) flowsAsked += 1;
      return Promise.resolve(undefined);
    },
  };

  test("is refused while only the broker's own price explains it", async () => {
    desk = new VirtualDesk(INVESTED);
    desk.venue.interceptor = both(watching, unconfirmed, inflated());
    flowsAsked = 0;
    const signal = signalOf(desk.clock, HEDGE);
    expect(await desk.run(signal)).toMatchObject({
      kind: "declined",
      verdict: "price-doubt",
      reason: expect.stringMatching(
        /The equity went from \$.* at the last close to \$.*, and the price of SMR is the broker's own/,
      ) as unknown,
    });
    expect(book(desk)).toEqual([]);
    expect(flowsAsked).toBe(1);
    desk.venue.interceptor = both(watching, unconfirmed);
    expectSwitched(desk, await desk.run(signal));
    expect(flowsAsked).toBe(1);
  });
});
