import { appendFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { systemClock } from "../../src/domain/clock.ts";
import { AlertsCursor } from "../../src/intake/cursor.ts";
import { trustedOwners } from "../../src/intake/trust.ts";
import { watchFile } from "../../src/intake/watcher.ts";
import type { FileWatch } from "../../src/intake/watcher.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { Folder, T0 } from "./alerts.ts";

let folder: Folder;
let watch: FileWatch | undefined;
let cursor: AlertsCursor | undefined;
beforeEach(() => {
  folder = new Folder();
});
afterEach(async () => {
  await watch?.close();
  cursor?.close();
  folder.remove();
});

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1_000 && !condition(); tries++) await systemClock.sleep(10);
  expect(condition()).toBe(true);
}

/** Follows a file with the real watcher and gives the list of lines, which grows. */
function follow(file: string, usePolling = false): string[] {
  const lines: string[] = [];
  const reader = new AlertsCursor({ file, owners: trustedOwners(undefined), stampOf: () => undefined, runSpanMs: 2_000 });
  cursor = reader;
  const look = (): void => {
    const news = reader.look(T0, T0);
    if (news.kind !== "read" && news.kind !== "missing") return;
    for (const raw of news.passages.flatMap((passage) => passage.lines))
      if (raw.kind === "line") lines.push(Buffer.from(raw.bytes).toString());
  };
  watch = watchFile(file, { clock: systemClock, onHint: look, onProblem: () => undefined, usePolling, tickMs: 200 });
  return lines;
}

describe("nothing stays unread", () => {
  test.each([false, true])("whatever happens to the file (polling: %s)", async (usePolling) => {
    const file = join(folder.path, "later", "alerts.json");
    const append = (text: string): void => appendFileSync(file, text, { mode: 0o644 });
    const lines = follow(file, usePolling);
    mkdirSync(join(folder.path, "later"));
    append("created\n");
    await until(() => lines.length === 1);
    append("appended\n");
    await until(() => lines.length === 2);
    append("one of a pair\n");
    await systemClock.sleep(20);
    append("the other of a pair\n");
    await until(() => lines.length === 4);
    writeFileSync(`${file}.new`, "renamed over\n", { mode: 0o644 });
    renameSync(`${file}.new`, file);
    await until(() => lines.length === 5);
    rmSync(file);
    await systemClock.sleep(20);
    append("returned\n");
    await until(() => lines.length === 6);
    expect(lines).toEqual(["created", "appended", "one of a pair", "the other of a pair", "renamed over", "returned"]);
  });
});

test("the clock alone triggers a check at least once a second, and none after the end", async () => {
  const clock = new VirtualClock(T0);
  let hints = 0;
  watch = watchFile(folder.file(), { clock, onHint: () => (hints += 1), onProblem: () => undefined });
  await clock.advance(10_000);
  expect(hints).toBe(10);
  await watch.close();
  await clock.advance(10_000);
  expect(hints).toBe(10);
  expect(clock.pending).toBe(0);
});

test("an event triggers a check at once and a few more within 50 ms", async () => {
  const clock = new VirtualClock(T0);
  let hints = 0;
  watch = watchFile(folder.file(), { clock, onHint: () => (hints += 1), onProblem: () => undefined });
  for (let tries = 0; tries < 100 && hints === 0; tries++) {
    appendFileSync(folder.file(), "a\n");
    await systemClock.sleep(60);
  }
  const events = hints;
  expect(events).toBeGreaterThan(0);
  await clock.advance(51);
  expect(hints).toBeGreaterThanOrEqual(events * 5);
});
