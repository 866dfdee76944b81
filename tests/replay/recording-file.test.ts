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

test("a recording with no beginning is refused", () => {
  expect(() => tapesIn(fileWith([{ values: [], events: [] }]), "it")).toThrow(/^it is no recording that can be read: /);
  expect(() => tapesIn(fileWith(), "it")).toThrow(/^it is no recording that can be read: it holds nothing/);
});

test("a recording for which there was no room at all says so", () => {
  expect(() => tapesIn(fileWith([FULL]), "it")).toThrow(/^it is empty: .* more than 1,000 orders/);
});
