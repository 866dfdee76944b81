import { formatWeight } from "../domain/format.ts";
import type { SignalEntry } from "../reporting/dashboard-data.ts";
import { counted } from "../reporting/figures.ts";
import { html, type Markup } from "../reporting/html.ts";
import { instantText, targetsText, verdictBadge, type PageTime } from "../reporting/sections/words.ts";
import type { LinesVerdict, SignalHistory } from "./signal-history.ts";

/** Every signal with its verdict and how it ended, and lines that made no signal; newest first. */
export function signalsSection({ signals, lines }: SignalHistory, time: PageTime): Markup {
  const all = [
    ...signals.map((signal) => ({ at: signal.generated_at, item: signalItem(signal, time) })),
    ...lines.map((verdict) => ({ at: verdict.at, item: linesItem(verdict, time) })),
  ].sort((one, other) => other.at.localeCompare(one.at));
  if (all.length === 0) return html`<p class="quiet">No signal yet.</p>`;
  return html`<ol class="history signals" tabindex="0" role="list" aria-label="Signals, newest first">
    ${all.map(({ item }) => html`<li>${item}</li>`)}
  </ol>`;
}

function signalItem(signal: SignalEntry, time: PageTime): Markup {
  const { generated_at: at, strategy, kind, targets, verdict_reason: why, reason } = signal;
  return html`<span class="when">${instantText(at, time)}</span> ${verdictBadge(signal)}
    <span class="what">${strategy}: ${targetsText(kind, targets, formatWeight)}</span> <span class="quiet cost">${why ?? reason}</span>`;
}

function linesItem({ at, strategy, verdict, reason, lines }: LinesVerdict, time: PageTime): Markup {
  return html`<span class="when">${instantText(at, time)}</span> ${verdictBadge({ verdict })}
    <span class="what">${strategy}: ${counted(lines, "line")}, no signal</span> <span class="quiet cost">${reason}</span>`;
}
