import type { DailyBars } from "../domain/daily-bar.ts";
import { marketCloses, type MarketCloses } from "./closes.ts";
import { decideBy, type Rules } from "./rule-evaluation.ts";
import { readingsFrom } from "./readings.ts";
import type { Decision, Strategy, TraceStep } from "./strategy.ts";

/**
 * Daily bars requested per symbol. The slowest indicator is the RSI over 20 days: after 400 days, earlier ones
 * weigh 1e-9, and twenty symbols still fit on one page of market data (10,000 bars).
 */
const HISTORY_BARS = 400;

/** A strategy from its rules: it decides only when all its symbols have valid bars up to the same day. */
export function strategyOf(name: string, symbols: readonly string[], rules: Rules): Strategy {
  return { name, symbols, history: HISTORY_BARS, decide: (bars) => decide(symbols, rules, bars) };
}

function decide(symbols: readonly string[], rules: Rules, bars: DailyBars): Decision {
  const market = marketCloses(symbols, bars);
  if (market.kind === "doubtful") return { kind: "undecided", symbol: market.symbol, reason: market.reason, trace: [] };
  const decision = decideBy(rules, readingsFrom(market.closes));
  return { ...decision, trace: [barsStep(market), ...decision.trace] };
}

function barsStep({ closes, newestSession }: Extract<MarketCloses, { kind: "sound" }>): TraceStep {
  const lengths = [...closes.values()].map(({ length }) => length);
  const [fewest, most] = [Math.min(...lengths), Math.max(...lengths)];
  const bars = fewest === most ? `${most} daily bars` : `${fewest} to ${most} daily bars`;
  return { rule: "Bars", text: `${closes.size} symbols, ${bars} each, the newest of ${newestSession}`, held: undefined, below: [] };
}
