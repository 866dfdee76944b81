import { decimal } from "../../domain/decimal.ts";
import { formatPercent, formatWeight } from "../../domain/format.ts";
import type { HoldingAgainstTarget } from "../dashboard-holdings.ts";
import { html, htmlTable, type HtmlCell, type HtmlColumn, type Markup } from "../html.ts";
import { dollarsCell, priceCell, profitCell, returnCell } from "../report-cells.ts";
import { pointsCell, quantityCell, readable, UNKNOWN } from "./words.ts";

const COLUMNS: readonly HtmlColumn[] = [
  { title: "Symbol" },
  { title: "Value", kind: "number" },
  { title: "Profit", kind: "number", wide: "phone" },
  { title: "Profit %", kind: "number" },
  { title: "Today", kind: "number" },
  { title: "Actual", kind: "number" },
  { title: "Target", kind: "number" },
  { title: "Drift", kind: "number", wide: "phone" },
  { title: "Against target", kind: "bar", wide: "tablet" },
  { title: "Shares", kind: "number", wide: "tablet" },
  { title: "Price", kind: "number", wide: "tablet" },
];

/** A bar that fills everything could not show an excess. */
const LEAST_SCALE = 0.05;

/** Positions with their profit, and each against its target; the largest first, cash last. */
export function holdingsSection(holdings: readonly HoldingAgainstTarget[], cash: string | undefined): Markup {
  if (holdings.length === 0) return html`<p class="quiet">No positions and no targets yet.</p>`;
  const ordered = [...holdings].sort((one, other) => decimal(other.value).cmp(decimal(one.value)));
  const scale = Math.max(LEAST_SCALE, ...ordered.flatMap((row) => [shareOf(row), targetOf(row) ?? 0])) * 1.05;
  const rows = ordered.flatMap((row) => {
    const why = reasonRow(row);
    return why === undefined ? [cellsOf(row, scale)] : [cellsOf(row, scale), why];
  });
  return htmlTable("Table of positions", COLUMNS, cash === undefined ? rows : [...rows, cashRow(cash)]);
}

function cellsOf(row: HoldingAgainstTarget, scale: number): HtmlCell[] {
  const { symbol, value, unrealised, unrealised_return, day_change, weight, actual_weight, target_weight, drift, quantity, price } = row;
  const isHeld = quantity !== "0";
  return [
    symbol,
    isHeld ? withCents(value) : UNKNOWN,
    isHeld ? profitCell(unrealised) : "",
    isHeld ? returnCell(unrealised_return) : "",
    isHeld ? returnCell(day_change) : "",
    formatPercent(decimal(actual_weight ?? weight)),
    target_weight === null ? UNKNOWN : formatWeight(decimal(target_weight)),
    pointsCell(drift),
    bar(row, scale),
    isHeld ? quantityCell(quantity) : "",
    priceCell(price),
  ];
}

/** A phone leaves the cents out. */
function withCents(amount: string): Markup {
  const [whole = "", cents = ""] = dollarsCell(amount).split(".");
  return html`${whole}<span class="cents">.${cents}</span>`;
}

function cashRow(cash: string): Markup {
  const rest = COLUMNS.slice(2).map(({ wide }) => (wide === undefined ? html`<td></td>` : html`<td class="wide-${wide}"></td>`));
  return html`<tr class="cash">
    <th scope="row">cash</th>
    <td class="number">${withCents(cash)}</td>
    ${rest}
  </tr>`;
}

/** What an execution left alone for good needs a word; what is on target does not. */
function reasonRow({ left_alone: word, detail, drift }: HoldingAgainstTarget): Markup | undefined {
  if (word === null || (word === "within-drift" && drift !== null)) return undefined;
  return html`<tr class="reason">
    <td colspan="${COLUMNS.length}"><strong>Left alone, ${readable(word)}</strong>${detail === null ? "" : `: ${detail}`}</td>
  </tr>`;
}

/** Shares of what the targets divide; of the account where there is no target. */
function shareOf({ actual_weight, weight }: HoldingAgainstTarget): number {
  return Number(actual_weight ?? weight);
}

function targetOf({ target_weight: target }: HoldingAgainstTarget): number | undefined {
  return target === null ? undefined : Number(target);
}

/** The holding as a bar, the target as a line across it, next to the figures. */
function bar(row: HoldingAgainstTarget, scale: number): Markup {
  const place = (share: number): string => Math.min(100, Math.max(0, (share / scale) * 100)).toFixed(1);
  const target = targetOf(row);
  const line =
    target === undefined ? "" : html`<rect class="wanted" x="${Math.min(99, Number(place(target)))}" y="0" width="1" height="12" />`;
  return html`<svg viewBox="0 0 100 12" preserveAspectRatio="none" class="bar" aria-hidden="true" focusable="false">
    <rect class="track" x="0" y="2" width="100" height="8" />
    <rect class="${target === undefined ? "held apart" : "held"}" x="0" y="2" width="${place(shareOf(row))}" height="8" />
    ${line}
  </svg>`;
}
