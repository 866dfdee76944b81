import { messageOf, TraderError } from "../errors.ts";

/** SQLite's primary result codes (the low byte of `errcode`) that need an answer of their own. */
const BUSY = 5;
const LOCKED = 6;
const READ_ONLY = 8;
const DAMAGED = 11;
const FULL = 13;
const CANNOT_OPEN = 14;
const NOT_A_DATABASE = 26;

/** The primary result code of an error of `node:sqlite`; undefined for any other error. */
function sqliteCode(error: unknown): number | undefined {
  if (!Error.isError(error)) return undefined;
  const errcode: unknown = (error as { errcode?: unknown }).errcode;
  return typeof errcode === "number" ? errcode & 0xff : undefined;
}

/** Whether another connection holds the lock that was asked for. */
export function isBusy(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === BUSY || code === LOCKED;
}

/**
 * What a failed statement means to a person. An error that is one already is handed on as it is.
 * @param name how the ledger is called in the sentence: its file, or "in memory".
 */
export function ledgerFailure(error: unknown, name: string): unknown {
  if (error instanceof TraderError) return error;
  const code = sqliteCode(error);
  if (code === undefined)
    return isClosed(error) ? new TraderError(`The ledger ${name} is closed.`, { code: "ledger-failed", cause: error }) : error;
  switch (code) {
    case FULL:
      return new TraderError(`The disk is full: the ledger ${name} cannot be written.`, {
        code: "ledger-full",
        hint: "Free some space; no order is sent that could not be recorded first.",
        retryable: true,
        cause: error,
      });
    case BUSY:
    case LOCKED:
      return new TraderError(`Another process is writing to the ledger ${name}.`, {
        code: "ledger-failed",
        hint: "Try again; if it stays so, look for a command or a database tool that keeps a transaction open.",
        retryable: true,
        cause: error,
      });
    case READ_ONLY:
      return new TraderError(`The ledger ${name} may not be written.`, {
        code: "ledger-failed",
        hint: "Check owner and mode of the file and its directory, and whether the file system is mounted read-only.",
        cause: error,
      });
    case DAMAGED:
      return damagedLedger(name, messageOf(error), error);
    case NOT_A_DATABASE:
      return new TraderError(`${name} is not a ledger: it is no SQLite database.`, {
        code: "ledger-foreign",
        hint: "Check STATE_DIR; move the file away if it does not belong there.",
        cause: error,
      });
    case CANNOT_OPEN:
      return new TraderError(`The ledger ${name} cannot be opened.`, {
        code: "ledger-unavailable",
        hint: "Its directory must exist and be writable for our user, and the path must not be a directory itself.",
        cause: error,
      });
    default:
      return new TraderError(`The ledger ${name} failed: ${messageOf(error)}.`, { code: "ledger-failed", cause: error });
  }
}

/** @param detail what was found wrong, in SQLite's or our own words. */
export function damagedLedger(name: string, detail: string, cause?: unknown): TraderError {
  return new TraderError(`The ledger ${name} is damaged: ${detail}.`, {
    code: "ledger-damaged",
    hint: "Stop the daemon, move the file away and restore a backup; without one, check the account's orders before starting with an empty ledger.",
    ...(cause === undefined ? {} : { cause }),
  });
}

export function missingLedger(file: string): TraderError {
  return new TraderError(`There is no ledger at ${file}.`, {
    code: "ledger-missing",
    hint: "It is made by the first `run` or `execute`; check STATE_DIR and TRADING_MODE if there should be one.",
  });
}

/** A start takes it for a new one; whoever has traded with it before should know that first. */
export function emptyLedger(file: string): TraderError {
  return new TraderError(`The ledger ${file} is empty: a start takes it for a new one.`, {
    code: "ledger-empty",
    hint: "If it has held anything, restore a backup, or look at the account's open orders before the next start.",
  });
}

function isClosed(error: unknown): boolean {
  return Error.isError(error) && (error as { code?: unknown }).code === "ERR_INVALID_STATE" && error.message.includes("not open");
}
