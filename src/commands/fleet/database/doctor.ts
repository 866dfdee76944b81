import { loadAccount } from "../../../fleet/fleet-settings.ts";
import { durabilityProblems, readServer } from "../../../fleet/store/server-facts.ts";
import { SILENT_AFTER_SECONDS } from "../../../fleet/store/roll.ts";
import { Sealing } from "../../../fleet/store/sealing.ts";
import type { AccountRow } from "../../../fleet/store/accounts.ts";
import { openSavedLedger } from "../../../fleet/worker/journaled-ledger.ts";
import { workerCommandOf } from "../../../fleet/worker/worker-host.ts";
import { MOST_SKEW_MS } from "../../../fleet/worker/worker.ts";
import type { Check, Findings, Step } from "../../../doctor/check.ts";
import { failure } from "../../../doctor/check.ts";
import { callAccountDoctor, callMachineDoctor, isWell } from "../../../doctor/doctor.ts";
import { judgeDatabase, judgeIdentity, judgeQueue, judgeWorkers } from "../../../doctor/fleet-database.ts";
import { EXIT, TraderError, type ExitCode } from "../../../domain/errors.ts";
import type { CommandContext } from "../../context.ts";
import { needsAttention, quietly, showAccounts, showChecks, type ExaminedAccount } from "../doctor.ts";
import { sharedEnvironment, withFleetStore, type OpenFleet } from "./open.ts";

/** Checks this machine, the database, the workers and each account with its keys; shows what is not well. @returns 1 when anything fails. */
export async function doctorInDatabase(context: CommandContext): Promise<ExitCode> {
  try {
    return await withFleetStore(context, (fleet) => examineFleet(context, fleet));
  } catch (error) {
    if (!(error instanceof TraderError) || error.code === "configuration") throw error;
    // Without the database only this machine can be checked.
    await examineMachine(context, [{ id: "fleet-database", run: () => failure(error) }]);
    return EXIT.failed;
  }
}

async function examineFleet(context: CommandContext, fleet: OpenFleet): Promise<ExitCode> {
  const { shared } = fleet;
  const sealing = await Sealing.from(shared, context.env).catch((error: unknown) => asTraderError(error));
  const machine = await examineMachine(context, [
    { id: "fleet-database", run: () => databaseFindings(fleet) },
    { id: "fleet-queue", run: async () => judgeQueue(await fleet.store.queue.health()) },
    { id: "fleet-workers", run: () => workersFindings(fleet) },
    { id: "fleet-identity", run: () => (sealing instanceof TraderError ? failure(sealing) : judgeIdentity(sealing)) },
  ]);
  const code = sealing instanceof TraderError || !sealing.canUnseal ? unexamined(context) : await examineAccounts(context, fleet, sealing);
  return isWell(machine) ? code : EXIT.failed;
}

function unexamined({ out }: CommandContext): ExitCode {
  out.line("The accounts were not examined: their keys are sealed, and this machine has no identity.");
  return EXIT.ok;
}

async function examineAccounts(context: CommandContext, fleet: OpenFleet, sealing: Sealing): Promise<ExitCode> {
  const examined: ExaminedAccount[] = [];
  for (const row of await fleet.accounts.list())
    examined.push({ name: row.name, checks: await examineAccount(context, fleet, row, sealing) });
  if (examined.length > 0) return showAccounts(context, examined);
  context.out.line("The fleet has no account yet. `alpaca-trader fleet add NAME --from-env FILE` adds one.");
  return EXIT.ok;
}

function asTraderError(error: unknown): TraderError {
  if (error instanceof TraderError) return error;
  throw error;
}

async function examineMachine(context: CommandContext, steps: readonly Step[]): Promise<Check[]> {
  const { env, clock, directory, out } = context;
  const checks = await callMachineDoctor({ env: sharedEnvironment(env), clock, directory, notify: false }, quietly(context), steps);
  const attended = checks.filter(needsAttention);
  out.line(
    `Fleet and this machine: ${attended.length === 0 ? "nothing" : `${String(attended.length)} of ${String(checks.length)} checks`} to attend to`,
  );
  showChecks(context, attended);
  return checks;
}

async function databaseFindings({ store }: OpenFleet): Promise<Findings> {
  const server = await readServer(store.connection);
  return judgeDatabase({
    ...server,
    problems: durabilityProblems(server),
    skewMs: await store.queue.skew(),
    mostSkewMs: MOST_SKEW_MS,
  });
}

async function workersFindings({ store }: OpenFleet): Promise<Findings> {
  const workers = await store.workers.list();
  const named = (isLiving: boolean): string[] =>
    workers.filter(({ secondsAgo }) => secondsAgo < SILENT_AFTER_SECONDS === isLiving).map(({ worker }) => worker);
  return judgeWorkers({ living: named(true), silent: named(false), halts: await store.workers.halts() });
}

/** An account whose keys or settings cannot be used does not keep the others from being examined. */
async function examineAccount(
  context: CommandContext,
  { accounts, store }: OpenFleet,
  row: AccountRow,
  sealing: Sealing,
): Promise<readonly Check[]> {
  const { clock, directory } = context;
  try {
    const { env } = loadAccount(context.env, await accounts.unsealed(row, sealing));
    const workers = await store.workers.list();
    const saved = {
      ledger: openSavedLedger(await store.ledgers.read(row.id), row.name),
      worker: row.holder,
      isTraded: workers.some(({ secondsAgo }) => secondsAgo < SILENT_AFTER_SECONDS),
      workerCommand: workerCommandOf(store.fleetId),
    };
    return await callAccountDoctor({ env, clock, directory, notify: false }, saved, quietly(context));
  } catch (error) {
    return failure(error).map((finding) => ({ id: "configuration", title: "account", ...finding }));
  }
}
