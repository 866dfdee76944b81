import { runBacktest, type BacktestOptions, type BacktestStrategy, type TradeAt } from "../backtest/backtest.ts";
import { readBrokerHistory, historyStart, symbolsOfAll, type MarketHistory } from "../backtest/market-history.ts";
import { buildResult } from "../backtest/build-result.ts";
import { BACKTEST_CHART, backtestChart } from "../backtest/chart.ts";
import { readCsvHistory } from "../backtest/csv-history.ts";
import { readPeriod, usage } from "../backtest/period.ts";
import type { BacktestResult } from "../backtest/result.ts";
import { backtestLines, cautions } from "../backtest/view.ts";
import type { Config } from "../domain/config.ts";
import { loadConfig } from "../config/load.ts";
import { connectVenue } from "../app/venue-access.ts";
import { EXIT, TraderError, type ExitCode } from "../domain/errors.ts";
import { decimal, ONE, parseDecimal, ZERO, type Decimal } from "../domain/decimal.ts";
import { writeDocument } from "../reporting/document-file.ts";
import { oneLine } from "../reporting/style.ts";
import { assertSome, ownStrategies } from "../signals/signal-run.ts";
import type { CommandContext } from "./context.ts";

export interface BacktestCommandOptions {
  readonly from: string;
  readonly to: string;
  /** Only this strategy, with the whole account. */
  readonly strategy?: string;
  /** A directory with `SYMBOL.csv`. */
  readonly bars?: string;
  readonly cash: string;
  readonly costBps: string;
  readonly tradeAt: string;
  readonly svg?: string;
  readonly json?: boolean;
}

/** The planner still trusts a quote with a spread of twice this. */
const MOST_COST_BPS = decimal("200");

/**
 * Replays the strategies over history. Reads bars only: it trades nothing and reads no account.
 * @throws TraderError and BrokerError when there is no result.
 */
export async function backtest(context: CommandContext, options: BacktestCommandOptions): Promise<ExitCode> {
  const config = loadConfig(context.env);
  const period = readPeriod(options.from, options.to);
  const chosen = {
    period,
    tradeAt: tradeAtOf(options.tradeAt),
    cash: amountOf("--cash", options.cash, "dollars above 0, such as 100000", (cash) => cash.gt(ZERO)),
    costBps: amountOf(
      "--cost-bps",
      options.costBps,
      "basis points from 0 to 200, such as 5",
      (bps) => bps.gte(ZERO) && bps.lte(MOST_COST_BPS),
    ),
    strategies: await strategiesOf(config, options.strategy),
    benchmark: config.benchmark,
    settings: config,
    limits: config,
  };
  const history = await historyFor(context, config, chosen, options.bars);
  const result = await resultOf({ ...chosen, history });
  show(context, options, result);
  return EXIT.ok;
}

/** A strategy missing from STRATEGIES can be tested too. */
async function strategiesOf(config: Config, name: string | undefined): Promise<BacktestStrategy[]> {
  const own = await ownStrategies(name === undefined ? config.strategies : [{ name, share: ONE, alertsFile: "" }]);
  if (name === undefined) assertSome(own, config.strategies);
  else if (own.length === 0)
    throw usage(
      `There is no built-in strategy ${JSON.stringify(name)}.`,
      "The built-in strategies are nuclear and tecl; others write their own alerts.",
    );
  return own.map(({ strategy, config: { share } }) => ({ name: strategy.name, share, strategy }));
}

async function historyFor(
  { clock, err }: CommandContext,
  config: Config,
  { strategies, period, benchmark }: Pick<BacktestOptions, "strategies" | "period" | "benchmark">,
  directory: string | undefined,
): Promise<MarketHistory> {
  const rules = strategies.map(({ strategy }) => strategy);
  const [needed, start] = [symbolsOfAll(rules), historyStart(period, rules)];
  if (directory !== undefined) return readCsvHistory(directory, needed, { start, to: period.to, benchmark });
  const symbols = [...new Set([...needed, ...(benchmark === undefined ? [] : [benchmark])])].sort();
  const { broker, close } = await connectVenue(config, clock, "backtest", { onWait: (text) => err.line(text) });
  try {
    const history = await readBrokerHistory(broker, symbols, start, period, clock.now());
    return { ...history, invented: config.mode === "simulator" };
  } finally {
    await close();
  }
}

/** @throws TraderError when no session could be decided: a flat line would look like a result. */
async function resultOf(options: BacktestOptions): Promise<BacktestResult> {
  const days = await runBacktest(options);
  const decisions = days.flatMap((day) => day.decisions);
  const [first] = decisions;
  if (first?.kind !== "undecided" || decisions.some(({ kind }) => kind === "decided")) return buildResult(options, days);
  throw new TraderError(`No session could be decided. Reason for the first session: ${first.reason}`, {
    code: "backtest-undecided",
    hint: "Each symbol of the strategy needs a bar for every session, and at least 90 (most branches more) before the first one.",
  });
}

/** With `--json` only the object is printed, so that it can be piped. */
function show({ out, err }: CommandContext, options: BacktestCommandOptions, result: BacktestResult): void {
  if (options.svg !== undefined) {
    writeDocument(options.svg, backtestChart(result), BACKTEST_CHART);
    err.line(`Chart written to ${options.svg}.`);
  }
  if (options.json === true) {
    for (const caution of cautions(result)) err.line(`Note: ${oneLine(caution)}`);
    out.line(JSON.stringify(result, undefined, 2));
  } else for (const line of backtestLines(result, out.style)) out.line(line);
}

function tradeAtOf(text: string): TradeAt {
  if (text === "open" || text === "close") return text;
  throw usage(
    `--trade-at is ${JSON.stringify(text)}; expected open or close.`,
    "open trades at the next open after the decision; close trades at the close it was based on.",
  );
}

function amountOf(name: string, text: string, expected: string, good: (value: Decimal) => boolean): Decimal {
  const value = parseDecimal(text);
  if (value !== undefined && good(value)) return value;
  throw usage(`${name} is ${JSON.stringify(text)}; expected ${expected}.`, "See `alpaca-trader backtest --help`.");
}
