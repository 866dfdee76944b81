import type { Verdict } from "../domain/verdict.ts";
import type { Ledger } from "../domain/ledger.ts";

export type Redact = (text: string) => string;

/**
 * A ledger in which no free text can contain a key (R30): error messages of a venue or a library may quote
 * the failed request. Ids, symbols and amounts are not changed.
 */
export function redactingLedger(ledger: Ledger, redact: Redact): Ledger {
  const spoken = (verdict: Verdict): Verdict => ({ ...verdict, reason: redact(verdict.reason) });
  return {
    ...ledger,
    recordLines: (lines) => ledger.recordLines(lines.map((line) => ({ ...line, text: redact(line.text) }))),
    judgeLines: (strategy, hashes, verdict, at, signalId) => ledger.judgeLines(strategy, hashes, spoken(verdict), at, signalId),
    recordHistory: (strategy, detail, at) => ledger.recordHistory(strategy, redact(detail), at),
    recordSignal: (signal, at) => ledger.recordSignal({ ...signal, reason: redact(signal.reason) }, at),
    judgeSignal: (id, verdict, at) => ledger.judgeSignal(id, spoken(verdict), at),
    updateExecution: (id, change) =>
      ledger.updateExecution(id, withoutKeys(change, ["outcomeReason", "accountBefore", "accountAfter", "plan"], redact)),
    updateIntent: (clientOrderId, change) => ledger.updateIntent(clientOrderId, withoutKeys(change, ["message"], redact)),
    note: (entry) => ledger.note(withoutKeys(entry, ["text", "facts"], redact)),
  };
}

/** JSON values are redacted as text, because a key may be at any depth. */
function withoutKeys<T extends object>(value: T, fields: readonly (keyof T)[], redact: Redact): T {
  const copy = { ...value };
  for (const field of fields) {
    if (copy[field] === undefined) continue;
    const text = JSON.stringify(copy[field]);
    const clean = redact(text);
    if (clean !== text) copy[field] = JSON.parse(clean) as T[typeof field];
  }
  return copy;
}
