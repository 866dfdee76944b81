import type { Counter, Gauge, Histogram, Registry } from "prom-client";

/** An order that takes minutes timed out. */
const ORDER_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];
/** Late legs and doubtful prices cause waiting. */
const ALERT_SECONDS = [0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 20, 30, 60, 120, 300];
/** Basis points; negative: better than decided. */
const COST_BPS = [-50, -20, -10, -5, 0, 5, 10, 20, 50, 100];

/** The library, which is loaded at the first scrape. */
export type Prometheus = typeof import("prom-client");

/** All our metrics. Ratios are fractions of one, amounts dollars. */
export function instruments(prometheus: Prometheus, register: Registry) {
  const gauge = <Label extends string = never>(name: string, help: string, labelNames: readonly Label[] = []): Gauge<Label> =>
    new prometheus.Gauge({ name: `alpaca_trader_${name}`, help, labelNames: [...labelNames], registers: [register] });
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[]): Counter<Label> =>
    new prometheus.Counter({ name: `alpaca_trader_${name}`, help, labelNames: [...labelNames], registers: [register] });
  const histogram = <Label extends string = never>(
    name: string,
    help: string,
    buckets: readonly number[],
    labelNames: readonly Label[] = [],
  ): Histogram<Label> =>
    new prometheus.Histogram({
      name: `alpaca_trader_${name}`,
      help,
      buckets: [...buckets],
      labelNames: [...labelNames],
      registers: [register],
    });
  return {
    info: gauge("info", "Always 1; the labels show what is running.", ["mode", "broker"]),
    verdicts: counter("verdicts_total", "Verdicts on the runs of a strategy.", ["strategy", "verdict"]),
    executions: counter("executions_total", "Executions that have ended, by outcome.", ["outcome"]),
    orders: counter("orders_total", "Orders that have ended, by side and status.", ["side", "status"]),
    orderLatency: histogram("order_latency_seconds", "From sending an order to its acceptance and to its last fill.", ORDER_SECONDS, [
      "until",
    ]),
    alertToOrder: histogram("alert_to_order_seconds", "From reading the last line of an alert to sending the first order.", ALERT_SECONDS),
    cost: histogram("execution_cost_bps", "Fills against the prices of the decision, per execution; positive is worse.", COST_BPS),
    brokerUp: gauge("broker_up", "1 if the broker answered the last request, else 0."),
    marketOpen: gauge("market_open", "1 while the market is open, else 0."),
    halted: gauge("halted", "1 while trading is halted, else 0."),
    daemonUp: gauge("daemon_up", "1 while a daemon trades with this ledger, else 0."),
    connected: gauge("connected", "1 once the daemon has read the account and finished open work, else 0."),
    lastCheck: gauge("alerts_look_age_seconds", "Age of the oldest check among the alerts files."),
    refused: gauge("alerts_refused", "1 while the alerts file of a strategy is refused as untrusted, else 0.", ["strategy"]),
    stream: gauge("stream_state", "1 for the current state of the order stream, else 0.", ["state"]),
    waiting: gauge("queue_depth", "Runs waiting to be executed."),
    running: gauge("open_executions", "Executions that have not ended."),
    unsettled: gauge("unsettled_orders", "Orders that may still be open at the broker."),
    equity: gauge("equity_dollars", "Equity of the account."),
    cash: gauge("cash_dollars", "Cash of the account; negative when in debt."),
    dayProfit: gauge("day_profit_dollars", "Change of equity since the last close, excluding deposits."),
    drawdown: gauge("drawdown_ratio", "How far the account is below its highest point, excluding deposits."),
    holding: gauge("holding_dollars", "Value of a holding.", ["symbol"]),
    drift: gauge("drift_ratio", "Share of a symbol in the account less its target share.", ["symbol"]),
    lastSignal: gauge("last_signal_timestamp_seconds", "When the newest signal was generated."),
  };
}

export type Instruments = ReturnType<typeof instruments>;
