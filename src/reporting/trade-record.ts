import type { Signal } from "../domain/signal.ts";
import type { Ledger } from "../domain/ledger.ts";
import type { FillRecord } from "../domain/ledger/decisions.ts";
import type { IntentRecord } from "../domain/ledger/orders.ts";
import type { ExecutionRecord } from "../domain/ledger/executions.ts";
import { toText, ZERO, type Decimal } from "../domain/decimal.ts";
import { tradedValue, tradesOf, type Trade } from "../performance/trade.ts";
import { finalLines, knownExecution, wantedWeights } from "./plan-lines.ts";
import { isoOrNull, textOrNull } from "./json-values.ts";
import { isoInstant } from "../domain/time-format.ts";

/** One line of the trade log. Amounts are decimal text, instants ISO 8601 in UTC, unknown values null. */
export interface TradeRecord {
  readonly timestamp: string;
  readonly execution_id: string;
  readonly mode: string;
  readonly paper_trading: boolean;
  readonly outcome: string | null;
  readonly reason: string | null;
  readonly started_at: string;
  readonly finished_at: string | null;
  readonly signal: SignalEntry;
  readonly target_weights: Readonly<Record<string, string>>;
  readonly account: AccountEntry;
  readonly orders: readonly OrderEntry[];
  readonly left_alone: readonly SkippedEntry[];
}

interface SignalEntry {
  readonly id: string;
  readonly strategy: string | null;
  readonly generated_at: string | null;
  readonly reason: string | null;
  /** The alert lines as read. */
  readonly lines: readonly string[];
}

interface AccountEntry {
  readonly number: string;
  readonly value_before: string | null;
  readonly value_after: string | null;
  readonly cash_before: string | null;
  readonly cash_after: string | null;
}

/** One order that was sent, or may have been. */
export interface OrderEntry {
  readonly symbol: string;
  readonly side: "buy" | "sell";
  /** Shares filled, never estimated. */
  readonly quantity: string;
  readonly requested: { readonly quantity: string } | { readonly notional: string } | null;
  readonly fill_price: string | null;
  /** Dollar value of the fills. */
  readonly value: string | null;
  readonly order_id: string | null;
  readonly client_order_id: string;
  readonly status: string;
  readonly message: string | null;
  readonly submitted_at: string | null;
  readonly filled_at: string | null;
}

interface SkippedEntry {
  readonly symbol: string;
  readonly reason: string;
  readonly detail: string;
}

type Source = Pick<Ledger, "execution" | "signal" | "lines" | "intentsOf" | "fillsOf">;

/** The trade log's line for one execution. @throws TraderError `unknown-execution` when the ledger holds no such execution. */
export function tradeRecord(ledger: Source, executionId: string, mode: string): TradeRecord {
  const execution = knownExecution(ledger, executionId);
  const fills = ledger.fillsOf(executionId);
  return {
    timestamp: isoInstant(execution.finishedAt ?? execution.startedAt),
    execution_id: execution.id,
    mode,
    paper_trading: mode !== "live",
    outcome: execution.outcome ?? null,
    reason: execution.outcomeReason ?? null,
    started_at: isoInstant(execution.startedAt),
    finished_at: isoOrNull(execution.finishedAt),
    signal: signalEntry(ledger, execution.signalId),
    target_weights: wantedWeights(execution),
    account: accountEntry(execution),
    orders: ledger
      .intentsOf(executionId)
      .filter(wasSent)
      .map((intent) => orderEntry(intent, fills)),
    left_alone: finalLines(execution).flatMap(({ symbol, leftAlone, detail }) =>
      leftAlone === undefined ? [] : [{ symbol, reason: leftAlone, detail }],
    ),
  };
}

function signalEntry(ledger: Source, id: string): SignalEntry {
  const signal = ledger.signal(id)?.signal;
  if (signal === undefined) return { id, strategy: null, generated_at: null, reason: null, lines: [] };
  return {
    id,
    strategy: signal.strategy,
    generated_at: isoInstant(signal.generatedAt),
    reason: signal.reason,
    lines: alertLines(ledger, signal),
  };
}

function alertLines(ledger: Source, signal: Signal): string[] {
  const known = ledger.lines(signal.strategy, signal.lineHashes);
  return signal.lineHashes.flatMap((hash) => known.get(hash)?.text ?? []);
}

function accountEntry(execution: ExecutionRecord): AccountEntry {
  const before = execution.accountBefore;
  const after = execution.accountAfter;
  return {
    number: execution.accountNumber,
    value_before: before?.equity ?? null,
    value_after: after?.equity ?? null,
    cash_before: before?.cash ?? null,
    cash_after: after?.cash ?? null,
  };
}

/** An order that was certainly never sent does not count; one that may have been sent does. */
export function wasSent(intent: IntentRecord): boolean {
  return intent.state !== "recorded" && intent.state !== "dropped";
}

/** @param all fills of the execution. */
export function orderEntry(intent: IntentRecord, all: readonly FillRecord[]): OrderEntry {
  const fills = all.filter((fill) => fill.clientOrderId === intent.clientOrderId);
  const filled = intent.filledQuantity;
  return {
    symbol: intent.symbol,
    side: intent.side,
    quantity: toText(filled),
    requested: requestedOf(intent),
    fill_price: textOrNull(filled.eq(ZERO) ? undefined : intent.filledAveragePrice),
    value: textOrNull(valueOf(intent, fills)),
    order_id: intent.orderId ?? null,
    client_order_id: intent.clientOrderId,
    status: statusOf(intent),
    message: intent.state === "done" ? null : (intent.message ?? null),
    submitted_at: isoOrNull(intent.postedAt),
    filled_at: isoOrNull(filledAt(intent, fills)),
  };
}

function requestedOf(intent: IntentRecord): OrderEntry["requested"] {
  if (intent.notional !== undefined) return { notional: toText(intent.notional) };
  return intent.quantity === undefined ? null : { quantity: toText(intent.quantity) };
}

function valueOf(intent: IntentRecord, fills: readonly FillRecord[]): Decimal | undefined {
  const trades = tradesOfIntent(intent, fills);
  return trades.length === 0 ? undefined : tradedValue(trades);
}

function statusOf(intent: IntentRecord): string {
  switch (intent.state) {
    case "done":
    case "open":
      return intent.status ?? intent.state;
    case "refused":
      return "refused";
    case "posting":
    case "unknown":
    case "abandoned":
      return "unknown";
    case "recorded":
    case "dropped":
      return "not-sent";
  }
}

/** An order that ended without a fill is not a trade. */
function filledAt(intent: IntentRecord, fills: readonly FillRecord[]): number | undefined {
  if (intent.filledQuantity.eq(ZERO)) return undefined;
  if (fills.length > 0) return Math.max(...fills.map((fill) => fill.at));
  return intent.filledAt;
}

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
