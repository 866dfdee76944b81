import { ledgerFile, ledgerLockFile } from "../../config/files.ts";
import type { Config } from "../../domain/config.ts";
import { messageOf, TraderError } from "../../domain/errors.ts";
import type { FleetAccount } from "../../fleet/fleet-settings.ts";
import { standingOf, type Standing } from "../../fleet/standing.ts";
import { holderOf } from "../../ledger/lock.ts";
import { openLedger, type SqliteLedger } from "../../ledger/sqlite-ledger.ts";
import { readHalt } from "../../machine/halt.ts";

/** One account as a command reads it, next to a running fleet. */
export interface ReadAccount {
  readonly name: string;
  readonly config: Config;
  /** `undefined` when it has none yet, or it cannot be read. */
  readonly ledger: SqliteLedger | undefined;
  /** Why its ledger cannot be read. */
  readonly problem: string | undefined;
  readonly halted: string | undefined;
  /** The process on this machine that trades it. */
  readonly pid: number | undefined;
  /** The worker that has it, in a fleet with a database. */
  readonly holder?: string | undefined;
}

/** Opens each account's ledger for `work`. An account that cannot be read does not keep the others from being shown. */
export function withAccounts<Result>(accounts: readonly FleetAccount[], work: (read: readonly ReadAccount[]) => Result): Result {
  const read = accounts.map(readAccount);
  try {
    return work(read);
  } finally {
    for (const { ledger } of read) ledger?.close();
  }
}

function readAccount({ name, config }: FleetAccount): ReadAccount {
  const halted = readHalt(config.haltFiles)?.reason;
  const holder = holderOf(ledgerLockFile(config));
  try {
    return { name, config, ledger: openExisting(config), problem: undefined, halted, pid: holder?.pid };
  } catch (error) {
    return { name, config, ledger: undefined, problem: messageOf(error), halted, pid: holder?.pid };
  }
}

function openExisting(config: Config): SqliteLedger | undefined {
  try {
    return openLedger(ledgerFile(config), { mustExist: true });
  } catch (error) {
    if (error instanceof TraderError && error.code === "ledger-missing") return undefined;
    throw error;
  }
}

/** Of the accounts that trade the signal's strategy. */
export function standingsOf(accounts: readonly ReadAccount[], signalId: string): Standing[] {
  const strategy = accounts.flatMap(({ ledger }) => ledger?.signal(signalId)?.signal.strategy ?? [])[0];
  const traded = accounts.filter(({ config }) => strategy === undefined || config.strategies.some(({ name }) => name === strategy));
  return traded.map(({ name, ledger, problem }) =>
    problem === undefined ? standingOf(name, ledger, signalId) : { account: name, kind: "refused", reason: problem, execution: undefined },
  );
}
