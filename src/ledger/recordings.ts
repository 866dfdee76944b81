import type { NewRecordingPart, Recordings, StoredRecording } from "../domain/ledger/recordings.ts";
import type { LedgerDatabase } from "./database.ts";
import { NEWEST_SCHEMA } from "./migrations.ts";
import type { LedgerHolder } from "./held-ledger.ts";
import { instant, readInteger, unreadable } from "./row.ts";

export function recordingsOn(database: LedgerDatabase, holder: LedgerHolder): Recordings {
  return {
    schema: NEWEST_SCHEMA,
    hold: () => holder.take(),
    append: (part) => append(database, part),
    bytesOf: (executionId) => bytesOf(database, executionId),
    of: (executionId) => recordingsOf(database, executionId),
  };
}

function append(database: LedgerDatabase, { recording, part, startedAt, executionIds, content }: NewRecordingPart): number {
  return database.transaction(() => {
    const number = recording ?? begin(database, startedAt);
    database.write("INSERT INTO recording_parts (recording, part, content) VALUES (:number, :part, :content)", { number, part, content });
    for (const executionId of executionIds)
      database.write("INSERT OR IGNORE INTO recorded_executions (execution_id, recording) VALUES (:executionId, :number)", {
        executionId,
        number,
      });
    return number;
  }, "ordered");
}

function begin(database: LedgerDatabase, startedAt: number): number {
  database.write("INSERT INTO recordings (started_at) VALUES (:startedAt)", { startedAt: instant(startedAt) });
  const row = database.row("SELECT max(number) AS number FROM recordings");
  return row === undefined ? unreadable("number", undefined) : readInteger(row, "number");
}

function bytesOf(database: LedgerDatabase, executionId: string): number {
  const row = database.row(
    `SELECT coalesce(sum(length(content)), 0) AS bytes FROM recording_parts
     WHERE recording IN (SELECT recording FROM recorded_executions WHERE execution_id = :executionId)`,
    { executionId },
  );
  return row === undefined ? 0 : readInteger(row, "bytes");
}

function recordingsOf(database: LedgerDatabase, executionId: string): StoredRecording[] {
  const numbers = database
    .rows("SELECT recording FROM recorded_executions WHERE execution_id = :executionId ORDER BY recording", { executionId })
    .map((row) => readInteger(row, "recording"));
  return numbers.map((number) => {
    const rows = database.rows("SELECT content FROM recording_parts WHERE recording = :number ORDER BY part", { number });
    return { number, parts: rows.map(({ content }) => (content instanceof Uint8Array ? content : unreadable("content", content))) };
  });
}
