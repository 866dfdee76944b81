import { afterEach, describe, expect, test } from "@jest/globals";
import { decimal } from "../../src/domain/decimal.ts";
import { book, HEDGE, SWITCH } from "./scenario.ts";
import type { DeskOptions } from "./virtual-desk.ts";
import { signalOf, VirtualDesk } from "./virtual-desk.ts";

/** The first run of a ledger in an account that holds what was bought by hand (R27). */

const BY_HAND: DeskOptions = {
  exchange: {
    cash: decimal("1000"),
    positions: [
      { symbol: "SMR", quantity: decimal("300.5"), averagePrice: decimal("9") },
      { symbol: "TQQQ", quantity: decimal("1000"), averagePrice: decimal("30") },
    ],
  },
};
const LIVE: DeskOptions = { ...BY_HAND, mode: "live", liveTradingAccount: "SIM000001" };

let desk: VirtualDesk;

afterEach(() => desk.close());

async function refusal(dryRun = false): Promise<string | undefined> {
  const result = await desk.run(signalOf(desk.clock, HEDGE), { dryRun });
  return result.kind === "declined" ? `${result.verdict}: ${result.reason} ${result.hint ?? ""}` : undefined;
}

describe("in live mode", () => {
  test("is refused with everything that it would sell, until the account is adopted: then the same run is executed", async () => {
    desk = new VirtualDesk(LIVE);
    const told = await refusal();
    expect(told).toMatch(
      /^refused: This is the first run of this ledger in account SIM000001, and it would sell positions that the ledger did not buy: all 300\.5 shares of SMR \(\$11,569\.25\), all 1,?000 shares of TQQQ \(\$85,000\.00\)\./,
    );
    expect(told).toContain("`alpaca-trader account --adopt`");
    expect(book(desk)).toEqual([]);
    desk.ledger.recordAdoption("SIM000001", desk.clock.now());
    expect(await refusal()).toBeUndefined();
    expect(book(desk)).toEqual(SWITCH);
  });

  test("is refused for a part of a position too, and for a SELL", async () => {
    desk = new VirtualDesk(LIVE);
    const part = await desk.run(signalOf(desk.clock, { TQQQ: "0.5", SMR: "0.12", UVXY: "0.38" }));
    expect(part).toMatchObject({ verdict: "refused", reason: expect.stringMatching(/did not buy: \d[\d,.]* shares of TQQQ/) as unknown });
    const exit = await desk.run(signalOf(desk.clock, {}, { kind: "exit", exits: ["SMR"], id: "00000000000000bb" }));
    expect(exit).toMatchObject({ verdict: "refused", reason: expect.stringContaining("all 300.5 shares of SMR") as unknown });
  });

  test("is not refused where it sells nothing, or where all of that is protected", async () => {
    desk = new VirtualDesk({ ...LIVE, plan: { protectedSymbols: new Set(["SMR", "TQQQ"]) } });
    expect(await refusal()).toBeUndefined();
    expect(book(desk)).toEqual(["buy BTAL filled", "buy UVXY filled"]);
    expect(desk.warnings).toEqual([]);
  });

  test("is refused too while somebody's order keeps the position, which would be sold once that order is gone", async () => {
    desk = new VirtualDesk({ ...LIVE, exchange: { ...BY_HAND.exchange, cash: decimal("50000") } });
    const body = { symbol: "TQQQ", side: "sell", type: "limit", qty: "1000", limit_price: "200", time_in_force: "day" };
    const byHand = desk.exchange.submit({ ...body, client_order_id: "by-hand" });
    const running = desk.start(signalOf(desk.clock, { SMR: "0.08", UVXY: "0.75", BTAL: "0.17" }));
    await desk.clock.advance(200);
    desk.exchange.cancel(byHand.id);
    expect(await desk.clock.until(running)).toMatchObject({
      verdict: "refused",
      reason: expect.stringContaining("did not buy: TQQQ ($85,000.00).") as unknown,
    });
    expect(book(desk)).toEqual([expect.stringMatching(/^sell TQQQ (pending_cancel|canceled)$/)]);
  });

  test("is not refused where somebody's order is for what is near its target", async () => {
    desk = new VirtualDesk({ ...LIVE, exchange: { ...BY_HAND.exchange, cash: decimal("90000") } });
    const body = { symbol: "TQQQ", side: "sell", type: "limit", qty: "1000", limit_price: "200", time_in_force: "day" };
    desk.exchange.submit({ ...body, client_order_id: "by-hand" });
    const running = desk.start(signalOf(desk.clock, { SMR: "0.062", UVXY: "0.45", TQQQ: "0.455" }));
    await desk.clock.advance(5_000);
    expect(book(desk)).toEqual(["buy UVXY filled", "sell TQQQ new"]);
    await desk.clock.until(running);
  });

  test("is shown by a dry run, which says that it would be refused", async () => {
    desk = new VirtualDesk(LIVE);
    expect(await refusal(true)).toBeUndefined();
    expect(desk.warnings).toEqual([expect.stringMatching(/did not buy: .*Live mode refuses it/)]);
  });

  test("an adoption of another account does not count", async () => {
    desk = new VirtualDesk(LIVE);
    desk.ledger.recordAdoption("SIM000002", desk.clock.now());
    expect(await refusal()).toMatch(/^refused/);
  });
});

test("in any other mode it is said before anything is sold, and never again once this ledger has traded", async () => {
  desk = new VirtualDesk(BY_HAND);
  expect(await refusal()).toBeUndefined();
  expect(book(desk)).toEqual(SWITCH);
  expect(desk.warnings).toEqual([
    expect.stringMatching(/it would sell positions that the ledger did not buy: all 300\.5 shares of SMR .*PROTECTED_SYMBOLS/),
  ]);
  await desk.run(signalOf(desk.clock, { TQQQ: "1" }, { id: "00000000000000bb" }));
  expect(desk.warnings).toHaveLength(1);
});
