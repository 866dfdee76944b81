import type { z } from "zod";
import { NOTIFY_LEVELS, WEBHOOK_KINDS } from "./notification-settings.ts";
import { BAR_MODES } from "../domain/bar-basis.ts";
import type { Form } from "./values.ts";
import {
  address,
  botToken,
  chatId,
  count,
  dashboardToken,
  dollars,
  endpoint,
  heldSymbols,
  hostName,
  key,
  oneOf,
  path,
  percent,
  percentOrOff,
  portOrOff,
  schedule,
  seconds,
  tickers,
  text,
  word,
  zone,
} from "./values.ts";

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

/** For the plain systemd unit and in a container this is STATE_DIR/HALT as well. */
export const MACHINE_HALT_FILE = "/var/lib/alpaca-trader/HALT";

const ENDPOINT = "an https address such as https://paper-api.alpaca.markets, with or without /v2 (http only for this machine itself)";
const KEY = "printable characters without blanks";
const ADDRESS = "an https address (http only for this machine itself)";

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
    form: oneOf("iex", "sip", "boats", "overnight", "otc"),
    expected: "iex, sip, boats, overnight or otc; delayed_sip is 15 minutes late, and nothing can be traded on that",
    unset: "the best feed of the subscription for quotes and trades, iex for daily bars",
    doc: "Feed that quotes, trades and daily bars are read from; iex is free, sip is not.",
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
  ALERTS_POLLING: setting({
    form: oneOf("on", "off"),
    expected: "on or off",
    default: "off",
    doc: "Look at the alerts file four times a second; for a mount where the system reports no changes.",
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
  HALT_FILE: setting({
    form: path,
    expected: "an absolute path",
    unset: `${MACHINE_HALT_FILE}; ignored, with a warning, where our user cannot check that path`,
    doc: "While this file exists, every installation on the machine is halted; STATE_DIR/HALT halts one.",
  }),
  STRATEGIES: setting({
    form: text,
    expected: "name:percent:file, separated by commas, such as nuclear:60:/tmp/nuclear_alerts.json,tecl:40:/tmp/tecl_alerts.json",
    default: "nuclear:100:$ALERTS_FILE",
    doc: "The strategies that share the account: the name, the share in percent and the alerts file of each. What the shares leave stays cash.",
  }),
  SIGNAL_SCHEDULE: setting({
    form: schedule,
    expected: "a time and its zone such as 15:45 America/New_York, or 1 to 200 minutes before close, or off",
    default: "off",
    doc: "When the daemon generates the signals of its strategies by itself, once on every day with a session; at least 5 minutes before the close leave time to trade.",
  }),
  SIGNAL_BAR: setting({
    form: oneOf(...BAR_MODES),
    expected: "live or closed",
    default: "live",
    doc: "Whether the unfinished bar of a running session counts for a signal (live), or only those of sessions that are over (closed).",
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
  EXECUTION_STYLE: setting({
    form: oneOf("market", "limit"),
    expected: "market or limit",
    default: "market",
    doc: "How planned trades are made: by market orders, or by limit orders at the far side of a sane quote, which are priced anew until they are filled.",
  }),
  AVOID_OPEN_MINUTES: setting({
    form: count(0, 120),
    expected: "whole minutes from 0 to 120",
    default: "0",
    doc: "No rebalance begins so soon after the open, when spreads are wide; a signal that is stale by then is not executed.",
  }),
  LIMIT_MAX_SPREAD_PERCENT: setting({
    form: percent("0.01", "20"),
    expected: "a percentage from 0.01 to 20",
    default: "1",
    doc: "Limit style: a quote whose bid and ask lie further apart than this is not priced from.",
  }),
  LIMIT_COLLAR_PERCENT: setting({
    form: percent("0.01", "20"),
    expected: "a percentage from 0.01 to 20",
    default: "2",
    doc: "Limit style: a limit lies at most this far from the last trade.",
  }),
  LIMIT_REPEG_SECONDS: setting({
    form: seconds(1, 300),
    expected: "seconds from 1 to 300",
    default: "5",
    doc: "Limit style: how long a limit order works before it is cancelled and its rest priced anew.",
  }),
  LIMIT_REPEGS: setting({
    form: count(0, 10),
    expected: "a whole number from 0 to 10",
    default: "3",
    doc: "Limit style: how often at most the rest of an order is priced anew.",
  }),
  LIMIT_THEN: setting({
    form: oneOf("market", "leave"),
    expected: "market or leave",
    default: "market",
    doc: "Limit style: what becomes of the rest after the last limit: a market order, on a sane quote only, or nothing.",
  }),
  LIMIT_WITHOUT_QUOTE: setting({
    form: oneOf("leave", "market"),
    expected: "leave or market",
    default: "leave",
    doc: "Limit style: what becomes of a symbol that shows no sane quote as long as its limits would have been tried: nothing, or a market order as in market style.",
  }),
  LIMIT_SLICE_PERCENT: setting({
    form: percentOrOff("0.01", "100"),
    expected: "a percentage from 0.01 to 100, or off",
    default: "1",
    doc: "Limit style: an order for more than this share of a day's volume, as the data feed sees it, is sent in parts, ten at most.",
  }),
  PROTECTED_SYMBOLS: setting({
    form: heldSymbols,
    expected: "symbols separated by commas, as Alpaca shows them, such as VTI,BRK.B,BTC/USD",
    unset: "none",
    doc: "Positions that are never touched nor counted.",
  }),
  ALLOWED_SYMBOLS: setting({
    form: tickers,
    expected: "tickers separated by commas, such as SMR,BWXT,LEU",
    unset: "every symbol",
    doc: "The only symbols that may be traded.",
  }),
  MAX_UNBUYABLE_PERCENT: setting({
    form: percent("0", "100"),
    expected: "a percentage from 0 to 100",
    default: "20",
    doc: "How much of a run may be symbols that cannot be bought; above it UNBUYABLE_ACTION decides, below it they are left out.",
  }),
  UNBUYABLE_ACTION: setting({
    form: oneOf("refuse", "exit"),
    expected: "refuse or exit",
    default: "refuse",
    doc: "What becomes of a run of which more cannot be bought: it is refused and nothing is sold, or the rest is traded and their share stays cash (exit).",
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
  NOTIFY_WEBHOOK_URL: setting({
    form: address,
    expected: ADDRESS,
    secret: true,
    doc: "Webhook that is told what happens: of Slack, Discord or ntfy, or any other, which gets plain JSON.",
  }),
  NOTIFY_WEBHOOK_KIND: setting({
    form: oneOf(...WEBHOOK_KINDS),
    expected: "slack, discord, ntfy or json",
    unset: "told from the address: hooks.slack.com, discord.com and ntfy.… are known, any other gets json",
    doc: "How the webhook wants to be spoken to.",
  }),
  TELEGRAM_BOT_TOKEN: setting({
    form: botToken,
    expected: "the token that BotFather gave, such as 123456789:AA…",
    secret: true,
    doc: "Telegram bot that tells what happens.",
  }),
  TELEGRAM_CHAT_ID: setting({
    form: chatId,
    expected: "the number of a chat, or @ and the name of a channel",
    unset: "Telegram is not used",
    doc: "Telegram chat that the bot writes to.",
  }),
  TELEGRAM_API_URL: setting({
    form: endpoint,
    expected: "an https address such as https://api.telegram.org (http only for this machine itself)",
    default: "https://api.telegram.org",
    doc: "Address of the Telegram Bot API, for those who run a Bot API server of their own.",
  }),
  NOTIFY_LEVEL: setting({
    form: oneOf(...NOTIFY_LEVELS),
    expected: "info, warning, error or off",
    default: "info",
    doc: "The least that is told: info also good news and the daily summary, warning what may need a look, error what needs one.",
  }),
  HEARTBEAT_URL: setting({
    form: address,
    expected: ADDRESS,
    secret: true,
    doc: "Asked for every minute while the daemon is well, and with /fail behind its path when not, as healthchecks.io wants it.",
  }),
  DASHBOARD_PORT: setting({
    form: portOrOff,
    expected: "a port from 0 to 65535, where 0 is any free one, or off",
    default: "8787",
    doc: "Port of the dashboard, of /metrics and of /healthz; when it is taken, the daemon says so and goes on without them.",
  }),
  DASHBOARD_HOST: setting({
    form: hostName,
    expected: "an IP address or a host name of this machine, such as 127.0.0.1, ::1 or 0.0.0.0",
    default: "127.0.0.1",
    doc: "Address that the dashboard listens on; any other than this machine's own loopback can be reached by others, so a token is always asked for there.",
  }),
  DASHBOARD_TOKEN: setting({
    form: dashboardToken,
    expected: "8 to 256 printable characters without spaces, such as `openssl rand -hex 24` prints, or off",
    unset: "a random one, kept in STATE_DIR/dashboard-token; none in simulator mode on the loopback",
    secret: true,
    doc: "Password of the dashboard, its data and /metrics, for the login form or as a bearer token. off: every user of this machine can see the account.",
  }),
} as const;

export type SettingName = keyof typeof SETTINGS;

/** The checked value of every setting that is set. */
export type SettingValues = { readonly [Name in SettingName]?: z.output<(typeof SETTINGS)[Name]["form"]> };
