import { readdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { systemClock } from "../../src/domain/clock.ts";
import { Chance } from "../simulation/chance.ts";
import { drawRun } from "./portfolios.ts";
import { SoakedDaemon } from "./soaked-daemon.ts";

/** One look at what must not grow. */
interface Sample {
  readonly hour: number;
  readonly executions: number;
  readonly heapBytes: number;
  readonly rssBytes: number;
  readonly descriptors: number;
  readonly resources: number;
  readonly timers: number;
  readonly logBytes: number;
  readonly ledgerBytes: number;
  readonly cpuMs: number;
}

/** A new run of the strategy comes this often, in virtual time. */
const RUN_EVERY_MS = 3 * 60_000;
const HOUR_MS = 3_600_000;
const ROWS = 24;
/** Caches and compiled code are filled by then. */
const WARM_UP_SHARE = 0.5;

/** What counts as grown. One order that is kept by mistake has more than 2,000 bytes; what the engine itself gathers has about 1,000. */
const MOST_HEAP_BYTES_PER_EXECUTION = 2_000;
const MOST_MORE_DESCRIPTORS = 2;
const MOST_TIMERS = 60;
/** Three files, each rotated at 10 MB with four older ones beside it. */
const MOST_LOG_BYTES = 151_000_000;
const MOST_LEDGER_BYTES_PER_EXECUTION = 40_000;

const { values } = parseArgs({ options: { hours: { type: "string", default: "24" }, seed: { type: "string", default: "1" } } });

process.exitCode = await main(whole("hours", values.hours), whole("seed", values.seed));

async function main(hours: number, seed: number): Promise<number> {
  const collect = garbageCollector();
  const daemon = new SoakedDaemon();
  const strategy = new Chance(seed, "strategy");
  const samples: Sample[] = [];
  const started = systemClock.monotonic();
  try {
    await daemon.pass(10_000);
    for (let round = 0; round * RUN_EVERY_MS < hours * HOUR_MS; round += 1) {
      daemon.alert(drawRun(round, strategy, daemon.clock.now()).text);
      await daemon.pass(RUN_EVERY_MS);
      if (((round + 1) * RUN_EVERY_MS) % sampleEveryMs(hours) === 0) samples.push(await look(daemon, round + 1, collect));
    }
  } finally {
    await daemon.close();
  }
  return conclude(samples, daemon, hours, (systemClock.monotonic() - started) / 1_000);
}

function sampleEveryMs(hours: number): number {
  return Math.max(1, Math.round(hours / (4 * ROWS))) * HOUR_MS;
}

async function look(daemon: SoakedDaemon, rounds: number, collect: () => void): Promise<Sample> {
  collect();
  await systemClock.sleep(1);
  collect();
  const { heapUsed, rss } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return {
    hour: (rounds * RUN_EVERY_MS) / HOUR_MS,
    executions: daemon.executions,
    heapBytes: heapUsed,
    rssBytes: rss,
    descriptors: readdirSync("/proc/self/fd").length,
    resources: process.getActiveResourcesInfo().length,
    timers: daemon.clock.pending,
    logBytes: daemon.logBytes,
    ledgerBytes: daemon.ledgerBytes,
    cpuMs: (user + system) / 1_000,
  };
}

// --- judgement --------------------------------------------------------------------------------

function conclude(samples: readonly Sample[], daemon: SoakedDaemon, hours: number, seconds: number): number {
  const warm = samples.slice(Math.floor(samples.length * WARM_UP_SHARE));
  const [first, last] = [warm[0], warm.at(-1)];
  if (first === undefined || last === undefined || warm.length < 3) throw new RangeError("Too few hours to judge: 8 at least.");
  for (const line of table(samples)) console.log(line);
  const slope = slopeOf(warm.map(({ executions, heapBytes }) => [executions, heapBytes]));
  const executed = Math.max(1, last.executions - first.executions);
  const ledgerGrowth = (last.ledgerBytes - first.ledgerBytes) / executed;
  console.log("");
  console.log(
    `Executions: ${String(daemon.executions)} (${Object.entries(daemon.outcomes)
      .map(([name, count]) => `${name} ${String(count)}`)
      .join(", ")})`,
  );
  console.log(
    `Heap: ${slope.toFixed(0)} bytes more per execution; descriptors ${signed(last.descriptors - first.descriptors)}, resources ${signed(last.resources - first.resources)}`,
  );
  console.log(`Ledger: ${ledgerGrowth.toFixed(0)} bytes per execution; logs: ${megabytes(last.logBytes)} MB`);
  console.log(
    `CPU: ${((last.cpuMs - first.cpuMs) / executed).toFixed(1)} ms per execution, the simulated venue and ${String(RUN_EVERY_MS / 60_000)} virtual minutes of watching included`,
  );
  const faults = [
    ...over("heap bytes per execution", slope, MOST_HEAP_BYTES_PER_EXECUTION),
    ...over("more descriptors", last.descriptors - first.descriptors, MOST_MORE_DESCRIPTORS),
    ...over("more open resources", last.resources - first.resources, MOST_MORE_DESCRIPTORS),
    ...over("pending timers", Math.max(...warm.map(({ timers }) => timers)), MOST_TIMERS),
    ...over("bytes of logs", last.logBytes, MOST_LOG_BYTES),
    ...over("ledger bytes per execution", ledgerGrowth, MOST_LEDGER_BYTES_PER_EXECUTION),
    ...over("executions that did not end on target", daemon.executions - (daemon.outcomes["on-target"] ?? 0), 0),
  ];
  for (const fault of faults) console.log(`GROWN: ${fault}`);
  console.log(
    `${String(hours)} virtual hours in ${seconds.toFixed(0)} s, ${String(daemon.executions)} executions, ${String(faults.length)} bounds exceeded`,
  );
  return faults.length === 0 ? 0 : 1;
}

function over(what: string, value: number, most: number): string[] {
  return value > most ? [`${value.toFixed(0)} ${what}, at most ${String(most)} are allowed`] : [];
}

/** Least squares. */
function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0) / values.length;
  const meanX = mean(points.map(([x]) => x));
  const meanY = mean(points.map(([, y]) => y));
  const spread = points.reduce((total, [x]) => total + (x - meanX) ** 2, 0);
  return points.reduce((total, [x, y]) => total + (x - meanX) * (y - meanY), 0) / spread;
}

function table(samples: readonly Sample[]): string[] {
  const every = Math.max(1, Math.ceil(samples.length / ROWS));
  const rows = samples.filter((_, index) => (index + 1) % every === 0 || index === 0);
  return [
    "  hour  executions  heap MB  rss MB  descriptors  resources  timers  logs MB  ledger MB    cpu s",
    ...rows.map((sample) =>
      [
        String(sample.hour).padStart(6),
        String(sample.executions).padStart(12),
        megabytes(sample.heapBytes).padStart(9),
        megabytes(sample.rssBytes).padStart(8),
        String(sample.descriptors).padStart(13),
        String(sample.resources).padStart(11),
        String(sample.timers).padStart(8),
        megabytes(sample.logBytes).padStart(9),
        megabytes(sample.ledgerBytes).padStart(11),
        (sample.cpuMs / 1_000).toFixed(1).padStart(9),
      ].join(""),
    ),
  ];
}

function megabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(2);
}

function signed(value: number): string {
  return value < 0 ? String(value) : `+${String(value)}`;
}

/** Without it a sample would show what happens to be lying about. */
function garbageCollector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}

function whole(name: string, text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new RangeError(`--${name} takes a whole number, not "${text}".`);
  return Number(text);
}
