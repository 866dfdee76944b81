import { formatPercent, formatWeight } from "../domain/format.ts";
import { decimal, roundHalfUp, ONE } from "../domain/decimal.ts";
import { counted, dollarsOf, signedDollars, signedPercent } from "../reporting/figures.ts";
import { oneLine, spaced, type Style } from "../reporting/style.ts";
import { left, right, table, type Cell } from "../reporting/table.ts";
import type { BacktestResult, Figures } from "./result.ts";

/** Days listed per kind; `--json` has all of them. */
const SHOWN = 5;
/** A quarter of a year. */
const FEW_SESSIONS = 63;
const ADJUSTED = "adjusted for splits and dividends";

export function backtestLines(result: BacktestResult, style: Style): string[] {
  const sections = [
    headLines(result, style),
    figureLines(result, style),
    branchLines(result, style),
    legLines(result, style),
    doubtLines(result, style),
  ];
  return spaced(sections);
}

/** What a reader must know to judge the figures; also printed with `--json`. */
export function cautions({ bars, trade_at, warnings }: BacktestResult): string[] {
  return [
    ...(bars.invented ? ["SIMULATOR: bars and figures are invented."] : []),
    ...(trade_at === "close" ? [LOOK_AHEAD] : []),
    ...warnings,
  ];
}

const LOOK_AHEAD =
  "--trade-at close looks ahead: each decision used the close it traded at, which is unknown at 15:45. Live trading will differ; use the default to judge a rule.";

function headLines(result: BacktestResult, style: Style): string[] {
  return [
    style.paint("strong", headline(result)),
    `Bars: ${result.bars.invented ? "invented by " : ""}${oneLine(result.bars.source)}, ${ADJUSTED}.`,
    markText(result),
    ...cautions(result).map((caution) => `${style.mark("warn")}${style.paint("warn", `Note: ${oneLine(caution)}`)}`),
  ];
}

function figureLines(result: BacktestResult, style: Style): string[] {
  const { activity, benchmark, best_day, worst_day } = result;
  const rows: (readonly [string, string])[] = [
    ["Equity", `${dollarsOf(result.start_equity)} ${style.arrow} ${dollarsOf(result.end_equity)} (${signedDollars(decimal(result.gain))})`],
    ...curveRows(result.figures),
    ["Best day", `${signedPercent(decimal(best_day.return), 2)} on ${best_day.session}`],
    ["Worst day", `${signedPercent(decimal(worst_day.return), 2)} on ${worst_day.session}`],
    [
      "Trades",
      `${activity.trades} (${counted(activity.buys, "buy")}, ${counted(activity.sells, "sell")}) in ${counted(activity.sessions_traded, "session")}`,
    ],
    [
      "Turnover",
      `${share(activity.turnover)} of the mean equity, ${share(activity.turnover_per_year)} per year; ${dollarsOf(activity.traded)} traded`,
    ],
    ["Costs", `${dollarsOf(activity.costs)}, included in all figures`],
    ...(benchmark === null ? [] : [[`${benchmark.symbol} held`, benchmarkText(benchmark)] as const]),
  ];
  return [
    style.paint("strong", "Result"),
    ...table(left("", ""), rows, style),
    ...(result.period.sessions < FEW_SESSIONS ? [style.paint("quiet", "  Yearly figures mean little for so few sessions.")] : []),
  ];
}

function curveRows(figures: Figures): (readonly [string, string])[] {
  const fall = figures.max_drawdown;
  const recovered = fall?.recovered === null || fall === null ? "not yet recovered" : `recovered ${fall.recovered}`;
  return [
    ["Return", signedPercent(decimal(figures.return), 2)],
    ["CAGR", figures.cagr === null ? UNDEFINED : `${signedPercent(decimal(figures.cagr), 2)} a year`],
    ["Worst drawdown", fall === null ? "none" : `${formatPercent(decimal(fall.depth), 2)}, from ${fall.from} to ${fall.to}, ${recovered}`],
    ["Volatility", figures.volatility === null ? UNDEFINED : `${formatPercent(decimal(figures.volatility), 2)} a year`],
    ["Sharpe ratio", figures.sharpe === null ? UNDEFINED : `${ratio(figures.sharpe)} (risk-free rate 0)`],
  ];
}

const UNDEFINED = "not defined";

function benchmarkText(figures: Figures): string {
  const [total = "", yearly = "", fall = ""] = curveRows(figures).map(([, text]) => text);
  return `${total} (${yearly}); worst drawdown ${fall.split(",")[0] ?? ""}; Sharpe ratio ${figures.sharpe === null ? UNDEFINED : ratio(figures.sharpe)}`;
}

const TIMES = [...left("Strategy", "Branch"), ...right("Sessions", "Time")];

function branchLines({ branches }: BacktestResult, style: Style): string[] {
  const rows = branches.map((row): Cell[] => [
    row.strategy,
    row.branch === "undecided" ? { text: row.branch, tint: "warn" } : { text: row.branch, tint: "strong" },
    String(row.sessions),
    share(row.share),
  ]);
  return [style.paint("strong", "Time in each branch"), ...table(TIMES, rows, style)];
}

const LEGS = [...left("Symbol"), ...right("Sessions", "Time", "Mean weight", "Profit")];

function legLines({ legs }: BacktestResult, style: Style): string[] {
  if (legs.length === 0) return ["Nothing was held."];
  const rows = legs.map((leg): Cell[] => {
    const profit = decimal(leg.profit);
    const tint = profit.s < 0 ? "bad" : "good";
    return [
      { text: leg.symbol, tint: "strong" },
      String(leg.sessions),
      share(leg.share),
      share(leg.average_weight),
      { text: signedDollars(profit), tint },
    ];
  });
  return [style.paint("strong", "Time in each leg"), ...table(LEGS, rows, style)];
}

/** What kept the back-test from trading, so that a skipped day is not mistaken for a decision. */
function doubtLines({ undecided, refused, left_off, unpriced }: BacktestResult, style: Style): string[] {
  const first =
    undecided.sessions === 0
      ? "Every session had a decision."
      : `${counted(undecided.sessions, "session")} without a decision; nothing was traded:`;
  return [
    undecided.sessions === 0 ? first : `${style.mark("warn")}${style.paint("warn", first)}`,
    ...listed(undecided.list.map(({ session, strategy, reason }) => `${session} ${strategy}: ${reason}`)),
    ...headed(
      "Plans refused",
      refused.map(({ session, reason }) => `${session}: ${reason}`),
      style,
    ),
    ...headed(
      "Symbols left off target",
      left_off.map(({ session, symbol, reason }) => `${session} ${symbol}: ${reason}`),
      style,
    ),
    ...headed(
      "Holdings without a bar, valued at an earlier close",
      unpriced.map(({ session, symbol }) => `${session} ${symbol}`),
      style,
    ),
  ];
}

function headed(title: string, lines: readonly string[], style: Style): string[] {
  return lines.length === 0 ? [] : [`${style.mark("warn")}${style.paint("warn", `${title}: ${String(lines.length)}`)}`, ...listed(lines)];
}

function listed(lines: readonly string[]): string[] {
  const rest = lines.length - SHOWN;
  return [
    ...lines.slice(0, SHOWN).map((line) => `  ${oneLine(line)}`),
    ...(rest > 0 ? [`  and ${String(rest)} more; --json has all of them.`] : []),
  ];
}

function share(text: string | null): string {
  return text === null ? UNDEFINED : formatPercent(decimal(text));
}

function ratio(text: string): string {
  return roundHalfUp(decimal(text), 2).toFixed(2);
}

/** `Back-test of nuclear 60 %, tecl 40 %, 2020-01-02 to 2024-12-31, 1258 sessions`. */
export function headline({ strategies, period }: Pick<BacktestResult, "strategies" | "period">): string {
  const named = strategies.map(({ name, share }) => (decimal(share).eq(ONE) ? name : `${name} ${formatWeight(decimal(share))}`)).join(", ");
  return `Back-test of ${named}, ${period.first_session} to ${period.last_session}, ${counted(period.sessions, "session")}`;
}

/** How it was traded, in one or two sentences. */
export function markText({ trade_at, cost_bps }: Pick<BacktestResult, "trade_at" | "cost_bps">): string {
  const cost = `${cost_bps} basis points cost per trade`;
  return trade_at === "open"
    ? `Decided on earlier closes, traded at the open; ${cost}.`
    : `Decided and traded at the same close (look-ahead); ${cost}.`;
}
