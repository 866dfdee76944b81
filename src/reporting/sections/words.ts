import { decimal, HUNDRED, roundHalfUp, ZERO, type Decimal } from "../../domain/decimal.ts";
import { formatQuantity } from "../../domain/format.ts";
import { OUTCOMES, type ExecutionOutcome } from "../../domain/outcome.ts";
import { formatDuration, formatInstant, formatTimeOfDay } from "../../domain/time-format.ts";
import { VERDICTS, type VerdictKind } from "../../domain/verdict.ts";
import type { RunningOrder } from "../dashboard-data.ts";
import { html, type Markup } from "../html.ts";
import { basisPoints } from "../report-cells.ts";
import type { Tint } from "../style.ts";

/** An unknown value. */
export const UNKNOWN = "–";

type Tone = "good" | "bad" | "warn" | "plain" | "busy";

const TONES: Readonly<Record<Tint, Tone>> = {
  good: "good",
  bad: "bad",
  warn: "warn",
  quiet: "plain",
  strong: "plain",
  accent: "busy",
};

export function badge(text: string, tone: Tone): Markup {
  return html`<span class="badge ${tone}">${text}</span>`;
}

export function outcomeBadge(outcome: string | null): Markup {
  if (outcome === null) return badge("in progress", "busy");
  return badge(readable(outcome), outcome in OUTCOMES ? TONES[OUTCOMES[outcome as ExecutionOutcome].tint] : "plain");
}

/** A verdict; of an executed signal how that ended, for to have been executed is no success. */
export function verdictBadge({ verdict, outcome }: { readonly verdict: string | null; readonly outcome?: string | null }): Markup {
  if (verdict === null) return badge("not judged yet", "busy");
  if (verdict === "executed" && outcome !== undefined) return outcomeBadge(outcome);
  return badge(readable(verdict), verdict in VERDICTS ? TONES[VERDICTS[verdict as VerdictKind].tint] : "warn");
}

type OrderState = Pick<RunningOrder, "status"> & { readonly state?: RunningOrder["state"] };

/** An order's state, for a person. */
export function orderBadge({ state, status }: OrderState): Markup {
  switch (state) {
    case "recorded":
      return badge("planned", "plain");
    case "posting":
      return badge("sending", "busy");
    case "unknown":
      return badge("no answer yet", "warn");
    case "abandoned":
      return badge("outcome unknown", "bad");
    case "dropped":
      return badge("not needed", "plain");
    default:
      return badge(STATUSES[status]?.words ?? readable(status), STATUSES[status]?.tone ?? "busy");
  }
}

const STATUSES: Readonly<Record<string, { readonly words: string; readonly tone: Tone }>> = {
  new: { words: "working", tone: "busy" },
  accepted: { words: "working", tone: "busy" },
  pending_new: { words: "working", tone: "busy" },
  partially_filled: { words: "partly filled", tone: "busy" },
  filled: { words: "filled", tone: "good" },
  canceled: { words: "cancelled", tone: "warn" },
  expired: { words: "expired", tone: "warn" },
  rejected: { words: "rejected", tone: "bad" },
  refused: { words: "refused", tone: "bad" },
  unknown: { words: "unknown", tone: "warn" },
  "not-sent": { words: "not sent", tone: "plain" },
};

/** `not-tradable` → `not tradable`. */
export function readable(word: string): string {
  return word.replaceAll("-", " ").replaceAll("_", " ");
}

export function quantityCell(text: string | null): string {
  return text === null ? UNKNOWN : formatQuantity(decimal(text));
}

/** A difference of weights in percentage points: `+1.2 pt`. */
export function pointsCell(fraction: string | null): string {
  if (fraction === null) return UNKNOWN;
  const rounded = roundHalfUp(decimal(fraction).times(HUNDRED), 1);
  return `${rounded.gt(ZERO) ? "+" : ""}${rounded.toFixed(1).replace(/^-(0\.0)$/, "$1")} pt`;
}

/** A cost in basis points: positive is worse. */
export function costCell(bps: string | null): Markup {
  if (bps === null) return html`${UNKNOWN}`;
  const value: Decimal = decimal(bps);
  return html`<span class="${value.gt(ZERO) ? "bad" : value.lt(ZERO) ? "good" : ""}">${basisPoints(bps)}</span>`;
}

/** `340 ms`, `1.9 s`, `2 min 3 s`. */
export function delayText(ms: number | null): string {
  if (ms === null) return UNKNOWN;
  if (ms < 1_000) return `${String(Math.round(ms))} ms`;
  return ms < 60_000 ? `${(ms / 1_000).toFixed(1)} s` : formatDuration(ms);
}

/** The zone of all times on a page, and its own time. */
export interface PageTime {
  readonly zone: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export function instantText(instant: string, { zone }: PageTime): string {
  return formatInstant(Date.parse(instant), zone);
}

export function clockText(instant: string, { zone }: PageTime): string {
  return formatTimeOfDay(Date.parse(instant), zone);
}

/** Without thousandths: `10:42:58 EDT`. */
export function shortClockText(instant: string, time: PageTime): string {
  return instantText(instant, time).slice(11);
}

/** `12 s ago`. The page's script counts on. */
export function ageOf(instant: string, { now }: PageTime): Markup {
  return html`<span data-since="${instant}">${agoText(now - Date.parse(instant))}</span>`;
}

function agoText(ms: number): string {
  return ms < 5_000 ? "just now" : `${formatDuration(ms)} ago`;
}

export function timeWithAge(instant: string, time: PageTime): Markup {
  return html`<time datetime="${instant}">${instantText(instant, time)}</time> · ${ageOf(instant, time)}`;
}

/** `SMR 31.2 %, LEU 39.5 %`; `hold`; `exit SMR`. */
export function targetsText(kind: string, targets: Readonly<Record<string, string>>, weightText: (weight: Decimal) => string): string {
  if (kind === "hold") return "hold";
  const symbols = Object.entries(targets);
  if (kind === "exit") return `exit ${symbols.map(([symbol]) => symbol).join(", ")}`;
  return symbols.map(([symbol, weight]) => `${symbol} ${weightText(decimal(weight))}`).join(", ");
}
