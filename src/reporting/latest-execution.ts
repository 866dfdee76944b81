import type { Signal } from "../domain/signal.ts";
import type { Ledger } from "../domain/ledger.ts";
import type { ExecutionRecord } from "../domain/ledger/executions.ts";
import type { EquityPoint } from "../performance/returns.ts";
import { decimal, type Decimal } from "../domain/decimal.ts";
import type { AccountReading } from "./account-reading.ts";
import {
  type PeriodResult,
  periodOf,
  type PortfolioState,
  portfolioOf,
  type PositionState,
  positionState,
  recordedPositions,
  todayOf,
  toNumber,
} from "./latest-account.ts";
import { isoInstant } from "../domain/time-format.ts";
import { orderEntry } from "./trade-record.ts";
import { knownExecution, signalWeights } from "./plan-lines.ts";

/**
 * `dashboard/latest_execution.json`: the newest execution for other programs' pages. Keys and numbers match
 * the program that this one replaces (percentages are times 100), with its faults fixed: times have a zone,
 * rows are never blank, trades are real fills, deposits are not profit, and unknown values are null, not zero.
 */
export interface LatestExecution {
  readonly timestamp: string;
  readonly execution_mode: string;
  readonly success: boolean;
  readonly execution_id: string;
  readonly outcome: string | null;
  readonly reason: string | null;
  readonly strategies: Readonly<Record<string, StrategyState>>;
  readonly portfolio: PortfolioState;
  readonly positions: readonly PositionState[];
  /** Filled orders, newest first, at most ten. */
  readonly recent_trades: readonly RecentTrade[];
  readonly signals: Readonly<Record<string, SignalState>>;
  readonly performance: Readonly<Record<"today" | "last_7_days" | "last_30_days", PeriodResult | null>>;
}

interface StrategyState {
  readonly signal: "BUY" | "SELL" | "HOLD";
  /** All its symbols, separated by commas. */
  readonly symbol: string;
  readonly reason: string;
  readonly timestamp: string;
  /** The strategy's share of the account as a fraction; `null` when it is no longer configured. */
  readonly allocation: number | null;
}

interface RecentTrade {
  readonly symbol: string;
  readonly side: "buy" | "sell";
  readonly quantity: number;
  readonly price: number;
  readonly value: number;
  readonly timestamp: string;
  readonly status: string;
  readonly order_id: string | null;
  readonly execution_id: string;
}

interface SignalState {
  readonly id: string;
  readonly kind: string;
  readonly targets: Readonly<Record<string, string>>;
  readonly reason: string;
  readonly generated_at: string;
  readonly alert_prices: Readonly<Record<string, string>>;
}

export interface LatestExecutionFacts {
  readonly ledger: Pick<Ledger, "execution" | "signal" | "recentExecutions" | "intentsOf" | "fillsOf" | "lastAcceptedSignal">;
  readonly executionId: string;
  readonly mode: string;
  readonly strategies: readonly { readonly name: string; readonly share: Decimal }[];
  /** The account afterwards; `undefined` uses the values recorded by the execution. */
  readonly reading: AccountReading | undefined;
  /** Daily history of the last month; `undefined` when unknown. */
  readonly points: readonly EquityPoint[] | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const TRADES_SHOWN = 10;
/** As a rule the newest few executions have ten filled orders; among many with nothing to do they are further back. */
const EXECUTIONS_SEARCHED = [5, 50];
const DAY_MS = 86_400_000;

/** @throws TraderError `unknown-execution` when the ledger holds no such execution. */
export function latestExecution(facts: LatestExecutionFacts): LatestExecution {
  const execution = knownExecution(facts.ledger, facts.executionId);
  const signals = signalsOf(facts, execution);
  return {
    timestamp: isoInstant(execution.finishedAt ?? facts.now),
    execution_mode: facts.mode.toUpperCase(),
    success: execution.outcome === "on-target" || execution.outcome === "queued",
    execution_id: execution.id,
    outcome: execution.outcome ?? null,
    reason: execution.outcomeReason ?? null,
    strategies: Object.fromEntries(signals.map((signal) => [signal.strategy, strategyState(signal, facts)])),
    portfolio: portfolioOf(facts.reading, execution),
    positions: facts.reading === undefined ? recordedPositions(execution) : facts.reading.positions.map(positionState),
    recent_trades: recentTrades(facts.ledger),
    signals: Object.fromEntries(signals.map((signal) => [signal.strategy, signalState(signal)])),
    performance: {
      today: todayOf(facts.reading),
      last_7_days: periodOf(facts.points, facts.now - 7 * DAY_MS),
      last_30_days: periodOf(facts.points, facts.now - 30 * DAY_MS),
    },
  };
}

/** The newest accepted signal of every configured strategy; for this execution's strategy the executed one. */
function signalsOf({ ledger, strategies }: LatestExecutionFacts, execution: ExecutionRecord): Signal[] {
  const own = ledger.signal(execution.signalId)?.signal;
  const others = strategies
    .filter(({ name }) => name !== own?.strategy)
    .flatMap(({ name }) => ledger.lastAcceptedSignal(name)?.signal ?? []);
  return [...(own === undefined ? [] : [own]), ...others];
}

function strategyState(signal: Signal, { strategies }: LatestExecutionFacts): StrategyState {
  const share = strategies.find(({ name }) => name === signal.strategy)?.share;
  return {
    signal: signal.kind === "exit" ? "SELL" : signal.kind === "hold" ? "HOLD" : "BUY",
    symbol: (signal.kind === "exit" ? signal.exits : [...signal.targets.keys()]).join(", "),
    reason: signal.reason,
    timestamp: isoInstant(signal.generatedAt),
    allocation: share === undefined ? null : toNumber(share),
  };
}

function signalState(signal: Signal): SignalState {
  return {
    id: signal.id,
    kind: signal.kind,
    targets: signalWeights(signal),
    reason: signal.reason,
    generated_at: isoInstant(signal.generatedAt),
    alert_prices: Object.fromEntries(signal.alertPrices),
  };
}

function recentTrades(ledger: LatestExecutionFacts["ledger"]): RecentTrade[] {
  let trades: RecentTrade[] = [];
  for (const searched of EXECUTIONS_SEARCHED) {
    trades = tradesOf(ledger, ledger.recentExecutions(searched));
    if (trades.length >= TRADES_SHOWN) break;
  }
  return trades.slice(0, TRADES_SHOWN);
}

/** Newest first, and no more executions than ten trades need. */
function tradesOf(ledger: LatestExecutionFacts["ledger"], executions: readonly ExecutionRecord[]): RecentTrade[] {
  const trades: RecentTrade[] = [];
  for (const { id } of executions) {
    const fills = ledger.fillsOf(id);
    for (const intent of ledger.intentsOf(id).toReversed()) {
      const entry = orderEntry(intent, fills);
      if (entry.value === null || entry.filled_at === null) continue;
      const value = decimal(entry.value);
      trades.push({
        symbol: entry.symbol,
        side: entry.side,
        quantity: toNumber(intent.filledQuantity),
        price: toNumber(value.div(intent.filledQuantity)),
        value: toNumber(value),
        timestamp: entry.filled_at,
        status: entry.status,
        order_id: entry.order_id,
        execution_id: id,
      });
    }
    if (trades.length >= TRADES_SHOWN) break;
  }
  return trades;
}
