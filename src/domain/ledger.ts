import type { AccountStore } from "./ledger/account.ts";
import type { AlertLineStore } from "./ledger/alert-lines.ts";
import type { DecisionStore } from "./ledger/decisions.ts";
import type { ExecutionStore } from "./ledger/executions.ts";
import type { OrderStore } from "./ledger/orders.ts";
import type { SignalStore } from "./ledger/signals.ts";
import type { SplitStore } from "./ledger/splits.ts";
import type { SubAccountStore } from "./ledger/sub-accounts.ts";

/**
 * What a transaction survives when the call returns. Both survive the end of the process, whatever ended it.
 *
 * - `flushed`: a power cut as well, and with it everything that was committed before.
 * - `ordered`: a power cut only once a later transaction has been flushed. Until then the cut may take it and
 *   what came after it, never what came before, so the ledger is as it was at an earlier time. For what the
 *   venue can be read again, or what nothing is done upon before the next flush: an order is never sent
 *   but after one.
 */
export type Durability = "flushed" | "ordered";

/** All writes of a piece of work, or none. */
export interface Transactions {
  /**
   * Runs `work` in one transaction: all of its writes or none. Nested calls join the outer one.
   * @param durability default: `flushed`; a flush takes a disk milliseconds, in which nothing else runs.
   */
  transaction<T>(work: () => T, durability?: Durability): T;
  /** Flushes what is committed and not flushed yet, if anything is. To be called when there is time; before an order it happens by itself. */
  flush(): void;
  close(): void;
}

/**
 * The Ledger port: the program's only memory, and what a restart starts from. Every write is flushed to the
 * disk when the call returns, but for a transaction that asks for less; a write that fails throws, and nothing
 * that depends on it may be done.
 * A reader takes the part of it that it needs.
 */
export interface Ledger
  extends Transactions, AccountStore, AlertLineStore, SignalStore, ExecutionStore, OrderStore, SubAccountStore, SplitStore, DecisionStore {}
