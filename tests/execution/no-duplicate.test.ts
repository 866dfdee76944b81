import { afterEach, describe, expect, test } from "@jest/globals";
import { decimal } from "../../src/domain/decimal.ts";
import type { Interceptor } from "../../src/simulator/venue.ts";
import {
  afterFirstPost,
  beforePosts,
  both,
  isLookUp,
  isPost,
  ORDER_NOT_FOUND,
  postedOrder,
  reply,
  RESET,
  TIMED_OUT,
  UNAVAILABLE,
} from "./faults.ts";
import { book, expectSwitched, expectUnharmed, HEDGE, HELD, INVESTED } from "./scenario.ts";
import { signalOf, VirtualDesk } from "./virtual-desk.ts";

let desk: VirtualDesk;

afterEach(() => desk.close());

type Fault = (desk: VirtualDesk, symbol: string) => Interceptor;

/** Look-ups are spoiled until `forMs` after the first of them. */
function lookUps(spoilt: Interceptor["before"], forMs: number): Fault {
  return ({ clock }) => {
    let until: number | undefined;
    return {
      before: (request) => {
        if (!isLookUp(request)) return Promise.resolve(undefined);
        until ??= clock.monotonic() + forMs;
        return clock.monotonic() < until ? (spoilt?.(request) ?? Promise.resolve(undefined)) : Promise.resolve(undefined);
      },
    };
  };
}

const acceptedThenTimedOut: Fault = (_, symbol) => afterFirstPost(symbol, () => TIMED_OUT);

const together =
  (...faults: Fault[]): Fault =>
  (at, symbol) =>
    both(...faults.map((fault) => fault(at, symbol)));

/** The POST is answered with a time-out, and the order enters the book only `afterMs` later. */
const acceptedLate =
  (afterMs: number): Fault =>
  ({ clock, exchange }, symbol) =>
    beforePosts(symbol, 1, (request) => {
      clock.after(afterMs, () => {
        try {
          exchange.submit(postedOrder(request));
        } catch {
          // The venue refuses an id that it has seen meanwhile.
        }
      });
      return TIMED_OUT;
    });

const rateLimited =
  (withReset: boolean): Fault =>
  ({ clock }, symbol) =>
    beforePosts(symbol, 3, () => {
      const reset = {
        "x-ratelimit-limit": "200",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": String(Math.ceil(clock.now() / 1_000) + 3),
      };
      return reply(429, { code: 42910000, message: "rate limit exceeded" }, withReset ? reset : {});
    });

const FAULTS: [string, Fault][] = [
  ["504 after acceptance", acceptedThenTimedOut],
  ["a reset after acceptance", (_, symbol) => afterFirstPost(symbol, () => RESET)],
  ["an answer cut in its body", (_, symbol) => afterFirstPost(symbol, (response) => ({ ...response, cut: "body" }))],
  ["500 after acceptance", (_, symbol) => afterFirstPost(symbol, () => reply(500, { code: 50010000, message: "internal server error" }))],
  ["200 with garbage", (_, symbol) => afterFirstPost(symbol, () => reply(200, "<html>welcome</html>"))],
  [
    "200 with another order",
    (_, symbol) => afterFirstPost(symbol, ({ body }) => reply(200, { ...(JSON.parse(body) as object), symbol: "LEU" })),
  ],
  ["408 after acceptance", (_, symbol) => afterFirstPost(symbol, () => reply(408, { code: 40810000, message: "request timeout" }))],
  [
    "403 of a gatekeeper, without a code, after acceptance",
    (_, symbol) => afterFirstPost(symbol, () => reply(403, "<html>Forbidden</html>")),
  ],
  [
    "no answer for half a minute after acceptance",
    ({ clock }, symbol) =>
      afterFirstPost(symbol, async (response) => {
        await clock.sleep(30_000);
        return response;
      }),
  ],
  ["a reset before acceptance", (_, symbol) => beforePosts(symbol, 1, () => RESET)],
  ["503 before acceptance", (_, symbol) => beforePosts(symbol, 1, () => UNAVAILABLE)],
  ["503 before acceptance, twice", (_, symbol) => beforePosts(symbol, 2, () => UNAVAILABLE)],
  ["429 with a reset, three times", rateLimited(true)],
  ["429 without a reset, three times", rateLimited(false)],
  [
    "422 because an earlier life had sent it and lost its ledger",
    ({ exchange }, symbol) =>
      beforePosts(symbol, 1, (request) => {
        exchange.submit(postedOrder(request));
        return undefined;
      }),
  ],
  [
    "504 after acceptance and look-ups that miss for 5 s",
    together(
      acceptedThenTimedOut,
      lookUps(() => Promise.resolve(ORDER_NOT_FOUND), 5_000),
    ),
  ],
  [
    "504 after acceptance and look-ups that miss for 12 s",
    together(
      acceptedThenTimedOut,
      lookUps(() => Promise.resolve(ORDER_NOT_FOUND), 12_000),
    ),
  ],
  [
    "504 after acceptance and look-ups that fail for 8 s",
    together(
      acceptedThenTimedOut,
      lookUps(() => Promise.resolve(UNAVAILABLE), 8_000),
    ),
  ],
  ["504 before an acceptance 6 s later", acceptedLate(6_000)],
  ["504 before an acceptance 13 s later", acceptedLate(13_000)],
];

describe.each(["TQQQ", "UVXY"])("the order for %s", (symbol) => {
  test.each(FAULTS)("reaches the venue exactly once in spite of %s", async (_, fault) => {
    desk = new VirtualDesk(INVESTED);
    desk.venue.interceptor = fault(desk, symbol);
    expectSwitched(desk, await desk.run(signalOf(desk.clock, HEDGE)));
  });

  test("is sent under one and the same id, however often", async () => {
    desk = new VirtualDesk(INVESTED);
    const ids: string[] = [];
    desk.venue.interceptor = both(
      {
        before: (request) =>
          Promise.resolve(
            isPost(request) && postedOrder(request).symbol === symbol ? void ids.push(postedOrder(request).client_order_id) : undefined,
          ),
      },
      beforePosts(symbol, 2, () => UNAVAILABLE),
    );
    expectSwitched(desk, await desk.run(signalOf(desk.clock, HEDGE)));
    expect(ids).toHaveLength(3);
    expect(new Set(ids).size).toBe(1);
  });

  test("waits for its reset when the rate limit is hit", async () => {
    desk = new VirtualDesk(INVESTED);
    const sentAt: number[] = [];
    desk.venue.interceptor = both(
      {
        before: (request) =>
          Promise.resolve(isPost(request) && postedOrder(request).symbol === symbol ? void sentAt.push(desk.clock.now()) : undefined),
      },
      rateLimited(true)(desk, symbol),
    );
    await desk.run(signalOf(desk.clock, HEDGE));
    for (const [index, at] of sentAt.entries()) expect(at - (sentAt[index - 1] ?? -Infinity)).toBeGreaterThanOrEqual(3_000);
  });
});

test("every POST of a rebalance without an answer: still one order for each intent", async () => {
  desk = new VirtualDesk(INVESTED);
  desk.venue.interceptor = { after: (request, response) => Promise.resolve(isPost(request) ? TIMED_OUT : response) };
  expectSwitched(desk, await desk.run(signalOf(desk.clock, HEDGE)));
});

test("while it is not known whether an order exists, nothing else is sent for its symbol, and no buy before it is", async () => {
  desk = new VirtualDesk(INVESTED);
  const posts: { symbol: string; at: number }[] = [];
  desk.venue.interceptor = both(
    {
      before: (request) =>
        Promise.resolve(isPost(request) ? void posts.push({ symbol: postedOrder(request).symbol, at: desk.clock.monotonic() }) : undefined),
    },
    beforePosts("TQQQ", 1, () => RESET),
  );
  expectSwitched(desk, await desk.run(signalOf(desk.clock, HEDGE)));
  const [first, second] = posts.filter(({ symbol }) => symbol === "TQQQ");
  expect(second!.at - first!.at).toBeGreaterThanOrEqual(10_000);
  expect(posts.filter(({ symbol }) => symbol === "UVXY" || symbol === "BTAL").every(({ at }) => at > second!.at)).toBe(true);
});

test("an order without an answer is not sent again before the venue's list has shown that it is not there", async () => {
  desk = new VirtualDesk(INVESTED);
  const asked: string[] = [];
  let failures = 4;
  desk.venue.interceptor = both(
    {
      before: (request) => {
        if (isPost(request) && postedOrder(request).symbol === "TQQQ") asked.push("sent");
        if (!request.url.startsWith("/v2/orders?status=all")) return Promise.resolve(undefined);
        failures -= 1;
        asked.push(failures >= 0 ? "list failed" : "listed");
        return Promise.resolve(failures >= 0 ? UNAVAILABLE : undefined);
      },
    },
    beforePosts("TQQQ", 1, () => RESET),
  );
  expectSwitched(desk, await desk.run(signalOf(desk.clock, HEDGE)));
  expect(asked).toEqual(["sent", ...Array<string>(4).fill("list failed"), "listed", "sent"]);
});

test("an order under our id that is for another symbol is not taken for ours, not touched, and named; ours goes out under the next", async () => {
  desk = new VirtualDesk({ exchange: { cash: decimal("100"), positions: HELD } });
  desk.venue.interceptor = beforePosts("SMR", 1, (request) => {
    desk.exchange.submit({
      symbol: "LEU",
      side: "buy",
      type: "market",
      time_in_force: "day",
      notional: "50",
      client_order_id: postedOrder(request).client_order_id,
    });
    return undefined;
  });
  const result = await desk.run(signalOf(desk.clock, HEDGE));
  expect(result).toMatchObject({ kind: "concluded", conclusion: { outcome: "off-target" } });
  expect(result.kind === "concluded" && result.conclusion.reason).toContain("LEU (signal-bound)");
  expect(desk.events.filter(({ kind }) => kind === "refused").map(({ text }) => text)).toEqual([
    expect.stringMatching(/^SMR: the venue holds buy LEU under our id/),
  ]);
  expect([...new Set(book(desk))]).toEqual(["buy BTAL filled", "buy LEU filled", "buy UVXY filled", "sell SMR filled", "sell TQQQ filled"]);
  expectUnharmed(desk);
});
