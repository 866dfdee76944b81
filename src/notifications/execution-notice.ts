import type { IntentRecord } from "../domain/ledger/orders.ts";
import type { ExecutionRecord } from "../domain/ledger/executions.ts";
import { OUTCOMES } from "../domain/outcome.ts";
import { formatDollars, formatWeight } from "../domain/format.ts";
import { sum, ZERO, type Decimal } from "../domain/decimal.ts";
import { conclusionLines } from "../reporting/outcome-view.ts";
import { plainStyle } from "../reporting/style.ts";
import type { Notice } from "./notice.ts";

/** The result of an execution, with its figures. @returns undefined for an outcome that needs no notification. */
export function executionNotice(execution: ExecutionRecord, intents: readonly IntentRecord[]): Notice | undefined {
  const { outcome } = execution;
  const notice = outcome === undefined ? undefined : OUTCOMES[outcome].notice;
  if (notice === undefined || outcome === undefined) return undefined;
  const explain = `See \`alpaca-trader explain ${execution.id}\`.`;
  return {
    kind: "execution",
    level: notice.level,
    key: `execution:${execution.id}:${outcome}`,
    title: notice.title,
    lines: [
      `Wanted: ${wantedText(execution)}.`,
      ...traded("Sold", intents, "sell"),
      ...traded("Bought", intents, "buy"),
      ...conclusionLines(execution, plainStyle),
      ...(notice.advice === undefined ? [] : [`${notice.advice} ${explain}`]),
    ],
  };
}

/** `SMR 31.2 %, LEU 39.5 %`; `exit SMR`. */
function wantedText({ wanted }: Pick<ExecutionRecord, "wanted">): string {
  if (wanted.kind === "exit") return `exit ${wanted.symbols.join(", ")}`;
  return [...wanted.targets].map(([symbol, weight]) => `${symbol} ${formatWeight(weight)}`).join(", ");
}

function traded(verb: string, intents: readonly IntentRecord[], side: IntentRecord["side"]): string[] {
  const filled = intents.filter((intent) => intent.side === side && !intent.filledQuantity.eq(ZERO));
  if (filled.length === 0) return [];
  const parts = [...Map.groupBy(filled, (intent) => intent.symbol)].map(
    ([symbol, ofSymbol]) => `${symbol} ${formatDollars(sum(ofSymbol.map(filledValue)))}`,
  );
  return [`${verb}: ${parts.join(", ")}.`];
}

export function filledValue(intent: IntentRecord): Decimal {
  return intent.filledAveragePrice?.times(intent.filledQuantity) ?? (intent.filledQuantity.eq(ZERO) ? ZERO : intent.estimatedValue);
}
