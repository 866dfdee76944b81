import { join } from "node:path";
import type { Config, TradingMode } from "../config.ts";
import { ONE } from "../portfolio/money.ts";
import { simulatorDirectory } from "./files.ts";
import { alpacaConfig, checkKeys, chooseMode } from "./mode.ts";
import { checkPairs } from "./pairs.ts";
import type { Problem } from "./problems.ts";
import { configurationError } from "./problems.ts";
import type { Environment } from "./read-settings.ts";
import { isSet, readSettings } from "./read-settings.ts";
import type { SettingName, SettingValues } from "./settings.ts";
import { stateDirFrom } from "./state-dir.ts";

/** Name of the one strategy that this version follows. */
const STRATEGY = "nuclear";

/**
 * Checks everything that the environment says.
 * @throws TraderError `configuration` (exit 78) that names every problem at once.
 */
export function loadConfig(env: Environment): Config {
  const problems: Problem[] = [];
  const values = readSettings(env, problems);
  const chosen = chooseMode(env, values, problems);
  checkKeys(env, values, chosen?.mode, problems);
  checkPairs(values, problems);
  if (problems.length > 0 || chosen === undefined) throw configurationError(problems);
  const { alertsFile, logDir, stateDir } = locations(env, values, chosen.mode);
  return {
    mode: chosen.mode,
    modeReason: chosen.reason,
    alpaca: alpacaConfig(values, chosen.mode),
    liveTradingAccount: values.LIVE_TRADING_ACCOUNT,
    alertsOwner: values.ALERTS_OWNER,
    alertsTimezone: values.ALERTS_TIMEZONE ?? machineZone(),
    logDir,
    logGroup: values.LOG_GROUP,
    stateDir,
    ...limits(values),
    strategies: [{ name: STRATEGY, share: ONE, alertsFile }],
  };
}

type Limits = Pick<
  Config,
  | "signalMaxAgeSeconds"
  | "batchSettleSeconds"
  | "cashReserve"
  | "minTradeValue"
  | "driftBand"
  | "orderTimeoutSeconds"
  | "executionDeadlineSeconds"
  | "protectedSymbols"
  | "allowedSymbols"
  | "maxOrderValue"
  | "maxDailyTurnover"
  | "maxDailyLoss"
>;

function limits(values: SettingValues): Limits {
  return {
    signalMaxAgeSeconds: given(values, "SIGNAL_MAX_AGE_SECONDS"),
    batchSettleSeconds: given(values, "BATCH_SETTLE_SECONDS"),
    cashReserve: given(values, "CASH_RESERVE_PERCENT"),
    minTradeValue: given(values, "MIN_TRADE_VALUE"),
    driftBand: given(values, "DRIFT_BAND_PERCENT"),
    orderTimeoutSeconds: given(values, "ORDER_TIMEOUT_SECONDS"),
    executionDeadlineSeconds: given(values, "EXECUTION_DEADLINE_SECONDS"),
    protectedSymbols: values.PROTECTED_SYMBOLS ?? new Set(),
    allowedSymbols: values.ALLOWED_SYMBOLS,
    maxOrderValue: values.MAX_ORDER_VALUE,
    maxDailyTurnover: values.MAX_DAILY_TURNOVER_PERCENT,
    maxDailyLoss: values.MAX_DAILY_LOSS_PERCENT,
  };
}

/** The value of a setting that has a default; a missing one is an error in the table, never a zero. */
function given<Name extends SettingName>(values: SettingValues, name: Name): NonNullable<SettingValues[Name]> {
  const value = values[name];
  if (value === undefined) throw new Error(`The table of settings has no default for ${name}.`);
  return value;
}

/** In simulator mode nothing may be written by default where a real daemon reads (R29). */
function locations(env: Environment, values: SettingValues, mode: TradingMode): { alertsFile: string; logDir: string; stateDir: string } {
  const stateDir = stateDirFrom(env);
  const apart = simulatorDirectory(stateDir);
  const own = (name: "ALERTS_FILE" | "LOG_DIR", simulated: string): string =>
    mode === "simulator" && !isSet(env, name) ? simulated : given(values, name);
  return { stateDir, alertsFile: own("ALERTS_FILE", join(apart, "nuclear_alerts.json")), logDir: own("LOG_DIR", apart) };
}

function machineZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}
