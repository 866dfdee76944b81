import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { readAccountNow, readEquityHistory } from "../../src/reporting/account-reading.ts";
import type { Report } from "../../src/reporting/report.ts";
import { buildReport, reportStart } from "../../src/reporting/report.ts";
import { reportLines } from "../../src/reporting/report-view.ts";
import { reportDocument } from "../../src/reporting/report-document.ts";
import { plainStyle } from "../../src/reporting/style.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { limitStyle } from "../execution/limit-style.ts";
import { HELD } from "../execution/scenario.ts";
import { signalOf, TUESDAY_10_00, VirtualDesk } from "../execution/virtual-desk.ts";

const DAY_MS = 86_400_000;
const ASIDE = { reserve: decimal("0.01"), protectedSymbols: new Set<string>() };

let desk: VirtualDesk;

beforeEach(() => {
  desk = new VirtualDesk({ exchange: { cash: decimal("10000") } });
});

afterEach(() => desk.close());

async function report(days = 30): Promise<Report> {
  const { broker, ledger, clock } = desk;
  const reading = await clock.until(readAccountNow(broker));
  const history = await clock.until(readEquityHistory(broker, reportStart(clock.now(), days), "1D"));
  return buildReport({
    ledger,
    mode: "paper",
    aside: ASIDE,
    now: clock.now(),
    days,
    reading,
    history: history.value,
    problems: history.problems,
  });
}

async function rebalance(id: string, weights: Record<string, string>): Promise<void> {
  const result = await desk.run(signalOf(desk.clock, weights, { id }));
  expect(result).toMatchObject({ kind: "concluded", conclusion: { outcome: "on-target" } });
}

/** The same time of day on a later one. */
async function daysLater(days: number): Promise<void> {
  await desk.clock.advance(TUESDAY_10_00 + days * DAY_MS - desk.clock.now());
}

describe("profit and return", () => {
  test("agree with each other: what was earned on sold and on held shares is what the account gained", async () => {
    await rebalance("a1", { SMR: "0.6", LEU: "0.4" });
    desk.exchange.setPrice("SMR", "44");
    await daysLater(1);
    await rebalance("a2", { LEU: "0.5", OKLO: "0.5" });
    desk.exchange.setPrice("LEU", "190");
    const { profit, equity, account, strategies, executions } = await report();
    const total = decimal(profit.realised).plus(decimal(profit.unrealised!));
    expect(total.minus(decimal(equity.gain!)).abs().lt(decimal("0.00001"))).toBe(true);
    expect(decimal(account!.equity).minus("10000").minus(decimal(equity.gain!)).abs().lt(decimal("0.00001"))).toBe(true);
    expect(decimal(profit.realised).gt("500")).toBe(true);
    expect(executions.map(({ realised }) => realised)).toEqual([profit.realised, null]);
    const books = strategies!.map(({ name, profit: earned }) => [name, earned === null ? null : Number(earned)]);
    expect(books).toEqual([
      ["nuclear", expect.closeTo(Number(equity.gain), 1)],
      ["unattributed", null],
    ]);
  });

  test("do not take a deposit for a gain, on its day and afterwards", async () => {
    await rebalance("a1", { SMR: "0.5" });
    await daysLater(1);
    desk.exchange.transfer("5000");
    const onItsDay = await report();
    expect(onItsDay.account).toMatchObject({ day_flows: "5000" });
    expect(Math.abs(Number(onItsDay.account!.day_profit))).toBeLessThan(10);
    await daysLater(2);
    desk.exchange.transfer("-1000");
    const later = await report();
    expect(later.equity).toMatchObject({ source: "broker", flows: "4000" });
    expect(later.equity.points.map(({ flow }) => flow)).toEqual(["0", "0", "5000", "-1000"]);
    expect(Math.abs(Number(later.equity.gain))).toBeLessThan(10);
    expect(Math.abs(Number(later.equity.return))).toBeLessThan(0.001);
    expect(later.account).toMatchObject({ day_profit: "0", day_flows: "-1000", day_return: "0" });
  });

  test("know the cost of what was held before the first execution from the account", async () => {
    await desk.close();
    desk = new VirtualDesk({ exchange: { cash: decimal("12"), positions: HELD } });
    await rebalance("a1", { UVXY: "0.75", BTAL: "0.25" });
    const { profit } = await report();
    // 1,000.123456789 TQQQ that cost 80 and 300.5 SMR that cost 40, sold at about 85 and 38.50.
    expect(profit.unknown_proceeds).toBe("0");
    expect(Number(profit.by_symbol.find(({ symbol }) => symbol === "TQQQ")!.realised)).toBeCloseTo(5_000, -2);
    expect(Number(profit.by_symbol.find(({ symbol }) => symbol === "SMR")!.realised)).toBeCloseTo(-450, -2);
  });

  test("of the period alone: what was traded before it is not in it", async () => {
    await rebalance("a1", { SMR: "0.6" });
    await daysLater(2);
    const { activity, profit } = await report(1);
    expect(activity).toMatchObject({ executions: 0, orders: 0, bought: "0" });
    expect(profit.by_symbol).toMatchObject([{ symbol: "SMR", realised: "0" }]);
  });
});

describe("one execution", () => {
  test("is measured from the alert to the first order, to on target, and against the prices of its plan", async () => {
    const alert = signalOf(desk.clock, { SMR: "0.6", LEU: "0.4" }, { id: "a1" });
    await desk.clock.advance(1_500);
    await desk.run(alert);
    const { executions, activity } = await report();
    const [execution] = executions;
    const { shortfall, orders } = execution!;
    expect(shortfall.alert_to_first_order_ms).toBeGreaterThanOrEqual(1_500);
    expect(shortfall.alert_to_on_target_ms).toBeGreaterThan(shortfall.alert_to_first_order_ms!);
    for (const order of orders) {
      const paidMore = decimal(order.value!).minus(decimal(order.quantity).times(decimal(order.decision_price!)));
      expect(paidMore.minus(decimal(order.cost!)).abs().lt(decimal("0.000001"))).toBe(true);
      expect(Number(order.cost_bps)).toBeCloseTo(
        (Number(order.cost) / (Number(order.quantity) * Number(order.decision_price))) * 10_000,
        3,
      );
    }
    expect(Number(shortfall.cost)).toBeCloseTo(
      orders.reduce((total, { cost }) => total + Number(cost), 0),
      5,
    );
    expect(activity).toMatchObject({ cost: shortfall.cost, cost_bps: shortfall.cost_bps, filled_orders: 2 });
    expect(Number(shortfall.cash_drag)).toBeCloseTo(0, 2);
    expect(shortfall.drift.map(({ symbol }) => symbol)).toEqual(["LEU", "SMR"]);
    for (const { drift } of shortfall.drift) expect(Math.abs(Number(drift))).toBeLessThan(0.01);
  });

  test("lists each order with its style, the quote it was sent on, and the slippage of its fills from that quote's midpoint", async () => {
    await desk.run(signalOf(desk.clock, { SMR: "1" }, { id: "a1" }));
    const { executions } = await report();
    expect(executions[0]!.orders).toMatchObject([
      {
        style: "market",
        type: "market",
        limit_price: null,
        quote: { bid: "38.5", ask: "38.51", spread_bps: "2.5971" },
        slippage_bps: "1.2985",
        decision_price: "38.5",
      },
    ]);
  });

  test("of limit style is compared with one of market style, in all and by symbol", async () => {
    await desk.run(signalOf(desk.clock, { SMR: "1" }, { id: "a1" }));
    await desk.restart(undefined, { execution: limitStyle() });
    await desk.clock.advance(60_000);
    await desk.run(signalOf(desk.clock, { SMR: "0.5", LEU: "0.5" }, { id: "a2" }));
    const { execution_styles: styles } = await report();
    expect(styles).toMatchObject([
      { style: "market", orders: 1, filled_orders: 1, slippage_bps: "1.2984", by_symbol: [{ symbol: "SMR", orders: 1 }] },
      {
        style: "limit",
        orders: 2,
        filled_orders: 2,
        by_symbol: [
          { symbol: "LEU", orders: 1 },
          { symbol: "SMR", orders: 1 },
        ],
      },
    ]);
    const [, limit] = styles;
    expect(Number(limit!.value)).toBeGreaterThan(9_000);
    expect(Number(limit!.slippage)).toBeCloseTo(Number(limit!.value) * Number(limit!.slippage_bps) * 1e-4, 0);
    expect(Number(limit!.spread_bps)).toBeCloseTo(2 * Number(limit!.slippage_bps), 1);
    const text = reportLines(await report(), plainStyle, "UTC").join("\n");
    expect(text).toMatch(/Execution styles[^]*market +all +1 +1 [^]*limit +all +2 +2 [^]*LEU/);
    expect(reportDocument(await report(), "UTC")).toContain("Execution styles");
  });

  test("that left a leg out says so: its share lies idle, and why", async () => {
    await desk.close();
    desk = new VirtualDesk({ exchange: { cash: decimal("10000") }, plan: { unbuyableAction: "exit" } });
    desk.exchange.setAsset("LEU", { tradable: false });
    await desk.run(signalOf(desk.clock, { SMR: "0.6", LEU: "0.4" }, { id: "a1" }));
    const { executions } = await report();
    expect(executions[0]).toMatchObject({ outcome: "off-target", shortfall: { alert_to_on_target_ms: null } });
    expect(Number(executions[0]!.shortfall.cash_drag)).toBeCloseTo(0.396, 2);
    expect(executions[0]!.shortfall.drift).toMatchObject([
      { symbol: "LEU", actual: "0", left_alone: "not-tradable" },
      { symbol: "SMR", left_alone: null },
    ]);
    expect(Number(executions[0]!.shortfall.drift[0]!.drift)).toBeCloseTo(-0.4, 6);
  });

  test("of another account is left out, with a warning", async () => {
    await rebalance("a1", { SMR: "0.6" });
    const { ledger, clock, broker } = desk;
    const reading = await clock.until(readAccountNow(broker));
    const other = { ...reading, account: { ...reading.account, number: "PA3OTHER" } };
    const made = buildReport({
      ledger,
      mode: "paper",
      aside: ASIDE,
      now: clock.now(),
      days: 7,
      reading: other,
      history: undefined,
      problems: [],
    });
    expect(made.executions).toEqual([]);
    expect(made.equity.points).toEqual([]);
    expect(made.warnings).toContain("1 of the executions were for an account other than PA3OTHER and are excluded.");
  });
});

describe("without the broker", () => {
  test("the report shows what the ledger knows, and guesses no return", async () => {
    await rebalance("a1", { SMR: "0.6" });
    const { ledger, clock } = desk;
    const made = buildReport({
      ledger,
      mode: "paper",
      aside: ASIDE,
      now: clock.now(),
      days: 7,
      reading: undefined,
      history: undefined,
      problems: ["Gone."],
    });
    expect(made).toMatchObject({ account: null, strategies: null, equity: { source: "ledger", return: null, gain: null, drawdown: null } });
    expect(made.executions).toHaveLength(1);
    expect(made.equity.points.map(({ flow, growth }) => [flow, growth])).toEqual([
      [null, null],
      [null, null],
    ]);
    expect(made.profit.by_symbol).toMatchObject([{ symbol: "SMR" }]);
    const lines = reportLines(made, plainStyle, "UTC").join("\n");
    expect(lines).toContain("Note: Gone.");
    expect(lines).toContain("Return (excl. deposits): not known");
  });

  test("of an empty ledger says so in sentences", () => {
    const { ledger, clock } = desk;
    const made = buildReport({
      ledger,
      mode: "paper",
      aside: ASIDE,
      now: clock.now(),
      days: 1,
      reading: undefined,
      history: undefined,
      problems: [],
    });
    const lines = reportLines(made, plainStyle, "UTC");
    expect(lines).toContain("No execution in this period.");
    expect(lines).toContain("No equity has been recorded in this period.");
    expect(lines[0]).toBe("Report of 1 day, paper mode");
  });

  test("when only the deposits cannot be read, the day's profit is not known rather than wrong", async () => {
    const reading = { ...(await desk.clock.until(readAccountNow(desk.broker))), flowsSinceClose: undefined };
    const { ledger, clock } = desk;
    const history = [{ at: clock.now() - DAY_MS, equity: decimal("1"), flow: decimal("0") }];
    const made = buildReport({ ledger, mode: "paper", aside: ASIDE, now: clock.now(), days: 7, reading, history, problems: [] });
    expect(made).toMatchObject({ account: { day_profit: null, day_flows: null }, equity: { source: "ledger", return: null } });
  });
});
