import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { writeFormatted } from "../../scripts/formatted.ts";
import { systemClock } from "../../src/domain/clock.ts";
import { keepPiece, keptPieces, piecesOf } from "./kept-run.ts";
import { pageOf } from "./page.ts";
import { addUp, count, emptyTally, summaryOf, violationLines } from "./tally.ts";
import type { Tally } from "./tally.ts";
import type { Batch } from "./worker.ts";

/** Seeds that a worker is given at a time: few enough for both to end together. */
const BATCH = 10;
/**
 * Batches after which a worker makes room for a new one: what a killed process was waiting for never ends and stays in
 * memory, and after 30,000 seeds in one worker the rate was down by a third. A new one is slow for some seconds.
 */
const BATCHES_OF_A_WORKER = 500;
const PROGRESS_EVERY_MS = 5_000;
/** Room for what a few seeds allocate, nearly all of which is gone by the next collection. */
const YOUNG_MEMORY_MB = 192;

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1000" },
    from: { type: "string", default: "1" },
    workers: { type: "string", default: String(availableParallelism()) },
    trace: { type: "boolean", default: false },
    orders: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    kept: { type: "string" },
    write: { type: "boolean", default: false },
  },
});

process.exitCode = await main();

async function main(): Promise<number> {
  const [seeds, from, workers] = [whole("seeds", values.seeds), whole("from", values.from), whole("workers", values.workers)];
  if (values.orders) return printOrders(from, seeds);
  const started = systemClock.monotonic();
  const total = values.trace ? await traceAll(from, seeds) : await runKept(from, seeds, Math.max(1, workers), started);
  if (values.write) writePage(total, from);
  const seconds = (systemClock.monotonic() - started) / 1_000;
  // A trace is compared with another one byte by byte, so nothing of our own time may stand in it.
  const rate = values.trace || values.kept !== undefined ? "" : `${(seeds / seconds).toFixed(1)} seeds a second, ${seconds.toFixed(1)} s, `;
  const lines = values.json ? [JSON.stringify(total)] : values.trace ? violationLines(total, replay) : summaryOf(total, replay);
  for (const line of lines) console.log(line);
  console.log(`${String(total.seeds)} seeds, ${String(total.violations)} violations, ${rate}from seed ${String(from)}`);
  return total.violations === 0 ? 0 : 1;
}

function replay(seed: number): string {
  return `npm run simulate -- --seeds 1 --from ${String(seed)} --trace`;
}

/** What each seed orders when nothing is in the way, as `orders-sent.json` keeps it. */
async function printOrders(from: number, seeds: number): Promise<number> {
  const { digestOf, ordersSent } = await import("./orders-sent.ts");
  const digests: Record<string, string> = {};
  for (let seed = from; seed < from + seeds; seed += 1) digests[String(seed)] = digestOf(await ordersSent(seed));
  console.log(JSON.stringify(digests, undefined, 2));
  return 0;
}

async function traceAll(from: number, seeds: number): Promise<Tally> {
  // The other runs leave it to their workers.
  const { simulate } = await import("./simulation.ts");
  const total = emptyTally();
  for (let seed = from; seed < from + seeds; seed += 1) {
    const result = await simulate(seed, { trace: true });
    for (const line of result.trace) console.log(line);
    count(total, result);
  }
  return total;
}

/** All of it, or with `--kept` what the file does not hold yet; each piece is kept as soon as its last seed is through. */
async function runKept(from: number, seeds: number, workers: number, started: number): Promise<Tally> {
  const { kept } = values;
  if (kept === undefined) return runAll(batchesOf({ from, count: seeds }), { workers, started, onBatch: () => undefined });
  const known = keptPieces(kept);
  const pieces = piecesOf(from, seeds);
  const missing = pieces.filter((piece) => known.get(piece.from)?.seeds !== piece.count);
  const tallies = new Map(missing.map((piece) => [piece.from, emptyTally()]));
  await runAll(missing.flatMap(batchesOf), {
    workers,
    started,
    onBatch: (batch, tally) => {
      const piece = missing.findLast((each) => each.from <= batch.from);
      const sum = piece === undefined ? undefined : tallies.get(piece.from);
      if (piece === undefined || sum === undefined) return;
      addUp(sum, tally);
      if (sum.seeds === piece.count) keepPiece(kept, { from: piece.from, tally: sum });
    },
  });
  const total = emptyTally();
  for (const { from: start } of pieces) addUp(total, tallies.get(start) ?? known.get(start) ?? emptyTally());
  return total;
}

function batchesOf({ from, count: seeds }: Batch): Batch[] {
  return Array.from({ length: Math.ceil(seeds / BATCH) }, (_, index) => {
    const start = from + index * BATCH;
    return { from: start, count: Math.min(BATCH, from + seeds - start) };
  });
}

function writePage(total: Tally, from: number): void {
  const root = join(import.meta.dirname, "..", "..");
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  const day = new Date(systemClock.now()).toISOString().slice(0, 10);
  const file = join(root, "docs", "evidence", "simulation.md");
  writeFormatted(file, pageOf(total, { from, version, day }));
}

interface RunOptions {
  readonly workers: number;
  /** When the command was started, monotonic. */
  readonly started: number;
  readonly onBatch: (batch: Batch, tally: Tally) => void;
}

/** All batches, by so many workers at a time. */
function runAll(batches: readonly Batch[], { workers, started, onBatch }: RunOptions): Promise<Tally> {
  const total = emptyTally();
  const seeds = batches.reduce((sum, batch) => sum + batch.count, 0);
  let next = 0;
  let progressAt = started + PROGRESS_EVERY_MS;
  return new Promise((resolve, reject) => {
    let working = 0;
    const employ = (): void => {
      const worker = new Worker(new URL("./worker.ts", import.meta.url), { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEMORY_MB } });
      working += 1;
      worker.on("error", reject);
      feed(worker, BATCHES_OF_A_WORKER);
    };
    const feed = (worker: Worker, left: number): void => {
      const batch = batches[next];
      if (batch !== undefined && left > 0) {
        next += 1;
        worker.once("message", (tally: Tally) => onTally(worker, left - 1, batch, tally));
        worker.postMessage(batch);
        return;
      }
      working -= 1;
      void worker.terminate();
      if (batch !== undefined) employ();
      else if (working === 0) resolve(total);
    };
    const onTally = (worker: Worker, left: number, batch: Batch, tally: Tally): void => {
      addUp(total, tally);
      onBatch(batch, tally);
      if (!values.json) for (const { seed, violations } of tally.broken) console.log(`Seed ${String(seed)}: ${violations[0]?.text ?? ""}`);
      const now = systemClock.monotonic();
      if (now >= progressAt && !values.json) {
        progressAt = now + PROGRESS_EVERY_MS;
        const rate = total.seeds / ((now - started) / 1_000);
        console.log(
          `${String(total.seeds)} of ${String(seeds)} seeds, ${rate.toFixed(1)} a second, ${String(total.violations)} violations`,
        );
      }
      feed(worker, left);
    };
    if (batches.length === 0) resolve(total);
    for (let each = 0; each < Math.min(workers, batches.length); each += 1) employ();
  });
}

function whole(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new RangeError(`--${name} takes a whole number, not "${text}".`);
  return Number(text);
}
