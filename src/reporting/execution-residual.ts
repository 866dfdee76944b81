import type { ExecutionRecord } from "../domain/ledger/executions.ts";
import { cashDrag, residuesOf } from "../performance/residual.ts";
import { decimal, sum } from "../domain/decimal.ts";
import { dollarText, fractionOrNull } from "./json-values.ts";
import { finalLines, isWanted, planOf } from "./plan-lines.ts";

/** What an execution did not complete. */
export interface ResidualReport {
  /** Share of the account left in cash compared with the target; negative = more invested than targeted. */
  readonly cash_drag: string | null;
  readonly drift: readonly DriftEntry[];
}

interface DriftEntry {
  readonly symbol: string;
  /** Dollars. */
  readonly wanted: string;
  readonly actual: string;
  /** (Actual − target) ÷ base. */
  readonly drift: string;
  /** Why it, or the rest of it, was left alone. */
  readonly left_alone: string | null;
}

/** `undefined` when the plan or the account afterwards is unknown. An exit only sells its symbols, so any cash is fine. */
export function residualReport(execution: ExecutionRecord): ResidualReport {
  const plan = planOf(execution);
  const after = execution.accountAfter;
  if (plan === undefined || after === undefined) return { cash_drag: null, drift: [] };
  const lines = finalLines(execution).filter((line) => isWanted(execution, line));
  const wanted = new Map(lines.map(({ symbol, targetValue }) => [symbol, decimal(targetValue)]));
  const actual = new Map(after.positions.map(({ symbol, marketValue }) => [symbol, decimal(marketValue)]));
  const untargeted = [...actual].flatMap(([symbol, value]) => (wanted.has(symbol) ? [] : [value]));
  const left = new Map(lines.map(({ symbol, leftAlone }) => [symbol, leftAlone]));
  const account = { equity: decimal(after.equity), cash: decimal(after.cash), untargeted };
  return {
    cash_drag: execution.wanted.kind === "exit" ? null : fractionOrNull(cashDrag(account, sum(wanted.values()))),
    drift: residuesOf(wanted, actual, decimal((plan.buying ?? plan.selling).base)).map((residue) => ({
      symbol: residue.symbol,
      wanted: dollarText(residue.wanted),
      actual: dollarText(residue.actual),
      drift: fractionOrNull(residue.drift) ?? "0",
      left_alone: left.get(residue.symbol) ?? null,
    })),
  };
}
