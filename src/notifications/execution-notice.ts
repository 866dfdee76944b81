import type { IntentRecord } from "../domain/ledger/orders.ts";
import type { ExecutionRecord } from "../domain/ledger/executions.ts";
import type { ExecutionOutcome } from "../domain/outcome.ts";
import { formatDollars, formatWeight } from "../domain/format.ts";
import type { Decimal } from "../domain/decimal.ts";
import { sum, ZERO } from "../domain/decimal.ts";
import { conclusionLines } from "../reporting/outcome-view.ts";
import { plainStyle } from "../reporting/style.ts";
import type { Notice } from "./notice.ts";
import type { NoticeLevel } from "../domain/config.ts";

interface Telling {
  readonly level: NoticeLevel;
  readonly title: string;
  /** What a person can do. */
  readonly advice: string | undefined;
}

/** R33: for a cause that may pass. */
const GOING_ON =
  "While the run is fresh, the daemon continues once the cause is gone; later in the session run `alpaca-trader execute --finish`, or wait for the next run.";

/** Undefined: a newer run has replaced it and will be reported. */
const TELLINGS: Record<ExecutionOutcome, Telling | undefined> = {
  "on-target": { level: "info", title: "on target", advice: undefined },
  "off-target": { level: "warning", title: "off target", advice: GOING_ON },
  incomplete: {
    level: "error",
    title: "execution INCOMPLETE",
    advice: GOING_ON,
  },
  queued: { level: "info", title: "orders queued for the next open", advice: "`alpaca-trader halt` stops them from being followed up." },
  refused: { level: "error", title: "execution refused", advice: "Nothing was sent." },
  superseded: undefined,
};

/** The result of an execution, with its figures. @returns undefined for an outcome that needs no notification. */
export function executionNotice(execution: ExecutionRecord, intents: readonly IntentRecord[]): Notice | undefined {
  const telling = execution.outcome === undefined ? undefined : TELLINGS[execution.outcome];
  if (telling === undefined || execution.outcome === undefined) return undefined;
  const explain = `See \`alpaca-trader explain ${execution.id}\`.`;
  return {
    kind: "execution",
    level: telling.level,
    key: `execution:${execution.id}:${execution.outcome}`,
    title: telling.title,
    lines: [
      `Wanted: ${wantedText(execution)}.`,
      ...traded("Sold", intents, "sell"),
      ...traded("Bought", intents, "buy"),
      ...conclusionLines(execution, plainStyle),
      ...(telling.advice === undefined ? [] : [`${telling.advice} ${explain}`]),
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

/** Dollars traded by the fills of an intent. */
export function filledValue(intent: IntentRecord): Decimal {
  return intent.filledAveragePrice?.times(intent.filledQuantity) ?? (intent.filledQuantity.eq(ZERO) ? ZERO : intent.estimatedValue);
}
