import { marketDate } from "../domain/market-day.ts";
import type { EquityPoint } from "../performance/returns.ts";
import { tradedValue, turnoverOf } from "../performance/trade.ts";
import { decimalFromNumber, sum, ZERO, type Decimal } from "../domain/decimal.ts";
import { dollarsOrNull, dollarText, fractionOrNull, textOrNull, fractionText } from "../reporting/json-values.ts";
import type { FilledTrade } from "./account.ts";
import type { BacktestDay, BacktestOptions } from "./backtest.ts";
import { barsOn } from "./market-history.ts";
import {
  SCHEMA,
  countOf,
  numberText,
  shareOfSessions,
  type Activity,
  type BacktestResult,
  type DayReturn,
  type Figures,
  type ResultDay,
  type ResultTrade,
  type Undecided,
  type BranchTime,
  type LegTime,
} from "./result.ts";
import { dailyReturns, drawdowns, statisticsOf, type Statistics } from "./statistics.ts";
import { AverageCostBook } from "../performance/average-cost.ts";

/** The complete result of a back-test. @param days at least one. */
export function buildResult(options: BacktestOptions, days: readonly BacktestDay[]): BacktestResult {
  const { history, period, cash, costBps, tradeAt, strategies } = options;
  const statistics = statisticsOf(equityPoints(options, days));
  const returns = dailyReturns(statistics.growth);
  const end = days.at(-1)?.equity ?? cash;
  const undecided = undecidedOf(days);
  const benchmark = benchmarkOf(options, days);
  return {
    schema: SCHEMA,
    period: { ...period, first_session: days[0]?.session ?? "", last_session: days.at(-1)?.session ?? "", sessions: days.length },
    strategies: strategies.map(({ name, share }) => ({ name, share: fractionText(share) })),
    bars: { source: history.source, invented: history.invented, adjusted: true },
    trade_at: tradeAt,
    cost_bps: costBps.toFixed(),
    start_equity: dollarText(cash),
    end_equity: dollarText(end),
    gain: dollarText(end.minus(cash)),
    figures: figuresOf(statistics),
    best_day: extreme(days, returns, (one, other) => one.gt(other)),
    worst_day: extreme(days, returns, (one, other) => one.lt(other)),
    activity: activityOf(days, statistics),
    benchmark: benchmark === undefined ? null : { symbol: benchmark.symbol, ...figuresOf(statisticsOf(benchmark.points)) },
    branches: branchesOf(days),
    legs: legsOf(days),
    undecided: { sessions: new Set(undecided.map(({ session }) => session)).size, list: undecided },
    refused: days.flatMap(({ session, refusal }) => (refusal === undefined ? [] : [{ session, reason: refusal }])),
    left_off: days.flatMap(({ session, leftOff }) => leftOff.map((left) => ({ session, ...left }))),
    unpriced: days.flatMap(({ session, unpriced }) => unpriced.map((symbol) => ({ session, symbol }))),
    warnings: history.warnings,
    days: dayRows(days, { returns, falls: drawdowns(statistics.growth).slice(1), benchmark: benchmark?.points.slice(1) }),
  };
}

/** Equity at the first open, then at each close. */
function equityPoints({ history, cash }: BacktestOptions, days: readonly BacktestDay[]): EquityPoint[] {
  const times = new Map(history.sessions.map((session) => [session.date, session]));
  const start = { at: times.get(days[0]?.session ?? "")?.open ?? 0, equity: cash, flow: ZERO };
  return [start, ...days.map(({ session, equity }) => ({ at: times.get(session)?.close ?? 0, equity, flow: ZERO }))];
}

function figuresOf({ totalReturn, yearlyReturn, volatility, sharpe, worst }: Statistics): Figures {
  return {
    return: fractionText(totalReturn),
    cagr: numberText(yearlyReturn),
    max_drawdown:
      worst === undefined
        ? null
        : {
            depth: fractionText(worst.depth),
            from: marketDate(worst.peakAt),
            to: marketDate(worst.troughAt),
            recovered: worst.recoveredAt === undefined ? null : marketDate(worst.recoveredAt),
          },
    volatility: numberText(volatility),
    sharpe: numberText(sharpe),
  };
}

function extreme(days: readonly BacktestDay[], returns: readonly Decimal[], better: (one: Decimal, other: Decimal) => boolean): DayReturn {
  const best = returns.reduce((found, value, index) => (better(value, returns[found] ?? ZERO) ? index : found), 0);
  return { session: days[best]?.session ?? "", return: fractionText(returns[best] ?? ZERO) };
}

function activityOf(days: readonly BacktestDay[], { growth, years }: Statistics): Activity {
  const trades = days.flatMap((day) => day.trades);
  const buys = trades.filter(({ side }) => side === "buy").length;
  const traded = tradedValue(trades);
  const mean = sum(growth.map(({ equity }) => equity)).div(countOf(growth.length));
  const turnover = turnoverOf(traded, mean);
  return {
    trades: trades.length,
    buys,
    sells: trades.length - buys,
    sessions_traded: days.filter((day) => day.trades.length > 0).length,
    traded: dollarText(traded),
    costs: dollarText(sum(trades.map(({ cost }) => cost))),
    turnover: fractionOrNull(turnover),
    turnover_per_year: fractionOrNull(turnover?.div(decimalFromNumber(years))),
  };
}

/** All cash in it from the first session's open, without costs. @returns `undefined` without bars for the first and the last session. */
function benchmarkOf(
  options: BacktestOptions,
  days: readonly BacktestDay[],
): { readonly symbol: string; readonly points: readonly EquityPoint[] } | undefined {
  const { benchmark: symbol, history, cash } = options;
  if (symbol === undefined) return undefined;
  const bars = days.map(({ session }) => barsOn(history, [symbol], session).get(symbol));
  const [first] = bars;
  if (first === undefined || bars.at(-1) === undefined) return undefined;
  const shares = cash.div(decimalFromNumber(first.open));
  let known = first.open;
  const worth = bars.map((bar) => shares.times(decimalFromNumber((known = bar?.close ?? known))));
  const points = equityPoints(options, days).map((point, index) => ({ ...point, equity: worth[index - 1] ?? point.equity }));
  return { symbol, points };
}

function undecidedOf(days: readonly BacktestDay[]): Undecided[] {
  return days.flatMap(({ session, decisions }) =>
    decisions.flatMap((decision) =>
      decision.kind === "undecided" ? [{ session, strategy: decision.strategy, reason: decision.reason }] : [],
    ),
  );
}

interface DailyFigures {
  readonly returns: readonly Decimal[];
  readonly falls: readonly Decimal[];
  readonly benchmark: readonly EquityPoint[] | undefined;
}

function dayRows(days: readonly BacktestDay[], { returns, falls, benchmark }: DailyFigures): ResultDay[] {
  return days.map((day, index) => ({
    session: day.session,
    equity: dollarText(day.equity),
    return: fractionText(returns[index] ?? ZERO),
    drawdown: fractionText(falls[index] ?? ZERO),
    benchmark: dollarsOrNull(benchmark?.[index]?.equity),
    decisions: day.decisions.map((decision) =>
      decision.kind === "undecided"
        ? { strategy: decision.strategy, branch: null, targets: null }
        : { strategy: decision.strategy, branch: decision.branch, targets: textsOf(decision.signal.targets) },
    ),
    trades: day.trades.map(tradeRow),
  }));
}

function tradeRow({ symbol, side, ordered, quantity, price, value, cost }: FilledTrade): ResultTrade {
  return {
    symbol,
    side,
    ordered_quantity: textOrNull(ordered.quantity),
    ordered_notional: textOrNull(ordered.notional),
    quantity: quantity.toFixed(),
    price: dollarText(price),
    value: dollarText(value),
    cost: dollarText(cost),
  };
}

function textsOf(targets: ReadonlyMap<string, Decimal>): Record<string, string> {
  return Object.fromEntries([...targets].map(([symbol, weight]) => [symbol, weight.toFixed()]));
}

/** Sessions decided by each branch, the most frequent first; undecided ones count as their own branch. */
function branchesOf(days: readonly BacktestDay[]): BranchTime[] {
  const counts = new Map<string, { strategy: string; branch: string; sessions: number }>();
  for (const decision of days.flatMap(({ decisions }) => decisions)) {
    const { strategy } = decision;
    const branch = decision.kind === "decided" ? decision.branch : "undecided";
    const counted = counts.get(`${strategy} ${branch}`) ?? { strategy, branch, sessions: 0 };
    counts.set(`${strategy} ${branch}`, { ...counted, sessions: counted.sessions + 1 });
  }
  return [...counts.values()]
    .sort(
      (one, other) =>
        one.strategy.localeCompare(other.strategy, "en") || other.sessions - one.sessions || one.branch.localeCompare(other.branch, "en"),
    )
    .map((counted) => ({ ...counted, share: shareOfSessions(counted.sessions, days.length) }));
}

/** Holdings at the closes, the longest held first, with their profit at average cost. */
function legsOf(days: readonly BacktestDay[]): LegTime[] {
  const profits = profitsOf(days);
  return [...profits]
    .map(([symbol, profit]) => {
      const weights = days.map(({ values, equity }) => weightOf(values.get(symbol), equity));
      const sessions = days.filter(({ values }) => values.has(symbol)).length;
      const average = sum(weights).div(countOf(days.length));
      return {
        symbol,
        sessions,
        share: shareOfSessions(sessions, days.length),
        average_weight: fractionText(average),
        profit: dollarText(profit),
      };
    })
    .sort((one, other) => other.sessions - one.sessions || one.symbol.localeCompare(other.symbol, "en"));
}

function weightOf(value: Decimal | undefined, equity: Decimal): Decimal {
  return value === undefined || equity.lte(ZERO) ? ZERO : value.div(equity);
}

/** Realised and unrealised, of every symbol ever traded. */
function profitsOf(days: readonly BacktestDay[]): Map<string, Decimal> {
  const book = new AverageCostBook();
  const profits = new Map<string, Decimal>();
  for (const trade of days.flatMap(({ trades }) => trades)) {
    const realised = book.book({ ...trade, at: 0 });
    profits.set(trade.symbol, (profits.get(trade.symbol) ?? ZERO).plus(realised?.profit ?? ZERO));
  }
  for (const [symbol, value] of days.at(-1)?.values ?? []) {
    const cost = book.lots.get(symbol)?.cost ?? ZERO;
    profits.set(symbol, (profits.get(symbol) ?? ZERO).plus(value.minus(cost)));
  }
  return profits;
}
