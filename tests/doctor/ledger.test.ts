import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { formatInstant } from "../../src/domain/time-format.ts";
import { failure } from "../../src/doctor/check.ts";
import { judgeHalt, judgeLedger, judgeLock, judgeOpenWork, readLedger } from "../../src/doctor/ledger-health.ts";
import { copyLedger } from "../../src/ledger/ledger-copy.ts";
import { LedgerDatabase } from "../../src/ledger/database.ts";
import { MIGRATIONS, migrate } from "../../src/ledger/migrations.ts";
import { openLedger } from "../../src/ledger/sqlite-ledger.ts";
import { saying } from "./saying.ts";

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "doctor-"));
  file = join(directory, "paper.sqlite");
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe("the ledger", () => {
  test("that is intact is read while its owner writes, and not changed", () => {
    const owner = openLedger(file);
    owner.pinAccount("PA1", 1);
    owner.transaction(() => {
      owner.pinAccount("PA2", 2);
      const { ledger, findings } = readLedger(file);
      expect(findings).toEqual([saying("ok", "is intact")]);
      const copy = ledger.kind === "known" && ledger.value.kind === "there" ? ledger.value.copy.ledger : undefined;
      expect(copy?.pinnedAccount()?.number).toBe("PA1");
      copy?.pinAccount("PA3", 3);
      copy?.close();
    });
    expect(owner.pinnedAccount()?.number).toBe("PA2");
    owner.close();
  });

  test("of an older version is not migrated by the check", () => {
    const old = new DatabaseSync(file);
    migrate(new LedgerDatabase(old, file), MIGRATIONS.slice(0, 1));
    old.close();
    const before = readFileSync(file);

    const copy = copyLedger(file);
    expect(copy).toMatchObject({ schema: 1, newestSchema: MIGRATIONS.length });
    expect(copy.ledger.openExecutions()).toEqual([]);
    copy.ledger.close();

    expect(judgeLedger(file, copy)).toEqual([saying("ok", `migrates schema 1 to ${String(MIGRATIONS.length)}`)]);
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  test("that is missing is no failure, and is not created", () => {
    expect(readLedger(file)).toEqual({ ledger: { kind: "known", value: { kind: "missing" } }, findings: [saying("ok", "there is no")] });
    expect(statSync(file, { throwIfNoEntry: false })).toBeUndefined();
  });

  test("that is empty is a warning, not a new ledger", () => {
    writeFileSync(file, "");
    expect(readLedger(file)).toEqual({
      ledger: { kind: "known", value: { kind: "missing" } },
      findings: [saying("warning", `The ledger ${file} is empty: a start takes it for a new one`)],
    });
  });

  test("that our user cannot read is not reported as a bug", () => {
    const forbidden = Object.assign(new Error("EACCES: permission denied, stat '/s/paper.sqlite'"), { code: "EACCES" });
    expect(failure(forbidden)).toMatchObject([{ status: "failed", hint: expect.stringContaining("the daemon's user") as unknown }]);
    expect(failure(new Error("boom"))).toMatchObject([{ hint: expect.stringContaining("This is a bug") as unknown }]);
  });

  test("that is a directory is reported as not a file", () => {
    mkdirSync(file);
    expect(readLedger(file).findings).toEqual([saying("failed", `The ledger ${file} is not a file`)]);
  });

  test("that is damaged, foreign, newer or not a ledger fails, and dependent checks are skipped", () => {
    const owner = openLedger(file);
    owner.close();
    const bytes = readFileSync(file);
    bytes.fill(0xa5, 4_096, 12_288);
    writeFileSync(file, bytes);
    expect(readLedger(file)).toEqual({
      ledger: { kind: "unknown", why: "the ledger cannot be read" },
      findings: [saying("failed", "is damaged")],
    });

    writeFileSync(file, "no database at all, but long enough to look like one".repeat(100));
    expect(readLedger(file).findings).toEqual([saying("failed", "no SQLite database")]);

    for (const [sql, words] of [
      ["CREATE TABLE theirs (id); PRAGMA user_version = 1", "of another program"],
      ["CREATE TABLE ours (id); PRAGMA application_id = 1095520340; PRAGMA user_version = 999", "newer version"],
    ] as const) {
      rmSync(file);
      const other = new DatabaseSync(file);
      other.exec(sql);
      other.close();
      expect(readLedger(file).findings).toEqual([saying("failed", words)]);
      expect(readLedger(file).findings).toEqual([saying("failed", file)]);
    }
  });
});

describe("open work", () => {
  const execution = { id: "e1", phase: "selling", outcome: undefined, startedAt: 0 } as const;
  const intent = { clientOrderId: "alpaca-trader-x-buying-SMR-1", symbol: "SMR", side: "buy", state: "unknown" } as const;

  test("is empty, in progress in the daemon, or waits for one", () => {
    expect(judgeOpenWork({ executions: [], intents: [], daemon: false, now: 5 })).toEqual([saying("ok", "nothing is open")]);
    expect(judgeOpenWork({ executions: [execution], intents: [], daemon: true, now: 65_000 })).toEqual([
      saying("ok", "execution e1 is selling, begun 1 min 5 s ago"),
    ]);
    expect(judgeOpenWork({ executions: [execution], intents: [], daemon: false, now: 65_000 })).toEqual([saying("warning", "e1")]);
  });

  test("lists orders with an unknown outcome, but not those that are simply open", () => {
    const intents = [intent, { ...intent, state: "open", symbol: "LEU" }, { ...intent, state: "abandoned", symbol: "OKLO" }] as const;
    expect(judgeOpenWork({ executions: [], intents, daemon: true, now: 5 })).toEqual([
      saying("warning", "buy order for SMR (unknown, alpaca-trader-x-buying-SMR-1)"),
      saying("warning", "OKLO (abandoned"),
    ]);
  });
});

test("the lock names its holder, or that no daemon runs", () => {
  expect(judgeLock(undefined)).toEqual([saying("warning", "no daemon is running")]);
  const holder = { pid: 7, command: "run", mode: "paper", account: "PA1", stateDir: "/s", startedAt: 0 };
  expect(judgeLock(holder)).toEqual([
    saying("ok", `the daemon is running: process 7 (run, paper, account PA1, state in /s), since ${formatInstant(0)}`),
  ]);
  expect(judgeLock({ ...holder, command: "execute" })).toEqual([saying("ok", "`execute` is running")]);
});

test("a halt is reported with its reason and file; one that cannot be checked fails; an unseen one is a warning", () => {
  const halt = { id: "1", reason: "books", at: "2026-01-02T03:04:05.000Z", path: "/s/HALT", unreadable: false };
  expect(judgeHalt([], undefined)).toEqual([saying("ok", "not halted")]);
  expect(judgeHalt([halt, { ...halt, at: "", path: "/m/HALT" }], undefined)).toEqual([
    saying("warning", "trading is halted since 2026-01-02T03:04:05.000Z (/s/HALT): books"),
    saying("warning", "trading is halted (/m/HALT): books"),
  ]);
  expect(judgeHalt([{ ...halt, reason: "EACCES", unreadable: true }], undefined)).toEqual([saying("failed", "EACCES")]);
  expect(judgeHalt([], "unseen")).toEqual([saying("ok", "not halted"), saying("warning", "unseen")]);
});
