import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { RebalanceResult } from "../../src/execution/rebalancer.ts";
import { finalLines } from "../../src/reporting/plan-lines.ts";
import type { VenueRequest, VenueResponse } from "../../src/simulator/venue.ts";
import type { Spoiler } from "./garbage.ts";
import { spoilers } from "./garbage.ts";
import { isRead } from "../execution/faults.ts";
import { book, expectHoldings, expectUnharmed, HEDGE, INVESTED, SWITCH } from "../execution/scenario.ts";
import { signalOf, VirtualDesk } from "../execution/virtual-desk.ts";

/** Each kind of read on the trading path, by the beginning of its path. */
const READS: readonly (readonly [string, (request: VenueRequest) => boolean])[] = [
  ["the account", (request) => isRead(request, "/v2/account")],
  ["the positions", (request) => isRead(request, "/v2/positions")],
  ["lists of orders", (request) => isRead(request, "/v2/orders")],
  ["an order by its id", ({ method, url }) => method === "GET" && url.startsWith("/v2/orders/")],
  ["an order by our id", ({ url }) => url.startsWith("/v2/orders:by_client_order_id")],
  ["an asset", ({ url }) => url.startsWith("/v2/assets/")],
  ["the market clock", (request) => isRead(request, "/v2/clock")],
  ["market prices", ({ url }) => url.startsWith("/v2/stocks/")],
  ["activities", ({ url }) => url.startsWith("/v2/account/activities")],
];

/** Far above the time needed, for a busy machine. */
const LIMIT_MS = 120_000;

const KINDS = new Set(["concluded", "declined"]);

async function rebalanced(isSpoilt: (request: VenueRequest) => boolean, times: number, spoiler: Spoiler): Promise<void> {
  const desk = new VirtualDesk(INVESTED);
  let left = times;
  desk.venue.interceptor = {
    after: (request, response) => {
      if (!isSpoilt(request) || left === 0) return Promise.resolve(response);
      left -= 1;
      return Promise.resolve(spoilt(spoiler, response));
    },
  };
  try {
    const result = await desk.run(signalOf(desk.clock, HEDGE));
    desk.venue.interceptor = {};
    await desk.clock.advance(5_000);
    expectHonest(desk, result);
  } finally {
    await desk.close();
  }
}

function spoilt(spoiler: Spoiler, { status, body }: VenueResponse): VenueResponse {
  const answer = spoiler.spoil({ status, body });
  return { ...answer, body: typeof answer.body === "string" ? answer.body : Buffer.from(answer.body).toString("latin1") };
}

/** No order or correct orders, and a verdict that explains what happened. */
function expectHonest(desk: VirtualDesk, result: RebalanceResult): void {
  expectUnharmed(desk);
  const sides = new Set(SWITCH.map((line) => line.replace(" filled", "")));
  for (const { side, symbol } of desk.orders()) expect(sides).toContain(`${side} ${symbol}`);
  expect(KINDS).toContain(result.kind);
  if (result.kind === "declined") {
    expect(result.reason).toMatch(/\S.*\.$/s);
    expect(book(desk)).toEqual([]);
  }
  if (result.kind !== "concluded") return;
  const { outcome, reason } = result.conclusion;
  expect(reason).toMatch(/\S/);
  // A position that is unreadable twice in a row counts as external, and the plan says so.
  const lines = finalLines(desk.ledger.execution(result.conclusion.executionId)!);
  if (outcome !== "on-target" || lines.some(({ leftAlone }) => leftAlone === "protected")) return;
  // Anything left by the first buy, such as whole shares, may take a second one.
  expect([...new Set(book(desk))]).toEqual(SWITCH);
  expectHoldings(desk, HEDGE);
}

describe("a rebalance when the venue answers one kind of read with garbage", () => {
  test.each(READS)(
    "%s: it sends no order or correct ones, and says clearly how it ended",
    async (_name, isSpoilt) => {
      await fc.assert(
        fc.asyncProperty(spoilers, fc.constantFrom(1, 2, 5, Infinity), (spoiler, times) => rebalanced(isSpoilt, times, spoiler)),
        { seed: 815, numRuns: 15 },
      );
    },
    LIMIT_MS,
  );
});
