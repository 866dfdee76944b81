import { html, type Markup } from "./html.ts";

/** A line over time, drawn as SVG for a page that loads nothing. Values are for drawing only. */
export interface LineChart {
  /** Text for screen readers. */
  readonly title: string;
  /** Oldest first; at least one. */
  readonly points: readonly { readonly at: number; readonly value: number }[];
  readonly marks: readonly { readonly at: number; readonly label: string }[];
  /** Fixed upper end of the scale, instead of some room above the highest value. */
  readonly ceiling?: number;
  readonly formatValue: (value: number) => string;
  readonly formatTime: (at: number) => string;
}

const WIDTH = 900;
const HEIGHT = 260;
const LEFT = 92;
const RIGHT = 14;
const TOP = 22;
const BOTTOM = 30;
const GRID_LINES = 4;
/** Room above and below the line, as a fraction of its range. */
const MARGIN = 0.06;

interface Scale {
  readonly x: (at: number) => number;
  readonly y: (value: number) => number;
  readonly low: number;
  readonly high: number;
}

export function lineChart(chart: LineChart): Markup {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${chart.title}">
    <svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${chart.title}">
      <title>${chart.title}</title>
      ${lineChartBody(chart)}
    </svg>
  </div>`;
}

/** Size of the drawing of {@link lineChartBody}, in its own units. */
export const LINE_CHART_SIZE = { width: WIDTH, height: HEIGHT } as const;

/** The drawing alone, for an SVG that holds more than one. */
export function lineChartBody(chart: LineChart): Markup {
  const scale = scaleOf(chart);
  const path = chart.points.map(
    ({ at, value }, index) => `${index === 0 ? "M" : "L"}${scale.x(at).toFixed(1)} ${scale.y(value).toFixed(1)}`,
  );
  const last = chart.points.at(-1);
  return html`${gridLines(chart, scale)} ${timeLabels(chart, scale)} ${chart.marks.map((mark) => markLine(mark, scale))}
    <path class="line" d="${path.join(" ")}" />
    ${last === undefined ? "" : html`<circle class="end" cx="${scale.x(last.at).toFixed(1)}" cy="${scale.y(last.value).toFixed(1)}" r="3.5" />`}`;
}

function scaleOf({ points, ceiling }: LineChart): Scale {
  const values = points.map(({ value }) => value);
  const times = points.map(({ at }) => at);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const room = most > least ? (most - least) * MARGIN : Math.max(Math.abs(most) * MARGIN, 1e-6);
  const [low, high] = [least - room, ceiling ?? most + room];
  const [first, end] = [Math.min(...times), Math.max(...times)];
  const span = Math.max(1, end - first);
  return {
    low,
    high,
    x: (at) => LEFT + ((at - first) / span) * (WIDTH - LEFT - RIGHT),
    y: (value) => TOP + (1 - (value - low) / (high - low)) * (HEIGHT - TOP - BOTTOM),
  };
}

function gridLines({ formatValue }: LineChart, { low, high, y }: Scale): Markup[] {
  return Array.from({ length: GRID_LINES + 1 }, (_, index) => {
    const value = low + ((high - low) * index) / GRID_LINES;
    const at = y(value).toFixed(1);
    return html`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}" />
      <text class="label" x="${LEFT - 8}" y="${at}" dy="0.32em" text-anchor="end">${formatValue(value)}</text>`;
  });
}

function timeLabels({ points, formatTime }: LineChart, { x }: Scale): Markup[] {
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined) return [];
  const label = (at: number, anchor: string): Markup =>
    html`<text class="label" x="${x(at).toFixed(1)}" y="${HEIGHT - 8}" text-anchor="${anchor}">${formatTime(at)}</text>`;
  return first.at === last.at
    ? [label(first.at, "start")]
    : [label(first.at, "start"), label((first.at + last.at) / 2, "middle"), label(last.at, "end")];
}

function markLine({ at, label }: LineChart["marks"][number], { x }: Scale): Markup {
  const where = x(at).toFixed(1);
  const anchor = x(at) > WIDTH - RIGHT - 130 ? "end" : "start";
  return html`<g class="mark">
    <title>${label}</title>
    <line x1="${where}" x2="${where}" y1="${TOP - 6}" y2="${HEIGHT - BOTTOM}" />
    <text x="${where}" y="${TOP - 9}" text-anchor="${anchor}">${label}</text>
  </g>`;
}
