import { copyFileSync, existsSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { connectVenue } from "../../app/venue-access.ts";
import { CREDENTIAL_SETTINGS } from "../../config/mode.ts";
import { ledgerFile, ledgerLockFile, shadowAccountFile } from "../../config/files.ts";
import { readEnvFile } from "../../config/env-file.ts";
import { ACCOUNT_SETTINGS } from "../../config/setting-groups.ts";
import { SETTINGS } from "../../config/settings.ts";
import { mistakenFor } from "../../config/misspelled.ts";
import { stateDirFrom } from "../../config/state-dir.ts";
import { textIn } from "../../config/text-in.ts";
import type { Account, Broker } from "../../domain/broker.ts";
import type { Config, Environment } from "../../domain/config.ts";
import { EXIT, messageOf, TraderError, type ExitCode } from "../../domain/errors.ts";
import { AccountDirectories, type StoredAccount } from "../../fleet/account-store.ts";
import { loadAccount } from "../../fleet/fleet-settings.ts";
import { acquireLock, holderOf } from "../../ledger/lock.ts";
import { openLedger } from "../../ledger/sqlite-ledger.ts";
import { haltAt } from "../../machine/halt.ts";
import { formatDollars } from "../../domain/format.ts";
import type { CommandContext } from "../context.ts";

export interface AddOptions {
  readonly fromEnv?: string;
  /** STATE_DIR of an installation whose ledger is taken over. */
  readonly state?: string;
  readonly group?: string;
  readonly canary?: boolean;
}

/** Adds an account: reads it once with its keys, and pins its ledger to it. Nothing is left of one that cannot be read. */
export async function addAccount(context: CommandContext, name: string, options: AddOptions): Promise<ExitCode> {
  const store = new AccountDirectories(stateDirFrom(context.env));
  const { given, settings, left } = givenSettings(context, options);
  const account = store.add(name, settings);
  try {
    const { config } = loadAccount(context.env, account);
    assertSameMode(given, config);
    assertOwnKeys(account, store.list());
    const seen = await readAccount(context, config);
    const from = options.state ?? textIn(given, "STATE_DIR") ?? ownInstallation(context.env, config, seen?.number);
    if (from !== undefined) context.out.line(takeOver(resolve(from), config, context, seen?.number));
    if (from !== undefined && keepHalt(resolve(from), account))
      context.out.line(`It was halted, and stays halted: \`alpaca-trader resume --account ${name}\` lifts that.`);
    if (seen !== undefined) pin(context, account, config, seen.number);
    if (seen !== undefined) context.out.line(`Account ${seen.number}: equity ${formatDollars(seen.equity)}.`);
  } catch (error) {
    forget(account);
    throw error;
  }
  context.out.line(`${name} is in the fleet. ${left.length === 0 ? "" : leftText(left)}`.trim());
  context.out.line("A running fleet takes it up when it is restarted.");
  return EXIT.ok;
}

/** @returns what was given, what of it the account may set, and the names of what the fleet has for all. */
export function givenSettings({ env }: CommandContext, options: AddOptions): { given: Environment; settings: Environment; left: string[] } {
  const given = options.fromEnv === undefined ? keysOf(env) : settingsIn(options.fromEnv);
  const { own, left } = split(given);
  const group = options.group === undefined ? {} : { FLEET_GROUP: options.group };
  return { given, settings: { ...own, ...group, ...(options.canary === true ? { FLEET_CANARY: "on" } : {}) }, left };
}

/** Without a file, the account has the keys of the environment. */
function keysOf(env: Environment): Environment {
  const names = [...CREDENTIAL_SETTINGS, "LIVE_TRADING_ACCOUNT"];
  return Object.fromEntries(names.flatMap((name) => (textIn(env, name) === undefined ? [] : [[name, textIn(env, name)]])));
}

function settingsIn(path: string): Environment {
  const file = resolve(path);
  try {
    const { values, problems } = readEnvFile(readFileSync(file));
    if (problems.length === 0) return values;
    throw configuration(
      `${file} cannot be used: ${problems.join("; ")}.`,
      "Each line is NAME=value, empty, or a remark that begins with #.",
    );
  } catch (error) {
    if (error instanceof TraderError) throw error;
    throw configuration(
      `${file} cannot be read: ${messageOf(error)}.`,
      "Give the settings file of the account, such as /etc/alpaca-trader/growth.env.",
    );
  }
}

/** @returns what an account may set, and the names of what the fleet has for all. */
function split(given: Environment): { own: Environment; left: string[] } {
  const set = Object.entries(given).filter(([, value]) => value !== undefined && value !== "");
  const own = Object.fromEntries(set.filter(([name]) => !(name in SETTINGS) || ACCOUNT_SETTINGS.has(name)));
  const unknown = Object.keys(own).filter((name) => !(name in SETTINGS));
  const meant = unknown.flatMap((name) => {
    const setting = mistakenFor(name, "file");
    return setting === undefined ? [] : [`${name} is not a setting; did you mean ${setting}?`];
  });
  if (meant.length > 0) throw configuration(meant.join(" "), "Correct the file, and add the account again.");
  for (const name of unknown) Reflect.deleteProperty(own, name);
  return { own, left: set.map(([name]) => name).filter((name) => name in SETTINGS && !ACCOUNT_SETTINGS.has(name) && name !== "STATE_DIR") };
}

export function leftText(left: readonly string[]): string {
  return `Of its settings the fleet has one value for all accounts, which counts from now on: ${left.join(", ")}.`;
}

export function assertSameMode(given: Environment, { mode }: Config): void {
  const wanted = textIn(given, "TRADING_MODE")?.trim().toLowerCase();
  if (wanted === undefined || wanted === mode) return;
  throw configuration(
    `The account's file says TRADING_MODE=${wanted}, and the fleet trades in ${mode} mode.`,
    "Set TRADING_MODE for the fleet, in its environment or .env.",
  );
}

/** Nothing but its settings has been written yet. */
function forget({ directory }: StoredAccount): void {
  rmSync(join(directory, "account.env"), { force: true });
  if (readdirSync(directory).length === 0) rmdirSync(directory);
}

/** In simulator mode the account exists once the fleet runs. */
function readAccount(context: CommandContext, config: Config): Promise<Account | undefined> {
  return config.mode === "simulator" ? Promise.resolve(undefined) : withVenue(context, config, (broker) => broker.account());
}

/** Connects once to the account that is added. */
export async function withVenue<Result>(
  { clock }: CommandContext,
  config: Config,
  read: (broker: Broker) => Promise<Result>,
): Promise<Result> {
  const { broker, close } = await connectVenue(config, clock, "fleet add");
  try {
    return await read(broker);
  } finally {
    await close();
  }
}

/** Two names for one account would trade it twice. */
export function assertOwnKeys({ name, settings }: StoredAccount, all: readonly StoredAccount[]): void {
  for (const key of ["ALPACA_PAPER_KEY", "ALPACA_PAPER_OAUTH_TOKEN", "ALPACA_KEY", "ALPACA_OAUTH_TOKEN"]) {
    const value = textIn(settings, key);
    const other = all.find((each) => each.name !== name && value !== undefined && textIn(each.settings, key) === value);
    if (other !== undefined)
      throw configuration(`${name} has the same ${key} as ${other.name}.`, "Each account of a fleet has its own keys or token.");
  }
}

/** A single installation of this account in the fleet's own STATE_DIR is taken over without being named. */
function ownInstallation(env: Environment, { mode }: Config, number: string | undefined): string | undefined {
  const stateDir = stateDirFrom(env);
  if (number === undefined || !existsSync(ledgerFile({ stateDir, mode }))) return undefined;
  const ledger = openLedger(ledgerFile({ stateDir, mode }), { mustExist: true });
  try {
    return ledger.pinnedAccount()?.number === number ? stateDir : undefined;
  } finally {
    ledger.close();
  }
}

/** @returns whether the installation was halted. In the fleet's own STATE_DIR its halt goes on for the whole fleet. */
function keepHalt(from: string, { directory }: StoredAccount): boolean {
  const halt = join(from, "HALT");
  if (from === dirname(dirname(directory)) || haltAt(halt) === undefined) return false;
  copyFileSync(halt, join(directory, "HALT"));
  return true;
}

/**
 * Moves the ledger of an installation into the fleet, so that its executions go on.
 * @param number of the account that the keys belong to.
 * @returns what was done.
 */
function takeOver(from: string, config: Config, { clock }: CommandContext, number: string | undefined): string {
  const old = { stateDir: from, mode: config.mode };
  const [source, target] = [ledgerFile(old), ledgerFile(config)];
  if (!existsSync(source)) return `${from} has no ${config.mode} ledger; the account begins with a new one.`;
  const lock = acquireLock(ledgerLockFile(old), {
    pid: process.pid,
    command: "fleet add",
    mode: config.mode,
    stateDir: from,
    startedAt: clock.now(),
  });
  try {
    // Opening migrates it, and closing leaves everything in one file.
    const ledger = openLedger(source, { mustExist: true });
    const pinned = ledger.pinnedAccount()?.number;
    ledger.close();
    if (pinned !== undefined && number !== undefined && pinned !== number)
      throw new TraderError(`The ledger ${source} belongs to account ${pinned}, and the keys to ${number}.`, {
        code: "account-refused",
        hint: "Use the keys of that account, or add it without the old ledger.",
        exitCode: EXIT.refused,
      });
    if (existsSync(`${source}-wal`))
      throw new TraderError(`Another process has the ledger ${source} open.`, {
        code: "ledger-in-use",
        hint: "Stop what reads it, such as `alpaca-trader dashboard`, and add the account again.",
        exitCode: EXIT.refused,
      });
    move(source, target);
    if (config.mode === "shadow") moveShadowAccount(old, config);
  } finally {
    lock.release();
  }
  return `Its ledger was taken over from ${source}. Do not start that installation again.`;
}

/** With what a killed process has left in the file next to it. */
function moveShadowAccount(from: Pick<Config, "stateDir">, to: Config): void {
  for (const part of ["", "-wal"]) {
    const source = `${shadowAccountFile(from)}${part}`;
    if (existsSync(source)) move(source, `${shadowAccountFile(to)}${part}`);
  }
}

function move(source: string, target: string): void {
  try {
    renameSync(source, target);
  } catch (error) {
    if (!Error.isError(error) || !("code" in error) || error.code !== "EXDEV") throw error;
    copyFileSync(source, target);
    rmSync(source);
  }
}

function pin({ clock }: CommandContext, { name }: StoredAccount, config: Config, number: string): void {
  const ledger = openLedger(ledgerFile(config));
  try {
    const pinned = ledger.pinnedAccount();
    if (pinned === undefined) ledger.pinAccount(number, clock.now());
    else if (pinned.number !== number)
      throw new TraderError(`The ledger of ${name} belongs to account ${pinned.number}, and its keys to ${number}.`, {
        code: "account-refused",
        hint: "Use the keys of that account, or another name.",
        exitCode: EXIT.refused,
      });
  } finally {
    ledger.close();
  }
}

/** Changes settings of one account; a change counts from the next start of the fleet. */
export function setAccount({ env, out }: CommandContext, name: string, pairs: readonly string[]): Promise<ExitCode> {
  const store = new AccountDirectories(stateDirFrom(env));
  const changes = accountChanges(pairs);
  const before = store.find(name)?.settings;
  const changed = store.set(name, changes);
  try {
    loadAccount(env, changed);
  } catch (error) {
    store.set(name, { ...Object.fromEntries(Object.keys(changes).map((each) => [each, ""])), ...before });
    throw error;
  }
  out.line(`${name}: ${Object.keys(changes).join(", ")} changed. It counts from the next start of the fleet.`);
  return Promise.resolve(EXIT.ok);
}

/** @throws TraderError (78) for what cannot be set for an account. */
export function accountChanges(pairs: readonly string[]): Record<string, string> {
  const changes = Object.fromEntries(pairs.map(pairOf));
  const foreign = Object.keys(changes).find((each) => !ACCOUNT_SETTINGS.has(each));
  if (foreign !== undefined) throw configuration(notOfAccount(foreign), "docs/fleet.md lists what may be set for an account.");
  return changes;
}

function pairOf(text: string): [string, string] {
  const place = text.indexOf("=");
  if (place <= 0) throw configuration(`"${text}" is not NAME=value.`, "An empty value removes a setting: MAX_ORDER_VALUE=");
  return [text.slice(0, place), text.slice(place + 1)];
}

function notOfAccount(name: string): string {
  if (name in SETTINGS) return `${name} cannot differ from one account to another; set it in the fleet's environment.`;
  const meant = mistakenFor(name, "file");
  return meant === undefined ? `${name} is not a setting.` : `${name} is not a setting; did you mean ${meant}?`;
}

/** Takes an account out of the fleet; refused while it trades. Its ledger is kept. */
export function removeAccount({ env, clock, out }: CommandContext, name: string): Promise<ExitCode> {
  const store = new AccountDirectories(stateDirFrom(env));
  const account = store.find(name);
  if (account !== undefined) assertIdle(account, env);
  out.line(`${name} is no longer in the fleet. Its ledger is kept in ${store.remove(name, clock.now())}; its keys are deleted.`);
  return Promise.resolve(EXIT.ok);
}

function assertIdle(account: StoredAccount, env: Environment): void {
  let config: Config;
  try {
    ({ config } = loadAccount(env, account));
  } catch {
    // An account whose settings are wrong cannot run.
    return;
  }
  const holder = holderOf(ledgerLockFile(config));
  if (holder !== undefined)
    throw new TraderError(`${account.name} is being traded by process ${String(holder.pid)} (${holder.command}).`, {
      code: "account-busy",
      hint: "Stop the fleet first, remove the account, and start the fleet again.",
      exitCode: EXIT.refused,
    });
  if (!existsSync(ledgerFile(config))) return;
  const ledger = openLedger(ledgerFile(config), { mustExist: true });
  try {
    const open = ledger.openExecutions();
    if (open.length > 0)
      throw new TraderError(`${account.name} has an execution that is not finished: ${open.map(({ id }) => id).join(", ")}.`, {
        code: "account-busy",
        hint: "Let the fleet finish it, or halt the account and let its orders be cancelled.",
        exitCode: EXIT.refused,
      });
  } finally {
    ledger.close();
  }
}

function configuration(text: string, hint: string): TraderError {
  return new TraderError(text, { code: "configuration", hint, exitCode: EXIT.configuration });
}
