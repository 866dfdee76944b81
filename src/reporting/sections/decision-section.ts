import { decimal } from "../../domain/decimal.ts";
import { formatWeight } from "../../domain/format.ts";
import type { PhaseRecord } from "../decision-record.ts";
import type { ExecutionDetail } from "../execution-detail.ts";
import { columns, html, htmlTable, numbers, type HtmlColumn, type Markup } from "../html.ts";
import { dollarsCell, priceCell } from "../report-cells.ts";
import { executionBody, timeline } from "./execution-section.ts";
import { clockText, delayText, instantText, readable, type PageTime } from "./words.ts";

/** Why an execution did what it did: signal, orders, plan, prices, steps. */
export function decisionSection(detail: ExecutionDetail, time: PageTime): Markup {
  const { execution } = detail;
  return html`${timeline(execution)} ${executionBody(execution, time)} ${signalPart(detail, time)} ${planPart(detail)} ${pricesPart(detail)}
  ${stepsPart(detail, time)}`;
}

function signalPart({ execution, signal }: ExecutionDetail, time: PageTime): Markup {
  if (signal === null)
    return html`<h3>Signal</h3>
      <p class="quiet">It is no longer in the ledger.</p>`;
  const lines = signal.lines.map(({ text }) => text).join("\n");
  return html`<h3>Signal</h3>
    <p>
      ${signal.strategy}, generated ${instantText(signal.generated_at, time)}, read ${instantText(signal.arrived_at, time)}.
      <q>${signal.reason}</q>
    </p>
    ${lines === "" ? "" : html`<pre tabindex="0" role="region" aria-label="Alert lines of execution ${execution.id}">${lines}</pre>`}`;
}

const PLAN: readonly HtmlColumn[] = [
  ...columns("Symbol"),
  ...numbers("Target", "Target value", "Held", "Price"),
  { title: "Decision", kind: "words" },
];

function planPart({ execution: { id }, plan, wanted }: ExecutionDetail): Markup {
  if (plan === null)
    return html`<h3>Plan</h3>
      <p class="quiet">It ended before planning. Targets: ${Object.keys(wanted).join(", ")}.</p>`;
  const isRepeated = plan.buying !== null && JSON.stringify(plan.buying) === JSON.stringify(plan.selling);
  return html`${phase(id, "first", plan.selling)} ${plan.buying === null || isRepeated ? "" : phase(id, "after the sells", plan.buying)}`;
}

function phase(id: string, when: string, { base, spendable, lines }: PhaseRecord): Markup {
  const rows = lines.map((line) => [
    line.symbol,
    formatWeight(decimal(line.target_weight)),
    dollarsCell(line.target_value),
    dollarsCell(line.actual_value),
    priceCell(line.price ?? null),
    line.detail,
  ]);
  return html`<h3>Plan, ${when}</h3>
    <p class="quiet">Base ${dollarsCell(base)}, spendable ${dollarsCell(spendable)}.</p>
    ${htmlTable(`Plan of execution ${id}, ${when}`, PLAN, rows)}`;
}

const PRICES = [...columns("Symbol", "From"), ...numbers("Price", "Bid", "Ask", "Age then")];

function pricesPart({ execution: { id }, prices }: ExecutionDetail): Markup | string {
  if (prices.length === 0) return "";
  const rows = prices.map(({ symbol, source, price, bid, ask, age_ms }) => [
    symbol,
    readable(source),
    priceCell(price),
    bid === null ? "" : priceCell(bid),
    ask === null ? "" : priceCell(ask),
    delayText(age_ms),
  ]);
  return html`<h3>Prices seen</h3>
    ${htmlTable(`Prices seen by execution ${id}`, PRICES, rows)}`;
}

function stepsPart({ steps }: ExecutionDetail, time: PageTime): Markup | string {
  if (steps.length === 0) return "";
  return html`<h3>Step by step</h3>
    <ol class="steps">
      ${steps.map(({ at, text }) => html`<li><time datetime="${at}">${clockText(at, time)}</time> ${text}</li>`)}
    </ol>`;
}
