import { streamUrlOf } from "./endpoints.ts";
import { readsLiveAccount, type AlpacaConfig, type TradingMode, type Environment } from "../domain/config.ts";
import type { AlpacaCredentials } from "../domain/credentials.ts";
import type { Problem } from "./problems.ts";
import { isSet } from "./read-settings.ts";
import type { SettingName, SettingValues } from "./settings.ts";
import { isLoopback } from "./values.ts";

/** The settings with which one mode reaches its account. */
interface Access {
  readonly key: "ALPACA_PAPER_KEY" | "ALPACA_KEY";
  readonly secret: "ALPACA_PAPER_SECRET" | "ALPACA_SECRET";
  readonly token: "ALPACA_PAPER_OAUTH_TOKEN" | "ALPACA_OAUTH_TOKEN";
  readonly endpoint: "ALPACA_PAPER_ENDPOINT" | "ALPACA_ENDPOINT";
}

/** Shadow mode reads what live mode trades. */
type AccountKind = "paper" | "live";

export const ACCESS: Record<AccountKind, Access> = {
  paper: {
    key: "ALPACA_PAPER_KEY",
    secret: "ALPACA_PAPER_SECRET",
    token: "ALPACA_PAPER_OAUTH_TOKEN",
    endpoint: "ALPACA_PAPER_ENDPOINT",
  },
  live: { key: "ALPACA_KEY", secret: "ALPACA_SECRET", token: "ALPACA_OAUTH_TOKEN", endpoint: "ALPACA_ENDPOINT" },
};

/** Keys, secrets and tokens of both modes. */
export const CREDENTIAL_SETTINGS: readonly SettingName[] = Object.values(ACCESS).flatMap(({ key, secret, token }) => [key, secret, token]);

const LIVE_HOST = "api.alpaca.markets";
const PAPER_HOST = "paper-api.alpaca.markets";
const DATA_URL = "https://data.alpaca.markets";

export interface ChosenMode {
  readonly mode: TradingMode;
  /** For people. */
  readonly reason: string;
}

/** The mode by the contract; undefined when it cannot be chosen, which is then one of the problems. Never live by default. */
export function chooseMode(env: Environment, values: SettingValues, problems: Problem[]): ChosenMode | undefined {
  const mode = values.TRADING_MODE;
  if (mode !== undefined) return { mode, reason: `TRADING_MODE=${mode}` };
  if (isSet(env, "TRADING_MODE")) return undefined;
  if (anySet(env, ACCESS.paper)) return { mode: "paper", reason: `TRADING_MODE is unset and ${nounOf(env, "paper")} set` };
  if (!anySet(env, ACCESS.live)) return { mode: "simulator", reason: "no Alpaca keys are set" };
  problems.push({
    name: "TRADING_MODE",
    text: `TRADING_MODE is unset and only ${nounOf(env, "live")} set; expected TRADING_MODE=live for real money, TRADING_MODE=shadow to watch without sending anything, or ALPACA_PAPER_KEY and ALPACA_PAPER_SECRET, or ALPACA_PAPER_OAUTH_TOKEN`,
  });
  return undefined;
}

/** Checks keys and addresses for contradictions in any mode, and for what the mode needs. */
export function checkKeys(env: Environment, values: SettingValues, mode: TradingMode | undefined, problems: Problem[]): void {
  for (const access of Object.values(ACCESS)) {
    findHalfPair(env, access, problems);
    findKeysNextToToken(env, access, problems);
  }
  findForeignNames(env, problems);
  if (mode !== undefined && mode !== "simulator") findMissingKeys(env, mode, problems);
  if (mode === "live" && !isSet(env, "LIVE_TRADING_ACCOUNT")) {
    problems.push({
      name: "LIVE_TRADING_ACCOUNT",
      text: "LIVE_TRADING_ACCOUNT is unset; expected the number of the account to trade in live mode",
    });
  }
  findWrongHost(values, "ALPACA_PAPER_ENDPOINT", LIVE_HOST, "the live venue", problems);
  if (mode !== undefined && readsLiveAccount(mode)) findWrongHost(values, "ALPACA_ENDPOINT", PAPER_HOST, "the paper venue", problems);
}

/** Call only if there was no problem. Undefined in simulator mode: the embedded venue needs no address. */
export function alpacaConfig(values: SettingValues, mode: TradingMode): AlpacaConfig | undefined {
  if (mode === "simulator") return undefined;
  const access = accessOf(mode);
  const tradingUrl = values[access.endpoint] ?? "";
  return {
    tradingUrl,
    dataUrl: values.ALPACA_DATA_ENDPOINT ?? (isLoopback(tradingUrl) ? tradingUrl : DATA_URL),
    streamUrl: streamUrlOf(tradingUrl),
    dataFeed: values.ALPACA_DATA_FEED,
    ...credentials(values, access),
  };
}

/** The settings with which a mode reaches its account. */
export function accessOf(mode: Exclude<TradingMode, "simulator">): Access {
  return ACCESS[accountKindOf(mode)];
}

function accountKindOf(mode: Exclude<TradingMode, "simulator">): AccountKind {
  return readsLiveAccount(mode) ? "live" : "paper";
}

function credentials(values: SettingValues, { key, secret, token }: Access): AlpacaCredentials {
  const oauthToken = values[token];
  return oauthToken === undefined ? { keyId: values[key] ?? "", secret: values[secret] ?? "" } : { oauthToken };
}

function anySet(env: Environment, { key, secret, token }: Access): boolean {
  return [key, secret, token].some((name) => isSet(env, name));
}

function nounOf(env: Environment, mode: AccountKind): string {
  return isSet(env, ACCESS[mode].token) ? `the OAuth token of a ${mode} account is` : `${mode} keys are`;
}

/** Names read by Alpaca's own libraries. Ignored, they would mean "no keys", and so the simulator. */
const FOREIGN_NAMES = {
  APCA_API_KEY_ID: "ALPACA_PAPER_KEY",
  APCA_API_SECRET_KEY: "ALPACA_PAPER_SECRET",
  APCA_API_OAUTH_TOKEN: "ALPACA_PAPER_OAUTH_TOKEN",
} as const;

function findForeignNames(env: Environment, problems: Problem[]): void {
  if (env.TRADING_MODE?.trim().toLowerCase() === "simulator" || Object.values(ACCESS).some((access) => anySet(env, access))) return;
  for (const [name, ours] of Object.entries(FOREIGN_NAMES)) {
    if ((env[name] ?? "").trim() === "") continue;
    const live = ours.replace("_PAPER", "");
    problems.push({
      name,
      text: `${name} is set but never read; expected ${ours} for paper or ${live} for live trading (or TRADING_MODE=simulator)`,
    });
  }
}

/** Next to a token, the half that is there is the problem, and not the half that is missing. */
function findHalfPair(env: Environment, { key, secret, token }: Access, problems: Problem[]): void {
  if (isSet(env, token) || isSet(env, key) === isSet(env, secret)) return;
  const [missing, present] = isSet(env, key) ? [secret, key] : [key, secret];
  problems.push({ name: missing, text: `${missing} is unset although ${present} is set; expected both or neither` });
}

/** They could belong to two accounts. */
function findKeysNextToToken(env: Environment, { key, secret, token }: Access, problems: Problem[]): void {
  const keys = [key, secret].filter((name) => isSet(env, name));
  if (!isSet(env, token) || keys.length === 0) return;
  problems.push({ name: token, text: `${token} is set together with ${keys.join(" and ")}; expected the token, or key and secret` });
}

function findMissingKeys(env: Environment, mode: Exclude<TradingMode, "simulator">, problems: Problem[]): void {
  const kind = accountKindOf(mode);
  const { key, secret, token } = ACCESS[kind];
  if (anySet(env, ACCESS[kind])) return;
  for (const name of [key, secret])
    problems.push({ name, text: `${name} is unset; ${mode} mode needs the one of your ${kind} account, or ${token}` });
}

function findWrongHost(
  values: SettingValues,
  name: SettingName & `${string}_ENDPOINT`,
  host: string,
  what: string,
  problems: Problem[],
): void {
  const url = values[name];
  if (url === undefined || new URL(url).hostname.replace(/\.$/, "") !== host) return;
  problems.push({ name, text: `${name} points to ${what} (${host}); expected the other venue` });
}
