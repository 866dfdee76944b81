import { afterEach, describe, expect, test } from "@jest/globals";
import { decimal } from "../../../src/domain/decimal.ts";
import type { Interceptor } from "../../../src/simulator/venue.ts";
import { afterFirstPost, both, isLookUp, isPost, ORDER_NOT_FOUND, postedOrder, reply, RESET, TIMED_OUT } from "../../execution/faults.ts";
import { book, expectHoldings, expectUnharmed } from "../../execution/scenario.ts";
import { nuclearRun } from "../../intake/alerts.ts";
import { TUESDAY_10_00 } from "../../execution/virtual-desk.ts";
import { IncidentDesk, london, recordedUntil } from "./incident-desk.ts";

const NUCLEAR = { SMR: "0.312", LEU: "0.395", OKLO: "0.293" };
const BOUGHT = ["buy LEU filled", "buy OKLO filled", "buy SMR filled"];

/** The runs of the original on the closed market of 2025-07-15, New York 07:19 to 07:55. */
const BEFORE_THE_OPEN = ["12:19:20.634", "12:24:58.243", "12:28:55.965", "12:36:11.230", "12:55:12.012"].map((time) =>
  london(`2025-07-15T${time}`),
);
const OPEN = london("2025-07-15T14:30:00");

let desk: IncidentDesk;

afterEach(() => desk.close());

function open(startAt = TUESDAY_10_00): void {
  desk = new IncidentDesk({ startAt });
}

describe("five runs on a closed market", () => {
  async function runAll(options: { ignoreMarketHours: boolean }, each: (acted: unknown) => void): Promise<void> {
    open(BEFORE_THE_OPEN[0]);
    for (const moment of BEFORE_THE_OPEN) {
      await desk.clock.advance(moment - desk.clock.now());
      desk.write(recordedUntil(moment));
      each(await desk.act(options));
    }
  }

  test("queue no order at all, and each is declined because the market is closed", async () => {
    await runAll({ ignoreMarketHours: false }, (acted) => expect(acted).toMatchObject({ kind: "declined", verdict: "market-closed" }));
    expect(desk.orders()).toEqual([]);
  });

  test("with --ignore-market-hours leave one waiting order for each symbol, never a second one, and it is filled at the open", async () => {
    await runAll({ ignoreMarketHours: true }, (acted) => {
      expect(acted).toMatchObject({ conclusion: { outcome: "queued" } });
      expect(book(desk).filter((line) => line.endsWith("accepted"))).toEqual(["buy LEU accepted", "buy OKLO accepted", "buy SMR accepted"]);
    });
    await desk.clock.advance(OPEN - desk.clock.now() + 5_000);
    expect((await desk.recover()).at(-1)).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(book(desk).filter((line) => line.endsWith("filled"))).toEqual(BOUGHT);
    expectUnharmed(desk);
  });
});

describe("an order whose POST went wrong", () => {
  /** How often each symbol's order went out over the wire, under whatever fault. */
  function countPosts(fault: Interceptor): Map<string, number> {
    const posts = new Map<string, number>();
    const count: Interceptor = {
      before: (request) => {
        const symbol = isPost(request) ? postedOrder(request).symbol : undefined;
        if (symbol !== undefined) posts.set(symbol, (posts.get(symbol) ?? 0) + 1);
        return Promise.resolve(undefined);
      },
    };
    desk.venue.interceptor = both(count, fault);
    return posts;
  }

  const SENT_ONCE = new Map([
    ["SMR", 1],
    ["LEU", 1],
    ["OKLO", 1],
  ]);

  test.each([
    ["an answer that nobody can read", reply(200, '{"id": 7, "status": "accep')],
    ["a time-out at the gateway", TIMED_OUT],
    ["a reset connection", RESET],
    ["an error of the server", reply(500, { code: 50010000, message: "internal server error" })],
  ])("is adopted when it was accepted although the POST raised an error: %s", async (_, answer) => {
    open();
    desk.write(nuclearRun(desk.clock.now()));
    const posts = countPosts(both(...["SMR", "LEU", "OKLO"].map((symbol) => afterFirstPost(symbol, () => answer))));
    expect(await desk.act()).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(book(desk)).toEqual(BOUGHT);
    expectHoldings(desk, NUCLEAR);
    expect(posts).toEqual(SENT_ONCE);
  });

  test("is not posted again when the stream reports its acceptance although the answer is lost and look-ups find nothing", async () => {
    open();
    desk.write(nuclearRun(desk.clock.now()));
    const posts = countPosts(
      both(
        afterFirstPost("LEU", () => RESET),
        {
          before: (request) => Promise.resolve(isLookUp(request) && desk.clock.now() < TUESDAY_10_00 + 9_000 ? ORDER_NOT_FOUND : undefined),
        },
      ),
    );
    expect(await desk.act()).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(posts).toEqual(SENT_ONCE);
    expect(book(desk)).toEqual(BOUGHT);
  });
});

test("a run that a second schedule writes again twenty seconds later trades nothing more", async () => {
  open();
  desk.write(nuclearRun(desk.clock.now()));
  await desk.act();
  await desk.clock.advance(20_000);
  desk.append(...nuclearRun(desk.clock.now()));
  expect(await desk.act()).toMatchObject({ conclusion: { outcome: "on-target" } });
  expect(book(desk)).toEqual(BOUGHT);
});

test("the very same lines written twice are executed once", async () => {
  open();
  const run = nuclearRun(desk.clock.now());
  desk.write(run);
  await desk.act();
  desk.append(...run);
  expect(await desk.act()).toMatchObject({ kind: "verdict", verdict: { kind: "executed" } });
  expect(book(desk)).toEqual(BOUGHT);
});

test("the id of a cancelled order is never used again: the next run sends its own, and the venue takes it", async () => {
  open();
  desk.write(nuclearRun(desk.clock.now()));
  desk.venue.interceptor = afterFirstPost("LEU", (response) => {
    desk.exchange.setQuote("LEU", "0", "0");
    return response;
  });
  expect(await desk.act()).toMatchObject({ conclusion: { outcome: "incomplete" } });
  desk.exchange.setPrice("LEU", "207");
  await desk.clock.advance(60_000);
  desk.append(...nuclearRun(desk.clock.now()));
  expect(await desk.act()).toMatchObject({ conclusion: { outcome: "on-target" } });
  const leu = desk.orders().filter(({ symbol }) => symbol === "LEU");
  expect([...new Set(leu.map(({ status }) => status))]).toEqual(["canceled", "filled"]);
  expect(leu.filter(({ status }) => status === "filled")).toHaveLength(1);
  expect(new Set(leu.map(({ clientOrderId }) => clientOrderId)).size).toBe(leu.length);
  expect(desk.exchange.state.cash.gte(decimal("0"))).toBe(true);
});
