import { toText } from "../domain/decimal.ts";
import type { StrategyTarget } from "../domain/strategy-target.ts";
import { isoInstant } from "../domain/time-format.ts";

/** What one strategy asks of the account. Value formats as in json-values.ts. */
export interface StrategyTargetEntry {
  readonly strategy: string;
  /** The strategy's share of the account. */
  readonly share: string;
  readonly basis: StrategyTarget["basis"];
  readonly signal_id: string;
  readonly generated_at: string;
  /** Symbol → share of the strategy's part. */
  readonly targets: Readonly<Record<string, string>>;
}

export function strategyTargetEntry({ strategy, share, basis, signalId, generatedAt, targets }: StrategyTarget): StrategyTargetEntry {
  return {
    strategy,
    share: toText(share),
    basis,
    signal_id: signalId,
    generated_at: isoInstant(generatedAt),
    targets: Object.fromEntries([...targets].map(([symbol, weight]) => [symbol, toText(weight)])),
  };
}
