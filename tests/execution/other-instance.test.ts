import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { afterFirstPost } from "./faults.ts";
import { book, expectSwitched, expectUnharmed, HEDGE, INVESTED, passUntil } from "./scenario.ts";
import { signalOf, VirtualDesk } from "./virtual-desk.ts";

let desk: VirtualDesk;

/** A limit far from the market, with our prefix, that no ledger of this desk has recorded. */
function sendFromElsewhere(number: number, symbol = "LEU"): void {
  desk.exchange.submit({
    symbol,
    side: "buy",
    qty: "1",
    type: "limit",
    limit_price: "10",
    time_in_force: "day",
    client_order_id: `alpaca-trader-00000000000000f${String(number)}-buying-${symbol}-1`,
  });
}

beforeEach(() => {
  desk = new VirtualDesk(INVESTED);
});

afterEach(() => desk.close());

describe("an order with our prefix that this ledger does not know (R24)", () => {
  test("from before the start is awaited, and when it has gone the run is executed", async () => {
    sendFromElsewhere(1);
    await desk.clock.advance(60_000);
    await desk.restart();
    const running = desk.start(signalOf(desk.clock, HEDGE));
    desk.clock.after(8_000, () => desk.exchange.cancel([...desk.exchange.state.orders.values()][0]?.id ?? ""));
    const result = await desk.clock.until(running);
    expect(result).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(desk.events.some(({ text }) => text.includes("unknown ledger"))).toBe(false);
    expectUnharmed(desk);
  });

  test("from before the start that stays is cancelled after 20 s, and then the run is executed", async () => {
    sendFromElsewhere(1);
    await desk.clock.advance(60_000);
    await desk.restart();
    const start = desk.clock.monotonic();
    const running = desk.start(signalOf(desk.clock, HEDGE));
    await passUntil(desk, () => book(desk).includes("buy LEU canceled"));
    expect(desk.clock.monotonic() - start).toBeGreaterThanOrEqual(20_000);
    expect(await desk.clock.until(running)).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectUnharmed(desk);
  });

  test("sent since the start: another installation trades this account, and nothing is sent", async () => {
    await desk.clock.advance(10_000);
    sendFromElsewhere(1);
    await desk.clock.advance(100);
    const result = await desk.run(signalOf(desk.clock, HEDGE));
    expect(result).toMatchObject({
      kind: "declined",
      verdict: "account-blocked",
      hint: "Nothing was sent. Stop one of the two installations.",
    });
    expect(result.kind === "declined" && result.reason).toMatch(/^Another installation of alpaca-trader trades this account: .*LEU/);
    expect(book(desk)).toEqual(["buy LEU new"]);
  });

  test("met a second time in a session, by a process that started after it", async () => {
    sendFromElsewhere(1);
    await desk.clock.advance(60_000);
    await desk.restart();
    await desk.run(signalOf(desk.clock, HEDGE));
    sendFromElsewhere(2);
    await desk.clock.advance(60_000);
    await desk.restart();
    const result = await desk.run(signalOf(desk.clock, { TQQQ: "1" }, { id: "00000000000000bb" }));
    expect(result).toMatchObject({ kind: "declined", verdict: "account-blocked" });
  });

  test("that comes up during an execution stops it before its next order", async () => {
    await desk.clock.advance(10_000);
    desk.venue.interceptor = afterFirstPost("SMR", (response) => {
      sendFromElsewhere(1);
      return response;
    });
    const result = await desk.run(signalOf(desk.clock, HEDGE));
    expect(result).toMatchObject({ conclusion: { outcome: "incomplete" } });
    expect(result.kind === "concluded" && result.conclusion.reason).toMatch(/^Another installation/);
    expect(book(desk).filter((line) => line.startsWith("buy"))).toEqual(["buy LEU new"]);
  });

  test("our own orders are known, however the process ended", async () => {
    expectSwitched(desk, await desk.run(signalOf(desk.clock, HEDGE)));
  });
});
