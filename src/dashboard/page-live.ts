import { decimal, ZERO } from "../domain/decimal.ts";
import type { ExecutionReport } from "../reporting/execution-report.ts";
import { html, htmlTable, type HtmlCell, type HtmlColumn, type Markup } from "../reporting/html.ts";
import { orderName } from "../reporting/order-line.ts";
import { priceCell } from "../reporting/report-cells.ts";
import { timeline } from "../reporting/sections/execution-section.ts";
import { clockText, orderBadge, outcomeBadge, readable, shortClockText, timeWithAge, type PageTime } from "../reporting/sections/words.ts";
import type { LiveExecution } from "./live-execution.ts";

const PHASES = ["planning", "selling", "buying", "settled"] as const;
const STEPS_SHOWN = 6;
/** An execution that ended earlier is not announced to a screen reader. */
const NEWS_MS = 60_000;

type Order = LiveExecution["orders"][number] | ExecutionReport["orders"][number];

/** The execution in progress with every order as it stands, or how the last one ended. */
export function liveSection(live: readonly LiveExecution[], last: ExecutionReport | undefined, time: PageTime): Markup {
  const open = live.at(-1);
  const title = open === undefined ? "Last execution" : open.outcome === "queued" ? "Queued for the open" : "Execution in progress";
  const isBusy = open !== undefined && open.outcome !== "queued";
  return html`<section
    id="live"
    data-part
    aria-labelledby="live-title"
    data-busy="${String(isBusy)}"
    data-say="${newsOf(open, last, time)}"
  >
    <h2 id="live-title">${title}</h2>
    ${open !== undefined ? openContent(open, time) : last === undefined ? nothingYet() : endedContent(last, time)}
  </section>`;
}

function nothingYet(): Markup {
  return html`<p class="quiet">Nothing executed yet. When an alert arrives, its orders appear here as they fill.</p>`;
}

function newsOf(open: LiveExecution | undefined, last: ExecutionReport | undefined, { now }: PageTime): string {
  if (open !== undefined) return open.steps.at(-1)?.text ?? `Execution ${open.id}: ${open.phase}.`;
  if (last?.finished_at == null || now - Date.parse(last.finished_at) > NEWS_MS) return "";
  return `The execution has ended: ${readable(last.outcome ?? "")}.`;
}

function openContent(open: LiveExecution, time: PageTime): Markup {
  const steps = open.steps.slice(-STEPS_SHOWN);
  return html`${stepper(open.phase)}
    <p><strong>${progressText(open)}</strong></p>
    <p class="quiet">Started ${timeWithAge(open.started_at, time)}, deadline ${shortClockText(open.deadline, time)}.</p>
    ${ordersTable(open.orders)}
    <ol class="steps">
      ${steps.map(({ at, text }) => html`<li><time datetime="${at}">${clockText(at, time)}</time> ${text}</li>`)}
    </ol>`;
}

/** `2 of 3 sold, 0 of 5 bought`. */
function progressText({ orders }: LiveExecution): string {
  const done = (side: "buy" | "sell", word: string): string[] => {
    const all = orders.filter((order) => order.side === side && order.state !== "dropped");
    return all.length === 0 ? [] : [`${String(all.filter(({ status }) => status === "filled").length)} of ${String(all.length)} ${word}`];
  };
  const text = [...done("sell", "sold"), ...done("buy", "bought")].join(", ");
  return text === "" ? "No order has been planned yet" : text;
}

function endedContent(last: ExecutionReport, time: PageTime): Markup {
  return html`<p>${outcomeBadge(last.outcome)} ${timeWithAge(last.finished_at ?? last.started_at, time)}</p>
    ${timeline(last)} ${last.reason === null ? "" : html`<p>${last.reason}</p>`}
    ${last.orders.length === 0 ? html`<p class="quiet">No order was needed.</p>` : ordersTable(last.orders)}`;
}

function stepper(phase: string): Markup {
  const at = PHASES.indexOf(phase === "cancelling" ? "buying" : (phase as (typeof PHASES)[number]));
  const items = PHASES.map((step, index) => {
    const name = phase === "cancelling" && index === at ? phase : step;
    if (index === at) return html`<li class="present" aria-current="step">${name}</li>`;
    return html`<li class="${index < at ? "past" : ""}">${name}</li>`;
  });
  return html`<ol class="stepper" aria-label="Phases">
    ${items}
  </ol>`;
}

const ORDERS: readonly HtmlColumn[] = [
  { title: "Order" },
  { title: "State" },
  { title: "Filled", kind: "bar" },
  { title: "Price", kind: "number" },
];

function ordersTable(orders: readonly Order[]): Markup {
  return htmlTable("Orders of this execution", ORDERS, orders.map(orderCells));
}

function orderCells(order: Order): HtmlCell[] {
  return [orderName(order), orderBadge(order), progressBar(order), order.fill_price === null ? "" : priceCell(order.fill_price)];
}

function progressBar(order: Order): Markup {
  const width = Math.round(Math.min(1, Math.max(0, filledShare(order))) * 100);
  return html`<svg viewBox="0 0 100 8" preserveAspectRatio="none" class="bar" role="img" aria-label="${width} % filled">
    <rect class="track" x="0" y="0" width="100" height="8" />
    <rect class="held" x="0" y="0" width="${width}" height="8" />
  </svg>`;
}

/** For drawing only. */
function filledShare({ status, requested, value, quantity }: Order): number {
  if (status === "filled") return 1;
  if (requested === null) return 0;
  const [done, whole] = "notional" in requested ? [value ?? "0", requested.notional] : [quantity, requested.quantity];
  return decimal(whole).lte(ZERO) ? 0 : Number(done) / Number(whole);
}
