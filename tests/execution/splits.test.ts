import { afterEach, describe, expect, test } from "@jest/globals";
import type { RebalanceResult } from "../../src/execution/rebalancer.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { parseFault } from "../../src/simulator/faults.ts";
import { reply } from "./faults.ts";
import { limitStyle } from "./limit-style.ts";
import { expectHoldings, expectUnharmed, HEDGE } from "./scenario.ts";
import type { DeskOptions } from "./virtual-desk.ts";
import { signalOf, VirtualDesk } from "./virtual-desk.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** From ten on a Tuesday to the open of Wednesday, and to half an hour after it. */
const TO_OPEN = DAY - HOUR / 2;
const HALF = { TQQQ: "0.5", BTAL: "0.5" };
const TQQQ = { TQQQ: "1" };

let desk: VirtualDesk;
let runs = 0;

afterEach(() => desk.close());

/** Buys on Tuesday at ten; what is given happens on Wednesday with the open, and it is ten again. */
async function overnight(weights: Record<string, string>, change: () => void, options: DeskOptions = {}): Promise<void> {
  desk = new VirtualDesk(options);
  await signal(weights);
  await desk.clock.advance(TO_OPEN);
  change();
  await desk.clock.advance(HOUR / 2);
}

function signal(weights: Record<string, string>, dryRun = false): Promise<RebalanceResult> {
  runs += 1;
  return desk.run(signalOf(desk.clock, weights, { id: runs.toString(16).padStart(16, "0") }), { dryRun });
}

const sold = (symbol: string) => desk.orders().filter((order) => order.side === "sell" && order.symbol === symbol);
const orderCount = (): number => desk.orders().length;
const sharesOf = (symbol: string): string => desk.exchange.state.positions.get(symbol)?.quantity.toFixed() ?? "0";
const worthOf = (symbol: string): number =>
  Number(
    desk.exchange
      .valueOf(symbol)
      .times(decimal(sharesOf(symbol)))
      .toFixed(),
  );
const left = (text: string): object => ({
  conclusion: { outcome: "off-target", reason: expect.stringContaining(text) as unknown },
});
const fault = (text: string): void => void desk.venue.faults.add(parseFault(text));
/** $74,250 of UVXY, $24,750 of BTAL and $1,000. */
const HEDGED: DeskOptions = {
  exchange: {
    cash: decimal("1000"),
    prices: { TQQQ: "85", UVXY: "20", BTAL: "20" },
    positions: [
      { symbol: "UVXY", quantity: decimal("3712.5"), averagePrice: decimal("20") },
      { symbol: "BTAL", quantity: decimal("1237.5"), averagePrice: decimal("20") },
    ],
  },
};
/** Requests for bars and corporate actions since it was asked last. */
let asked: string[] = [];

function listen(): void {
  asked = [];
  desk.venue.interceptor.before = async ({ url }) => {
    await Promise.resolve();
    if (url.startsWith("/v2/stocks/bars") || url.startsWith("/v1/"))
      asked.push(/adjustment=\w+|timeframe=1Min|corporate/.exec(url)?.[0] ?? url);
    return undefined;
  };
}

describe("UVXY is split 1 for 5, and Alpaca books it a day later", () => {
  const split =
    (ratio = "1:5", bookAfter = DAY) =>
    () =>
      void desk.exchange.split("UVXY", ratio, { bookAfter });

  test("a switch to TQQQ sells no share of it and buys with the money of what was really sold", async () => {
    await overnight(HEDGE, split(), HEDGED);
    expect([sharesOf("UVXY"), worthOf("UVXY"), desk.exchange.accountView().equity]).toEqual(["3712.5", 371_250, "397000"]);
    expect(await signal(TQQQ)).toMatchObject(left("UVXY (split-unbooked)"));
    expect(desk.orders().map(({ side, symbol }) => `${side} ${symbol}`)).toEqual(["sell BTAL", "buy TQQQ"]);
    expect(worthOf("TQQQ")).toBeLessThan(24_750);
    expect(worthOf("TQQQ")).toBeGreaterThan(24_700);
    expectUnharmed(desk);
    const found = { symbol: "UVXY", session: "2026-11-18", ratio: decimal("5"), quantity: decimal("3712.5") };
    expect(desk.ledger.unbookedSplits()).toMatchObject([found]);
  });

  test("is traded like any other once it is booked", async () => {
    await overnight(HEDGE, split("1:5", HOUR));
    expect(await signal(TQQQ)).toMatchObject(left("UVXY (split-unbooked)"));
    await desk.clock.advance(HOUR);
    expect(await signal(TQQQ)).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, TQQQ);
    expect(desk.ledger.unbookedSplits()).toEqual([]);
  });

  test("is traded at once when it is booked before the open", async () => {
    await overnight(HEDGE, split("1:5", 0));
    expect(await signal(TQQQ)).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, TQQQ);
  });

  test.each([
    ["before the open", 0],
    ["a day later", DAY - HOUR],
  ])("is traded by a process that was not there on that day, whenever it was booked: %s", async (_, bookAfter) => {
    await overnight(HEDGE, split("1:5", bookAfter), HEDGED);
    await desk.clock.advance(DAY);
    await desk.restart();
    expect(await signal(TQQQ)).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, TQQQ);
    expectUnharmed(desk);
  });

  test("is still known after a restart, when bars and corporate actions tell nothing any more", async () => {
    await overnight(HEDGE, split("1:5", 5 * DAY));
    await signal(TQQQ);
    await desk.restart();
    fault("split-lost");
    fault("no-corporate-actions:answer=empty");
    expect(await signal(TQQQ)).toMatchObject(left("UVXY (split-unbooked)"));
    await desk.clock.advance(DAY);
    expect(await signal(TQQQ)).toMatchObject(left("UVXY (split-unbooked)"));
    expect(sold("UVXY")).toEqual([]);
  });

  test("is found by a process that comes days later, when no price and no equity looks odd", async () => {
    await overnight(HEDGE, split("1:5", 5 * DAY));
    await desk.clock.advance(DAY);
    await desk.restart();
    expect(desk.exchange.accountView().last_equity).toBe(desk.exchange.accountView().equity);
    expect(await signal(TQQQ)).toMatchObject(left("UVXY (split-unbooked)"));
    await desk.clock.advance(5 * DAY);
    expect(await signal(TQQQ)).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, TQQQ);
  });

  test("is found of a position that several limit orders bought", async () => {
    await overnight(HEDGE, split(), { execution: limitStyle({ sliceShare: decimal("0.001") }) });
    expect(desk.orders().filter(({ symbol }) => symbol === "UVXY").length).toBeGreaterThan(1);
    expect(await signal(TQQQ)).toMatchObject(left("UVXY (split-unbooked)"));
  });

  test("is found of shares whose order was cut short, and whose end is stamped only after the split", async () => {
    await overnight(HEDGE, split());
    const bought = desk.ledger.lastFilledIntent("UVXY")!;
    desk.ledger.updateIntent(bought.clientOrderId, { status: "expired", filledAt: desk.clock.now(), updatedAt: desk.clock.now() });
    expect(await signal(TQQQ)).toMatchObject(left("UVXY (split-unbooked)"));
    expect(sold("UVXY")).toEqual([]);
  });

  test("is found despite an ordinary price move", async () => {
    await overnight(HEDGE, () => {
      split()();
      desk.exchange.setPrice("UVXY", "106");
    });
    expect(await signal(TQQQ)).toMatchObject(left("UVXY (split-unbooked)"));
    expect(sold("UVXY")).toEqual([]);
  });

  test("1 for 100 and 3 for 2 are found as well", async () => {
    await overnight(HEDGE, () => {
      split("1:100")();
      desk.exchange.split("BTAL", "3:2", { bookAfter: DAY });
    });
    expect(await signal(TQQQ)).toMatchObject(left("BTAL, UVXY (split-unbooked); TQQQ (insufficient-cash)"));
    expect([...sold("BTAL"), ...sold("UVXY")]).toEqual([]);
    expect(desk.ledger.unbookedSplits().map(({ symbol, ratio }) => [symbol, ratio.toFixed(6)])).toEqual([
      ["BTAL", "0.666666"],
      ["UVXY", "100.000000"],
    ]);
  });

  test("is left alone when adjusted bars have lost it and corporate actions name it", async () => {
    await overnight(HEDGE, split());
    fault("split-lost");
    expect(await signal(TQQQ)).toMatchObject(left("UVXY (split-suspected)"));
    expect(sold("UVXY")).toEqual([]);
    expect(worthOf("TQQQ")).toBeLessThan(26_000);
  });

  test("is left alone when adjusted bars have lost it, corporate actions cannot be read, and there are no prints in between", async () => {
    await overnight(HEDGE, split());
    fault("split-lost");
    fault("no-corporate-actions");
    expect(await signal(TQQQ)).toMatchObject(left("UVXY (split-suspected)"));
    expect(sold("UVXY")).toEqual([]);
  });

  test("is left alone days later when adjusted bars have lost it", async () => {
    await overnight(HEDGE, split("1:5", 5 * DAY));
    await desk.clock.advance(DAY);
    fault("split-lost");
    expect(await signal(TQQQ)).toMatchObject(left("UVXY (split-suspected)"));
    expect(sold("UVXY")).toEqual([]);
  });

  test("what was sold of it by hand meanwhile is not awaited any more", async () => {
    await overnight(HEDGE, split("1:5", 2 * HOUR));
    await signal(TQQQ);
    desk.exchange.state.positions.get("UVXY")!.quantity = decimal("3000");
    expect(await signal(TQQQ)).toMatchObject(left("UVXY (split-unbooked)"));
    await desk.clock.advance(2 * HOUR);
    expect(await signal(TQQQ)).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, TQQQ);
  });

  test("a dry run names it and writes nothing down", async () => {
    await overnight(HEDGE, split());
    const result = await signal(TQQQ, true);
    expect(result).toMatchObject({
      kind: "dry-run",
      plan: { lines: expect.arrayContaining([expect.objectContaining({ symbol: "UVXY", leftAlone: "split-unbooked" })]) as unknown },
    });
    expect(desk.ledger.unbookedSplits()).toEqual([]);
  });
});

describe("TQQQ is split 2 for 1, and Alpaca books it later", () => {
  test("a strategy that still holds both halves trades neither of them", async () => {
    await overnight(HALF, () => void desk.exchange.split("TQQQ", "2", { bookAfter: DAY }));
    const before = orderCount();
    expect(await signal(HALF)).toMatchObject(left("TQQQ (split-unbooked)"));
    expect(orderCount()).toBe(before);
  });

  test("the same after the booking: nothing is to be done", async () => {
    await overnight(HALF, () => void desk.exchange.split("TQQQ", "2", { bookAfter: 0 }));
    const before = orderCount();
    expect(await signal(HALF)).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(orderCount()).toBe(before);
  });

  test("of a symbol that is not held nothing is to be booked, and it is bought", async () => {
    await overnight({ BTAL: "1" }, () => void desk.exchange.split("TQQQ", "2", { bookAfter: DAY }));
    expect(await signal(HALF)).toMatchObject({ conclusion: { outcome: "on-target" } });
    await desk.clock.advance(DAY);
    expect(await signal(HALF)).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, HALF);
  });
});

describe("UVXY is split 1 for 5 on the day on which it is bought", () => {
  test("its shares are none from before the split, also for a process that learns of the split only when it sees them again", async () => {
    await overnight(TQQQ, () => desk.exchange.split("UVXY", "1:5", { bookAfter: DAY }));
    fault("split-lost");
    fault("no-corporate-actions:answer=empty");
    expect(await signal({ TQQQ: "0.5", UVXY: "0.5" })).toMatchObject({ conclusion: { outcome: "on-target" } });
    await desk.restart();
    await desk.clock.advance(60_000);
    expect(await signal({ TQQQ: "0.5", UVXY: "0.5" })).toMatchObject({ conclusion: { outcome: "on-target" } });
    desk.venue.faults.clear();
    await desk.restart();
    expect(await signal(TQQQ)).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(sharesOf("UVXY")).toBe("0");
  });
});

describe("a price that doubles without a split", () => {
  const doubled = (): void => desk.exchange.setPrice("UVXY", "39.6");

  test("is bought on the day of the hedge: bars and corporate actions show none", async () => {
    await overnight(TQQQ, doubled);
    expect(await signal(HEDGE)).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, HEDGE);
  });

  test("is sold as well", async () => {
    await overnight(HEDGE, doubled);
    expect(await signal(TQQQ)).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, TQQQ);
  });

  test("is traded without corporate actions when prints of the session lead there", async () => {
    await overnight(HEDGE, () => undefined);
    for (const price of ["22", "24.5", "27", "30", "33", "36.5", "39.6"]) {
      desk.exchange.setPrice("UVXY", price);
      await desk.clock.advance(120_000);
    }
    fault("no-corporate-actions");
    expect(await signal(TQQQ)).toMatchObject({ conclusion: { outcome: "on-target" } });
  });

  test("is left alone when nothing but the bars speaks against a split, though the quantity is unchanged", async () => {
    await overnight(HEDGE, doubled);
    fault("no-corporate-actions");
    expect(await signal(TQQQ)).toMatchObject(left("UVXY (split-suspected)"));
    expect(sold("UVXY")).toEqual([]);
  });
});

describe("requests", () => {
  test("once a session all holdings are looked into with two requests, also by the next process", async () => {
    await overnight(HEDGE, () => undefined);
    listen();
    await signal(HEDGE);
    expect(asked.sort()).toEqual(["adjustment=raw", "adjustment=split"]);
    await signal(TQQQ);
    await desk.restart();
    await signal(HEDGE);
    expect(asked).toHaveLength(2);
  });

  test("where the bars cannot be read, what is held is left alone", async () => {
    await overnight(HEDGE, () => undefined);
    desk.venue.interceptor.before = ({ url }) =>
      Promise.resolve(url.startsWith("/v2/stocks/bars") ? { status: 500, headers: {}, body: "" } : undefined);
    expect(await signal(TQQQ)).toMatchObject(left("BTAL, UVXY (split-suspected)"));
    expect(sold("UVXY")).toEqual([]);
    desk.venue.interceptor = {};
    expect(await signal(TQQQ)).toMatchObject({ conclusion: { outcome: "on-target" } });
  });
});

describe("TQQQ's quote loses its ask once the first sell is sent", () => {
  /** Shows TQQQ from then on without an ask, and its last trade as given. */
  function showOneSided(trade: Record<string, unknown>, hasBars: boolean): void {
    desk.venue.interceptor = {
      before: ({ url }) =>
        Promise.resolve(!hasBars && sold("TQQQ").length > 0 && url.startsWith("/v2/stocks/bars") ? reply(500, {}) : undefined),
      after: ({ url }, response) => {
        if (sold("TQQQ").length === 0 || !url.startsWith("/v2/stocks/snapshots")) return Promise.resolve(response);
        const { TQQQ: shown, ...others } = JSON.parse(response.body) as Record<string, Record<string, object>>;
        if (shown === undefined) return Promise.resolve(response);
        const changed = {
          ...shown,
          latestTrade: { ...shown.latestTrade, ...trade },
          latestQuote: { ...shown.latestQuote, ap: 0 },
          minuteBar: undefined,
        };
        return Promise.resolve({ ...response, body: JSON.stringify({ ...others, TQQQ: changed }) });
      },
    };
  }

  test("a last trade from before its split, booked since, is no current price, and the target is reached", async () => {
    await overnight(TQQQ, () => void desk.exchange.split("TQQQ", "2:1", { bookAfter: 0 }));
    showOneSided({ p: 85, t: "2026-11-17T20:59:00Z" }, true);
    expect(await signal(HALF)).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, HALF);
  });

  test("when it then looks split, it is not said to have reached its target", async () => {
    await overnight(TQQQ, () => undefined);
    showOneSided({ p: 42.5 }, false);
    expect(await signal(HALF)).toMatchObject(left("TQQQ (split-suspected)"));
  });
});
