import { existsSync, renameSync } from "node:fs";
import { resolve } from "node:path";
import { secretsOf } from "../../../config/secrets.ts";
import { ledgerFile, ledgerLockFile } from "../../../config/files.ts";
import { textIn } from "../../../config/text-in.ts";
import type { Account, Broker } from "../../../domain/broker.ts";
import type { Config } from "../../../domain/config.ts";
import { EXIT, TraderError, type ExitCode } from "../../../domain/errors.ts";
import { formatDollars } from "../../../domain/format.ts";
import { accountMark, isOwnOrder } from "../../../execution/orders/ids.ts";
import { loadAccount } from "../../../fleet/fleet-settings.ts";
import { identityIn, newIdentity, Sealing } from "../../../fleet/store/sealing.ts";
import { openSavedLedger } from "../../../fleet/worker/journaled-ledger.ts";
import { acquireLock, type HeldLock } from "../../../ledger/lock.ts";
import { openLedger, openLedgerImage } from "../../../ledger/sqlite-ledger.ts";
import { createRedaction } from "../../../logging/logger.ts";
import { replacePrivateFile } from "../../../machine/private-file.ts";
import type { CommandContext } from "../../context.ts";
import { accountChanges, assertOwnKeys, assertSameMode, givenSettings, leftText, withVenue, type AddOptions } from "../accounts.ts";
import { configuration, withFleetStore, type OpenFleet } from "./open.ts";

/** How far back orders of another installation are looked for. */
const LOOKED_BACK_MS = 90 * 86_400_000;

/** Adds an account: reads it once with its keys, pins its ledger to it, and seals the keys. */
export function addToDatabase(context: CommandContext, name: string, options: AddOptions): Promise<ExitCode> {
  return withFleetStore(context, async (fleet) => {
    const { accounts, shared, store } = fleet;
    const sealing = await Sealing.from(shared, context.env);
    const { given, settings, left } = givenSettings(context, options);
    const stored = accounts.stored(name, settings);
    const { config } = loadAccount(context.env, stored);
    assertSameMode(given, config);
    if (sealing.canUnseal) for (const row of await accounts.list()) assertOwnKeys(stored, [await accounts.unsealed(row, sealing)]);
    const seen = await withVenue(context, config, (broker) => look(broker, context.clock.now()));
    const from = options.state ?? textIn(given, "STATE_DIR");
    const old = from === undefined ? undefined : openOld(resolve(from), config, context, seen.number);
    try {
      const strategies = config.strategies.map((strategy) => strategy.name);
      const id = await accounts.add(name, { number: seen.number, settings, strategies }, sealing);
      try {
        await begin(fleet, id, { image: old?.image, seen, config, at: context.clock.now() });
      } catch (error) {
        await accounts.remove(await accounts.find(name));
        throw error;
      }
      if (old !== undefined) {
        renameSync(old.file, `${old.file}.moved`);
        context.out.line(`Its ledger was taken over; the old file is now ${old.file}.moved. Do not start that installation again.`);
        // Executions that it left open are finished now, and not with the next signal.
        await store.queue.wake(id);
      }
    } finally {
      old?.lock.release();
    }
    if (old === undefined && seen.wasTraded)
      context.out.line(
        "alpaca-trader has traded this account before. Stop that installation for good; `--state` would have taken its ledger over.",
      );
    context.out.line(`Account ${seen.number}: equity ${formatDollars(seen.equity)}.`);
    context.out.line(`${name} is in the fleet. ${left.length === 0 ? "" : leftText(left)}`.trim());
    return EXIT.ok;
  });
}

/** The account as it is before the fleet trades it. */
interface SeenAccount extends Pick<Account, "number" | "equity"> {
  /** An installation has sent orders to it. */
  readonly wasTraded: boolean;
}

async function look(broker: Broker, now: number): Promise<SeenAccount> {
  const { number, equity } = await broker.account();
  const orders = await broker.ordersSince(now - LOOKED_BACK_MS);
  return { number, equity, wasTraded: orders.some(isOwnOrder) };
}

/** The ledger of an installation, which nobody else has open. */
function openOld(
  from: string,
  { mode }: Config,
  { clock }: CommandContext,
  number: string,
): { image: Uint8Array; file: string; lock: HeldLock } | undefined {
  const old = { stateDir: from, mode };
  const file = ledgerFile(old);
  if (!existsSync(file))
    throw configuration(`${from} has no ${mode} ledger.`, "Leave --state out for an account that begins with a new one.");
  const lock = acquireLock(ledgerLockFile(old), { pid: process.pid, command: "fleet add", mode, stateDir: from, startedAt: clock.now() });
  try {
    const ledger = openLedger(file, { mustExist: true });
    try {
      const pinned = ledger.pinnedAccount()?.number;
      if (pinned === undefined || pinned === number) return { image: ledger.serialize(), file, lock };
      throw new TraderError(`The ledger ${file} belongs to account ${pinned}, and the keys to ${number}.`, {
        code: "account-refused",
        hint: "Use the keys of that account, or add it without the old ledger.",
        exitCode: EXIT.refused,
      });
    } finally {
      ledger.close();
    }
  } catch (error) {
    lock.release();
    throw error;
  }
}

interface Beginning {
  /** Of an installation's ledger. */
  readonly image: Uint8Array | undefined;
  readonly seen: SeenAccount;
  readonly config: Config;
  readonly at: number;
}

/**
 * The first image of the account's ledger, pinned to the account. A new one names the account in the ids of its orders; one
 * that was taken over goes on as it began. An account that was traded before has the ids of that time too: should the old
 * installation still run, the venue refuses the second order of a signal, because it knows the id.
 */
async function begin({ store }: OpenFleet, id: string, { image, seen, config, at }: Beginning): Promise<void> {
  const { epoch } = await store.ledgers.claim(id, undefined);
  const holding = { account: id, epoch, scopes: [] };
  const redact = createRedaction(secretsOf(config));
  const ledger = image === undefined ? openLedger(":memory:", { redact }) : openLedgerImage(image, { redact });
  try {
    const isNamed = image === undefined && !seen.wasTraded;
    if (ledger.pinnedAccount() === undefined) ledger.pinAccount(seen.number, at, isNamed ? accountMark(seen.number) : undefined);
    const kept = await store.ledgers.snapshot(holding, 0, ledger.serialize());
    if (kept.kind === "lost")
      throw configuration("Somebody else has claimed the account meanwhile.", "`alpaca-trader fleet list` shows who.");
  } finally {
    ledger.close();
  }
}

/** A change counts from the account's next execution. */
export function setInDatabase(context: CommandContext, name: string, pairs: readonly string[]): Promise<ExitCode> {
  return withFleetStore(context, async ({ accounts, shared }) => {
    const changes = accountChanges(pairs);
    const sealing = await Sealing.from(shared, context.env);
    const row = await accounts.find(name);
    const before = await accounts.unsealed(row, sealing);
    const settings = { ...before.settings, ...changes };
    const { config } = loadAccount(context.env, accounts.stored(name, settings));
    await accounts.replace(
      row,
      settings,
      config.strategies.map((strategy) => strategy.name),
      sealing,
    );
    context.out.line(`${name}: ${Object.keys(changes).join(", ")} changed. It counts from the next time a worker takes the account.`);
    return EXIT.ok;
  });
}

/** Refused while an execution is open. */
export function removeFromDatabase(context: CommandContext, name: string): Promise<ExitCode> {
  return withFleetStore(context, async ({ accounts, store }) => {
    const row = await accounts.find(name);
    const ledger = openSavedLedger(await store.ledgers.read(row.id), name);
    try {
      const open = ledger.openExecutions();
      if (row.holder === undefined && open.length === 0) await accounts.remove(row);
      else
        throw new TraderError(
          row.holder === undefined
            ? `${name} has an execution that is not finished: ${open.map(({ id }) => id).join(", ")}.`
            : `${name} is being traded by the worker ${row.holder}.`,
          {
            code: "account-busy",
            hint: "Try again when the account is settled; `alpaca-trader fleet list` shows it.",
            exitCode: EXIT.refused,
          },
        );
    } finally {
      ledger.close();
    }
    context.out.line(`${name} is no longer in the fleet. Its keys are deleted; its ledger stays in the database.`);
    return EXIT.ok;
  });
}

/** Ends another worker's hold on an account now, for a machine that is known to be dead. */
export function take(context: CommandContext, name: string, { yes }: { readonly yes?: string }): Promise<ExitCode> {
  return withFleetStore(context, async ({ accounts, store }) => {
    const row = await accounts.find(name);
    if (yes !== name)
      throw new TraderError(`This ends the hold of ${row.holder ?? "nobody"} on ${name}.`, {
        code: "not-confirmed",
        hint: `If that worker is dead, or must not trade the account any more: \`alpaca-trader fleet take ${name} --yes ${name}\`.`,
        exitCode: EXIT.refused,
      });
    const { epoch } = await store.ledgers.claim(row.id, undefined);
    await store.queue.wake(row.id);
    context.out.line(`${name} belongs to nobody now (epoch ${String(epoch)}). Its former worker can send nothing more for it.`);
    context.out.line("Another worker takes it at the next signal, or about ten seconds after the former one was last heard of.");
    return EXIT.ok;
  });
}

/** Makes an identity, or seals the keys of all accounts for another one. */
export async function rekey(context: CommandContext, options: { readonly new?: string; readonly to?: string }): Promise<ExitCode> {
  if (options.new !== undefined) {
    const file = resolve(options.new);
    if (existsSync(file)) throw configuration(`${file} exists already.`, "An identity is never replaced: give a name that is free.");
    const { identity, recipient } = await newIdentity();
    replacePrivateFile(file, `# public key: ${recipient}\n${identity}\n`);
    context.out.line(`A new identity is in ${file}. Keep a copy where the database's backups are not.`);
    context.out.line(`FLEET_RECIPIENT=${recipient}`);
  }
  const { to } = options;
  if (to === undefined && options.new !== undefined) return EXIT.ok;
  if (to === undefined)
    throw configuration("`fleet rekey` needs --new FILE or --to FILE.", "--new makes an identity; --to seals all keys for one.");
  return withFleetStore(context, async ({ accounts, shared }) => {
    const number = await accounts.reseal(await Sealing.from(shared, context.env), await Sealing.withIdentity(identityIn(resolve(to))));
    context.out.line(
      `The keys of ${String(number)} accounts are sealed for the identity in ${to}. Give it to every worker, and restart them.`,
    );
    return EXIT.ok;
  });
}
