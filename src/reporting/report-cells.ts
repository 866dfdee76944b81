import type { ActivityReport } from "./activity-report.ts";
import type { StyleFigures } from "./style-report.ts";
import { OUTCOMES, type ExecutionOutcome } from "../domain/outcome.ts";
import { formatPercent } from "../domain/format.ts";
import { decimal, roundHalfUp, ZERO, type Decimal } from "../domain/decimal.ts";
import { dollarsOf, formatPrice, signedDollars, signedPercent } from "./figures.ts";
import { html, type Markup } from "./html.ts";
import type { Tint } from "./style.ts";

/** Formats a report's figures, on a terminal and on a page. Texts are decimal, `null` means unknown. */

const UNKNOWN = "–";

export function dollarsCell(text: string | null): string {
  return text === null ? UNKNOWN : dollarsOf(text);
}

export function priceCell(text: string | null): string {
  return text === null ? UNKNOWN : formatPrice(decimal(text));
}

export function profitCell(text: string | null): Markup {
  return signedCell(text, signedDollars);
}

export function returnCell(text: string | null): Markup {
  return signedCell(text, (value) => signedPercent(value, 2));
}

export function shareCell(text: string | null): string {
  return text === null ? UNKNOWN : formatPercent(decimal(text), 2);
}

/** `+1.2 bp`; a dash when not measured. */
export function basisPoints(text: string | null, unknown = "-"): string {
  if (text === null) return unknown;
  const rounded = roundHalfUp(decimal(text), 1);
  return `${rounded.gt(ZERO) ? "+" : ""}${rounded.toFixed(1)} bp`;
}

/** `340 ms`; a dash when not measured. */
export function milliseconds(value: number | null, unknown = "-"): string {
  return value === null ? unknown : `${value.toLocaleString("en-US")} ms`;
}

export function outcomeTint(outcome: string | null): Tint {
  return outcome !== null && outcome in OUTCOMES ? OUTCOMES[outcome as ExecutionOutcome].tint : "warn";
}

function signedCell(text: string | null, format: (value: Decimal) => string): Markup {
  if (text === null) return html`${UNKNOWN}`;
  const value = decimal(text);
  if (value.eq(ZERO)) return html`${format(value)}`;
  return html`<span class="${value.lt(ZERO) ? "bad" : "good"}">${format(value)}</span>`;
}

/** One row of the execution styles, after its first cell. */
export function styleCells(symbol: string, figures: StyleFigures): string[] {
  const basis = [figures.spread_bps, figures.slippage_bps, figures.cost_bps].map((text) => basisPoints(text));
  return [symbol, String(figures.orders), String(figures.filled_orders), dollarsOf(figures.value), ...basis];
}

/** `3 (2 on-target, 1 incomplete)`. */
export function executionsText({ executions, outcomes }: ActivityReport): string {
  const counts = Object.entries(outcomes).map(([outcome, count]) => `${String(count)} ${outcome}`);
  return `${String(executions)}${counts.length === 0 ? "" : ` (${counts.join(", ")})`}`;
}
