import { afterEach, describe, expect, test } from "@jest/globals";
import { decimal, sum } from "../../src/domain/decimal.ts";
import { changeAsset } from "../../src/simulator/admin-routes.ts";
import type { Interceptor, VenueResponse } from "../../src/simulator/venue.ts";
import {
  afterFirstPost,
  both,
  isCancel,
  lagging,
  isPost,
  isRead,
  lastSale,
  postedOrder,
  reply,
  shownAccount,
  UNAVAILABLE,
} from "./faults.ts";
import { book, expectHoldings, expectUnharmed, HEDGE, HELD, intentsOf, INVESTED, ODD_POSITION, SWITCH } from "./scenario.ts";
import { limitStyle } from "./limit-style.ts";
import { signalOf, VirtualDesk, type DeskOptions } from "./virtual-desk.ts";

/** What a real venue does now and then, and what must not keep the account from its target (R33). */

let desk: VirtualDesk;
afterEach(() => desk.close());

type Row = Record<string, unknown>;

function open(options: DeskOptions = INVESTED): void {
  desk = new VirtualDesk(options);
}

function told(result: Awaited<ReturnType<VirtualDesk["run"]>>): string {
  if (result.kind === "concluded") return `${result.conclusion.outcome}: ${result.conclusion.reason}`;
  return result.kind === "declined" ? `${result.verdict}: ${result.reason} ${result.hint ?? ""}` : result.kind;
}

async function hedged(change: Parameters<typeof signalOf>[2] = {}): Promise<string> {
  return told(await desk.run(signalOf(desk.clock, HEDGE, change)));
}

/** Orders as REST shows them. */
function shownOrders(change: (order: Row) => Row): Interceptor {
  return {
    after: (request, response) => {
      const isOrders = request.url.startsWith("/v2/orders") && request.method !== "DELETE" && response.status < 300 && response.body !== "";
      if (!isOrders) return Promise.resolve(response);
      const json = JSON.parse(response.body) as Row | Row[];
      const changed = Array.isArray(json) ? json.map((order) => ({ ...order, ...change(order) })) : { ...json, ...change(json) };
      return Promise.resolve({ ...response, body: JSON.stringify(changed) });
    },
  };
}

function shownPositions(change: (rows: readonly Row[]) => readonly Row[]): Interceptor {
  return {
    after: (request, response) =>
      Promise.resolve(
        isRead(request, "/v2/positions") ? { ...response, body: JSON.stringify(change(JSON.parse(response.body) as Row[])) } : response,
      ),
  };
}

/** The stream is down: orders are polled. */
function withoutStream(): void {
  desk.venue.openStream = (_send: unknown, end: () => void) => {
    desk.clock.after(0, end);
    return { receive: () => undefined, closed: () => undefined };
  };
}

describe("an end that is shown before its last fills (R16, R18)", () => {
  const LATE: DeskOptions = { exchange: { cash: decimal("100000"), multiplier: "2" }, orderTimeoutSeconds: 20 };

  /** As REST shows an order of UVXY that has ended, for so long after its end was first shown. */
  function endShownAs(ms: number, row: Row, ended: (order: Row) => boolean): Interceptor {
    let since: number | undefined;
    return shownOrders((order) => {
      if (order.symbol !== "UVXY") return {};
      if (!ended(order)) return order.status === "filled" ? {} : { filled_qty: "0", filled_avg_price: null };
      since ??= desk.clock.monotonic();
      return desk.clock.monotonic() <= since + ms ? { filled_qty: "0", filled_avg_price: null, ...row } : {};
    });
  }

  test.each([
    ["canceled, with a fill that slipped in, in the first answer", 0, {}, "canceled"],
    ["canceled, with a fill that slipped in, for 1.5 s", 1_500, {}, "canceled"],
    ["rejected for 3 s, though it is filled", 3_000, { status: "rejected" }, "filled"],
    ["filled with no shares, in the first answer", 0, { status: "filled" }, "filled"],
    ["filled with 10 of its shares and a price, for 2 s", 2_000, { status: "filled", filled_qty: "10", filled_avg_price: "20" }, "filled"],
  ])("%s: nothing is bought twice, whatever a margin account would lend", async (_name, ms, row, status) => {
    open(LATE);
    withoutStream();
    if (status === "canceled")
      desk.exchange.setExecutionModel({ partialFillProbability: 1, partialFillSteps: 2, partialFillIntervalMs: 600_000 });
    const isFilledFromNow: Interceptor = {
      before: (request) => {
        if (isCancel(request)) desk.exchange.setExecutionModel({ partialFillProbability: 0 });
        return Promise.resolve(undefined);
      },
    };
    const shown = endShownAs(ms, row, (order) => order.status === status);
    desk.venue.interceptor = both(isFilledFromNow, lagging(desk, 40_000), shown);
    await hedged();
    expectUnharmed(desk);
    const known = intentsOf(desk).filter(({ symbol }) => symbol === "UVXY");
    const held = desk.exchange.state.positions.get("UVXY")?.quantity.toFixed();
    expect(sum(known.map(({ filledQuantity }) => filledQuantity)).toFixed()).toBe(held);
  });
});

describe("an order that is shown as filled before its average price is (R16)", () => {
  test.each([
    ["both sells", ["SMR", "TQQQ"]],
    ["one sell of 12 %", ["SMR"]],
  ])("of %s: the proceeds are spent", async (_name, symbols) => {
    open();
    withoutStream();
    const seen = new Set<unknown>();
    desk.venue.interceptor = shownOrders(({ id, symbol, status }) => {
      if (status !== "filled" || !symbols.includes(String(symbol)) || seen.has(id)) return {};
      seen.add(id);
      return { filled_avg_price: null };
    });
    const words = await hedged();
    expect(words).toMatch(/^on-target/);
    expectHoldings(desk, HEDGE);
  });
});

describe("market data that fails after the sells (R10)", () => {
  test.each<[string, VenueResponse]>([
    ["503", UNAVAILABLE],
    ["403 without subscription", reply(403, { message: "subscription does not permit querying recent SIP data" })],
  ])("with %s: dollar buys are made without it", async (_name, answer) => {
    open();
    const soldAt = lastSale(desk);
    desk.venue.interceptor = {
      before: ({ url }) => Promise.resolve(url.startsWith("/v2/stocks/") && desk.clock.monotonic() >= soldAt() ? answer : undefined),
    };
    expect(await hedged()).toMatch(/^on-target/);
    expect(book(desk)).toEqual(SWITCH);
  });
});

test("a target that has become untradable since the execution before: nothing is sold for it (R12)", async () => {
  open({ exchange: { cash: decimal("100000") } });
  expect(await hedged()).toMatch(/^on-target/);
  await desk.clock.advance(3_600_000);
  expect(told(await desk.run(signalOf(desk.clock, { TQQQ: "1" }, { id: "00000000000000bb" })))).toMatch(/^on-target/);
  await desk.clock.advance(3_600_000);
  changeAsset(desk.exchange, { symbol: "UVXY", tradable: false });
  const words = await hedged({ id: "00000000000000cc" });
  expect(words).toMatch(/^refused: 75\.0 % of the run cannot be bought/);
  expect(desk.weights().TQQQ).toBeGreaterThan(0.9);
});

describe("a cancel that has no effect (R21)", () => {
  test.each([
    ["204, then order_cancel_rejected", reply(204, "")],
    ["422 order is not cancelable", reply(422, { code: 42210000, message: "order is not cancelable" })],
  ])("after %s is requested again, and the proceeds of the other sell are spent", async (_name, answer) => {
    open();
    let cancels = 0;
    const noBuyer = afterFirstPost("TQQQ", (response) => {
      desk.exchange.setQuote("TQQQ", "0", "0");
      desk.clock.after(65_000, () => desk.exchange.setQuote("TQQQ", "0", "0"));
      return response;
    });
    desk.venue.interceptor = both(noBuyer, {
      before: (request) => Promise.resolve(isCancel(request) && cancels++ === 0 ? answer : undefined),
    });
    await hedged();
    expect(cancels).toBeGreaterThan(1);
    // The proceeds of the other sell are bought (R21).
    expect(book(desk).filter((line) => line.startsWith("buy")).length).toBeGreaterThan(0);
  });

  test("in limit style: the target is reached", async () => {
    open({ ...INVESTED, execution: limitStyle() });
    let cancels = 0;
    let moved = false;
    desk.venue.interceptor = {
      before: (request) => {
        if (!moved && isPost(request) && postedOrder(request).symbol === "TQQQ") {
          moved = true;
          desk.exchange.setPrice("TQQQ", "84.5");
        }
        return Promise.resolve(isCancel(request) && cancels++ === 0 ? reply(204, "") : undefined);
      },
    };
    const words = await hedged();
    expect(words).toMatch(/^on-target/);
  });
});

describe("a small holding whose asset cannot be read (R34)", () => {
  const ODD: Row = { ...ODD_POSITION, lastday_price: "10" };
  const ASSET = { id: ODD.asset_id, class: "us_equity", exchange: "OTC", symbol: "ODD", name: "Odd", status: "inactive", tradable: false };
  const ANSWERS: [string, VenueResponse][] = [
    ["500", reply(500, { code: 50010000, message: "internal server error" })],
    ["422", reply(422, { code: 42210000, message: "invalid symbol" })],
    ["tradable: null", reply(200, { ...ASSET, tradable: null })],
  ];
  function beside(answer: () => VenueResponse): Interceptor {
    return both(
      shownPositions((rows) => [...rows, ODD]),
      shownAccount(({ equity }) => ({ equity: String(Number(equity) + 50) })),
      { before: (request) => Promise.resolve(isRead(request, "/v2/assets/ODD") ? answer() : undefined) },
    );
  }
  test.each(ANSWERS)("%s, and protected: the run is executed", async (_name, answer) => {
    open({ ...INVESTED, plan: { protectedSymbols: new Set(["ODD"]) } });
    desk.venue.interceptor = beside(() => answer);
    const words = await hedged();
    expect(words).toMatch(/^on-target/);
  });
  test.each(ANSWERS)("%s after the sells: the buys are made", async (_name, answer) => {
    open();
    const soldAt = lastSale(desk);
    desk.venue.interceptor = beside(() => (desk.clock.monotonic() >= soldAt() ? answer : reply(200, ASSET)));
    await hedged();
    expect(book(desk)).toEqual(SWITCH);
  });
});

describe("after a partial sell the account shows (R16)", () => {
  test.each([
    ["a billionth of a share less", -1e-9],
    ["a billionth of a share more", 1e-9],
    ["one share less, sold by hand", -1],
  ])("%s: the target is reached", async (_name, difference) => {
    open({ exchange: { cash: decimal("12"), positions: HELD } });
    const soldAt = lastSale(desk);
    desk.venue.interceptor = shownPositions((rows) =>
      rows.map((row) => {
        if (row.symbol !== "TQQQ" || desk.clock.monotonic() < soldAt()) return row;
        const qty = (Number(row.qty) + difference).toFixed(9);
        return { ...row, qty, qty_available: qty };
      }),
    );
    const start = desk.clock.monotonic();
    const words = told(await desk.run(signalOf(desk.clock, { TQQQ: "0.5", BTAL: "0.5" })));
    expect(words).toMatch(/^on-target/);
    expect(desk.clock.monotonic() - start).toBeLessThan(90_000);
  });
});

describe("orders that are filled in full and end as", () => {
  test.each(["calculated", "done_for_day"])("%s: the account is on target", async (status) => {
    open();
    withoutStream();
    desk.venue.interceptor = shownOrders((order) => (order.status === "filled" ? { status } : {}));
    const words = await hedged();
    expectHoldings(desk, HEDGE);
    expect(words).toMatch(/^on-target/);
  });
});

test("one old answer of the venue's clock does not end the execution (R14)", async () => {
  open();
  let stale = 0;
  const yesterday = {
    timestamp: "2026-11-16T19:59:50-05:00",
    is_open: false,
    next_open: "2026-11-17T09:30:00-05:00",
    next_close: "2026-11-17T16:00:00-05:00",
  };
  desk.venue.interceptor = {
    after: (request, response) =>
      Promise.resolve(
        isRead(request, "/v2/clock") && desk.orders().length >= 2 && stale++ === 0
          ? { ...response, body: JSON.stringify(yesterday) }
          : response,
      ),
  };
  const words = await hedged();
  expect(words).toMatch(/^on-target/);
});

test.each([401, 403])("a proxy's page with HTTP %d does not count as a refusal of the keys", async (status) => {
  open();
  let pages = 0;
  desk.venue.interceptor = {
    before: (request) =>
      Promise.resolve(isRead(request, "/v2/account") && pages++ === 0 ? reply(status, `<html>${String(status)}</html>`) : undefined),
  };
  const words = await hedged();
  expect(words).toMatch(/^on-target/);
});

describe("a symbol that was sold and is held again (R12, R33)", () => {
  test("by a trade bust while the buys work: it is left alone and named, and the account is not on target", async () => {
    open();
    const returned = { symbol: "TQQQ", quantity: decimal("100"), cost: decimal("8000") };
    desk.exchange.gate = { mayFill: ({ symbol }) => symbol !== "UVXY" || desk.clock.monotonic() > 30_000, mayCancel: () => true };
    desk.clock.after(10_000, () => desk.exchange.endow(returned));
    expect(await hedged()).toMatch(/^off-target: Came into the account .*: TQQQ \(\$8,500\.00\)/);
    expect(book(desk)).toEqual(SWITCH);
  });

  test("only in old answers at the end: they are read again, and the account is on target", async () => {
    open();
    let old = 0;
    const isOver = (): boolean => desk.orders().filter(({ status }) => status === "filled").length === SWITCH.length;
    const sold = { ...ODD_POSITION, symbol: "TQQQ", market_value: "85000", qty: "1000", qty_available: "1000", current_price: "85" };
    desk.venue.interceptor = shownPositions((rows) => (isOver() && old++ < 2 ? [...rows, sold] : rows));
    expect(await hedged()).toMatch(/^on-target/);
    expect(old).toBeGreaterThan(2);
  });
});

test.each([null, ""])("a position without its average entry price (%j) is sold like any other (R34)", async (avg_entry_price) => {
  open();
  desk.venue.interceptor = shownPositions((rows) => rows.map((row) => ({ ...row, avg_entry_price })));
  expect(await hedged()).toMatch(/^on-target/);
  expectHoldings(desk, HEDGE);
});

test("an open market's clock without its next open does not keep the run from being executed", async () => {
  open();
  desk.venue.interceptor = {
    after: (request, response) =>
      Promise.resolve(
        isRead(request, "/v2/clock")
          ? { ...response, body: JSON.stringify({ ...(JSON.parse(response.body) as Row), next_open: null }) }
          : response,
      ),
  };
  expect(await hedged()).toMatch(/^on-target/);
});

test("a full exit of $85,000 that is refused as too small is no dust: it is named, and the account is not on target (R20)", async () => {
  open();
  const tooSmall = reply(403, { code: 40310000, message: "cost basis must be >= minimal amount of order 1" });
  desk.venue.interceptor = {
    before: (request) => Promise.resolve(isPost(request) && postedOrder(request).symbol === "TQQQ" ? tooSmall : undefined),
  };
  expect(await hedged()).toMatch(/^off-target: Refused by the venue: sell TQQQ: cost basis must be/);
});

describe("an account that is shown as blocked after the sells (R24)", () => {
  test.each<[string, number, Row]>([
    ["an update of its data, in one answer", 0, { status: "ACCOUNT_UPDATED" }],
    ["trading_blocked, for two seconds", 2_000, { trading_blocked: true }],
  ])("by %s: nothing is sent until it is read again, and then the buys are made", async (_name, forMs, shown) => {
    open();
    const soldAt = lastSale(desk);
    let answers = 0;
    let blockedAt = Infinity;
    const early: unknown[] = [];
    desk.venue.interceptor = {
      before: (request) => {
        if (isPost(request) && desk.clock.monotonic() < blockedAt + forMs) early.push(...(blockedAt === Infinity ? [] : [request.body]));
        return Promise.resolve(undefined);
      },
      after: (request, response) => {
        const now = desk.clock.monotonic();
        if (!isRead(request, "/v2/account") || now < soldAt()) return Promise.resolve(response);
        if (answers++ > 0 && now >= blockedAt + forMs) return Promise.resolve(response);
        blockedAt = Math.min(blockedAt, now);
        return Promise.resolve({ ...response, body: JSON.stringify({ ...(JSON.parse(response.body) as Row), ...shown }) });
      },
    };
    expect(await hedged()).toMatch(/^on-target/);
    expect(early).toEqual([]);
    expect(book(desk)).toEqual(SWITCH);
  });

  test("for good: it ends after some seconds, and nothing is bought", async () => {
    open();
    const soldAt = lastSale(desk);
    desk.venue.interceptor = {
      after: (request, response) =>
        Promise.resolve(
          isRead(request, "/v2/account") && desk.clock.monotonic() >= soldAt()
            ? { ...response, body: JSON.stringify({ ...(JSON.parse(response.body) as Row), trading_blocked: true }) }
            : response,
        ),
    };
    expect(await hedged()).toMatch(/The account may no longer trade: trading_blocked/);
    expect(book(desk)).toEqual(["sell SMR filled", "sell TQQQ filled"]);
    expect(desk.clock.monotonic() - soldAt()).toBeGreaterThanOrEqual(3_000);
    expect(desk.clock.monotonic() - soldAt()).toBeLessThan(10_000);
  });
});
