import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import type { Environment } from "../../src/domain/config.ts";
import { loadConfig } from "../../src/config/load.ts";
import type { SettingName } from "../../src/config/settings.ts";
import { SETTINGS } from "../../src/config/settings.ts";

const PAPER: Environment = { HOME: "/home/ada", TRADING_MODE: "paper", ALPACA_PAPER_KEY: "PK", ALPACA_PAPER_SECRET: "s" };
const LIVE: Environment = { ...PAPER, TRADING_MODE: "live", ALPACA_KEY: "AK", ALPACA_SECRET: "s", LIVE_TRADING_ACCOUNT: "1" };
const WITHOUT_KEYS: Environment = { ALPACA_PAPER_KEY: "", ALPACA_PAPER_SECRET: "", ALPACA_PAPER_OAUTH_TOKEN: "token" };
const TELEGRAM: Environment = { TELEGRAM_CHAT_ID: "1", TELEGRAM_BOT_TOKEN: "123456789:AAHfiqksKZ8WmR2zSjiQ7_v4TMAKdiHm9T0" };

/** A valid value of each setting that is not its default, and the settings it requires. */
const OTHER_VALUES: Record<SettingName, readonly [value: string, beside?: Environment]> = {
  TRADING_MODE: ["live", LIVE],
  ALPACA_PAPER_ENDPOINT: ["https://paper.example"],
  ALPACA_PAPER_KEY: ["PKOTHER"],
  ALPACA_PAPER_SECRET: ["other"],
  ALPACA_PAPER_OAUTH_TOKEN: ["other", WITHOUT_KEYS],
  ALPACA_ENDPOINT: ["https://live.example", LIVE],
  ALPACA_KEY: ["AKOTHER", LIVE],
  ALPACA_SECRET: ["other", LIVE],
  ALPACA_OAUTH_TOKEN: ["other", { ...LIVE, ALPACA_KEY: "", ALPACA_SECRET: "", ALPACA_OAUTH_TOKEN: "token" }],
  ALPACA_DATA_ENDPOINT: ["https://data.example"],
  ALPACA_DATA_FEED: ["sip"],
  LIVE_TRADING_ACCOUNT: ["2", LIVE],
  ALERTS_FILE: ["/srv/alerts.json"],
  ALERTS_TIMEZONE: ["Asia/Kolkata"],
  ALERTS_OWNER: ["grace"],
  ALERTS_POLLING: ["on"],
  SIGNAL_MAX_AGE_SECONDS: ["299"],
  BATCH_SETTLE_SECONDS: ["2"],
  LOG_DIR: ["/var/log/trader"],
  LOG_GROUP: ["adm"],
  STATE_DIR: ["/var/lib/trader"],
  HALT_FILE: ["/run/HALT"],
  STRATEGIES: ["nuclear:60:/tmp/nuclear_alerts.json"],
  SIGNAL_SCHEDULE: ["15:45 America/New_York"],
  SIGNAL_BAR: ["closed"],
  BENCHMARK_SYMBOL: ["QQQ"],
  CASH_RESERVE_PERCENT: ["2"],
  MIN_TRADE_VALUE: ["6"],
  DRIFT_BAND_PERCENT: ["2"],
  ORDER_TIMEOUT_SECONDS: ["61"],
  EXECUTION_DEADLINE_SECONDS: ["601"],
  EXECUTION_STYLE: ["limit"],
  AVOID_OPEN_MINUTES: ["5"],
  WARM_SNAPSHOT: ["off"],
  LIMIT_MAX_SPREAD_PERCENT: ["3"],
  LIMIT_COLLAR_PERCENT: ["3"],
  LIMIT_REPEG_SECONDS: ["6"],
  LIMIT_REPEGS: ["2"],
  LIMIT_THEN: ["leave"],
  LIMIT_WITHOUT_QUOTE: ["market"],
  LIMIT_SLICE_PERCENT: ["off"],
  PROTECTED_SYMBOLS: ["VTI"],
  ALLOWED_SYMBOLS: ["SMR"],
  MAX_UNBUYABLE_PERCENT: ["30"],
  UNBUYABLE_ACTION: ["exit"],
  MAX_ORDER_VALUE: ["25000"],
  MAX_DAILY_TURNOVER_PERCENT: ["200"],
  MAX_DAILY_LOSS_PERCENT: ["5"],
  FLEET_PLACES: ["11"],
  FLEET_REQUESTS_PER_SECOND: ["20"],
  FLEET_CANARY_FAILS: ["go"],
  FLEET_MARKET_KEY: ["growth"],
  FLEET_GROUP: ["family"],
  FLEET_CANARY: ["on"],
  FLEET_DATABASE: ["postgresql://fleet@db.example/fleet"],
  FLEET_IDENTITY_FILE: ["/etc/fleet-identity"],
  FLEET_RECIPIENT: ["age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"],
  NOTIFY_WEBHOOK_URL: ["https://hooks.slack.com/services/x"],
  NOTIFY_WEBHOOK_KIND: ["ntfy", { NOTIFY_WEBHOOK_URL: "https://notes.example" }],
  TELEGRAM_BOT_TOKEN: ["987654321:AAHfiqksKZ8WmR2zSjiQ7_v4TMAKdiHm9T0", TELEGRAM],
  TELEGRAM_CHAT_ID: ["2", TELEGRAM],
  TELEGRAM_API_URL: ["https://telegram.example", TELEGRAM],
  NOTIFY_LEVEL: ["error"],
  HEARTBEAT_URL: ["https://hc.example/1"],
  DASHBOARD_PORT: ["8788"],
  DASHBOARD_HOST: ["127.0.0.2"],
  DASHBOARD_TOKEN: ["0123456789abcdef"],
};

/** Variables read that are not our settings: set by systemd, the image, the shell and the terminal. */
const OF_THE_SYSTEM = new Set([
  "NODE_USE_ENV_PROXY",
  "CREDENTIALS_DIRECTORY",
  "FORCE_COLOR",
  "HOME",
  "LIFE_SIGN_FILE",
  "NOTIFY_SOCKET",
  "NO_COLOR",
  "STATE_DIRECTORY",
  "TERM",
  "TZ",
  "WATCHDOG_PID",
  "WATCHDOG_USEC",
  "XDG_STATE_HOME",
]);

describe("every setting in .env.example is read, and every setting read is in it", () => {
  test.each(Object.entries(OTHER_VALUES))("%s changes what the program goes by", (name, [value, beside = {}]) => {
    const base = { ...PAPER, ...beside };
    expect(loadConfig({ ...base, [name]: value })).not.toEqual(loadConfig(name === "TRADING_MODE" ? PAPER : base));
  });

  test("the source reads nothing else from the environment", () => {
    const asked = sourceTexts().flatMap((text) =>
      [...text.matchAll(/\benv(?:ironment)?(?:\.|\??\.?\["|, ")([A-Z][A-Z0-9_]+)\b/gi)].map(([, name = ""]) => name),
    );
    const names = new Set(asked.filter((name) => name === name.toUpperCase()));
    expect(names).toContain("STATE_DIR");
    expect(names).toContain("NOTIFY_SOCKET");
    expect([...names].filter((name) => !(name in SETTINGS) && !OF_THE_SYSTEM.has(name))).toEqual([]);
  });
});

function sourceTexts(): string[] {
  const source = join(import.meta.dirname, "../../src");
  return readdirSync(source, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => readFileSync(join(source, file), "utf8"));
}
