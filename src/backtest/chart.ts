import { formatDollars, formatPercent } from "../domain/format.ts";
import { decimal, decimalFromNumber } from "../domain/decimal.ts";
import type { DocumentKind } from "../reporting/document-file.ts";
import { html, Markup } from "../reporting/html.ts";
import { CHART_STYLE, chartParts, SCALE_WIDTH, type LineChart } from "../reporting/line-chart.ts";
import type { BacktestResult } from "./result.ts";
import { headline, markText } from "./view.ts";

/** Marks our own charts: no other file is ever overwritten. */
export const BACKTEST_CHART: DocumentKind = {
  name: "back-test chart",
  mark: '<?xml version="1.0" encoding="UTF-8"?>\n<!-- alpaca-trader backtest -->\n',
};

const STYLE = `
svg { --ink: #1c2126; --quiet: #55616f; --panel: #ffffff; --rule: #d8dee4; --accent: #1f5fbf; --bad: #b3261e; --warn: #8a5300; }
@media (prefers-color-scheme: dark) { svg { --ink: #e4e8ec; --quiet: #9dabba; --panel: #14181c; --rule: #323b44; --accent: #82b1ff; --bad: #ff8a80; --warn: #f0b45c; } }
.paper { fill: var(--panel); } text { font: 12px system-ui, sans-serif; fill: var(--quiet); } .head { font-size: 16px; font-weight: 600; fill: var(--ink); }
${CHART_STYLE}
`;
const MARGIN = 14;
const HEAD = 58;
const WIDTH = 900;
const EQUITY_HEIGHT = 300;
const DRAWDOWN_HEIGHT = 150;
const TITLE = 18;
const HEIGHT = HEAD + EQUITY_HEIGHT + DRAWDOWN_HEIGHT + 2 * TITLE + MARGIN;
/** As a fraction: smaller changes must not look dramatic. */
const LEAST_SPAN = 0.01;

/** Equity at the closes, next to the benchmark, and its drawdown, as one SVG file that loads nothing. */
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
    ${panel("rise", HEAD, equityChart(result))} ${panel("fall", HEAD + EQUITY_HEIGHT + TITLE, drawdownChart(result))}
  </svg>`;
  return `${BACKTEST_CHART.mark}${svg.text}\n`;
}

function subtitle(result: BacktestResult): string {
  const { figures, benchmark } = result;
  const fall = figures.max_drawdown === null ? "no drawdown" : `worst drawdown ${formatPercent(decimal(figures.max_drawdown.depth))}`;
  const compared = benchmark === null ? "" : `; ${benchmark.symbol} ${formatPercent(decimal(benchmark.return))}`;
  return `Return ${formatPercent(decimal(figures.return))}, ${fall}${compared}. ${markText(result)}`;
}

function panel(name: string, y: number, chart: LineChart): Markup {
  const { scale, plot } = chartParts(chart);
  return html`<g class="chart ${name}" transform="translate(0 ${y})">
    <text x="${MARGIN}" y="12">${chart.title}</text>
    <svg class="scale" y="${TITLE}" width="${SCALE_WIDTH}" height="${chart.height}">${scale}</svg>
    <svg class="plot" x="${SCALE_WIDTH}" y="${TITLE}" width="${WIDTH - SCALE_WIDTH - MARGIN}" height="${chart.height}">${plot}</svg>
  </g>`;
}

function equityChart({ start_equity, days, benchmark }: BacktestResult): LineChart {
  const first = days[0]?.session ?? "";
  const compared = benchmark === null ? "" : `; grey: the same in ${benchmark.symbol}`;
  const held = days.flatMap(({ session, benchmark: value }) => (value === null ? [] : [{ at: Date.parse(session), value: Number(value) }]));
  return {
    title: `Equity at the close, from ${formatDollars(decimal(start_equity))} on ${first}${compared}`,
    points: days.map(({ session, equity }) => ({ at: Date.parse(session), value: Number(equity) })),
    other: held.length === 0 ? undefined : { points: held },
    leastSpan: LEAST_SPAN * Number(start_equity),
    formatValue: (value) => formatDollars(decimalFromNumber(value)).replace(/\.00$/, ""),
    zone: "UTC",
    height: EQUITY_HEIGHT,
  };
}

function drawdownChart({ days }: BacktestResult): LineChart {
  return {
    title: "Drawdown from the previous high",
    points: days.map(({ session, drawdown }) => ({ at: Date.parse(session), value: Number(decimal(drawdown).neg().toFixed()) })),
    ceiling: 0,
    leastSpan: LEAST_SPAN,
    formatValue: (value) => formatPercent(decimalFromNumber(value)),
    zone: "UTC",
    height: DRAWDOWN_HEIGHT,
  };
}
