import { modeLabel } from "../domain/config.ts";
import { fractionOrNull } from "./json-values.ts";
import { advantageOf } from "./shadow-report.ts";
import { formatQuantity } from "../domain/format.ts";
import { decimal, ONE, ZERO } from "../domain/decimal.ts";
import type { DocumentKind } from "./document-file.ts";
import { counted, signedDollars } from "./figures.ts";
import { html, Markup, columns, numbers, figureList, htmlTable } from "./html.ts";
import { lineChart } from "./line-chart.ts";
import { formatDay, formatInstant, formatMinute } from "../domain/time-format.ts";
import {
  executionsText,
  styleCells,
  basisPoints,
  dollarsCell,
  milliseconds,
  priceCell,
  profitCell,
  returnCell,
  shareCell,
} from "./report-cells.ts";
import { executionSection } from "./report-executions.ts";
import type { Report } from "./report.ts";

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
        ${header(report, zone)} ${accountSection(report)} ${shadowSection(report, zone)} ${equitySection(report, zone)}
        ${profitSection(report)} ${strategySection(report)} ${activitySection(report)} ${styleSection(report)}
        ${executionSection(report, zone)}
      </main>
    </body>
  </html>`;
  return `${REPORT_DOCUMENT.mark}${page.text}\n`;
}

function header({ period, generated_at, mode, warnings, account }: Report, zone: string): Markup {
  const at = (text: string): string => formatInstant(Date.parse(text), zone);
  return html`<header>
    <h1>Report of ${counted(period.days, "day")} <span class="mode ${mode}">${modeLabel(mode)}</span></h1>
    <p class="quiet">${account === null ? "" : `Account ${account.number}. `}From ${at(period.from)} to ${at(generated_at)}.</p>
    ${warnings.map((warning) => html`<p class="warning">${warning}</p>`)}
  </header>`;
}

/** Shorter charts label the time of day, because the same date three times says nothing. */
const SHORT_SPAN_MS = 2 * 86_400_000;

const HOLDINGS = [...columns("Symbol"), ...numbers("Shares", "Price", "Value", "Average price", "Unrealised")];

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

function shadowSection({ shadow: report }: Report, zone: string): Markup | string {
  if (report === undefined) return "";
  const advantage = advantageOf(report);
  return html`<h2>Shadow next to the live account</h2>
    <p>Since ${formatInstant(Date.parse(report.began_at), zone)}. Deposits and withdrawals are not in the return of the live account.</p>
    ${figureList([
      ["Shadow account", dollarsCell(report.shadow.value)],
      ["Return of the shadow account", returnCell(report.shadow.return)],
      ["Live account", dollarsCell(report.live.value)],
      ["Return of the live account", returnCell(report.live.return)],
      ["Difference", returnCell(fractionOrNull(advantage))],
    ])}`;
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

const PROFIT = [...columns("Symbol"), ...numbers("Realised", "Unrealised", "Shares", "Average cost")];

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
      ["Realised", profitCell(profit.realised)],
      ["Unrealised", profitCell(profit.unrealised)],
      ["Sold without a known cost", dollarsCell(profit.unknown_proceeds)],
    ])}
    ${rows.length === 0 ? "" : htmlTable("Profit of each symbol", PROFIT, rows)}`;
}

const STRATEGIES = [...columns("Sub-account"), ...numbers("Value", "Realised", "Unrealised", "Profit")];

function strategySection({ strategies }: Report): Markup | string {
  if (strategies === null) return "";
  const rows = strategies.map((book) => [
    book.name,
    dollarsCell(book.value),
    profitCell(book.realised),
    profitCell(book.unrealised),
    profitCell(book.profit),
  ]);
  return html`<h2>Sub-accounts of the strategies, since the ledger began</h2>
    ${htmlTable("Sub-accounts of the strategies", STRATEGIES, rows)}`;
}

function activitySection({ activity }: Report): Markup {
  return html`<h2>Activity</h2>
    ${figureList([
      ["Executions", executionsText(activity)],
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
  const rows = execution_styles.flatMap((each) => [
    [each.style, ...styleCells("all", each)],
    ...each.by_symbol.map((figures) => [each.style, ...styleCells(figures.symbol, figures)]),
  ]);
  return html`<h2>Execution styles</h2>
    <p class="quiet">Slippage against the middle of the quote, cost against the decision; positive = worse.</p>
    ${htmlTable("Execution styles", STYLES, rows)}`;
}

/** Only for drawing; never used as an amount. */
function toNumber(value: { toFixed(places: number): string }): number {
  return Number(value.toFixed(6));
}

/** Style of the report: calm, narrow, dark if the reader's system is, and black on white in print. */
const REPORT_STYLE = `
:root { color-scheme: light dark; --ink: #1c2126; --quiet: #5b6570; --paper: #ffffff; --panel: #f5f7f9; --rule: #d8dee4; --good: #12703a; --bad: #b3261e; --warn: #8a5300; --accent: #1f5fbf; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ec; --quiet: #9aa5b1; --paper: #14181c; --panel: #1c2228; --rule: #323b44; --good: #5fce8d; --bad: #ff8a80; --warn: #f0b45c; --accent: #82b1ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 68rem; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2.2rem 0 0.6rem; } h3 { font-size: 1rem; margin: 1.2rem 0 0.4rem; }
p { margin: 0.4rem 0; } .quiet, caption { color: var(--quiet); } .good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); }
.mode { display: inline-block; padding: 0.1rem 0.6rem; border: 1px solid currentColor; border-radius: 1rem; font-size: 0.85rem; font-weight: 600; color: var(--accent); vertical-align: middle; }
.mode.shadow { border-style: dashed; border-width: 2px; }
.mode.live { background: var(--bad); border-color: var(--bad); color: var(--paper); }
.warning { border-left: 4px solid var(--warn); padding: 0.4rem 0.8rem; background: var(--panel); }
dl.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 0.75rem; margin: 0.8rem 0; }
dl.figures div { background: var(--panel); border-radius: 0.5rem; padding: 0.6rem 0.8rem; }
dt { color: var(--quiet); font-size: 0.85rem; } dd { margin: 0; font-size: 1.15rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 0.35rem 0.6rem; border-bottom: 1px solid var(--rule); white-space: nowrap; } th { color: var(--quiet); font-weight: 600; }
td.number, th.number { text-align: right; } td.words { white-space: normal; min-width: 14rem; }
.chart { display: block; width: 100%; min-width: 40rem; height: auto; margin: 0.4rem 0 1rem; } .chart .line { fill: none; stroke: var(--accent); stroke-width: 2; stroke-linejoin: round; } .chart .end { fill: var(--accent); }
.chart .grid { stroke: var(--rule); stroke-width: 1; } .chart text { fill: var(--quiet); font-size: 12px; } .chart .mark line { stroke: var(--warn); stroke-dasharray: 4 3; } .chart .mark text { fill: var(--warn); }
.scroll + .scroll { margin-top: 0.8rem; } details { border: 1px solid var(--rule); border-radius: 0.5rem; padding: 0.5rem 0.8rem; margin: 0.6rem 0; } summary { cursor: pointer; } summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
@media print { .chart { min-width: 0; } :root { color-scheme: light; --ink: #000; --quiet: #444; --paper: #fff; --panel: #fff; --rule: #bbb; --good: #000; --bad: #000; --warn: #000; --accent: #000; } body { max-width: none; padding: 0; font-size: 11px; } details { break-inside: avoid; } table { font-size: 9px; } th, td { padding: 0.15rem 0.3rem; } }
`;
