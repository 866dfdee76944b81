import { join } from "node:path";
import { loadConfig } from "../config/load.ts";
import { CREDENTIAL_SETTINGS } from "../config/mode.ts";
import { haltFilesFrom } from "../config/halt-files.ts";
import { ConfigurationError } from "../config/problems.ts";
import { ACCOUNT_SETTINGS } from "../config/setting-groups.ts";
import { stateDirFrom } from "../config/state-dir.ts";
import { textIn } from "../config/text-in.ts";
import { NAMES_IN_FILE, type Config, type Environment } from "../domain/config.ts";
import { EXIT, TraderError } from "../domain/errors.ts";
import type { AccountStore, StoredAccount } from "./account-store.ts";

/** One account of a fleet with its checked settings. */
export interface FleetAccount {
  readonly name: string;
  readonly config: Config;
  /** The environment that a command for this account alone has. */
  readonly env: Environment;
}

export interface FleetSettings {
  /** What is the same for all: logs, alerts files, notifications, dashboard. Its STATE_DIR is the fleet's. */
  readonly shared: Config;
  /** Sorted by name; at least one. */
  readonly accounts: readonly FleetAccount[];
}

/** What identifies an account must be its own: keys of the environment would silently make two accounts one. */
const NEVER_INHERITED: readonly string[] = [...CREDENTIAL_SETTINGS, "LIVE_TRADING_ACCOUNT", "FLEET_GROUP", "FLEET_CANARY"];

/** The settings of one account: the fleet's, and its own on top. */
export function accountEnvironment(env: Environment, { directory, settings }: Pick<StoredAccount, "directory" | "settings">): Environment {
  const stateDir = stateDirFrom(env);
  const inherited = Object.fromEntries(Object.entries(env).filter(([name]) => !NEVER_INHERITED.includes(name)));
  // By default the simulator's files are below STATE_DIR, which is the account's own here.
  const simulator = join(stateDir, "simulator");
  const isSimulator = textIn(env, "TRADING_MODE")?.toLowerCase() === "simulator" || !hasKeys(settings);
  const files = isSimulator ? { ALERTS_FILE: join(simulator, "nuclear_alerts.json"), LOG_DIR: simulator } : {};
  const { [NAMES_IN_FILE]: names = new Set<string>() } = env;
  return { ...files, ...withoutEmpty(inherited), ...settings, STATE_DIR: directory, [NAMES_IN_FILE]: names };
}

function hasKeys(settings: Environment): boolean {
  return CREDENTIAL_SETTINGS.some((name) => textIn(settings, name) !== undefined);
}

function withoutEmpty(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ""));
}

/** One account as a command for it alone sees it. @throws TraderError (78) that names every problem. */
export function loadAccount(env: Environment, account: StoredAccount): FleetAccount {
  const loaded = loadedOrProblems(env, account);
  if (!("problems" in loaded)) return loaded;
  throw configurationError(loaded.problems.map((problem) => `${account.name}: ${problem}`));
}

function loadedOrProblems(env: Environment, account: StoredAccount): FleetAccount | { readonly problems: readonly string[] } {
  const own = accountEnvironment(env, account);
  const problems = [...account.problems, ...misplaced(account)];
  try {
    const config = loadConfig(own);
    if (problems.length === 0) return { name: account.name, config, env: own };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    problems.push(...error.problems.map(({ text }) => text));
  }
  return { problems };
}

/** What is wrong with the settings of a fleet. */
export interface FleetProblem {
  /** `undefined`: it concerns the fleet. */
  readonly account: string | undefined;
  /** Without its full stop. */
  readonly text: string;
}

/** A fleet as it is shown, whatever is wrong with some of its accounts. */
export interface FleetReading extends FleetSettings {
  readonly problems: readonly FleetProblem[];
  /** Those whose settings cannot be used, with settings of another account in their place: only their directory is their own. */
  readonly unusable: readonly FleetAccount[];
}

/** @throws TraderError (78) that names every problem of every account at once. */
export function loadFleet(env: Environment, store: Pick<AccountStore, "list">): FleetSettings {
  const { problems, shared, accounts } = readFleet(env, store);
  if (problems.length > 0) throw configurationError(problems.map(problemText));
  return { shared, accounts };
}

/**
 * Reads what can be read: an account with wrong settings does not keep the others from being shown.
 * @throws TraderError (78) when there is no account, or none whose settings can be used.
 */
export function readFleet(env: Environment, store: Pick<AccountStore, "list">): FleetReading {
  const { accounts, unusable, problems } = checked(env, store);
  const [first] = accounts;
  if (first === undefined) throw configurationError(problems.map(problemText));
  return {
    problems,
    shared: sharedConfig(first.config, env),
    accounts: accounts.map((account) => ({ ...account, config: { ...inTurns(account, accounts), notifications: SILENT } })),
    unusable: unusable.map((account) => standIn(env, account, first)),
  };
}

/** For `doctor`, which can examine accounts whose settings are wrong. @throws TraderError (78) when there is no account. */
export function fleetToExamine(env: Environment, store: Pick<AccountStore, "list">): Examination {
  const { stored, problems } = checked(env, store);
  return { problems, accounts: stored.map((account) => ({ name: account.name, env: accountEnvironment(env, account) })) };
}

interface Examination {
  readonly accounts: readonly Pick<FleetAccount, "name" | "env">[];
  readonly problems: readonly FleetProblem[];
}

interface Checked {
  readonly stored: readonly StoredAccount[];
  readonly accounts: readonly FleetAccount[];
  readonly unusable: readonly StoredAccount[];
  readonly problems: readonly FleetProblem[];
}

function checked(env: Environment, store: Pick<AccountStore, "list">): Checked {
  const stored = store.list();
  if (stored.length === 0)
    throw new TraderError("The fleet has no account.", {
      code: "configuration",
      hint: "`alpaca-trader fleet add NAME --from-env FILE` adds one; FILE holds its ALPACA_PAPER_KEY and ALPACA_PAPER_SECRET, or ALPACA_PAPER_OAUTH_TOKEN.",
      exitCode: EXIT.configuration,
    });
  const accounts: FleetAccount[] = [];
  const unusable: StoredAccount[] = [];
  const problems: FleetProblem[] = [];
  for (const account of stored) {
    const loaded = loadedOrProblems(env, account);
    if ("config" in loaded) accounts.push(loaded);
    else unusable.push(account);
    if ("problems" in loaded) problems.push(...loaded.problems.map((text) => ({ account: account.name, text })));
  }
  problems.push(...disagreements(accounts), ...unknownMarketKey(stored, accounts[0]?.config.fleet.marketKey));
  return { stored, accounts, unusable, problems };
}

function problemText({ account, text }: FleetProblem): string {
  return account === undefined ? text : `${account}: ${text}`;
}

function standIn(env: Environment, account: StoredAccount, { config }: FleetAccount): FleetAccount {
  const own = accountEnvironment(env, account);
  const fleet = { ...config.fleet, group: textIn(own, "FLEET_GROUP"), isCanary: false };
  const standing = { ...config, stateDir: account.directory, haltFiles: haltFilesFrom(own), fleet, notifications: SILENT };
  return { name: account.name, config: standing, env: own };
}

/** The fleet speaks for its accounts: one message for a signal, not one from each. */
const SILENT: Config["notifications"] = { level: "off", webhook: undefined, telegram: undefined, heartbeatUrl: undefined };

/** As a worker trades it: one of many that come and go, so nothing is read ahead of a signal. */
export function workerConfig(config: Config): Config {
  return { ...config, notifications: SILENT, execution: { ...config.execution, warmSnapshot: false } };
}

/** What an account has no place for is read before its turn in vain, and to record its execution makes the others wait. */
function inTurns({ config }: FleetAccount, all: readonly FleetAccount[]): Config {
  if (all.length <= config.fleet.places) return config;
  return { ...config, fleet: { ...config.fleet, isRecorded: false }, execution: { ...config.execution, warmSnapshot: false } };
}

function sharedConfig(config: Config, env: Environment): Config {
  const stateDir = stateDirFrom(env);
  const { machine, machineIsNamed } = config.haltFiles;
  return { ...config, stateDir, haltFiles: { own: join(stateDir, "HALT"), machine, machineIsNamed } };
}

/** What the process has only once. */
function misplaced({ settings }: StoredAccount): string[] {
  return Object.keys(settings)
    .filter((name) => !ACCOUNT_SETTINGS.has(name))
    .map((name) => `${name} cannot differ from one account to another; set it in the fleet's environment`);
}

function disagreements(accounts: readonly FleetAccount[]): FleetProblem[] {
  const problems: FleetProblem[] = [];
  const [first] = accounts;
  const files = new Map<string, string>();
  /** By key or token. */
  const owners = new Map<string, string>();
  for (const { name, config } of accounts) {
    const add = (text: string): void => void problems.push({ account: name, text });
    if (config.mode !== first?.config.mode)
      add(`its mode is ${config.mode}, that of ${first?.name ?? ""} is ${first?.config.mode ?? ""}; all accounts of a fleet have one mode`);
    for (const strategy of config.strategies) {
      const file = files.get(strategy.name) ?? strategy.alertsFile;
      files.set(strategy.name, file);
      if (file !== strategy.alertsFile)
        add(`STRATEGIES names ${strategy.alertsFile} for ${strategy.name}, and other accounts ${file}; a strategy has one alerts file`);
    }
    const own = config.alpaca?.oauthToken ?? config.alpaca?.keyId;
    const other = own === undefined ? undefined : owners.get(own);
    if (other !== undefined) add(`it has the same ${config.alpaca?.oauthToken === undefined ? "API key" : "OAuth token"} as ${other}`);
    if (own !== undefined) owners.set(own, name);
    if (config.signalSchedule !== undefined)
      add("SIGNAL_SCHEDULE is set; a fleet generates no signals. Run `alpaca-trader signal` from a timer, or unset it");
  }
  return problems;
}

function unknownMarketKey(stored: readonly StoredAccount[], marketKey: string | undefined): FleetProblem[] {
  if (marketKey === undefined || stored.some(({ name }) => name === marketKey)) return [];
  return [{ account: undefined, text: `FLEET_MARKET_KEY is ${marketKey}, but no account of the fleet has this name` }];
}

function configurationError(all: readonly string[]): TraderError {
  const [first = "", ...rest] = [...new Set(all)].map((text) => `${text}.`);
  const lines = [first, ...rest].map((text) => `  ${text}`).join("\n");
  return new TraderError(rest.length === 0 ? first : `${String(rest.length + 1)} settings are wrong:\n${lines}`, {
    code: "configuration",
    hint: "`alpaca-trader fleet set NAME SETTING=VALUE` changes an account; the fleet's own settings come from the environment and .env.",
    exitCode: EXIT.configuration,
  });
}
