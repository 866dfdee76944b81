import { mkdtempSync, rmSync, writeFileSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { NAMES_IN_FILE, type Config, type Environment } from "../../src/domain/config.ts";
import { stateDirFrom } from "../../src/config/state-dir.ts";
import { loadConfig } from "../../src/config/load.ts";
import { haltFilesFrom } from "../../src/config/halt-files.ts";
import { ledgerLockFile, ledgerFile } from "../../src/config/files.ts";
import { loadEnvironment } from "../../src/config/environment.ts";
import { TraderError } from "../../src/domain/errors.ts";
import { DEFAULT_EXECUTION } from "../../src/domain/execution-style.ts";
import { decimal } from "../../src/domain/decimal.ts";

const HOME = { HOME: "/home/ada" };
const PAPER = { ...HOME, ALPACA_PAPER_KEY: "PKTEST", ALPACA_PAPER_SECRET: "paper-secret" };
const LIVE = { ...HOME, TRADING_MODE: "live", ALPACA_KEY: "AKTEST", ALPACA_SECRET: "live-secret", LIVE_TRADING_ACCOUNT: "123456789" };

function load(change: Environment = {}): Config {
  return loadConfig({ ...PAPER, ...change });
}

function refusalOf(env: Environment): TraderError {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof TraderError) return error;
    throw error;
  }
  throw new Error("It was accepted.");
}

function valuesIn(...of: Parameters<typeof loadEnvironment>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(loadEnvironment(...of)));
}

/** One problem, named in one sentence with the actual and the expected value. */
function expectProblem(env: Environment, ...words: readonly (string | RegExp)[]): void {
  const refusal = refusalOf(env);
  expect(refusal).toMatchObject({ code: "configuration", exitCode: 78 });
  expect(refusal.message.split("\n")).toHaveLength(1);
  expect(refusal.hint).toContain(".env.example");
  for (const word of words) expect(refusal.message).toMatch(word);
}

describe("the mode", () => {
  test("it follows TRADING_MODE, in small or capital letters", () => {
    expect(load({ TRADING_MODE: "simulator" })).toMatchObject({
      mode: "simulator",
      modeReason: "TRADING_MODE=simulator",
      alpaca: undefined,
    });
    expect(load({ TRADING_MODE: "Paper" }).mode).toBe("paper");
    expect(loadConfig(LIVE)).toMatchObject({
      mode: "live",
      liveTradingAccount: "123456789",
      alpaca: { keyId: "AKTEST", secret: "live-secret" },
    });
  });

  test("unset, it is paper with paper keys, even next to live ones", () => {
    expect(load()).toMatchObject({ mode: "paper", alpaca: { keyId: "PKTEST", secret: "paper-secret" } });
    expect(load({ ALPACA_KEY: "AK", ALPACA_SECRET: "s" })).toMatchObject({ mode: "paper", alpaca: { keyId: "PKTEST" } });
  });

  test("unset and without keys it is the simulator, also when keys are empty", () => {
    expect(loadConfig(HOME)).toMatchObject({ mode: "simulator", modeReason: "no Alpaca keys are set" });
    expect(loadConfig({ ...HOME, ALPACA_PAPER_KEY: "", ALPACA_PAPER_SECRET: "  ", TRADING_MODE: "" }).mode).toBe("simulator");
  });

  test("shadow takes the live keys, and the number of the account only if it is set", () => {
    const shadow = { ...LIVE, TRADING_MODE: "shadow", LIVE_TRADING_ACCOUNT: undefined };
    expect(loadConfig(shadow)).toMatchObject({
      mode: "shadow",
      liveTradingAccount: undefined,
      alpaca: { keyId: "AKTEST", secret: "live-secret", tradingUrl: "https://api.alpaca.markets" },
    });
    expect(refusalOf({ ...HOME, TRADING_MODE: "shadow" }).message).toContain(
      "ALPACA_KEY is unset; shadow mode needs the one of your live account",
    );
    expectProblem({ ...shadow, ALPACA_ENDPOINT: "https://paper-api.alpaca.markets" }, "ALPACA_ENDPOINT points to the paper venue");
  });

  test("it is never live or shadow by default", () => {
    expectProblem({ ...LIVE, TRADING_MODE: undefined }, /^TRADING_MODE is unset/, "expected TRADING_MODE=live");
    expectProblem(paperWith({ TRADING_MODE: "true" }), 'TRADING_MODE is "true"', "expected simulator, paper, shadow or live");
  });

  test("missing settings of a mode are named", () => {
    expectProblem({ ...LIVE, LIVE_TRADING_ACCOUNT: "" }, /^LIVE_TRADING_ACCOUNT is unset/);
    expectProblem({ ...PAPER, ALPACA_PAPER_SECRET: undefined }, /^ALPACA_PAPER_SECRET is unset although ALPACA_PAPER_KEY is set/);
    expectProblem({ ...HOME, ALPACA_PAPER_SECRET: "s" }, /^ALPACA_PAPER_KEY is unset/);
    expect(refusalOf({ ...HOME, TRADING_MODE: "paper" }).message).toMatch(/ALPACA_PAPER_KEY is unset[^]*ALPACA_PAPER_SECRET is unset/);
    expect(refusalOf({ ...HOME, TRADING_MODE: "live" }).message).toMatch(/^3 settings are wrong/);
  });
});

describe("an OAuth token", () => {
  const TOKEN = { ...HOME, ALPACA_PAPER_OAUTH_TOKEN: "paper-token" };
  const LIVE_TOKEN = { ...LIVE, ALPACA_KEY: undefined, ALPACA_SECRET: undefined, ALPACA_OAUTH_TOKEN: "live-token" };

  test("takes the place of key and secret, in paper and in live mode", () => {
    expect(loadConfig({ ...TOKEN, TRADING_MODE: "paper" })).toMatchObject({ mode: "paper", alpaca: { oauthToken: "paper-token" } });
    expect(loadConfig(LIVE_TOKEN)).toMatchObject({ mode: "live", alpaca: { oauthToken: "live-token" } });
    for (const env of [TOKEN, LIVE_TOKEN]) expect(Object.keys(loadConfig(env).alpaca ?? {})).not.toContain("keyId");
    expect(loadConfig({ ...TOKEN, ALPACA_PAPER_OAUTH_TOKEN: "  paper-token\n" }).alpaca?.oauthToken).toBe("paper-token");
  });

  test("counts as keys when the mode is chosen, and never as live by default", () => {
    expect(loadConfig(TOKEN)).toMatchObject({
      mode: "paper",
      modeReason: "TRADING_MODE is unset and the OAuth token of a paper account is set",
    });
    expect(loadConfig({ ...TOKEN, ALPACA_KEY: "AK", ALPACA_SECRET: "s" })).toMatchObject({ mode: "paper" });
    expect(loadConfig({ ...LIVE, ...TOKEN, TRADING_MODE: undefined }).alpaca?.oauthToken).toBe("paper-token");
    expectProblem(
      { ...LIVE_TOKEN, TRADING_MODE: undefined },
      "TRADING_MODE is unset and only the OAuth token of a live account is set",
      "expected TRADING_MODE=live",
    );
    expect(loadConfig({ ...TOKEN, TRADING_MODE: "simulator" })).toMatchObject({ mode: "simulator", alpaca: undefined });
    expect(loadConfig({ ...HOME, ALPACA_PAPER_OAUTH_TOKEN: " " }).mode).toBe("simulator");
  });

  test.each([
    [{ ALPACA_PAPER_KEY: "PK", ALPACA_PAPER_SECRET: "s" }, "ALPACA_PAPER_KEY and ALPACA_PAPER_SECRET"],
    [{ ALPACA_PAPER_KEY: "PK" }, "ALPACA_PAPER_KEY"],
    [{ ALPACA_PAPER_SECRET: "s" }, "ALPACA_PAPER_SECRET"],
  ])("next to %p of the same mode is one problem", (keys, names) =>
    expectProblem({ ...TOKEN, ...keys }, `ALPACA_PAPER_OAUTH_TOKEN is set together with ${names}; expected the token, or key and secret`),
  );

  test("next to keys of the same mode is a problem whatever the mode, as half a pair is", () => {
    const live = { ALPACA_KEY: "AK", ALPACA_SECRET: "s", ALPACA_OAUTH_TOKEN: "live-token" };
    expectProblem({ ...TOKEN, ...live }, "ALPACA_OAUTH_TOKEN is set together with ALPACA_KEY and ALPACA_SECRET");
    expectProblem({ ...HOME, ...live, TRADING_MODE: "simulator" }, "ALPACA_OAUTH_TOKEN is set together");
    expectProblem({ ...LIVE, ALPACA_OAUTH_TOKEN: "live-token" }, "ALPACA_OAUTH_TOKEN is set together");
  });

  test("of the other mode is not enough, and what is missing is named with the token that would do", () => {
    const refusal = refusalOf({ ...TOKEN, TRADING_MODE: "live", LIVE_TRADING_ACCOUNT: "1" });
    expect(refusal.message).toMatch(/ALPACA_KEY is unset; live mode needs the one of your live account, or ALPACA_OAUTH_TOKEN/);
    expect(refusalOf({ ...LIVE_TOKEN, TRADING_MODE: "paper" }).message).toContain("or ALPACA_PAPER_OAUTH_TOKEN");
  });

  test("may be as long as a signed document, holds no space, and is not shown", () => {
    const long = `${"eyJhbGciOiJSUzI1NiJ9.".repeat(80)}-_`;
    expect(loadConfig({ ...HOME, ALPACA_PAPER_OAUTH_TOKEN: long }).alpaca?.oauthToken).toBe(long);
    expectProblem({ ...HOME, ALPACA_PAPER_OAUTH_TOKEN: "Bearer x-y-z" }, "ALPACA_PAPER_OAUTH_TOKEN is set, but in the wrong format");
    expect(refusalOf({ ...HOME, ALPACA_PAPER_OAUTH_TOKEN: "Bearer x-y-z" }).message).not.toContain("x-y-z");
  });
});

function paperWith(change: Environment): Environment {
  return { ...PAPER, ...change };
}

describe("addresses", () => {
  test("without any, the venue's own are used", () => {
    expect(load().alpaca).toMatchObject({
      tradingUrl: "https://paper-api.alpaca.markets",
      dataUrl: "https://data.alpaca.markets",
      streamUrl: "wss://paper-api.alpaca.markets/stream",
    });
    expect(loadConfig(LIVE).alpaca).toMatchObject({
      tradingUrl: "https://api.alpaca.markets",
      streamUrl: "wss://api.alpaca.markets/stream",
    });
  });

  test.each([
    "https://paper-api.alpaca.markets/v2",
    "https://paper-api.alpaca.markets/v2/",
    "https://paper-api.alpaca.markets/",
    " https://paper-api.alpaca.markets ",
  ])("%p is the same with or without /v2 and slash", (endpoint) =>
    expect(load({ ALPACA_PAPER_ENDPOINT: endpoint }).alpaca?.tradingUrl).toBe("https://paper-api.alpaca.markets"),
  );

  test("a simulator on this machine needs one variable: data and stream go there too", () => {
    for (const host of ["127.0.0.1:8788", "localhost:8788", "[::1]:8788"])
      expect(load({ ALPACA_PAPER_ENDPOINT: `http://${host}/v2` }).alpaca).toMatchObject({
        tradingUrl: `http://${host}`,
        dataUrl: `http://${host}`,
        streamUrl: `ws://${host}/stream`,
      });
    expect(
      load({ ALPACA_PAPER_ENDPOINT: "http://127.0.0.1:1", ALPACA_DATA_ENDPOINT: "https://data.alpaca.markets/v2" }).alpaca?.dataUrl,
    ).toBe("https://data.alpaca.markets");
  });

  test("plain http to another machine would expose the keys and is refused", () => {
    expectProblem(paperWith({ ALPACA_PAPER_ENDPOINT: "http://10.0.0.7:8788" }), "ALPACA_PAPER_ENDPOINT", "http only for this machine");
    expectProblem(paperWith({ ALPACA_PAPER_ENDPOINT: "http://127.0.0.1.example.com" }), "ALPACA_PAPER_ENDPOINT");
  });

  test.each(["paper", "ftp://paper-api.alpaca.markets", "https://user:pw@paper-api.alpaca.markets", "https://"])(
    "%p is no address",
    (endpoint) => expectProblem(paperWith({ ALPACA_PAPER_ENDPOINT: endpoint }), "ALPACA_PAPER_ENDPOINT is", "expected an https address"),
  );

  test("a paper address that points to real money is refused, and a live one that does not", () => {
    expectProblem(paperWith({ ALPACA_PAPER_ENDPOINT: "https://api.alpaca.markets/v2" }), "ALPACA_PAPER_ENDPOINT points to the live venue");
    expectProblem(
      paperWith({ ALPACA_PAPER_ENDPOINT: "https://API.alpaca.markets.:443" }),
      "ALPACA_PAPER_ENDPOINT points to the live venue",
    );
    expectProblem({ ...LIVE, ALPACA_ENDPOINT: "https://paper-api.alpaca.markets" }, "ALPACA_ENDPOINT points to the paper venue");
  });
});

describe("values", () => {
  test("every setting has its documented default", () => {
    expect(load({ ALERTS_TIMEZONE: "UTC" })).toEqual({
      mode: "paper",
      modeReason: "TRADING_MODE is unset and paper keys are set",
      alpaca: expect.objectContaining({ keyId: "PKTEST", dataFeed: undefined }),
      liveTradingAccount: undefined,
      alertsTimezone: "UTC",
      alertsOwner: undefined,
      alertsPolling: false,
      signalMaxAgeSeconds: 300,
      batchSettleSeconds: 1,
      logDir: "/tmp",
      logGroup: undefined,
      stateDir: "/home/ada/.local/state/alpaca-trader",
      haltFiles: { own: "/home/ada/.local/state/alpaca-trader/HALT", machine: "/var/lib/alpaca-trader/HALT", machineIsNamed: false },
      cashReserve: decimal("0.01"),
      minTradeValue: decimal("5"),
      driftBand: decimal("0.01"),
      orderTimeoutSeconds: 60,
      executionDeadlineSeconds: 600,
      execution: DEFAULT_EXECUTION,
      protectedSymbols: new Set(),
      allowedSymbols: undefined,
      maxOrderValue: undefined,
      maxUnbuyable: decimal("0.2"),
      unbuyableAction: "refuse",
      maxDailyTurnover: undefined,
      maxDailyLoss: undefined,
      strategies: [{ name: "nuclear", share: decimal("1"), alertsFile: "/tmp/nuclear_alerts.json" }],
      signalSchedule: undefined,
      signalBar: "live",
      notifications: { level: "info", webhook: undefined, telegram: undefined, heartbeatUrl: undefined },
      benchmark: "SPY",
      dashboard: { port: 8787, host: "127.0.0.1", isOpen: false, token: undefined },
      fleet: {
        places: 10,
        canaryFails: "stop",
        group: undefined,
        isCanary: false,
        isRecorded: true,
        database: undefined,
        identityFile: undefined,
        recipient: undefined,
      },
    });
  });

  test("the zone defaults to the machine's", () => {
    expect(load().alertsTimezone).toBe(new Intl.DateTimeFormat().resolvedOptions().timeZone);
  });

  test("limit style uses percentages, seconds and words", () => {
    const { execution } = load({
      EXECUTION_STYLE: "limit",
      AVOID_OPEN_MINUTES: "15",
      WARM_SNAPSHOT: "off",
      LIMIT_MAX_SPREAD_PERCENT: "0.5",
      LIMIT_COLLAR_PERCENT: "1.5",
      LIMIT_REPEG_SECONDS: "2.5",
      LIMIT_REPEGS: "0",
      LIMIT_THEN: "leave",
      LIMIT_WITHOUT_QUOTE: "market",
      LIMIT_SLICE_PERCENT: "off",
    });
    expect(execution).toEqual({
      style: "limit",
      avoidOpenMinutes: 15,
      warmSnapshot: false,
      limitOrders: {
        maxSpread: decimal("0.005"),
        collar: decimal("0.015"),
        repegMs: 2_500,
        repegs: 0,
        then: "leave",
        withoutQuote: "market",
        sliceShare: undefined,
      },
    });
  });

  test("percentages become exact fractions", () => {
    const config = load({ CASH_RESERVE_PERCENT: "0.1", DRIFT_BAND_PERCENT: "33.3", MIN_TRADE_VALUE: "2.50", MAX_ORDER_VALUE: "25000" });
    expect([config.cashReserve, config.driftBand, config.minTradeValue, config.maxOrderValue].map((value) => value?.toFixed())).toEqual([
      "0.001",
      "0.333",
      "2.5",
      "25000",
    ]);
  });

  test("the daily limits are fractions, and a turnover may be more than the whole account", () => {
    const config = load({ MAX_DAILY_TURNOVER_PERCENT: "250", MAX_DAILY_LOSS_PERCENT: "2.5" });
    expect([config.maxDailyTurnover, config.maxDailyLoss].map((value) => value?.toFixed())).toEqual(["2.5", "0.025"]);
    expectProblem(paperWith({ MAX_DAILY_LOSS_PERCENT: "0" }), "MAX_DAILY_LOSS_PERCENT");
    expectProblem(paperWith({ MAX_DAILY_TURNOVER_PERCENT: "200%" }), "MAX_DAILY_TURNOVER_PERCENT");
  });

  test("lists of symbols accept spaces and small letters", () => {
    const config = load({ PROTECTED_SYMBOLS: " vti, BRK.B ,", ALLOWED_SYMBOLS: "SMR,LEU" });
    expect(config.protectedSymbols).toEqual(new Set(["VTI", "BRK.B"]));
    expect(config.allowedSymbols).toEqual(new Set(["SMR", "LEU"]));
  });

  test("whatever Alpaca shows for a position may be protected", () => {
    const symbols = ["448ESC016", "BTC/USD", "BTCUSD", "SMR270115C00040000"];
    expect(load({ PROTECTED_SYMBOLS: symbols.join(",") }).protectedSymbols).toEqual(new Set(symbols));
  });

  test.each([
    ["CASH_RESERVE_PERCENT", "-1"],
    ["CASH_RESERVE_PERCENT", "100"],
    ["CASH_RESERVE_PERCENT", "1%"],
    ["DRIFT_BAND_PERCENT", "1,5"],
    ["DRIFT_BAND_PERCENT", "NaN"],
    ["MIN_TRADE_VALUE", "-1"],
    ["MIN_TRADE_VALUE", "$5"],
    ["MIN_TRADE_VALUE", "1e3"],
    ["MAX_ORDER_VALUE", "0"],
    ["SIGNAL_MAX_AGE_SECONDS", "0"],
    ["SIGNAL_MAX_AGE_SECONDS", "5m"],
    ["BATCH_SETTLE_SECONDS", "61"],
    ["ORDER_TIMEOUT_SECONDS", "Infinity"],
    ["EXECUTION_STYLE", "cautious"],
    ["AVOID_OPEN_MINUTES", "121"],
    ["AVOID_OPEN_MINUTES", "1.5"],
    ["LIMIT_MAX_SPREAD_PERCENT", "0"],
    ["LIMIT_COLLAR_PERCENT", "21"],
    ["LIMIT_REPEG_SECONDS", "0.5"],
    ["LIMIT_REPEGS", "11"],
    ["LIMIT_REPEGS", "-1"],
    ["LIMIT_THEN", "cancel"],
    ["LIMIT_WITHOUT_QUOTE", "wait"],
    ["LIMIT_SLICE_PERCENT", "0"],
    ["EXECUTION_DEADLINE_SECONDS", "1"],
    ["PROTECTED_SYMBOLS", "VTI;BND"],
    ["PROTECTED_SYMBOLS", "VTI,BRK-B"],
    ["PROTECTED_SYMBOLS", "brk/b"],
    ["PROTECTED_SYMBOLS", "BAC-PB"],
    ["ALLOWED_SYMBOLS", ","],
    ["ALERTS_TIMEZONE", "Europe/Lundon"],
    ["ALERTS_TIMEZONE", "+02:00"],
    ["ALERTS_FILE", "alerts.json"],
    ["LOG_DIR", "~/logs"],
    ["STATE_DIR", "state"],
    ["ALERTS_OWNER", "ada lovelace"],
    ["ALPACA_DATA_FEED", "bloomberg"],
    ["ALPACA_DATA_FEED", "delayed_sip"],
  ])("%s=%s is refused by name, with what is expected", (name, text) => {
    expectProblem(paperWith({ [name]: text }), `${name} is ${JSON.stringify(text)}; expected`);
  });

  test.each(["market", "limit"])("a feed 15 minutes late is refused in %s style, with the reason", (style) => {
    expectProblem(paperWith({ ALPACA_DATA_FEED: "delayed_sip", EXECUTION_STYLE: style }), "delayed_sip is 15 minutes late");
  });

  test("all problems are named at once, and no key is shown", () => {
    const refusal = refusalOf({ ...PAPER, ALPACA_PAPER_SECRET: "top secret", MIN_TRADE_VALUE: "x", LOG_DIR: "y", ALPACA_PAPER_KYE: "z" });
    expect(refusal.message.split("\n").map((text) => text.trim().split(" ")[0])).toEqual([
      "4",
      "ALPACA_PAPER_SECRET",
      "LOG_DIR",
      "MIN_TRADE_VALUE",
      "ALPACA_PAPER_KYE",
    ]);
    expect(refusal.message).not.toContain("top secret");
  });

  test.each([
    [{ DRIFT_BAND_PERCENT: "60", CASH_RESERVE_PERCENT: "40" }, /DRIFT_BAND_PERCENT and CASH_RESERVE_PERCENT/],
    [{ ORDER_TIMEOUT_SECONDS: "600" }, /ORDER_TIMEOUT_SECONDS is 600.*EXECUTION_DEADLINE_SECONDS/],
    [{ EXECUTION_STYLE: "limit", LIMIT_REPEG_SECONDS: "61" }, /LIMIT_REPEG_SECONDS is 61.*ORDER_TIMEOUT_SECONDS/],
    [{ EXECUTION_STYLE: "limit", LIMIT_REPEG_SECONDS: "60", LIMIT_REPEGS: "4" }, /LIMIT_REPEGS is 4.*600 s.*EXECUTION_DEADLINE_SECONDS/],
    [{ BATCH_SETTLE_SECONDS: "10", SIGNAL_MAX_AGE_SECONDS: "10" }, /BATCH_SETTLE_SECONDS.*SIGNAL_MAX_AGE_SECONDS/],
    [{ MAX_ORDER_VALUE: "4" }, /MAX_ORDER_VALUE is 4, less than MIN_TRADE_VALUE \(5\)/],
    [{ PROTECTED_SYMBOLS: "VTI,SMR", ALLOWED_SYMBOLS: "SMR,LEU" }, /PROTECTED_SYMBOLS and ALLOWED_SYMBOLS both hold SMR/],
  ])("the impossible pair %p is named", (change, words) => expectProblem(paperWith(change), words));
});

describe("the benchmark", () => {
  test.each([
    ["qqq", "QQQ"],
    ["Off", undefined],
    ["", "SPY"],
  ])("of %j is %p", (text, symbol) => expect(load({ BENCHMARK_SYMBOL: text }).benchmark).toBe(symbol));

  test("is one ticker", () =>
    expectProblem(paperWith({ BENCHMARK_SYMBOL: "SPY,QQQ" }), /BENCHMARK_SYMBOL is .*one ticker, such as SPY, or off/));
});

describe("the dashboard", () => {
  test.each([
    [{ DASHBOARD_PORT: "off" }, { port: "off", host: "127.0.0.1" }],
    [{ DASHBOARD_PORT: "OFF" }, { port: "off" }],
    [
      { DASHBOARD_PORT: "0", DASHBOARD_HOST: "::1" },
      { port: 0, host: "::1" },
    ],
    [{ DASHBOARD_HOST: "Localhost" }, { port: 8787, host: "localhost", isOpen: false, token: undefined }],
    [
      { DASHBOARD_HOST: "0.0.0.0", DASHBOARD_TOKEN: "a-long-token" },
      { host: "0.0.0.0", isOpen: false, token: "a-long-token" },
    ],
    [{ DASHBOARD_TOKEN: "Off" }, { isOpen: true, token: undefined }],
    [{ TRADING_MODE: "simulator" }, { isOpen: true, token: undefined }],
    [
      { TRADING_MODE: "simulator", DASHBOARD_TOKEN: "a-long-token" },
      { isOpen: false, token: "a-long-token" },
    ],
    [
      { TRADING_MODE: "simulator", DASHBOARD_HOST: "0.0.0.0" },
      { isOpen: false, token: undefined },
    ],
  ])("%p is understood", (change, dashboard) => expect(load(change)).toMatchObject({ dashboard }));

  test.each(["65536", "-1", "80a", "8787.5", "on"])("%p is not a port", (port) =>
    expectProblem(paperWith({ DASHBOARD_PORT: port }), `DASHBOARD_PORT is "${port}"; expected a port from 0 to 65535`),
  );

  test.each(["http://127.0.0.1", "1.2.3", "a b", "host:80", "-x"])("%p is not a host", (host) =>
    expectProblem(paperWith({ DASHBOARD_HOST: host, DASHBOARD_TOKEN: "a-long-token" }), "DASHBOARD_HOST is", "expected an IP address"),
  );

  test.each(["0.0.0.0", "::", "192.168.1.5", "trader.lan"])(
    "%p can be reached by others, so it is never open: unset, the token is the installation's own",
    (host) => {
      expect(load({ DASHBOARD_HOST: host })).toMatchObject({ dashboard: { host, isOpen: false, token: undefined } });
      expectProblem(
        paperWith({ DASHBOARD_HOST: host, DASHBOARD_TOKEN: "off" }),
        `DASHBOARD_TOKEN is off although DASHBOARD_HOST is ${host}, which other machines can reach`,
      );
    },
  );

  test("a guessable token is refused and not shown", () => {
    const refusal = refusalOf(paperWith({ DASHBOARD_TOKEN: "hunter2" }));
    expect(refusal.message).toContain("DASHBOARD_TOKEN is set, but in the wrong format; expected 8 to 256");
    expect(refusal.message).not.toContain("hunter2");
  });
});

describe("names", () => {
  test("a value in quotes is refused by name, and not shown", () => {
    for (const quoted of ['"PKTEST"', "'PKTEST'"])
      expectProblem({ ...PAPER, ALPACA_PAPER_KEY: quoted }, "ALPACA_PAPER_KEY is in quotes", "--env-file");
    expect(refusalOf({ ...PAPER, ALPACA_PAPER_KEY: '"PKTEST"' }).message).not.toContain("PKTEST");
    expectProblem({ ...PAPER, TRADING_MODE: '"paper"' }, "TRADING_MODE is in quotes");
  });

  test("key names of Alpaca's own libraries are refused when ours are unset, instead of meaning no keys", () => {
    expectProblem({ ...HOME, APCA_API_KEY_ID: "PKTEST" }, "APCA_API_KEY_ID is set but never read", "ALPACA_PAPER_KEY for paper");
    expect(refusalOf({ ...HOME, APCA_API_KEY_ID: "PK", APCA_API_SECRET_KEY: "s" }).message).toContain("ALPACA_PAPER_SECRET");
    expectProblem(
      { ...HOME, APCA_API_OAUTH_TOKEN: "token" },
      "APCA_API_OAUTH_TOKEN is set but never read",
      "ALPACA_PAPER_OAUTH_TOKEN for paper or ALPACA_OAUTH_TOKEN for live",
    );
    expect(load({ APCA_API_KEY_ID: "PKTEST" }).mode).toBe("paper");
    expect(loadConfig({ ...HOME, ALPACA_PAPER_OAUTH_TOKEN: "token", APCA_API_OAUTH_TOKEN: "token" }).mode).toBe("paper");
    expect(loadConfig({ ...HOME, TRADING_MODE: "simulator", APCA_API_KEY_ID: "PKTEST" }).mode).toBe("simulator");
  });

  test("an unknown ALPACA_ variable is an error that suggests the nearest name", () => {
    expectProblem({ ...HOME, ALPACA_PAPER_KEYS: "PK" }, /^ALPACA_PAPER_KEYS is not a setting; did you mean ALPACA_PAPER_KEY\?$/);
    expectProblem(paperWith({ ALPACA_DATAFEED: "iex" }), "did you mean ALPACA_DATA_FEED?");
    expectProblem(
      paperWith({ alpaca_endpoint: "https://api.alpaca.markets" }),
      "alpaca_endpoint is not a setting; did you mean ALPACA_ENDPOINT?",
    );
    expect(load({ ALPACA_PAPER_TRADING: "" }).mode).toBe("paper");
  });

  test.each([
    ["MAX_ORDERVALUE", "MAX_ORDER_VALUE"],
    ["max_order_value", "MAX_ORDER_VALUE"],
    ["MAX_ORDER_VALUE_USD", "MAX_ORDER_VALUE"],
    ["MAX_DAILY_LOSS", "MAX_DAILY_LOSS_PERCENT"],
    ["MAX_DAILY_LOSS_PCT", "MAX_DAILY_LOSS_PERCENT"],
    ["SIGNAL_MAXAGE_SECONDS", "SIGNAL_MAX_AGE_SECONDS"],
    ["PROTECTED_SYMBOL", "PROTECTED_SYMBOLS"],
    ["CASH_RESERVE", "CASH_RESERVE_PERCENT"],
    ["LOGDIR", "LOG_DIR"],
    ["LOG_DIRS", "LOG_DIR"],
    ["HALT_FIEL", "HALT_FILE"],
    ["HALT_FILES", "HALT_FILE"],
    ["STATE_DIRS", "STATE_DIR"],
    ["TRADING_MOD", "TRADING_MODE"],
  ])("%s is close to a setting, so it is an error that names %s", (name, meant) => {
    expectProblem(paperWith({ [name]: "5" }), `${name} is not a setting; did you mean ${meant}?`);
  });

  test.each([
    "STATE_DIRECTORY",
    "LOGS_DIRECTORY",
    "NOTIFY_SOCKET",
    "LOGNAME",
    "HOSTNAME",
    "LOG_LEVEL",
    "DASHBOARD_URL",
    "HALT",
    "STAGE_DIR",
    "STATIC_DIR",
    "LOGS_DIR",
    "TELEGRAM_TOKEN",
  ])("%s belongs to another program and is ignored", (name) => expect(load({ [name]: "5" }).mode).toBe("paper"));
});

describe("in .env, which is mostly ours", () => {
  const inFile = (name: string): Environment => ({ ...PAPER, [name]: "5", [NAMES_IN_FILE]: new Set([name]) });

  test.each([
    ["TRADE_MODE", "TRADING_MODE"],
    ["STATIC_DIR", "STATE_DIR"],
    ["TELEGRAM_TOKEN", "TELEGRAM_BOT_TOKEN"],
    ["MAX_LOSS_PERCENT", "MAX_DAILY_LOSS_PERCENT"],
    ["LIVE_ACCOUNT", "LIVE_TRADING_ACCOUNT"],
  ])("%s is an error that names %s, although the environment may have it", (name, meant) => {
    expectProblem(inFile(name), `${name} is not a setting; did you mean ${meant}?`);
    expect(load({ [name]: "5" }).mode).toBe("paper");
  });

  test.each(["API_URL", "WEBHOOK_URL", "MY_STRATEGY", "LOG_LEVEL", "DATA_DIR", "SIGNAL_URL", "MAX_POSITIONS"])(
    "%s may be the strategy's and is ignored",
    (name) => expect(loadConfig(inFile(name)).mode).toBe("paper"),
  );
});

describe("places", () => {
  test("the state directory comes from the first of STATE_DIR, systemd, XDG and the home directory", () => {
    const everything = { STATE_DIR: "/a", STATE_DIRECTORY: "/b:/c", XDG_STATE_HOME: "/d", HOME: "/home/ada" };
    expect(stateDirFrom(everything)).toBe("/a");
    expect(stateDirFrom({ ...everything, STATE_DIR: "" })).toBe("/b");
    expect(stateDirFrom({ XDG_STATE_HOME: "/d", HOME: "/home/ada" })).toBe("/d/alpaca-trader");
    expect(stateDirFrom({ XDG_STATE_HOME: "relative", HOME: "/home/ada" })).toBe("/home/ada/.local/state/alpaca-trader");
  });

  test("it is found even if everything else is wrong, because halt must work then too", () => {
    const broken = { STATE_DIR: "/a", TRADING_MODE: "??", ALPACA_KEY: "half", MIN_TRADE_VALUE: "none" };
    expect(() => loadConfig(broken)).toThrow(TraderError);
    expect(haltFilesFrom(broken).own).toBe("/a/HALT");
  });

  test("the machine's halt is at its default path or at HALT_FILE", () => {
    expect(load({ STATE_DIR: "/s" }).haltFiles).toEqual({ own: "/s/HALT", machine: "/var/lib/alpaca-trader/HALT", machineIsNamed: false });
    expect(load({ STATE_DIR: "/s", HALT_FILE: "/h" }).haltFiles).toEqual({ own: "/s/HALT", machine: "/h", machineIsNamed: true });
    expect(() => load({ HALT_FILE: "h" })).toThrow('HALT_FILE is "h"; expected an absolute path');
  });

  test("in simulator mode alerts and logs have separate paths, unless they are set", () => {
    const config = loadConfig({ STATE_DIR: "/s" });
    expect([config.strategies[0]?.alertsFile, config.logDir]).toEqual(["/s/simulator/nuclear_alerts.json", "/s/simulator"]);
    const named = loadConfig({ STATE_DIR: "/s", ALERTS_FILE: "/x/alerts", LOG_DIR: "/x" });
    expect([named.strategies[0]?.alertsFile, named.logDir]).toEqual(["/x/alerts", "/x"]);
  });

  test("each mode has its own ledger and lock, and one HALT applies to all", () => {
    const modes = [
      loadConfig({ ...HOME, STATE_DIR: "/s" }),
      load({ STATE_DIR: "/s" }),
      loadConfig({ ...LIVE, TRADING_MODE: "shadow", STATE_DIR: "/s" }),
      loadConfig({ ...LIVE, STATE_DIR: "/s" }),
    ];
    expect(modes.map(ledgerFile)).toEqual(["/s/simulator.sqlite", "/s/paper.sqlite", "/s/shadow.sqlite", "/s/live.sqlite"]);
    expect(modes.map(ledgerLockFile)).toEqual(["/s/simulator.lock", "/s/paper.lock", "/s/shadow.lock", "/s/live.lock"]);
    expect(new Set(modes.map(({ haltFiles }) => haltFiles.own))).toEqual(new Set(["/s/HALT"]));
  });
});

describe("the machine's time zone", () => {
  test.each(["Nonsense/Zone", "CET-1CEST", "/etc/localtime"])("TZ=%s, which Node silently takes for UTC, is refused", (TZ) => {
    expect(() => loadConfig({ ...HOME, TZ })).toThrow(/^TZ is ".*", which is no IANA time zone/);
    expect(loadConfig({ ...HOME, TZ, ALERTS_TIMEZONE: "Europe/London" }).alertsTimezone).toBe("Europe/London");
  });

  test.each(["", "UTC", ":Europe/London", "EST5EDT", "/usr/share/zoneinfo/Europe/London"])("TZ=%s is accepted", (TZ) => {
    expect(loadConfig({ ...HOME, TZ }).alertsTimezone).toMatch(/./);
  });
});

describe(".env", () => {
  test("the environment overrides .env, also with an empty value; the file is optional", () => {
    const directory = mkdtempSync(join(tmpdir(), "env-"));
    try {
      expect(valuesIn(directory, { A: "1" })).toEqual({ A: "1" });
      writeFileSync(join(directory, ".env"), 'A=file\nB="from file"\nC=file # remark\n');
      expect(valuesIn(directory, { A: "1", C: "" })).toEqual({ A: "1", B: "from file", C: "" });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test("systemd's credentials named like settings rank between the environment and .env", () => {
    const directory = mkdtempSync(join(tmpdir(), "env-"));
    try {
      const handed = join(directory, "credentials");
      mkdirSync(handed);
      writeFileSync(join(directory, ".env"), "ALPACA_PAPER_KEY=file\nALPACA_PAPER_SECRET=file\nLOG_DIR=/file\n");
      for (const name of ["ALPACA_PAPER_KEY", "ALPACA_PAPER_SECRET", "ALPACA_PAPER_KYE", "tls.pem"])
        writeFileSync(join(handed, name), `handed ${name}\n`);
      expect(valuesIn(directory, { CREDENTIALS_DIRECTORY: handed, ALPACA_PAPER_SECRET: "own" })).toEqual({
        CREDENTIALS_DIRECTORY: handed,
        ALPACA_PAPER_KEY: "handed ALPACA_PAPER_KEY",
        ALPACA_PAPER_SECRET: "own",
        // Not a setting; must be reported as an error instead of ignored.
        ALPACA_PAPER_KYE: "handed ALPACA_PAPER_KYE",
        LOG_DIR: "/file",
      });
      expect(() => loadEnvironment(directory, { CREDENTIALS_DIRECTORY: join(directory, "none") })).toThrow(/none cannot be read/);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test("an unreadable one is an error that names it", () => {
    const directory = mkdtempSync(join(tmpdir(), "env-"));
    try {
      mkdirSync(join(directory, ".env"));
      expect(() => loadEnvironment(directory, {})).toThrow(/\.env cannot be read/);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
