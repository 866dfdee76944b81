import { formatQuantity } from "../domain/format.ts";
import { decimal, ONE, ZERO } from "../domain/decimal.ts";
import type { DocumentKind } from "./document-file.ts";
import { counted, signedDollars } from "./figures.ts";
import { html, Markup } from "./html.ts";
import { columns, numbers, figureList, htmlTable } from "./html-table.ts";
import { lineChart } from "./line-chart.ts";
import { formatDay, formatInstant, formatMinute } from "../domain/time-format.ts";
import { basisPoints, dollarsCell, milliseconds, priceCell, profitCell, returnCell, shareCell } from "./report-cells.ts";
import { executionSection } from "./report-executions.ts";
import { REPORT_STYLE } from "./report-style.ts";
import type { Report } from "./report.ts";
import type { StyleFigures } from "./style-report.ts";

/** Identifies our reports: nothing else is ever overwritten. */
export const REPORT_DOCUMENT: DocumentKind = { name: "report", mark: "<!doctype html>\n<!-- alpaca-trader report -->\n" };

/** The report as a self-contained page. @param zone IANA time zone for display. */
export function reportDocument(report: Report, zone: string): string {
  const page = html`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
      <title>alpaca-trader: ${counted(report.period.days, "day")} to ${formatInstant(Date.parse(report.generated_at), zone)}</title>
      <style>
        ${new Markup(REPORT_STYLE)}
      </style>
    </head>
    <body>
      <main>
        ${header(report, zone)} ${accountSection(report)} ${equitySection(report, zone)} ${profitSection(report)} ${strategySection(report)}
        ${activitySection(report)} ${styleSection(report)} ${executionSection(report, zone)}
      </main>
    </body>
  </html>`;
  return `${REPORT_DOCUMENT.mark}${page.text}\n`;
}

function header({ period, generated_at, mode, warnings, account }: Report, zone: string): Markup {
  const at = (text: string): string => formatInstant(Date.parse(text), zone);
  return html`<header>
    <h1>Report of ${counted(period.days, "day")} <span class="mode ${mode}">${mode}</span></h1>
    <p class="quiet">${account === null ? "" : `Account ${account.number}. `}From ${at(period.from)} to ${at(generated_at)}.</p>
    ${warnings.map((warning) => html`<p class="warning">${warning}</p>`)}
  </header>`;
}

/** Shorter charts label the time of day, because the same date three times says nothing. */
const SHORT_SPAN_MS = 2 * 86_400_000;

const HOLDINGS = [...columns("Symbol"), ...numbers("Shares", "Price", "Value", "Average price", "Unrealized")];

function accountSection({ account }: Report): Markup | string {
  if (account === null) return "";
  const rows = account.positions.map((position) => [
    position.symbol,
    formatQuantity(decimal(position.quantity)),
    priceCell(position.price),
    dollarsCell(position.value),
    priceCell(position.average_price),
    profitCell(position.unrealised),
  ]);
  return html`<h2>Account</h2>
    ${figureList([
      ["Portfolio value", dollarsCell(account.equity)],
      ["Cash", dollarsCell(account.cash)],
      ["Buying power", dollarsCell(account.buying_power)],
      ["Day profit without deposits", profitCell(account.day_profit)],
      ["Day return", returnCell(account.day_return)],
      ["Deposits since the last close", dollarsCell(account.day_flows)],
    ])}
    ${rows.length === 0 ? html`<p>No positions.</p>` : htmlTable("Positions", HOLDINGS, rows)}`;
}

function equitySection({ equity }: Report, zone: string): Markup {
  const points = equity.points.map((point) => ({ ...point, at: Date.parse(point.at) }));
  if (points.length === 0)
    return html`<h2>Equity</h2>
      <p>No equity has been recorded in this period.</p>`;
  const marks = points.slice(1).flatMap(({ at, flow }) => {
    const amount = decimal(flow ?? "0");
    return amount.eq(ZERO) ? [] : [{ at, label: `${amount.gt(ZERO) ? "deposit" : "withdrawal"} ${signedDollars(amount)}` }];
  });
  const growth = points.flatMap(({ at, growth: index }) => (index === null ? [] : [{ at, value: toNumber(decimal(index).minus(ONE)) }]));
  const span = (points.at(-1)?.at ?? 0) - (points[0]?.at ?? 0);
  const formatTime = (at: number): string => (span < SHORT_SPAN_MS ? formatMinute(at, zone) : formatDay(at, zone));
  return html`<h2>Equity</h2>
    ${figureList([
      ["Gain without deposits", profitCell(equity.gain)],
      ["Return without deposits", returnCell(equity.return)],
      ["Deposits less withdrawals", dollarsCell(equity.flows)],
      ["Drawdown now", shareCell(equity.drawdown?.now ?? null)],
      ["Worst drawdown", shareCell(equity.drawdown?.worst?.depth ?? null)],
    ])}
    ${lineChart({
      title: "Equity in dollars; deposits and withdrawals are marked",
      points: points.map(({ at, equity: value }) => ({ at, value: toNumber(decimal(value)) })),
      marks,
      formatValue: (value) => `$${value.toLocaleString("en-US", { maximumFractionDigits: value < 100 ? 2 : 0 })}`,
      formatTime,
    })}
    ${
      growth.length < 2
        ? ""
        : html`<h3>Return without deposits</h3>
            ${lineChart({
              title: "Return in percent, without deposits and withdrawals",
              points: growth,
              marks: [],
              formatValue: (value) => `${(value * 100).toFixed(2)} %`,
              formatTime,
            })}`
    }`;
}

const PROFIT = [...columns("Symbol"), ...numbers("Realized", "Unrealized", "Shares", "Average cost")];

function profitSection({ profit }: Report): Markup {
  const rows = profit.by_symbol.map((row) => [
    row.symbol,
    profitCell(row.realised),
    profitCell(row.unrealised),
    formatQuantity(decimal(row.quantity)),
    priceCell(row.average_cost),
  ]);
  return html`<h2>Profit at average cost</h2>
    ${figureList([
      ["Realized", profitCell(profit.realised)],
      ["Unrealized", profitCell(profit.unrealised)],
      ["Sold without a known cost", dollarsCell(profit.unknown_proceeds)],
    ])}
    ${rows.length === 0 ? "" : htmlTable("Profit of each symbol", PROFIT, rows)}`;
}

const STRATEGIES = [...columns("Book"), ...numbers("Value", "Realized", "Unrealized", "Profit")];

function strategySection({ strategies }: Report): Markup | string {
  if (strategies === null) return "";
  const rows = strategies.map((book) => [
    book.name,
    dollarsCell(book.value),
    profitCell(book.realised),
    profitCell(book.unrealised),
    profitCell(book.profit),
  ]);
  return html`<h2>Books of the strategies, since the ledger began</h2>
    ${htmlTable("Books of the strategies", STRATEGIES, rows)}`;
}

function activitySection({ activity }: Report): Markup {
  const outcomes = Object.entries(activity.outcomes).map(([outcome, count]) => `${String(count)} ${outcome}`);
  return html`<h2>Activity</h2>
    ${figureList([
      ["Executions", `${String(activity.executions)}${outcomes.length === 0 ? "" : ` (${outcomes.join(", ")})`}`],
      ["Orders", `${String(activity.orders)}, ${counted(activity.fills, "fill")}`],
      ["Sold", dollarsCell(activity.sold)],
      ["Bought", dollarsCell(activity.bought)],
      ["Turnover", shareCell(activity.turnover)],
      ["Cost against the decision", `${dollarsCell(activity.cost)} (${basisPoints(activity.cost_bps)})`],
      ["Alert to first order (median)", milliseconds(activity.median_alert_to_first_order_ms)],
      ["Alert to on target (median)", milliseconds(activity.median_alert_to_on_target_ms)],
    ])}`;
}

const STYLES = [...columns("Style", "Symbol"), ...numbers("Orders", "Filled", "Value", "Spread", "Slippage", "Cost")];

function styleSection({ execution_styles }: Report): Markup | string {
  if (execution_styles.length === 0) return "";
  const row = (style: string, symbol: string, figures: StyleFigures): string[] => [
    style,
    symbol,
    String(figures.orders),
    String(figures.filled_orders),
    dollarsCell(figures.value),
    basisPoints(figures.spread_bps),
    basisPoints(figures.slippage_bps),
    basisPoints(figures.cost_bps),
  ];
  const rows = execution_styles.flatMap((each) => [
    row(each.style, "all", each),
    ...each.by_symbol.map((figures) => row(each.style, figures.symbol, figures)),
  ]);
  return html`<h2>Execution styles</h2>
    <p class="quiet">Slippage against the middle of the quote, cost against the decision; positive = worse.</p>
    ${htmlTable("Execution styles", STYLES, rows)}`;
}

/** Only for drawing; never used as an amount. */
function toNumber(value: { toFixed(places: number): string }): number {
  return Number(value.toFixed(6));
}
