import { ACCOUNT_NUMBER } from "../../src/simulator/exchange-options.ts";
import type { StoredRecording } from "../../src/domain/ledger/recordings.ts";
import { openLedgerImage } from "../../src/ledger/sqlite-ledger.ts";
import type { RecordingFile } from "../../src/replay/recording-file.ts";
import { fileOf, tapesIn } from "../../src/replay/recording-file.ts";
import type { Replay } from "../../src/replay/replay.ts";
import { replay } from "../../src/replay/replay.ts";
import type { Tape } from "../../src/replay/tape.ts";
import { KEY_ID, SECRET } from "./life.ts";
import { simulate } from "./simulation.ts";

/** What the replays of some seeds came to. */
export interface ReplayTally {
  executions: number;
  /** Recorded, and the same in the replay, orders byte by byte. */
  same: number;
  /** One sentence for each execution that is not. */
  readonly different: string[];
  /** Killed before anything was written, so that there is nothing to replay. */
  unrecorded: number;
  limitStyle: number;
  restarted: number;
  /** Cut off because there was no room for more. */
  full: number;
  orders: number;
  violations: number;
  /** Bytes of all recordings of an execution. */
  readonly sizes: number[];
}

const COUNTS = ["executions", "same", "unrecorded", "limitStyle", "restarted", "full", "orders", "violations"] as const;

export function noReplays(): ReplayTally {
  const counts = { executions: 0, same: 0, unrecorded: 0, limitStyle: 0, restarted: 0, full: 0, orders: 0, violations: 0 };
  return { ...counts, different: [], sizes: [] };
}

export function addReplays(total: ReplayTally, tally: ReplayTally): void {
  for (const key of COUNTS) total[key] += tally[key];
  total.different.push(...tally.different);
  total.sizes.push(...tally.sizes);
}

export function sizeLine({ sizes }: ReplayTally): string {
  const sorted = sizes.toSorted((one, other) => one - other);
  const at = (share: number): string => String(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  return `bytes of an execution: median ${at(0.5)}, 90 % ${at(0.9)}, 99 % ${at(0.99)}, largest ${at(1)}`;
}

/** Runs seeds with every execution recorded, and replays what was recorded. */
export async function replaySeeds(from: number, count: number): Promise<ReplayTally> {
  const tally = noReplays();
  for (let seed = from; seed < from + count; seed += 1) {
    const { executions, violations } = await recordSeed(seed);
    tally.violations += violations.length;
    tally.different.push(...violations.map((text) => `Seed ${String(seed)} breaks a promise: ${text}`));
    for (const { id, stored } of executions) await countReplay(tally, `seed ${String(seed)}, execution ${id}`, { id, stored });
  }
  return tally;
}

/** The recordings of one seed, as a user would write them to files. */
export async function recordingsOf(seed: number): Promise<RecordingFile[]> {
  const { executions } = await recordSeed(seed);
  return executions.filter(({ stored }) => stored.length > 0).map(({ id, stored }) => fileOf(id, "simulated", stored));
}

interface RecordedExecution {
  readonly id: string;
  readonly stored: readonly StoredRecording[];
}

async function recordSeed(seed: number): Promise<{ executions: RecordedExecution[]; violations: string[] }> {
  const { ledger: image, violations } = await simulate(seed, { records: true });
  const ledger = openLedgerImage(image ?? new Uint8Array());
  const executions = ledger.recentExecutions(10_000).map(({ id }) => ({ id, stored: ledger.recordings.of(id) }));
  ledger.close();
  return { executions, violations: violations.map(({ text }) => text) };
}

async function countReplay(tally: ReplayTally, name: string, { id, stored }: RecordedExecution): Promise<void> {
  tally.executions += 1;
  if (stored.length === 0) {
    tally.unrecorded += 1;
    return;
  }
  tally.sizes.push(stored.reduce((sum, { parts }) => sum + parts.reduce((bytes, part) => bytes + part.length, 0), 0));
  try {
    const file = fileOf(id, "simulated", stored);
    const secret = secretIn(JSON.stringify(file));
    const tapes = tapesIn(file, name);
    const result = await replay(tapes);
    tally.orders += result.played.reduce((sum, { replayed }) => sum + replayed.length, 0);
    tally.limitStyle += tapes.some(({ start }) => start.settings.execution.style === "limit") ? 1 : 0;
    tally.restarted += tapes.length > 1 ? 1 : 0;
    tally.full += tapes.some(({ cut }) => cut === "full") ? 1 : 0;
    if (secret !== undefined) tally.different.push(`${name}: its recording shows ${secret}`);
    else if (result.isSame) tally.same += 1;
    else tally.different.push(`${name}: ${whereItParts(result, tapes)}`);
  } catch (error) {
    tally.different.push(`${name}: ${String(error instanceof Error ? error.stack : error)}`);
  }
}

function secretIn(text: string): string | undefined {
  return [KEY_ID, SECRET, ACCOUNT_NUMBER].find((each) => text.includes(each));
}

function whereItParts({ played, joins }: Replay, tapes: readonly Tape[]): string {
  const parting = played.find((each) => each.parting !== undefined)?.parting;
  const open = tapes.map(({ start }) => start.open).join();
  return `recorded ${parting?.recorded ?? "nothing"}, replayed ${parting?.replayed ?? "nothing"}, joins ${JSON.stringify(joins)}, requests open before: ${open}`;
}
