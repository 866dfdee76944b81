import { formatDollars } from "../domain/format.ts";
import { ZERO, type Decimal } from "../domain/decimal.ts";
import type { PlanInput } from "./plan-input.ts";
import type { SkipReason } from "./skip-reason.ts";
import type { SuspectedSplit } from "./split.ts";

/** Why a position that may have been split is left alone. */
interface LeftForSplit {
  readonly reason: SkipReason;
  readonly note: string;
}

/** One position, in dollars. */
interface Suspect {
  readonly symbol: string;
  readonly weight: Decimal;
  readonly actualValue: Decimal;
}

/**
 * The doubt passes if market data may still explain it, but not if market data does not know the symbol at all: a right
 * or a share that is traded over the counter, say. Then a position to be sold that is worth too little is dust.
 * @param minimum dollars.
 */
export function leftForSplit(suspect: Suspect, { reason }: SuspectedSplit, input: PlanInput, minimum: Decimal): LeftForSplit {
  const { symbol, weight, actualValue } = suspect;
  if (!isUnknownToMarketData(symbol, input)) return { reason: "split-suspected", note: reason };
  if (weight.gt(ZERO) || actualValue.gte(minimum))
    return { reason: "no-market-data", note: "name it in PROTECTED_SYMBOLS, or sell it by hand" };
  return { reason: "dust-cannot-close", note: `it is worth ${formatDollars(actualValue)}, and market data does not know it` };
}

/** Why a symbol whose target depends on suspected splits is left alone: it may pass if one of them may. */
export function leftForSplitOfAnother(input: PlanInput): SkipReason {
  const suspects = [...input.splits].filter(([, { kind }]) => kind === "split-suspected");
  return suspects.every(([symbol]) => isUnknownToMarketData(symbol, input)) ? "no-market-data" : "split-suspected";
}

/** Whether it has neither daily bars nor a trade, quote or minute bar, while market data answers for another symbol. */
function isUnknownToMarketData(symbol: string, input: PlanInput): boolean {
  const split = input.splits.get(symbol);
  if (split?.kind !== "split-suspected" || split.hasNoBars !== true) return false;
  return !isSeen(symbol, input) && [...input.observations.keys()].some((other) => isSeen(other, input));
}

function isSeen(symbol: string, { observations }: PlanInput): boolean {
  const seen = observations.get(symbol);
  return seen?.trade !== undefined || seen?.quote !== undefined || seen?.minuteBar !== undefined;
}
