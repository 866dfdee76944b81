import { timeTicks, valueAxis, type Tick, type ValueAxis } from "./chart-axis.ts";
import { html, type Markup } from "./html.ts";

export interface ChartPoint {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly value: number;
}

/** Lines over time, drawn as SVG that needs no script and fits any width. Values are for drawing only. */
export interface LineChart {
  /** Text for screen readers. */
  readonly title: string;
  /** Oldest first; at least one. Filled down to the axis. */
  readonly points: readonly ChartPoint[];
  /** A second line to compare with, thinner. */
  readonly other?: { readonly points: readonly ChartPoint[] } | undefined;
  /** Texts at a time: deposits and withdrawals. */
  readonly marks?: readonly { readonly at: number; readonly label: string }[];
  /** Fixed upper end of the scale. */
  readonly ceiling?: number;
  /** A smaller range of values is drawn as if it were this wide. */
  readonly leastSpan: number;
  readonly formatValue: (value: number) => string;
  /** IANA zone of the times below it. */
  readonly zone: string;
  /** Pixels. */
  readonly height: number;
}

/** The column of the value labels, in pixels. */
export const SCALE_WIDTH = 76;
const TOP = 22;
const BOTTOM = 26;
/** Lines are drawn in a box of this width and height, which is then stretched. */
const BOX = 1_000;
/** Labels this close to an end are not centred on their place. */
const EDGE = 0.06;

/** A chart as wide as its place. @param readout what is said of each point, read by the page's script. */
export function lineChart(chart: LineChart, readout?: readonly ChartReadout[]): Markup {
  const { scale, plot } = chartParts(chart);
  const height = chart.height;
  const data =
    readout === undefined ? "" : html`data-readout="${JSON.stringify(readout.map(({ at, text }) => [placeOf(chart, at), text]))}"`;
  return html`<div class="chart ${chart.ceiling === undefined ? "rise" : "fall"}" ${data}>
    <svg class="scale" width="${SCALE_WIDTH}" height="${height}" aria-hidden="true">${scale}</svg>
    <svg class="plot" width="100%" height="${height}" role="img" aria-label="${chart.title}">${plot}</svg>
  </div>`;
}

interface ChartReadout {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly text: string;
}

/** The two parts of a chart: the labels of its values, for a column of {@link SCALE_WIDTH}, and the drawing. */
export function chartParts(chart: LineChart): { readonly scale: Markup; readonly plot: Markup } {
  const axis = axisOf(chart);
  const ticks = timeTicks(startOf(chart), endOf(chart), chart.zone);
  return {
    scale: html`${axis.values.map((value) => valueLabel(chart, axis, value))}`,
    plot: html`${axis.values.map((value) => gridLine(chart, axis, value))} ${ticks.map((tick, index) => timeLabel(chart, tick, index))}
      ${(chart.marks ?? []).map((mark, index) => markLine(chart, mark, index))}
      <svg x="0" y="${TOP}" width="100%" height="${innerHeight(chart)}" viewBox="0 0 ${BOX} ${BOX}" preserveAspectRatio="none">
        <path class="area" d="${areaPath(chart, axis)}" />
        ${chart.other === undefined ? "" : html`<path class="other" vector-effect="non-scaling-stroke" d="${pathOf(chart, axis, chart.other.points)}" />`}
        <path class="line" vector-effect="non-scaling-stroke" d="${pathOf(chart, axis, chart.points)}" />
      </svg>
      ${endDot(chart, axis)}`,
  };
}

function axisOf({ points, other, leastSpan, ceiling }: LineChart): ValueAxis {
  const values = [...points, ...(other?.points ?? [])].map(({ value }) => value);
  return valueAxis(Math.min(...values), Math.max(...values), { leastSpan, ceiling });
}

function startOf({ points }: LineChart): number {
  return points[0]?.at ?? 0;
}

function endOf({ points }: LineChart): number {
  return points.at(-1)?.at ?? 0;
}

/** From 0 to 1. */
function placeOf(chart: LineChart, at: number): number {
  const span = Math.max(1, endOf(chart) - startOf(chart));
  return Number(Math.min(1, Math.max(0, (at - startOf(chart)) / span)).toFixed(4));
}

function innerHeight({ height }: LineChart): number {
  return height - TOP - BOTTOM;
}

/** From 0 (top) to 1. */
function depthOf({ low, high }: ValueAxis, value: number): number {
  return 1 - (value - low) / (high - low);
}

function yOf(chart: LineChart, axis: ValueAxis, value: number): string {
  return (TOP + depthOf(axis, value) * innerHeight(chart)).toFixed(1);
}

function pathOf(chart: LineChart, axis: ValueAxis, points: readonly ChartPoint[]): string {
  const places = points.map(({ at, value }) => `${(placeOf(chart, at) * BOX).toFixed(1)} ${(depthOf(axis, value) * BOX).toFixed(1)}`);
  return places.map((place, index) => `${index === 0 ? "M" : "L"}${place}`).join(" ");
}

/** Down to the axis, or up to a fixed upper end. */
function areaPath(chart: LineChart, axis: ValueAxis): string {
  const edge = chart.ceiling === undefined ? BOX : 0;
  const [first, last] = [placeOf(chart, startOf(chart)) * BOX, placeOf(chart, endOf(chart)) * BOX];
  return `${pathOf(chart, axis, chart.points)} L${last.toFixed(1)} ${String(edge)} L${first.toFixed(1)} ${String(edge)} Z`;
}

function valueLabel(chart: LineChart, axis: ValueAxis, value: number): Markup {
  const y = yOf(chart, axis, value);
  return html`<text class="label" x="${SCALE_WIDTH - 8}" y="${y}" dy="0.32em" text-anchor="end">${chart.formatValue(value)}</text>`;
}

function gridLine(chart: LineChart, axis: ValueAxis, value: number): Markup {
  const y = yOf(chart, axis, value);
  return html`<line class="grid" x1="0" x2="100%" y1="${y}" y2="${y}" />`;
}

/** A phone has room for every other one. */
function timeLabel(chart: LineChart, { at, label }: Tick, index: number): Markup {
  return html`<text class="label ${index % 2 === 0 ? "" : "minor"}" x="${percent(at)}" y="${chart.height - 7}" text-anchor="${anchorAt(at)}"
    >${label}</text
  >`;
}

/** Neighbouring marks are named at different heights. */
function markLine(chart: LineChart, { at, label }: { readonly at: number; readonly label: string }, index: number): Markup {
  const place = placeOf(chart, at);
  const y = 11 + (index % 2) * 13;
  const anchor = place > 0.7 ? "end" : "start";
  return html`<g class="mark">
    <line x1="${percent(place)}" x2="${percent(place)}" y1="${y - 9}" y2="${chart.height - BOTTOM}" />
    <text x="${percent(place)}" y="${y}" dx="${anchor === "end" ? -5 : 5}" text-anchor="${anchor}">${label}</text>
  </g>`;
}

function endDot(chart: LineChart, axis: ValueAxis): Markup | string {
  const last = chart.points.at(-1);
  if (last === undefined) return "";
  return html`<circle class="end" cx="${percent(placeOf(chart, last.at))}" cy="${yOf(chart, axis, last.value)}" r="3.5" />`;
}

function anchorAt(place: number): string {
  return place < EDGE ? "start" : place > 1 - EDGE ? "end" : "middle";
}

function percent(place: number): string {
  return `${(place * 100).toFixed(2)}%`;
}

/** Colours by role. Expects `--accent`, `--bad`, `--warn`, `--quiet`, `--rule` and `--panel`. */
export const CHART_STYLE = `.chart .line { fill: none; stroke: var(--accent); stroke-width: 2; stroke-linejoin: round; } .chart .end { fill: var(--accent); }
.chart .area { fill: var(--accent); fill-opacity: 0.1; } .chart .other { fill: none; stroke: var(--quiet); stroke-width: 1.5; stroke-linejoin: round; }
.chart.fall .line { stroke: var(--bad); } .chart.fall .end, .chart.fall .area { fill: var(--bad); }
.chart .grid { stroke: var(--rule); stroke-width: 1; } .chart .label { fill: var(--quiet); font-size: 12px; }
.chart .mark line { stroke: var(--warn); stroke-dasharray: 4 3; } .chart .mark text { fill: var(--warn); font-size: 12px; paint-order: stroke; stroke: var(--panel); stroke-width: 3px; }`;
