import { afterEach, describe, expect, test } from "@jest/globals";
import type { Interceptor } from "../../src/simulator/venue.ts";
import { isPost, isRead, spoiledSnapshot } from "./faults.ts";
import { book, expectSwitched, HEDGE, INVESTED } from "./scenario.ts";
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

describe.each(DOUBTFUL)("a held symbol with %s", (_, spoil) => {
  test("is read again for 15 s; then it is a price doubt and no order is sent", async () => {
    desk = new VirtualDesk(INVESTED);
    desk.venue.interceptor = spoiledSnapshot("TQQQ", spoil);
    const signal = signalOf(desk.clock, HEDGE);
    const start = desk.clock.monotonic();
    expect(await desk.run(signal)).toMatchObject({ kind: "declined", verdict: "price-doubt" });
    expect(desk.clock.monotonic() - start).toBeGreaterThanOrEqual(15_000);
    expect(book(desk)).toEqual([]);
    desk.venue.interceptor = {};
    expectSwitched(desk, await desk.run(signal));
  });

  test("that recovers after 3 s is executed", async () => {
    desk = new VirtualDesk(INVESTED);
    const start = desk.clock.monotonic();
    desk.venue.interceptor = spoiledSnapshot("TQQQ", spoil, () => desk.clock.monotonic() - start < 3_000);
    expectSwitched(desk, await desk.run(signalOf(desk.clock, HEDGE)));
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

test("a target without any price is left alone, and its share is not spent on the others", async () => {
  desk = new VirtualDesk({ ...INVESTED, executionDeadlineSeconds: 60 });
  desk.venue.interceptor = spoiledSnapshot("BTAL", () => undefined);
  const result = await desk.run(signalOf(desk.clock, HEDGE));
  expect(result).toMatchObject({ conclusion: { outcome: "incomplete" } });
  expect(result.kind === "concluded" && result.conclusion.reason).toMatch(/BTAL \(price-doubt\)/);
  expect(book(desk)).toEqual(["buy UVXY filled", "sell SMR filled", "sell TQQQ filled"]);
  expect(Math.abs((desk.weights().UVXY ?? 0) - 0.75 * 0.99)).toBeLessThan(0.01);
});

test("a one-sided quote alone is no doubt: trade and position agree", async () => {
  desk = new VirtualDesk(INVESTED);
  desk.venue.interceptor = spoiledSnapshot("TQQQ", (shown) => ({ ...shown, latestQuote: quote(shown, 0, 85.01) }));
  expectSwitched(desk, await desk.run(signalOf(desk.clock, HEDGE)));
});

test("prices that go mad between the phases: no buy on a doubtful size, and the execution says so", async () => {
  desk = new VirtualDesk({ ...INVESTED, executionDeadlineSeconds: 60 });
  desk.venue.interceptor = spoiledSnapshot(
    "UVXY",
    () => undefined,
    () => !desk.exchange.state.positions.has("TQQQ"),
  );
  const result = await desk.run(signalOf(desk.clock, HEDGE));
  expect(result).toMatchObject({ conclusion: { outcome: "incomplete" } });
  expect(result.kind === "concluded" && result.conclusion.reason).toMatch(/deadline.*UVXY \(price-doubt\).*Missing: UVXY/);
  expect(book(desk)).toEqual(["buy BTAL filled", "sell SMR filled", "sell TQQQ filled"]);
});
