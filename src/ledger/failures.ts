import { dirname } from "node:path";
import type { TraderErrorOptions } from "../domain/errors.ts";
import { EXIT, messageOf, TraderError } from "../domain/errors.ts";
import type { Purpose } from "./file-failures.ts";
import { fullDisk, isDiskFull, obstacleTo } from "./file-failures.ts";

/** SQLite's primary result codes (the low byte of `errcode`) with special handling. */
const BUSY = 5;
const LOCKED = 6;
const READ_ONLY = 8;
const INPUT_OUTPUT = 10;
const DAMAGED = 11;
const FULL = 13;
const CANNOT_OPEN = 14;
const NOT_A_DATABASE = 26;

const REMOVE_LOCK = "Stop every daemon of this account, then remove the file. It only records which process is trading.";

/** The primary result code of an error of `node:sqlite`; undefined for any other error. */
function sqliteCode(error: unknown): number | undefined {
  if (!Error.isError(error)) return undefined;
  const errcode: unknown = (error as { errcode?: unknown }).errcode;
  return typeof errcode === "number" ? errcode & 0xff : undefined;
}

/** Whether another connection holds the requested lock. */
export function isBusy(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === BUSY || code === LOCKED;
}

/** Explains a failed statement on a ledger to a person. @param name its file, or "in memory". */
export function ledgerFailure(error: unknown, name: string): unknown {
  return databaseFailure(error, name, "ledger");
}

/**
 * Explains a failed statement to a person. A TraderError is returned unchanged.
 * Exit code 78 means that a restart cannot help.
 */
export function databaseFailure(error: unknown, name: string, purpose: Purpose): unknown {
  if (error instanceof TraderError) return error;
  const code = sqliteCode(error);
  if (code === undefined) return isClosed(error) ? failure(`The ${purpose} ${name} is closed.`, purpose, error) : error;
  switch (code) {
    case FULL:
      return fullDisk(name, purpose, error);
    case INPUT_OUTPUT:
      return isDiskFull(name) ? fullDisk(name, purpose, error) : failingDisk(name, purpose, error);
    case BUSY:
    case LOCKED:
      return failure(`Another process is writing to the ${purpose} ${name}.`, purpose, error, {
        hint: "Try again. If the problem remains, look for a command or database tool that keeps a transaction open.",
        retryable: true,
      });
    case READ_ONLY:
    case CANNOT_OPEN:
      return obstacleTo(name, purpose) ?? unusable(name, purpose, code, error);
    case DAMAGED:
      return damaged(name, purpose, messageOf(error), error);
    case NOT_A_DATABASE:
      return failure(`${name} is not a ${purpose}: it is no SQLite database.`, purpose, error, {
        code: `${purpose}-foreign`,
        hint: purpose === "ledger" ? "Check STATE_DIR; move the file away if it does not belong there." : REMOVE_LOCK,
        exitCode: EXIT.configuration,
      });
    default:
      return failure(`The ${purpose} ${name} failed: ${messageOf(error)}.`, purpose, error);
  }
}

/** @param detail the problem, in SQLite's or our own words. */
export function damagedLedger(name: string, detail: string): TraderError {
  return damaged(name, "ledger", detail);
}

function damaged(name: string, purpose: Purpose, detail: string, cause?: unknown): TraderError {
  return failure(`The ${purpose} ${name} is damaged: ${detail}.`, purpose, cause, {
    code: `${purpose}-damaged`,
    hint:
      purpose === "ledger"
        ? "Stop the daemon, move the file away and restore a backup; without one, check the account's orders before starting with an empty ledger."
        : REMOVE_LOCK,
    exitCode: EXIT.configuration,
  });
}

function failingDisk(name: string, purpose: Purpose, cause: unknown): TraderError {
  return failure(`The disk failed when the ${purpose} ${name} was read or written (${messageOf(cause)}).`, purpose, cause, {
    hint: `See whether ${dirname(name)} is full (\`df -h\`, \`df -i\`, \`quota\`) or the disk is failing (\`dmesg\`); it must be a local disk.`,
    retryable: true,
  });
}

/** For failures without a visible problem of owner, mode or mount. */
function unusable(name: string, purpose: Purpose, code: number, cause: unknown): TraderError {
  const how = code === READ_ONLY ? "may not be written" : "cannot be opened";
  return failure(`The ${purpose} ${name} ${how} (${messageOf(cause)}).`, purpose, cause, {
    code: code === READ_ONLY ? `${purpose}-failed` : `${purpose}-unavailable`,
    hint: "Check owner and mode of the file, of those next to it (-wal, -shm) and of the directory; none of them may be a directory or a link that leads nowhere.",
  });
}

function failure(message: string, purpose: Purpose, cause: unknown, options: Partial<TraderErrorOptions> = {}): TraderError {
  return new TraderError(message, { code: `${purpose}-failed`, ...(cause === undefined ? {} : { cause }), ...options });
}

export function missingLedger(file: string): TraderError {
  return new TraderError(`There is no ledger at ${file}.`, {
    code: "ledger-missing",
    hint: "The first `run` or `execute` creates it. If it should exist, check STATE_DIR and TRADING_MODE.",
  });
}

/** A start would use it as a new ledger; a person who has traded with it before should know that first. */
export function emptyLedger(file: string): TraderError {
  return new TraderError(`The ledger ${file} is empty: a start takes it for a new one.`, {
    code: "ledger-empty",
    hint: "If it had any content, restore a backup, or check the account's open orders before the next start.",
  });
}

function isClosed(error: unknown): boolean {
  return Error.isError(error) && (error as { code?: unknown }).code === "ERR_INVALID_STATE" && error.message.includes("not open");
}
