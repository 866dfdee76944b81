import { afterEach, describe, expect, test } from "@jest/globals";
import { leftOff } from "../../src/app/left-overs.ts";
import { decimal } from "../../src/domain/decimal.ts";
import type { RebalanceResult } from "../../src/execution/rebalancer.ts";
import { beforePosts, RESET } from "./faults.ts";
import { book, expectHoldings, expectUnharmed, HEDGE, HELD, INVESTED, intentsOf, passUntil } from "./scenario.ts";
import type { DeskOptions } from "./virtual-desk.ts";
import { signalOf, TUESDAY_10_00, VirtualDesk } from "./virtual-desk.ts";

const HOUR = 3_600_000;
/** Tuesday, eight in the evening: closed for four hours. */
const EVENING = TUESDAY_10_00 + 10 * HOUR;
const NEXT_OPEN = TUESDAY_10_00 + 23.5 * HOUR;

let desk: VirtualDesk;

afterEach(() => desk.close());

function evening(options: DeskOptions = {}): VirtualDesk {
  desk = new VirtualDesk({ startAt: EVENING, ...options });
  return desk;
}

const IGNORING = { ignoreMarketHours: true };

test("while the market is closed nothing is sent, and the run can be executed later", async () => {
  const signal = signalOf(evening().clock, HEDGE);
  expect(await desk.run(signal)).toMatchObject({
    kind: "declined",
    verdict: "market-closed",
    reason: "The market is closed; it opens at 2026-11-18 09:30:00 EST.",
  });
  expect(book(desk)).toEqual([]);
});

describe("--ignore-market-hours (R23)", () => {
  test("buys that the cash covers are queued: accepted, outcome queued, the execution stays open", async () => {
    const result = await evening().run(signalOf(desk.clock, HEDGE), IGNORING);
    expect(result).toMatchObject({ conclusion: { outcome: "queued", verdict: { kind: "executed" } } });
    expect(book(desk)).toEqual(["buy BTAL accepted", "buy UVXY accepted"]);
    expect(desk.ledger.openExecutions()).toMatchObject([{ outcome: "queued" }]);
  });

  test("sells alone are queued", async () => {
    const result = await evening(INVESTED).run(signalOf(desk.clock, {}, { kind: "exit", exits: ["SMR"] }), IGNORING);
    expect(result).toMatchObject({ conclusion: { outcome: "queued" } });
    expect(book(desk)).toEqual(["sell SMR accepted"]);
  });

  test("sells and buys that need their proceeds are refused: nothing is sent", async () => {
    expect(await evening(INVESTED).run(signalOf(desk.clock, HEDGE), IGNORING)).toMatchObject({
      kind: "declined",
      verdict: "market-closed",
    });
    expect(book(desk)).toEqual([]);
  });

  test("sells and buys that the cash covers are queued together", async () => {
    evening({ exchange: { cash: decimal("200000"), positions: [HELD[1]!] } });
    expect(await desk.run(signalOf(desk.clock, { UVXY: "0.5", BTAL: "0.25" }), IGNORING)).toMatchObject({
      conclusion: { outcome: "queued" },
    });
    expect(book(desk)).toEqual(["buy BTAL accepted", "buy UVXY accepted", "sell SMR accepted"]);
  });
});

describe("the start after a queue", () => {
  async function queue(): Promise<void> {
    await evening().run(signalOf(desk.clock, HEDGE), IGNORING);
  }

  test("still before the open: they stay queued, nothing is sent or cancelled", async () => {
    await queue();
    await desk.clock.advance(HOUR);
    await desk.restart();
    expect(await desk.recover()).toMatchObject([{ conclusion: { outcome: "queued" } }]);
    expect(book(desk)).toEqual(["buy BTAL accepted", "buy UVXY accepted"]);
  });

  test("after the open: their fills are followed to the target", async () => {
    await queue();
    await desk.clock.advance(NEXT_OPEN - desk.clock.now() + 5_000);
    await desk.restart();
    expect(await desk.recover()).toMatchObject([{ conclusion: { outcome: "on-target" } }]);
    expectHoldings(desk, HEDGE);
    expect(desk.ledger.openExecutions()).toEqual([]);
  });

  test("after the open, with an order that still waits for its fill: its time-out counts from the open, not from the evening", async () => {
    await queue();
    desk.exchange.setQuote("UVXY", "0", "0");
    await desk.clock.advance(NEXT_OPEN - desk.clock.now() + 5_000);
    desk.clock.after(20_000, () => desk.exchange.setPrice("UVXY", "20"));
    await desk.restart();
    expect(await desk.recover()).toMatchObject([{ conclusion: { outcome: "on-target" } }]);
    expect(book(desk)).toEqual(["buy BTAL filled", "buy UVXY filled"]);
  });

  test("after the open, with an order that never fills: cancelled in time, incomplete", async () => {
    await queue();
    desk.exchange.setQuote("UVXY", "0", "0");
    await desk.clock.advance(NEXT_OPEN - desk.clock.now() + 5_000);
    await desk.restart();
    expect(await desk.recover()).toMatchObject([{ conclusion: { outcome: "incomplete" } }]);
    expect(book(desk)).toEqual(["buy BTAL filled", "buy UVXY canceled"]);
  });

  test("the rest of what was queued on the evening before is finished in the session of its orders, at the owner's word", async () => {
    await queue();
    desk.exchange.setQuote("UVXY", "0", "0");
    await desk.clock.advance(NEXT_OPEN - desk.clock.now() + 5_000);
    await desk.restart();
    const [ended] = await desk.recover();
    expect(ended).toMatchObject({ conclusion: { outcome: "incomplete" } });
    desk.exchange.setPrice("UVXY", "20");
    const { signal } = desk.ledger.recentSignals(1)[0]!;
    const decision = { kind: "verdict", signalId: signal.id, verdict: { kind: "executed", reason: "" }, isNew: false } as const;
    expect(leftOff(desk.ledger, { strategy: signal.strategy, decision }, desk.clock.now())).toMatchObject([{ id: signal.id }]);
    expect(await desk.run(signal, { takeUp: "finish" })).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, HEDGE);
    expectUnharmed(desk);
  });

  test("a halt cancels what is queued", async () => {
    await queue();
    desk.halted = "by hand";
    await desk.restart();
    expect(await desk.recover()).toMatchObject([{ conclusion: { outcome: "incomplete" } }]);
    expect(book(desk)).toEqual(["buy BTAL canceled", "buy UVXY canceled"]);
  });

  test("a newer run cancels what is queued, waits for its end, and only then sends its own", async () => {
    await queue();
    await desk.clock.advance(HOUR);
    const newer = signalOf(desk.clock, { LEU: "1" }, { id: "00000000000000bb" });
    expect(await desk.run(newer, IGNORING)).toMatchObject({ conclusion: { outcome: "queued" } });
    expect(book(desk)).toEqual(["buy BTAL canceled", "buy LEU accepted", "buy UVXY canceled"]);
    expect(desk.ledger.openExecutions()).toHaveLength(1);
    await desk.clock.advance(NEXT_OPEN - desk.clock.now() + 5_000);
    await desk.restart();
    expect(await desk.recover()).toMatchObject([{ conclusion: { outcome: "on-target" } }]);
    expectHoldings(desk, { LEU: "1" });
    expectUnharmed(desk);
  });
});

describe("a SELL after a queue", () => {
  const sell = (symbol: string): Promise<RebalanceResult> =>
    desk.run(signalOf(desk.clock, {}, { kind: "exit", exits: [symbol], id: "00000000000000bb" }), IGNORING);

  test("leaves what is queued for other symbols, and is queued itself", async () => {
    await evening({ exchange: { positions: [{ symbol: "SMR", quantity: decimal("100"), averagePrice: decimal("40") }] } }).run(
      signalOf(desk.clock, { SMR: "0.037", UVXY: "0.68", BTAL: "0.25" }),
      IGNORING,
    );
    await desk.clock.advance(HOUR);
    expect(await sell("SMR")).toMatchObject({ conclusion: { outcome: "queued" } });
    expect(book(desk)).toEqual(["buy BTAL accepted", "buy UVXY accepted", "sell SMR accepted"]);
    await desk.clock.advance(NEXT_OPEN - desk.clock.now() + 5_000);
    await desk.restart();
    expect(await desk.recover()).toMatchObject([{ conclusion: { outcome: "on-target" } }, { conclusion: { outcome: "on-target" } }]);
    expectHoldings(desk, { UVXY: "0.68", BTAL: "0.25" });
    expectUnharmed(desk);
  });

  test("cancels what is queued for its symbol", async () => {
    await evening().run(signalOf(desk.clock, HEDGE), IGNORING);
    await desk.clock.advance(HOUR);
    await sell("UVXY");
    expect(book(desk)).toEqual(["buy BTAL accepted", "buy UVXY canceled"]);
  });
});

test("a process that dies with queued orders unsent does not send them hours later", async () => {
  evening();
  let image: Uint8Array | undefined;
  desk.venue.interceptor = beforePosts("BTAL", 1, () => {
    image = desk.ledger.serialize();
    return RESET;
  });
  desk.start(signalOf(desk.clock, HEDGE), IGNORING).catch(() => undefined);
  await passUntil(desk, () => image !== undefined);
  const sent = book(desk).length;
  await desk.restart(image);
  await desk.clock.advance(6 * HOUR);
  const [result] = await desk.recover();
  expect(result).toMatchObject({ kind: "concluded", conclusion: { outcome: "incomplete" } });
  expect(book(desk)).toHaveLength(sent);
  expect(intentsOf(desk).some(({ state }) => state === "recorded" || state === "posting")).toBe(false);
});

test("a signal that goes stale before its first queued order is not sent", async () => {
  evening();
  const made = desk.clock.now() - 299_990;
  const result = await desk.run(signalOf(desk.clock, HEDGE, { oldestStamp: made, generatedAt: made, arrivedAt: made }), {
    ...IGNORING,
    onReady: () => desk.clock.step(1_000),
  });
  expect(result).toMatchObject({ conclusion: { outcome: "refused", verdict: { kind: "stale" } } });
  expect(book(desk)).toEqual([]);
});
