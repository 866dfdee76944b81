/** @import { EquityCurve } from "../../reporting/equity-curve.ts" */
/** @import { Child } from "./elements.js" */
import { dateOf } from "./browser-clock.js";
import { byId, el, figures, fill, table } from "./elements.js";
import { change, day, dollars, timeText, percent, percentChange, toned } from "./words.js";

/** @typedef {typeof import("uplot")} Plotter */
/** @typedef {import("uplot")} Plot */

const CURVE_HEIGHT = 240;
const DRAWDOWN_HEIGHT = 96;
/** As a fraction: smaller changes must not look dramatic. */
const LEAST_SPAN = 0.01;
/** As a fraction: smaller values round to zero. */
const LEAST_DEPTH = 0.00005;
/** The most rows in the table. */
const ROWS_SHOWN = 60;

/** @type {Plot[]} */
let plots = [];
/** @type {{ range: string, curve: EquityCurve | null } | undefined} */
let shown;

/**
 * Equity over time: a chart, and the same data in words and figures.
 * @param {string} range
 * @param {EquityCurve | null} curve
 */
export function showCurve(range, curve) {
  shown = { range, curve };
  fill(byId("curve-figures"), [range, curve === null ? null : { ...curve, points: curve.points.length }], () => curveFigures(curve));
  fill(byId("curve-words"), [range, curve], () => curveWords(range, curve));
  draw();
}

/** In the current colours and width. */
export function draw() {
  for (const plot of plots) plot.destroy();
  plots = [];
  const place = byId("curve");
  place.replaceChildren();
  const points = shown?.curve?.points ?? [];
  if (points.length < 2 || shown?.curve == null) return;
  const width = Math.max(240, Math.floor(place.clientWidth));
  const below = drawdowns(shown.curve);
  const readout = el("p", { class: "quiet readout" });
  /** @param {number | null | undefined} index Of the point under the pointer; default: the newest. */
  const read = (index) => readout.replaceChildren(pointWords(points[index ?? points.length - 1], below?.[index ?? points.length - 1]));
  read(null);
  place.append(readout);
  const times = points.map(({ at }) => dateOf(at).getTime() / 1_000);
  const worth = points.map(({ equity }) => Number(equity));
  const deposits = points.flatMap(({ at, flow }, index) =>
    index > 0 && Number(flow ?? 0) !== 0 ? [{ at: dateOf(at).getTime() / 1_000, amount: flow }] : [],
  );
  plots.push(
    plot({
      place,
      width,
      height: CURVE_HEIGHT,
      times,
      values: worth,
      colour: "--accent",
      label: shortDollars,
      range: around,
      marks: deposits,
      read,
    }),
  );
  if (below === undefined) return;
  place.append(el("p", { class: "quiet chart-title" }, "Below the highest point, excluding deposits"));
  plots.push(
    plot({
      place,
      width,
      height: DRAWDOWN_HEIGHT,
      times,
      values: below,
      colour: "--bad",
      label: (value) => `${(value * 100).toFixed(1).replace("-", "−")} %`,
      range: (_plot, least) => [Math.min(least, -LEAST_SPAN), 0],
      marks: [],
      read,
    }),
  );
}

/** @param {EquityCurve["points"][number] | undefined} point @param {number | undefined} below As a fraction, zero or less. */
function pointWords(point, below) {
  if (point === undefined) return "";
  const depth = below === undefined || below > -LEAST_DEPTH ? "" : ` · ${percent(below)} below the highest`.replace("−", "");
  const paid = Number(point.flow ?? 0) === 0 ? "" : ` · ${change(point.flow)} deposited or withdrawn`;
  return `${timeText(point.at, { seconds: false })} · ${dollars(point.equity)}${depth}${paid}`;
}

/**
 * @param {{ place: HTMLElement, width: number, height: number, times: number[], values: number[], colour: string,
 *   label: (value: number) => string, range: (plot: Plot, least: number, most: number) => [number, number],
 *   marks: readonly { at: number, amount: string | null }[], read: (index: number | null | undefined) => void }} what
 */
function plot({ place, width, height, times, values, colour, label, range, marks, read }) {
  const Plotter = /** @type {{ uPlot: Plotter }} */ (/** @type {unknown} */ (globalThis)).uPlot;
  const [ink, grid, line] = [colourOf("--quiet"), colourOf("--rule"), colourOf(colour)];
  const axis = { stroke: ink, font: "12px system-ui, sans-serif", grid: { stroke: grid, width: 1 }, ticks: { show: false } };
  return new Plotter(
    {
      width,
      height,
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 8 }, sync: { key: "curve" } },
      scales: { x: { time: true }, y: { range } },
      axes: [
        { ...axis, size: 30, values: (_plot, ticks, _axis, _space, step) => ticks.map((tick) => axisTime(tick, step)) },
        { ...axis, size: 74, space: Math.max(18, height / 8), values: (_plot, ticks) => ticks.map(label) },
      ],
      series: [{}, { stroke: line, width: 2, fill: `${line}22`, points: { show: times.length < 3 } }],
      hooks: {
        draw: [(/** @type {Plot} */ drawn) => drawMarks(drawn, marks)],
        setCursor: [(/** @type {Plot} */ drawn) => read(drawn.cursor.idx)],
      },
    },
    [times, values],
    place,
  );
}

/**
 * @param {Plot} drawn
 * @param {readonly { at: number, amount: string | null }[]} marks
 */
function drawMarks(drawn, marks) {
  const { ctx, bbox } = drawn;
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = colourOf("--warn");
  ctx.setLineDash([4, 4]);
  ctx.lineWidth = devicePixelRatio;
  ctx.font = `${String(11 * devicePixelRatio)}px system-ui, sans-serif`;
  for (const [index, { at, amount }] of marks.entries()) {
    const x = Math.round(drawn.valToPos(at, "x", true));
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.textAlign = x > bbox.left + bbox.width / 2 ? "right" : "left";
    ctx.fillText(` ${change(amount)} `, x, bbox.top + (12 + 14 * (index % 3)) * devicePixelRatio);
  }
  ctx.restore();
}

/** @param {string} name */
function colourOf(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** @param {Plot} _plot @param {number} least @param {number} most @returns {[number, number]} */
function around(_plot, least, most) {
  const margin = Math.max((most - least) * 0.08, (Math.abs(most) * LEAST_SPAN - (most - least)) / 2);
  return [least - margin, most + margin];
}

/** @param {number} seconds @param {number} step between two of them. */
function axisTime(seconds, step) {
  const at = seconds * 1_000;
  const time = timeText(at, { date: false, seconds: false }).slice(0, 5);
  return step >= 86_400 || time === "00:00" ? day(at).slice(0, -5) : time;
}

/** @param {number} value */
function shortDollars(value) {
  return `$${value.toLocaleString("en-US", { maximumFractionDigits: 2 })}`;
}

/** @param {EquityCurve} curve @returns {number[] | undefined} */
function drawdowns({ points, drawdown }) {
  if (drawdown === null || points.some(({ growth }) => growth === null)) return undefined;
  let highest = 0;
  return points.map(({ growth }) => {
    highest = Math.max(highest, Number(growth));
    return highest === 0 ? 0 : Number(growth) / highest - 1;
  });
}

/** @param {EquityCurve | null} curve */
function curveFigures(curve) {
  if (curve === null) return el("p", { class: "quiet" }, "Equity for this period is unknown.");
  if (curve.source === "ledger")
    return el(
      "p",
      { class: "quiet" },
      "The broker provides no equity history. These values were recorded after each execution; deposits are unknown, so no return is shown.",
    );
  const worst = curve.drawdown?.worst;
  return figures([
    ["Return (excl. deposits)", toned(percentChange(curve.return), curve.return)],
    ["Gain (excl. deposits)", toned(change(curve.gain), curve.gain)],
    ["Deposits less withdrawals", change(curve.flows)],
    [
      "Current drawdown",
      percent(negative(curve.drawdown?.now)),
      worst ? `worst ${percent(negative(worst.depth))}, ${day(worst.from)} to ${day(worst.to)}` : null,
    ],
  ]);
}

/** @param {string | undefined} depth Positive. */
function negative(depth) {
  return depth === undefined ? null : Number(depth) === 0 ? 0 : -Number(depth);
}

/**
 * The chart as text, for readers who cannot see it. @param {string} range @param {EquityCurve | null} curve
 * @returns {Child[]}
 */
function curveWords(range, curve) {
  const points = curve?.points ?? [];
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return [];
  const by = [...points].sort((one, other) => Number(one.equity) - Number(other.equity));
  const [lowest, highest] = [by[0] ?? first, by.at(-1) ?? last];
  const deposits = points.slice(1).filter(({ flow }) => Number(flow ?? 0) !== 0);
  return [
    el(
      "p",
      {},
      `From ${dollars(first.equity)} (${timeText(first.at, { seconds: false })}) to ${dollars(last.equity)} (${timeText(last.at, { seconds: false })}). `,
      `Lowest ${dollars(lowest.equity)}, highest ${dollars(highest.equity)}.`,
      deposits.length === 0
        ? ""
        : ` Deposits and withdrawals: ${deposits.map(({ at, flow }) => `${change(flow)} on ${day(at)}`).join(", ")}.`,
    ),
    table(
      `Equity, ${range}`,
      [{ title: "Time" }, { title: "Equity", kind: "number" }, { title: "Deposits", kind: "number" }],
      thinned(points).map(({ at, equity, flow }) => [
        timeText(at, { seconds: false }),
        dollars(equity),
        Number(flow ?? 0) === 0 ? "" : change(flow),
      ]),
    ),
  ];
}

/**
 * Newest first; of many points every nth and all with a deposit.
 * @param {EquityCurve["points"]} points
 */
function thinned(points) {
  const step = Math.ceil(points.length / ROWS_SHOWN);
  return points.filter(({ flow }, index) => (points.length - 1 - index) % step === 0 || Number(flow ?? 0) !== 0).toReversed();
}
