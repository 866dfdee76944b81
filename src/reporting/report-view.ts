import { modeNoun } from "../domain/config.ts";
import { formatDollars, formatPercent, formatQuantity } from "../domain/format.ts";
import { decimal, ZERO, type Decimal } from "../domain/decimal.ts";
import { counted, dollarsOf, formatPrice, signedDollars, signedPercent } from "./figures.ts";
import { formatInstant } from "../domain/time-format.ts";
import { orderName } from "./order-line.ts";
import { executionsText, styleCells, basisPoints, milliseconds, outcomeTint } from "./report-cells.ts";
import type { Report } from "./report.ts";
import { advantageOf, type ShadowReport } from "./shadow-report.ts";
import { oneLine, spaced, type Style } from "./style.ts";
import { left, right, table, type Cell } from "./table.ts";

/** The report on a terminal. @param zone IANA time zone for display. */
export function reportLines(report: Report, style: Style, zone: string): string[] {
  const sections = [
    headLines(report, style, zone),
    accountLines(report, style),
    shadowLines(report, style, zone),
    returnLines(report, style, zone),
    profitLines(report, style),
    strategyLines(report, style),
    activityLines(report, style),
    styleLines(report, style),
    executionLines(report, style, zone),
    orderLines(report, style),
  ];
  return spaced(sections);
}

const NOT_KNOWN = "not known";

function headLines({ generated_at, mode, period, warnings }: Report, style: Style, zone: string): string[] {
  const at = (text: string): string => formatInstant(Date.parse(text), zone);
  return [
    style.paint("strong", `Report of ${counted(period.days, "day")}, ${modeNoun(mode)}`),
    `From ${at(period.from)} to ${at(generated_at)}`,
    ...warnings.map((warning) => `${style.mark("warn")}${style.paint("warn", `Note: ${oneLine(warning)}`)}`),
  ];
}

const HOLDINGS = [...left("Symbol"), ...right("Shares", "Price", "Value", "Unrealised")];

function accountLines({ account }: Report, style: Style): string[] {
  if (account === null) return [];
  const day = account.day_return === null ? "" : ` (${signedPercent(decimal(account.day_return), 2)})`;
  const flows = account.day_flows === null || decimal(account.day_flows).eq(ZERO) ? "" : `, ${flowsText(account.day_flows)} left out`;
  return [
    style.paint("strong", `Account ${account.number}`),
    `Portfolio Value: ${dollarsOf(account.equity)}`,
    `Cash: ${dollarsOf(account.cash)}`,
    `Today's P/L (excl. deposits): ${account.day_profit === null ? NOT_KNOWN : `${tinted(account.day_profit, signedDollars, style)}${day}${flows}`}`,
    ...(account.positions.length === 0
      ? ["No positions."]
      : table(
          HOLDINGS,
          account.positions.map((position): Cell[] => [
            { text: position.symbol, tint: "strong" },
            formatQuantity(decimal(position.quantity)),
            position.price === null ? "?" : formatPrice(decimal(position.price)),
            dollarsOf(position.value),
            money(position.unrealised),
          ]),
          style,
        )),
  ];
}

function shadowLines({ shadow: report }: Report, style: Style, zone: string): string[] {
  if (report === undefined) return [];
  const line = (name: string, { value, return: earned }: ShadowReport["shadow"]): string =>
    `${name}: ${dollarsOf(value)}, ${earned === null ? `return ${NOT_KNOWN}` : tinted(earned, (fraction) => signedPercent(fraction, 2), style)}`;
  const advantage = advantageOf(report);
  return [
    style.paint("strong", `Shadow next to the live account, since ${formatInstant(Date.parse(report.began_at), zone)}`),
    line("Shadow account", report.shadow),
    line("Live account", report.live),
    ...(advantage === undefined ? [] : [`Difference: ${signedPercent(advantage, 2)} (positive: the strategy would have done better)`]),
  ];
}

function returnLines({ equity }: Report, style: Style, zone: string): string[] {
  const first = equity.points[0];
  const last = equity.points.at(-1);
  if (first === undefined || last === undefined) return ["No equity has been recorded in this period."];
  const at = (text: string): string => formatInstant(Date.parse(text), zone);
  const { drawdown } = equity;
  const worst = drawdown?.worst;
  return [
    style.paint("strong", "Return"),
    `Equity: ${dollarsOf(first.equity)} ${style.arrow} ${dollarsOf(last.equity)}`,
    ...(equity.flows === null || decimal(equity.flows).eq(ZERO)
      ? []
      : [`Deposits less withdrawals: ${signedDollars(decimal(equity.flows))}`]),
    `Gain (excl. deposits): ${equity.gain === null ? NOT_KNOWN : tinted(equity.gain, signedDollars, style)}`,
    `Return (excl. deposits): ${equity.return === null ? NOT_KNOWN : tinted(equity.return, (value) => signedPercent(value, 2), style)}`,
    ...(drawdown === null ? [] : [`Drawdown now: ${formatPercent(decimal(drawdown.now), 2)}`]),
    ...(worst === null || worst === undefined
      ? []
      : [
          `Worst drawdown: ${formatPercent(decimal(worst.depth), 2)}, from ${at(worst.from)} to ${at(worst.to)}, ${worst.recovered_at === null ? "not yet recovered" : `recovered ${at(worst.recovered_at)}`}`,
        ]),
  ];
}

const PROFIT = [...left("Symbol"), ...right("Realised", "Unrealised", "Shares", "Average cost")];

function profitLines({ profit }: Report, style: Style): string[] {
  const unknown = decimal(profit.unknown_proceeds).eq(ZERO)
    ? []
    : [`Sold without a known cost: ${dollarsOf(profit.unknown_proceeds)} (not in any profit)`];
  return [
    style.paint("strong", "Profit at average cost"),
    `Realised: ${tinted(profit.realised, signedDollars, style)}`,
    `Unrealised: ${profit.unrealised === null ? NOT_KNOWN : tinted(profit.unrealised, signedDollars, style)}`,
    ...unknown,
    ...(profit.by_symbol.length === 0
      ? []
      : table(
          PROFIT,
          profit.by_symbol.map((row): Cell[] => [
            { text: row.symbol, tint: "strong" },
            money(row.realised),
            money(row.unrealised),
            formatQuantity(decimal(row.quantity)),
            row.average_cost === null ? "" : formatPrice(decimal(row.average_cost)),
          ]),
          style,
        )),
  ];
}

const STRATEGIES = [...left("Sub-account"), ...right("Value", "Realised", "Unrealised", "Profit")];

function strategyLines({ strategies }: Report, style: Style): string[] {
  if (strategies === null) return [];
  const rows = strategies.map((book): Cell[] => [
    { text: book.name, tint: "strong" },
    dollarsOf(book.value),
    money(book.realised),
    money(book.unrealised),
    money(book.profit),
  ]);
  return [style.paint("strong", "Sub-accounts of the strategies since the ledger began"), ...table(STRATEGIES, rows, style)];
}

function activityLines({ activity }: Report, style: Style): string[] {
  const turnover = activity.turnover === null ? "" : `, turnover ${formatPercent(decimal(activity.turnover))}`;
  return [
    style.paint("strong", "Activity"),
    `Executions: ${executionsText(activity)}`,
    `Orders: ${String(activity.orders)} sent, ${String(activity.filled_orders)} with fills, ${counted(activity.fills, "fill")}`,
    `Traded: sold ${dollarsOf(activity.sold)}, bought ${dollarsOf(activity.bought)}${turnover}`,
    `Cost against the decision: ${activity.cost === null ? NOT_KNOWN : `${signedDollars(decimal(activity.cost))}, ${basisPoints(activity.cost_bps)} (positive = worse)`}`,
    `Alert to first order: ${milliseconds(activity.median_alert_to_first_order_ms)}, to on target: ${milliseconds(activity.median_alert_to_on_target_ms)} (median)`,
  ];
}

const STYLES = [...left("Style", "Symbol"), ...right("Orders", "Filled", "Value", "Spread", "Slippage", "Cost")];

function styleLines({ execution_styles }: Report, style: Style): string[] {
  if (execution_styles.length === 0) return [];
  const rows = execution_styles.flatMap((each): Cell[][] => [
    [{ text: each.style, tint: "strong" }, ...styleCells("all", each)],
    ...each.by_symbol.map((figures) => ["", ...styleCells(figures.symbol, figures)]),
  ]);
  return [
    style.paint("strong", "Execution styles: slippage against the mid of the quote, cost against the decision (positive = worse)"),
    ...table(STYLES, rows, style),
  ];
}

const EXECUTIONS = [
  ...left("Started", "Execution", "Outcome"),
  ...right("Orders", "Sold", "Bought", "Realised", "First order", "On target", "Cost", "Cash drag"),
];

function executionLines({ executions }: Report, style: Style, zone: string): string[] {
  if (executions.length === 0) return ["No execution in this period."];
  const rows = executions.map((execution): Cell[] => [
    formatInstant(Date.parse(execution.started_at), zone),
    execution.id,
    { text: execution.outcome ?? "open", tint: outcomeTint(execution.outcome) },
    String(execution.orders.length),
    dollarsOf(execution.sold),
    dollarsOf(execution.bought),
    money(execution.realised),
    milliseconds(execution.shortfall.alert_to_first_order_ms),
    milliseconds(execution.shortfall.alert_to_on_target_ms),
    basisPoints(execution.shortfall.cost_bps),
    execution.shortfall.cash_drag === null ? "-" : signedPercent(decimal(execution.shortfall.cash_drag), 2),
  ]);
  return [style.paint("strong", "Executions, newest first"), ...table(EXECUTIONS, rows, style)];
}

const ORDERS = [...left("Execution", "Order", "Status"), ...right("Shares", "Price", "Value", "Decided at", "Cost")];

/** A monthly report may have hundreds; the rest is in the JSON and the HTML. */
const ORDERS_SHOWN = 30;

function orderLines({ executions }: Report, style: Style): string[] {
  const orders = executions.flatMap((execution) => execution.orders.map((order) => ({ execution, order })));
  if (orders.length === 0) return [];
  const rows = orders
    .slice(0, ORDERS_SHOWN)
    .map(({ execution, order }): Cell[] => [
      { text: execution.id, tint: "quiet" },
      { text: orderName(order), tint: "strong" },
      order.status.replaceAll("_", " "),
      formatQuantity(decimal(order.quantity)),
      order.fill_price === null ? "-" : formatPrice(decimal(order.fill_price)),
      order.value === null ? "-" : dollarsOf(order.value),
      order.decision_price === null ? "-" : formatPrice(decimal(order.decision_price)),
      basisPoints(order.cost_bps),
    ]);
  const rest = orders.length - rows.length;
  return [
    style.paint("strong", "Orders"),
    ...table(ORDERS, rows, style),
    ...(rest > 0 ? [`  and ${counted(rest, "older order")}; use --json or --html to see all.`] : []),
  ];
}

function flowsText(text: string): string {
  const flows = decimal(text);
  return flows.gt(ZERO) ? `deposits of ${formatDollars(flows)}` : `withdrawals of ${formatDollars(flows.abs())}`;
}

function money(text: string | null): Cell {
  if (text === null) return "-";
  const value = decimal(text);
  return value.eq(ZERO) ? signedDollars(value) : { text: signedDollars(value), tint: value.lt(ZERO) ? "bad" : "good" };
}

function tinted(text: string, format: (value: Decimal) => string, style: Style): string {
  const value = decimal(text);
  return style.paint(value.lt(ZERO) ? "bad" : "good", format(value));
}
