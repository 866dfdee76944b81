import type { z } from "zod";
import type { Form } from "./values.ts";
import { dollars, endpoint, key, oneOf, path, percent, seconds, symbols, word, zone } from "./values.ts";

export interface Setting<T> {
  readonly form: Form<T>;
  /** What a good value is, to follow "expected". */
  readonly expected: string;
  /** As one would write it; undefined when there is none or when it depends on something. */
  readonly default?: string;
  /** What counts when it is unset, in words, where `default` cannot say it. */
  readonly unset?: string;
  /** Never shown, not even in part. */
  readonly secret?: true;
  /** One sentence for `.env.example` and the documentation. */
  readonly doc: string;
}

function setting<T>(value: Setting<T>): Setting<T> {
  return value;
}

const ENDPOINT = "an https address such as https://paper-api.alpaca.markets, with or without /v2 (http only for this machine itself)";
const KEY = "printable characters without blanks";

/**
 * Every setting of this version, once: parsing, the check of `.env.example` and the documentation are
 * made from this table.
 */
export const SETTINGS = {
  TRADING_MODE: setting({
    form: oneOf("simulator", "paper", "live"),
    expected: "simulator, paper or live",
    unset: "paper if paper keys are set, simulator if no Alpaca keys are set at all",
    doc: "Which venue is traded on; never live unless it says so here.",
  }),
  ALPACA_PAPER_ENDPOINT: setting({
    form: endpoint,
    expected: ENDPOINT,
    default: "https://paper-api.alpaca.markets",
    doc: "Address of the paper trading API.",
  }),
  ALPACA_PAPER_KEY: setting({ form: key, expected: KEY, secret: true, doc: "Key id of the paper account." }),
  ALPACA_PAPER_SECRET: setting({ form: key, expected: KEY, secret: true, doc: "Secret of the paper account." }),
  ALPACA_ENDPOINT: setting({
    form: endpoint,
    expected: ENDPOINT,
    default: "https://api.alpaca.markets",
    doc: "Address of the live trading API.",
  }),
  ALPACA_KEY: setting({ form: key, expected: KEY, secret: true, doc: "Key id of the live account." }),
  ALPACA_SECRET: setting({ form: key, expected: KEY, secret: true, doc: "Secret of the live account." }),
  ALPACA_DATA_ENDPOINT: setting({
    form: endpoint,
    expected: ENDPOINT,
    unset: "https://data.alpaca.markets, or the trading address if that is on this machine",
    doc: "Address of the market data API.",
  }),
  ALPACA_DATA_FEED: setting({
    form: oneOf("iex", "sip", "delayed_sip", "boats", "overnight", "otc"),
    expected: "iex, sip, delayed_sip, boats, overnight or otc",
    unset: "the best feed of the subscription",
    doc: "Feed that quotes and trades are read from.",
  }),
  LIVE_TRADING_ACCOUNT: setting({
    form: word,
    expected: "the account number as Alpaca shows it",
    unset: "live mode does not start",
    doc: "Number of the one account that live mode may trade.",
  }),
  ALERTS_FILE: setting({
    form: path,
    expected: "an absolute path",
    default: "/tmp/nuclear_alerts.json",
    unset: "/tmp/nuclear_alerts.json; in simulator mode STATE_DIR/simulator/nuclear_alerts.json",
    doc: "The file that the strategy appends its alerts to.",
  }),
  ALERTS_TIMEZONE: setting({
    form: zone,
    expected: "an IANA time zone such as Europe/London or UTC",
    unset: "the zone of this machine",
    doc: "Zone of alert stamps that name none.",
  }),
  ALERTS_OWNER: setting({
    form: word,
    expected: "a user name or a numeric user id",
    unset: "only our own user and root",
    doc: "Another user who may own the alerts file.",
  }),
  SIGNAL_MAX_AGE_SECONDS: setting({
    form: seconds(1, 86_400),
    expected: "seconds from 1 to 86400",
    default: "300",
    doc: "How old a signal may be when it is acted upon.",
  }),
  BATCH_SETTLE_SECONDS: setting({
    form: seconds(0, 60),
    expected: "seconds from 0 to 60",
    default: "1",
    doc: "Silence after which a run whose reasons name no legs counts as complete.",
  }),
  LOG_DIR: setting({
    form: path,
    expected: "an absolute path",
    default: "/tmp",
    unset: "/tmp; in simulator mode STATE_DIR/simulator",
    doc: "Directory of the logs and of the trade log.",
  }),
  LOG_GROUP: setting({
    form: word,
    expected: "a group name or a numeric group id",
    unset: "our own group",
    doc: "Group that may read the logs.",
  }),
  STATE_DIR: setting({
    form: path,
    expected: "an absolute path",
    unset: "systemd's STATE_DIRECTORY, else $XDG_STATE_HOME/alpaca-trader, else ~/.local/state/alpaca-trader",
    doc: "Directory of the ledger and of the HALT file.",
  }),
  CASH_RESERVE_PERCENT: setting({
    form: percent("0", "99"),
    expected: "a percentage from 0 to 99",
    default: "1",
    doc: "Share of the account that always stays cash.",
  }),
  MIN_TRADE_VALUE: setting({
    form: dollars("0", "1000000"),
    expected: "dollars from 0 to 1000000, such as 5 or 2.50",
    default: "5",
    doc: "Differences below this many dollars are left alone.",
  }),
  DRIFT_BAND_PERCENT: setting({
    form: percent("0", "99"),
    expected: "percentage points from 0 to 99",
    default: "1",
    doc: "Differences below this many percentage points of the account are left alone.",
  }),
  ORDER_TIMEOUT_SECONDS: setting({
    form: seconds(1, 3_600),
    expected: "seconds from 1 to 3600",
    default: "60",
    doc: "How long an order may work before it is cancelled.",
  }),
  EXECUTION_DEADLINE_SECONDS: setting({
    form: seconds(2, 23_400),
    expected: "seconds from 2 to 23400",
    default: "600",
    doc: "How long a whole rebalance may take.",
  }),
  PROTECTED_SYMBOLS: setting({
    form: symbols,
    expected: "tickers separated by commas, such as VTI,BRK.B",
    unset: "none",
    doc: "Positions that are never touched nor counted.",
  }),
  ALLOWED_SYMBOLS: setting({
    form: symbols,
    expected: "tickers separated by commas, such as SMR,BWXT,LEU",
    unset: "every symbol",
    doc: "The only symbols that may be traded.",
  }),
  MAX_ORDER_VALUE: setting({
    form: dollars("1", "999999999999"),
    expected: "dollars from 1, such as 25000",
    unset: "no limit",
    doc: "No single order may be worth more dollars than this.",
  }),
  MAX_DAILY_TURNOVER_PERCENT: setting({
    form: percent("1", "10000"),
    expected: "a percentage from 1 to 10000, where going over from one portfolio to another is 200",
    unset: "no limit",
    doc: "Sells and buys of one New York day may not come to more than this share of the account at its start.",
  }),
  MAX_DAILY_LOSS_PERCENT: setting({
    form: percent("0.01", "100"),
    expected: "a percentage from 0.01 to 100",
    unset: "no limit",
    doc: "No rebalance begins once the account has lost this share since the last close, deposits and withdrawals apart.",
  }),
} as const;

export type SettingName = keyof typeof SETTINGS;

/** The checked value of every setting that is set. */
export type SettingValues = { readonly [Name in SettingName]?: z.output<(typeof SETTINGS)[Name]["form"]> };

/**
 * Settings that a later version brings, with the value that means what this version does anyway.
 * Someone who sets another one relies on something that is not there, which must not pass in silence.
 */
export const LATER_SETTINGS: Readonly<Record<string, readonly string[]>> = {
  STRATEGIES: ["nuclear:100:$ALERTS_FILE"],
  SIGNAL_SCHEDULE: [],
  SIGNAL_BAR: ["live"],
  EXECUTION_STYLE: ["market"],
  AVOID_OPEN_MINUTES: ["0"],
  DASHBOARD_PORT: ["8787", "off"],
  DASHBOARD_HOST: ["127.0.0.1"],
  NOTIFY_WEBHOOK_URL: [],
  NOTIFY_LEVEL: [],
  TELEGRAM_BOT_TOKEN: [],
  TELEGRAM_CHAT_ID: [],
  HEARTBEAT_URL: [],
};
