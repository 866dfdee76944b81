import { readFileSync } from "node:fs";
import { writeFormatted } from "../../scripts/formatted.ts";
import type { AfterIdleResult } from "./after-idle.ts";
import type { FleetDatabaseFigures } from "./fleet-database.ts";
import type { RebalanceResult } from "./rebalance.ts";
import type { Results } from "./results.ts";
import type { Rate } from "./simulator.ts";
import type { Growth, Spread } from "./statistics.ts";

const BEGIN = "<!-- results: written by `npm run bench -- --write` -->";
const END = "<!-- end of results -->";

/** Targets of the goals that this is held against; milliseconds, MiB, percent. */
const TARGETS = {
  ownOverheadP50Ms: 3,
  ownOverheadP99Ms: 15,
  ratio: 1.15,
  limitRatio: 1.3,
  limitRatioOf25: 1.4,
  requestsOf25: 70,
  afterIdleFirstOrderP50Ms: 5,
  afterIdleFirstOrderP99Ms: 25,
  rssMiB: 95,
  rssAfterRebalancesMiB: 110,
  cpuPercent: 0.3,
  stallMs: 50,
  fleetOf50Ms: 2_000,
  fleetOf50MiB: 300,
  takeOverP99Ms: 15_000,
} as const;

/** The symbols whose rebalances the ratio is asked of. */
const HELD_TO_RATIO = [3, 25];

/** The figures as tables in Markdown, for the terminal and for the page. */
export function resultsMarkdown(results: Results): string[] {
  return [
    ...surroundingsLines(results),
    ...latencyLines(results),
    ...rebalanceLines(results.rebalance),
    ...afterIdleLines(results.afterIdle),
    ...processLines(results),
    ...growthLines(results),
    ...fleetLines(results),
    ...simulatorLines(results),
  ];
}

/** Puts the results where the page keeps them, formatted as every page is. @throws when the page has no such place. */
export function writeResults(file: string, results: Results): void {
  const page = readFileSync(file, "utf8");
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${file} has no place for results between "${BEGIN}" and "${END}".`);
  writeFormatted(file, `${page.slice(0, begin)}${BEGIN}\n\n${resultsMarkdown(results).join("\n")}\n\n${page.slice(end)}`);
}

function surroundingsLines({ surroundings }: Results): string[] {
  const { at, machine, node, kernel, scale, loadBefore, loadAfter } = surroundings;
  return [
    `Measured ${at} on ${machine}, Linux ${kernel}, Node ${node}, ${scale} form; load of the machine ${loadBefore.toFixed(2)} before and ${loadAfter.toFixed(2)} after.`,
    "",
  ];
}

function latencyLines({ manyRebalances: many, restart, planning, intake }: Results): string[] {
  const own = many.ownOverheadMs;
  return [
    ...table(
      ["what", "p50 ms", "p99 ms", "target"],
      [
        ["alert → first order on the wire, r = 0", ...spread(many.alertToFirstOrderMs), ""],
        ["alert → order of the last sell, r = 0", ...spread(many.alertToLastSellMs), ""],
        [
          "own overhead: alert → first order, less one bare request",
          ...spread(own),
          verdict(
            `p50 ≤ ${String(TARGETS.ownOverheadP50Ms)}, p99 ≤ ${String(TARGETS.ownOverheadP99Ms)}`,
            own.p50 <= TARGETS.ownOverheadP50Ms && own.p99 <= TARGETS.ownOverheadP99Ms,
          ),
        ],
        ["restart → ready", ...spread(restart.readySpreadMs), ""],
        ["start after a kill during an execution → next order, 25 symbols, r = 20", ...spread(restart.killedToNextOrderMs), ""],
        ...planning.plans.map(({ symbols, ms }) => [`plan and proof of ${String(symbols)} symbols`, ...spread(ms), ""]),
      ],
    ),
    `${String(many.runs)} rebalances of 3 symbols, ${String(restart.runs)} starts. A bare request took ${String(many.measuredRttMs)} ms at r = 0. Intake: ${String(intake.linesPerSecond)} lines a second; the newest run of a file of ${String(intake.largeFile.megabytes)} MB is decided in ${String(intake.largeFile.firstVerdictMs)} ms.`,
    "",
  ];
}

function rebalanceLines(rebalances: readonly RebalanceResult[]): string[] {
  return table(
    [
      "symbols",
      "r ms",
      "r measured",
      "runs",
      "median ms",
      "p99 ms",
      "floor ms",
      "ratio",
      "first order ms",
      "outcome ms",
      "requests",
      "target",
    ],
    rebalances.map((each) => [
      String(each.symbols),
      String(each.rttMs),
      String(each.measuredRttMs),
      String(each.runs),
      String(each.medianMs),
      String(each.p99Ms),
      String(each.floorMs),
      String(each.ratio),
      String(each.firstOrderMs),
      String(each.outcomeMs),
      String(each.requests),
      rebalanceTarget(each),
    ]),
  );
}

function rebalanceTarget({ symbols, ratio, requests }: RebalanceResult): string {
  if (!HELD_TO_RATIO.includes(symbols)) return "";
  const ratioText = verdict(`ratio ≤ ${String(TARGETS.ratio)}`, ratio <= TARGETS.ratio);
  if (symbols !== 25) return ratioText;
  return `${ratioText}; ${verdict(`requests ≤ ${String(TARGETS.requestsOf25)}`, requests <= TARGETS.requestsOf25)}`;
}

/** In real time, with connections that may have closed; held against what is possible at all. */
function afterIdleLines(rebalances: readonly AfterIdleResult[]): string[] {
  return table(
    [
      "symbols",
      "r ms",
      "real seconds idle",
      "runs",
      "first order p50 ms",
      "p99 ms",
      "last fill at the venue ms",
      "1.5 r + 2 f ms",
      "ratio",
      "target",
    ],
    rebalances.map((each) => [
      String(each.symbols),
      String(each.measuredRttMs),
      `${String(each.idleSeconds)}${each.isCold === true ? ", new process" : ""}`,
      String(each.runs),
      String(each.firstOrderMs),
      String(each.firstOrderP99Ms),
      String(each.lastFillMs),
      String(each.floorMs),
      String(each.ratio),
      afterIdleTarget(each),
    ]),
  );
}

function afterIdleTarget({ symbols, ratio, firstOrderMs, firstOrderP99Ms, isCold }: AfterIdleResult): string {
  if (isCold === true) return "";
  const { afterIdleFirstOrderP50Ms: p50, afterIdleFirstOrderP99Ms: p99 } = TARGETS;
  const first = verdict(`first order ≤ ${String(p50)} and ${String(p99)}`, firstOrderMs <= p50 && firstOrderP99Ms <= p99);
  return `${verdict(`ratio ≤ ${String(limitRatio(symbols))}`, ratio <= limitRatio(symbols))}; ${first}`;
}

/** Of the last fill to the physical limit. */
function limitRatio(symbols: number): number {
  return symbols > 3 ? TARGETS.limitRatioOf25 : TARGETS.limitRatio;
}

function processLines({ idle, manyRebalances: many }: Results): string[] {
  const { acceleratedHour: hour } = idle;
  const memory = (mib: number, most: number): string => verdict(`≤ ${String(most)}`, mib <= most);
  return table(
    ["what", "figure", "target"],
    [
      [
        `resident memory after ${String(idle.sampledSeconds)} s of idling, dashboard on, MiB`,
        String(idle.rssMiB),
        memory(idle.rssMiB, TARGETS.rssMiB),
      ],
      [
        `resident memory after an hour of ticks passed in ${String(hour.tookSeconds)} s, MiB (before: ${String(hour.beforeMiB)})`,
        String(hour.afterMiB),
        memory(hour.afterMiB, TARGETS.rssAfterRebalancesMiB),
      ],
      [
        `resident memory after ${String(many.runs)} rebalances, MiB (before: ${String(many.rssMiB.before)})`,
        String(many.rssMiB.after),
        memory(many.rssMiB.after, TARGETS.rssAfterRebalancesMiB),
      ],
      [
        `live heap after ${String(many.runs)} rebalances, MiB (before: ${String(many.liveHeapMiB.before)})`,
        String(many.liveHeapMiB.after),
        "as before",
      ],
      ["slope of the resident memory over the second half, KiB a rebalance", String(many.rssSlopeKiBPerRebalance), "0"],
      [
        `processor time while idle for ${String(idle.sampledSeconds)} s, percent of one`,
        String(idle.cpuPercent),
        verdict(`≤ ${String(TARGETS.cpuPercent)}`, idle.cpuPercent <= TARGETS.cpuPercent),
      ],
      [
        "longest stall of the event loop in a rebalance, ms",
        String(many.maxStallMs),
        verdict(`≤ ${String(TARGETS.stallMs)}`, many.maxStallMs <= TARGETS.stallMs),
      ],
    ],
  );
}

function growthLines({ ledger, intake, planning }: Results): string[] {
  const rows = (what: string, unit: string, growth: readonly Growth[]): string[][] =>
    growth.map(({ work, ms, timesWork, timesMs }) => [what, `${String(work)} ${unit}`, String(ms), times(timesWork), times(timesMs)]);
  return [
    `A ledger of ${String(ledger.executions)} executions (${String(ledger.megabytes)} MB): ready in ${String(ledger.readyMs)} ms, \`status\` in ${String(ledger.statusMs)} ms, \`report\` of thirty days in ${String(ledger.reportMs)} ms.`,
    "",
    ...table(
      ["what grows", "work", "ms", "× work", "× time"],
      [
        ...rows("plan and proof", "symbols", planning.growth),
        ...rows("intake of a flood", "lines", intake.floods),
        ...rows("first verdict on a large file", "MB", intake.files),
        ...rows("start until ready", "executions", ledger.growth.ready),
        ...rows("`status`", "executions", ledger.growth.status),
        ...rows("`report`", "executions", ledger.growth.report),
      ],
    ),
  ];
}

function fleetLines({ fleet }: Results): string[] {
  const rows = fleet.sizes.map(({ accounts, lastFillMs, secondRunMs, firstOrderMs, processorMsPerAccount, stallMs, readyMs, rssMiB }) => [
    String(accounts),
    String(readyMs),
    String(lastFillMs),
    String(secondRunMs),
    ...spread(firstOrderMs),
    String(processorMsPerAccount),
    String(stallMs),
    `${String(rssMiB.warm)} · ${String(rssMiB.after)}`,
    accounts === 50
      ? verdict(
          `≤ ${String(TARGETS.fleetOf50Ms)} ms, ≤ ${String(TARGETS.fleetOf50MiB)} MiB`,
          secondRunMs <= TARGETS.fleetOf50Ms && rssMiB.after <= TARGETS.fleetOf50MiB,
        )
      : "",
  ]);
  return [
    "Many accounts in one process, ten at a time; the venue shares the machine with it. The first run buys three symbols in each account, the second one sells them and buys two. First order, processor and growth are of the second run.",
    "",
    ...table(
      [
        "accounts",
        "ready ms",
        "first run ms",
        "second run ms",
        "first order p50",
        "p99",
        "processor ms an account",
        "longest stall ms",
        "MiB warm · after",
        "target",
      ],
      rows,
    ),
    ...table(
      ["what grows", "work", "ms", "× work", "× time"],
      fleet.growth.map(({ work, ms, timesWork, timesMs }) => [
        "second run",
        `${String(work)} accounts`,
        String(ms),
        times(timesWork),
        times(timesMs),
      ]),
    ),
    ...databaseLines(fleet.database),
  ];
}

function databaseLines(figures: FleetDatabaseFigures | undefined): string[] {
  if (figures === undefined) return [];
  const { server, accounts, workers, runMs, accountsPerSecond, barrierMs, takeOverMs, takenOver } = figures;
  return [
    `A fleet on ${server}, flushed to the disk: ${String(accounts)} accounts, ${String(workers)} workers, an intake and the venue share the machine. The barrier is what each order waits for: from the commit until it is kept in the database. The take-over is from the \`kill -9\` of a worker to its successor's first request, for ${String(takenOver)} accounts; ten seconds of it are the heartbeat that must be missing.`,
    "",
    ...table(
      ["what", "p50 ms", "p99 ms", "target"],
      [
        ["first run", String(runMs[0]), "", ""],
        ["second run", String(runMs[1]), "", `${String(accountsPerSecond)} accounts a second`],
        ["barrier", ...spread(barrierMs), ""],
        ["take-over", ...spread(takeOverMs), verdict(`p99 ≤ ${String(TARGETS.takeOverP99Ms)} ms`, takeOverMs.p99 <= TARGETS.takeOverP99Ms)],
      ],
    ),
  ];
}

function simulatorLines({ simulator }: Results): string[] {
  const { accounts, allAccounts, load, oneAccount, reads, rssMiB } = simulator;
  const row = (what: string, { perSecond, perSecondPassed }: Rate): string[] => [what, String(perSecond), String(perSecondPassed)];
  return [
    `The simulator as a server: how much of each it does in a second of processor time of its process, and in a second that passed while its clients shared the machine, at a load of ${load.toFixed(2)}.`,
    "",
    ...table(
      ["what", "a second on one core", "a second passed"],
      [
        ...reads.map((read) => row(`\`GET ${read.path}\``, read)),
        row("market orders of one account, filled", oneAccount.orders),
        row("order updates of one account on its stream", oneAccount.updates),
        row(`market orders of ${String(accounts)} accounts, filled`, allAccounts.orders),
        row(`order updates of ${String(accounts)} accounts on a stream each`, allAccounts.updates),
      ],
    ),
    `Resident memory of the simulator, MiB: ${String(rssMiB.started)} after its start, ${String(rssMiB.one)} after the requests and orders of one account, ${String(rssMiB.all)} with ${String(accounts)} accounts and their streams, ${String(rssMiB.after)} after their orders.`,
    "",
  ];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line), ""];
}

function spread({ p50, p99 }: Spread): [string, string] {
  return [String(p50), String(p99)];
}

function times(value: number | undefined): string {
  return value === undefined ? "" : String(value);
}

function verdict(target: string, met: boolean): string {
  return `${target}: ${met ? "met" : "not met"}`;
}
