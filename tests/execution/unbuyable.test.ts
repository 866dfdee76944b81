import { afterEach, describe, expect, test } from "@jest/globals";
import type { RebalanceResult } from "../../src/execution/rebalancer.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { changeAsset } from "../../src/simulator/admin-routes.ts";
import type { VenueRequest } from "../../src/simulator/venue.ts";
import { isRead, reply } from "./faults.ts";
import { book, expectUnharmed, HEDGE, intentsOf } from "./scenario.ts";
import { signalOf, VirtualDesk, type DeskOptions } from "./virtual-desk.ts";

/** What cannot be bought, or only sold in a certain way, at a venue that says so before it refuses an order (R11, R12). */

const HOLDING_TQQQ: DeskOptions = {
  exchange: { cash: decimal("1000"), positions: [{ symbol: "TQQQ", quantity: decimal("1200"), averagePrice: decimal("20") }] },
};
const CONFIGURATION = "/v2/account/configurations";

let desk: VirtualDesk;

afterEach(() => desk.close());

function open(options: DeskOptions = HOLDING_TQQQ): VirtualDesk {
  desk = new VirtualDesk(options);
  return desk;
}

/** One look at a run: whether it was executed, and in which words it was not. */
function told(result: RebalanceResult): string {
  switch (result.kind) {
    case "concluded":
      return `${result.execution.outcome ?? "open"}: ${result.conclusion.verdict.reason}`;
    case "declined":
      return `${result.verdict}: ${result.reason}`;
    default:
      return result.kind;
  }
}

async function hedged(): Promise<string> {
  const result = await desk.run(signalOf(desk.clock, HEDGE));
  expectUnharmed(desk);
  return told(result);
}

function configured(body: unknown, status = 200): void {
  desk.venue.interceptor = {
    before: (request) => Promise.resolve(isConfiguration(request) ? reply(status, body) : undefined),
  };
}

function isConfiguration(request: VenueRequest): boolean {
  return isRead(request, CONFIGURATION);
}

describe("a partnership without exception, 75 % of the run", () => {
  const partnership = (): unknown => changeAsset(open().exchange, { symbol: "UVXY", attributes: ["ptp_no_exception"] });

  test("keeps the 1,200 TQQQ from being sold for it", async () => {
    partnership();
    expect(await hedged()).toMatch(/^refused: 75\.0 % of the run cannot be bought.*UVXY \(75\.0 %\): .*ptp_no_exception_entry/);
    expect(book(desk)).toEqual([]);
  });

  test("is bought once the owner has switched it on, within the same run's five minutes", async () => {
    partnership();
    const signal = signalOf(desk.clock, HEDGE);
    expect(told(await desk.run(signal))).toMatch(/^refused/);
    desk.exchange.setSettings({ ptpNoExceptionEntry: true });
    await desk.clock.advance(15_000);
    expect(told(await desk.run(signal))).toMatch(/^on-target/);
    expect(book(desk)).toEqual(["buy BTAL filled", "buy UVXY filled", "sell TQQQ filled"]);
  });

  test("is left out with UNBUYABLE_ACTION=exit, and its share stays cash", async () => {
    changeAsset(open({ ...HOLDING_TQQQ, plan: { unbuyableAction: "exit" } }).exchange, {
      symbol: "UVXY",
      attributes: ["ptp_no_exception"],
    });
    expect(await hedged()).toMatch(/^off-target: .*UVXY/);
    expect(book(desk)).toEqual(["buy BTAL filled", "sell TQQQ filled"]);
    expect(desk.weights().BTAL).toBeCloseTo(0.2475, 3);
  });

  test("is tried where the configuration cannot be read: the venue decides, and one warning is logged", async () => {
    partnership();
    configured({ message: "endpoint not found" }, 404);
    expect(await hedged()).toMatch(/^off-target: .*UVXY/);
    expect(desk.warnings.filter((text) => text.startsWith("Cannot read the account's configuration"))).toHaveLength(1);
  });
});

describe("fractional trading that is off for the account", () => {
  test("buys whole shares of everything instead of having every dollar order refused after the sell", async () => {
    open().exchange.setSettings({ fractionalTrading: false });
    await hedged();
    expect(book(desk)).toEqual(expect.arrayContaining(["buy BTAL filled", "buy UVXY filled", "sell TQQQ filled"]));
    for (const { notional, quantity } of intentsOf(desk)) {
      expect(notional).toBeUndefined();
      expect(quantity?.toFixed()).toMatch(/^\d+$/);
    }
    expect(desk.weights().UVXY).toBeGreaterThan(0.71);
  });

  test("sells the 10 whole shares of 10.5 and leaves the rest as dust", async () => {
    const positions = [{ symbol: "TQQQ", quantity: decimal("10.5"), averagePrice: decimal("80") }];
    open({ exchange: { cash: decimal("10000"), positions } }).exchange.setSettings({ fractionalTrading: false });
    expect(await hedged()).not.toContain("order-refused");
    expect(intentsOf(desk)[0]).toMatchObject({ symbol: "TQQQ", side: "sell", quantity: decimal("10"), fullExit: true });
    expect(desk.exchange.state.positions.get("TQQQ")?.quantity).toEqual(decimal("0.5"));
    expect(JSON.stringify(desk.ledger.recentExecutions(1)[0]?.plan)).toContain("dust-cannot-close");
  });
});

test("1,200.5 shares of a symbol that no longer trades in fractions: the 1,200 are sold", async () => {
  const positions = [{ symbol: "TQQQ", quantity: decimal("1200.5"), averagePrice: decimal("20") }];
  changeAsset(open({ exchange: { cash: decimal("1000"), positions } }).exchange, { symbol: "TQQQ", fractionable: false });
  expect(await hedged()).toMatch(/^on-target/);
  expect(book(desk)).toEqual(["buy BTAL filled", "buy UVXY filled", "sell TQQQ filled"]);
  expect(desk.exchange.state.positions.get("TQQQ")?.quantity).toEqual(decimal("0.5"));
});

describe("an asset whose answers do not say whether it is fractionable", () => {
  const positions = [{ symbol: "TQQQ", quantity: decimal("1200.5"), averagePrice: decimal("20") }];

  /** The next so many answers about one asset lack the field, or hold something that cannot be read. */
  function unsaid(symbol: string, times: number, value?: unknown): void {
    let left = times;
    desk.venue.interceptor = {
      after: (request, response) => {
        if (request.url !== `/v2/assets/${symbol}` || left === 0) return Promise.resolve(response);
        left -= 1;
        const asset = { ...(JSON.parse(response.body) as Record<string, unknown>), fractionable: value };
        return Promise.resolve({ ...response, body: JSON.stringify(asset) });
      },
    };
  }

  test.each([
    [1, undefined],
    [1, "yes"],
    [2, null],
    [6, undefined],
  ])("%i times (%p): the whole shares are sold at once, and the rest once the venue has said", async (times, value) => {
    open({ exchange: { cash: decimal("1000"), positions } });
    unsaid("TQQQ", times, value);
    expect(await hedged()).toMatch(/^on-target/);
    expect([...desk.exchange.state.positions.keys()].sort()).toEqual(["BTAL", "UVXY"]);
    const sold = intentsOf(desk).filter(({ symbol }) => symbol === "TQQQ");
    expect(sold.map(({ quantity }) => quantity?.toFixed())).toEqual(["1200", "0.5"]);
    expectUnharmed(desk);
  });

  test("for good: the whole shares are sold, and the end is not called on target", async () => {
    open({ exchange: { cash: decimal("1000"), positions }, executionDeadlineSeconds: 200 });
    unsaid("TQQQ", Infinity);
    expect(await hedged()).toMatch(/^off-target: .*No time is left to sell.*TQQQ \(fractions-unknown\)/);
    expect(book(desk)).toEqual(["buy BTAL filled", "buy UVXY filled", "sell TQQQ filled"]);
    expectUnharmed(desk);
  });

  test("of a share that is dearer than what is missing: nothing is called on target before it is bought", async () => {
    open({ exchange: { cash: decimal("2000"), prices: { UVXY: "900", BTAL: "19" } } });
    unsaid("UVXY", 2);
    expect(await hedged()).toMatch(/^on-target/);
    expect(desk.weights().UVXY).toBeGreaterThan(0.73);
    expectUnharmed(desk);
  });
});

describe("a holding that is active and not tradable", () => {
  test("is closed, as Alpaca lets it be", async () => {
    changeAsset(open().exchange, { symbol: "TQQQ", tradable: false });
    expect(await hedged()).toMatch(/^on-target/);
  });

  test("is left where the venue says no", async () => {
    changeAsset(open().exchange, { symbol: "TQQQ", tradable: false });
    desk.venue.interceptor = {
      before: (request) =>
        Promise.resolve(request.method === "POST" ? reply(422, { code: 42210000, message: 'asset "TQQQ" is not tradable' }) : undefined),
    };
    expect(await hedged()).toMatch(/TQQQ/);
    expect(desk.exchange.state.positions.get("TQQQ")?.quantity).toEqual(decimal("1200"));
    expect(intentsOf(desk).every(({ state }) => state === "refused")).toBe(true);
  });
});

describe("a target whose ticker has changed", () => {
  const positions = [
    { symbol: "OKLO", quantity: decimal("1000"), averagePrice: decimal("50") },
    { symbol: "TQQQ", quantity: decimal("500"), averagePrice: decimal("20") },
  ];
  const targets = { OKLO: "0.5", LEU: "0.5" };

  test.each(["by the same process", "after a restart"])(
    "is recognised by the id of its asset %s, and the position is not sold",
    async (when) => {
      open({ exchange: { cash: decimal("1000"), positions } });
      await desk.run(signalOf(desk.clock, targets), { dryRun: true });
      changeAsset(desk.exchange, { symbol: "OKLO", renamed_to: "OKLX" });
      if (when === "after a restart") await desk.restart();
      const reason = told(await desk.run(signalOf(desk.clock, targets, { id: "00000000000000bb" })));
      expect(reason).toMatch(/^refused: 50\.0 % .*OKLO \(50\.0 %\): the position in OKLX is the same asset/);
      expect(book(desk)).toEqual([]);
    },
  );

  test("is recognised where the venue still shows the old ticker as inactive", async () => {
    open({ exchange: { cash: decimal("1000"), positions } });
    const old = { ...desk.exchange.state.assets.get("OKLO")! };
    changeAsset(desk.exchange, { symbol: "OKLO", renamed_to: "OKLX" });
    desk.exchange.state.assets.set("OKLO", { ...old, status: "inactive", tradable: false });
    expect(told(await desk.run(signalOf(desk.clock, targets)))).toContain("OKLO is traded as OKLX now");
  });

  test("is not taken for an exit that has nothing to sell", async () => {
    open({ exchange: { cash: decimal("1000"), positions } });
    await desk.run(signalOf(desk.clock, targets), { dryRun: true });
    changeAsset(desk.exchange, { symbol: "OKLO", renamed_to: "OKLX" });
    const exit = signalOf(desk.clock, {}, { kind: "exit", exits: ["OKLO"], id: "00000000000000bb" });
    expect(told(await desk.run(exit))).toMatch(/^off-target: .*OKLO/);
  });
});

describe("the configuration of the account", () => {
  test("is requested once in several minutes, not with every account snapshot", async () => {
    open();
    let asked = 0;
    desk.venue.interceptor = {
      before: (request) => {
        if (isConfiguration(request)) asked += 1;
        return Promise.resolve(undefined);
      },
    };
    expect(await hedged()).toMatch(/^on-target/);
    expect(asked).toBe(1);
  });

  test("that never answers holds nothing up for more than two seconds", async () => {
    open();
    desk.venue.interceptor = {
      before: (request) => (isConfiguration(request) ? desk.clock.sleep(3_600_000).then(() => undefined) : Promise.resolve(undefined)),
    };
    const start = desk.clock.now();
    expect(await hedged()).toMatch(/^on-target/);
    expect(Date.parse([...desk.exchange.state.orders.values()][0]!.createdAt) - start).toBeLessThan(3_000);
  });

  test("with a switch that cannot be read counts for the others", async () => {
    open();
    configured({ fractional_trading: false, ptp_no_exception_entry: "maybe" });
    await hedged();
    expect(book(desk)).toContain("buy UVXY filled");
    expect(intentsOf(desk).filter(({ notional }) => notional !== undefined)).toEqual([]);
  });

  test("in which trading is suspended sends nothing", async () => {
    open();
    configured({ suspend_trade: true });
    expect(await hedged()).toMatch(/^account-blocked: .*suspend_trade/);
    expect(book(desk)).toEqual([]);
  });
});
