import { existsSync } from "node:fs";
import { openIntakes } from "../../../app/open-intakes.ts";
import type { Clock } from "../../../domain/clock.ts";
import { EXIT, TraderError, type ExitCode } from "../../../domain/errors.ts";
import { OUTCOMES } from "../../../domain/outcome.ts";
import { VERDICTS } from "../../../domain/verdict.ts";
import { LinesIntake } from "../../../fleet/intake/lines-intake.ts";
import { standingOf } from "../../../fleet/standing.ts";
import type { AccountRow } from "../../../fleet/store/accounts.ts";
import { SILENT_AFTER_SECONDS } from "../../../fleet/store/roll.ts";
import { LineFeed } from "../../../fleet/worker/line-feed.ts";
import { trustedOwners } from "../../../intake/trust.ts";
import { openLedger, type SqliteLedger } from "../../../ledger/sqlite-ledger.ts";
import type { Log } from "../../../logging/logger.ts";
import type { CommandContext } from "../../context.ts";
import { onStopSignal } from "../../stop-signals.ts";
import { endText, NO_SIGNAL, show, summary, type FleetExecuteOptions, type Result } from "../act-once.ts";
import { openFleetLogs } from "../fleet-process.ts";
import type { ReadAccount } from "../read-accounts.ts";
import type { OpenFleet } from "./open.ts";
import { readAccount, settingsOf } from "./read.ts";

const LOOK_EVERY_MS = 500;
/** After the longest that a run may take: for a take-over, and for what follows an execution at once. */
const GRACE_MS = 30_000;

export interface ExecuteTask {
  readonly fleet: OpenFleet;
  /** The accounts that act. */
  readonly rows: readonly AccountRow[];
  readonly options: FleetExecuteOptions;
}

/**
 * Offers what the alerts files of this machine say, has every account looked at, and waits until each is on target or its
 * worker has let it go. The workers do the rest, also when this command is stopped.
 * @returns the worst exit code of any account. @throws TraderError when nobody would trade: halted (3), or without a worker (1).
 */
export async function offerAndWait(context: CommandContext, task: ExecuteTask): Promise<ExitCode> {
  const { store, shared } = task.fleet;
  await assertTraded(task.fleet);
  const logs = openFleetLogs(context, shared, [], undefined);
  try {
    const problems = await offer(task.fleet, context.clock, logs.log);
    for (const problem of problems) context.err.line(problem);
    for (const { id } of task.rows) await store.queue.wake(id);
    const results = await new Waiting(context, task, await newestRuns(task.fleet, context.clock)).run();
    context.out.line(summary(results));
    const offered = problems.length === 0 ? EXIT.ok : EXIT.refused;
    return Math.max(offered, ...results.map(({ code }) => code)) as ExitCode;
  } finally {
    logs.tradeLog.close();
    logs.log.close();
  }
}

async function assertTraded({ store }: OpenFleet): Promise<void> {
  const halted = (await store.workers.halts()).get("fleet");
  if (halted !== undefined)
    throw new TraderError(`The fleet is halted: ${halted}.`, {
      code: "halted",
      hint: "Run `alpaca-trader fleet resume` to resume trading.",
      exitCode: EXIT.refused,
    });
  const workers = await store.workers.list();
  if (workers.some(({ secondsAgo }) => secondsAgo < SILENT_AFTER_SECONDS)) return;
  throw new TraderError("No worker of the fleet is running, so nothing would be traded; nothing was offered.", {
    code: "fleet-workers",
    hint: "Start one with `alpaca-trader fleet worker`.",
  });
}

/** @returns why lines were not offered. A machine without alerts files relies on the intakes of others. */
async function offer({ store, shared }: OpenFleet, clock: Clock, log: Log): Promise<string[]> {
  const owners = trustedOwners(shared.alertsOwner);
  const here = shared.strategies.filter(({ alertsFile }) => existsSync(alertsFile));
  const intakes = here.map((strategy) => new LinesIntake({ strategy, config: shared, owners, clock, log, lines: store.lines }));
  try {
    await Promise.all(intakes.map((intake) => intake.offerAll()));
    return intakes.flatMap(({ problem }) => problem ?? []);
  } finally {
    await Promise.all(intakes.map((intake) => intake.close()));
  }
}

/** Ids of the newest run of every strategy; `undefined` when one of them has no whole run. */
async function newestRuns({ store, shared }: OpenFleet, clock: Clock): Promise<readonly string[] | undefined> {
  const feed = new LineFeed({ lines: store.lines, clock, signalMaxAgeSeconds: shared.signalMaxAgeSeconds });
  await feed.poll();
  const lines = feed.forAccount();
  const ledger = openLedger(":memory:");
  try {
    const ids = shared.strategies.map((strategy) => {
      const [intake] = openIntakes({ ...shared, strategies: [strategy] }, clock, ledger, lines.reader(strategy));
      const decision = intake?.rejudge("start").decision;
      intake?.close();
      if (decision?.kind === "execute") return decision.signal.id;
      return decision?.kind === "verdict" ? decision.signalId : undefined;
    });
    return ids.every((id) => id !== undefined) ? ids : undefined;
  } finally {
    ledger.close();
  }
}

/** The accounts until each has ended. */
class Waiting {
  readonly #context: CommandContext;
  readonly #task: ExecuteTask;
  readonly #newest: readonly string[] | undefined;
  readonly #stopping = new AbortController();

  constructor(context: CommandContext, task: ExecuteTask, newest: readonly string[] | undefined) {
    this.#context = context;
    this.#task = task;
    this.#newest = newest;
  }

  async run(): Promise<Result[]> {
    const { clock } = this.#context;
    const { shared } = this.#task.fleet;
    const end = clock.monotonic() + (shared.signalMaxAgeSeconds + shared.executionDeadlineSeconds) * 1_000 + GRACE_MS;
    const ignore = onStopSignal(clock, () => this.#stopping.abort());
    const results: Result[] = [];
    let open = this.#task.rows;
    try {
      while (open.length > 0) {
        const isLast = this.#stopping.signal.aborted || clock.monotonic() >= end;
        const ended = await this.#ended(open, isLast);
        for (const result of ended) show(this.#context, result, false);
        results.push(...ended);
        open = open.filter(({ name }) => !results.some((result) => result.name === name));
        if (open.length > 0) await clock.sleep(LOOK_EVERY_MS, this.#stopping.signal);
      }
      return results;
    } finally {
      ignore();
    }
  }

  async #ended(open: readonly AccountRow[], isLast: boolean): Promise<Result[]> {
    const { fleet } = this.#task;
    const { accounts } = settingsOf(open, this.#context.env, fleet);
    const halts = await fleet.store.workers.halts();
    // Before the ledgers: what has ended by now has kept all that it recorded.
    const atWork = await fleet.store.queue.atWork();
    const results: Result[] = [];
    for (const account of accounts) {
      const row = open.find(({ name }) => name === account.name);
      if (row === undefined) continue;
      const read = await readAccount(account, open, halts, fleet);
      try {
        const isOver = !atWork.has(row.id) || read.halted !== undefined || this.#isThere(read);
        if (isOver || isLast) results.push(resultOf(read, isOver));
      } finally {
        read.ledger?.close();
      }
    }
    return results;
  }

  /** Whether the account has reached the target of every newest run. */
  #isThere({ name, ledger }: ReadAccount): boolean {
    const kinds = this.#newest?.map((id) => standingOf(name, ledger, id).kind);
    return kinds?.every((kind) => kind === "on-target" || kind === "queued") === true;
  }
}

function resultOf(read: ReadAccount, isOver: boolean): Result {
  const { name, ledger, problem, halted } = read;
  const result = (code: ExitCode, end: string): Result => ({
    name,
    code,
    end,
    lines: code === EXIT.ok || ledger === undefined ? [] : [`\`alpaca-trader fleet explain ${name}\` says why.`],
    isTraded: false,
  });
  if (problem !== undefined) return result(EXIT.failed, problem);
  const signalId = ledger?.recentSignals(1)[0]?.signal.id;
  if (halted !== undefined && signalId === undefined) return result(EXIT.refused, `halted, ${halted}`);
  if (ledger === undefined || signalId === undefined) return result(isOver ? EXIT.ok : EXIT.failed, NO_SIGNAL);
  const standing = standingOf(name, ledger, signalId);
  const end = isOver ? endText(standing) : `not at its end yet: ${endText(standing)}`;
  if (halted !== undefined) return result(EXIT.refused, `halted, ${halted}; ${end}`);
  return result(isOver ? codeOf(ledger, signalId) : EXIT.failed, end);
}

/** As the command that acts by itself has it; but a run that was meant for the account and came to nothing is a failure. */
function codeOf(ledger: SqliteLedger, signalId: string): ExitCode {
  const outcome = ledger.executionOfSignal(signalId)?.outcome;
  const exit = outcome === undefined ? undefined : OUTCOMES[outcome].exit;
  const verdict = ledger.signal(signalId)?.verdict;
  if (exit !== undefined) return exit;
  if (verdict === undefined || verdict === "executed") return EXIT.failed;
  if (verdict === "stale") return EXIT.failed;
  return verdict === "superseded" ? EXIT.refused : VERDICTS[verdict].exit;
}
