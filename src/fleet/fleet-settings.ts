import { join } from "node:path";
import { loadConfig } from "../config/load.ts";
import { CREDENTIAL_SETTINGS } from "../config/mode.ts";
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
  const own = accountEnvironment(env, account);
  const problems = [...account.problems, ...misplaced(account)];
  try {
    const config = loadConfig(own);
    if (problems.length === 0) return { name: account.name, config, env: own };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    problems.push(...error.problems.map(({ text }) => text));
  }
  throw configurationError(problems.map((problem) => `${account.name}: ${problem}`));
}

/** @throws TraderError (78) that names every problem of every account at once. */
export function loadFleet(env: Environment, store: Pick<AccountStore, "list">): FleetSettings {
  const stored = store.list();
  if (stored.length === 0)
    throw new TraderError("The fleet has no account.", {
      code: "configuration",
      hint: "`alpaca-trader fleet add NAME --from-env FILE` adds one; FILE holds its ALPACA_PAPER_KEY and ALPACA_PAPER_SECRET, or ALPACA_PAPER_OAUTH_TOKEN.",
      exitCode: EXIT.configuration,
    });
  const problems: string[] = [];
  const accounts = stored.flatMap((account) => {
    try {
      return [loadAccount(env, account)];
    } catch (error) {
      if (!(error instanceof FleetConfigurationError)) throw error;
      problems.push(...error.problems);
      return [];
    }
  });
  const [first] = accounts;
  problems.push(...disagreements(accounts), ...unknownMarketKey(stored, first?.config.fleet.marketKey));
  if (problems.length > 0 || first === undefined) throw configurationError(problems);
  return {
    shared: sharedConfig(first.config, env),
    accounts: accounts.map((account) => ({ ...account, config: { ...inTurns(account, accounts), notifications: SILENT } })),
  };
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

function disagreements(accounts: readonly FleetAccount[]): string[] {
  const problems: string[] = [];
  const [first] = accounts;
  const files = new Map<string, string>();
  /** By key or token. */
  const owners = new Map<string, string>();
  for (const { name, config } of accounts) {
    if (config.mode !== first?.config.mode)
      problems.push(
        `${name}: its mode is ${config.mode}, that of ${first?.name ?? ""} is ${first?.config.mode ?? ""}; all accounts of a fleet have one mode`,
      );
    for (const strategy of config.strategies) {
      const file = files.get(strategy.name) ?? strategy.alertsFile;
      files.set(strategy.name, file);
      if (file !== strategy.alertsFile)
        problems.push(
          `${name}: STRATEGIES names ${strategy.alertsFile} for ${strategy.name}, and other accounts ${file}; a strategy has one alerts file`,
        );
    }
    const own = config.alpaca?.oauthToken ?? config.alpaca?.keyId;
    const other = own === undefined ? undefined : owners.get(own);
    if (other !== undefined)
      problems.push(`${name}: it has the same ${config.alpaca?.oauthToken === undefined ? "API key" : "OAuth token"} as ${other}`);
    if (own !== undefined) owners.set(own, name);
    if (config.signalSchedule !== undefined)
      problems.push(
        `${name}: SIGNAL_SCHEDULE is set; a fleet generates no signals. Run \`alpaca-trader signal\` from a timer, or unset it`,
      );
  }
  return problems;
}

function unknownMarketKey(stored: readonly StoredAccount[], marketKey: string | undefined): string[] {
  if (marketKey === undefined || stored.some(({ name }) => name === marketKey)) return [];
  return [`FLEET_MARKET_KEY is ${marketKey}, but no account of the fleet has this name`];
}

/** Carries each problem separately. */
class FleetConfigurationError extends TraderError {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    const [first = "", ...rest] = problems.map((text) => `${text}.`);
    super(
      rest.length === 0
        ? first
        : `${String(problems.length)} settings are wrong:\n${[first, ...rest].map((text) => `  ${text}`).join("\n")}`,
      {
        code: "configuration",
        hint: "`alpaca-trader fleet set NAME SETTING=VALUE` changes an account; the fleet's own settings come from the environment and .env.",
        exitCode: EXIT.configuration,
      },
    );
    this.problems = problems;
  }
}

function configurationError(problems: readonly string[]): FleetConfigurationError {
  return new FleetConfigurationError([...new Set(problems)]);
}
