import { decimal, decimalFromNumber, ZERO } from "../../domain/decimal.ts";
import { formatDollars, formatPercent } from "../../domain/format.ts";
import { formatInstant } from "../../domain/time-format.ts";
import type { EquityCurve } from "../equity-curve.ts";
import { signedDollars } from "../figures.ts";
import { columns, figureList, html, htmlTable, numbers, type HtmlCell, type Markup } from "../html.ts";
import { fractionOrNull } from "../json-values.ts";
import { lineChart, type ChartPoint, type LineChart } from "../line-chart.ts";
import { dollarsCell, profitCell, returnCell, shareCell } from "../report-cells.ts";

const HEIGHT = 250;
const DRAWDOWN_HEIGHT = 110;
/** As a fraction: smaller changes must not look dramatic. */
const LEAST_SPAN = 0.01;
/** As a fraction: an account that has moved less has no curve yet. */
const LEAST_MOVE = 0.0001;
/** More points than a screen has room for say nothing more. */
const POINTS_SHOWN = 240;
const ROWS_SHOWN = 60;

interface EquityPlace {
  /** IANA zone. */
  readonly zone: string;
  /** What the curve covers, for people: `the last 30 days`. */
  readonly period: string;
  /** Whether a script tells each point under the pointer. */
  readonly isLive: boolean;
}

/** Equity over time next to the benchmark, with deposits marked, and the same data as figures and as a table. */
export function equitySection(curve: EquityCurve | null, place: EquityPlace): Markup {
  if (curve === null || curve.points.length === 0) return html`<p class="quiet">No equity is known for ${place.period}.</p>`;
  return html`${figures(curve)}${charts(curve, place)}${dataTable(curve, place)}`;
}

function figures(curve: EquityCurve): Markup {
  if (curve.source === "ledger")
    return html`<p class="quiet">
      The broker's history is not known. These values were recorded after each execution; deposits are not known, so no return is shown.
    </p>`;
  const { benchmark, drawdown } = curve;
  return figureList([
    ["Return (excl. deposits)", returnCell(curve.return), html`${profitCell(curve.gain)}`],
    ...(benchmark === null ? [] : [[benchmark.symbol, returnCell(benchmark.return), difference(curve, benchmark.return)] as const]),
    ["Drawdown now", shareCell(drawdown?.now ?? null), drawdown?.worst ? `worst ${shareCell(drawdown.worst.depth)}` : undefined],
    ...(curve.flows === null || decimal(curve.flows).eq(ZERO) ? [] : [["Deposits less withdrawals", dollarsCell(curve.flows)] as const]),
  ]);
}

function difference({ return: earned }: EquityCurve, benchmark: string): HtmlCell | undefined {
  if (earned === null) return undefined;
  return html`account ${returnCell(fractionOrNull(decimal(earned).minus(decimal(benchmark))))} against it`;
}

function charts(curve: EquityCurve, { zone, isLive }: EquityPlace): Markup {
  const shown = thinned(curve.points, POINTS_SHOWN);
  const points = shown.map(({ at, equity }) => ({ at: Date.parse(at), value: Number(equity) }));
  const flat = flatText(curve, zone);
  if (flat !== undefined) return html`<p class="quiet">${flat}</p>`;
  const below = curve.drawdown === null ? [] : drawdowns(shown);
  const other = benchmarkPoints(curve);
  const readout = isLive
    ? shown.map((point, index) => ({ at: Date.parse(point.at), text: pointText(point, below[index]?.value, zone) }))
    : undefined;
  const equity: LineChart = {
    title: `Equity in dollars${other === undefined ? "" : `, next to the same money in ${curve.benchmark?.symbol ?? ""}`}`,
    points,
    other,
    marks: flowMarks(curve),
    leastSpan: LEAST_SPAN * Math.max(...points.map(({ value }) => value)),
    formatValue: dollarLabel,
    zone,
    height: HEIGHT,
  };
  return html`<div class="charts">
    ${legend(curve, other !== undefined)}${isLive ? html`<p class="readout quiet">${readout?.at(-1)?.text ?? ""}</p>` : ""}
    ${lineChart(equity, readout)}
    ${
      below.length < 2
        ? ""
        : html`<p class="chart-title quiet">Below the highest point, excluding deposits</p>
            ${lineChart(fallChart(below, zone))}`
    }
  </div>`;
}

function legend(curve: EquityCurve, isCompared: boolean): Markup | string {
  if (!isCompared) return "";
  return html`<p class="legend">
    <span class="own">Account</span> <span class="other">${curve.benchmark?.symbol ?? ""}, with the same deposits</span>
  </p>`;
}

function fallChart(below: readonly ChartPoint[], zone: string): LineChart {
  return {
    title: "Drawdown: how far the account is below its highest point, excluding deposits",
    points: below,
    ceiling: 0,
    leastSpan: LEAST_SPAN,
    formatValue: (value) => formatPercent(decimalFromNumber(value)),
    zone,
    height: DRAWDOWN_HEIGHT,
  };
}

/** Two points make no line worth looking at. */
function benchmarkPoints({ benchmark }: EquityCurve): LineChart["other"] {
  if (benchmark === null || benchmark.points.length < 3) return undefined;
  return { points: benchmark.points.map(({ at, value }) => ({ at: Date.parse(at), value: Number(value) })) };
}

/** Of an account that has not moved, a sentence says more than a flat line. */
function flatText({ points }: EquityCurve, zone: string): string | undefined {
  const values = points.map(({ equity }) => Number(equity));
  const [first, most, least] = [points[0], Math.max(...values), Math.min(...values)];
  if (first === undefined || (points.length > 1 && most - least > LEAST_MOVE * Math.abs(most))) return undefined;
  return `The account has been worth ${formatDollars(decimal(first.equity))} since ${formatInstant(Date.parse(first.at), zone)}. The chart begins when it moves.`;
}

type Points = EquityCurve["points"];

/** The drawdown at each point; empty where the growth is not known. */
function drawdowns(points: Points): ChartPoint[] {
  if (points.some(({ growth }) => growth === null)) return [];
  let highest = 0;
  return points.map(({ at, growth }) => {
    highest = Math.max(highest, Number(growth));
    return { at: Date.parse(at), value: highest === 0 ? 0 : Math.min(0, Number(growth) / highest - 1) };
  });
}

function flowMarks({ points }: EquityCurve): NonNullable<LineChart["marks"]> {
  return points.slice(1).flatMap(({ at, flow }) => {
    const amount = decimal(flow ?? "0");
    return amount.eq(ZERO) ? [] : [{ at: Date.parse(at), label: `${amount.gt(ZERO) ? "deposit" : "withdrawal"} ${signedDollars(amount)}` }];
  });
}

/** Every nth point, and all with a deposit; the last one always. */
function thinned(points: Points, most: number): Points {
  const step = Math.ceil(points.length / most);
  return points.filter(({ flow }, index) => (points.length - 1 - index) % step === 0 || decimal(flow ?? "0").cmp(ZERO) !== 0);
}

function pointText({ at, equity, flow }: Points[number], below: number | undefined, zone: string): string {
  const depth = below === undefined || below > -0.00005 ? "" : ` · ${formatPercent(decimalFromNumber(-below), 2)} below the highest`;
  const paid = flow === null || decimal(flow).eq(ZERO) ? "" : ` · ${signedDollars(decimal(flow))} deposited or withdrawn`;
  return `${formatInstant(Date.parse(at), zone)} · ${formatDollars(decimal(equity))}${depth}${paid}`;
}

/** Round values have no cents. */
function dollarLabel(value: number): string {
  return formatDollars(decimalFromNumber(value)).replace(/\.00$/, "");
}

/** The chart as text, for readers who cannot see it. */
function dataTable({ points }: EquityCurve, { zone, period }: EquityPlace): Markup {
  const rows = thinned(points, ROWS_SHOWN)
    .toReversed()
    .map(({ at, equity, flow }) => [
      formatInstant(Date.parse(at), zone),
      dollarsCell(equity),
      flow === null || decimal(flow).eq(ZERO) ? "" : signedDollars(decimal(flow)),
    ]);
  return html`<details class="words" id="chart-data">
    <summary>Chart data as table</summary>
    ${htmlTable(`Equity, ${period}`, [...columns("Time"), ...numbers("Equity", "Deposits")], rows)}
  </details>`;
}
