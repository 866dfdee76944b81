import { join } from "node:path";
import type { Config, DashboardConfig, TradingMode, Environment, NotificationSettings } from "../domain/config.ts";
import type { ExecutionSettings } from "../domain/execution-style.ts";
import { webhookKindOf } from "./notification-settings.ts";
import { simulatorDirectory } from "./files.ts";
import { haltFilesFrom } from "./halt-files.ts";
import { alpacaConfig, checkKeys, chooseMode } from "./mode.ts";
import { checkChannels, checkPairs } from "./pairs.ts";
import { configurationError, type Problem } from "./problems.ts";
import { isSet, readSettings } from "./read-settings.ts";
import type { SettingName, SettingValues } from "./settings.ts";
import { stateDirFrom } from "./state-dir.ts";
import { readStrategies } from "./strategies.ts";
import { textIn } from "./text-in.ts";
import { isLoopbackHost, zone } from "./values.ts";

/** Checks the whole environment. @throws TraderError `configuration` (exit 78) that names every problem at once. */
export function loadConfig(env: Environment): Config {
  const problems: Problem[] = [];
  const values = readSettings(env, problems);
  const chosen = chooseMode(env, values, problems);
  checkKeys(env, values, chosen?.mode, problems);
  checkPairs(values, problems);
  checkChannels(env, problems);
  checkMachineZone(env, problems);
  const strategies = readStrategies(given(values, "STRATEGIES"), alertsFileIn(env, values, chosen?.mode), problems);
  if (problems.length > 0 || chosen === undefined) throw configurationError(problems);
  return {
    mode: chosen.mode,
    modeReason: chosen.reason,
    alpaca: alpacaConfig(values, chosen.mode),
    liveTradingAccount: values.LIVE_TRADING_ACCOUNT,
    alertsOwner: values.ALERTS_OWNER,
    alertsPolling: given(values, "ALERTS_POLLING") === "on",
    alertsTimezone: values.ALERTS_TIMEZONE ?? machineZone(),
    logDir: logDirIn(env, values, chosen.mode),
    logGroup: values.LOG_GROUP,
    stateDir: stateDirFrom(env),
    haltFiles: haltFilesFrom(env),
    ...limits(values),
    execution: execution(values),
    notifications: notifications(values),
    benchmark: benchmark(values),
    dashboard: dashboard(values, chosen.mode),
    fleet: {
      places: given(values, "FLEET_PLACES"),
      requestsPerSecond: values.FLEET_REQUESTS_PER_SECOND,
      canaryFails: given(values, "FLEET_CANARY_FAILS"),
      group: values.FLEET_GROUP,
      isCanary: given(values, "FLEET_CANARY") === "on",
      isRecorded: true,
      marketKey: values.FLEET_MARKET_KEY,
      database: values.FLEET_DATABASE,
      identityFile: values.FLEET_IDENTITY_FILE,
      recipient: values.FLEET_RECIPIENT,
    },
    strategies,
    signalSchedule: values.SIGNAL_SCHEDULE,
    signalBar: given(values, "SIGNAL_BAR"),
  };
}

function benchmark(values: SettingValues): string | undefined {
  const symbol = given(values, "BENCHMARK_SYMBOL");
  return symbol === "off" ? undefined : symbol;
}

/** By default only the simulator's data is shown to every user of the machine. */
function dashboard(values: SettingValues, mode: TradingMode): DashboardConfig {
  const { DASHBOARD_TOKEN: token } = values;
  const [port, host] = [given(values, "DASHBOARD_PORT"), given(values, "DASHBOARD_HOST")];
  const isOpen = token === "off" || (token === undefined && mode === "simulator" && isLoopbackHost(host));
  return { port, host, isOpen, token: token === "off" ? undefined : token };
}

function limits(values: SettingValues) {
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
    maxUnbuyable: given(values, "MAX_UNBUYABLE_PERCENT"),
    unbuyableAction: given(values, "UNBUYABLE_ACTION"),
    maxOrderValue: values.MAX_ORDER_VALUE,
    maxDailyTurnover: values.MAX_DAILY_TURNOVER_PERCENT,
    maxDailyLoss: values.MAX_DAILY_LOSS_PERCENT,
  } satisfies Partial<Config>;
}

function execution(values: SettingValues): ExecutionSettings {
  return {
    style: given(values, "EXECUTION_STYLE"),
    avoidOpenMinutes: given(values, "AVOID_OPEN_MINUTES"),
    warmSnapshot: given(values, "WARM_SNAPSHOT") === "on",
    limitOrders: {
      maxSpread: given(values, "LIMIT_MAX_SPREAD_PERCENT"),
      collar: given(values, "LIMIT_COLLAR_PERCENT"),
      repegMs: given(values, "LIMIT_REPEG_SECONDS") * 1_000,
      repegs: given(values, "LIMIT_REPEGS"),
      then: given(values, "LIMIT_THEN"),
      withoutQuote: given(values, "LIMIT_WITHOUT_QUOTE"),
      sliceShare: values.LIMIT_SLICE_PERCENT,
    },
  };
}

function notifications(values: SettingValues): NotificationSettings {
  const { NOTIFY_WEBHOOK_URL: url, NOTIFY_WEBHOOK_KIND: kind, TELEGRAM_BOT_TOKEN: token, TELEGRAM_CHAT_ID: chatId } = values;
  return {
    level: given(values, "NOTIFY_LEVEL"),
    webhook: url === undefined ? undefined : { url, kind: kind ?? webhookKindOf(url) },
    telegram: token === undefined || chatId === undefined ? undefined : { apiUrl: given(values, "TELEGRAM_API_URL"), token, chatId },
    heartbeatUrl: values.HEARTBEAT_URL,
  };
}

/** The value of a setting with a default; a missing default is an error in the table, never a zero. */
function given<Name extends SettingName>(values: SettingValues, name: Name): NonNullable<SettingValues[Name]> {
  const value = values[name];
  if (value === undefined) throw new Error(`The table of settings has no default for ${name}.`);
  return value;
}

/** In simulator mode nothing is written by default where a real daemon reads (R29). `undefined` when the setting is wrong. */
function alertsFileIn(env: Environment, values: SettingValues, mode: TradingMode | undefined): string | undefined {
  const simulated = mode === "simulator" && !isSet(env, "ALERTS_FILE");
  return simulated ? join(simulatorDirectory(stateDirFrom(env)), "nuclear_alerts.json") : values.ALERTS_FILE;
}

/** R29, as for the alerts file. */
function logDirIn(env: Environment, values: SettingValues, mode: TradingMode): string {
  return mode === "simulator" && !isSet(env, "LOG_DIR") ? simulatorDirectory(stateDirFrom(env)) : given(values, "LOG_DIR");
}

/** Node silently takes UTC for a zone that it does not know. */
function checkMachineZone(env: Environment, problems: Problem[]): void {
  const named = textIn(env, "TZ");
  if (named === undefined || isSet(env, "ALERTS_TIMEZONE") || zone.safeParse(named.replace(/^:?(.*\/zoneinfo\/)?/, "")).success) return;
  problems.push({
    name: "TZ",
    text: `TZ is ${JSON.stringify(named.slice(0, 60))}, which is no IANA time zone; expected one such as Europe/London, or ALERTS_TIMEZONE`,
  });
}

/** An empty TZ means UTC; Node calls that unknown. */
function machineZone(): string {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  return zone.safeParse(timeZone).success && timeZone !== "Etc/Unknown" ? timeZone : "UTC";
}
