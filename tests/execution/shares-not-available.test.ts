import { afterEach, describe, expect, test } from "@jest/globals";
import { decimal } from "../../src/domain/decimal.ts";
import { changeAsset } from "../../src/simulator/admin-routes.ts";
import type { VenueResponse } from "../../src/simulator/venue.ts";
import { beforePosts, isPost, isRead, postedOrder, reply } from "./faults.ts";
import { book, expectHoldings, expectUnharmed, HEDGE, INVESTED, SWITCH } from "./scenario.ts";
import { signalOf, VirtualDesk, type DeskOptions } from "./virtual-desk.ts";

/** Exits of positions that the venue does not let go completely, though it lists no open order for them (R11, R20, R33). */

let desk: VirtualDesk;
afterEach(() => desk.close());

type Row = Record<string, unknown>;

function open(options: DeskOptions = {}): void {
  desk = new VirtualDesk({ ...INVESTED, executionDeadlineSeconds: 150, ...options });
}

/** Of TQQQ, `shares` are not available. */
function holdBack(shares: () => number): void {
  const change = (row: Row): Row =>
    row.symbol === "TQQQ" ? { ...row, qty_available: Math.max(0, Number(row.qty) - shares()).toFixed(9) } : row;
  desk.venue.interceptor = {
    after: (request, response) =>
      Promise.resolve(
        isRead(request, "/v2/positions")
          ? { ...response, body: JSON.stringify((JSON.parse(response.body) as Row[]).map((row) => change(row))) }
          : response,
      ),
  };
}

function refusalOf(requested: string, available: string): VenueResponse {
  const message = `insufficient qty available for order (requested: ${requested}, available: ${available})`;
  return reply(403, { available, code: 40310000, existing_qty: "1000.123456789", held_for_orders: "100.123456789", message });
}

async function hedged(): Promise<string> {
  const result = await desk.run(signalOf(desk.clock, HEDGE));
  expectUnharmed(desk);
  return result.kind === "concluded" ? `${result.conclusion.outcome}: ${result.conclusion.reason}` : result.kind;
}

const soldShares = (): string[] =>
  [...desk.exchange.state.orders.values()]
    .filter(({ symbol, side }) => symbol === "TQQQ" && side === "sell")
    .map(({ filledQuantity }) => filledQuantity.toFixed());

test("a billionth of a share less than is held: it stays as dust, on target", async () => {
  open();
  holdBack(() => 1e-9);
  expect(await hedged()).toMatch(/^on-target/);
  expect(soldShares()).toEqual(["1000.123456788"]);
  expect(book(desk)).toEqual(SWITCH);
});

test("collateral of a covered call: the other shares are sold, and the rest is named with its reason", async () => {
  open();
  holdBack(() => 100);
  expect(await hedged()).toMatch(/^(incomplete|off-target): .*TQQQ \(not-available\)/);
  expect(soldShares()).toEqual(["900.123456789"]);
  expect(desk.weights().UVXY).toBeGreaterThan(0.65);
});

test("collateral that is released: the rest is sold, and the account is on target", async () => {
  open();
  holdBack(() => (desk.clock.monotonic() < 20_000 ? 100 : 0));
  expect(await hedged()).toMatch(/^on-target/);
  expect(soldShares()).toEqual(["900.123456789", "100"]);
  expectHoldings(desk, HEDGE);
});

/** Nothing but shares that are held back. */
const ONLY_TQQQ: DeskOptions = {
  exchange: { cash: decimal("12"), positions: [{ symbol: "TQQQ", quantity: decimal("1000.123456789"), averagePrice: decimal("80") }] },
};

test("no share for some seconds after an earlier order has ended: they are awaited, and the run is executed", async () => {
  open(ONLY_TQQQ);
  const shownAt = desk.clock.monotonic() + 6_000;
  holdBack(() => (desk.clock.monotonic() < shownAt ? 2_000 : 0));
  expect(await hedged()).toMatch(/^on-target/);
  expectHoldings(desk, HEDGE);
});

test("no share at all: the run is not executed, after they were awaited for as long as an account may lag", async () => {
  open(ONLY_TQQQ);
  const start = desk.clock.monotonic();
  holdBack(() => 2_000);
  const result = await desk.run(signalOf(desk.clock, HEDGE));
  expect(result).toMatchObject({ kind: "declined", verdict: "account-unsettled" });
  expect(desk.clock.monotonic() - start).toBeGreaterThanOrEqual(15_000);
  expect(desk.clock.monotonic() - start).toBeLessThan(20_000);
});

describe("a refusal that says how many shares are available", () => {
  /** The venue lets go no more than this, though it shows all shares as available. */
  function refuseAbove(available: string): string[] {
    const tried: string[] = [];
    desk.venue.interceptor = {
      before: (request) => {
        if (!isPost(request)) return Promise.resolve(undefined);
        const { symbol, qty } = postedOrder(request);
        if (symbol !== "TQQQ") return Promise.resolve(undefined);
        tried.push(String(qty));
        return Promise.resolve(Number(qty) > Number(available) ? refusalOf(String(qty), available) : undefined);
      },
    };
    return tried;
  }

  test("sizes the next sell", async () => {
    open();
    const tried = refuseAbove("900");
    expect(await hedged()).toMatch(/^on-target/);
    expect(tried).toEqual(["1000.123456789", "900", "100.123456789"]);
    expectHoldings(desk, HEDGE);
  });

  test("sizes it in whole shares where only those are traded", async () => {
    open();
    changeAsset(desk.exchange, { symbol: "TQQQ", fractionable: false });
    const tried = refuseAbove("900.5");
    expect(await hedged()).toMatch(/^on-target/);
    expect(tried).toEqual(["1000", "900", "100"]);
  });

  test("counts until shares are sold", async () => {
    open();
    desk.venue.interceptor = beforePosts("TQQQ", 1, () => refusalOf("1000.123456789", "400"));
    expect(await hedged()).toMatch(/^on-target/);
    expect(soldShares()).toEqual(["400", "600.123456789"]);
  });

  test("and says none: all of it is tried again", async () => {
    open();
    desk.venue.interceptor = beforePosts("TQQQ", 2, () => refusalOf("1000.123456789", "0"));
    expect(await hedged()).toMatch(/^on-target/);
    expect(soldShares()).toEqual(["1000.123456789"]);
  });

  test("counts for a minute: then all of it is tried again", async () => {
    open();
    desk.venue.interceptor = beforePosts("TQQQ", 1, () => refusalOf("1000.123456789", "0.01"));
    const start = desk.clock.monotonic();
    expect(await hedged()).toMatch(/^on-target/);
    expect(desk.clock.monotonic() - start).toBeGreaterThan(60_000);
    expect(soldShares()).toEqual(["1000.123456789"]);
  });
});
