import { afterEach, describe, expect, test } from "@jest/globals";
import type { Signal } from "../../src/domain/signal.ts";
import { afterFirstPost, both, isPost, isRead } from "./faults.ts";
import { book, expectHoldings, expectSwitched, expectUnharmed, HEDGE, INVESTED, SWITCH } from "./scenario.ts";
import type { DeskOptions } from "./virtual-desk.ts";
import { signalOf, VirtualDesk } from "./virtual-desk.ts";

let desk: VirtualDesk;

afterEach(() => desk.close());

const NEWER = "00000000000000bb";

function open(options: DeskOptions = INVESTED): VirtualDesk {
  desk = new VirtualDesk(options);
  return desk;
}

/** The newer run arrives with the first POST of this symbol. */
function arrivingWith(symbol: string, newer: (at: VirtualDesk) => Signal): void {
  desk.venue.interceptor = afterFirstPost(symbol, (response) => {
    desk.newer = newer(desk);
    return response;
  });
}

describe("before the first order (R22)", () => {
  test("a newer run takes the place of the older one, which sends nothing", async () => {
    const signal = signalOf(open().clock, HEDGE);
    const result = await desk.run(signal, { onReady: () => (desk.newer = signalOf(desk.clock, { LEU: "1" }, { id: NEWER })) });
    expect(result).toMatchObject({ conclusion: { outcome: "superseded", verdict: { kind: "superseded" } } });
    expect(book(desk)).toEqual([]);
    expect(desk.ledger.openExecutions()).toEqual([]);
    const newer = desk.newer!;
    desk.newer = undefined;
    expect(await desk.run(newer)).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, { LEU: "1" });
  });

  test("one that arrives while the preparation reads stops it there", async () => {
    const signal = signalOf(open().clock, HEDGE);
    desk.overtaken = AbortSignal.abort();
    expect(await desk.run(signal)).toMatchObject({ kind: "declined", verdict: "superseded" });
    expect(desk.ledger.signal(signal.id)).toMatchObject({ verdict: "superseded" });
  });

  test("one that arrives while the first order is on its way is too late: the venue holds it", async () => {
    const signal = signalOf(open().clock, HEDGE);
    desk.venue.interceptor = {
      after: async (request, response) => {
        if (isPost(request)) {
          desk.newer ??= signalOf(desk.clock, {}, { id: NEWER, kind: "hold" });
          await desk.clock.sleep(800);
        }
        return response;
      },
    };
    expectSwitched(desk, await desk.run(signal));
  });
});

describe("between the phases (R22)", () => {
  test("a newer BUY run replaces the older one: nothing is bought for it, and the newer one is executed", async () => {
    const signal = signalOf(open().clock, HEDGE);
    arrivingWith("SMR", (at) => signalOf(at.clock, { LEU: "1" }, { id: NEWER }));
    const result = await desk.run(signal);
    expect(result).toMatchObject({ conclusion: { outcome: "incomplete" } });
    expect(result.kind === "concluded" && result.conclusion.reason).toContain(NEWER);
    expect(book(desk)).toEqual(["sell SMR filled", "sell TQQQ filled"]);
    const newer = desk.newer!;
    desk.newer = undefined;
    expect(await desk.run(newer)).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, { LEU: "1" });
    expectUnharmed(desk);
  });

  test("a newer BUY run that could not be executed itself does not", async () => {
    const signal = signalOf(open({ ...INVESTED, plan: { maxOrderValue: INVESTED.exchange!.cash!.plus("90000") } }).clock, HEDGE);
    arrivingWith("SMR", (at) => signalOf(at.clock, { LEU: "1" }, { id: NEWER }));
    expectSwitched(desk, await desk.run(signal));
  });

  test("what the look for a newer run shows of the session holds for the older one too", async () => {
    const signal = signalOf(open().clock, HEDGE);
    desk.venue.interceptor = both(
      afterFirstPost("SMR", (response) => {
        desk.newer = signalOf(desk.clock, { LEU: "1" }, { id: NEWER });
        return response;
      }),
      {
        before: (request) => {
          if (isRead(request, "/v2/assets/LEU")) desk.exchange.haltTrading();
          return Promise.resolve(undefined);
        },
      },
    );
    expect(await desk.run(signal)).toMatchObject({ conclusion: { outcome: "incomplete" } });
    expect(book(desk)).toEqual(["sell SMR filled", "sell TQQQ filled"]);
  });

  test("what the look for a newer run shows of the account holds for the older one too", async () => {
    const signal = signalOf(open().clock, HEDGE);
    let isBlocked = false;
    desk.venue.interceptor = both(
      afterFirstPost("SMR", (response) => {
        desk.newer = signalOf(desk.clock, { LEU: "1" }, { id: NEWER });
        return response;
      }),
      {
        before: (request) => {
          isBlocked ||= isRead(request, "/v2/assets/LEU");
          return Promise.resolve(undefined);
        },
        after: (request, response) => {
          if (!isBlocked || !isRead(request, "/v2/account")) return Promise.resolve(response);
          const account = JSON.parse(response.body) as Record<string, unknown>;
          return Promise.resolve({ ...response, body: JSON.stringify({ ...account, trading_blocked: true }) });
        },
      },
    );
    const result = await desk.run(signal);
    expect(result.kind === "concluded" && result.conclusion.reason).toMatch(/The account may no longer trade/);
    expect(book(desk)).toEqual(["sell SMR filled", "sell TQQQ filled"]);
  });

  test("a newer BUY run that has become stale meanwhile does not: it would leave the account in cash", async () => {
    const signal = signalOf(open().clock, HEDGE);
    const made = desk.clock.now() - 400_000;
    arrivingWith("SMR", (at) => signalOf(at.clock, { LEU: "1" }, { id: NEWER, oldestStamp: made, generatedAt: made, arrivedAt: made }));
    expectSwitched(desk, await desk.run(signal));
  });

  test.each([
    ["HOLD", { kind: "hold" as const }],
    ["SELL", { kind: "exit" as const, exits: ["UVXY"] }],
  ])("a newer %s never interrupts", async (_, change) => {
    const signal = signalOf(open().clock, HEDGE);
    arrivingWith("SMR", (at) => signalOf(at.clock, {}, { id: NEWER, ...change }));
    expectSwitched(desk, await desk.run(signal));
  });
});

test("a newer run during the buying waits: the older one is finished first", async () => {
  const signal = signalOf(open().clock, HEDGE);
  arrivingWith("UVXY", (at) => signalOf(at.clock, { LEU: "1" }, { id: NEWER }));
  expectSwitched(desk, await desk.run(signal));
  const newer = desk.newer!;
  desk.newer = undefined;
  expect(await desk.run(newer)).toMatchObject({ conclusion: { outcome: "on-target" } });
  expectHoldings(desk, { LEU: "1" });
});

test("no buy of the older run follows the sells of one that was replaced, after a restart neither", async () => {
  const signal = signalOf(open().clock, HEDGE);
  let image: Uint8Array | undefined;
  desk.venue.interceptor = both(
    afterFirstPost("SMR", (response) => {
      desk.newer = signalOf(desk.clock, { LEU: "1" }, { id: NEWER });
      return response;
    }),
    {
      before: () => {
        if (desk.ledger.recentExecutions(1)[0]?.phase === "cancelling") image ??= desk.ledger.serialize();
        return Promise.resolve(undefined);
      },
    },
  );
  await desk.run(signal);
  expect(image).toBeDefined();
  desk.newer = undefined;
  await desk.restart(image);
  const [result] = await desk.recover();
  expect(result).toMatchObject({ conclusion: { outcome: "incomplete" } });
  expect(result?.kind === "concluded" && result.conclusion.reason).toContain(NEWER);
  expect(book(desk)).toEqual(SWITCH.filter((line) => line.startsWith("sell")));
});
