import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "@jest/globals";
import { TraderError } from "../../src/domain/errors.ts";
import { ledgerOn, openLedger, openLedgerImage } from "../../src/ledger/sqlite-ledger.ts";
import { execution, inTemporaryDirectory, intent, line, NOW, signal } from "./ledger-examples.ts";

function thrownBy(work: () => unknown): TraderError {
  try {
    work();
  } catch (error) {
    if (error instanceof TraderError) return error;
    throw error;
  }
  throw new Error("Nothing was thrown.");
}

describe("transactions", () => {
  test("all writes of a transaction are kept, or none", () => {
    const ledger = openLedger(":memory:");
    expect(() =>
      ledger.transaction(() => {
        ledger.recordSignal(signal("a"), NOW);
        ledger.createExecution(execution("x", "a"));
        throw new Error("killed");
      }),
    ).toThrow("killed");
    expect(ledger.signal("a")).toBeUndefined();
    const given = ledger.transaction(() => {
      ledger.recordSignal(signal("a"), NOW);
      return "given back";
    });
    expect(given).toBe("given back");
    expect(ledger.signal("a")).toBeDefined();
  });

  test("a failed inner part takes the whole transaction with it, even when its error is swallowed", () => {
    const ledger = openLedger(":memory:");
    expect(() =>
      ledger.transaction(() => {
        ledger.pinAccount("PA1", NOW);
        try {
          ledger.createExecution(execution("x", "never recorded"));
        } catch {
          ledger.pinAccount("PA2", NOW);
        }
      }),
    ).toThrow("none of it is committed");
    expect(ledger.pinnedAccount()).toBeUndefined();
    ledger.pinAccount("PA3", NOW);
    expect(ledger.pinnedAccount()?.number).toBe("PA3");
  });

  test("a transaction waits for the disk unless it only needs ordering, and the next one waits again", () => {
    inTemporaryDirectory((directory) => {
      const connection = new DatabaseSync(join(directory, "paper.sqlite"));
      const ledger = ledgerOn(connection, join(directory, "paper.sqlite"));
      const synchronous = (): unknown => connection.prepare("PRAGMA synchronous").get()?.synchronous;
      const [FULL, NORMAL] = [2, 1];
      expect(ledger.transaction(synchronous)).toBe(FULL);
      expect(ledger.transaction(synchronous, "ordered")).toBe(NORMAL);
      expect(ledger.transaction(() => ledger.transaction(synchronous), "ordered")).toBe(NORMAL);
      ledger.pinAccount("PA1", NOW);
      expect(synchronous()).toBe(FULL);
      ledger.close();
    });
  });

  test("pending commits are flushed once, and a second flush does nothing", () => {
    const commits: string[] = [];
    const ledger = openLedger(":memory:", { onCommit: (stage, durability) => stage === "after" && commits.push(durability) });
    ledger.flush();
    ledger.transaction(() => ledger.pinAccount("PA1", NOW), "ordered");
    commits.length = 0;
    ledger.flush();
    ledger.flush();
    expect(commits).toEqual(["flushed"]);
  });

  test("a flush reaches the file", () => {
    inTemporaryDirectory((directory) => {
      const file = join(directory, "paper.sqlite");
      const ledger = openLedger(file);
      ledger.transaction(() => ledger.pinAccount("PA1", NOW), "ordered");
      const before = statSync(`${file}-wal`).size;
      ledger.flush();
      expect(statSync(`${file}-wal`).size).toBeGreaterThan(before);
      expect(ledger.pinnedAccount()?.number).toBe("PA1");
      ledger.close();
    });
  });

  test("work that would go on after the commit is refused", () => {
    const ledger = openLedger(":memory:");
    expect(() =>
      ledger.transaction(() => {
        ledger.pinAccount("PA1", NOW);
        return Promise.resolve();
      }),
    ).toThrow("must not be asynchronous");
    expect(ledger.pinnedAccount()).toBeUndefined();
  });
});

describe("crash points", () => {
  test("a crash before a commit loses the whole transaction, one after it loses nothing", () => {
    for (const [crashAt, expected] of [
      ["before", undefined],
      ["after", "PA1"],
    ] as const) {
      let armed = false;
      const ledger = openLedger(":memory:", {
        onCommit: (stage) => {
          if (armed && stage === crashAt) throw new Error("crash");
        },
      });
      armed = true;
      const pinTwice = (): void => {
        ledger.pinAccount("PA0", NOW);
        ledger.pinAccount("PA1", NOW);
      };
      expect(() => ledger.transaction(pinTwice)).toThrow("crash");
      expect(openLedgerImage(ledger.serialize()).pinnedAccount()?.number).toBe(expected);
    }
  });

  test("every single write is one commit", () => {
    const stages: string[] = [];
    const ledger = openLedger(":memory:", { onCommit: (stage) => stages.push(stage) });
    stages.length = 0;
    ledger.recordSignal(signal("a"), NOW);
    ledger.createExecution(execution("x", "a"));
    ledger.recordIntents([intent("c", "x"), intent("d", "x")]);
    expect(stages).toEqual(["before", "after", "before", "after", "before", "after"]);
  });

  test("an image is refused while a transaction is open", () => {
    const ledger = openLedger(":memory:");
    expect(() => ledger.transaction(() => ledger.serialize())).toThrow("outside a transaction");
  });

  test("the image of a ledger on disk opens in memory and goes on alone", () => {
    inTemporaryDirectory((directory) => {
      const ledger = openLedger(join(directory, "l.sqlite"));
      ledger.pinAccount("PA1", NOW);
      const copy = openLedgerImage(ledger.serialize());
      copy.pinAccount("PA2", NOW);
      expect([copy.pinnedAccount()?.number, ledger.pinnedAccount()?.number]).toEqual(["PA2", "PA1"]);
      copy.close();
      ledger.close();
    });
  });
});

describe("a ledger on disk", () => {
  test("what was written is there after a restart", () => {
    inTemporaryDirectory((directory) => {
      const file = join(directory, "state/deep/paper.sqlite");
      const first = openLedger(file);
      first.recordLines([line("a-1")]);
      first.recordSignal(signal("a"), NOW);
      first.judgeSignal("a", { kind: "executed", reason: "On target." }, NOW);
      first.close();
      const second = openLedger(file);
      expect(second.signal("a")).toMatchObject({ verdict: "executed", signal: signal("a") });
      expect(second.lines("nuclear", ["a-1"]).get("a-1")?.verdict).toBe("executed");
      second.close();
    });
  });

  test("what was committed survives a process that is killed without closing", () => {
    inTemporaryDirectory((directory) => {
      const file = join(directory, "l.sqlite");
      const module = join(import.meta.dirname, "../../src/ledger/sqlite-ledger.ts");
      const script = `const { openLedger } = await import(${JSON.stringify(module)});
        const ledger = openLedger(${JSON.stringify(file)});
        ledger.pinAccount("PA1", 1);
        ledger.transaction(() => { ledger.pinAccount("PA2", 2); process.kill(process.pid, "SIGKILL"); });`;
      expect(spawnSync(process.execPath, ["--input-type=module", "-e", script]).signal).toBe("SIGKILL");
      const ledger = openLedger(file);
      expect(ledger.pinnedAccount()).toEqual({ number: "PA1", pinnedAt: 1 });
      ledger.close();
    });
  });

  test("file and side files are ours alone, and so is a directory made for them", () => {
    inTemporaryDirectory((directory) => {
      const file = join(directory, "state/l.sqlite");
      const ledger = openLedger(file);
      ledger.pinAccount("PA1", NOW);
      const modes = [file, `${file}-wal`, `${file}-shm`, join(directory, "state")].map((path) => (statSync(path).mode & 0o777).toString(8));
      expect(modes).toEqual(["600", "600", "600", "700"]);
      ledger.close();
    });
  });

  test("a concurrent reader sees each commit, and nothing of an open transaction", () => {
    inTemporaryDirectory((directory) => {
      const file = join(directory, "l.sqlite");
      const writer = openLedger(file);
      const reader = openLedger(file);
      writer.transaction(() => {
        writer.pinAccount("PA1", NOW);
        expect(reader.pinnedAccount()).toBeUndefined();
      });
      expect(reader.pinnedAccount()?.number).toBe("PA1");
      reader.close();
      writer.close();
    });
  });

  test("a write that another process blocks fails with an error that says so, and works afterwards", () => {
    inTemporaryDirectory((directory) => {
      const file = join(directory, "l.sqlite");
      const one = openLedger(file);
      const other = openLedger(file, { busyTimeoutMs: 0 });
      one.transaction(() => {
        one.pinAccount("PA1", NOW);
        expect(thrownBy(() => other.pinAccount("PA2", NOW))).toMatchObject({ code: "ledger-failed", retryable: true });
      });
      other.pinAccount("PA3", NOW);
      expect(one.pinnedAccount()?.number).toBe("PA3");
      one.close();
      other.close();
    });
  });

  test("a full disk is an error that may pass, takes back the whole transaction, and leaves the ledger usable", () => {
    const connection = new DatabaseSync(":memory:");
    const ledger = ledgerOn(connection, ":memory:");
    ledger.pinAccount("PA1", NOW);
    const { page_count: pages } = connection.prepare("PRAGMA page_count").get() as { page_count: number };
    connection.exec(`PRAGMA max_page_count = ${String(pages + 2)}`);
    const fill = (): void => {
      ledger.transaction(() => {
        ledger.pinAccount("PA2", NOW);
        for (let index = 0; index < 200; index++) ledger.recordLines([line(`h${String(index)}`, { text: "x".repeat(4000) })]);
      });
    };
    expect(thrownBy(fill)).toMatchObject({ code: "ledger-full", retryable: true });
    expect(ledger.pinnedAccount()?.number).toBe("PA1");
    connection.exec("PRAGMA max_page_count = 100000");
    fill();
    expect(ledger.pinnedAccount()?.number).toBe("PA2");
  });

  test("after a full disk inside a transaction nothing more is written, although the error was swallowed", () => {
    const connection = new DatabaseSync(":memory:");
    const ledger = ledgerOn(connection, ":memory:");
    connection.exec("PRAGMA max_page_count = 40");
    expect(() =>
      ledger.transaction(() => {
        try {
          for (let index = 0; index < 200; index++) ledger.recordLines([line(`h${String(index)}`, { text: "x".repeat(4000) })]);
        } catch {
          ledger.pinAccount("PA2", NOW);
        }
      }),
    ).toThrow();
    expect(ledger.pinnedAccount()).toBeUndefined();
    expect(ledger.lines("nuclear", ["h0"]).size).toBe(0);
  });

  test("a deleted or replaced file is noticed", () => {
    inTemporaryDirectory((directory) => {
      const file = join(directory, "l.sqlite");
      const ledger = openLedger(file);
      ledger.check();
      spawnSync("rm", [file]);
      expect(thrownBy(() => ledger.check())).toMatchObject({ code: "ledger-replaced" });
      const other = openLedger(file);
      expect(thrownBy(() => ledger.check()).message).toContain("replaced");
      other.check();
      other.close();
      ledger.close();
    });
  });

  test("a closed ledger says so", () => {
    const ledger = openLedger(":memory:");
    ledger.close();
    ledger.close();
    expect(thrownBy(() => ledger.pinnedAccount()).message).toContain("closed");
  });
});
