import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { AlertsReader, News } from "../../src/intake/cursor.ts";
import type { Sight } from "../../src/intake/file-loss.ts";
import type { RawLine } from "../../src/intake/line-splitter.ts";
import { SharedReader } from "../../src/intake/shared-reader.ts";

let directory: string;
let file: string;
let shared: SharedReader;
let sights: Sight[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "shared-reader-"));
  file = join(directory, "alerts.json");
  shared = new SharedReader();
  sights = [];
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

const NOW = 1_000_000;

function open(): AlertsReader {
  const owners = new Set([0, process.getuid?.() ?? 0]);
  return shared.open({ file, owners, runSpanMs: 2_000, stampOf: () => NOW, onSight: (sight) => sights.push(sight) });
}

const textOf = (line: RawLine): string => (line.kind === "line" ? Buffer.from(line.bytes).toString() : line.kind);

function linesOf(news: News): string[] {
  return "passages" in news ? news.passages.flatMap(({ lines }) => lines.map(textOf)) : [];
}

const look = (reader: AlertsReader, now = NOW): News => reader.look(now, 0);

describe("a shared reader", () => {
  test("gives every intake each line once, and reads the file once", () => {
    const [one, other] = [open(), open()];
    writeFileSync(file, "first\n");
    expect(linesOf(look(one))).toEqual(["first"]);
    appendFileSync(file, "second\n");
    expect(linesOf(look(other))).toEqual(["first", "second"]);
    expect(linesOf(look(one))).toEqual(["second"]);

    expect([look(one).kind, look(other).kind]).toEqual(["unchanged", "unchanged"]);
    // The bytes before a new line are compared with what was read there.
    expect(shared.bytesRead).toBeLessThanOrEqual(38);
  });

  test("keeps the time at which a line was first read, for the intake that looks later as well", () => {
    const [one, other] = [open(), open()];
    look(one);
    writeFileSync(file, "late\n");
    look(one, NOW + 10);
    const news = look(other, NOW + 5_000);

    expect("passages" in news && news.passages.map(({ arrivedAt }) => arrivedAt)).toEqual([NOW + 10]);
  });

  test("gives an intake that joins later what is in the file", () => {
    const one = open();
    writeFileSync(file, "first\nsecond\n");
    look(one);

    expect(linesOf(look(open()))).toEqual(["first", "second"]);
  });

  test("gives a last line without its newline to all, once it is taken", () => {
    const [one, other] = [open(), open()];
    writeFileSync(file, "first\nlast");
    look(one);
    look(other);
    expect(other.rest?.bytes.toString()).toBe("last");
    expect(one.takeRest().lines.map(textOf)).toEqual(["last"]);

    expect(linesOf(look(other))).toEqual(["last"]);
    expect(other.rest?.bytes.length ?? 0).toBe(0);
  });

  test("says to each intake that the file is missing or not to be trusted", () => {
    const [one, other] = [open(), open()];
    expect([look(one).kind, look(other).kind]).toEqual(["missing", "missing"]);
    writeFileSync(file, "first\n", { mode: 0o666 });
    rmSync(file);
    writeFileSync(file, "first\n");
    const untrusted = new SharedReader();
    const stranger = untrusted.open({ file, owners: new Set([4_242]), runSpanMs: 2_000, stampOf: () => NOW });

    expect(look(stranger).kind).toBe("untrusted");
    expect(look(stranger).kind).toBe("untrusted");
    expect(sights.length).toBe(2);
  });

  test("closes the file with its last intake, and reads it anew after that", () => {
    const [one, other] = [open(), open()];
    writeFileSync(file, "first\n");
    look(one);
    one.close();
    expect(linesOf(look(other))).toEqual(["first"]);
    other.close();

    expect(linesOf(look(open()))).toEqual(["first"]);
  });
});
