import { decimal, ZERO } from "../../domain/decimal.ts";
import { formatDollars } from "../../domain/format.ts";
import type { ExecutionReport, OrderReport } from "../execution-report.ts";
import { counted } from "../figures.ts";
import { columns, html, htmlTable, numbers, type HtmlColumn, type Markup } from "../html.ts";
import { orderName } from "../order-line.ts";
import { dollarsCell, priceCell, profitCell, shareCell } from "../report-cells.ts";
import {
  clockText,
  costCell,
  delayText,
  instantText,
  orderBadge,
  outcomeBadge,
  pointsCell,
  quantityCell,
  readable,
  type PageTime,
} from "./words.ts";

type Timed = Pick<ExecutionReport, "outcome" | "started_at" | "finished_at" | "shortfall" | "orders">;

interface TimelineStep {
  readonly name: string;
  readonly when: string;
  readonly tone?: "good" | "warn" | "bad" | "plain" | "busy";
}

/** From the alert to the end, step by step, as far as it has come; then what it cost. */
export function timeline(execution: Timed): Markup {
  const { shortfall } = execution;
  const after = (ms: number): string => `+${delayText(ms)}`;
  const step = (name: string, ms: number | null): TimelineStep[] => (ms === null ? [] : [{ name, when: after(ms) }]);
  const steps = [
    { name: "alert", when: "0 s" },
    ...step("first order", shortfall.alert_to_first_order_ms),
    ...step("sells done", shortfall.alert_to_sells_done_ms),
    ...step("buys done", shortfall.alert_to_buys_done_ms),
    endOf(execution, after),
  ].filter((each) => each !== undefined);
  return html`<ol class="timeline">
    ${steps.map(({ name, when, tone }) => html`<li class="${tone ?? ""}"><b>${name}</b> ${when}</li>`)} ${costStep(shortfall)}
  </ol>`;
}

function endOf({ outcome, shortfall }: Timed, after: (ms: number) => string): TimelineStep | undefined {
  if (outcome === null || outcome === "queued") return undefined;
  if (outcome === "on-target")
    return {
      name: "on target",
      when: shortfall.alert_to_on_target_ms === null ? "" : after(shortfall.alert_to_on_target_ms),
      tone: "good",
    };
  return { name: readable(outcome), when: "", tone: outcome === "off-target" ? "warn" : outcome === "superseded" ? "plain" : "bad" };
}

function costStep({ cost, cost_bps }: ExecutionReport["shortfall"]): Markup | string {
  return cost_bps === null
    ? ""
    : html`<li class="cost"><b>cost</b> ${costCell(cost_bps)}${cost === null ? "" : ` (${dollarsCell(cost)})`}</li>`;
}

/** One line for a list: when, how it ended, what it traded; its timeline below. */
export function executionSummary(execution: ExecutionReport, time: PageTime): Markup {
  const { started_at, outcome, strategy, sold, bought, orders } = execution;
  const moved = decimal(sold).plus(decimal(bought));
  const what = orders.length === 0 ? "no order" : `${counted(orders.length, "order")}, ${formatDollars(moved)}`;
  return html`<span class="when">${instantText(started_at, time)}</span> ${outcomeBadge(outcome)}
    <span class="what">${strategy ?? "unknown strategy"}: ${what}</span>`;
}

const ORDERS: readonly HtmlColumn[] = [
  ...columns("Order", "State"),
  ...numbers("Shares", "Price", "Value", "Decided at", "Cost"),
  { title: "Sent" },
  { title: "Fills", kind: "words" },
];

/** Every order with its fills and its cost against the decision. */
function ordersTable(id: string, orders: readonly OrderReport[], time: PageTime): Markup {
  if (orders.length === 0) return html`<p class="quiet">No order was needed.</p>`;
  const rows = orders.map((order) => [
    orderName(order),
    html`${orderBadge(order)}${order.message === null ? "" : ` ${order.message}`}`,
    quantityCell(order.quantity),
    priceCell(order.fill_price),
    dollarsCell(order.value),
    priceCell(order.decision_price),
    costCell(order.cost_bps),
    order.submitted_at === null ? "" : clockText(order.submitted_at, time),
    order.fills.map(({ quantity, price, at }) => `${quantityCell(quantity)} @ ${priceCell(price)}, ${clockText(at, time)}`).join("; "),
  ]);
  return htmlTable(`Orders of execution ${id}`, ORDERS, rows);
}

const DRIFT = [...columns("Symbol"), ...numbers("Wanted", "Actual", "Drift"), { title: "Left alone", kind: "words" }] as const;

/** What it did not complete; nothing where all is at its target. */
function driftTable(id: string, { drift }: ExecutionReport["shortfall"]): Markup | string {
  if (drift.length === 0) return "";
  const rows = drift.map((entry) => [
    entry.symbol,
    dollarsCell(entry.wanted),
    dollarsCell(entry.actual),
    pointsCell(entry.drift),
    entry.left_alone === null ? "" : readable(entry.left_alone),
  ]);
  return html`<h3>Not completed</h3>
    ${htmlTable(`Not completed by execution ${id}`, DRIFT, rows)}`;
}

/** How it ended, and its figures, before and after. @param realised profit of its sells; `null` when it sold nothing. */
export function executionBody(execution: ExecutionReport, time: PageTime, realised: string | null = null): Markup {
  const { id, signal_id, reason, value_before, value_after, turnover, shortfall } = execution;
  const earned = realised === null || decimal(realised).eq(ZERO) ? "" : html` Realised profit ${profitCell(realised)}.`;
  return html`<p>${reason ?? "Still in progress."}</p>
    <p class="quiet">
      Execution ${id}, signal ${signal_id}. Value ${dollarsCell(value_before)} before, ${dollarsCell(value_after)} after.${earned} Turnover
      ${shareCell(turnover)}, cash drag ${shareCell(shortfall.cash_drag)}.
    </p>
    ${ordersTable(id, execution.orders, time)} ${driftTable(id, shortfall)}`;
}
