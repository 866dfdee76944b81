import { describeSignal } from "../../app/event-log.ts";
import { ledgerLockFile } from "../../config/files.ts";
import { EXIT, TraderError, type ExitCode } from "../../domain/errors.ts";
import { decimal, ZERO, type Decimal } from "../../domain/decimal.ts";
import { formatDollars, formatWeight } from "../../domain/format.ts";
import type { SignalRecord } from "../../domain/ledger/signals.ts";
import { formatInstant } from "../../domain/time-format.ts";
import {
  byTrouble,
  countsText,
  isOpen,
  isTrouble,
  newestSignal,
  paceText,
  STANDING_WORDS,
  type Standing,
  type StandingKind,
} from "../../fleet/standing.ts";
import { holderOf } from "../../ledger/lock.ts";
import type { Style, Tint } from "../../reporting/style.ts";
import { counted } from "../../reporting/figures.ts";
import { left, right, table, type Cell } from "../../reporting/table.ts";
import type { CommandContext } from "../context.ts";
import { onStopSignal } from "../stop-signals.ts";
import { showFairness } from "./fairness.ts";
import { damageTexts, standingsOf, type ReadAccount } from "./read-accounts.ts";
import { isDamaged, withFleet } from "./shown-fleet.ts";

const WATCH_EVERY_MS = 1_000;
/** More accounts in trouble than that are counted. */
const MOST_SHOWN = 20;
const BAR_WIDTH = 30;

const TINTS: Readonly<Record<StandingKind, Tint>> = {
  "set-aside": "bad",
  refused: "bad",
  "off-target": "warn",
  "under-way": "accent",
  waiting: "quiet",
  missing: "quiet",
  replaced: "quiet",
  queued: "accent",
  "on-target": "good",
};

export interface ListOptions {
  readonly group?: string;
  readonly json?: boolean;
}

/** The accounts, what they trade for, and the result of the newest signal. @returns 1 when one of them cannot be read. */
export function list(context: CommandContext, { group, json = false }: ListOptions): Promise<ExitCode> {
  return withFleet(context, ({ read, problems, workers }) => {
    const shown = read.filter(({ config }) => group === undefined || config.fleet.group === group);
    const rows = shown.map(rowOf);
    if (json) context.out.line(JSON.stringify(rows, undefined, 2));
    else for (const line of [...listLines(rows, context.out.style), ...problems, ...(workers ?? [])]) context.out.line(line);
    return isDamaged({ read: shown, problems }) ? EXIT.failed : EXIT.ok;
  });
}

interface Row {
  readonly name: string;
  readonly account: string | undefined;
  readonly group: string | undefined;
  readonly canary: boolean;
  readonly equity: string | undefined;
  readonly signal: string | undefined;
  readonly standing: StandingKind | undefined;
  readonly reason: string;
  readonly halted: string | undefined;
  readonly pid: number | undefined;
  /** The worker that has it, in a fleet with a database. */
  readonly holder: string | undefined;
}

function rowOf(read: ReadAccount): Row {
  const { name, config, ledger, halted, pid, holder, problem } = read;
  const signal = ledger?.recentSignals(1)[0];
  const [standing] = signal === undefined ? [] : standingsOf([read], signal.signal.id);
  const last = ledger?.recentExecutions(1)[0];
  const equity = (last?.accountAfter ?? last?.accountBefore)?.equity;
  return {
    name,
    account: ledger?.pinnedAccount()?.number,
    group: config.fleet.group,
    canary: config.fleet.isCanary,
    equity: equity === undefined ? undefined : formatDollars(decimal(equity)),
    signal: signal?.signal.id,
    standing: problem === undefined ? standing?.kind : "refused",
    reason: problem ?? standing?.reason ?? "",
    halted,
    pid,
    holder,
  };
}

function listLines(rows: readonly Row[], style: Style): string[] {
  const columns = [...left("account", "number", "group"), ...right("equity"), ...left("newest signal", "")];
  const cells = rows.map((row): Cell[] => [
    row.canary ? `${row.name} (canary)` : row.name,
    row.account ?? "-",
    row.group ?? "-",
    row.equity ?? "-",
    row.standing === undefined ? "-" : { text: STANDING_WORDS[row.standing], tint: TINTS[row.standing] },
    row.halted === undefined
      ? row.reason
      : { text: [`HALTED: ${row.halted}`, row.reason].filter((text) => text !== "").join(". "), tint: "bad" },
  ]);
  const running = rows.filter(({ pid, holder }) => pid !== undefined || holder !== undefined).length;
  return [
    ...table(columns, cells, style),
    "",
    `${counted(rows.length, "account")}, ${String(running)} of them being traded by a running process.`,
  ];
}

/** The newest signal: how many accounts are where, and which are in trouble. */
export async function status(context: CommandContext, options: { readonly watch?: boolean }): Promise<ExitCode> {
  if (options.watch !== true) return showOnce(context);
  const stopping = new AbortController();
  const ignore = onStopSignal(context.clock, () => stopping.abort());
  let code: ExitCode = EXIT.ok;
  let shown = "";
  while (!stopping.signal.aborted) {
    const { lines, code: now } = await statusNow(context);
    code = now;
    const text = lines.join("\n");
    if (text !== shown) for (const line of [...(shown === "" ? [] : [""]), ...lines]) context.out.line(line);
    shown = text;
    await context.clock.sleep(WATCH_EVERY_MS, stopping.signal);
  }
  ignore();
  return code;
}

async function showOnce(context: CommandContext): Promise<ExitCode> {
  const { lines, code } = await statusNow(context);
  for (const line of lines) context.out.line(line);
  return code;
}

function statusNow(context: CommandContext): Promise<{ lines: string[]; code: ExitCode }> {
  return withFleet(context, ({ shared, read, halted, problems, workers }) => {
    const { style } = context.out;
    const newest = newestSignal(read.map(({ ledger }) => ledger));
    // A worker has an account only while there is something to do.
    const idle = workers === undefined ? read.filter(({ pid }) => pid === undefined).map(({ name }) => name) : [];
    const lines = [
      ...(halted === undefined
        ? []
        : [
            style.paint(
              "bad",
              `The fleet is HALTED: ${halted}. \`alpaca-trader ${workers === undefined ? "" : "fleet "}resume\` lifts it.`,
            ),
          ]),
      ...(newest === undefined
        ? ["No account has seen a signal yet.", ...damageTexts(read)]
        : signalLines(newest, standingsOf(read, newest.signal.id), { zone: shared.alertsTimezone, now: context.clock.now() }, style)),
      ...haltedLines(read, halted, style),
      ...problems,
      ...(idle.length === 0 ? [] : [idleText(idle, holderOf(ledgerLockFile(shared))?.pid)]),
      ...(workers ?? []),
    ];
    const standings = newest === undefined ? [] : standingsOf(read, newest.signal.id);
    const isHalted = halted !== undefined || read.some((each) => each.halted !== undefined);
    return { lines, code: exitOf(standings, isHalted, idle.length > 0 || isDamaged({ read, problems })) };
  });
}

function idleText(idle: readonly string[], fleetPid: number | undefined): string {
  if (fleetPid === undefined) return `Not running: ${named(idle)}. \`alpaca-trader fleet run\` trades them.`;
  return `Not traded by the running fleet (process ${String(fleetPid)}): ${named(idle)}. They failed, or were added after its start; its log says which.`;
}

function exitOf(standings: readonly Standing[], isHalted: boolean, isFailing: boolean): ExitCode {
  if (isHalted) return EXIT.refused;
  return isFailing || standings.some(({ kind }) => isTrouble(kind)) ? EXIT.failed : EXIT.ok;
}

function haltedLines(read: readonly ReadAccount[], fleet: string | undefined, style: Style): string[] {
  if (fleet !== undefined) return [];
  return read.flatMap(({ name, halted }) => (halted === undefined ? [] : [style.paint("bad", `${name} is HALTED: ${halted}.`)]));
}

function signalLines(
  { signal }: SignalRecord,
  standings: readonly Standing[],
  { zone, now }: { readonly zone: string; readonly now: number },
  style: Style,
): string[] {
  const trouble = standings.filter(({ kind }) => isTrouble(kind)).toSorted(byTrouble);
  const hidden = trouble.length - MOST_SHOWN;
  const pace = paceText(standings, now);
  return [
    `signal ${signal.id}  ${signal.strategy}: ${describeSignal(signal)}   ${formatInstant(signal.generatedAt, zone)}`,
    barLine(standings, style),
    ...(pace === undefined ? [] : [pace]),
    ...trouble
      .slice(0, MOST_SHOWN)
      .map(({ account, kind, reason }) => `  ${style.paint(TINTS[kind], `${account} ${STANDING_WORDS[kind]}`)}: ${reason}`),
    ...(hidden > 0 ? [`  and ${String(hidden)} more`] : []),
    ...(trouble.length > 0 ? ["`alpaca-trader fleet explain NAME` says why."] : []),
  ];
}

/** `[############......]  48 of 50   on target 47 · off target 1 · waiting 2` */
export function barLine(standings: readonly Standing[], style: Style): string {
  const done = standings.filter(({ kind }) => !isOpen(kind) && kind !== "missing").length;
  const filled = standings.length === 0 ? 0 : Math.floor((done / standings.length) * BAR_WIDTH);
  const bar = `${style.paint("good", "#".repeat(filled))}${".".repeat(BAR_WIDTH - filled)}`;
  return `[${bar}]  ${String(done)} of ${String(standings.length)}   ${countsText(standings)}`;
}

function named(names: readonly string[]): string {
  return names.length > MOST_SHOWN
    ? `${names.slice(0, MOST_SHOWN).join(", ")} and ${String(names.length - MOST_SHOWN)} more`
    : names.join(", ");
}

export interface ReportOptions {
  readonly signal?: string;
  /** Compares the accounts over the last signals. */
  readonly fairness?: boolean;
  readonly json?: boolean;
}

/** Every account's result of one signal. */
export function report(context: CommandContext, options: ReportOptions): Promise<ExitCode> {
  return withFleet(context, ({ shared, read, problems }) => {
    if (options.fairness === true) return showFairness(context, read, options.json === true);
    const { style } = context.out;
    const record = recordOf(read, options.signal);
    const standings = standingsOf(read, record.signal.id).toSorted(byTrouble);
    const rows = standings.map((standing) => reportRow(standing, read));
    if (options.json === true)
      context.out.line(JSON.stringify({ signal: record.signal.id, strategy: record.signal.strategy, accounts: rows }, undefined, 2));
    else {
      context.out.line(
        `signal ${record.signal.id}  ${record.signal.strategy}: ${describeSignal(record.signal)}   ${formatInstant(record.signal.generatedAt, shared.alertsTimezone)}`,
      );
      context.out.line(barLine(standings, style));
      const cells = rows.map((row): Cell[] => [
        row.account,
        { text: STANDING_WORDS[row.standing], tint: TINTS[row.standing] },
        row.orders === undefined ? "-" : String(row.orders),
        row.seconds === undefined ? "-" : row.seconds.toFixed(1),
        row.equity ?? "-",
        row.cash ?? "-",
        row.reason,
      ]);
      for (const line of table([...left("account", ""), ...right("orders", "seconds", "equity", "cash"), ...left("")], cells, style))
        context.out.line(line);
      for (const line of problems) context.out.line(line);
    }
    return standings.some(({ kind }) => isTrouble(kind)) || isDamaged({ read, problems }) ? EXIT.failed : EXIT.ok;
  });
}

interface ReportRow {
  readonly account: string;
  readonly standing: StandingKind;
  readonly reason: string;
  readonly orders: number | undefined;
  readonly seconds: number | undefined;
  readonly equity: string | undefined;
  /** Share of the account that is left in cash. */
  readonly cash: string | undefined;
}

function reportRow({ account, kind, reason, execution }: Standing, read: readonly ReadAccount[]): ReportRow {
  const ledger = read.find(({ name }) => name === account)?.ledger;
  const after = execution?.accountAfter;
  return {
    account,
    standing: kind,
    reason,
    orders: execution === undefined ? undefined : ledger?.intentsOf(execution.id).length,
    seconds: execution?.finishedAt === undefined ? undefined : (execution.finishedAt - execution.startedAt) / 1_000,
    equity: after === undefined ? undefined : formatDollars(decimal(after.equity)),
    cash: after === undefined ? undefined : shareOf(decimal(after.cash), decimal(after.equity)),
  };
}

function shareOf(part: Decimal, whole: Decimal): string | undefined {
  return whole.gt(ZERO) ? formatWeight(part.div(whole)) : undefined;
}

function recordOf(read: readonly ReadAccount[], id: string | undefined): SignalRecord {
  const ledgers = read.map(({ ledger }) => ledger);
  const found = id === undefined ? newestSignal(ledgers) : ledgers.flatMap((ledger) => ledger?.signal(id) ?? [])[0];
  if (found !== undefined) return found;
  const unread = damageTexts(read).map((text) => ` ${text}`);
  throw new TraderError(
    `${id === undefined ? "No account has seen a signal yet." : `No account knows the signal ${id}.`}${unread.join("")}`,
    {
      code: "signal-unknown",
      hint: "`alpaca-trader fleet status` shows the newest signal.",
    },
  );
}
