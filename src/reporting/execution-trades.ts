import type { Ledger } from "../domain/ledger.ts";
import type { FillRecord } from "../domain/ledger/decisions.ts";
import type { IntentRecord } from "../domain/ledger/orders.ts";
import { tradesOf, type Trade } from "../performance/trade.ts";

/** The trades of one order. @param fills of any orders of its execution. */
export function tradesOfIntent(intent: IntentRecord, fills: readonly FillRecord[]): Trade[] {
  const own = fills.filter(({ clientOrderId }) => clientOrderId === intent.clientOrderId);
  return tradesOf(
    { ...intent, filledAt: intent.filledAt ?? intent.updatedAt },
    own.map(({ quantity, price, at }) => ({ quantity, price, at })),
  );
}

/** Everything one execution traded, oldest first. */
export function tradesOfExecution(ledger: Pick<Ledger, "intentsOf" | "fillsOf">, executionId: string): Trade[] {
  const fills = ledger.fillsOf(executionId);
  const trades = ledger.intentsOf(executionId).flatMap((intent) => tradesOfIntent(intent, fills));
  return trades.sort((one, other) => one.at - other.at);
}
