import { fractionText } from "../reporting/json-values.ts";
import type { TradeAt } from "./backtest.ts";
import { decimal, decimalFromNumber, type Decimal } from "../domain/decimal.ts";

/** Raised when a key changes its meaning or is removed; new keys may be added at any time. */
export const SCHEMA = 1;

/** What `backtest --json` prints. Value formats as in json-values.ts; docs/backtest.md describes each key. */
export interface BacktestResult {
  readonly schema: typeof SCHEMA;
  readonly period: {
    readonly from: string;
    readonly to: string;
    readonly first_session: string;
    readonly last_session: string;
    readonly sessions: number;
  };
  readonly strategies: readonly { readonly name: string; readonly share: string }[];
  readonly bars: { readonly source: string; readonly invented: boolean; readonly adjusted: true };
  readonly trade_at: TradeAt;
  readonly cost_bps: string;
  readonly start_equity: string;
  readonly end_equity: string;
  readonly gain: string;
  readonly figures: Figures;
  readonly best_day: DayReturn;
  readonly worst_day: DayReturn;
  readonly activity: Activity;
  /** `null` without bars for the first and the last session. */
  readonly benchmark: (Figures & { readonly symbol: string }) | null;
  readonly branches: readonly BranchTime[];
  readonly legs: readonly LegTime[];
  readonly undecided: { readonly sessions: number; readonly list: readonly Undecided[] };
  readonly refused: readonly { readonly session: string; readonly reason: string }[];
  readonly left_off: readonly { readonly session: string; readonly symbol: string; readonly reason: string }[];
  /** Held symbols without a bar for the session, valued at an earlier close. */
  readonly unpriced: readonly { readonly session: string; readonly symbol: string }[];
  readonly warnings: readonly string[];
  readonly days: readonly ResultDay[];
}

export interface Figures {
  readonly return: string;
  /** `null` if a short period makes it too large for a number. */
  readonly cagr: string | null;
  readonly max_drawdown: Fall | null;
  readonly volatility: string | null;
  readonly sharpe: string | null;
}

export interface Fall {
  readonly depth: string;
  readonly from: string;
  readonly to: string;
  readonly recovered: string | null;
}

export interface DayReturn {
  readonly session: string;
  readonly return: string;
}

export interface Activity {
  readonly trades: number;
  readonly buys: number;
  readonly sells: number;
  readonly sessions_traded: number;
  readonly traded: string;
  readonly costs: string;
  readonly turnover: string | null;
  readonly turnover_per_year: string | null;
}

export interface BranchTime {
  readonly strategy: string;
  readonly branch: string;
  readonly sessions: number;
  readonly share: string;
}

export interface LegTime {
  readonly symbol: string;
  readonly sessions: number;
  readonly share: string;
  readonly average_weight: string;
  readonly profit: string;
}

export interface Undecided {
  readonly session: string;
  readonly strategy: string;
  readonly reason: string;
}

export interface ResultDay {
  readonly session: string;
  readonly equity: string;
  readonly return: string;
  readonly drawdown: string;
  /** What the cash at the start would be worth in the benchmark. */
  readonly benchmark: string | null;
  readonly decisions: readonly {
    readonly strategy: string;
    readonly branch: string | null;
    readonly targets: Readonly<Record<string, string>> | null;
  }[];
  readonly trades: readonly ResultTrade[];
}

export interface ResultTrade {
  readonly symbol: string;
  readonly side: "buy" | "sell";
  readonly ordered_quantity: string | null;
  readonly ordered_notional: string | null;
  readonly quantity: string;
  readonly price: string;
  readonly value: string;
  readonly cost: string;
}

/** A statistic; `null` where it is not defined. */
export function numberText(value: number | undefined): string | null {
  return value === undefined || !Number.isFinite(value) ? null : fractionText(decimalFromNumber(value));
}

export function shareOfSessions(sessions: number, all: number): string {
  return fractionText(countOf(sessions).div(countOf(all)));
}

export function countOf(count: number): Decimal {
  return decimal(BigInt(count));
}
