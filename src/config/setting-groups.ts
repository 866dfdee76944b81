import type { SettingName } from "./settings.ts";

/** How an account trades: its reserve, limits, time limits, symbols and execution style. */
export const TRADING_SETTINGS = [
  "CASH_RESERVE_PERCENT",
  "MIN_TRADE_VALUE",
  "DRIFT_BAND_PERCENT",
  "ORDER_TIMEOUT_SECONDS",
  "EXECUTION_DEADLINE_SECONDS",
  "EXECUTION_STYLE",
  "AVOID_OPEN_MINUTES",
  "LIMIT_MAX_SPREAD_PERCENT",
  "LIMIT_COLLAR_PERCENT",
  "LIMIT_REPEG_SECONDS",
  "LIMIT_REPEGS",
  "LIMIT_THEN",
  "LIMIT_WITHOUT_QUOTE",
  "LIMIT_SLICE_PERCENT",
  "PROTECTED_SYMBOLS",
  "ALLOWED_SYMBOLS",
  "MAX_UNBUYABLE_PERCENT",
  "UNBUYABLE_ACTION",
  "MAX_ORDER_VALUE",
  "MAX_DAILY_TURNOVER_PERCENT",
  "MAX_DAILY_LOSS_PERCENT",
] as const satisfies readonly SettingName[];

/** What may differ from one account of a fleet to another; the process has one value of every other setting. */
export const ACCOUNT_SETTINGS: ReadonlySet<string> = new Set([
  "ALPACA_PAPER_ENDPOINT",
  "ALPACA_PAPER_KEY",
  "ALPACA_PAPER_SECRET",
  "ALPACA_PAPER_OAUTH_TOKEN",
  "ALPACA_ENDPOINT",
  "ALPACA_KEY",
  "ALPACA_SECRET",
  "ALPACA_OAUTH_TOKEN",
  "ALPACA_DATA_ENDPOINT",
  "ALPACA_DATA_FEED",
  "LIVE_TRADING_ACCOUNT",
  "STRATEGIES",
  ...TRADING_SETTINGS,
  "FLEET_GROUP",
  "FLEET_CANARY",
] satisfies SettingName[]);
