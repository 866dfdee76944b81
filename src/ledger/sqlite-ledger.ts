import { DatabaseSync } from "node:sqlite";
import { TraderError } from "../domain/errors.ts";
import * as account from "./account.ts";
import * as subAccounts from "./sub-accounts.ts";
import * as strategyTargets from "./strategy-targets.ts";
import type { CommitStage } from "./database.ts";
import { LedgerDatabase } from "./database.ts";
import * as executions from "./executions.ts";
import { damagedLedger, ledgerFailure, missingLedger } from "./failures.ts";
import * as history from "./history.ts";
import * as intents from "./intents.ts";
import type { Durability, Ledger } from "../domain/ledger.ts";
import * as lines from "./lines.ts";
import type { ProcessRuns } from "./process-runs.ts";
import { processRunsOn } from "./process-runs.ts";
import { assertCurrent, migrate } from "./migrations.ts";
import type { Outbox } from "./outbox.ts";
import { outboxOn } from "./outbox.ts";
import type { Pruned } from "./prune.ts";
import type { ScheduledSignals } from "./scheduled-signals.ts";
import { scheduledSignalsOn } from "./scheduled-signals.ts";
import { prune } from "./prune.ts";
import type { Redact } from "./redacting.ts";
import { redactingLedger } from "./redacting.ts";
import { assertSameFile, identityOf, preparePrivateFile, statOf } from "./private-file.ts";
import * as signals from "./signals.ts";
import * as splits from "./splits.ts";
import * as verdicts from "./verdicts.ts";

export interface LedgerOptions {
  /** How long a write waits for another process's, in milliseconds; the thread is blocked meanwhile. Default 2,000. */
  readonly busyTimeoutMs?: number;
  /** Called right before and right after each COMMIT; what it throws before a commit rolls it back. */
  readonly onCommit?: (stage: CommitStage, durability: Durability) => void;
  /** Refuse to make a new ledger: for commands that only look. Default false. */
  readonly mustExist?: boolean;
  /** Takes keys out of every free text before it is written (R30). Default: texts are written as they are. */
  readonly redact?: Redact;
}

/** The port, and what only this implementation can do. */
export interface SqliteLedger extends Ledger {
  /** The file, or `":memory:"`. */
  readonly file: string;
  /** @throws TraderError `ledger-replaced` when the file was deleted or replaced since it was opened. */
  check(): void;
  /** Forgets what is older than `beforeMs` and was never acted upon. */
  prune(beforeMs: number): Pruned;
  /** The durable image: what a crash at this moment would leave. Not inside a transaction. */
  serialize(): Uint8Array;
  /** What was told to people outside. Its writer takes the keys out. */
  readonly outbox: Outbox;
  /** When the daemon ran. */
  readonly processRuns: ProcessRuns;
  /** What became of the signals that the daemon generates by itself. */
  readonly scheduled: ScheduledSignals;
}

/** A ledger that is only looked at. */
export interface LedgerReader extends Omit<Ledger, LedgerWrites> {
  /** @throws TraderError `ledger-replaced` when the file was deleted or replaced since it was opened. */
  check(): void;
  /** Another number whenever somebody has written. */
  version(): number;
}

type LedgerWrites =
  | "transaction"
  | "pinAccount"
  | "judgeLines"
  | "judgeSignal"
  | "createExecution"
  | "updateExecution"
  | "updateIntent"
  | "releaseSymbol"
  | "note"
  | (keyof Ledger & `record${string}`);

const MEMORY = ":memory:";

/** A write by a command beside the daemon takes a fraction of a millisecond; seconds mean that something is wrong. */
const DEFAULT_BUSY_TIMEOUT_MS = 2_000;

/** Whoever looks waits for nobody: with a write-ahead log a reader is not held up but by a recovery. */
const READ_TIMEOUT_MS = 250;

const SWITCH_ATTEMPTS = 100;
const SWITCH_PAUSE_MS = 10;

/** Limits what the write-ahead log keeps on disk after a burst, in bytes. */
const WAL_LIMIT_BYTES = 4_194_304;

/** Bytes 18 and 19 of a database header: 2 means write-ahead log, which a database in memory cannot have; 1 means journal. */
const HEADER_VERSIONS = [18, 19] as const;

/**
 * Opens the ledger, makes it if it is not there, and brings its schema up to date.
 * @param file a path (made with mode 0600, its directory 0700), or `":memory:"`.
 * @throws TraderError when it cannot be opened, is no ledger, is damaged, or is of a newer version.
 */
export function openLedger(file: string, options: LedgerOptions = {}): SqliteLedger {
  if (options.mustExist === true && statOf(file, "ledger") === undefined) throw missingLedger(file);
  if (file !== MEMORY) preparePrivateFile(file, "ledger");
  let database: DatabaseSync;
  try {
    database = new DatabaseSync(file, { timeout: options.busyTimeoutMs ?? DEFAULT_BUSY_TIMEOUT_MS });
  } catch (error) {
    throw ledgerFailure(error, file);
  }
  return ledgerOn(database, file, options);
}

/**
 * Opens a ledger for looking only, beside whoever writes it: the connection cannot change anything.
 * @throws TraderError as {@link openLedger} does, and `ledger-older` for a schema that is not up to date.
 */
export function openLedgerToRead(file: string): LedgerReader {
  if (statOf(file, "ledger") === undefined) throw missingLedger(file);
  const opened = identityOf(file);
  let connection: DatabaseSync;
  try {
    connection = new DatabaseSync(file, { readOnly: true, timeout: READ_TIMEOUT_MS });
  } catch (error) {
    throw ledgerFailure(error, file);
  }
  const database = new LedgerDatabase(connection, file);
  try {
    assertCurrent(database);
  } catch (error) {
    database.close();
    throw error;
  }
  return {
    ...portOn(database),
    check: () => assertSameFile(file, opened, "ledger"),
    version: () => Number(database.pragma("data_version")),
  };
}

/**
 * Opens what {@link SqliteLedger.serialize} gave, in memory: the start after a crash at that moment.
 * @param name how errors call it; by default "in memory".
 */
export function openLedgerImage(image: Uint8Array, options: LedgerOptions = {}, name?: string): SqliteLedger {
  const bytes = new Uint8Array(image);
  for (const offset of HEADER_VERSIONS) bytes[offset] = 1;
  const database = new DatabaseSync(MEMORY);
  database.deserialize(bytes);
  return ledgerOn(database, MEMORY, options, name);
}

/** A ledger on a connection that is open already; it is closed when it cannot be used. */
export function ledgerOn(
  connection: DatabaseSync,
  file: string,
  options: LedgerOptions = {},
  name = file === MEMORY ? "in memory" : file,
): SqliteLedger {
  const database = new LedgerDatabase(connection, name, options.onCommit);
  try {
    prepare(database, file);
  } catch (error) {
    database.close();
    throw error;
  }
  const port = portOn(database);
  return { ...(options.redact === undefined ? port : redactingLedger(port, options.redact)), ...upkeepOf(database, file) };
}

/** The check of the schema comes first: nothing is written to a database that is not ours. */
function prepare(database: LedgerDatabase, file: string): void {
  database.pragma("foreign_keys = ON");
  const findings = database.pragma("quick_check(1)");
  if (findings !== "ok") throw damagedLedger(database.name, String(findings));
  migrate(database);
  if (file === MEMORY) return;
  switchToWriteAheadLog(database);
  database.pragma(`journal_size_limit = ${WAL_LIMIT_BYTES}`);
}

/**
 * SQLite does not wait for another process here, whatever the busy timeout is, and two commands may well
 * open a new ledger at the same moment.
 */
function switchToWriteAheadLog(database: LedgerDatabase): void {
  for (let attempt = 1; ; attempt += 1) {
    try {
      if (database.pragma("journal_mode") !== "wal") database.pragma("journal_mode = WAL");
      return;
    } catch (error) {
      if (attempt >= SWITCH_ATTEMPTS || !(error instanceof TraderError) || !error.retryable) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, SWITCH_PAUSE_MS);
    }
  }
}

function upkeepOf(database: LedgerDatabase, file: string): Omit<SqliteLedger, keyof Ledger> {
  const opened = file === MEMORY ? undefined : identityOf(file);
  return {
    file,
    check() {
      if (file !== MEMORY) assertSameFile(file, opened, "ledger");
    },
    prune: (beforeMs) => prune(database, beforeMs),
    serialize: () => database.serialize(),
    outbox: outboxOn(database),
    processRuns: processRunsOn(database),
    scheduled: scheduledSignalsOn(database),
  };
}

function portOn(database: LedgerDatabase): Ledger {
  return {
    transaction: (work, durability) => database.transaction(work, durability),
    flush: () => database.flush(),
    close: () => database.close(),

    pinnedAccount: () => account.pinnedAccount(database),
    pinAccount: (number, at) => account.pinAccount(database, number, at),
    hasTraded: (number) => account.hasTraded(database, number),
    recordStranger: (stranger) => account.recordStranger(database, stranger),
    strangersMet: (session) => account.strangersMet(database, session),
    adoptedAt: (number) => account.adoptedAt(database, number),
    recordAdoption: (number, at) => account.recordAdoption(database, number, at),
    assetIds: (symbols) => account.assetIds(database, symbols),
    recordAssetIds: (ids, at) => account.recordAssetIds(database, ids, at),

    lines: (strategy, hashes) => lines.knownLines(database, strategy, hashes),
    recordLines: (fresh) => lines.recordLines(database, fresh),
    judgeLines: (strategy, hashes, verdict, at, signalId) => lines.judgeLines(database, { strategy, hashes, verdict, signalId }, at),
    recordHistory: (strategy, detail, at) => verdicts.recordHistory(database, strategy, detail, at),
    recentVerdicts: (limit) => verdicts.recentVerdicts(database, limit),
    lastCause: (signalId) => verdicts.lastCause(database, signalId),

    recordSignal: (signal, at) => signals.recordSignal(database, signal, at),
    signal: (id) => signals.findSignal(database, id),
    recentSignals: (limit) => signals.recentSignals(database, limit),
    judgeSignal: (id, verdict, at) => signals.judgeSignal(database, id, verdict, at),
    lastAcceptedSignal: (strategy) => signals.lastAcceptedSignal(database, strategy),

    recordStrategyTargets: (executionId, asked) => strategyTargets.recordStrategyTargets(database, executionId, asked),
    strategyTargetsOf: (executionId) => strategyTargets.strategyTargetsOf(database, executionId),
    lastStrategyTarget: (strategy) => strategyTargets.lastStrategyTarget(database, strategy),
    releaseSymbol: (symbol, at) => strategyTargets.releaseSymbol(database, symbol, at),
    releasedSymbols: () => strategyTargets.releasedSymbols(database),

    createExecution: (execution) => executions.createExecution(database, execution),
    execution: (id) => executions.findExecution(database, id),
    executionsOfSignal: (signalId) => executions.executionsOfSignal(database, signalId),
    executionOfSignal: (signalId) => executions.executionOfSignal(database, signalId),
    executionCount: (signalId) => executions.executionCount(database, signalId),
    openExecutions: () => executions.openExecutions(database),
    recentExecutions: (limit) => executions.recentExecutions(database, limit),
    executionsSince: (at) => executions.executionsSince(database, at),
    updateExecution: (id, change) => executions.updateExecution(database, id, change),

    recordTerms: (clientOrderId, terms, at) => intents.recordTerms(database, clientOrderId, terms, at),
    recordIntents: (planned) => intents.recordIntents(database, planned),
    updateIntent: (clientOrderId, change) => intents.updateIntent(database, clientOrderId, change),
    intent: (clientOrderId) => intents.findIntent(database, clientOrderId),
    formerIntents: (clientOrderId) => intents.formerIntents(database, clientOrderId),
    intentsOf: (executionId) => intents.intentsOf(database, executionId),
    intentsOfSignal: (signalId) => intents.intentsOfSignal(database, signalId),
    unsettledIntents: () => intents.unsettledIntents(database),
    intentsChangedSince: (at) => intents.intentsChangedSince(database, at),
    lastFilledIntent: (symbol) => intents.lastFilledIntent(database, symbol),

    recordAttributionDeltas: (executionId, deltas) => subAccounts.recordAttributionDeltas(database, executionId, deltas),
    attributionDeltasOf: (executionId) => subAccounts.attributionDeltasOf(database, executionId),
    unbookedExecutions: () => subAccounts.unbookedExecutions(database),
    unbookedFills: () => subAccounts.unbookedFills(database),
    recordBookings: (page) => subAccounts.recordBookings(database, page),
    bookings: () => subAccounts.bookings(database),
    bookHoldings: () => subAccounts.bookHoldings(database),

    recordSessionQuantity: (quantity) => splits.recordSessionQuantity(database, quantity),
    lastSessionQuantity: (symbol) => splits.lastSessionQuantity(database, symbol),
    recordSplit: (split) => splits.recordSplit(database, split),
    splitsOf: (symbol) => splits.splitsOf(database, symbol),
    unbookedSplits: () => splits.unbookedSplits(database),

    recordFill: (fill) => history.recordFill(database, fill),
    fillsOf: (executionId) => history.fillsOf(database, executionId),
    recordEquity: (snapshot) => history.recordEquity(database, snapshot),
    equitySince: (at) => history.equitySince(database, at),
    note: (entry) => history.appendNote(database, entry),
    notesOf: (executionId) => history.notesOf(database, executionId),
  };
}
