import { DatabaseSync } from "node:sqlite";
import { updateSubAccounts } from "../../src/accounts/bookkeeping.ts";
import { systemClock } from "../../src/domain/clock.ts";
import type { Ledger } from "../../src/domain/ledger.ts";
import type { FillRecord, NoteRecord } from "../../src/domain/ledger/decisions.ts";
import type { IntentRecord } from "../../src/domain/ledger/orders.ts";
import type { ExecutionRecord } from "../../src/domain/ledger/executions.ts";
import type { SignalRecord } from "../../src/domain/ledger/signals.ts";
import { openLedger } from "../../src/ledger/sqlite-ledger.ts";
import { shiftOf } from "./portfolio.ts";
import { rebalance } from "./rebalance.ts";
import type { Stand, StandSetup } from "./stand.ts";
import { atStand, READY } from "./stand.ts";
import type { Growth } from "./statistics.ts";
import { growthOf, median, rounded } from "./statistics.ts";

const SYMBOLS = 3;
/** Between two executions: the newest thirty days then hold 1,440 of them, which a report goes through one by one. */
const EVERY_MS = 30 * 60_000;
const MINUTE_MS = 60_000;
const EXECUTIONS_PER_TRANSACTION = 200;

export interface LongLedger {
  readonly executions: number;
  readonly megabytes: number;
  readonly readyMs: number;
  readonly statusMs: number;
  readonly reportMs: number;
  readonly runs: number;
  readonly growth: { readonly ready: readonly Growth[]; readonly status: readonly Growth[]; readonly report: readonly Growth[] };
}

/** What start-up, status and report take with a ledger of years. Sizes in executions, the largest last. */
export function measureLongLedger(
  setup: StandSetup,
  sizes: readonly number[],
  runs: number,
  say: (text: string) => void,
): Promise<LongLedger> {
  return atStand(setup, async (stand) => {
    const last = await recordedRebalance(stand);
    const measured: { work: number; ready: number; status: number; report: number }[] = [];
    let filled = 0;
    for (const size of sizes) {
      moveBack(stand.ledgerFile, (size - filled) * EVERY_MS);
      withLedger(stand, (ledger) => lengthen(ledger, last, filled, size));
      filled = size;
      say(`a ledger of ${String(size)} executions`);
      measured.push({ work: size, ...(await timesOf(stand, runs)) });
    }
    const most = measured.at(-1);
    if (most === undefined) throw new RangeError("Nothing was asked for.");
    const growing = (of: "ready" | "status" | "report"): Growth[] => growthOf(measured.map((each) => ({ work: each.work, ms: each[of] })));
    return {
      executions: most.work,
      megabytes: stand.ledgerMegabytes,
      readyMs: rounded(most.ready),
      statusMs: rounded(most.status),
      reportMs: rounded(most.report),
      runs,
      growth: { ready: growing("ready"), status: growing("status"), report: growing("report") },
    };
  });
}

async function timesOf(stand: Stand, runs: number): Promise<{ ready: number; status: number; report: number }> {
  const ready: number[] = [];
  const status: number[] = [];
  const report: number[] = [];
  // The first round may compile, and brings the file into the machine's memory.
  for (let run = -1; run < runs; run += 1) {
    const daemon = stand.command("run");
    const { at } = await daemon.says(READY);
    await daemon.stop();
    const times = [at - daemon.startedAt, await stand.command("status").succeeded(), await stand.command("report", "--json").succeeded()];
    if (run < 0) continue;
    for (const [index, list] of [ready, status, report].entries()) list.push(times[index] ?? 0);
  }
  return { ready: median(ready), status: median(status), report: median(report) };
}

/** Everything that the ledger holds of one real execution. */
interface Recorded {
  readonly signal: SignalRecord;
  readonly execution: ExecutionRecord;
  readonly intents: readonly IntentRecord[];
  readonly fills: readonly FillRecord[];
  readonly notes: readonly NoteRecord[];
}

async function recordedRebalance(stand: Stand): Promise<Recorded> {
  const daemon = await stand.daemon();
  for (const round of [0, 1]) {
    await rebalance(stand, daemon, shiftOf(SYMBOLS, round));
    await stand.nextMinute(daemon);
  }
  await daemon.stop();
  return withLedger(stand, (ledger) => {
    const execution = ledger.recentExecutions(1)[0];
    const signal = execution && ledger.signal(execution.signalId);
    if (execution === undefined || signal === undefined) throw new Error("The rebalance is not in the ledger.");
    const { id } = execution;
    return { signal, execution, intents: ledger.intentsOf(id), fills: ledger.fillsOf(id), notes: ledger.notesOf(id) };
  });
}

function withLedger<Result>(stand: Stand, work: (ledger: Ledger) => Result): Result {
  const ledger = openLedger(stand.ledgerFile, { mustExist: true });
  try {
    return work(ledger);
  } finally {
    ledger.close();
  }
}

/** Lets what is there be so much older: the ledger itself has no reason to change when something happened. */
export function moveBack(file: string, ms: number): void {
  const database = new DatabaseSync(file);
  database.exec(`
    BEGIN;
    UPDATE executions SET started_at = started_at - ${String(ms)}, finished_at = finished_at - ${String(ms)};
    UPDATE intents SET recorded_at = recorded_at - ${String(ms)}, updated_at = updated_at - ${String(ms)};
    COMMIT`);
  database.close();
}

/** Repeats a real execution, the newest copy some minutes ago and each one half an hour before the next. */
function lengthen(ledger: Ledger, last: Recorded, from: number, to: number): void {
  for (let start = from; start < to; start += EXECUTIONS_PER_TRANSACTION) {
    ledger.transaction(() => {
      for (let copy = start; copy < Math.min(to, start + EXECUTIONS_PER_TRANSACTION); copy += 1) recordCopy(ledger, last, copy, to);
      updateSubAccounts(ledger);
    });
  }
}

function recordCopy(ledger: Ledger, last: Recorded, copy: number, all: number): void {
  const { signal, execution, intents, fills, notes } = last;
  const shift = systemClock.now() - MINUTE_MS - (all - copy) * EVERY_MS - execution.startedAt;
  const name = (id: string): string => `${id}.copy${String(copy)}`;
  const executionId = name(execution.id);
  const at = (moment: number): number => moment + shift;
  const orderId = (intent: { readonly clientOrderId: string }): string => name(intent.clientOrderId);
  ledger.recordSignal({ ...signal.signal, id: name(signal.signal.id), generatedAt: at(signal.signal.generatedAt) }, at(signal.recordedAt));
  ledger.judgeSignal(name(signal.signal.id), { kind: "executed", reason: signal.verdictReason ?? "" }, at(signal.recordedAt));
  ledger.createExecution({
    ...execution,
    id: executionId,
    signalId: name(signal.signal.id),
    startedAt: at(execution.startedAt),
    deadline: at(execution.deadline),
  });
  ledger.recordIntents(
    intents.map((intent) => ({ ...intent, clientOrderId: orderId(intent), executionId, recordedAt: at(intent.recordedAt) })),
  );
  for (const intent of intents) ledger.updateIntent(orderId(intent), endOf(intent, shift));
  for (const fill of fills) ledger.recordFill({ ...fill, id: name(fill.id), clientOrderId: orderId(fill), executionId, at: at(fill.at) });
  for (const { kind, text, facts, ...note } of notes) ledger.note({ executionId, at: at(note.at), kind, text, facts });
  ledger.updateExecution(executionId, {
    phase: "settled",
    begunAt: at(execution.begunAt ?? execution.startedAt),
    finishedAt: at(execution.finishedAt ?? execution.startedAt),
    outcome: "on-target",
    outcomeReason: execution.outcomeReason ?? "",
    accountBefore: execution.accountBefore,
    accountAfter: execution.accountAfter,
    plan: execution.plan,
  });
}

function endOf(intent: IntentRecord, shift: number): Parameters<Ledger["updateIntent"]>[1] {
  const { state, orderId, status, filledQuantity, filledAveragePrice, filledAt } = intent;
  return {
    state,
    filledQuantity,
    updatedAt: intent.updatedAt + shift,
    ...(orderId === undefined ? {} : { orderId }),
    ...(status === undefined ? {} : { status }),
    ...(filledAveragePrice === undefined ? {} : { filledAveragePrice }),
    ...(filledAt === undefined ? {} : { filledAt: filledAt + shift }),
  };
}
