import { stateDirFrom } from "../../../config/state-dir.ts";
import type { Config, Environment } from "../../../domain/config.ts";
import { messageOf } from "../../../domain/errors.ts";
import type { AccountStore } from "../../../fleet/account-store.ts";
import { loadFleet, readFleet, type FleetAccount, type FleetReading, type FleetSettings } from "../../../fleet/fleet-settings.ts";
import type { AccountRow } from "../../../fleet/store/accounts.ts";
import type { WorkerSeen } from "../../../fleet/store/roll.ts";
import { openSavedLedger } from "../../../fleet/worker/journaled-ledger.ts";
import { scopesOf } from "../../../fleet/worker/worker-host.ts";
import type { SqliteLedger } from "../../../ledger/sqlite-ledger.ts";
import type { CommandContext } from "../../context.ts";
import { unlessDamaged, withProblems, type ReadAccount } from "../read-accounts.ts";
import { withFleetStore, type OpenFleet } from "./open.ts";

/** A fleet as a command shows it. */
export interface DatabaseFleet {
  readonly settings: FleetReading;
  readonly accounts: readonly ReadAccount[];
  readonly workers: readonly WorkerSeen[];
  /** Why the whole fleet is halted. */
  readonly halted: string | undefined;
}

/** Restores each account's ledger for `work`. Needs no identity: what is shown has nothing to do with keys. */
export function withDatabaseFleet<Result>(context: CommandContext, work: (fleet: DatabaseFleet) => Result): Promise<Result> {
  return withFleetStore(context, async (fleet) => {
    const rows = await fleet.accounts.list();
    const settings = readFleet(context.env, withoutAnyKeys(rows, context.env, fleet));
    const halts = await fleet.store.workers.halts();
    const read: ReadAccount[] = [];
    try {
      for (const { name } of rows) {
        const account = [...settings.accounts, ...settings.unusable].find((each) => each.name === name);
        if (account !== undefined) read.push(await readAccount(account, rows, halts, fleet));
      }
      const shown = { settings, workers: await fleet.store.workers.list(), halted: halts.get("fleet") };
      return unlessDamaged(withProblems(read, settings.problems), (accounts) => work({ ...shown, accounts }));
    } finally {
      for (const { ledger } of read) ledger?.close();
    }
  });
}

/** Restores one account's ledger for `work`. @throws TraderError (78) when there is no such account. */
export function withSavedLedger<Result>(
  context: CommandContext,
  name: string,
  work: (ledger: SqliteLedger, shared: Config) => Result,
): Promise<Result> {
  return withFleetStore(context, async ({ accounts, store, shared }) => {
    const { id } = await accounts.find(name);
    const ledger = openSavedLedger(await store.ledgers.read(id), name);
    try {
      return work(ledger, shared);
    } finally {
      ledger.close();
    }
  });
}

/** Checked without their keys. @throws TraderError (78), also when there is no account. */
export function settingsOf(rows: readonly AccountRow[], env: Environment, fleet: OpenFleet): FleetSettings {
  return loadFleet(env, withoutAnyKeys(rows, env, fleet));
}

function withoutAnyKeys(rows: readonly AccountRow[], env: Environment, fleet: OpenFleet): Pick<AccountStore, "list"> {
  return { list: () => rows.map((row, index) => withoutKeys(row, index, env, fleet)) };
}

/** Keys that are never used, in place of the sealed ones; no two accounts have the same. */
function withoutKeys(
  row: AccountRow,
  index: number,
  env: Environment,
  { accounts, shared }: OpenFleet,
): ReturnType<OpenFleet["accounts"]["stored"]> {
  const key = `PK${String(index).padStart(12, "0")}NOTUSED`;
  const keys =
    shared.mode === "live" ? { ALPACA_KEY: key, ALPACA_SECRET: "not-used" } : { ALPACA_PAPER_KEY: key, ALPACA_PAPER_SECRET: "not-used" };
  return { ...accounts.stored(row.name, { ...row.settings, ...keys }), directory: `${stateDirFrom(env)}/accounts/${row.name}` };
}

/** With its ledger, which the caller closes. */
export async function readAccount(
  account: FleetAccount,
  rows: readonly AccountRow[],
  halts: ReadonlyMap<string, string>,
  { store }: OpenFleet,
): Promise<ReadAccount> {
  const { name, config } = account;
  const row = rows.find((each) => each.name === name);
  const halted = scopesOf(account)
    .map((scope) => halts.get(scope))
    .find((reason) => reason !== undefined);
  const known = { name, config, halted, pid: undefined, holder: row?.holder };
  try {
    return { ...known, ledger: openSavedLedger(await store.ledgers.read(row?.id ?? ""), name), problem: undefined };
  } catch (error) {
    return { ...known, ledger: undefined, problem: messageOf(error) };
  }
}

/** One line for each worker: who it is, what it holds, when it was last heard of. */
export function workerLines(workers: readonly WorkerSeen[]): string[] {
  if (workers.length === 0) return ["No worker has been heard of. `alpaca-trader fleet worker` starts one."];
  return workers.map(
    ({ worker, held, secondsAgo }) => `worker ${worker}: ${String(held)} accounts at work, seen ${secondsAgo.toFixed(0)} s ago`,
  );
}
