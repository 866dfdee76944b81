import { ledgerFile, ledgerLockFile } from "../../config/files.ts";
import type { Config } from "../../domain/config.ts";
import { messageOf, TraderError } from "../../domain/errors.ts";
import type { FleetAccount, FleetProblem } from "../../fleet/fleet-settings.ts";
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
  /** Why its settings cannot be used, or its ledger cannot be read. */
  readonly problem: string | undefined;
  readonly halted: string | undefined;
  /** The process on this machine that trades it. */
  readonly pid: number | undefined;
  /** The worker that has it, in a fleet with a database. */
  readonly holder?: string | undefined;
}

/** Opens each account's ledger for `work`. An account that cannot be read does not keep the others from being shown. */
export function withAccounts<Result>(
  accounts: readonly FleetAccount[],
  work: (read: readonly ReadAccount[]) => Result,
  problems: readonly FleetProblem[] = [],
): Result {
  const read = accounts.map(readAccount);
  try {
    return unlessDamaged(withProblems(read, problems), work);
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

/** The accounts, each with what is wrong with its settings. */
export function withProblems(read: readonly ReadAccount[], problems: readonly FleetProblem[]): ReadAccount[] {
  return read.map((each) => {
    const own = problems.filter(({ account }) => account === each.name).map(({ text }) => text);
    if (own.length === 0) return each;
    const settings = `Its settings cannot be used: ${own.join("; ")}.`;
    return { ...each, problem: each.problem === undefined ? settings : `${settings} ${each.problem}` };
  });
}

/**
 * Does `work`, and does it again without a ledger that turns out to be damaged, because opening a ledger does not read all of
 * it. Until it returns, `work` must print nothing.
 */
export function unlessDamaged<Result>(accounts: readonly ReadAccount[], work: (read: readonly ReadAccount[]) => Result): Result {
  let read = accounts.map((each) => ({ ...each, ledger: each.ledger && blaming(each.name, each.ledger) }));
  for (;;) {
    try {
      return work(read);
    } catch (error) {
      if (!(error instanceof UnreadableLedger)) throw error;
      const problem = messageOf(error.cause);
      read = read.map((each) => (each.name === error.account ? { ...each, ledger: undefined, problem } : each));
    }
  }
}

class UnreadableLedger extends Error {
  readonly account: string;

  constructor(account: string, cause: unknown) {
    super(`The ledger of ${account} cannot be read.`, { cause });
    this.account = account;
  }
}

/** The same ledger, whose errors name the account. */
function blaming(account: string, ledger: SqliteLedger): SqliteLedger {
  return new Proxy(ledger, {
    get(target, key, receiver): unknown {
      const member: unknown = Reflect.get(target, key, receiver);
      if (typeof member !== "function") return member;
      return (...given: unknown[]): unknown => {
        try {
          return Reflect.apply(member, target, given);
        } catch (error) {
          throw new UnreadableLedger(account, error);
        }
      };
    },
  });
}

/** A sentence for each account that cannot be shown. */
export function damageTexts(read: readonly ReadAccount[]): string[] {
  return read.flatMap(({ name, problem }) => (problem === undefined ? [] : [`${name}: ${problem}`]));
}

/** Of the accounts that trade the signal's strategy. */
export function standingsOf(accounts: readonly ReadAccount[], signalId: string): Standing[] {
  const strategy = accounts.flatMap(({ ledger }) => ledger?.signal(signalId)?.signal.strategy ?? [])[0];
  const traded = accounts.filter(({ config }) => strategy === undefined || config.strategies.some(({ name }) => name === strategy));
  return traded.map(({ name, ledger, problem }) =>
    problem === undefined ? standingOf(name, ledger, signalId) : { account: name, kind: "refused", reason: problem, execution: undefined },
  );
}
