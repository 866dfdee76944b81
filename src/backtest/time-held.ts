import { AverageCostBook } from "../performance/average-cost.ts";
import { sum, ZERO, type Decimal } from "../domain/decimal.ts";
import { dollarText } from "../reporting/json-values.ts";
import type { BacktestDay } from "./backtest.ts";
import type { BranchTime, LegTime } from "./result.ts";
import { countOf, fractionText, shareOfSessions } from "./value-texts.ts";

/** Sessions decided by each branch, the most frequent first; undecided ones count as their own branch. */
export function branchesOf(days: readonly BacktestDay[]): BranchTime[] {
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
export function legsOf(days: readonly BacktestDay[]): LegTime[] {
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
