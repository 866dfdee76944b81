import { appendFileSync, closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../src/domain/clock.ts";
import { Intake } from "../../src/intake/intake.ts";
import { trustedOwners } from "../../src/intake/trust.ts";
import { openLedger } from "../../src/ledger/sqlite-ledger.ts";
import { NUCLEAR, runOf, WRITERS_ZONE } from "../scenarios/strategy.ts";
import { machineMs } from "./machine-time.ts";
import { runText, weightsOf } from "./portfolio.ts";
import type { Growth } from "./statistics.ts";
import { growthOf, median, rounded } from "./statistics.ts";

const MAX_AGE_SECONDS = 300;
const LINES_OF_A_RUN = 2;
/** What comes between two looks. */
const BURST_RUNS = 50;
/** The flood's stamps lie within this time, so that every line of it is fresh. */
const FLOOD_MS = 200_000;
const BYTES_PER_MB = 1_000_000;
const HOUR_MS = 3_600_000;
/** Text that is written over and over to make a large file. */
const BLOCK_RUNS = 1_000;

export interface IntakeFigures {
  /** Fresh lines read, judged and recorded in a second, in the largest flood. */
  readonly linesPerSecond: number;
  readonly floods: readonly Growth[];
  readonly largeFile: { readonly megabytes: number; readonly firstVerdictMs: number; readonly runs: number };
  readonly files: readonly Growth[];
}

export interface IntakePlan {
  /** Lines; multiples of a burst's. */
  readonly floods: readonly number[];
  /** Megabytes, the largest last. */
  readonly files: readonly number[];
  readonly runs: number;
}

/** From the bytes of an alerts file to verdicts in a ledger on the disk, in this process. */
export function measureIntake({ floods, files, runs }: IntakePlan): IntakeFigures {
  const flooded = floods.map((lines) => ({ work: lines, ms: median(repeated(runs, () => flood(lines))) }));
  const large = files.map((megabytes) => ({ work: megabytes, ms: inDirectory((directory) => firstVerdict(directory, megabytes, runs)) }));
  const [largest, most] = [large.at(-1), flooded.at(-1)];
  if (largest === undefined || most === undefined) throw new RangeError("Nothing was asked for.");
  return {
    linesPerSecond: Math.round((most.work / most.ms) * 1_000),
    floods: growthOf(flooded),
    largeFile: { megabytes: largest.work, firstVerdictMs: rounded(largest.ms), runs },
    files: growthOf(large),
  };
}

/** A file to which fresh runs of two lines come in bursts, faster than anybody could act on them: the newest decides. */
function flood(lines: number): number {
  return inDirectory((directory) =>
    withIntake(directory, (intake, file) => {
      appendFileSync(file, "", { mode: 0o644 });
      intake.look();
      const first = systemClock.now() - FLOOD_MS;
      const all = lines / LINES_OF_A_RUN;
      // Each run asks for something else than the one before it, or it would only confirm that one.
      const runs = Array.from({ length: all }, (_, run) => runText(weightsOf(LINES_OF_A_RUN, run), first + (run * FLOOD_MS) / all));
      let spent = 0;
      for (let from = 0; from < all; from += BURST_RUNS) {
        appendFileSync(file, runs.slice(from, from + BURST_RUNS).join(""));
        const start = machineMs();
        const { decision } = intake.look();
        spent += machineMs() - start;
        if (decision.kind !== "execute") throw new Error(`The newest run of the flood came to ${decision.kind}.`);
      }
      return spent;
    }),
  );
}

/** The median time until the newest run of a large file is decided, by an intake that never saw the file. */
function firstVerdict(directory: string, megabytes: number, runs: number): number {
  writeHistory(join(directory, "alerts.json"), megabytes);
  const times = repeated(runs, (run) => {
    appendFileSync(join(directory, "alerts.json"), runOf(NUCLEAR, systemClock.now() - 1_000 - run));
    const inner = mkdtempSync(join(directory, "run-"));
    return withIntake(
      inner,
      (intake) => {
        const start = machineMs();
        const { decision } = intake.look();
        if (decision.kind !== "execute") throw new Error(`The newest run of the large file came to ${decision.kind}.`);
        return machineMs() - start;
      },
      join(directory, "alerts.json"),
    );
  });
  return median(times);
}

/** Old runs, as a strategy leaves them over years. */
function writeHistory(file: string, megabytes: number): void {
  const start = systemClock.now() - BLOCK_RUNS * HOUR_MS;
  const block = Buffer.from(Array.from({ length: BLOCK_RUNS - 1 }, (_, run) => runOf(NUCLEAR, start + run * HOUR_MS)).join(""));
  const descriptor = openSync(file, "a", 0o644);
  while (statSync(file).size < megabytes * BYTES_PER_MB) writeSync(descriptor, block);
  closeSync(descriptor);
}

function withIntake<Result>(
  directory: string,
  work: (intake: Intake, file: string) => Result,
  file = join(directory, "alerts.json"),
): Result {
  const ledger = openLedger(join(directory, "ledger.sqlite"));
  const intake = new Intake({
    strategy: "nuclear",
    alertsFile: file,
    timezone: WRITERS_ZONE,
    mode: "paper",
    maxAgeSeconds: MAX_AGE_SECONDS,
    settleSeconds: 1,
    allowedSymbols: undefined,
    owners: trustedOwners(undefined),
    clock: systemClock,
    ledger,
  });
  try {
    return work(intake, file);
  } finally {
    intake.close();
    ledger.close();
  }
}

function repeated(runs: number, work: (run: number) => number): number[] {
  return Array.from({ length: runs }, (_, run) => work(run));
}

function inDirectory<Result>(work: (directory: string) => Result): Result {
  const directory = mkdtempSync(join(tmpdir(), "bench-intake-"));
  try {
    return work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
