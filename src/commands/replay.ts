import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { loadConfig } from "../config/load.ts";
import { ledgerFile } from "../config/files.ts";
import { checkTogether, readWhatIf } from "../config/what-if.ts";
import { EXIT, TraderError, type ExitCode } from "../domain/errors.ts";
import type { ExecutionRecord } from "../domain/ledger/executions.ts";
import { openLedger } from "../ledger/sqlite-ledger.ts";
import { changedSettings, namedValues } from "../replay/changed-settings.ts";
import { readRecording, fileOf, tapesIn, writeRecording, type RecordingFile } from "../replay/recording-file.ts";
import { replay as replayed, replayWith } from "../replay/replay.ts";
import { replayLines, whatIfLines } from "../replay/replay-view.ts";
import type { Tape } from "../replay/tape.ts";
import { findSubject } from "../reporting/explain-subject.ts";
import type { CommandContext } from "./context.ts";

export interface ReplayOptions {
  /** Writes the recording there. */
  readonly to?: string;
  /** `SETTING=VALUE`. */
  readonly with?: readonly string[];
  /** The version of this program. */
  readonly program: string;
}

/** As in the trading session. */
const KEPT_DAYS = 90;
/** An id has neither a slash nor a dot with letters behind it. */
const LOOKS_LIKE_FILE = /[/\\]|\.[a-z]+$/i;
/** A file may come from another machine. */
const FILE_ZONE = "America/New_York";

/**
 * Drives the engine through what an execution saw. It reads the ledger, or a file, and reaches no venue.
 * @returns 0 when it does the same, or for a question what would have been; 1 when it does something else.
 * @throws TraderError for an unknown execution, one without a recording, a file that is none, and a setting that is none.
 */
export async function replay(context: CommandContext, subject: string, options: ReplayOptions): Promise<ExitCode> {
  const changes = options.with ?? [];
  const values = readWhatIf(changes);
  const named = resolve(context.directory, subject);
  const isFile = existsSync(named) || LOOKS_LIKE_FILE.test(subject);
  const zone = isFile ? FILE_ZONE : loadConfig(context.env).alertsTimezone;
  const recording = isFile ? readRecording(named) : recordingOf(context, subject, options.program);
  const tapes = tapesIn(recording, isFile ? subject : "The recording");
  if (options.to !== undefined) {
    writeRecording(resolve(context.directory, options.to), recording);
    context.out.line(`Recording written to ${options.to}. It holds no keys, and the account's number is masked.`);
  }
  const format = { style: context.out.style, zone };
  if (changes.length === 0) {
    const result = await replayed(tapes);
    for (const line of replayLines(recording.execution, result, format)) context.out.line(line);
    return result.isSame ? EXIT.ok : EXIT.failed;
  }
  checkTogether(namedValues(changedSettings(firstOf(tapes).start.settings, values)));
  const result = await replayWith(tapes, (settings) => changedSettings(settings, values));
  for (const line of whatIfLines(recording.execution, result, changes, format)) context.out.line(line);
  return EXIT.ok;
}

function firstOf(tapes: readonly Tape[]): Tape {
  const [first] = tapes;
  if (first === undefined) throw new Error("A recording has at least one tape.");
  return first;
}

function recordingOf({ env }: CommandContext, id: string, program: string): RecordingFile {
  const config = loadConfig(env);
  const ledger = openLedger(ledgerFile(config), { mustExist: true });
  try {
    const execution = chosen(id, findSubject(ledger, id).executions);
    const stored = ledger.recordings.of(execution.id);
    if (stored.length === 0) throw notRecorded(execution);
    return fileOf(execution.id, program, stored);
  } finally {
    ledger.close();
  }
}

/** A signal's first execution has the signal's id, and is meant by it. */
function chosen(id: string, executions: readonly ExecutionRecord[]): ExecutionRecord {
  const execution = executions.find((each) => each.id === id) ?? executions[0];
  if (execution !== undefined) return execution;
  throw new TraderError(`The signal ${id} was not executed, so there is nothing to replay.`, {
    code: "not-executed",
    hint: `\`alpaca-trader explain ${id}\` says why.`,
  });
}

function notRecorded({ id, finishedAt }: ExecutionRecord): TraderError {
  return new TraderError(`The execution ${id} has no recording.`, {
    code: "no-recording",
    hint:
      finishedAt === undefined
        ? "It is under way; it is written a second after its first order, and at its end."
        : `It is older than ${String(KEPT_DAYS)} days, or it was executed by an earlier version or by a fleet of more accounts than FLEET_PLACES. \`alpaca-trader explain ${id}\` shows what is known of it.`,
  });
}
