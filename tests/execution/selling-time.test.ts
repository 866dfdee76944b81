import { afterEach, describe, expect, test } from "@jest/globals";
import type { ExecutionSettings } from "../../src/domain/execution-style.ts";
import { DEFAULT_EXECUTION } from "../../src/domain/execution-style.ts";
import type { VenueResponse } from "../../src/simulator/venue.ts";
import { arrivals, both, isPost, postedOrder, reply } from "./faults.ts";
import { limitStyle } from "./limit-style.ts";
import { book, expectHoldings, expectUnharmed, HEDGE, INVESTED } from "./scenario.ts";
import { signalOf, VirtualDesk } from "./virtual-desk.ts";

let desk: VirtualDesk;

afterEach(() => desk.close());

const HALTED = reply(403, { code: 40310000, message: "trading halt for symbol TQQQ" });
const RATE_LIMIT = reply(429, { code: 42910000, message: "rate limit exceeded" }, { "retry-after": "30" });
const DEADLINE_SECONDS = 240;
/** Half of so short a deadline is kept for the buys. */
const SELLING_MS = 120_000;

/** Sells of TQQQ are answered with this as long as `lasts` says; buys are listed. */
function answering(
  response: VenueResponse,
  lasts: () => boolean,
  execution: ExecutionSettings = DEFAULT_EXECUTION,
): ReturnType<typeof arrivals> {
  desk = new VirtualDesk({ ...INVESTED, executionDeadlineSeconds: DEADLINE_SECONDS, execution });
  const seen = arrivals(desk);
  const isSell = (request: Parameters<typeof isPost>[0]): boolean =>
    isPost(request) && postedOrder(request).symbol === "TQQQ" && postedOrder(request).side === "sell";
  desk.venue.interceptor = both(seen.interceptor, {
    before: (request) => Promise.resolve(isSell(request) && lasts() ? response : undefined),
  });
  return seen;
}

describe.each([
  ["market", DEFAULT_EXECUTION],
  ["limit", limitStyle()],
])("in %s style, a sell that the time for selling leaves unsold (R21)", (_, execution) => {
  test("for it is always refused: what there is is bought, and the run ends with its reason, to be taken up, before its deadline", async () => {
    answering(HALTED, () => true, execution);
    const start = desk.clock.monotonic();
    const result = await desk.run(signalOf(desk.clock, HEDGE));
    expect(result).toMatchObject({ conclusion: { outcome: "off-target", code: "order-refused", mayGoOn: true } });
    expect(result.kind === "concluded" && result.conclusion.reason).toMatch(
      /^No time is left to sell: the rest of the deadline was kept for the buys\. Refused by the venue: sell TQQQ: trading halt/,
    );
    expect(desk.clock.monotonic() - start).toBeLessThanOrEqual(SELLING_MS + 5_000);
    expect(book(desk)).toEqual(["buy BTAL filled", "buy UVXY filled", "sell SMR filled"]);
    expectUnharmed(desk);
  });

  test("for the rate limit never lets it out: what there is is bought in the time that is kept for it", async () => {
    answering(RATE_LIMIT, () => true, execution);
    const start = desk.clock.monotonic();
    const result = await desk.run(signalOf(desk.clock, HEDGE));
    expect(result).toMatchObject({ conclusion: { outcome: "incomplete", mayGoOn: true } });
    expect(desk.clock.monotonic() - start).toBeLessThanOrEqual(SELLING_MS + 5_000);
    expect(book(desk)).toEqual(["buy BTAL filled", "buy UVXY filled", "sell SMR filled"]);
    expectUnharmed(desk);
  });

  test("goes out in the run that takes it up", async () => {
    let isHalted = true;
    answering(HALTED, () => isHalted, execution);
    const signal = signalOf(desk.clock, HEDGE);
    await desk.run(signal);
    isHalted = false;
    expect(await desk.run(signal, { takeUp: "fresh" })).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, HEDGE);
    expectUnharmed(desk);
  });

  test("is sold where it can be again in time", async () => {
    answering(HALTED, () => desk.clock.monotonic() < SELLING_MS - 40_000, execution);
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, HEDGE);
  });
});

test("a run that only sells goes on trying to its deadline", async () => {
  const { list } = answering(HALTED, () => true);
  const signal = signalOf(desk.clock, {}, { kind: "exit", exits: ["TQQQ", "SMR"] });
  expect(await desk.run(signal)).toMatchObject({ conclusion: { outcome: "incomplete" } });
  expect(Math.max(...list.map(({ at }) => at)) * 1_000).toBeGreaterThan(SELLING_MS);
});

test("in limit style no sell is repriced once the rest of the deadline is kept for the buys", async () => {
  desk = new VirtualDesk({
    ...INVESTED,
    executionDeadlineSeconds: DEADLINE_SECONDS,
    execution: limitStyle({ repegs: 40, repegMs: 7_000 }),
  });
  const { list, interceptor } = arrivals(desk);
  desk.venue.interceptor = both(interceptor, {
    after: (request, response) => {
      if (isPost(request) && postedOrder(request).symbol === "TQQQ") desk.exchange.setQuote("TQQQ", "70", "85.2");
      return Promise.resolve(response);
    },
  });
  desk.exchange.setQuote("TQQQ", "84.99", "85");
  await desk.run(signalOf(desk.clock, HEDGE));
  const late = list.filter(({ side, at }) => side === "sell" && at * 1_000 >= SELLING_MS);
  expect(late).toEqual([]);
  expect(list.some(({ side }) => side === "buy")).toBe(true);
});
