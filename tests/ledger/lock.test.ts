import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { TraderError } from "../../src/domain/errors.ts";
import { formatInstant } from "../../src/domain/time-format.ts";
import { accountLockDirectory, accountLockFile } from "../../src/ledger/lock-directory.ts";
import type { LockHolder } from "../../src/ledger/lock-holder.ts";
import { acquireLock, daemons, holderOf } from "../../src/ledger/lock.ts";

const LOCK_MODULE = join(import.meta.dirname, "../../src/ledger/lock.ts");

let directory: string;
let children: ChildProcessWithoutNullStreams[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "lock-"));
  children = [];
});

afterEach(async () => {
  for (const child of children) await kill(child);
  rmSync(directory, { recursive: true, force: true });
});

function holder(change: Partial<LockHolder> = {}): LockHolder {
  return { pid: process.pid, command: "execute", mode: "paper", stateDir: directory, startedAt: Date.UTC(2026, 10, 22, 14), ...change };
}

/** A script in another process, and its first line of output. */
async function elsewhere(script: string): Promise<{ child: ChildProcessWithoutNullStreams; said: string }> {
  const child = spawn(process.execPath, [
    "--input-type=module",
    "-e",
    `const { acquireLock } = await import(${JSON.stringify(LOCK_MODULE)}); ${script}`,
  ]);
  children.push(child);
  const errors: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
  const first = await Promise.race([once(child.stdout, "data"), once(child, "close")]);
  const said = Buffer.isBuffer(first[0]) ? first[0].toString() : "";
  if (said === "") throw new Error(Buffer.concat(errors).toString());
  return { child, said: said.trim() };
}

function holding(file: string, change: Partial<LockHolder> = {}): string {
  const self = JSON.stringify(holder({ command: "run", account: "PA3TEST", ...change }));
  return `globalThis.lock = acquireLock(${JSON.stringify(file)}, { ...${self}, pid: process.pid });
    setInterval(() => {}, 1000); console.log("held");`;
}

async function kill(child: ChildProcessWithoutNullStreams): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "close");
  child.kill("SIGKILL");
  await ended;
}

function refusalOf(work: () => unknown): TraderError {
  try {
    work();
  } catch (error) {
    if (error instanceof TraderError) return error;
    throw error;
  }
  throw new Error("It was not refused.");
}

describe("the trading lock", () => {
  test("a second process is refused at once and told who holds it since when", async () => {
    const file = join(directory, "paper.lock");
    const { child } = await elsewhere(holding(file));
    const refusal = refusalOf(() => acquireLock(file, holder()));
    expect(refusal).toMatchObject({ code: "lock-held", exitCode: 3 });
    expect(refusal.message).toContain(`process ${String(child.pid)} (run, paper, account PA3TEST`);
    expect(refusal.message).toContain(`since ${formatInstant(Date.UTC(2026, 10, 22, 14))}`);
    expect(refusal.hint).toContain(String(child.pid));
  });

  test("a holder that is killed leaves the lock free for the next", async () => {
    const file = join(directory, "paper.lock");
    const { child } = await elsewhere(holding(file));
    await kill(child);
    const lock = acquireLock(file, holder());
    expect(holderOf(file)).toEqual(holder());
    lock.release();
  });

  test("a holder that is stopped still holds it", async () => {
    const file = join(directory, "paper.lock");
    const { child } = await elsewhere(holding(file));
    child.kill("SIGSTOP");
    expect(refusalOf(() => acquireLock(file, holder())).code).toBe("lock-held");
  });

  test("of several processes that start together exactly one gets it", async () => {
    const file = join(directory, "paper.lock");
    const attempt = `try { ${holding(file)} } catch (error) { console.log(error.code); }`;
    const answers = await Promise.all([1, 2, 3, 4].map(() => elsewhere(attempt)));
    expect(answers.map(({ said }) => said).toSorted()).toEqual(["held", "lock-held", "lock-held", "lock-held"]);
  });

  test("within one process a second lock is refused, looking at it costs nothing, and a release frees it", () => {
    const file = join(directory, "paper.lock");
    const lock = acquireLock(file, holder());
    expect(holderOf(file)).toEqual(holder());
    expect(refusalOf(() => acquireLock(file, holder({ pid: 1 }))).message).toContain(String(process.pid));
    expect(holderOf(file)).toEqual(holder());
    lock.release();
    lock.release();
    expect(holderOf(file)).toBeUndefined();
    acquireLock(file, holder({ pid: 2 })).release();
  });

  test("two locks do not block each other", () => {
    const locks = ["paper.lock", "live.lock"].map((name) => acquireLock(join(directory, name), holder()));
    expect(locks.map(({ file }) => holderOf(file)?.pid)).toEqual([process.pid, process.pid]);
    for (const lock of locks) lock.release();
  });

  test("a lock file that was taken away is noticed, because a second daemon could now start", () => {
    const file = join(directory, "paper.lock");
    const lock = acquireLock(file, holder());
    lock.check(Date.UTC(2026, 10, 23));
    expect(statSync(file).mtimeMs).toBe(Date.UTC(2026, 10, 23));
    expect(holderOf(file)).toEqual(holder());
    renameSync(file, `${file}.away`);
    expect(refusalOf(() => lock.check(0)).code).toBe("lock-replaced");
    const second = acquireLock(file, holder());
    expect(refusalOf(() => lock.check(0)).message).toContain("replaced");
    second.release();
    lock.release();
  });

  test("a lock file is ours alone, and one that is no lock is named", () => {
    const lock = acquireLock(join(directory, "deep/paper.lock"), holder());
    expect((statSync(lock.file).mode & 0o777).toString(8)).toBe("600");
    lock.release();
    writeFileSync(join(directory, "notes.lock"), "not a database at all ".repeat(100));
    expect(refusalOf(() => acquireLock(join(directory, "notes.lock"), holder())).message).toContain("notes.lock");
  });
});

describe("finding running daemons", () => {
  test("those that hold a lock are listed once each, the ended ones are not", async () => {
    const accounts = join(directory, "accounts");
    const state = join(directory, "state");
    const { child } = await elsewhere(
      `acquireLock(${JSON.stringify(join(accounts, "account-PA3TEST.lock"))}, ${JSON.stringify(holder({ pid: 77, account: "PA3TEST" }))}); ${holding(join(state, "paper.lock"), { stateDir: state })}`,
    );
    acquireLock(join(accounts, "account-ended.lock"), holder()).release();
    const found = daemons([state, accounts, join(directory, "never made")]);
    expect(found.map(({ pid, stateDir }) => [pid, stateDir])).toEqual([
      [child.pid, state],
      [77, directory],
    ]);
    await kill(child);
    expect(daemons([state, accounts])).toEqual([]);
  });
});

test("what is no lock is passed over when daemons are looked for", () => {
  writeFileSync(join(directory, "notes.lock"), "not a database at all ".repeat(100));
  mkdirSync(join(directory, "folder.lock"));
  symlinkSync("nowhere", join(directory, "dangling.lock"));
  const lock = acquireLock(join(directory, "paper.lock"), holder());
  expect(daemons([directory, join(directory, "notes.lock")])).toEqual([holder()]);
  lock.release();
});

describe("the directory of the account locks", () => {
  test("it is made for our user alone, and found again", () => {
    const made = accountLockDirectory(directory);
    expect((statSync(made).mode & 0o777).toString(8)).toBe("700");
    expect(accountLockDirectory(directory)).toBe(made);
    expect(accountLockFile("PA3/../x", made)).toBe(join(made, "account-PA3%2F..%2Fx.lock"));
  });

  test("the environment does not move it, or two daemons of one account would miss each other", () => {
    const module = join(import.meta.dirname, "../../src/ledger/lock-directory.ts");
    const script = `const { accountLockPath } = await import(${JSON.stringify(module)}); console.log(accountLockPath());`;
    const directories = [{}, { TMPDIR: directory, XDG_RUNTIME_DIR: directory, STATE_DIR: directory }].map((environment) =>
      spawnSync(process.execPath, ["--input-type=module", "-e", script], {
        env: { PATH: process.env.PATH, ...environment },
      }).stdout.toString(),
    );
    expect(directories[0]).toMatch(/^\/tmp\/alpaca-trader-\d+\n$/);
    expect(directories[1]).toBe(directories[0]);
  });

  test("what somebody else laid in its place is refused by name", () => {
    const uid = process.getuid!();
    const place = join(directory, `alpaca-trader-${String(uid)}`);
    symlinkSync(directory, place);
    expect(refusalOf(() => accountLockDirectory(directory)).message).toMatch(/symbolic link/);
    rmSync(place);
    writeFileSync(place, "");
    expect(refusalOf(() => accountLockDirectory(directory)).message).toMatch(/not a directory/);
    rmSync(place);
    mkdirSync(place);
    chmodSync(place, 0o770);
    expect(refusalOf(() => accountLockDirectory(directory)).message).toMatch(/mode 770/);
    mkdirSync(join(directory, `alpaca-trader-${String(uid + 1)}`), { mode: 0o700 });
    expect(refusalOf(() => accountLockDirectory(directory, uid + 1))).toMatchObject({ exitCode: 3, code: "lock-directory" });
  });

  test("a place where none can be made is not blamed on somebody else", () => {
    expect(refusalOf(() => accountLockDirectory(join(directory, "missing")))).toMatchObject({
      exitCode: 3,
      code: "lock-directory",
      hint: expect.stringContaining("--tmpfs /tmp"),
    });
  });
});
