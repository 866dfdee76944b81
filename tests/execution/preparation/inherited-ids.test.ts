import { afterEach, describe, expect, test } from "@jest/globals";
import type { RebalanceResult } from "../../../src/execution/rebalancer.ts";
import { decimal, ZERO } from "../../../src/domain/decimal.ts";
import { Refusal } from "../../../src/simulator/refusals.ts";
import type { VenueRequest } from "../../../src/simulator/venue.ts";
import { beforePosts, both, isPost, NO_BUYING_POWER, postedOrder, reply, TIMED_OUT } from "../faults.ts";
import { book, expectHoldings, expectUnharmed, HEDGE, INVESTED, intentsOf, passUntil } from "../scenario.ts";
import type { DeskOptions } from "../virtual-desk.ts";
import { signalOf, VirtualDesk } from "../virtual-desk.ts";

const CASH: DeskOptions = { exchange: { cash: decimal("100000") } };
/** From a start to the target, seconds. */
const SOON = 60;

let desk: VirtualDesk;
/** When the process was started again, monotonic. */
let startedAt: number;
/** Orders that came to the venue late, and how it took them. */
let arrived: string[];

afterEach(() => desk.close());

interface Kill {
  readonly options?: DeskOptions;
  readonly weights?: Readonly<Record<string, string>>;
  /** When the orders that it was about to send arrive after all, milliseconds; by default never. */
  readonly lateMs?: number;
}

/** A process is killed between the record of its first orders and the venue, and started again when a newer run decides. */
async function killedBeforePost({ options = CASH, weights = HEDGE, lateMs }: Kill = {}): Promise<VenueRequest[]> {
  desk = new VirtualDesk(options);
  arrived = [];
  let image: Uint8Array | undefined;
  const posts: VenueRequest[] = [];
  desk.venue.interceptor = {
    before: (request) => {
      if (!isPost(request)) return Promise.resolve(undefined);
      image ??= desk.ledger.serialize();
      posts.push(request);
      if (lateMs !== undefined) desk.clock.after(lateMs, () => arrive(request));
      return new Promise(() => undefined);
    },
  };
  desk.start(signalOf(desk.clock, weights)).catch(() => undefined);
  await passUntil(desk, () => image !== undefined);
  await desk.restart(image);
  desk.venue.interceptor = {};
  startedAt = desk.clock.monotonic();
  await desk.recover(AbortSignal.abort());
  return posts;
}

function arrive(request: VenueRequest): void {
  const { symbol } = postedOrder(request);
  try {
    desk.exchange.submit(postedOrder(request));
    arrived.push(`${symbol} taken`);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    arrived.push(`${symbol} ${error.message}`);
  }
}

function newerRun(weights: Readonly<Record<string, string>> = HEDGE): Promise<RebalanceResult> {
  return desk.run(signalOf(desk.clock, weights, { id: "00000000000000bb" }));
}

function states(): string[] {
  return intentsOf(desk)
    .map(
      ({ symbol, side, state, clientOrderId }) => `${side} ${symbol} ${state} ${clientOrderId.replace("alpaca-trader-00000000000000", "")}`,
    )
    .sort();
}

function expectOnTarget(result: RebalanceResult, weights: Readonly<Record<string, string>> = HEDGE): void {
  expect(result).toMatchObject({ conclusion: { outcome: "on-target" } });
  expect((desk.clock.monotonic() - startedAt) / 1_000).toBeLessThan(SOON);
  expectHoldings(desk, weights);
  expectUnharmed(desk);
}

describe("orders that a killed process had recorded, when a newer run decides", () => {
  test("that never arrived: what the newer run buys in their symbols goes out under their ids", async () => {
    await killedBeforePost();
    expectOnTarget(await newerRun());
    expect(book(desk)).toEqual(["buy BTAL filled", "buy UVXY filled"]);
    expect(states()).toEqual([
      "buy BTAL done aa-buying-BTAL-1",
      "buy BTAL dropped aa-buying-BTAL-1~1",
      "buy UVXY done aa-buying-UVXY-1",
      "buy UVXY dropped aa-buying-UVXY-1~2",
    ]);
    expect(desk.ledger.intentsOf("00000000000000bb").map(({ state }) => state)).toEqual(["done", "done"]);
  });

  test("that never arrived, sells: the newer run sells, and buys with what that brings", async () => {
    await killedBeforePost({ options: INVESTED });
    expectOnTarget(await newerRun({ BTAL: "1" }), { BTAL: "1" });
    expect(book(desk)).toEqual(["buy BTAL filled", "sell SMR filled", "sell TQQQ filled"]);
  });

  test("a sell that never arrived of what is wanted now: the buy goes out under its id", async () => {
    await killedBeforePost({ options: { exchange: { ...INVESTED.exchange, cash: decimal("60000") } }, weights: { SMR: "1" } });
    expectOnTarget(await newerRun({ TQQQ: "1" }), { TQQQ: "1" });
    expect(states()).toContain("buy TQQQ done aa-selling-TQQQ-1");
  });

  test("that arrived before the process was killed: they are found, and nothing is bought twice", async () => {
    await killedBeforePost({ lateMs: 5 });
    expectOnTarget(await newerRun());
    expect(arrived.sort()).toEqual(["BTAL taken", "UVXY taken"]);
    expect(book(desk)).toEqual(["buy BTAL filled", "buy UVXY filled"]);
  });

  test("that arrived and only a list shows: they are known by it, and nothing is bought twice", async () => {
    await killedBeforePost({ lateMs: 20_000 });
    await desk.clock.advance(25_000);
    startedAt = desk.clock.monotonic();
    desk.venue.interceptor = {
      before: ({ url }) =>
        Promise.resolve(url.startsWith("/v2/orders:by_client_order_id") ? reply(404, { message: "order not found" }) : undefined),
    };
    expect(arrived.sort()).toEqual(["BTAL taken", "UVXY taken"]);
    const dry = await desk.run(signalOf(desk.clock, HEDGE, { id: "00000000000000cc" }), { dryRun: true });
    expect([dry.kind, ...states()]).toEqual(["dry-run", "buy BTAL abandoned aa-buying-BTAL-1", "buy UVXY abandoned aa-buying-UVXY-1"]);
    expectOnTarget(await newerRun());
    expect(states()).toEqual(["buy BTAL done aa-buying-BTAL-1", "buy UVXY done aa-buying-UVXY-1"]);
    expect(book(desk)).toEqual(["buy BTAL filled", "buy UVXY filled"]);
  });

  test.each([15_000, 90_000, 3_600_000])("that arrive %i ms late, after what took their place: the venue refuses them", async (lateMs) => {
    await killedBeforePost({ lateMs });
    expectOnTarget(await newerRun());
    await desk.clock.advance(lateMs);
    expect(arrived.sort()).toEqual(["BTAL client_order_id must be unique", "UVXY client_order_id must be unique"]);
    expect(book(desk)).toEqual(["buy BTAL filled", "buy UVXY filled"]);
  });

  /** The UVXY order arrives right before the one that would take its place, and then fills or rests for a while. */
  async function overtaken({ rests }: { readonly rests: boolean }): Promise<void> {
    const posts = await killedBeforePost();
    let late = posts.find((post) => postedOrder(post).symbol === "UVXY");
    if (rests) desk.exchange.setQuote("UVXY", "0", "0");
    desk.venue.interceptor = {
      before: (request) => {
        if (isPost(request) && postedOrder(request).symbol === "UVXY" && late !== undefined) {
          arrive(late);
          late = undefined;
          if (rests) desk.clock.after(3_000, () => desk.exchange.setPrice("UVXY", "20"));
        }
        return Promise.resolve(undefined);
      },
    };
  }

  test.each([false, true])(
    "one that arrives right before what takes its place is ended, and the rest planned again; it rests: %s",
    async (rests) => {
      await overtaken({ rests });
      const weights = { UVXY: "0.74", BTAL: "0.26" };
      expectOnTarget(await newerRun(weights), weights);
      expect(arrived).toEqual(["UVXY taken"]);
      expect(book(desk)).toEqual(["buy BTAL filled", ...(rests ? ["buy UVXY canceled"] : []), "buy UVXY filled"]);
      expect(desk.ledger.intent("alpaca-trader-00000000000000aa-buying-UVXY-1")).toMatchObject({
        executionId: "00000000000000aa",
        status: rests ? "canceled" : "filled",
      });
    },
  );

  test("one that arrives right before its like is taken for it", async () => {
    await overtaken({ rests: false });
    expectOnTarget(await newerRun());
    expect(arrived).toEqual(["UVXY taken"]);
    expect(book(desk)).toEqual(["buy BTAL filled", "buy UVXY filled"]);
  });

  test("of which less is wanted now: what is new is bought when their ids are taken, so that cash is there for either", async () => {
    const posts = await killedBeforePost();
    const sent: string[] = [];
    desk.venue.interceptor = {
      before: (request) => {
        if (isPost(request)) sent.push(postedOrder(request).symbol);
        // Each arrives right before its heir.
        const late = isPost(request) ? posts.find(({ body }) => body.includes(postedOrder(request).client_order_id)) : undefined;
        if (late !== undefined) arrive(late);
        return Promise.resolve(undefined);
      },
    };
    await newerRun({ UVXY: "0.1", BTAL: "0.05", LEU: "0.85" });
    expect(sent.slice(0, 2).sort()).toEqual(["BTAL", "UVXY"]);
    expect(arrived.sort()).toEqual(["BTAL taken", "UVXY taken"]);
    expect(desk.exchange.state.cash.gte(ZERO)).toBe(true);
  });

  test("of which less is wanted now, and which never arrive: the newer run comes to its target", async () => {
    await killedBeforePost();
    const weights = { UVXY: "0.1", BTAL: "0.05", LEU: "0.85" };
    expectOnTarget(await newerRun(weights), weights);
  });

  test("what takes their place is refused: they may still arrive, and are accounted for when they do", async () => {
    const [first] = await killedBeforePost({ weights: { UVXY: "1" } });
    desk.venue.interceptor = beforePosts("UVXY", 1, () => NO_BUYING_POWER);
    desk.clock.after(1_500, () => arrive(first!));
    const result = await newerRun({ UVXY: "1" });
    expect(arrived).toEqual(["UVXY taken"]);
    expect(book(desk)).toEqual(["buy UVXY filled"]);
    expect(result).toMatchObject({ kind: "concluded" });
    expect(states()).toContain("buy UVXY done aa-buying-UVXY-1");
    expect(states()).toContain("buy UVXY refused aa-buying-UVXY-1~unsent~2");
    expectHoldings(desk, { UVXY: "1" });
    expectUnharmed(desk);
  });

  test("what takes their place has no answer and never arrived: it is proven absent and sent again, once", async () => {
    await killedBeforePost();
    desk.venue.interceptor = both(
      beforePosts("UVXY", 1, () => TIMED_OUT),
      beforePosts("BTAL", 1, () => TIMED_OUT),
    );
    expectOnTarget(await newerRun());
    expect(book(desk)).toEqual(["buy BTAL filled", "buy UVXY filled"]);
  });

  test("killed again before what takes their place is sent: the run after that takes the ids once more", async () => {
    await killedBeforePost();
    let image: Uint8Array | undefined;
    desk.venue.interceptor = {
      before: (request) => {
        if (!isPost(request)) return Promise.resolve(undefined);
        image ??= desk.ledger.serialize();
        return new Promise(() => undefined);
      },
    };
    desk.start(signalOf(desk.clock, HEDGE, { id: "00000000000000bb" })).catch(() => undefined);
    await passUntil(desk, () => image !== undefined);
    await desk.restart(image);
    desk.venue.interceptor = {};
    startedAt = desk.clock.monotonic();
    await desk.recover(AbortSignal.abort());
    expectOnTarget(await desk.run(signalOf(desk.clock, HEDGE, { id: "00000000000000cc" })));
    expect(book(desk)).toEqual(["buy BTAL filled", "buy UVXY filled"]);
  });
});
