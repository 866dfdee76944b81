import { systemClock, type Clock } from "../../src/domain/clock.ts";
import { decimal, ZERO } from "../../src/domain/decimal.ts";
import type { AccountSummary, LineSummary, PlanSummary } from "../../src/domain/ledger/summaries.ts";
import type { Signal } from "../../src/domain/signal.ts";
import { readAccountNow, readEquityHistory } from "../../src/reporting/account-reading.ts";
import { readBenchmark } from "../../src/reporting/benchmark-prices.ts";
import { setAsideIn } from "../../src/reporting/holdings-table.ts";
import { reportDocument } from "../../src/reporting/report-document.ts";
import { buildReport, reportStart } from "../../src/reporting/report.ts";
import { Exchange } from "../../src/simulator/exchange.ts";
import { OpenDashboard } from "../dashboard/open-dashboard.ts";
import { filled, intent, newIntent } from "../reporting/examples.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** How old the account is, so that there is a curve to be seen. */
const ACCOUNT_DAYS = 45;

const SYMBOLS = [
  ...["SMR", "LEU", "TQQQ", "SPY", "QQQ", "IOO", "UPRO", "SSO", "TECL", "SOXL", "XLK", "XLF", "XLP"],
  ...["XLY", "VTV", "VOX", "VOOG", "VOOV", "BTAL", "UVXY", "TLT", "BWXT", "OKLO", "PSQ", "SPXL"],
];

export const STATES = [
  "first start",
  "idle",
  "executing",
  "off target",
  "halted",
  "broker down",
  "broker slow",
  "alerts refused",
  "no daemon",
] as const;
export type State = (typeof STATES)[number];

/** The dashboard of an account in a given state, without a daemon and without sockets to a venue. */
export class Scene {
  readonly dashboard: OpenDashboard;
  readonly #symbols: readonly string[];
  readonly #exchange: Exchange;

  private constructor(state: State, symbols: number) {
    this.#symbols = SYMBOLS.slice(0, symbols);
    const isNew = state === "first start";
    this.#exchange = isNew ? new Exchange({ clock: systemClock, alwaysOpen: true }) : exchangeWithAPast(this.#symbols);
    this.dashboard = new OpenDashboard(
      { ALERTS_TIMEZONE: "America/New_York" },
      { beside: state === "no daemon", exchange: this.#exchange },
    );
    if (!isNew) this.#record("on-target", systemClock.now() - 20 * HOUR_MS);
  }

  static async open(state: State, symbols: number): Promise<{ readonly scene: Scene; readonly url: string }> {
    const scene = new Scene(state, symbols);
    const { dashboard } = scene;
    const url = await dashboard.server.listen(0);
    // What was read before is what is shown during an outage.
    if (state !== "broker slow") await dashboard.view.data();
    scene.#enter(state);
    return { scene, url };
  }

  close(): Promise<void> {
    return this.dashboard.close();
  }

  /** Of 30 days, as a page. */
  async report(): Promise<string> {
    const { ledger, source } = this.dashboard;
    const { alertsTimezone, benchmark: symbol } = source.config;
    const [now, days] = [systemClock.now(), 30];
    const from = reportStart(now, days);
    const [reading, history, benchmark] = await source.broker.read((broker) =>
      Promise.all([readAccountNow(broker), readEquityHistory(broker, from, "1D"), readBenchmark(broker, symbol, { from, now })]),
    );
    const aside = setAsideIn(source.config);
    const seen = { reading, history: history.value, benchmark: benchmark.value, problems: [] };
    return reportDocument(buildReport({ ...seen, ledger, mode: "paper", aside, now, days }), alertsTimezone);
  }

  #enter(state: State): void {
    const { dashboard } = this;
    const now = systemClock.now();
    switch (state) {
      case "executing":
        this.#execute(now);
        break;
      case "off target":
        this.#record("off-target", now - 60_000);
        break;
      case "halted":
        this.#signal("halted", now - 30_000);
        dashboard.halt("a look at the prices");
        break;
      case "broker down":
        dashboard.breakBroker("connect ECONNREFUSED 127.0.0.1:9911");
        dashboard.view.broker.forgetAccount();
        break;
      case "broker slow":
        dashboard.hang();
        break;
      case "alerts refused":
        dashboard.daemonState = {
          ...dashboard.daemonState,
          alerts: [{ strategy: "nuclear", problem: "/tmp/nuclear_alerts.json can be written by anyone: chmod 644 it.", problems: 1 }],
        };
        break;
      default:
    }
    dashboard.view.changed();
  }

  /** Two basis points worse than decided. */
  #priceOf(symbol: string, side: "buy" | "sell"): string {
    const price = this.#exchange.positionViews().find((position) => position.symbol === symbol)?.current_price ?? "1";
    return decimal(String(price))
      .times(decimal(side === "buy" ? "1.0002" : "0.9998"))
      .toFixed(6);
  }

  #weight(index: number): string {
    const whole = decimal(String(this.#symbols.length));
    return decimal(index === 0 ? "1.2" : "1")
      .div(whole)
      .toFixed(4);
  }

  #signal(id: string, at: number): Signal {
    const { ledger } = this.dashboard;
    const targets = new Map(this.#symbols.map((symbol, index) => [symbol, decimal(this.#weight(index))]));
    const signal: Signal = {
      id,
      strategy: "nuclear",
      kind: "rebalance",
      targets,
      exits: [],
      generatedAt: at,
      oldestStamp: at,
      arrivedAt: at + 100,
      lastLineAt: at + 150,
      reason: "Bull market: the strongest of the group",
      alertPrices: new Map(),
      lineHashes: [],
    };
    ledger.recordSignal(signal, at + 200);
    if (id === "halted") ledger.judgeSignal(id, { kind: "halted", reason: "Trading is halted: a look at the prices." }, at + 300);
    return signal;
  }

  #summary(at: number): AccountSummary {
    const { state } = this.#exchange;
    const positions = this.#exchange.positionViews().map(({ symbol, qty, market_value, current_price, avg_entry_price }) => ({
      symbol: String(symbol),
      quantity: String(qty),
      marketValue: String(market_value),
      price: String(current_price),
      averagePrice: String(avg_entry_price),
    }));
    const held = positions.reduce((sum, { marketValue }) => sum.plus(decimal(marketValue)), ZERO);
    const equity = held.plus(state.cash).toFixed(2);
    const cash = state.cash.toFixed(2);
    return { number: "SIM000001", status: "ACTIVE", equity, lastEquity: equity, cash, buyingPower: cash, at, positions, foreignOrders: [] };
  }

  #plan(account: AccountSummary): PlanSummary {
    const lines = this.#symbols.map((symbol, index): LineSummary => {
      const held = account.positions.find((position) => position.symbol === symbol);
      const target = decimal(this.#weight(index)).times(decimal(account.equity));
      const isLeft = index === 1;
      return {
        symbol,
        targetWeight: this.#weight(index),
        targetValue: target.toFixed(2),
        actualValue: held?.marketValue ?? "0",
        price: held?.price,
        action: isLeft ? "none" : "buy",
        leftAlone: isLeft ? "price-doubt" : undefined,
        detail: isLeft ? "its price is in doubt: the last trade is 7.2 % away from the quote" : `buy ${symbol}`,
      };
    });
    const phase = { base: account.equity, spendable: account.cash, reachesTarget: true, sells: [], buys: [], lines };
    return { selling: phase, buying: phase };
  }

  /** An execution that has ended, with an order for each symbol. */
  #record(outcome: "on-target" | "off-target", at: number): void {
    const { ledger } = this.dashboard;
    const id = outcome === "on-target" ? "first" : "second";
    this.#begin(id, at);
    for (const [index, symbol] of this.#symbols.entries()) {
      const side = index % 3 === 0 ? "sell" : "buy";
      const done = filled(symbol, side, "12.5", this.#priceOf(symbol, side), {
        clientOrderId: `${id}-${symbol}`,
        executionId: id,
        notional: undefined,
        quantity: decimal("12.5"),
        postedAt: at + 260,
        filledAt: at + 900 + index * 40,
        updatedAt: at + (side === "sell" ? 1_900 : 3_800),
        ...(outcome === "off-target" && index === 1
          ? { state: "refused", message: "asset LEU is not tradable", filledQuantity: ZERO }
          : {}),
      });
      ledger.recordIntents([newIntent(done)]);
      ledger.updateIntent(done.clientOrderId, { ...changeOf(done) });
    }
    const reason = outcome === "on-target" ? "Every symbol was traded to plan." : "Left alone: LEU (not tradable).";
    ledger.note({ executionId: id, at: at + 300, kind: "post", text: "SMR_SELL: 12.5 shares sent." });
    ledger.updateExecution(id, {
      phase: "settled",
      begunAt: at + 260,
      finishedAt: at + 4_000,
      outcome,
      outcomeReason: reason,
      accountAfter: this.#summary(at + 4_000),
    });
    ledger.judgeSignal(id, { kind: "executed", reason: `${outcome.replace("-", " ")}: ${reason}` }, at + 4_000);
  }

  #begin(id: string, at: number): void {
    const { ledger } = this.dashboard;
    const { targets } = this.#signal(id, at);
    const account = this.#summary(at);
    ledger.createExecution({
      id,
      signalId: id,
      accountNumber: "SIM000001",
      mode: "paper",
      wanted: { kind: "rebalance", targets },
      startedAt: at + 200,
      deadline: at + 600_000,
      offHours: false,
    });
    ledger.updateExecution(id, { accountBefore: account, plan: this.#plan(account) });
    ledger.recordEquity({
      at,
      equity: decimal(account.equity),
      lastEquity: decimal(account.lastEquity),
      cash: decimal(account.cash),
      executionId: id,
    });
  }

  /** In the middle: sells are filled, buys are in every state that an order can have. */
  #execute(now: number): void {
    const { ledger } = this.dashboard;
    this.#begin("running", now - 4_000);
    const states = [
      { state: "open", status: "partially_filled", filledQuantity: decimal("3"), filledAveragePrice: decimal("41.5") },
      { state: "open", status: "new" },
      { state: "posting" },
      { state: "unknown" },
      { state: "recorded" },
    ] as const;
    for (const [index, symbol] of this.#symbols.entries()) {
      const isSell = index % 3 === 0;
      const order = intent(symbol, isSell ? "sell" : "buy", {
        clientOrderId: `running-${symbol}`,
        executionId: "running",
        quantity: decimal("12"),
        notional: undefined,
      });
      ledger.recordIntents([newIntent(order)]);
      const end = {
        state: "done",
        status: "filled",
        filledQuantity: decimal("12"),
        filledAveragePrice: decimal(this.#priceOf(symbol, "sell")),
      } as const;
      const change = isSell ? end : (states[index % states.length] ?? end);
      if (change.state === "recorded") continue;
      ledger.updateIntent(order.clientOrderId, { state: "posting", postedAt: now - 3_000, updatedAt: now - 3_000 });
      if (change.state !== "posting")
        ledger.updateIntent(order.clientOrderId, { ...change, orderId: `order-${symbol}`, updatedAt: now - 1_000 });
    }
    ledger.updateExecution("running", { phase: "buying", begunAt: now - 3_500 });
    ledger.note({ executionId: "running", at: now - 3_000, kind: "post", text: "SMR_SELL: 12 shares sent." });
    ledger.note({ executionId: "running", at: now - 2_000, kind: "filled", text: "SMR_SELL: sold 12 @ 1,234.567891 = $14,814.81." });
  }
}

function changeOf({
  state,
  status,
  postedAt,
  filledQuantity,
  filledAveragePrice,
  filledAt,
  message,
  updatedAt,
}: ReturnType<typeof filled>) {
  return {
    state,
    ...(status === undefined ? {} : { status }),
    ...(postedAt === undefined ? {} : { postedAt }),
    filledQuantity,
    ...(filledAveragePrice === undefined || state === "refused" ? {} : { filledAveragePrice }),
    ...(filledAt === undefined || state === "refused" ? {} : { filledAt }),
    ...(message === undefined ? {} : { message }),
    updatedAt,
  };
}

/** Its clock stood weeks ago when the account was opened and when money was paid in, and then caught up. */
function exchangeWithAPast(symbols: readonly string[]): Exchange {
  let back = ACCOUNT_DAYS * DAY_MS;
  const clock: Clock = { ...systemClock, now: () => systemClock.now() - back };
  const share = decimal("80000").div(decimal(String(symbols.length)));
  const prices: Record<string, string> = { SMR: "31.4", LEU: "164.2", TQQQ: "79.1" };
  const positions = symbols.map((symbol) => ({
    symbol,
    quantity: share.div(decimal(prices[symbol] ?? "95")).round(2),
    averagePrice: decimal(prices[symbol] ?? "95"),
  }));
  const exchange = new Exchange({ clock, alwaysOpen: true, cash: decimal("12000"), positions });
  for (const [days, amount] of [
    [20, "5000"],
    [6, "-1500"],
  ] as const) {
    back = days * DAY_MS;
    exchange.transfer(amount);
  }
  back = 0;
  return exchange;
}
