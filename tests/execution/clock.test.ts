import { afterEach, describe, expect, test } from "@jest/globals";
import { afterFirstPost, beforePosts, both, isPost, isRead, postedOrder, reply, TIMED_OUT, UNAVAILABLE } from "./faults.ts";
import { book, expectSwitched, expectUnharmed, HEDGE, HELD, INVESTED, intentsOf, orderOf } from "./scenario.ts";
import { signalOf, VirtualDesk } from "./virtual-desk.ts";

const HOUR = 3_600_000;

let desk: VirtualDesk;

afterEach(() => desk.close());

describe.each([
  ["back", -HOUR],
  ["forward", HOUR],
])("our wall clock steps an hour %s", (_, byMs) => {
  test("while the sells are under way: nothing is sent twice, and the switch is completed or ended without harm", async () => {
    desk = new VirtualDesk(INVESTED);
    desk.venue.interceptor = afterFirstPost("SMR", (response) => {
      desk.skewMs += byMs;
      return response;
    });
    expectSwitched(desk, await desk.run(signalOf(desk.clock, HEDGE)));
  });

  test("while an order has no answer: its look-ups go on, and it is not sent twice", async () => {
    desk = new VirtualDesk(INVESTED);
    let posts = 0;
    desk.venue.interceptor = both(
      {
        before: (request) => {
          if (isPost(request) && postedOrder(request).symbol === "TQQQ") posts += 1;
          return Promise.resolve(undefined);
        },
      },
      afterFirstPost("TQQQ", () => {
        desk.skewMs += byMs;
        return TIMED_OUT;
      }),
    );
    expectSwitched(desk, await desk.run(signalOf(desk.clock, HEDGE)));
    expect(posts).toBe(1);
  });

  test("while an order waits for its fill: the time-out is a minute of real time, no more and no less", async () => {
    desk = new VirtualDesk({ ...INVESTED, executionDeadlineSeconds: 240 });
    let acceptedAt = 0;
    let cancelledAt: number | undefined;
    desk.venue.interceptor = both(
      {
        before: (request) => {
          if (request.method === "DELETE") cancelledAt ??= desk.clock.monotonic();
          return Promise.resolve(undefined);
        },
      },
      afterFirstPost("TQQQ", (response) => {
        desk.exchange.setQuote("TQQQ", "0", "0");
        acceptedAt = desk.clock.monotonic();
        desk.clock.after(10_000, () => (desk.skewMs += byMs));
        return response;
      }),
    );
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "incomplete" } });
    expect(Math.round(((cancelledAt ?? 0) - acceptedAt) / 1_000)).toBe(60);
    expect(orderOf(desk, "TQQQ").status).toBe("canceled");
    expectUnharmed(desk);
  });

  test("between plan and first order: the signal's age is no longer known, so nothing is sent", async () => {
    desk = new VirtualDesk(INVESTED);
    const result = await desk.run(signalOf(desk.clock, HEDGE), { onReady: () => (desk.skewMs += byMs) });
    expect(result).toMatchObject({ conclusion: { outcome: "refused", verdict: { kind: "stale" } } });
    expect(book(desk)).toEqual([]);
  });

  test("while the process is down with an order on its way: it is found, and nothing is sent twice", async () => {
    desk = new VirtualDesk(INVESTED);
    let image: Uint8Array | undefined;
    desk.venue.interceptor = afterFirstPost("TQQQ", (response) => {
      image = desk.ledger.serialize();
      return response;
    });
    const signal = signalOf(desk.clock, HEDGE);
    const running = desk.start(signal);
    running.catch(() => undefined);
    await desk.clock.advance(5);
    desk.skewMs += byMs;
    await desk.restart(image);
    await desk.recover();
    await desk.run(signal);
    expectUnharmed(desk);
    expect(desk.orders().filter(({ symbol }) => symbol === "TQQQ")).toHaveLength(1);
    expect(intentsOf(desk).filter(({ state }) => state === "posting" || state === "unknown" || state === "recorded")).toEqual([]);
  });
});

test("a wall clock that was set back before a restart gives an execution no more than its deadline again", async () => {
  desk = new VirtualDesk(INVESTED);
  desk.exchange.gate = { mayFill: ({ symbol }) => symbol !== "UVXY", mayCancel: () => true };
  desk.start(signalOf(desk.clock, HEDGE)).catch(() => undefined);
  await desk.clock.advance(10_000);
  expect(book(desk)).toContain("buy UVXY new");
  desk.skewMs = -HOUR;
  await desk.restart();
  const restartedAt = desk.clock.monotonic();
  expect(await desk.recover()).toMatchObject([{ conclusion: { outcome: "incomplete" } }]);
  expect(desk.clock.monotonic() - restartedAt).toBeLessThan(620_000);
  expectUnharmed(desk);
});

describe("the market clock (R14)", () => {
  test("cannot be read at all: no order", async () => {
    desk = new VirtualDesk(INVESTED);
    desk.venue.interceptor = { before: (request) => Promise.resolve(isRead(request, "/v2/clock") ? UNAVAILABLE : undefined) };
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ kind: "declined", verdict: "broker-unreachable" });
    expect(book(desk)).toEqual([]);
  });

  test("cannot be read any more while sells are followed: nothing further is sent until it can", async () => {
    desk = new VirtualDesk({ ...INVESTED, orderTimeoutSeconds: 300 });
    let blindUntil = -Infinity;
    const blind = (): boolean => desk.clock.monotonic() < blindUntil;
    const boughtBlind: boolean[] = [];
    desk.venue.interceptor = both(
      {
        before: (request) => {
          if (isPost(request) && postedOrder(request).side === "buy") boughtBlind.push(blind());
          return Promise.resolve(blind() && isRead(request, "/v2/clock") ? UNAVAILABLE : undefined);
        },
      },
      afterFirstPost("TQQQ", (response) => {
        blindUntil = desk.clock.monotonic() + 60_000;
        return response;
      }),
    );
    expectSwitched(desk, await desk.run(signalOf(desk.clock, HEDGE)));
    expect(boughtBlind).toEqual([false, false]);
    expect(desk.clock.monotonic()).toBeGreaterThan(60_000);
  });

  test("cannot be read while the rate limit holds the first order back: it is not sent, and the signal goes stale", async () => {
    desk = new VirtualDesk({ exchange: { cash: INVESTED.exchange!.cash!, positions: [HELD[0]!] } });
    let blind = false;
    desk.venue.interceptor = both(
      { before: (request) => Promise.resolve(blind && isRead(request, "/v2/clock") ? UNAVAILABLE : undefined) },
      beforePosts("TQQQ", 9, () => {
        blind = true;
        return reply(429, { code: 42910000, message: "rate limit exceeded" }, { "retry-after": "40" });
      }),
    );
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "refused", verdict: { kind: "stale" } } });
    expect(book(desk)).toEqual([]);
  });
});

describe("the venue's clock and its prices are hours apart", () => {
  test("prices that are fresh by our own clock are not taken for old ones", async () => {
    desk = new VirtualDesk(INVESTED);
    desk.venue.interceptor = {
      after: (request, response) => {
        if (!isRead(request, "/v2/clock")) return Promise.resolve(response);
        const away = (stamp: string): string => new Date(Date.parse(stamp) + 30 * HOUR).toISOString();
        const { timestamp, next_open, next_close, is_open } = JSON.parse(response.body) as Record<string, string>;
        const body = { is_open, timestamp: away(timestamp!), next_open: away(next_open!), next_close: away(next_close!) };
        return Promise.resolve(reply(200, body));
      },
    };
    expectSwitched(desk, await desk.run(signalOf(desk.clock, HEDGE)));
  });
});
