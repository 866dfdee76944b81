import type { Account, Position } from "../domain/broker.ts";
import { max, ONE, sum, ZERO, type Decimal } from "../domain/decimal.ts";
import { formatDollars } from "../domain/format.ts";
import type { PlanSettings } from "../portfolio/plan.ts";
import { isOutside, isProtected } from "../portfolio/valuation.ts";
import { ok, warning, type Findings } from "./check.ts";

export interface FirstLiveRunFacts {
  /** The live account. */
  readonly account: Pick<Account, "cash">;
  readonly positions: readonly Position[];
  /** Weights of the strategies' newest runs; empty: none has spoken. */
  readonly targets: ReadonlyMap<string, Decimal>;
  readonly settings: Pick<PlanSettings, "protectedSymbols" | "allowedSymbols" | "cashReserve" | "driftBand">;
  /** R31: what none of several strategies names is left alone. */
  readonly hasSeveralStrategies: boolean;
}

/** What a first run in live mode would sell of the live account, estimated at the broker's prices. */
export function judgeFirstLiveRun(facts: FirstLiveRunFacts): Findings {
  const { positions, targets, settings } = facts;
  const traded = positions.filter(
    (position) => !isProtected(position.symbol, position, { settings }) && !isOutside(position.symbol, settings),
  );
  const base = max(facts.account.cash.plus(sum(traded.map(({ marketValue }) => marketValue))).times(ONE.minus(settings.cashReserve)), ZERO);
  const sold = traded.flatMap(({ symbol, marketValue }): string[] => {
    const weight = targets.get(symbol);
    if (weight === undefined) return facts.hasSeveralStrategies ? [] : [`all ${symbol} (${formatDollars(marketValue)})`];
    const surplus = marketValue.minus(weight.times(base));
    return surplus.gt(settings.driftBand.times(base)) ? [`${formatDollars(surplus)} of ${symbol}`] : [];
  });
  if (sold.length === 0) return ok("a first live run would sell nothing");
  const unless = targets.size > 0 ? "" : ", unless the strategy names it: no run of it is known yet";
  return warning(
    `a first live run would sell ${sold.join(", ")}${unless}`,
    "List positions to keep in PROTECTED_SYMBOLS. Nothing is sold in shadow mode; live mode asks for `alpaca-trader account --adopt` first.",
  );
}
