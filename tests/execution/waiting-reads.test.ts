import { afterEach, describe, expect, test } from "@jest/globals";
import type { Interceptor, VenueResponse } from "../../src/simulator/venue.ts";
import { afterFirstPost, both, isCancel, isPost, isRead, reply, UNAVAILABLE } from "./faults.ts";
import { limitStyle } from "./limit-style.ts";
import { book, expectSwitched, expectUnharmed, HEDGE, INVESTED } from "./scenario.ts";
import { signalOf, VirtualDesk } from "./virtual-desk.ts";

let desk: VirtualDesk;

afterEach(() => desk.close());

const MINUTE_MS = 60_000;

/** From the first POST on the venue says that nearly all requests of the minute are used up: reads wait for the next one. */
function readsUsedUp(): Interceptor {
  let until: number | undefined;
  return {
    after: (request, response) => {
      if (isPost(request)) until ??= desk.clock.now() + MINUTE_MS;
      if (until === undefined || desk.clock.now() >= until) return Promise.resolve(response);
      const headers = { ...response.headers, "x-ratelimit-remaining": "9", "x-ratelimit-reset": String(Math.ceil(until / 1_000)) };
      return Promise.resolve({ ...response, headers });
    },
  };
}

/** The venue takes the sell of TQQQ and finds nobody on the other side. */
function stuck(): Interceptor {
  return afterFirstPost("TQQQ", (response) => {
    desk.exchange.setQuote("TQQQ", "0", "0");
    return response;
  });
}

/** Monotonic times at which cancels were asked for. */
function cancels(): { readonly at: number[]; readonly interceptor: Interceptor } {
  const at: number[] = [];
  const before: Interceptor["before"] = (request) => {
    if (isCancel(request)) at.push(desk.clock.monotonic());
    return Promise.resolve(undefined);
  };
  return { at, interceptor: { before } };
}

describe("while reads wait for the venue's next minute", () => {
  test("a halt cancels at once what works for all that is known", async () => {
    desk = new VirtualDesk(INVESTED);
    const { at, interceptor } = cancels();
    desk.venue.interceptor = both(stuck(), readsUsedUp(), interceptor);
    let haltedAt = 0;
    desk.clock.after(5_000, () => {
      desk.halted = "by hand";
      haltedAt = desk.clock.monotonic();
    });
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "incomplete" } });
    expect(at[0]! - haltedAt).toBeLessThan(1_000);
    expect(book(desk).filter((line) => line.startsWith("buy"))).toEqual([]);
    expectUnharmed(desk);
  });

  test("a limit is given up when it is due", async () => {
    desk = new VirtualDesk({ ...INVESTED, execution: limitStyle({ repegMs: 5_000 }) });
    const { at, interceptor } = cancels();
    desk.venue.interceptor = both(stuck(), readsUsedUp(), interceptor);
    const start = desk.clock.monotonic();
    await desk.run(signalOf(desk.clock, HEDGE));
    expect(at[0]! - start).toBeLessThan(7_000);
    expectUnharmed(desk);
  });
});

test("while our fills are missing in the account, only what they change is read again, and the plan is made on new prices (R35)", async () => {
  desk = new VirtualDesk(INVESTED);
  await desk.run(signalOf(desk.clock, HEDGE));
  const shownAt = desk.clock.monotonic() + 6_000;
  const reads: { readonly path: string; readonly at: number }[] = [];
  desk.venue.interceptor = {
    before: (request) => {
      reads.push({ path: isPost(request) ? "post" : request.url.replace(/\?.*/, ""), at: desk.clock.monotonic() });
      return Promise.resolve(undefined);
    },
    after: (request, response) => {
      if (!isRead(request, "/v2/account") || desk.clock.monotonic() >= shownAt) return Promise.resolve(response);
      const account = JSON.parse(response.body) as { cash: string };
      const cash = String(Number(account.cash) - 500);
      return Promise.resolve({ ...response, body: JSON.stringify({ ...account, cash }) });
    },
  };
  await desk.run(signalOf(desk.clock, { LEU: "1" }, { id: "00000000000000bb" }));
  const before = reads.slice(
    0,
    reads.findIndex(({ path }) => path === "post"),
  );
  const times = (path: string): number[] => before.filter((read) => read.path.endsWith(path)).map(({ at }) => at);
  expect(times("/account").length).toBeGreaterThan(5);
  expect(times("/snapshots")).toHaveLength(2);
  expect(times("/snapshots").at(-1)).toBeGreaterThanOrEqual(shownAt);
  expectUnharmed(desk);
});

test("warnings that come again with every try while the venue is away are marked, so that the log can be brief", async () => {
  desk = new VirtualDesk(INVESTED);
  let dark = false;
  desk.venue.interceptor = both(stuck(), {
    before: () => Promise.resolve(dark ? UNAVAILABLE : undefined),
    after: (request, response) => {
      dark ||= isPost(request);
      return Promise.resolve(response);
    },
  });
  await desk.run(signalOf(desk.clock, HEDGE));
  const failures = desk.events.filter(({ level, text }) => level === "warn" && /could not be read|cannot be read|failed/.test(text));
  expect(failures.length).toBeGreaterThan(20);
  expect(failures.filter(({ recurs, text }) => recurs !== true && !text.includes("afterwards"))).toEqual([]);
  const others = desk.events.filter(({ level, recurs }) => level === "warn" && recurs !== true).map(({ text }) => text);
  expect(new Set(others).size).toBe(others.length);
});

describe("an outage that answers every read within milliseconds leaves requests for the time after it (R35)", () => {
  const REFUSED = reply(401, { code: 40110000, message: "request is not authorized" });
  const NOT_JSON = reply(200, "<html>We are down for maintenance</html>");

  async function outage(response: VenueResponse, begins: () => boolean): Promise<{ readonly reads: number; readonly tookMs: number }> {
    desk = new VirtualDesk(INVESTED);
    let endsAt = Infinity;
    let reads = 0;
    desk.venue.interceptor = {
      before: (request) => {
        if (endsAt === Infinity && begins()) endsAt = desk.clock.monotonic() + MINUTE_MS;
        if (endsAt === Infinity || desk.clock.monotonic() >= endsAt || request.method !== "GET") return Promise.resolve(undefined);
        if (!request.url.startsWith("/v2/stocks/")) reads += 1;
        return Promise.resolve(response);
      },
    };
    expectSwitched(desk, await desk.run(signalOf(desk.clock, HEDGE)));
    return { reads, tookMs: desk.clock.monotonic() - endsAt };
  }

  test("a page before the first order: the run is executed as soon as the venue is back", async () => {
    desk = new VirtualDesk(INVESTED);
    const endsAt = desk.clock.monotonic() + 30_000;
    let reads = 0;
    desk.venue.interceptor = {
      before: (request) => {
        if (desk.clock.monotonic() >= endsAt) return Promise.resolve(undefined);
        if (!request.url.startsWith("/v2/stocks/")) reads += 1;
        return Promise.resolve(NOT_JSON);
      },
    };
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ kind: "declined", verdict: "broker-unreachable" });
    expect(reads).toBeLessThan(60);
    await desk.clock.advance(endsAt - desk.clock.monotonic());
    expectSwitched(desk, await desk.run(signalOf(desk.clock, HEDGE)));
    expect(desk.clock.monotonic() - endsAt).toBeLessThan(15_000);
  });

  const isSold = (): boolean => desk.orders().some(({ side, status }) => side === "sell" && status === "filled");
  const isSent = (): boolean => desk.orders().some(({ side }) => side === "sell");

  test.each([
    ["a refusal of the keys, between the phases", REFUSED, isSold],
    ["a page, between the phases", NOT_JSON, isSold],
    ["a refusal of the keys, while a sell works", REFUSED, isSent],
  ])("%s", async (_, response, begins) => {
    const { reads, tookMs } = await outage(response, begins);
    expect(reads).toBeLessThan(135);
    expect(tookMs).toBeLessThan(15_000);
  });
});
