import type { ExecutionRecord } from "../domain/ledger/executions.ts";
import { toText, ZERO } from "../domain/decimal.ts";

/** Symbol → weight as decimal text. An exit's targets for its symbols are what other strategies keep. */
export function wantedWeights({ wanted }: Pick<ExecutionRecord, "wanted">): Record<string, string> {
  if (wanted.kind === "exit") return Object.fromEntries(wanted.symbols.map((symbol) => [symbol, toText(wanted.kept?.get(symbol) ?? ZERO)]));
  return Object.fromEntries([...wanted.targets].map(([symbol, weight]) => [symbol, toText(weight)]));
}
