import {
  appendFileSync,
  closeSync,
  ftruncateSync,
  openSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { readAlert } from "../../src/intake/alert.ts";
import { AlertsCursor } from "../../src/intake/cursor.ts";
import type { News } from "../../src/intake/cursor.ts";
import { trustedOwners } from "../../src/intake/trust.ts";
import { Folder, T0, fileText, line, nuclearRun } from "./alerts.ts";

const FRESH_FROM = T0 - 300_000;
let folder: Folder;
let file: string;
let cursor: AlertsCursor;

beforeEach(() => {
  folder = new Folder();
  file = folder.file();
  cursor = newCursor();
});
afterEach(() => {
  cursor.close();
  folder.remove();
});

function newCursor(): AlertsCursor {
  return new AlertsCursor({ file, owners: trustedOwners(undefined), runSpanMs: 2_000, stampOf: (bytes) => readAlert(bytes, "UTC").stamp });
}

const append = (text: string | Buffer): void => appendFileSync(file, text, { mode: 0o644 });

function texts(news: News): string[] {
  if (news.kind !== "read" && news.kind !== "missing") return [];
  return news.passages
    .flatMap(({ lines }) => lines)
    .map((raw) => (raw.kind === "line" ? Buffer.from(raw.bytes).toString("latin1") : `overlong ${raw.length}`));
}

const look = (): string[] => texts(cursor.look(T0, FRESH_FROM));

describe("reading", () => {
  test("waits for a file that does not exist, and gives its lines when it comes", () => {
    expect(cursor.look(T0, FRESH_FROM)).toEqual({ kind: "missing", passages: [] });
    append("a\n");
    expect(look()).toEqual(["a"]);
  });

  test("gives each line once, also several of one write", () => {
    append("a\n");
    expect(look()).toEqual(["a"]);
    append("b\nc\nd\n");
    expect(look()).toEqual(["b", "c", "d"]);
    expect(look()).toEqual([]);
  });

  test("keeps a torn last line until its newline comes", () => {
    append("a\nb");
    expect(look()).toEqual(["a"]);
    append("bb");
    expect(look()).toEqual([]);
    append("b\n");
    expect(look()).toEqual(["bbbb"]);
  });

  test("leaves out blank lines and the brackets around a list, and hands on strange bytes as they are", () => {
    append(Buffer.concat([Buffer.from("[\na\r\n\r\n \t\n],\n"), Buffer.from([0x00, 0xff, 0x0a])]));
    expect(look()).toEqual(["a\r", "\0ÿ"]);
  });

  test("lets a line of 65,536 bytes pass and reports a longer one once, without holding it", () => {
    append(`${"x".repeat(65_536)}\n`);
    expect(look()[0]).toHaveLength(65_536);
    for (let written = 0; written < 20; written++) {
      append("y".repeat(50_000));
      expect(look()).toEqual([]);
    }
    append("\nz\n");
    expect(look()).toEqual(["overlong 1000000", "z"]);
  });
});

describe("nothing is lost or read twice", () => {
  test("when the file is renamed over: what the old one got last comes first", () => {
    append("a\n");
    look();
    append("b\n");
    writeFileSync(`${file}.new`, "c\n", { mode: 0o644 });
    renameSync(`${file}.new`, file);
    append("d\n");
    expect(look()).toEqual(["b", "c", "d"]);
  });

  test("when the file is deleted and comes back", () => {
    append("a\n");
    look();
    append("b\n");
    rmSync(file);
    expect(look()).toEqual(["b"]);
    expect(cursor.look(T0, FRESH_FROM).kind).toBe("missing");
    append("c\n");
    expect(look()).toEqual(["c"]);
  });

  test("when the file is cut, and grows again to its old size and beyond", () => {
    append("aaaa\n");
    look();
    truncateSync(file, 0);
    expect(look()).toEqual([]);
    append("b\n");
    expect(look()).toEqual(["b"]);
    truncateSync(file, 0);
    append("cccccccccccc\n");
    expect(look()).toEqual(["cccccccccccc"]);
  });

  test.each(["bbbb\n", "bbbb\ncc\n"])("when the file is rewritten in place with equal or larger size: %j", (content) => {
    append("aaaa\n");
    look();
    const descriptor = openSync(file, "r+");
    writeSync(descriptor, content);
    closeSync(descriptor);
    expect(look()).toEqual(content.trim().split("\n"));
  });

  test("when the beginning of a torn line is rewritten", () => {
    append("a\nbb");
    look();
    writeFileSync(file, "a\ncc\n");
    expect(look()).toEqual(["a", "cc"]);
  });

  test("and a change of content raises the generation, so that repeats can be recognised", () => {
    append("a\n");
    cursor.look(T0, FRESH_FROM);
    writeFileSync(file, "b\na\n");
    expect(cursor.look(T0, FRESH_FROM)).toMatchObject({ kind: "read", passages: [{ generation: 2, scanned: true }] });
  });
});

describe("arrival", () => {
  test("is at the latest the file's modification time for lines present at the start, and now for all others", () => {
    append("a\n");
    utimesSync(file, T0 / 1_000 - 60, T0 / 1_000 - 60);
    expect(cursor.look(T0, FRESH_FROM)).toMatchObject({ passages: [{ arrivedAt: T0 - 60_000 }] });
    append("b\n");
    expect(cursor.look(T0 + 5, FRESH_FROM)).toMatchObject({ passages: [{ arrivedAt: T0 + 5 }] });
  });

  test("is never in the future", () => {
    append("a\n");
    utimesSync(file, T0 / 1_000 + 60, T0 / 1_000 + 60);
    expect(cursor.look(T0, FRESH_FROM)).toMatchObject({ passages: [{ arrivedAt: T0 }] });
  });
});

describe("the work", () => {
  const OLD = fileText(Array.from({ length: 2_000 }, (_, index) => line({ at: T0 - 90_000_000 + index * 3_000, reason: "x".repeat(100) })));

  /** A file of a hundred megabytes that is a hole but for its end. */
  function hugeFile(end: string): void {
    append("");
    const descriptor = openSync(file, "r+");
    ftruncateSync(descriptor, 100_000_000);
    writeSync(descriptor, `\n${end}`, 100_000_000 - 1);
    closeSync(descriptor);
  }

  test("of a start on a huge file is a part of its end, and every line that can be fresh is there", () => {
    hugeFile(OLD + fileText(nuclearRun()));
    expect(look().slice(-3)).toEqual(nuclearRun());
    expect(cursor.bytesRead).toBeLessThan(400_000);
  });

  test("goes back as far as lines can be fresh", () => {
    const fresh = Array.from({ length: 2_000 }, (_, index) => line({ at: T0 - 299_000 + index * 100, reason: "x".repeat(100) }));
    hugeFile(OLD + fileText(fresh));
    expect(look().slice(-2_000)).toEqual(fresh);
    expect(cursor.bytesRead).toBeLessThan(2_000_000);
  });

  test("finds the whole newest run even when it is old", () => {
    const legs = Array.from({ length: 1_000 }, (_, index) => line({ at: T0 - 80_000_000 + index, reason: "x".repeat(100) }));
    hugeFile(OLD + fileText(legs));
    expect(look().slice(-1_000)).toEqual(legs);
  });

  test("is bounded where no stamp can be read, and where there is no line at all", () => {
    hugeFile("garbage\n".repeat(1_250_000));
    look();
    expect(cursor.bytesRead).toBeLessThan(3_000_000);
    cursor.close();
    rmSync(file);
    hugeFile("");
    cursor = newCursor();
    look();
    expect(cursor.bytesRead).toBeLessThan(3_000_000);
  });

  test("of an append of many megabytes is bounded too", () => {
    append("a\n");
    look();
    append(OLD.repeat(40) + fileText(nuclearRun()));
    expect(look().slice(-3)).toEqual(nuclearRun());
    expect(cursor.bytesRead).toBeLessThan(400_000);
  });

  test("of a look with nothing new reads nothing, and of an append little more than its bytes", () => {
    hugeFile(OLD);
    look();
    look();
    const before = cursor.bytesRead;
    for (let looks = 0; looks < 10; looks++) expect(look()).toEqual([]);
    expect(cursor.bytesRead).toBe(before);
    append(fileText(nuclearRun()));
    expect(look()).toHaveLength(3);
    expect(cursor.bytesRead - before).toBeLessThan(10_000);
  });
});
