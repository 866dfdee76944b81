import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { decimal, ZERO } from "../../src/domain/decimal.ts";
import { readAccountNow } from "../../src/reporting/account-reading.ts";
import { pointsUpToNow } from "../../src/reporting/equity-curve.ts";
import { readEquityHistories } from "../../src/reporting/curve-ranges.ts";
import { dashboardData, type DashboardData, type DashboardFacts } from "../../src/reporting/dashboard-data.ts";
import { shownAccount } from "../../src/reporting/shown-account.ts";
import { executionDetail } from "../../src/reporting/execution-detail.ts";
import { isoInstant } from "../../src/domain/time-format.ts";
import { latestExecution, type LatestExecution } from "../../src/reporting/latest-execution.ts";
import { signalOf, VirtualDesk } from "../execution/virtual-desk.ts";

const DAY_MS = 86_400_000;
const WEIGHTS = { SMR: "0.6", LEU: "0.4" };

let desk: VirtualDesk;

beforeEach(() => {
  desk = new VirtualDesk({ exchange: { cash: decimal("10000") } });
});

afterEach(() => desk.close());

async function data(change: Partial<DashboardFacts> = {}): Promise<DashboardData> {
  const { broker, ledger, clock } = desk;
  const reading = await clock.until(readAccountNow(broker));
  const { histories, problems } = await clock.until(readEquityHistories(broker, clock.now()));
  return dashboardData({
    ledger,
    now: clock.now(),
    mode: "paper",
    modeReason: "TRADING_MODE=paper",
    halt: undefined,
    signalMaxAgeMs: 300_000,
    alertsProblems: [],
    daemon: { pid: 4711, since: clock.now() - 60_000 },
    brokerName: broker.name,
    stream: "listening",
    shown: shownAccount(ledger, { reading, at: clock.now() }, clock.now()),
    brokerAnswers: true,
    brokerWaitingMs: undefined,
    histories,
    problems,
    aside: { reserve: decimal("0.01"), protectedSymbols: new Set() },
    limit: 20,
    ...change,
  });
}

describe("the data of the dashboard", () => {
  test("show what is held against what is wanted, and why a symbol was left alone", async () => {
    await desk.close();
    desk = new VirtualDesk({ exchange: { cash: decimal("10000") }, plan: { unbuyableAction: "exit" } });
    desk.exchange.setAsset("LEU", { tradable: false });
    await desk.run(signalOf(desk.clock, WEIGHTS, { id: "a1" }));
    const { holdings, last_alert, market, broker } = await data();
    expect(holdings).toMatchObject([
      { symbol: "LEU", quantity: "0", target_weight: "0.4", drift: "-0.396", left_alone: "not-tradable" },
      { symbol: "SMR", target_weight: "0.6", left_alone: null },
    ]);
    expect(Number(holdings[1]!.drift)).toBeCloseTo(0, 3);
    expect(last_alert).toMatchObject({ id: "a1", verdict: "executed", targets: { SMR: "0.6", LEU: "0.4" } });
    expect(market).toMatchObject({ is_open: true });
    expect(broker).toEqual({ name: "the test venue", reachable: true, waiting_ms: null, problems: [], stream: "listening" });
  });

  test("show no drift when the account is on target apart from a protected position", async () => {
    await desk.close();
    const aside = { reserve: decimal("0.01"), protectedSymbols: new Set(["EXC"]) };
    const positions = [{ symbol: "EXC", quantity: decimal("100"), averagePrice: decimal("40") }];
    desk = new VirtualDesk({ exchange: { cash: decimal("6000"), positions }, plan: { protectedSymbols: aside.protectedSymbols } });
    await desk.run(signalOf(desk.clock, WEIGHTS, { id: "a1" }));
    const { holdings } = await data({ aside });
    expect(holdings).toMatchObject([
      { symbol: "EXC", target_weight: null, drift: null, left_alone: "protected" },
      { symbol: "LEU", target_weight: "0.4" },
      { symbol: "SMR", target_weight: "0.6" },
    ]);
    for (const { drift } of holdings.slice(1)) expect(Number(drift)).toBeCloseTo(0, 2);
  });

  test("follow an execution under way with every order and its state", async () => {
    await desk.close();
    desk = new VirtualDesk({ exchange: { cash: decimal("10000"), fillLatencyMs: 2_000 } });
    const ended = desk.start(signalOf(desk.clock, WEIGHTS, { id: "a1" }));
    await desk.clock.advance(1_000);
    const { running } = await data();
    expect(running).toMatchObject([{ id: "a1", phase: expect.stringMatching(/ing$/) as unknown, outcome: null }]);
    const states = running[0]!.orders.map(({ symbol, side, state, value }) => [symbol, side, state, value]);
    expect(states.sort()).toEqual([
      ["LEU", "buy", "open", null],
      ["SMR", "buy", "open", null],
    ]);
    await desk.clock.until(ended);
    expect((await data()).running).toEqual([]);
  });

  test("agree while orders fill: cash and holdings contain what the orders show, whatever the broker said last", async () => {
    await desk.close();
    desk = new VirtualDesk({ exchange: { cash: decimal("10000"), fillLatencyMs: 1_000, partialFillProbability: 1, partialFillSteps: 4 } });
    const before = await desk.clock.until(readAccountNow(desk.broker));
    const known = { reading: before, at: desk.clock.now() };
    const ended = desk.start(signalOf(desk.clock, WEIGHTS, { id: "a1" }));
    let seen = 0;
    for (let step = 0; step < 40; step += 1) {
      await desk.clock.advance(250);
      const shown = shownAccount(desk.ledger, known, desk.clock.now());
      const { running, account, account_source, holdings } = await data({ shown });
      const [open] = running;
      if (open === undefined) break;
      const bought = open.orders.reduce((sum, { value }) => sum + Number(value ?? 0), 0);
      if (bought > 0) seen += 1;
      expect(account_source).toBe("execution");
      expect(Number(account!.cash)).toBeCloseTo(10_000 - bought, 6);
      for (const { symbol, quantity } of open.orders.filter((order) => order.quantity !== "0"))
        expect([symbol, holdings.find((row) => row.symbol === symbol)?.quantity]).toEqual([symbol, quantity]);
    }
    expect(seen).toBeGreaterThan(1);
    await desk.clock.until(ended);
  });

  test("give each holding its profit and its day, and the share of it that can be compared with its target", async () => {
    await desk.run(signalOf(desk.clock, WEIGHTS, { id: "a1" }));
    await desk.clock.advance(DAY_MS);
    desk.exchange.setPrice("SMR", "40");
    const { holdings } = await data();
    const row = holdings.find(({ symbol }) => symbol === "SMR")!;
    const cost = Number(row.average_price) * Number(row.quantity);
    expect(Number(row.unrealised)).toBeCloseTo(Number(row.value) - cost, 4);
    expect(Number(row.unrealised_return)).toBeCloseTo(Number(row.unrealised) / cost, 6);
    expect(Number(row.day_change)).not.toBeNaN();
    expect(Number(row.actual_weight) * 0.99).toBeCloseTo(Number(row.weight), 6);
  });

  test("tell what a resume would run, for as long as it is fresh, and never call a stopped run a success", async () => {
    desk.ledger.transaction(() => {
      const fresh = signalOf(desk.clock, WEIGHTS, { id: "b1" });
      desk.ledger.recordSignal(fresh, desk.clock.now());
    });
    const halt = { reason: "by hand", at: isoInstant(desk.clock.now()) };
    const { halt: told } = await data({ halt });
    expect(told).toMatchObject({ reason: "by hand", since: halt.at, resumes: [{ signal_id: "b1", what: "start", targets: WEIGHTS }] });
    await desk.clock.advance(301_000);
    expect((await data({ halt })).halt).toMatchObject({ resumes: [] });
  });

  test("have a curve for every stretch of time, with deposits in none of the returns", async () => {
    await desk.run(signalOf(desk.clock, WEIGHTS, { id: "a1" }));
    await desk.clock.advance(DAY_MS);
    desk.exchange.transfer("5000");
    await desk.clock.advance(3_600_000);
    const { equity, account } = await data();
    for (const range of ["day", "week", "month", "all"] as const) {
      expect([range, equity[range]!.flows]).toEqual([range, "5000"]);
      expect([range, Math.abs(Number(equity[range]!.return)) < 0.001]).toEqual([range, true]);
    }
    expect(equity.day!.points.length).toBeGreaterThan(equity.month!.points.length);
    expect(account).toMatchObject({ day_flows: "5000", day_profit: "0" });
  });

  test("say what is not known, and show the ledger's part all the same, when the broker is away", async () => {
    await desk.run(signalOf(desk.clock, WEIGHTS, { id: "a1" }));
    const shown = await data({
      shown: shownAccount(desk.ledger, undefined, desk.clock.now()),
      brokerAnswers: false,
      histories: {},
      problems: ["Gone."],
      stream: "lost",
      halt: { reason: "by hand", at: "" },
      daemon: undefined,
    });
    expect(shown).toMatchObject({
      account: { equity: desk.ledger.recentExecutions(1)[0]!.accountAfter!.equity, day_profit: null },
      account_source: "ledger",
      account_as_of: isoInstant(desk.ledger.recentExecutions(1)[0]!.accountAfter!.at),
      market: null,
      holdings: [{ symbol: "LEU" }, { symbol: "SMR" }],
      equity: { day: null, all: null },
      halt: { reason: "by hand", since: null, resumes: [] },
      halted: "by hand",
      daemon: null,
      broker: { reachable: false, problems: ["Gone."], stream: "lost" },
    });
    expect(shown.executions).toHaveLength(1);
    expect(JSON.parse(JSON.stringify(shown))).toEqual(shown);
  });

  test("of an empty installation are empty", async () => {
    expect(await data()).toMatchObject({ last_alert: null, holdings: [], running: [], signals: [], executions: [] });
  });
});

describe("the decision record of an execution", () => {
  test("has what was seen of prices and their ages, the plan, the orders with their fills, and every step", async () => {
    await desk.run(signalOf(desk.clock, WEIGHTS, { id: "a1" }));
    const detail = executionDetail(desk.ledger, "a1");
    expect(detail).toMatchObject({ wanted: WEIGHTS, signal: { id: "a1", verdict: "executed" }, account_before: { equity: "10000" } });
    expect([...new Set(detail.prices.map(({ symbol }) => symbol))].sort()).toEqual(["LEU", "SMR"]);
    const trade = detail.prices.find(({ symbol, source }) => symbol === "SMR" && source === "trade")!;
    expect(Number(trade.price)).toBeCloseTo(38.5, 0);
    expect(trade.age_ms).toBeGreaterThanOrEqual(0);
    expect(detail.prices.find(({ source }) => source === "quote")).toMatchObject({ bid: expect.any(String), ask: expect.any(String) });
    expect(detail.plan?.selling.lines.map(({ symbol }) => symbol)).toEqual(["LEU", "SMR"]);
    expect(detail.execution.orders.every(({ fills }) => fills.length > 0)).toBe(true);
  });

  test("of an unknown one is refused in a sentence", () => {
    expect(() => executionDetail(desk.ledger, "nope")).toThrow("The ledger has no execution nope.");
  });
});

test("the equity of an account that is younger than the last close begins now", async () => {
  const { broker, clock } = desk;
  const reading = await clock.until(readAccountNow(broker));
  const { equity } = reading.account;
  const begins = [{ at: clock.now(), equity, flow: reading.flowsSinceClose }];
  expect(pointsUpToNow([], reading, clock.now())).toEqual(begins);
  expect(pointsUpToNow([{ at: clock.now() - 1_000, equity, flow: ZERO }], reading, clock.now())).toEqual(begins);
});

describe("the file of the latest execution", () => {
  async function latest(executionId: string, blind = false): Promise<LatestExecution> {
    const { broker, ledger, clock } = desk;
    const reading = await clock.until(readAccountNow(broker));
    const { histories } = await clock.until(readEquityHistories(broker, clock.now(), { ranges: ["month"] }));
    const points = pointsUpToNow(histories.month!, reading, clock.now());
    const strategies = [{ name: "nuclear", share: decimal("1") }];
    const seen = blind ? { reading: undefined, points: undefined } : { reading, points };
    return latestExecution({ ledger, executionId, mode: "paper", strategies, now: clock.now(), ...seen });
  }

  test("has rows of what is held and of real fills, none of them blank", async () => {
    await desk.run(signalOf(desk.clock, WEIGHTS, { id: "a1", reason: "Bull market" }));
    const file = await latest("a1");
    expect(file).toMatchObject({
      execution_mode: "PAPER",
      success: true,
      strategies: { nuclear: { signal: "BUY", symbol: "SMR, LEU", allocation: 1, reason: "Bull market" } },
      signals: { nuclear: { id: "a1", targets: WEIGHTS } },
    });
    const views = desk.exchange.positionViews();
    expect(
      file.positions.map(({ symbol, quantity, market_value, avg_entry_price }) => [symbol, quantity, market_value, avg_entry_price]),
    ).toEqual(
      file.positions.map(({ symbol }) => {
        const view = views.find((each) => each.symbol === symbol)!;
        return [symbol, Number(view.qty), expect.closeTo(Number(view.market_value), 8), Number(view.avg_entry_price)];
      }),
    );
    const orders = [...desk.exchange.state.orders.values()];
    expect(file.recent_trades).toHaveLength(2);
    for (const trade of file.recent_trades) {
      const order = orders.find(({ id }) => id === trade.order_id)!;
      expect(trade).toMatchObject({ symbol: order.symbol, status: "filled", quantity: Number(order.filledQuantity.toFixed()) });
      expect(trade.value).toBeCloseTo(trade.price * trade.quantity, 4);
      expect(trade.timestamp).toMatch(/Z$/);
    }
  });

  test("tells the day's profit without a deposit, and the profit on what is held", async () => {
    await desk.run(signalOf(desk.clock, WEIGHTS, { id: "a1" }));
    await desk.clock.advance(DAY_MS);
    desk.exchange.transfer("5000");
    desk.exchange.setPrice("SMR", "40");
    const { portfolio, performance, positions } = await latest("a1");
    const shares = positions.find(({ symbol }) => symbol === "SMR")!.quantity;
    expect(portfolio.daily_pl).toBeCloseTo(performance.today!.profit, 9);
    expect(Math.abs(portfolio.daily_pl! - shares * 1.5)).toBeLessThan(60);
    expect(portfolio.total_pl).toBeCloseTo(
      positions.reduce((total, { unrealized_pl }) => total + unrealized_pl!, 0),
      6,
    );
    expect(performance.last_30_days!.profit).toBeLessThan(1_000);
  });

  test("keeps at most ten trades, newest first, also of earlier executions", async () => {
    for (let run = 0; run < 7; run++) {
      await desk.run(signalOf(desk.clock, run % 2 === 0 ? WEIGHTS : { UVXY: "0.75", BTAL: "0.25" }, { id: `a${String(run)}` }));
      await desk.clock.advance(60_000);
    }
    const { recent_trades: trades } = await latest("a6");
    expect(trades).toHaveLength(10);
    const times = trades.map(({ timestamp, execution_id }) => `${execution_id} ${timestamp.slice(0, 16)}`);
    expect(times).toEqual(times.toSorted().toReversed());
  });

  test("without the account tells what was recorded, and no profit", async () => {
    await desk.run(signalOf(desk.clock, WEIGHTS, { id: "a1" }));
    const file = await latest("a1", true);
    expect(file.portfolio).toMatchObject({ equity: expect.any(Number), daily_pl: null, total_pl: null });
    expect(file.positions.map(({ symbol, unrealized_pl }) => [symbol, unrealized_pl])).toEqual([
      ["LEU", null],
      ["SMR", null],
    ]);
    expect(file.performance).toEqual({ today: null, last_7_days: null, last_30_days: null });
  });
});
