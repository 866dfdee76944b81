import { afterEach, describe, expect, test } from "@jest/globals";
import type { RebalanceResult } from "../../src/execution/rebalancer.ts";
import type { Interceptor } from "../../src/simulator/venue.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { beforePosts, isRead, lastSale, paidOutAfterSelling, reply } from "./faults.ts";
import { book, expectSwitchedBook, expectUnharmed, HEDGE, INVESTED } from "./scenario.ts";
import { type DeskOptions, signalOf, VirtualDesk } from "./virtual-desk.ts";

let desk: VirtualDesk;

afterEach(async () => {
  await desk.close();
});

type Row = Record<string, string>;

/** Changes the account, and leaves out positions, as long as `isOn`. */
function shown(isOn: () => boolean, change: (account: Row) => Row, without: readonly string[] = []): Interceptor {
  return {
    after: (request, response) => {
      if (!isOn() || response.status !== 200) return Promise.resolve(response);
      if (isRead(request, "/v2/account")) {
        const account = JSON.parse(response.body) as Row;
        return Promise.resolve({ ...response, body: JSON.stringify({ ...account, ...change(account) }) });
      }
      if (!isRead(request, "/v2/positions")) return Promise.resolve(response);
      const rows = (JSON.parse(response.body) as { symbol: string }[]).filter(({ symbol }) => !without.includes(symbol));
      return Promise.resolve({ ...response, body: JSON.stringify(rows) });
    },
  };
}

const raised =
  (dollars: number, ...names: readonly string[]) =>
  (account: Row): Row =>
    Object.fromEntries(names.map((name) => [name, String(Number(account[name]) + dollars)]));

const inflated = (dollars: number): ((account: Row) => Row) => raised(dollars, "cash", "equity", "buying_power");

const ZEROED = (): Row => ({ cash: "0", equity: "0", buying_power: "0" });

const ALL_CASH: DeskOptions = { exchange: { cash: decimal("100000") } };
const ON_MARGIN: DeskOptions = { exchange: { cash: decimal("100000"), multiplier: "2" } };

/** The account is shown wrong for `ms` from the start. */
function wrongFor(ms: number, options: DeskOptions, change: (account: Row) => Row, without: readonly string[] = []): VirtualDesk {
  const made = new VirtualDesk(options);
  made.venue.interceptor = shown(() => made.clock.monotonic() < ms, change, without);
  return made;
}

function endOf(result: RebalanceResult): string {
  return result.kind === "concluded"
    ? `${result.conclusion.outcome}: ${result.conclusion.reason}`
    : result.kind === "declined"
      ? `${result.verdict}: ${result.reason}`
      : result.kind;
}

/** The run, and once more after a while. */
async function twice(pauseMs: number, weights: Record<string, string> = HEDGE): Promise<[string, string]> {
  const signal = signalOf(desk.clock, weights);
  const first = endOf(await desk.run(signal));
  await desk.clock.advance(pauseMs);
  return [first, endOf(await desk.run(signal))];
}

const BOUGHT = ["buy BTAL filled", "buy UVXY filled"];

describe("an account that is shown too large (Alpaca, 2021-05-05 and 2025-11-13)", () => {
  test("is rejected: nothing is borrowed, and the run is traded once the account is shown correctly", async () => {
    desk = wrongFor(3_000, ON_MARGIN, inflated(100_000));
    const [first, second] = await twice(10_000);
    expect(first).toMatch(/^price-doubt: The equity went from \$100,000\.00 at the last close to \$200,000\.00, of which \$0\.00 was paid/);
    expect(second).toMatch(/^on-target/);
    expect(book(desk)).toEqual(BOUGHT);
    expect(desk.weights().UVXY).toBeCloseTo(0.7425, 3);
    expectUnharmed(desk);
  });

  test("is rejected where the last close is unknown, but a plan of today is known", async () => {
    let isRaised = false;
    desk = new VirtualDesk(ON_MARGIN);
    const unknown = (account: Row): Row => ({ ...(isRaised ? inflated(100_000)(account) : {}), last_equity: "" });
    desk.venue.interceptor = shown(() => true, unknown);
    await desk.run(signalOf(desk.clock, HEDGE));
    await desk.clock.advance(40_000);
    isRaised = true;
    const result = await desk.run(signalOf(desk.clock, { LEU: "1" }, { id: "00000000000000bb" }));
    expect(endOf(result)).toMatch(/^price-doubt: The equity went from/);
  });

  test("is rejected where only checked prices could explain it", async () => {
    desk = wrongFor(600_000, { exchange: { ...INVESTED.exchange, multiplier: "2" } }, inflated(96_000));
    expect(await twice(10_000)).toEqual([expect.stringMatching(/^price-doubt/), expect.stringMatching(/^price-doubt/)]);
    expect(book(desk)).toEqual([]);
  });

  test("is accepted where a deposit explains it", async () => {
    desk = new VirtualDesk(ON_MARGIN);
    desk.exchange.transfer("100000");
    expect(endOf(await desk.run(signalOf(desk.clock, HEDGE)))).toMatch(/^on-target/);
    expect(desk.weights().UVXY).toBeCloseTo(0.7425, 3);
    expectUnharmed(desk);
  });

  test("is refused while deposits cannot be read, and says so", async () => {
    desk = wrongFor(3_000, ON_MARGIN, inflated(100_000));
    const interceptor = desk.venue.interceptor;
    desk.venue.interceptor = {
      ...interceptor,
      before: (request) =>
        Promise.resolve(request.url.startsWith("/v2/account/activities") ? reply(403, { message: "forbidden" }) : undefined),
    };
    expect((await twice(10_000))[0]).toMatch(/^price-doubt: .* deposits and withdrawals cannot be read: /);
  });

  test("does not take over an execution between its phases (R22)", async () => {
    desk = new VirtualDesk(INVESTED);
    const newer = signalOf(desk.clock, { TQQQ: "1" }, { id: "00000000000000bb" });
    desk.venue.interceptor = shown(() => desk.newer !== undefined, raised(96_000, "equity", "cash"));
    desk.exchange.onTradeUpdate(() => (desk.newer = newer));
    expect(endOf(await desk.run(signalOf(desk.clock, HEDGE)))).not.toMatch(/^superseded|Replaced/);
  });
});

describe("an account that is shown too small (Alpaca, 2022-08-19)", () => {
  test("as empty at the start is not on target: the run waits until it is shown right", async () => {
    desk = wrongFor(60_000, ALL_CASH, ZEROED);
    expect(await twice(70_000)).toEqual([
      "account-unsettled: The account shows an equity of $0.00, so there is nothing to trade with.",
      expect.stringMatching(/^on-target: The account is on target after 2 orders/),
    ]);
  });

  test("as empty, last equity included, is not on target either", async () => {
    desk = wrongFor(60_000, ALL_CASH, () => ({ ...ZEROED(), last_equity: "0" }));
    expect(await twice(70_000)).toEqual([expect.stringMatching(/^account-unsettled/), expect.stringMatching(/^on-target/)]);
  });

  test("as a tenth of itself buys no tenth", async () => {
    desk = wrongFor(60_000, ALL_CASH, () => ({ cash: "10000", equity: "10000", buying_power: "10000" }));
    expect(await twice(70_000)).toEqual([expect.stringMatching(/^price-doubt/), expect.stringMatching(/^on-target/)]);
    expect(book(desk)).toEqual(BOUGHT);
  });

  test("without a position of 88 % is not traded, nor taken for on target", async () => {
    desk = wrongFor(3_000, INVESTED, raised(-85_010, "equity"), ["TQQQ"]);
    expect(await twice(10_000)).toEqual([expect.stringMatching(/^price-doubt/), expect.stringMatching(/^on-target/)]);
    expectSwitchedBook(desk);
    await desk.close();
    desk = wrongFor(3_000, INVESTED, raised(-85_010, "equity"), ["TQQQ"]);
    expect((await twice(10_000, { SMR: "1" }))[0]).toMatch(/^price-doubt/);
  });

  test("without the position that a SELL names has not sold it; what it lists is sold at once", async () => {
    desk = wrongFor(3_000, INVESTED, raised(-85_010, "equity"), ["TQQQ"]);
    const exit = signalOf(desk.clock, {}, { kind: "exit", exits: ["TQQQ"] });
    expect(endOf(await desk.run(exit))).toMatch(/^price-doubt/);
    const both = signalOf(desk.clock, {}, { kind: "exit", exits: ["TQQQ", "SMR"], id: "00000000000000bb" });
    expect(endOf(await desk.run(both))).toMatch(/^on-target/);
    await desk.clock.advance(5_000);
    expect(endOf(await desk.run(exit))).toMatch(/^on-target/);
    expect(book(desk)).toEqual(["sell SMR filled", "sell TQQQ filled"]);
  });

  test("is accepted where our own trades in the session lost the difference", async () => {
    desk = new VirtualDesk(ALL_CASH);
    await desk.run(signalOf(desk.clock, { LEU: "1" }));
    desk.exchange.setPrice("LEU", "60");
    await desk.run(signalOf(desk.clock, {}, { id: "00000000000000bb", kind: "exit", exits: ["LEU"] }));
    await desk.clock.advance(40_000);
    const result = await desk.run(signalOf(desk.clock, HEDGE, { id: "00000000000000cc" }));
    expect(endOf(result)).toMatch(/^on-target/);
  });

  test("is accepted where our own sells brought in more than the first plan expected", async () => {
    desk = new VirtualDesk({ ...INVESTED, executionDeadlineSeconds: 120 });
    const soldAt = lastSale(desk);
    desk.venue.interceptor = beforePosts("TQQQ", 1, () => {
      desk.exchange.setPrice("TQQQ", "140");
      return reply(403, { code: 40310000, message: "the moon is full" });
    });
    await desk.run(signalOf(desk.clock, HEDGE));
    expect(soldAt()).toBeLessThan(Infinity);
    await desk.clock.advance(40_000);
    expect(endOf(await desk.run(signalOf(desk.clock, { LEU: "1" }, { id: "00000000000000bb" })))).toMatch(/^on-target/);
  });

  test("is accepted where a withdrawal explains it", async () => {
    desk = new VirtualDesk(ALL_CASH);
    desk.exchange.transfer("-60000");
    expect(endOf(await desk.run(signalOf(desk.clock, HEDGE)))).toMatch(/^on-target/);
    expect(desk.weights().UVXY).toBeCloseTo(0.7425, 3);
  });
});

describe("an account that is shown wrong between sells and buys", () => {
  test.each([5_000, 180_000])("as empty for %d ms: it is bought once it is shown right", async (ms) => {
    desk = new VirtualDesk(INVESTED);
    const sold = lastSale(desk);
    desk.venue.interceptor = shown(() => desk.clock.monotonic() >= sold() && desk.clock.monotonic() < sold() + ms, ZEROED);
    expect(endOf(await desk.run(signalOf(desk.clock, HEDGE)))).toMatch(/^on-target/);
    expectSwitchedBook(desk);
  });

  test("with a fifth of its cash missing: what can be is bought, and the rest once it is shown", async () => {
    desk = new VirtualDesk(INVESTED);
    const sold = lastSale(desk);
    desk.venue.interceptor = shown(() => desk.clock.monotonic() >= sold() && desk.clock.monotonic() < sold() + 180_000, inflated(-20_000));
    expect(endOf(await desk.run(signalOf(desk.clock, HEDGE)))).toMatch(/^on-target/);
    expect(desk.weights().UVXY).toBeCloseTo(0.7425, 2);
    expectUnharmed(desk);
  });

  test("as empty until the deadline: it ends off target", async () => {
    desk = new VirtualDesk(INVESTED);
    const sold = lastSale(desk);
    desk.venue.interceptor = shown(() => desk.clock.monotonic() >= sold(), ZEROED);
    expect(endOf(await desk.run(signalOf(desk.clock, HEDGE)))).toMatch(/^incomplete/);
  });

  test("withdrawn cash is not waited for: the target applies to what remains", async () => {
    desk = new VirtualDesk(INVESTED);
    desk.venue.interceptor = paidOutAfterSelling(desk, "60000");
    expect(endOf(await desk.run(signalOf(desk.clock, HEDGE)))).toMatch(/^on-target/);
    expect(desk.weights().UVXY).toBeCloseTo(0.7425, 2);
    expectUnharmed(desk);
  });

  test("without a position that stays, of which no more is bought meanwhile", async () => {
    desk = new VirtualDesk(INVESTED);
    const sold = lastSale(desk);
    const isOn = (): boolean => desk.clock.monotonic() >= sold() && desk.clock.monotonic() < sold() + 5_000;
    desk.venue.interceptor = shown(isOn, raised(-85_010, "equity"), ["TQQQ"]);
    expect(endOf(await desk.run(signalOf(desk.clock, { TQQQ: "0.889", UVXY: "0.111" })))).toMatch(/^on-target/);
    expect(book(desk)).toEqual(["buy UVXY filled", "sell SMR filled"]);
    expect(desk.weights().UVXY).toBeCloseTo(0.11, 2);
  });
});

describe("an account that owes money in the end", () => {
  /** Once everything is bought, this much is owed: a dividend that was credited twice is taken back. */
  function owing(dollars: number): VirtualDesk {
    const made = new VirtualDesk(ON_MARGIN);
    let isTaken = false;
    made.exchange.onTradeUpdate(() => {
      const { orders, cash } = made.exchange.state;
      if (isTaken || orders.size < 2 || ![...orders.values()].every(({ status }) => status === "filled")) return;
      isTaken = true;
      made.exchange.charge(cash.plus(decimal(String(dollars))).toFixed());
    });
    return made;
  }

  test("is not on target, and the debt is reported at once", async () => {
    desk = owing(20_000);
    expect(endOf(await desk.run(signalOf(desk.clock, HEDGE)))).toMatch(
      /^off-target: The account owes \$20,000\.00: more was bought than its cash could pay for\./,
    );
    expect(desk.ledger.recentExecutions(1)[0]?.outcomeCode).toBe("in-debt");
  });

  test("by a few dollars of fees is on target", async () => {
    desk = owing(4);
    expect(endOf(await desk.run(signalOf(desk.clock, HEDGE)))).toMatch(/^on-target/);
  });
});
