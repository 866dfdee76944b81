import { streamUrlOf } from "./endpoints.ts";
import type { AlpacaConfig, TradingMode, Environment } from "../domain/config.ts";
import type { Problem } from "./problems.ts";
import { isSet } from "./read-settings.ts";
import type { SettingName, SettingValues } from "./settings.ts";
import { isLoopback } from "./values.ts";

interface KeyPair {
  readonly key: "ALPACA_PAPER_KEY" | "ALPACA_KEY";
  readonly secret: "ALPACA_PAPER_SECRET" | "ALPACA_SECRET";
  readonly endpoint: "ALPACA_PAPER_ENDPOINT" | "ALPACA_ENDPOINT";
}

const KEY_PAIRS: Record<Exclude<TradingMode, "simulator">, KeyPair> = {
  paper: { key: "ALPACA_PAPER_KEY", secret: "ALPACA_PAPER_SECRET", endpoint: "ALPACA_PAPER_ENDPOINT" },
  live: { key: "ALPACA_KEY", secret: "ALPACA_SECRET", endpoint: "ALPACA_ENDPOINT" },
};

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
  if (anySet(env, KEY_PAIRS.paper)) return { mode: "paper", reason: "TRADING_MODE is unset and paper keys are set" };
  if (!anySet(env, KEY_PAIRS.live)) return { mode: "simulator", reason: "no Alpaca keys are set" };
  problems.push({
    name: "TRADING_MODE",
    text: "TRADING_MODE is unset and only live keys are set; expected TRADING_MODE=live for real money, or ALPACA_PAPER_KEY and ALPACA_PAPER_SECRET",
  });
  return undefined;
}

/** Checks keys and addresses for contradictions in any mode, and for what the mode needs. */
export function checkKeys(env: Environment, values: SettingValues, mode: TradingMode | undefined, problems: Problem[]): void {
  for (const pair of Object.values(KEY_PAIRS)) findHalfPair(env, pair, problems);
  findForeignNames(env, problems);
  if (mode === "paper" || mode === "live") findMissingKeys(env, mode, problems);
  if (mode === "live" && !isSet(env, "LIVE_TRADING_ACCOUNT")) {
    problems.push({
      name: "LIVE_TRADING_ACCOUNT",
      text: "LIVE_TRADING_ACCOUNT is unset; expected the number of the account to trade in live mode",
    });
  }
  findWrongHost(values, "ALPACA_PAPER_ENDPOINT", LIVE_HOST, "the live venue", problems);
  if (mode === "live") findWrongHost(values, "ALPACA_ENDPOINT", PAPER_HOST, "the paper venue", problems);
}

/** Call only if there was no problem. Undefined in simulator mode: the embedded venue needs no address. */
export function alpacaConfig(values: SettingValues, mode: TradingMode): AlpacaConfig | undefined {
  if (mode === "simulator") return undefined;
  const pair = KEY_PAIRS[mode];
  const tradingUrl = values[pair.endpoint] ?? "";
  return {
    tradingUrl,
    dataUrl: values.ALPACA_DATA_ENDPOINT ?? (isLoopback(tradingUrl) ? tradingUrl : DATA_URL),
    streamUrl: streamUrlOf(tradingUrl),
    dataFeed: values.ALPACA_DATA_FEED,
    keyId: values[pair.key] ?? "",
    secret: values[pair.secret] ?? "",
  };
}

function anySet(env: Environment, pair: KeyPair): boolean {
  return isSet(env, pair.key) || isSet(env, pair.secret);
}

/** Names read by Alpaca's own libraries. Ignored, they would mean "no keys", and so the simulator. */
const FOREIGN_NAMES = { APCA_API_KEY_ID: "ALPACA_PAPER_KEY", APCA_API_SECRET_KEY: "ALPACA_PAPER_SECRET" } as const;

function findForeignNames(env: Environment, problems: Problem[]): void {
  if (env.TRADING_MODE?.trim().toLowerCase() === "simulator" || Object.values(KEY_PAIRS).some((pair) => anySet(env, pair))) return;
  for (const [name, ours] of Object.entries(FOREIGN_NAMES)) {
    if ((env[name] ?? "").trim() === "") continue;
    const live = ours.replace("_PAPER", "");
    problems.push({
      name,
      text: `${name} is set but never read; expected ${ours} for paper or ${live} for live trading (or TRADING_MODE=simulator)`,
    });
  }
}

function findHalfPair(env: Environment, pair: KeyPair, problems: Problem[]): void {
  if (isSet(env, pair.key) === isSet(env, pair.secret)) return;
  const [missing, present] = isSet(env, pair.key) ? [pair.secret, pair.key] : [pair.key, pair.secret];
  problems.push({ name: missing, text: `${missing} is unset although ${present} is set; expected both or neither` });
}

function findMissingKeys(env: Environment, mode: "paper" | "live", problems: Problem[]): void {
  const pair = KEY_PAIRS[mode];
  if (anySet(env, pair)) return;
  for (const name of [pair.key, pair.secret])
    problems.push({ name, text: `${name} is unset; ${mode} mode needs the one of your ${mode} account` });
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
