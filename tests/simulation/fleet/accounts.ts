import type { Clock } from "../../../src/domain/clock.ts";
import { decimal } from "../../../src/domain/decimal.ts";
import type { SqliteLedger } from "../../../src/ledger/sqlite-ledger.ts";
import type { Exchange } from "../../../src/simulator/exchange.ts";
import { ManyAccounts } from "../../../src/simulator/many-accounts.ts";
import { PRICES } from "../../processes/portfolios.ts";
import { Chance } from "../chance.ts";

/** The accounts of one seed at their venue: money, and half of them hold something that no run wants. */
export function drawVenues(clock: Clock, seed: number, partialFillProbability: number): ManyAccounts {
  const money = new Chance(seed, "money");
  return new ManyAccounts({
    clock,
    seed,
    prices: PRICES,
    partialFillProbability,
    accountOf: () => ({
      cash: decimal(String(money.spread(20_000, 400_000))),
      positions: money.happens(0.5)
        ? [{ symbol: "TQQQ", quantity: decimal(String(money.whole(10, 900))), averagePrice: decimal("70") }]
        : [],
    }),
  });
}

/** Reserve and drift band are one percent each. */
const TOLERANCE = 0.02;

/** How an account misses these weights, in words; `undefined` when it is on target. The default cash reserve is 1 %. */
export function missOf(exchange: Exchange, weights: ReadonlyMap<string, number>): string | undefined {
  const equity = Number(exchange.accountView().equity);
  const held = new Map(exchange.positionViews().map(({ symbol, market_value }) => [String(symbol), Number(market_value) / equity]));
  for (const symbol of new Set([...held.keys(), ...weights.keys()])) {
    const [is, wanted] = [held.get(symbol) ?? 0, (weights.get(symbol) ?? 0) * 0.99];
    if (Math.abs(is - wanted) > TOLERANCE) return `${symbol} is ${is.toFixed(3)} of it instead of ${wanted.toFixed(3)}`;
  }
  return undefined;
}

/** What the ledger says of the newest signal. */
export function lastVerdict(ledger: Pick<SqliteLedger, "recentSignals">): string {
  const signal = ledger.recentSignals(1)[0];
  return signal === undefined ? "no signal" : `${signal.verdict ?? ""}: ${signal.verdictReason ?? ""}`;
}
