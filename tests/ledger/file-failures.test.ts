import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "@jest/globals";
import { EXIT, TraderError } from "../../src/domain/errors.ts";
import { databaseFailure } from "../../src/ledger/failures.ts";
import type { Purpose } from "../../src/ledger/file-failures.ts";
import { unavailable } from "../../src/ledger/file-failures.ts";
import { accountLockDirectory } from "../../src/ledger/lock-directory.ts";
import { acquireLock } from "../../src/ledger/lock.ts";
import { openLedger } from "../../src/ledger/sqlite-ledger.ts";
import { giveDirectory, giveFiles, ourUid } from "../../src/machine/users.ts";
import { inTemporaryDirectory } from "./ledger-examples.ts";

const PURPOSES: readonly Purpose[] = ["ledger", "lock"];
/** No account of this machine. */
const STRANGER = 4_711_000;

function errno(code: string): Error {
  return Object.assign(new Error(`${code}: said the kernel`), { code });
}

function sqlite(errcode: number, text: string): Error {
  return Object.assign(new Error(text), { code: "ERR_SQLITE_ERROR", errcode });
}

function said(error: unknown): TraderError {
  if (error instanceof TraderError) return error;
  throw new Error("It is not made for a person.", { cause: error });
}

function refusalOf(work: () => unknown): TraderError {
  try {
    work();
  } catch (error) {
    return said(error);
  }
  throw new Error("It was not refused.");
}

function lockOn(file: string): void {
  acquireLock(file, { pid: process.pid, command: "run", mode: "paper", stateDir: dirname(file), startedAt: 0 }).release();
}

const OPENERS: Readonly<Record<Purpose, (file: string) => void>> = { ledger: (file) => openLedger(file).close(), lock: lockOn };

describe.each(PURPOSES)("a %s that the operating system refuses", (purpose) => {
  test("for want of space may be tried again, and says what is to be freed", () => {
    for (const code of ["ENOSPC", "EDQUOT"]) {
      const error = unavailable("/state/x", errno(code), purpose);
      expect(error).toMatchObject({ code: `${purpose}-full`, exitCode: EXIT.failed, retryable: true });
      expect(error.message).toBe(`The disk is full: the ${purpose} /state/x cannot be written.`);
      expect(error.hint).toContain("Free some space in /state");
    }
  });

  test("on a file system that is read-only may be tried again", () => {
    const error = unavailable("/state/x", errno("EROFS"), purpose);
    expect(error).toMatchObject({ code: `${purpose}-read-only`, exitCode: EXIT.failed, retryable: true });
    expect(error.message).toContain(`The ${purpose} /state/x cannot be written: its file system is read-only`);
  });

  test("because a file in our own directory belongs to somebody else ends for good, with the command that gives it to us", () => {
    inTemporaryDirectory((directory) => {
      const file = join(directory, "paper.sqlite");
      writeFileSync(file, "");
      chmodSync(directory, 0o700);
      const error = unavailable(file, errno("EACCES"), purpose, STRANGER);
      expect(error).toMatchObject({ code: `${purpose}-owner`, exitCode: EXIT.configuration, retryable: false });
      expect(error.message).toContain(`The ${purpose} ${file} cannot be used: it or its directory belongs to `);
      expect(error.message).toContain(`and this is user ${String(STRANGER)}`);
      expect(error.hint).toContain(giveDirectory(STRANGER, directory));
    });
  });

  test.each(["-wal", "-shm", "-journal"])("because its %s file belongs to somebody else says so too", (companion) => {
    inTemporaryDirectory((directory) => {
      const file = join(directory, "paper.sqlite");
      chmodSync(directory, 0o755);
      writeFileSync(`${file}${companion}`, "");
      expect(unavailable(file, errno("EACCES"), purpose, STRANGER).hint).toContain(giveFiles(STRANGER, file));
    });
  });

  test("in a directory of the system is never answered with giving that directory away", () => {
    const error = unavailable("/usr/paper.sqlite", errno("EACCES"), purpose, STRANGER);
    expect(error).toMatchObject({ code: `${purpose}-unavailable`, exitCode: EXIT.configuration });
    expect(error.hint).not.toContain("chown");
  });

  test("for a reason that may pass is tried again", () => {
    for (const code of ["EMFILE", "EIO", "ESTALE"])
      expect(unavailable("/state/x", errno(code), purpose)).toMatchObject({ exitCode: EXIT.failed, retryable: true });
  });
});

/** Extended result codes of SQLite, https://sqlite.org/rescode.html. */
const FAILURES = [
  { name: "IOERR_SHMSIZE", errcode: 4_874, text: "disk I/O error", code: "failed", exitCode: EXIT.failed },
  { name: "IOERR_WRITE", errcode: 778, text: "disk I/O error", code: "failed", exitCode: EXIT.failed },
  { name: "IOERR_LOCK", errcode: 3_850, text: "disk I/O error", code: "failed", exitCode: EXIT.failed },
  { name: "FULL", errcode: 13, text: "database or disk is full", code: "full", exitCode: EXIT.failed },
  { name: "CANTOPEN", errcode: 14, text: "unable to open database file", code: "unavailable", exitCode: EXIT.failed },
  { name: "READONLY", errcode: 8, text: "attempt to write a readonly database", code: "failed", exitCode: EXIT.failed },
  { name: "NOTADB", errcode: 26, text: "file is not a database", code: "foreign", exitCode: EXIT.configuration },
  { name: "CORRUPT", errcode: 11, text: "database disk image is malformed", code: "damaged", exitCode: EXIT.configuration },
  { name: "BUSY", errcode: 5, text: "database is locked", code: "failed", exitCode: EXIT.failed },
];

describe.each(PURPOSES)("a %s that SQLite refuses", (purpose) => {
  test.each(FAILURES)("with $name is named as what it is, with a hint and the exit code", ({ errcode, text, code, exitCode }) => {
    inTemporaryDirectory((directory) => {
      const error = said(databaseFailure(sqlite(errcode, text), join(directory, "x"), purpose));
      expect(error).toMatchObject({ code: `${purpose}-${code}`, exitCode });
      expect(error.message).toMatch(new RegExp(`\\b${purpose}\\b`));
      expect(error.message).not.toMatch(purpose === "lock" ? /\bledger\b/ : /\block\b/);
      expect(error.hint).toBeTruthy();
    });
  });

  test("that is no database at all is refused for good", () => {
    inTemporaryDirectory((directory) => {
      const file = join(directory, "notes");
      writeFileSync(file, "not a database at all ".repeat(100));
      const refusal = refusalOf(() => OPENERS[purpose](file));
      expect(refusal).toMatchObject({ code: `${purpose}-foreign`, exitCode: EXIT.configuration });
      expect(refusal.message).toContain(`is not a ${purpose}`);
    });
  });

  test("whose place is taken by a directory is refused for good", () => {
    inTemporaryDirectory((directory) => {
      mkdirSync(join(directory, "folder"));
      writeFileSync(join(directory, "plain"), "");
      expect(refusalOf(() => OPENERS[purpose](join(directory, "folder")))).toMatchObject({ exitCode: EXIT.configuration });
      expect(refusalOf(() => OPENERS[purpose](join(directory, "plain/x")))).toMatchObject({
        code: `${purpose}-unavailable`,
        exitCode: EXIT.configuration,
      });
    });
  });
});

test("a ledger of a newer version is refused for good, a new start could not read it either", () => {
  inTemporaryDirectory((directory) => {
    const file = join(directory, "l.sqlite");
    openLedger(file).close();
    const connection = new DatabaseSync(file);
    connection.exec("PRAGMA user_version = 900");
    connection.close();
    expect(refusalOf(() => openLedger(file))).toMatchObject({ code: "ledger-newer", exitCode: EXIT.configuration });
  });
});

test("the directory of the account locks that cannot be made for want of space may be made by a later start", () => {
  const mkdirSync = (): never => {
    throw errno("ENOSPC");
  };
  inTemporaryDirectory((directory) => {
    const refusal = refusalOf(() => accountLockDirectory(directory, ourUid(), { mkdirSync }));
    expect(refusal).toMatchObject({ code: "lock-full", exitCode: EXIT.failed });
    expect(refusal.message).toContain(`the lock ${directory}`);
  });
});
