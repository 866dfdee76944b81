import { randomUUID } from "node:crypto";
import { readdirSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { EXIT, TraderError } from "../domain/errors.ts";
import { databaseFailure, isBusy } from "./failures.ts";
import type { LockHolder } from "./lock-holder.ts";
import { describeHolder, holderIn } from "./lock-holder.ts";
import { assertSameFile, identityOf, preparePrivateFile } from "./private-file.ts";

/**
 * A trading lock (R26) lives exactly as long as the process that holds it: an open write transaction
 * on a small separate database, which the kernel releases however the process ends. The steps:
 *
 * 1. `BEGIN IMMEDIATE`, write who we are, `COMMIT`: readers may now know the holder;
 * 2. `BEGIN IMMEDIATE` again, and keep it open for good;
 * 3. read the recorded holder; if another process came between 1 and 2, start again.
 *
 * Never open or read the lock file by any other means than SQLite: closing such a descriptor would
 * silently drop the lock (POSIX locks belong to the process, not to the descriptor).
 */
export interface HeldLock {
  readonly file: string;
  readonly holder: LockHolder;
  /** @throws TraderError `lock-replaced` when the file was deleted or replaced: the lock no longer protects anything. */
  check(now: number): void;
  release(): void;
}

/** Long enough for another process to read the holder, in milliseconds. */
const BUSY_TIMEOUT_MS = 500;

/** Two starting processes can interleave once or twice, but not forever. */
const ATTEMPTS = 5;

/**
 * Takes the lock immediately or fails; it never waits for the holder.
 * @throws TraderError `lock-held` (exit 3) that names the holder; as {@link databaseFailure} says when the file cannot be used.
 */
export function acquireLock(file: string, holder: LockHolder): HeldLock {
  preparePrivateFile(file, "lock");
  const database = openLock(file);
  try {
    take(database, file, JSON.stringify({ ...holder, token: randomUUID() }));
  } catch (error) {
    database.close();
    throw error instanceof TraderError ? error : databaseFailure(error, file, "lock");
  }
  return heldLock(database, file, holder);
}

/**
 * Who holds a trading lock below these directories, one entry per process and lock directory. A lock
 * whose holder has ended is not listed. It never fails, because `halt` must work whatever lies about
 * (R25): what is no lock, or in a directory that we may not read, is no lock that we could have taken.
 */
export function daemons(directories: readonly string[]): LockHolder[] {
  const holders = directories
    .flatMap(lockFilesIn)
    .map(holderIfLock)
    .filter((holder) => holder !== undefined);
  return [...new Map(holders.map((holder) => [`${holder.pid} ${holder.stateDir}`, holder])).values()];
}

function holderIfLock(file: string): LockHolder | undefined {
  try {
    return holderOf(file);
  } catch {
    return undefined;
  }
}

/** The process that holds the lock now; undefined when none does. */
export function holderOf(file: string): LockHolder | undefined {
  if (identityOf(file) === undefined) return undefined;
  const database = openLock(file);
  try {
    return isHeld(database) ? readHolder(database) : undefined;
  } finally {
    database.close();
  }
}

function openLock(file: string): DatabaseSync {
  try {
    return new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
  } catch (error) {
    throw databaseFailure(error, file, "lock");
  }
}

function take(database: DatabaseSync, file: string, self: string): void {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    beginOrRefuse(database, file);
    database.exec("CREATE TABLE IF NOT EXISTS holder (id INTEGER PRIMARY KEY CHECK (id = 1), self TEXT NOT NULL) STRICT");
    database.prepare("INSERT OR REPLACE INTO holder (id, self) VALUES (1, ?)").run(self);
    database.exec("COMMIT");
    beginOrRefuse(database, file);
    if (database.prepare("SELECT self FROM holder").get()?.self === self) return;
    database.exec("ROLLBACK");
  }
  throw heldBy(file, readHolder(database));
}

function beginOrRefuse(database: DatabaseSync, file: string): void {
  try {
    database.exec("BEGIN IMMEDIATE");
  } catch (error) {
    throw isBusy(error) ? heldBy(file, readHolder(database)) : error;
  }
}

function heldBy(file: string, holder: LockHolder | undefined): TraderError {
  const who = holder === undefined ? "another process" : describeHolder(holder);
  return new TraderError(`Another trader is running: ${who} holds the trading lock ${file}.`, {
    code: "lock-held",
    hint: holder === undefined ? "Try again in a few seconds." : `Stop it first (process ${holder.pid}), or leave the trading to it.`,
    exitCode: EXIT.refused,
    retryable: true,
  });
}

function heldLock(database: DatabaseSync, file: string, holder: LockHolder): HeldLock {
  const opened = identityOf(file);
  return {
    file,
    holder,
    check(now) {
      assertSameFile(file, opened, "lock");
      utimesSync(file, now / 1000, now / 1000);
    },
    release() {
      if (!database.isOpen) return;
      if (database.isTransaction) database.exec("ROLLBACK");
      database.close();
    },
  };
}

function isHeld(database: DatabaseSync): boolean {
  try {
    database.exec("PRAGMA busy_timeout = 0; BEGIN IMMEDIATE; ROLLBACK");
    return false;
  } catch (error) {
    if (isBusy(error)) return true;
    throw error;
  } finally {
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
  }
}

/** undefined when the holder has not yet recorded itself. */
function readHolder(database: DatabaseSync): LockHolder | undefined {
  try {
    return holderIn(database.prepare("SELECT self FROM holder").get()?.self);
  } catch {
    return undefined;
  }
}

function lockFilesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith(".lock"))
      .map((name) => join(directory, name));
  } catch {
    return [];
  }
}
