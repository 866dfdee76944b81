import { formatDollars, formatPercent } from "../domain/format.ts";
import { decimal, decimalFromNumber } from "../domain/decimal.ts";
import type { DocumentKind } from "../reporting/document-file.ts";
import { html, Markup } from "../reporting/html.ts";
import { LINE_CHART_SIZE, lineChartBody, type LineChart } from "../reporting/line-chart.ts";
import type { BacktestResult } from "./result.ts";
import { headline, markText } from "./view.ts";

/** Marks our own charts: no other file is ever overwritten. */
export const BACKTEST_CHART: DocumentKind = {
  name: "back-test chart",
  mark: '<?xml version="1.0" encoding="UTF-8"?>\n<!-- alpaca-trader backtest -->\n',
};

const STYLE = `
svg { --ink: #1c2126; --quiet: #5b6570; --paper: #ffffff; --rule: #d8dee4; --up: #1f5fbf; --down: #b3261e; }
@media (prefers-color-scheme: dark) { svg { --ink: #e4e8ec; --quiet: #9aa5b1; --paper: #14181c; --rule: #323b44; --up: #82b1ff; --down: #ff8a80; } }
.paper { fill: var(--paper); } text { font: 12px system-ui, sans-serif; fill: var(--quiet); } .head { font-size: 16px; font-weight: 600; fill: var(--ink); }
.line { fill: none; stroke: var(--up); stroke-width: 1.6; stroke-linejoin: round; } .end { fill: var(--up); } .grid { stroke: var(--rule); }
.fall .line { stroke: var(--down); } .fall .end { fill: var(--down); }
`;
const MARGIN = 14;
const HEAD = 58;
const { width: WIDTH, height: PANEL } = LINE_CHART_SIZE;
const TITLE = 18;
const HEIGHT = HEAD + 2 * (PANEL + TITLE) + MARGIN;

/** Equity at the closes and its drawdown, as one SVG file that loads nothing. */
export function backtestChart(result: BacktestResult): string {
  const title = headline(result);
  const svg = html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img">
    <title>${title}</title>
    <style>
      ${new Markup(STYLE)}
    </style>
    <rect class="paper" width="${WIDTH}" height="${HEIGHT}" />
    <text class="head" x="${MARGIN}" y="26">${title}</text>
    <text x="${MARGIN}" y="46">${subtitle(result)}</text>
    ${panel("rise", HEAD, equityChart(result))} ${panel("fall", HEAD + PANEL + TITLE, drawdownChart(result))}
  </svg>`;
  return `${BACKTEST_CHART.mark}${svg.text}\n`;
}

function subtitle(result: BacktestResult): string {
  const { figures } = result;
  const fall = figures.max_drawdown === null ? "no drawdown" : `worst drawdown ${formatPercent(decimal(figures.max_drawdown.depth))}`;
  return `Return ${formatPercent(decimal(figures.return))}, ${fall}. ${markText(result)}`;
}

function panel(name: string, y: number, chart: LineChart): Markup {
  return html`<g class="${name}" transform="translate(0 ${y})">
    <text x="${MARGIN}" y="12">${chart.title}</text>
    <g transform="translate(0 ${TITLE - MARGIN})">${lineChartBody(chart)}</g>
  </g>`;
}

function equityChart({ start_equity, days }: BacktestResult): LineChart {
  const first = days[0]?.session ?? "";
  const points = days.map(({ session, equity }) => ({ at: Date.parse(session), value: Number(equity) }));
  return {
    title: `Equity at the close, from ${formatDollars(decimal(start_equity))} on ${first}`,
    points,
    marks: [],
    formatValue: (value) => formatDollars(decimalFromNumber(Math.round(value))).replace(/\.00$/, ""),
    formatTime: dayText,
  };
}

function drawdownChart({ days }: BacktestResult): LineChart {
  return {
    title: "Drawdown from the previous high",
    points: days.map(({ session, drawdown }) => ({ at: Date.parse(session), value: Number(decimal(drawdown).neg().toFixed()) })),
    marks: [],
    ceiling: 0,
    formatValue: (value) => formatPercent(decimalFromNumber(value)),
    formatTime: dayText,
  };
}

function dayText(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
