import type { z } from "zod";
import { NOTIFY_LEVELS, WEBHOOK_KINDS } from "./notification-settings.ts";
import type { Decimal } from "../domain/decimal.ts";
import { BAR_MODES } from "../domain/bar-basis.ts";
import {
  address,
  botToken,
  chatId,
  count,
  dashboardToken,
  databaseAddress,
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
  recipient,
  schedule,
  seconds,
  tickerOrOff,
  tickers,
  text,
  token,
  word,
  zone,
  type Form,
} from "./values.ts";

export interface Setting<T> {
  readonly form: Form<T>;
  /** A description of valid values, printed after "expected". */
  readonly expected: string;
  /** As written in `.env`; undefined when there is none or when it depends on other settings. */
  readonly default?: string;
  /** The behaviour when it is unset, in words, if `default` cannot express it. */
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

type Accepted<T> = Pick<Setting<T>, "form" | "expected">;

const PATH: Accepted<string> = { form: path, expected: "an absolute path" };
const ENDPOINT: Accepted<string> = {
  form: endpoint,
  expected: "an https address such as https://paper-api.alpaca.markets, with or without /v2 (http only for this machine itself)",
};
const KEY = { form: key, expected: "printable characters without spaces", secret: true } as const;
const TOKEN = { ...KEY, form: token } as const;
const ADDRESS = { form: address, expected: "an https address (http only for this machine itself)", secret: true } as const;

function choice<const T extends string>(...words: readonly T[]): Accepted<T> {
  return { form: oneOf(...words), expected: `${words.slice(0, -1).join(", ")} or ${words.at(-1) ?? ""}` };
}

function secondsFrom(least: number, most: number): Accepted<number> {
  return { form: seconds(least, most), expected: `seconds from ${String(least)} to ${String(most)}` };
}

function percentFrom(least: string, most: string): Accepted<Decimal> {
  return { form: percent(least, most), expected: `a percentage from ${least} to ${most}` };
}

/** Every setting of this version, once: the parser, `.env.example` and the documentation are generated from this table. */
export const SETTINGS = {
  TRADING_MODE: setting({
    ...choice("simulator", "paper", "shadow", "live"),
    unset: "paper if paper keys or a paper OAuth token are set, simulator if no Alpaca keys and no token are set",
    doc: "Venue to trade on. Live trading is off unless this is live. With shadow the live account is read, nothing is sent, and runs are filled on paper.",
  }),
  ALPACA_PAPER_ENDPOINT: setting({ ...ENDPOINT, default: "https://paper-api.alpaca.markets", doc: "Address of the paper trading API." }),
  ALPACA_PAPER_KEY: setting({ ...KEY, doc: "Key id of the paper account." }),
  ALPACA_PAPER_SECRET: setting({ ...KEY, doc: "Secret of the paper account." }),
  ALPACA_PAPER_OAUTH_TOKEN: setting({ ...TOKEN, doc: "OAuth token of the paper account, in place of key and secret." }),
  ALPACA_ENDPOINT: setting({ ...ENDPOINT, default: "https://api.alpaca.markets", doc: "Address of the live trading API." }),
  ALPACA_KEY: setting({ ...KEY, doc: "Key id of the live account." }),
  ALPACA_SECRET: setting({ ...KEY, doc: "Secret of the live account." }),
  ALPACA_OAUTH_TOKEN: setting({ ...TOKEN, doc: "OAuth token of the live account, in place of key and secret." }),
  ALPACA_DATA_ENDPOINT: setting({
    ...ENDPOINT,
    unset: "https://data.alpaca.markets, or the trading address if that is on this machine",
    doc: "Address of the market data API.",
  }),
  ALPACA_DATA_FEED: setting({
    form: oneOf("iex", "sip", "boats", "overnight", "otc"),
    expected: "iex, sip, boats, overnight or otc; delayed_sip is 15 minutes late, too late for trading",
    unset: "the best feed of the subscription for quotes and trades, iex for daily bars",
    doc: "Data feed for quotes, trades and daily bars; iex is free, sip is not.",
  }),
  LIVE_TRADING_ACCOUNT: setting({
    form: word,
    expected: "the account number as Alpaca shows it",
    unset: "live mode does not start",
    doc: "Number of the only account that live mode may trade. Shadow mode checks it if it is set.",
  }),
  ALERTS_FILE: setting({
    ...PATH,
    default: "/tmp/nuclear_alerts.json",
    unset: "/tmp/nuclear_alerts.json; in simulator mode STATE_DIR/simulator/nuclear_alerts.json",
    doc: "File to which the strategy appends its alerts.",
  }),
  ALERTS_TIMEZONE: setting({
    form: zone,
    expected: "an IANA time zone such as Europe/London or UTC",
    unset: "the zone of this machine",
    doc: "Time zone of alert timestamps without one.",
  }),
  ALERTS_OWNER: setting({
    form: word,
    expected: "a user name or a numeric user id",
    unset: "only our own user and root",
    doc: "Another user allowed to own the alerts file.",
  }),
  ALERTS_POLLING: setting({
    ...choice("on", "off"),
    default: "off",
    doc: "Check the alerts file four times a second; for mounts that report no changes.",
  }),
  SIGNAL_MAX_AGE_SECONDS: setting({ ...secondsFrom(1, 86_400), default: "300", doc: "Maximum age of a signal to trade on." }),
  BATCH_SETTLE_SECONDS: setting({
    ...secondsFrom(0, 60),
    default: "1",
    doc: "Pause after which a run counts as complete if its reasons name no legs.",
  }),
  LOG_DIR: setting({
    ...PATH,
    default: "/tmp",
    unset: "/tmp; in simulator mode STATE_DIR/simulator",
    doc: "Directory of the logs and of the trade log.",
  }),
  LOG_GROUP: setting({
    form: word,
    expected: "a group name or a numeric group id",
    unset: "our own group",
    doc: "Group allowed to read the logs.",
  }),
  STATE_DIR: setting({
    ...PATH,
    unset: "systemd's STATE_DIRECTORY, else $XDG_STATE_HOME/alpaca-trader, else ~/.local/state/alpaca-trader",
    doc: "Directory of the ledger and of the HALT file.",
  }),
  HALT_FILE: setting({
    ...PATH,
    unset: `${MACHINE_HALT_FILE}; ignored, with a warning, if our user cannot check that path`,
    doc: "While this file exists, every installation on the machine is halted; STATE_DIR/HALT halts one.",
  }),
  STRATEGIES: setting({
    form: text,
    expected: "name:percent:file, separated by commas, such as nuclear:60:/tmp/nuclear_alerts.json,tecl:40:/tmp/tecl_alerts.json",
    default: "nuclear:100:$ALERTS_FILE",
    doc: "Strategies that share the account: name, share in percent and alerts file of each. The rest stays cash.",
  }),
  SIGNAL_SCHEDULE: setting({
    form: schedule,
    expected: "a time and its zone such as 15:45 America/New_York, or 1 to 200 minutes before close, or off",
    default: "off",
    doc: "Time when the daemon generates its strategies' signals, once per trading day. Leave at least 5 minutes before the close to trade.",
  }),
  SIGNAL_BAR: setting({
    ...choice(...BAR_MODES),
    default: "live",
    doc: "Whether a signal uses the unfinished bar of the running session (live) or only completed sessions (closed).",
  }),
  CASH_RESERVE_PERCENT: setting({ ...percentFrom("0", "99"), default: "1", doc: "Share of the account to keep in cash." }),
  MIN_TRADE_VALUE: setting({
    form: dollars("0", "1000000"),
    expected: "dollars from 0 to 1000000, such as 5 or 2.50",
    default: "5",
    doc: "Ignore differences smaller than this, in dollars.",
  }),
  DRIFT_BAND_PERCENT: setting({
    form: percent("0", "99"),
    expected: "percentage points from 0 to 99",
    default: "1",
    doc: "Ignore differences smaller than this, in percentage points of the account.",
  }),
  ORDER_TIMEOUT_SECONDS: setting({ ...secondsFrom(1, 3_600), default: "60", doc: "Time after which an open order is cancelled." }),
  EXECUTION_DEADLINE_SECONDS: setting({ ...secondsFrom(2, 23_400), default: "600", doc: "Maximum duration of a rebalance." }),
  EXECUTION_STYLE: setting({
    ...choice("market", "limit"),
    default: "market",
    doc: "Order type: market orders, or limit orders at the ask (buy) or bid (sell) of a quote that passes checks, repriced until filled.",
  }),
  AVOID_OPEN_MINUTES: setting({
    form: count(0, 120),
    expected: "whole minutes from 0 to 120",
    default: "0",
    doc: "No rebalance starts this soon after the open, when spreads are wide; a signal that is stale by then is not executed.",
  }),
  WARM_SNAPSHOT: setting({
    form: oneOf("on", "off"),
    expected: "on or off",
    default: "on",
    doc: "While a session is open, the daemon reads the account about every 30 s, so that sells of whole positions can leave as soon as an alert comes; a new reading is sent with them. Costs about ten requests a minute.",
  }),
  LIMIT_MAX_SPREAD_PERCENT: setting({
    ...percentFrom("0.01", "20"),
    default: "1",
    doc: "Limit style: a quote with a wider spread than this is ignored for pricing.",
  }),
  LIMIT_COLLAR_PERCENT: setting({
    ...percentFrom("0.01", "20"),
    default: "2",
    doc: "Limit style: maximum distance of a limit from the last trade, or from the middle of the quote once that trade is a minute old and within 5 % of it.",
  }),
  LIMIT_REPEG_SECONDS: setting({
    ...secondsFrom(1, 300),
    default: "5",
    doc: "Limit style: time after which an open limit order is cancelled and the rest repriced.",
  }),
  LIMIT_REPEGS: setting({
    form: count(0, 10),
    expected: "a whole number from 0 to 10",
    default: "3",
    doc: "Limit style: maximum number of times an order is repriced.",
  }),
  LIMIT_THEN: setting({
    ...choice("market", "leave"),
    default: "market",
    doc: "Limit style: what happens to the unfilled part after the last limit: a market order (only on a quote that passes checks), or nothing.",
  }),
  LIMIT_WITHOUT_QUOTE: setting({
    ...choice("leave", "market"),
    default: "leave",
    doc: "Limit style: what happens to a symbol without a quote that passes checks for as long as its limits would take: nothing, or a market order as in market style.",
  }),
  LIMIT_SLICE_PERCENT: setting({
    form: percentOrOff("0.01", "100"),
    expected: "a percentage from 0.01 to 100, or off",
    default: "1",
    doc: "Limit style: an order above this share of a day's volume in the data feed is sent in up to ten parts.",
  }),
  PROTECTED_SYMBOLS: setting({
    form: heldSymbols,
    expected: "symbols separated by commas, as Alpaca shows them, such as VTI,BRK.B,BTC/USD",
    unset: "none",
    doc: "Positions that are never traded or counted.",
  }),
  ALLOWED_SYMBOLS: setting({
    form: tickers,
    expected: "tickers separated by commas, such as SMR,BWXT,LEU",
    unset: "every symbol",
    doc: "The only symbols allowed to trade.",
  }),
  MAX_UNBUYABLE_PERCENT: setting({
    ...percentFrom("0", "100"),
    default: "20",
    doc: "Maximum share of a run in symbols that cannot be bought: below it they are left out, above it UNBUYABLE_ACTION applies.",
  }),
  UNBUYABLE_ACTION: setting({
    ...choice("refuse", "exit"),
    default: "refuse",
    doc: "What happens to a run above MAX_UNBUYABLE_PERCENT: refuse it and sell nothing, or trade the rest and keep their share in cash (exit).",
  }),
  MAX_ORDER_VALUE: setting({
    form: dollars("1", "999999999999"),
    expected: "dollars from 1, such as 25000",
    unset: "no limit",
    doc: "Maximum value of a single order, in dollars.",
  }),
  MAX_DAILY_TURNOVER_PERCENT: setting({
    form: percent("1", "10000"),
    expected: "a percentage from 1 to 10000; switching the whole portfolio is 200",
    unset: "no limit",
    doc: "Maximum sum of sells and buys per New York day, as a share of the account at the start of the day.",
  }),
  MAX_DAILY_LOSS_PERCENT: setting({
    ...percentFrom("0.01", "100"),
    unset: "no limit",
    doc: "No rebalance starts once the account has lost this share since the last close, excluding deposits and withdrawals.",
  }),
  FLEET_PLACES: setting({
    form: count(1, 100),
    expected: "a whole number from 1 to 100",
    default: "10",
    doc: "Fleet: how many accounts start a rebalance at the same time.",
  }),
  FLEET_REQUESTS_PER_SECOND: setting({
    form: count(1, 10_000),
    expected: "a whole number from 1 to 10000",
    unset: "50 with FLEET_DATABASE; no limit for a fleet in one process",
    doc: "Fleet: how many requests all accounts together send to Alpaca in a second from one address. Workers with the same host name share them.",
  }),
  FLEET_CANARY_FAILS: setting({
    ...choice("stop", "go"),
    default: "stop",
    doc: "Fleet: what the other accounts do when a canary account did not reach its target: nothing (stop), or trade (go).",
  }),
  FLEET_MARKET_KEY: setting({
    form: word,
    expected: "the name of an account of the fleet, such as growth",
    unset: "each account reads its own",
    doc: "Fleet: the account with whose keys prices are read for all accounts, at most 1 s old. Its agreement with Alpaca must allow that.",
  }),
  FLEET_GROUP: setting({
    form: word,
    expected: "a name without spaces, such as family",
    unset: "no group",
    doc: "Fleet, in an account's own settings: the group it belongs to.",
  }),
  FLEET_CANARY: setting({
    ...choice("on", "off"),
    default: "off",
    doc: "Fleet, in an account's own settings: it trades first, and the others wait until it has reached its target.",
  }),
  FLEET_DATABASE: setting({
    form: databaseAddress,
    expected:
      "an address such as postgresql://user:password@host:5432/fleet?sslmode=verify-full, with %25 for a % in the password and %2F for a /",
    secret: true,
    unset: "the fleet is one process on this machine",
    doc: "Fleet on several machines: the PostgreSQL that they share.",
  }),
  FLEET_IDENTITY_FILE: setting({
    ...PATH,
    unset: "systemd's credential fleet-identity, if there is one",
    doc: "Fleet on several machines: file with the age identity that unseals the accounts' keys, mode 0600. Workers need it.",
  }),
  FLEET_RECIPIENT: setting({
    form: recipient,
    expected: "a recipient of age, which begins with age1",
    unset: "that of the identity",
    doc: "Fleet on several machines: whom `fleet add` seals an account's keys for, where there is no identity.",
  }),
  NOTIFY_WEBHOOK_URL: setting({ ...ADDRESS, doc: "Webhook for notifications: Slack, Discord, ntfy, or any other, which gets plain JSON." }),
  NOTIFY_WEBHOOK_KIND: setting({
    ...choice(...WEBHOOK_KINDS),
    unset: "chosen by address: hooks.slack.com, discord.com and ntfy.… are known, any other gets json",
    doc: "Webhook format.",
  }),
  TELEGRAM_BOT_TOKEN: setting({
    form: botToken,
    expected: "the token from BotFather, such as 123456789:AA…",
    secret: true,
    doc: "Telegram bot for notifications.",
  }),
  TELEGRAM_CHAT_ID: setting({
    form: chatId,
    expected: "a chat number, or @ and a channel name",
    unset: "Telegram is not used",
    doc: "Telegram chat for the bot's messages.",
  }),
  TELEGRAM_API_URL: setting({
    form: endpoint,
    expected: "an https address such as https://api.telegram.org (http only for this machine itself)",
    default: "https://api.telegram.org",
    doc: "Address of the Telegram Bot API, if you run your own server.",
  }),
  NOTIFY_LEVEL: setting({
    ...choice(...NOTIFY_LEVELS),
    default: "info",
    doc: "Minimum notification level: info includes good news and the daily summary, warning what may need attention, error what does.",
  }),
  HEARTBEAT_URL: setting({
    ...ADDRESS,
    doc: "URL requested every minute while healthy, with /fail appended when not (healthchecks.io format).",
  }),
  BENCHMARK_SYMBOL: setting({
    form: tickerOrOff,
    expected: "one ticker, such as SPY, or off",
    default: "SPY",
    doc: "What the dashboard, reports and back-tests compare the account with: the same money and deposits in this symbol.",
  }),
  DASHBOARD_PORT: setting({
    form: portOrOff,
    expected: "a port from 0 to 65535, where 0 is any free one, or off",
    default: "8787",
    doc: "Port of the dashboard, /metrics and /healthz; if it is in use, the daemon logs that and runs without them.",
  }),
  DASHBOARD_HOST: setting({
    form: hostName,
    expected: "an IP address or a host name of this machine, such as 127.0.0.1, ::1 or 0.0.0.0",
    default: "127.0.0.1",
    doc: "Address the dashboard listens on. Others can reach any address but the loopback, so a token is always required there.",
  }),
  DASHBOARD_TOKEN: setting({
    form: dashboardToken,
    expected: "8 to 256 printable characters without spaces, such as `openssl rand -hex 24` prints, or off",
    unset: "a random one, stored in STATE_DIR/dashboard-token; none in simulator mode on the loopback",
    secret: true,
    doc: "Dashboard password (token), for the login form or as a bearer token for its API and /metrics. off: every user of this machine can see the account.",
  }),
} as const;

export type SettingName = keyof typeof SETTINGS;

/** The validated value of every setting that is set. */
export type SettingValues = { readonly [Name in SettingName]?: z.output<(typeof SETTINGS)[Name]["form"]> };
