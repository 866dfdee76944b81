import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { readRecording, tapesIn } from "../../src/replay/recording-file.ts";
import { replay } from "../../src/replay/replay.ts";

/**
 * Recordings of executions, from the simulation or from a bug report. Each is a test: the engine must send the same orders
 * again. One that is to do something else is recorded anew, or removed.
 */
const DIRECTORY = join(import.meta.dirname, "recordings");
const FILES = readdirSync(DIRECTORY).filter((name) => /\.json(\.gz)?$/.test(name));

test.each(FILES)("%s is replayed to the same orders", async (name) => {
  const { played, joins, isSame } = await replay(tapesIn(readRecording(join(DIRECTORY, name)), name));
  expect(played.find(({ parting }) => parting !== undefined)?.parting).toBeUndefined();
  expect(joins.flatMap(({ lost }) => lost)).toEqual([]);
  expect(isSame).toBe(true);
});

test("there are recordings of both styles, and of an execution that a crash divides", () => {
  const all = FILES.map((name) => tapesIn(readRecording(join(DIRECTORY, name)), name));
  const styles = new Set(all.flatMap((tapes) => tapes.map(({ start }) => start.settings.execution.style)));
  expect([...styles].toSorted()).toEqual(["limit", "market"]);
  expect(all.some((tapes) => tapes.length > 1)).toBe(true);
});
