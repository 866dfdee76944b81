import { expect, test } from "@jest/globals";
import type { Chunk } from "../../src/replay/chunk.ts";
import type { RecordingFile } from "../../src/replay/recording-file.ts";
import { tapesIn } from "../../src/replay/recording-file.ts";

const START: Chunk = { values: [], start: {}, events: [] };
const FULL: Chunk = { values: [], events: [], cut: "full" };

function fileWith(...tapes: readonly (readonly Chunk[])[]): RecordingFile {
  return { format: "alpaca-trader recording", version: 1, program: "a test", execution: "e1", tapes };
}

test("a process for which there was no room leaves the recording of the one before, which then says that it is full", () => {
  expect(tapesIn(fileWith([START], [FULL]), "it").map(({ cut }) => cut)).toEqual(["full"]);
  expect(tapesIn(fileWith([START], [START, FULL]), "it").map(({ cut }) => cut)).toEqual([undefined, "full"]);
});

test.each([
  ["nothing but that it is full", [FULL]],
  ["no beginning", [{ values: [], events: [] }]],
])("a recording with %s is refused", (_what, tape) => {
  expect(() => tapesIn(fileWith(tape), "it")).toThrow(/^it is no recording that can be read: /);
});
