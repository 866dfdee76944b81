import { decimal } from "../domain/decimal.ts";
import { formatQuantity } from "../domain/format.ts";
import { modeLabel } from "../domain/config.ts";
import { formatInstant } from "../domain/time-format.ts";
import type { DocumentKind } from "./document-file.ts";
import { counted } from "./figures.ts";
import { columns, figureList, html, htmlTable, Markup, numbers } from "./html.ts";
import { fractionOrNull } from "./json-values.ts";
import { PAGE_STYLE } from "./page-style.ts";
import {
  basisPoints,
  dollarsCell,
  executionsText,
  milliseconds,
  priceCell,
  profitCell,
  returnCell,
  shareCell,
  styleCells,
} from "./report-cells.ts";
import type { Report, ReportedExecution } from "./report.ts";
import { accountFigures } from "./sections/account-section.ts";
import { equitySection } from "./sections/equity-section.ts";
import { executionBody, executionSummary, timeline } from "./sections/execution-section.ts";
import { holdingsSection } from "./sections/holdings-section.ts";
import { strategiesSection } from "./sections/strategies-section.ts";
import type { PageTime } from "./sections/words.ts";
import { advantageOf } from "./shadow-report.ts";

/** Identifies our reports: nothing else is ever overwritten. */
export const REPORT_DOCUMENT: DocumentKind = { name: "report", mark: "<!doctype html>\n<!-- alpaca-trader report -->\n" };

/** The dashboard's page for a period, as one file that runs nothing, loads nothing and can be printed. @param zone IANA zone of the times. */
export function reportDocument(report: Report, zone: string): string {
  const title = `${counted(report.period.days, "day")} to ${formatInstant(Date.parse(report.generated_at), zone)}`;
  const page = html`<html lang="en" data-mode="${report.mode}">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
      <title>alpaca-trader: ${title}</title>
      <style>
        ${new Markup(PAGE_STYLE)}
      </style>
    </head>
    <body class="report">
      ${header(report, zone)}
      <main>${sections(report, { zone, now: Date.parse(report.generated_at) })}</main>
    </body>
  </html>`;
  return `${REPORT_DOCUMENT.mark}${page.text}\n`;
}

function header({ period, generated_at, mode, account }: Report, zone: string): Markup {
  const at = (text: string): string => formatInstant(Date.parse(text), zone);
  return html`<header>
    <div class="bar">
      <h1>Report of ${counted(period.days, "day")}</h1>
      <p class="mode">${modeLabel(mode)}${account === null ? "" : `, account ${account.number}`}</p>
      <p>${at(period.from)} to ${at(generated_at)}</p>
    </div>
  </header>`;
}

function sections(report: Report, time: PageTime): Markup {
  const { account, equity, holdings, profit, strategies, warnings, period } = report;
  return html`${warnings.map((warning) => html`<p class="alarm warn">${warning}</p>`)}
    ${
      account === null
        ? ""
        : html`<section id="account">
            <h2>Account</h2>
            ${accountFigures(account)}
          </section>`
    }
    ${shadowSection(report, time)}
    <section>
      <h2>Equity</h2>
      ${equitySection(equity, { zone: time.zone, period: `the last ${counted(period.days, "day")}`, isLive: false })}
    </section>
    ${
      account === null
        ? ""
        : html`<section>
            <h2>Positions against targets</h2>
            ${holdingsSection(holdings, account.cash)}
          </section>`
    }
    <section>
      <h2>Profit at average cost</h2>
      ${profitPart(profit)}
    </section>
    ${
      strategies === null
        ? ""
        : html`<section id="strategies">
            <h2>Strategies since the ledger began</h2>
            ${strategiesSection(strategies)}
          </section>`
    }
    <section>
      <h2>Activity</h2>
      ${activityPart(report)}
    </section>
    ${stylePart(report)}
    <section>
      <h2>Executions, newest first</h2>
      ${executionsPart(report, time)}
    </section>`;
}

function shadowSection({ shadow: report }: Report, { zone }: PageTime): Markup | string {
  if (report === undefined) return "";
  const advantage = advantageOf(report);
  return html`<section>
    <h2>Shadow next to the live account</h2>
    <p>Since ${formatInstant(Date.parse(report.began_at), zone)}. Deposits and withdrawals are not in the return of the live account.</p>
    ${figureList([
      ["Shadow account", dollarsCell(report.shadow.value)],
      ["Return of the shadow account", returnCell(report.shadow.return)],
      ["Live account", dollarsCell(report.live.value)],
      ["Return of the live account", returnCell(report.live.return)],
      ["Difference", returnCell(fractionOrNull(advantage))],
    ])}
  </section>`;
}

const PROFIT = [...columns("Symbol"), ...numbers("Realised", "Unrealised", "Shares", "Average cost")];

function profitPart(profit: Report["profit"]): Markup {
  const rows = profit.by_symbol.map((row) => [
    row.symbol,
    profitCell(row.realised),
    profitCell(row.unrealised),
    formatQuantity(decimal(row.quantity)),
    priceCell(row.average_cost),
  ]);
  return html`${figureList([
    ["Realised", profitCell(profit.realised)],
    ["Unrealised", profitCell(profit.unrealised)],
    ["Sold without a known cost", dollarsCell(profit.unknown_proceeds)],
  ])}
  ${rows.length === 0 ? "" : htmlTable("Profit of each symbol", PROFIT, rows)}`;
}

function activityPart({ activity }: Report): Markup {
  return figureList([
    ["Executions", executionsText(activity)],
    ["Orders", `${String(activity.orders)}, ${counted(activity.fills, "fill")}`],
    ["Sold", dollarsCell(activity.sold)],
    ["Bought", dollarsCell(activity.bought)],
    ["Turnover", shareCell(activity.turnover)],
    ["Cost against the decision", `${dollarsCell(activity.cost)} (${basisPoints(activity.cost_bps)})`],
    ["Alert to first order (median)", milliseconds(activity.median_alert_to_first_order_ms)],
    ["Alert to on target (median)", milliseconds(activity.median_alert_to_on_target_ms)],
  ]);
}

const STYLES = [...columns("Style", "Symbol"), ...numbers("Orders", "Filled", "Value", "Spread", "Slippage", "Cost")];

function stylePart({ execution_styles }: Report): Markup | string {
  if (execution_styles.length === 0) return "";
  const rows = execution_styles.flatMap((each) => [
    [each.style, ...styleCells("all", each)],
    ...each.by_symbol.map((figures) => [each.style, ...styleCells(figures.symbol, figures)]),
  ]);
  return html`<section>
    <h2>Execution styles</h2>
    <p class="quiet">Slippage against the middle of the quote, cost against the decision; positive = worse.</p>
    ${htmlTable("Cost of each style", STYLES, rows)}
  </section>`;
}

function executionsPart({ executions }: Report, time: PageTime): Markup {
  if (executions.length === 0) return html`<p>No execution in this period.</p>`;
  return html`${executions.map((execution, index) => executionItem(execution, index === 0, time))}`;
}

function executionItem(execution: ReportedExecution, isOpen: boolean, time: PageTime): Markup {
  const open = isOpen ? new Markup("open") : "";
  return html`<details ${open}>
    <summary>${executionSummary(execution, time)}</summary>
    ${timeline(execution)} ${executionBody(execution, time, execution.realised)}
  </details>`;
}
