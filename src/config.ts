import type { Decimal } from "./portfolio/money.ts";

export type TradingMode = "simulator" | "paper" | "live";

export interface StrategyConfig {
  readonly name: string;
  /** Fraction of the base: 1 for 100 %. */
  readonly share: Decimal;
  readonly alertsFile: string;
}

/** Everything the environment says, checked. Times in seconds where the name says so; weights and percentages as fractions. */
export interface Config {
  readonly mode: TradingMode;
  /** Why this mode was chosen, for people: `"TRADING_MODE=paper"`, `"no Alpaca keys are set"`. */
  readonly modeReason: string;
  /** Undefined in simulator mode: the embedded venue is used. */
  readonly alpaca: AlpacaConfig | undefined;
  readonly liveTradingAccount: string | undefined;
  readonly alertsTimezone: string;
  /** User name or numeric id that may also own the alerts file. */
  readonly alertsOwner: string | undefined;
  readonly signalMaxAgeSeconds: number;
  readonly batchSettleSeconds: number;
  readonly logDir: string;
  readonly logGroup: string | undefined;
  readonly stateDir: string;
  readonly cashReserve: Decimal;
  /** Dollars. */
  readonly minTradeValue: Decimal;
  readonly driftBand: Decimal;
  readonly orderTimeoutSeconds: number;
  readonly executionDeadlineSeconds: number;
  readonly protectedSymbols: ReadonlySet<string>;
  readonly allowedSymbols: ReadonlySet<string> | undefined;
  /** Dollars. */
  readonly maxOrderValue: Decimal | undefined;
  /** Fraction of the account at the day's start: 2 for a full switch; `undefined`: no limit. */
  readonly maxDailyTurnover: Decimal | undefined;
  /** Fraction of the last close's equity; `undefined`: no limit. */
  readonly maxDailyLoss: Decimal | undefined;
  readonly strategies: readonly StrategyConfig[];
}

export interface AlpacaConfig {
  /** Without `/v2` and without a trailing slash. */
  readonly tradingUrl: string;
  readonly dataUrl: string;
  /** `ws(s)://…/stream`. */
  readonly streamUrl: string;
  readonly dataFeed: string | undefined;
  readonly keyId: string;
  readonly secret: string;
}

export { loadEnvironment } from "./config/environment.ts";
export { haltFile, ledgerFile, ledgerLockFile, simulatorDirectory } from "./config/files.ts";
export { loadConfig } from "./config/load.ts";
export type { Environment } from "./config/read-settings.ts";
export { stateDirFrom } from "./config/state-dir.ts";
