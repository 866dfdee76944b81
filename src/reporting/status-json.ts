import type { Order } from "../domain/broker.ts";
import { toText } from "../domain/decimal.ts";
import type { Ledger } from "../domain/ledger.ts";
import type { StrategyTarget } from "../domain/strategy-target.ts";
import { isoInstant } from "../domain/time-format.ts";
import { isOwnOrder } from "../execution/orders/ids.ts";
import type { AccountReading } from "./account-reading.ts";
import { accountReport, strategyReports, type AccountReport, type StrategyReport } from "./account-report.ts";
import { marketOf, runningExecution, signalEntry, type DashboardData, type RunningExecution, type SignalEntry } from "./dashboard-data.ts";
import { holdingEntry, type HoldingEntry } from "./dashboard-holdings.ts";
import { holdingsOn } from "./holdings-table.ts";
import { isoOrNull, textOrNull } from "./json-values.ts";
import { soughtIn, type StatusFacts } from "./status-view.ts";
import { strategyTargetEntry, type StrategyTargetEntry } from "./strategy-target-entry.ts";

/** `status --json`: what `status` shows, with the keys of the dashboard. Value formats as in json-values.ts. */
export interface StatusDocument extends Pick<DashboardData, "generated_at" | "mode" | "mode_reason" | "halted" | "daemon" | "market"> {
  readonly schema: 1;
  /** `null` when it could not be read; `problems` says why. */
  readonly account: AccountReport | null;
  /** Why the account is not traded, and what could not be read; one sentence each. */
  readonly problems: readonly string[];
  readonly targets: readonly StrategyTargetEntry[];
  readonly holdings: readonly HoldingEntry[];
  readonly strategies: readonly StrategyReport[] | null;
  readonly working_orders: readonly WorkingOrder[];
  readonly running: readonly RunningExecution[];
  /** Newest first, like the verdicts on lines. */
  readonly signals: readonly SignalEntry[];
  readonly verdicts: readonly VerdictEntry[];
}

interface WorkingOrder {
  readonly symbol: string;
  readonly side: "buy" | "sell";
  readonly status: string;
  readonly quantity: string | null;
  readonly notional: string | null;
  readonly filled_quantity: string;
  /** Whether this program sent it. */
  readonly is_own: boolean;
  readonly order_id: string;
  readonly client_order_id: string;
  readonly submitted_at: string | null;
}

interface VerdictEntry {
  readonly at: string;
  readonly strategy: string;
  readonly verdict: string;
  readonly reason: string;
  readonly signal_id: string | null;
  readonly lines: number;
}

export interface StatusSources {
  /** `undefined` when this installation has not traded yet. */
  readonly ledger: Ledger | undefined;
  /** `undefined` when the account could not be read. */
  readonly reading: AccountReading | undefined;
  /** The newest accepted targets of each strategy that has spoken. */
  readonly targets: readonly StrategyTarget[];
}

export function statusDocument(facts: StatusFacts, { ledger, reading, targets }: StatusSources): StatusDocument {
  const { now, daemon, accountProblem, refusal } = facts;
  return {
    schema: 1,
    generated_at: isoInstant(now),
    mode: facts.mode,
    mode_reason: facts.modeReason,
    halted: facts.halted ?? null,
    daemon: daemon === undefined ? null : { pid: daemon.pid, since: isoInstant(daemon.since) },
    market: reading === undefined ? null : marketOf(reading),
    account: reading === undefined ? null : accountReport(reading),
    problems: [...[accountProblem, refusal].filter((problem) => problem !== undefined), ...(reading?.problems ?? [])],
    targets: targets.map(strategyTargetEntry),
    holdings: reading === undefined ? [] : holdingsOn(reading.account, reading.positions, soughtIn(facts)).map(holdingEntry),
    strategies: reading === undefined || ledger === undefined ? null : strategyReports(ledger, reading),
    working_orders: facts.workingOrders.map(workingOrder),
    running: ledger === undefined ? [] : facts.openExecutions.map((execution) => runningExecution(ledger, execution)),
    // Without a ledger there is no signal.
    signals: ledger === undefined ? [] : facts.lastSignals.map((record) => signalEntry(record, now, ledger)),
    verdicts: facts.verdicts.map(({ at, strategy, verdict, reason, signalId, lines }) => ({
      at: isoInstant(at),
      strategy,
      verdict,
      reason,
      signal_id: signalId ?? null,
      lines,
    })),
  };
}

function workingOrder(order: Order): WorkingOrder {
  return {
    symbol: order.symbol,
    side: order.side,
    status: order.status,
    quantity: textOrNull(order.quantity),
    notional: textOrNull(order.notional),
    filled_quantity: toText(order.filledQuantity),
    is_own: isOwnOrder(order),
    order_id: order.id,
    client_order_id: order.clientOrderId,
    submitted_at: isoOrNull(order.submittedAt),
  };
}
