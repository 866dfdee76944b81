import { formatQuantity } from "../domain/format.ts";
import { decimal } from "../domain/decimal.ts";
import { counted, signedPercent } from "./figures.ts";
import type { OrderReport } from "./execution-report.ts";
import { html, columns, numbers, htmlTable, type Markup, type HtmlColumn } from "./html.ts";
import { formatInstant, formatTimeOfDay } from "../domain/time-format.ts";
import { orderName } from "./order-line.ts";
import { basisPoints, dollarsCell, milliseconds, outcomeTint, priceCell, profitCell, shareCell } from "./report-cells.ts";
import type { Report, ReportedExecution } from "./report.ts";

const ORDERS: readonly HtmlColumn[] = [
  ...columns("Order", "Status", "Sent"),
  ...numbers("Shares", "Price", "Value", "Decided at", "Cost"),
  { title: "Message", kind: "words" },
];

const DRIFT = [...columns("Symbol"), ...numbers("Wanted", "Actual", "Drift"), ...columns("Left alone")];

/** Every execution with its orders, their cost, and what was not completed. */
export function executionSection({ executions }: Report, zone: string): Markup {
  if (executions.length === 0)
    return html`<h2>Executions</h2>
      <p>No execution in this period.</p>`;
  return html`<h2>Executions, newest first</h2>
    ${executions.map((execution, index) => oneExecution(execution, zone, index === 0))}`;
}

function oneExecution(execution: ReportedExecution, zone: string, open: boolean): Markup {
  const { shortfall } = execution;
  const outcome = execution.outcome ?? "open";
  const title = html`<summary>
    ${formatInstant(Date.parse(execution.started_at), zone)}: <strong class="${outcomeTint(execution.outcome)}">${outcome}</strong>,
    ${counted(execution.orders.length, "order")}, sold ${dollarsCell(execution.sold)}, bought ${dollarsCell(execution.bought)}
  </summary>`;
  const body = html`${title}
    <p>${execution.reason ?? "Still in progress."}</p>
    <p class="quiet">
      Execution ${execution.id}, signal ${execution.signal_id}${execution.strategy === null ? "" : ` of ${execution.strategy}`}
    </p>
    <p>
      Value ${dollarsCell(execution.value_before)} before, ${dollarsCell(execution.value_after)} after. Realised profit
      ${profitCell(execution.realised)}. Turnover ${shareCell(execution.turnover)}.
    </p>
    <p>
      Alert to first order ${milliseconds(shortfall.alert_to_first_order_ms)}, to on target
      ${milliseconds(shortfall.alert_to_on_target_ms)}. Cost against the decision ${dollarsCell(shortfall.cost)}
      (${basisPoints(shortfall.cost_bps)}; positive = worse). Cash drag ${shareCell(shortfall.cash_drag)}.
    </p>
    ${ordersTable(execution, zone)} ${driftTable(execution)}`;
  return open ? html`<details open>${body}</details>` : html`<details>${body}</details>`;
}

function ordersTable({ id, orders }: ReportedExecution, zone: string): Markup {
  if (orders.length === 0) return html`<p>No orders.</p>`;
  return htmlTable(
    `Orders of execution ${id}`,
    ORDERS,
    orders.map((order) => orderCells(order, zone)),
  );
}

function orderCells(order: OrderReport, zone: string): (string | Markup)[] {
  return [
    orderName(order),
    order.status.replaceAll("_", " "),
    order.submitted_at === null ? "" : formatTimeOfDay(Date.parse(order.submitted_at), zone),
    formatQuantity(decimal(order.quantity)),
    priceCell(order.fill_price),
    dollarsCell(order.value),
    priceCell(order.decision_price),
    basisPoints(order.cost_bps),
    order.message ?? "",
  ];
}

function driftTable({ id, shortfall }: ReportedExecution): Markup | string {
  if (shortfall.drift.length === 0) return "";
  return htmlTable(
    `Not completed by execution ${id}`,
    DRIFT,
    shortfall.drift.map((entry) => [
      entry.symbol,
      dollarsCell(entry.wanted),
      dollarsCell(entry.actual),
      signedPercent(decimal(entry.drift), 2),
      entry.left_alone?.replaceAll("-", " ") ?? "",
    ]),
  );
}
