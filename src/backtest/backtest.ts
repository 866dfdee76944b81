import type { Session } from "../domain/broker.ts";
import { TraderError } from "../domain/errors.ts";
import { symbolsOf } from "../execution/preparation/plan-input.ts";
import { targetOfAll, type StrategyTarget, type StrategyShare } from "../domain/strategy-target.ts";
import type { LimitSettings } from "../portfolio/limits.ts";
import { decimalFromNumber, type Decimal } from "../domain/decimal.ts";
import type { PlanSettings } from "../portfolio/plan.ts";
import type { DailyBar } from "../domain/daily-bar.ts";
import type { Strategy } from "../strategies/strategy.ts";
import { BacktestAccount, type FilledTrade } from "./account.ts";
import { decideOn, type StrategyDecision } from "./decision.ts";
import { barsOn, seenThrough, symbolsOfAll, type MarketHistory } from "./market-history.ts";
import { usage, type Period } from "./period.ts";
import { rebalance, type LeftOff, type Rebalanced } from "./rebalance.ts";

/**
 * Trade price, and the bars a decision may see:
 * - `open`: decided on the closed bars of earlier sessions, traded at the session's open. No look-ahead.
 * - `close`: decided a quarter of an hour before the close on bars that already contain the close, traded at that
 *   close.
 */
export type TradeAt = "open" | "close";

/** Decision time of `close`: it represents trading at 15:45, or as long before an early close. */
const BEFORE_CLOSE_MS = 15 * 60_000;

export interface BacktestStrategy extends StrategyShare {
  readonly strategy: Strategy;
}

export interface BacktestOptions {
  readonly strategies: readonly BacktestStrategy[];
  readonly history: MarketHistory;
  readonly period: Period;
  readonly tradeAt: TradeAt;
  /** Dollars. */
  readonly cash: Decimal;
  /** Loss of each trade against the price, in basis points. */
  readonly costBps: Decimal;
  /** A ticker; `undefined`: nothing to compare with. */
  readonly benchmark: string | undefined;
  readonly settings: PlanSettings;
  readonly limits: LimitSettings;
}

export interface BacktestDay {
  readonly session: string;
  readonly decisions: readonly StrategyDecision[];
  readonly refusal: string | undefined;
  readonly trades: readonly FilledTrade[];
  readonly leftOff: readonly LeftOff[];
  /** At the close, in dollars. */
  readonly equity: Decimal;
  readonly values: ReadonlyMap<string, Decimal>;
  /** Held symbols without a bar for this session, valued at an earlier close. */
  readonly unpriced: readonly string[];
}

/**
 * Runs the strategies, the planner and the simulator's exchange over the sessions of the period. The same options
 * give the same days: nothing here reads a clock or is random.
 * @returns one day per session, oldest first.
 * @throws TraderError when the bars do not cover the period.
 */
export async function runBacktest(options: BacktestOptions): Promise<BacktestDay[]> {
  const sessions = sessionsIn(options);
  const run = new BacktestRun(options, momentOf(sessions[0], options.tradeAt));
  const days: BacktestDay[] = [];
  for (const [index, session] of sessions.entries()) days.push(await run.day(session, previousOf(options.history, sessions, index)));
  return days;
}

/** @throws TraderError when there is none, or when bars or sessions do not cover all of them. */
function sessionsIn({ history, period: { from, to }, strategies }: BacktestOptions): [Session, ...Session[]] {
  const [first, ...rest] = history.sessions.filter(({ date }) => date >= from && date <= to);
  if (first === undefined) throw usage(`No completed session from ${from} to ${to}.`, "The market is closed on weekends and holidays.");
  const newest = symbolsOfAll(strategies.map(({ strategy }) => strategy)).map((symbol) => history.bars.get(symbol)?.at(-1)?.session ?? "");
  const end = newest.reduce((latest, session) => (session > latest ? session : latest), "");
  const last = rest.at(-1) ?? first;
  if (end >= last.date) return [first, ...rest];
  const coverage = end === "" ? `There are no bars (${history.source})` : `The bars end on ${end} (${history.source})`;
  throw new TraderError(`${coverage}, but the back-test runs to ${last.date}.`, {
    code: "backtest-bars",
    hint: end > first.date ? `Try --to ${end}.` : "Choose a period that the bars cover.",
  });
}

function momentOf({ open, close }: Session, tradeAt: TradeAt): number {
  return tradeAt === "open" ? open : close - BEFORE_CLOSE_MS;
}

/** The previous session; for the first one it is before the period. */
function previousOf({ sessions: all }: MarketHistory, sessions: readonly Session[], index: number): string | undefined {
  const { date = "" } = sessions[index] ?? {};
  return sessions[index - 1]?.date ?? all.findLast((session) => session.date < date)?.date;
}

class BacktestRun {
  readonly #options: BacktestOptions;
  readonly #account: BacktestAccount;
  /** Each strategy's latest targets (R31). */
  readonly #strategyTargets = new Map<string, StrategyTarget>();
  #lastEquity: Decimal;

  constructor(options: BacktestOptions, startAt: number) {
    this.#options = options;
    this.#account = new BacktestAccount(startAt, options.cash, options.costBps);
    this.#lastEquity = options.cash;
  }

  async day(session: Session, before: string | undefined): Promise<BacktestDay> {
    const { tradeAt, history } = this.#options;
    await this.#account.moveTo(momentOf(session, tradeAt));
    const decisions = await this.#decide(tradeAt === "open" ? (before ?? "") : session.date);
    const done = await this.#act(decisions, session.date, before);
    await this.#account.moveTo(session.close);
    const bars = barsOn(history, this.#account.holdings.keys(), session.date);
    this.#account.setPrices(pricesOf(bars, "close"));
    const { equity } = this.#account;
    this.#lastEquity = equity;
    const held = [...this.#account.holdings.keys()].sort();
    return {
      session: session.date,
      decisions,
      refusal: done?.kind === "refused" ? done.reason : undefined,
      trades: done?.kind === "traded" ? done.trades : [],
      leftOff: done?.kind === "traded" ? done.leftOff : [],
      equity,
      values: new Map(held.map((symbol) => [symbol, this.#account.valueOf(symbol)])),
      unpriced: held.filter((symbol) => !bars.has(symbol)),
    };
  }

  /** @param through date of the last bar that decisions may see. */
  async #decide(through: string): Promise<StrategyDecision[]> {
    const { history, tradeAt, settings, strategies } = this.#options;
    const market = seenThrough(history, through);
    const barMode = tradeAt === "open" ? "closed" : "live";
    const decisions: StrategyDecision[] = [];
    for (const { strategy } of strategies)
      decisions.push(await decideOn(strategy, { market, clock: this.#account.clock, barMode, allowedSymbols: settings.allowedSymbols }));
    return decisions;
  }

  /** All strategies together, like runs waiting side by side (R22); a strategy without a decision keeps its last targets. */
  async #act(decisions: readonly StrategyDecision[], session: string, before: string | undefined): Promise<Rebalanced | undefined> {
    const { strategies, history, settings, limits, tradeAt } = this.#options;
    const decided = decisions.filter((decision) => decision.kind === "decided");
    const [first] = decided;
    if (first === undefined) return undefined;
    for (const { strategy, signal } of decided) {
      const share = strategies.find(({ name }) => name === strategy)?.share;
      if (share === undefined) throw new Error(`${strategy} has no share.`);
      const { id: signalId, generatedAt, targets } = signal;
      this.#strategyTargets.set(strategy, { strategy, share, basis: "run", signalId, generatedAt, targets });
    }
    // Everything in the account was bought for a strategy, so all of it may be sold.
    const wanted = targetOfAll([...this.#strategyTargets.values()], undefined);
    const symbols = new Set([...symbolsOf(wanted), ...this.#account.holdings.keys()]);
    this.#account.setPrices(pricesOf(barsOn(history, symbols, session), tradeAt));
    const previousCloses = before === undefined ? new Map<string, Decimal>() : pricesOf(barsOn(history, symbols, before), "close");
    const request = { signalId: first.signal.id, wanted, previousCloses, lastEquity: this.#lastEquity };
    return rebalance({ account: this.#account, settings, limits }, request);
  }
}

function pricesOf(bars: ReadonlyMap<string, DailyBar>, at: TradeAt): Map<string, Decimal> {
  return new Map(
    [...bars].filter(([, bar]) => bar[at] > 0 && Number.isFinite(bar[at])).map(([symbol, bar]) => [symbol, decimalFromNumber(bar[at])]),
  );
}
