import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { createAlpacaBroker } from "../../src/broker/alpaca.ts";
import type { Config, Environment } from "../../src/domain/config.ts";
import { secretsIn } from "../../src/domain/credentials.ts";
import { stateDirFrom } from "../../src/config/state-dir.ts";
import { loadConfig } from "../../src/config/load.ts";
import { loadEnvironment, readableEnvironment } from "../../src/config/environment.ts";
import { SETTINGS } from "../../src/config/settings.ts";
import { TraderError } from "../../src/domain/errors.ts";
import { DateTime } from "luxon";
import { decimal, HUNDRED, ONE, ZERO } from "../../src/domain/decimal.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { anyText } from "../any-text.ts";

/** Far above the time needed, for a busy machine. */
const LIMIT_MS = 60_000;

const NAMES = [...Object.keys(SETTINGS), "HOME", "XDG_STATE_HOME", "STATE_DIRECTORY"];
const SECRET_NAMES = Object.entries(SETTINGS).flatMap(([name, setting]) => ("secret" in setting ? [name] : []));

const PLAUSIBLE = [
  "",
  " ",
  "0",
  "1",
  "-1",
  "00",
  "5.",
  ".5",
  "1e3",
  "1e-9",
  "NaN",
  "Infinity",
  "300",
  "99",
  "100",
  "100.0000000001",
  "999999999999",
  "9".repeat(400),
  "0x10",
  "१२",
  "1,5",
  "1 000",
  "paper",
  "LIVE",
  "Simulator",
  "true",
  "/",
  "/tmp/x",
  "tmp/x",
  "/tmp/\u0000x",
  "~/x",
  "https://paper-api.alpaca.markets",
  "https://paper-api.alpaca.markets/v2/",
  "https://api.alpaca.markets",
  "https://api.alpaca.markets.",
  "https://API.ALPACA.MARKETS:443",
  "http://localhost:8788",
  "http://127.1:1",
  "http://[::1]:99999",
  "https://user:pw@host",
  "https://",
  "https://ex ample",
  "https://paper-api.alpaca.markets?x=1#y",
  "ftp://host",
  "javascript:alert(1)",
  "Europe/London",
  "UTC",
  "utc+3",
  "Mars/Olympus",
  "local",
  "SMR,BWXT",
  "smr, brk.b ,,",
  ",",
  "SMR;DROP TABLE",
  "A".repeat(2_000),
  "iex",
  "nuclear:100:$ALERTS_FILE",
  "off",
  "8787",
  "root",
  "0",
  "$HOME",
  "__proto__",
  "constructor",
  "🚀",
  "\u202eabc",
  "line\nbreak",
];

const value = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...PLAUSIBLE) },
  anyText(80),
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.double().map(String),
  fc.webUrl({ withQueryParameters: true }),
);

const name = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...NAMES) },
  fc.constantFrom("ALPACA_PAPER_KEYS", "alpaca_key", "ALPACA_", "ALPACA_constructor", "__proto__", "PATH", ""),
  fc.string({ unit: "grapheme-ascii", maxLength: 12 }).map((end) => `ALPACA_${end}`),
);

const PAPER = { HOME: "/home/ada", ALPACA_PAPER_KEY: "PKFUZZ0000000001", ALPACA_PAPER_SECRET: "fuzz-secret-0123456789" };
const TOKEN = { HOME: "/home/ada", ALPACA_PAPER_OAUTH_TOKEN: "fuzz-token-0123456789" };
const LIVE = {
  HOME: "/home/ada",
  TRADING_MODE: "live",
  ALPACA_KEY: "AKFUZZ0000000001",
  ALPACA_SECRET: "fuzz-secret-live-012345",
  LIVE_TRADING_ACCOUNT: "123456789",
};

/** Suffix of every secret, so that it is recognised wherever it is shown. */
const MARK = "-S3CR3T";

/** Strange settings, alone or on top of valid ones. */
const environments: fc.Arbitrary<Environment> = fc
  .tuple(fc.constantFrom({}, { HOME: "/home/ada" }, PAPER, LIVE, TOKEN), fc.array(fc.tuple(name, value), { maxLength: 6 }))
  .map(([base, entries]) => marked({ ...base, ...(Object.fromEntries(entries) as Environment) }));

function marked(env: Environment): Environment {
  const secrets = SECRET_NAMES.filter((secret) => (env[secret]?.trim() ?? "") !== "");
  return { ...env, ...Object.fromEntries(secrets.map((secret) => [secret, `${env[secret] ?? ""}${MARK}`])) };
}

function outcomeOf(env: Environment): Config | TraderError {
  try {
    return loadConfig(env);
  } catch (error) {
    if (error instanceof TraderError) return error;
    throw error;
  }
}

describe("any environment", () => {
  test(
    "gives a configuration, or one error with exit 78 that names the wrong settings and shows no secret",
    () => {
      let [accepted, refused] = [0, 0];
      fc.assert(
        fc.property(environments, (env) => {
          const outcome = outcomeOf(env);
          if (outcome instanceof TraderError) {
            refused += 1;
            expectNamed(outcome, env);
          } else {
            accepted += 1;
            expectSound(outcome, env);
          }
        }),
        { seed: 78, numRuns: 1_000 },
      );
      expect(accepted).toBeGreaterThan(100);
      expect(refused).toBeGreaterThan(300);
    },
    LIMIT_MS,
  );

  test("gives `halt` a state directory, always the same and absolute", () => {
    fc.assert(
      fc.property(environments, (env) => {
        const directory = stateDirFrom(env);
        expect(stateDirFrom(env)).toBe(directory);
        fc.pre(env.HOME === undefined || env.HOME.trim() === "" || isAbsolute(env.HOME.trim()));
        expect(isAbsolute(directory)).toBe(true);
      }),
      { seed: 79, numRuns: 1_000 },
    );
  });

  test(
    "gives only usable configurations: a valid zone, and a venue that the mode may reach",
    () => {
      const clock = new VirtualClock(0);
      fc.assert(
        fc.property(environments, (env) => {
          const config = outcomeOf(env);
          if (config instanceof TraderError) return;
          expect(DateTime.fromMillis(0, { zone: config.alertsTimezone }).isValid).toBe(true);
          if (config.alpaca === undefined) return;
          const broker = createAlpacaBroker({
            name: "fuzz",
            mode: config.mode,
            alpaca: config.alpaca,
            clock,
            fetch: () => new Promise(() => undefined),
          });
          void broker.close();
          const host = new URL(config.alpaca.tradingUrl).hostname.replace(/\.$/, "");
          expect(host === "api.alpaca.markets" && config.mode !== "live").toBe(false);
        }),
        { seed: 80, numRuns: 500 },
      );
    },
    LIMIT_MS,
  );
});

describe("any .env", () => {
  test("is read without an unexpected exception, and never overrides the environment", () => {
    const directory = mkdtempSync(join(tmpdir(), "env-"));
    try {
      fc.assert(
        fc.property(
          fc.oneof(
            fc.uint8Array({ maxLength: 300 }),
            fc
              .array(fc.tuple(name, value), { maxLength: 8 })
              .map((entries) => Buffer.from(entries.map(([key, text]) => `${key}=${text}\n`).join(""))),
          ),
          (bytes) => {
            writeFileSync(join(directory, ".env"), bytes);
            for (const load of [loadEnvironment, readableEnvironment]) {
              const env = loaded(load, directory);
              if (env === undefined) continue;
              expect(env.ALPACA_PAPER_KEY).toBe("own");
              outcomeOf(env);
            }
          },
        ),
        { seed: 81, numRuns: 500 },
      );
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

/** `undefined`: refused in words. */
function loaded(load: typeof loadEnvironment, directory: string): Environment | undefined {
  try {
    return load(directory, { ALPACA_PAPER_KEY: "own" });
  } catch (error) {
    if (error instanceof TraderError && error.code === "configuration" && error.exitCode === 78) return undefined;
    throw error;
  }
}

function expectNamed(error: TraderError, env: Environment): void {
  expect(error).toMatchObject({ code: "configuration", exitCode: 78 });
  expect(error.hint).toContain(".env.example");
  const lines = error.message.split("\n");
  const problems = lines.length === 1 ? lines : lines.slice(1);
  for (const problem of problems) {
    const named = [...NAMES, ...Object.keys(env)].some((known) => known !== "" && problem.trimStart().startsWith(`${known} `));
    expect({ problem, named }).toEqual({ problem, named: true });
  }
  expect(error.message).not.toContain(MARK);
}

/** Every number is one, within the documented limits. */
function expectSound(config: Config, env: Environment): void {
  const { cashReserve, driftBand, minTradeValue, maxOrderValue, maxDailyTurnover, maxDailyLoss } = config;
  for (const fraction of [cashReserve, driftBand]) expect(fraction.gte(ZERO) && fraction.lt(ONE)).toBe(true);
  expect(cashReserve.plus(driftBand).lt(ONE)).toBe(true);
  expect(minTradeValue.gte(ZERO)).toBe(true);
  expect(maxOrderValue === undefined || maxOrderValue.gte(ONE)).toBe(true);
  expect(maxDailyTurnover === undefined || (maxDailyTurnover.gt(ZERO) && maxDailyTurnover.lte(HUNDRED))).toBe(true);
  expect(maxDailyLoss === undefined || (maxDailyLoss.gte(decimal("0.0001")) && maxDailyLoss.lte(ONE))).toBe(true);
  for (const seconds of [
    config.signalMaxAgeSeconds,
    config.batchSettleSeconds,
    config.orderTimeoutSeconds,
    config.executionDeadlineSeconds,
  ])
    expect(Number.isFinite(seconds) && seconds >= 0).toBe(true);
  expect(config.orderTimeoutSeconds).toBeLessThan(config.executionDeadlineSeconds);
  for (const path of [config.logDir, config.strategies[0]?.alertsFile ?? ""])
    expect(path.startsWith("/") || config.mode === "simulator").toBe(true);
  expect(config.mode !== "live" || env.TRADING_MODE?.trim().toLowerCase() === "live").toBe(true);
  expect(config.mode === "simulator" || (config.alpaca !== undefined && !secretsIn(config.alpaca).includes(""))).toBe(true);
}
