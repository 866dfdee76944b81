import { afterEach, describe, expect, test } from "@jest/globals";
import { finalLines } from "../../src/reporting/plan-lines.ts";
import type { VenueRequest, VenueResponse } from "../../src/simulator/venue.ts";
import { isRead, reply } from "./faults.ts";
import { book, expectUnharmed, HEDGE, INVESTED, ODD_POSITION, SWITCH } from "./scenario.ts";
import type { DeskOptions } from "./virtual-desk.ts";
import { signalOf, VirtualDesk } from "./virtual-desk.ts";

/** What the real venue shows beside the positions that are traded (R34): none of it may stop the account. */

type Row = Record<string, unknown>;

let desk: VirtualDesk;

afterEach(() => desk.close());

type Change = (request: VenueRequest, rows: readonly Row[]) => readonly Row[];

/** Opens an account whose lists are shown as `change` makes them. */
function openWith(change: Change, plan: DeskOptions["plan"] = {}): void {
  desk = new VirtualDesk({ ...INVESTED, plan });
  desk.venue.interceptor = {
    after: (request, response) =>
      Promise.resolve(
        request.method === "GET" && response.body.startsWith("[")
          ? { ...response, body: JSON.stringify(change(request, JSON.parse(response.body) as Row[])) }
          : response,
      ),
  };
}

/** Answers of the venue, changed once more. */
function alsoAfter(change: (request: VenueRequest, response: VenueResponse) => VenueResponse): void {
  const before = desk.venue.interceptor;
  desk.venue.interceptor = {
    after: async (request, response) => change(request, (await before.after?.(request, response)) ?? response),
  };
}

function beside(path: string, ...odd: readonly Row[]): Change {
  return (request, rows) => (isRead(request, path) ? [...rows, ...odd] : rows);
}

async function hedged(): Promise<string> {
  const result = await desk.run(signalOf(desk.clock, HEDGE));
  expectUnharmed(desk);
  if (result.kind !== "concluded") throw new Error(JSON.stringify(result));
  return `${result.conclusion.outcome} ${linesOf(result.conclusion.executionId).ODD ?? ""}`.trim();
}

function linesOf(executionId: string): Record<string, string | undefined> {
  return Object.fromEntries(finalLines(desk.ledger.execution(executionId)!).map(({ symbol, leftAlone }) => [symbol, leftAlone]));
}

describe("the target is reached despite", () => {
  test.each<[string, Row]>([
    ["a delisted share without price or value", { market_value: null, current_price: null }],
    [
      "an allotment before its listing",
      { asset_class: "ipo", exchange: "", market_value: null, current_price: null, avg_entry_price: null },
    ],
    ["a delisted share that is worth nothing", { market_value: "0", current_price: "0", lastday_price: "0", cost_basis: "0" }],
    ["a position whose quantity is no number", { qty: "n/a" }],
    ["an option that was sold", { symbol: "SMR270115C00040000", asset_class: "us_option", side: "short", qty: "-1", market_value: "-1" }],
    ["a coin", { symbol: "BTCUSD", asset_class: "crypto", qty: "0.0001", market_value: "10" }],
  ])("%s", async (_name, fields) => {
    openWith(beside("/v2/positions", { ...ODD_POSITION, ...fields }));
    expect(await hedged()).toMatch(/^on-target/);
    expect(book(desk)).toEqual(SWITCH);
  });

  test("a symbol that is listed twice", async () => {
    openWith(beside("/v2/positions", ODD_POSITION, { ...ODD_POSITION, asset_id: "2", qty: "1", market_value: "10" }));
    expect(await hedged()).toBe("on-target protected");
    expect(book(desk)).toEqual(SWITCH);
  });

  test("a symbol that is listed twice, once market data no longer contradicts the broker's own price of another one", async () => {
    openWith(beside("/v2/positions", ODD_POSITION, { ...ODD_POSITION, asset_id: "2", qty: "1", market_value: "10" }));
    const start = desk.clock.monotonic();
    const halved = (price: unknown): string => String(Number(price) / 2);
    alsoAfter((request, response) => {
      if (!request.url.startsWith("/v2/stocks/snapshots") || desk.clock.monotonic() - start > 60_000) return response;
      const shown = JSON.parse(response.body) as Record<string, { latestTrade: Row; latestQuote: Row; minuteBar: Row }>;
      const { SMR: smr } = shown;
      if (smr === undefined) return response;
      const half = (row: Row, ...names: string[]): Row => ({
        ...row,
        ...Object.fromEntries(names.map((name) => [name, Number(halved(row[name]))])),
      });
      shown.SMR = {
        ...smr,
        latestTrade: half(smr.latestTrade, "p"),
        latestQuote: half(smr.latestQuote, "bp", "ap"),
        minuteBar: half(smr.minuteBar, "c"),
      };
      return { ...response, body: JSON.stringify(shown) };
    });
    const wanted = signalOf(desk.clock, { SMR: "0.3", TQQQ: "0.7" });
    const first = await desk.run(wanted);
    expect(first).toMatchObject({ kind: "declined", verdict: "price-doubt" });
    expect(first.kind === "declined" && first.reason).toMatch(/SMR: market data shows .* but the broker values it at/);
    expect(book(desk)).toEqual([]);
    await desk.clock.advance(60_000);
    expect(await desk.run(wanted)).toMatchObject({ conclusion: { outcome: "on-target" } });
  });

  test.each([
    ["already there", 0],
    ["placed during the execution", 1],
  ])("an option order of several legs that shows none of them, %s", async (_when, after) => {
    const order = {
      id: "1",
      client_order_id: "by-hand",
      symbol: "",
      side: "",
      legs: null,
      order_class: "mleg",
      qty: "1",
      limit_price: "0.01",
    };
    const shown = beside("/v2/orders", { ...order, status: "new", filled_qty: "0", created_at: "2026-03-16T14:30:00Z" });
    openWith((request, rows) => (desk.orders().length < after ? rows : shown(request, rows)));
    expect(await hedged()).toBe("on-target");
    expect(book(desk)).toEqual(SWITCH);
  });

  test("a holding that market data refuses by name", async () => {
    openWith(beside("/v2/positions", { ...ODD_POSITION, symbol: "448ESC016", asset_class: "us_equity" }), {
      protectedSymbols: new Set(["448ESC016"]),
    });
    const refused = reply(400, { message: "code=400, message=invalid symbol: 448ESC016" });
    alsoAfter(({ url }, response) => (url.includes("448ESC016") && url.startsWith("/v2/stocks/") ? refused : response));
    expect(await hedged()).toBe("on-target");
    expect(book(desk)).toEqual(SWITCH);
  });
});

/** Rights, warrants, and what is traded over the counter: the broker trades it, and market data does not know it. */
describe("a holding that market data does not know", () => {
  function openWithRight(value: string, marketData: "is silent" | "refuses it by name"): void {
    openWith(beside("/v2/positions", { ...ODD_POSITION, symbol: "XYZ.RT", market_value: value, current_price: value, qty: "1" }));
    const asset = {
      id: ODD_POSITION.asset_id,
      symbol: "XYZ.RT",
      exchange: "OTC",
      class: "us_equity",
      status: "active",
      tradable: true,
      fractionable: false,
      attributes: [],
    };
    alsoAfter(({ url }, response) => {
      if (url.startsWith("/v2/assets/XYZ.RT")) return reply(200, asset);
      if (marketData === "is silent" || !url.startsWith("/v2/stocks/") || !url.includes("XYZ.RT")) return response;
      return reply(400, { message: "code=400, message=invalid symbol: XYZ.RT" });
    });
  }

  test.each(["is silent", "refuses it by name"] as const)("and that is worth cents keeps no account off target: it %s", async (how) => {
    openWithRight("0.3", how);
    expect(await hedged()).toBe("on-target");
    expect(book(desk)).toEqual(SWITCH);
  });

  test.each(["is silent", "refuses it by name"] as const)("is left at once, under its own reason: it %s", async (how) => {
    openWithRight("30", how);
    const before = desk.clock.monotonic();
    const result = await desk.run(signalOf(desk.clock, HEDGE));
    expectUnharmed(desk);
    expect(result).toMatchObject({ conclusion: { outcome: "off-target", reason: expect.stringContaining("XYZ.RT (no-market-data)") } });
    expect(desk.clock.monotonic() - before).toBeLessThan(60_000);
    expect(book(desk)).toEqual(SWITCH);
  });
});

/** All that the venue may leave out of a position (its own library has these as optional). */
const NO_VALUE = { market_value: null, current_price: null, lastday_price: null, unrealized_pl: null };

test("positions that the venue shows without a value are valued at market prices, and traded", async () => {
  openWith((request, rows) => (isRead(request, "/v2/positions") ? rows.map((row) => ({ ...row, ...NO_VALUE })) : rows));
  expect(await hedged()).toBe("on-target");
  expect(book(desk)).toEqual(SWITCH);
});

test("a leg of the target that cannot be read is left alone, and the account is not called on target", async () => {
  openWith((request, rows) => (isRead(request, "/v2/positions") ? [...rows, { ...ODD_POSITION, symbol: "BTAL", qty: "n/a" }] : rows));
  expect(await hedged()).toMatch(/^incomplete/);
  expect(book(desk)).toEqual(SWITCH.filter((line) => !line.includes("BTAL")));
});

test.each<[string, Row]>([
  ["asset_class", { asset_class: null }],
  ["qty", { qty: "n/a" }],
])("a position outside the targets whose %s cannot be read is left alone, and the log names it with its value", async (field, change) => {
  openWith(beside("/v2/positions", { ...ODD_POSITION, market_value: "40", ...change }));
  expect(await hedged()).toMatch(/^on-target/);
  expect(desk.warnings.join()).toMatch(new RegExp(`left alone: ODD \\(\\$40\\.00; ${field}:`));
});

test("a position that can be read only after the first plan stays protected: the rest of the run is on time, and the account is not called on target", async () => {
  let isRefused = false;
  openWith((request, rows) => {
    const isDoubled = isRead(request, "/v2/positions") && !isRefused;
    return isDoubled ? rows.flatMap((row) => (row.symbol === "SMR" ? [row, row] : [row])) : rows;
  });
  alsoAfter((request, response) => {
    if (isRefused || request.method !== "POST" || !request.body.includes("BTAL")) return response;
    isRefused = true;
    return reply(403, { code: 40310000, message: "insufficient buying power", buying_power: "0", cost_basis: "100" });
  });
  const start = desk.clock.monotonic();
  const result = await desk.run(signalOf(desk.clock, HEDGE));
  expect(result).toMatchObject({ kind: "concluded", conclusion: { outcome: "off-target" } });
  expect(result.kind === "concluded" && result.conclusion.reason).toMatch(
    /^Could not be read when it was planned for, and was left alone: SMR/,
  );
  expect(book(desk)).toEqual(SWITCH.filter((line) => !line.includes("SMR")));
  expect(desk.clock.monotonic() - start).toBeLessThan(60_000);
});

test("a protected position that cannot be read is not warned about", async () => {
  openWith(beside("/v2/positions", { ...ODD_POSITION, market_value: "40", qty: "n/a" }), {
    protectedSymbols: new Set(["ODD"]),
  });
  expect(await hedged()).toMatch(/^on-target/);
  expect(desk.warnings.filter((text) => text.includes("ODD"))).toEqual([]);
});

test("one garbled answer hides no position: it is requested again", async () => {
  let garbled = 0;
  openWith((request, rows) => {
    if (!isRead(request, "/v2/positions") || garbled > 0) return rows;
    garbled += 1;
    return rows.map((row) => ({ ...row, qty: "n/a" }));
  });
  expect(await hedged()).toBe("on-target");
  expect(book(desk)).toEqual(SWITCH);
});

test("what a protected short position brought in is not spent", async () => {
  const short = {
    ...ODD_POSITION,
    symbol: "QQQ",
    side: "short",
    qty: "-100",
    qty_available: "-100",
    market_value: "-50000",
    current_price: "500",
  };
  openWith(beside("/v2/positions", short), { protectedSymbols: new Set(["QQQ"]) });
  desk.exchange.transfer("50000");
  alsoAfter((request, response) => {
    if (!isRead(request, "/v2/account")) return response;
    const account = JSON.parse(response.body) as Row;
    return { ...response, body: JSON.stringify({ ...account, equity: String(Number(account.equity) - 50_000) }) };
  });
  expect(await hedged()).toBe("on-target");
  expect(Number(desk.exchange.state.cash.toFixed())).toBeGreaterThan(50_000);
});
