import type { Replay } from "../../src/replay/replay.ts";
import { replay } from "../../src/replay/replay.ts";
import type { RecordingFile } from "../../src/replay/recording-file.ts";
import { fileOf, tapesIn } from "../../src/replay/recording-file.ts";
import type { Tape } from "../../src/replay/tape.ts";
import type { VirtualDesk } from "../execution/virtual-desk.ts";

export function recordingOf(desk: VirtualDesk, executionId: string): RecordingFile {
  return fileOf(executionId, "a test", desk.ledger.recordings.of(executionId));
}

export function tapesOf(desk: VirtualDesk, executionId: string): Tape[] {
  return tapesIn(recordingOf(desk, executionId), "the recording");
}

export function replayOf(desk: VirtualDesk, executionId: string): Promise<Replay> {
  return replay(tapesOf(desk, executionId));
}

/** Bytes in the ledger. */
export function sizeOf(desk: VirtualDesk, executionId: string): number {
  return desk.ledger.recordings.bytesOf(executionId);
}

/** The orders of a replay, as `sell TQQQ`. */
export function ordersOf({ played }: Replay): string[] {
  return played.flatMap(({ replayed }) => replayed.map(({ request }) => `${request.side} ${request.symbol}`));
}
