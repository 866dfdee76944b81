import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { systemClock } from "../../src/domain/clock.ts";
import type { Clock } from "../../src/domain/clock.ts";
import type { Check, CheckId } from "../../src/doctor/check.ts";
import { CHECKS } from "../../src/doctor/check.ts";
import { KEY, LIMIT_MS, Scenario, SECRET } from "./harness.ts";
import { NotificationService } from "./notification-service.ts";
import { NUCLEAR, runOf } from "./strategy.ts";
import type { Ended } from "./trader-process.ts";
import { expectExit } from "./trader-process.ts";

type Environment = Parameters<Scenario["run"]>[1];

interface Diagnosis {
  readonly ended: Ended;
  readonly ok: boolean;
  readonly checks: readonly Check[];
  of(id: CheckId): readonly Check[];
}

const OF_ONE_ACCOUNT = Object.keys(CHECKS).filter((id) => !id.startsWith("fleet-"));

function containing(words: string): string {
  return expect.stringContaining(words) as unknown as string;
}

/** `doctor --json` in a process of its own. */
async function commandsDiagnosis(scenario: Scenario): Promise<Diagnosis> {
  return diagnosisIn(await scenario.run(["doctor", "--json"]));
}

/** The same within this process. */
async function diagnosis(scenario: Scenario, env: Environment = {}, notify = false): Promise<Diagnosis> {
  return diagnosisIn(await scenario.type(["doctor", "--json", ...(notify ? ["--notify"] : [])], env));
}

function diagnosisIn(ended: Ended): Diagnosis {
  const { ok, checks } = JSON.parse(ended.stdout) as { ok: boolean; checks: Check[] };
  expect(ended.stderr).toBe("");
  expect(checks.filter(({ title, text }) => title === "" || text === "")).toEqual([]);
  expect([...new Set(checks.map(({ id }) => id))]).toEqual(OF_ONE_ACCOUNT);
  expect(ended.output).not.toContain(KEY);
  expect(ended.output).not.toContain(SECRET);
  expect(ok).toBe(!checks.some(({ status }) => status === "failed"));
  expectExit(ended, ok ? 0 : 1);
  return { ended, ok, checks, of: (id) => checks.filter((check) => check.id === id) };
}

/** The one thing that fails, and what it says. */
function onlyFailure({ checks }: Diagnosis): Check | undefined {
  const failures = checks.filter(({ status }) => status === "failed");
  expect(failures.map(({ id, text }) => `${id}: ${text}`)).toHaveLength(1);
  return failures[0];
}

describe("doctor, where all is well,", () => {
  test(
    "has a line with a sign for everything, ends with 0, and sends no order",
    async () => {
      const scenario = await Scenario.open();
      scenario.alert(NUCLEAR);

      const ended = await scenario.run(["doctor"]);

      expectExit(ended, 0);
      for (const line of [
        /^✓ Node: 2\d\./m,
        /^✓ configuration: paper \(TRADING_MODE is unset and paper keys are set\)/m,
        /^✓ ledger: there is no .*paper\.sqlite yet/m,
        /^! trading lock: no daemon is running/m,
        /^✓ alerts file: .* is trusted; [\d,]+ bytes, last written \d+ m?s ago$/m,
        /^✓ newest run: SMR, LEU, OKLO, stamped .*: fresh and complete, it would be executed$/m,
        /^✓ time zone of the alerts: /m,
        /^✓ connection: Alpaca paper at 127\.0\.0\.1:\d+ answers/m,
        /^✓ clock: our clock agrees with the broker's$/m,
        new RegExp(`^✓ account number: ${scenario.accountNumber};`, "m"),
        /^✓ buying power: \$100,000\.00, cash \$100,000\.00$/m,
        /^✓ market session: open until /m,
        /^✓ assets: SMR, LEU, OKLO: tradable and fractionable$/m,
        /^✓ prices: SMR \$40\.00, LEU \$200\.00, OKLO \$50\.00/m,
        /^✓ order stream: connected, authenticated and listening/m,
        /^ {2}Hint: \S/m,
        /\n0 failed, \d+ warnings?, \d+ passed, \d+ skipped\n$/,
      ])
        expect(ended.stdout).toMatch(line);
      expect(scenario.orders).toEqual([]);
      expect(scenario.log).toBe("");

      // What it saw it has not used up.
      expectExit(await scenario.execute(), 0);
      expect(scenario.orders).toHaveLength(3);
      const after = await commandsDiagnosis(scenario);
      expect(after.of("account-number")[0]?.text).toContain("which the ledger is pinned to");
      expect(after.of("alerts-run")[0]).toMatchObject({ status: "ok", text: containing("executed") });
      expect(scenario.orders).toHaveLength(3);
    },
    LIMIT_MS,
  );

  test(
    "works next to a running daemon and leaves the stream to it; in simulator mode it shares the daemon's venue",
    async () => {
      const scenario = await Scenario.open();
      const daemon = await scenario.daemon();
      const beside = await diagnosis(scenario);
      expect(beside.ok).toBe(true);
      expect(beside.of("trading-lock")[0]).toMatchObject({
        status: "ok",
        text: containing(`process ${String(daemon.pid)} (run, paper`),
      });
      expect(beside.of("stream")[0]).toMatchObject({
        status: "skipped",
        text: containing("uses the order stream"),
      });

      const elsewhere = await diagnosis(scenario, { STATE_DIR: scenario.path("other-state") });
      expect(onlyFailure(elsewhere)).toMatchObject({
        id: "account-number",
        text: containing(`process ${String(daemon.pid)}`),
      });

      scenario.alert(NUCLEAR);
      await scenario.filled(3);
      expectExit(await daemon.stop(), 0);

      const bare = { ALPACA_PAPER_ENDPOINT: undefined, ALPACA_PAPER_KEY: undefined, ALPACA_PAPER_SECRET: undefined };
      const simulator = await scenario.daemon(bare);
      const shared = await diagnosis(scenario, bare);
      expect(shared.ok).toBe(true);
      expect(shared.of("stream")[0]?.status).toBe("ok");
      expect(shared.of("keys")[0]?.text).toContain("needs no keys");
      expectExit(await simulator.stop(), 0);
      expect((await diagnosis(scenario, bare)).ok).toBe(true);
    },
    LIMIT_MS,
  );

  test(
    "sends a test to people only when told to",
    async () => {
      const service = await NotificationService.open();
      try {
        const env = {
          NOTIFY_WEBHOOK_URL: `${service.url}/hook/0123456789abcdef0123`,
          HEARTBEAT_URL: `${service.url}/ping/0123456789abcdef0123`,
        };
        const scenario = await Scenario.open({ env });
        const silent = await diagnosis(scenario);
        expect(silent.of("notifications")[0]?.text).toContain("`doctor --notify` sends a test");
        expect(service.received).toEqual([]);

        const sent = await diagnosis(scenario, {}, true);
        expect([...sent.of("notifications"), ...sent.of("heartbeat")].map(({ status, text }) => `${status} ${text}`)).toEqual([
          expect.stringMatching(/^ok webhook .* accepted the test$/),
          expect.stringMatching(/^ok heartbeat .* accepted the test$/),
        ]);
        expect(service.received).toHaveLength(2);

        service.manner = { status: 404, body: "no such hook 0123456789abcdef0123" };
        const refused = await diagnosis(scenario, {}, true);
        expect(refused.of("notifications")[0]?.status).toBe("failed");
        expect(refused.ended.output).not.toContain("0123456789abcdef0123");
      } finally {
        await service.close();
      }
    },
    LIMIT_MS,
  );
});

describe("doctor names what is broken at the broker:", () => {
  test(
    "wrong keys or forbidden ones, and skips the checks that need them",
    async () => {
      const scenario = await Scenario.open();
      for (const [status, body, words] of [
        [401, '{"message":"unauthorized."}', "does not accept them (HTTP 401)"],
        [403, '{"message":"forbidden."}', "denies access (HTTP 403)"],
      ] as const) {
        scenario.simulator.venue.interceptor = {
          before: () => Promise.resolve({ status, headers: { "content-type": "application/json" }, body }),
        };
        const found = await diagnosis(scenario);
        expect(onlyFailure(found)).toMatchObject({ id: "keys", text: containing(words) });
        expect(found.of("connection")[0]?.status).toBe("ok");
        for (const id of ["account", "positions", "prices", "stream"] as const)
          expect(found.of(id)[0]).toMatchObject({ status: "skipped", text: "skipped: the keys or the token are not accepted" });
      }
      expect(scenario.orders).toEqual([]);
    },
    LIMIT_MS,
  );

  test(
    "nobody answers",
    async () => {
      const scenario = await Scenario.open();
      const found = await diagnosis(scenario, { ALPACA_PAPER_ENDPOINT: "http://127.0.0.1:1" });
      expect(onlyFailure(found)?.id).toBe("connection");
      expect(found.of("account")[0]?.text).toBe("skipped: there is no connection to the broker");
      expect(found.of("disk-space")[0]?.status).not.toBe("skipped");
    },
    LIMIT_MS,
  );

  test(
    "a blocked account, a short position, symbols that cannot be traded, a feed that was not paid for",
    async () => {
      const scenario = await Scenario.open();
      scenario.alert(NUCLEAR);
      const { exchange } = scenario.simulator;
      exchange.setFlags({ tradingBlocked: true });
      expect(onlyFailure(await diagnosis(scenario))).toMatchObject({
        id: "account",
        text: containing("trading_blocked"),
      });
      exchange.setFlags({ tradingBlocked: false });

      Object.assign(exchange.state.assets.get("LEU")!, { fractionable: false });
      Object.assign(exchange.state.assets.get("OKLO")!, { tradable: false });
      const assets = (await diagnosis(scenario)).of("assets");
      expect(assets.map(({ status, text }) => `${status} ${text}`)).toEqual(["failed not tradable: OKLO", "warning not fractionable: LEU"]);
      Object.assign(exchange.state.assets.get("OKLO")!, { tradable: true });

      const sip = onlyFailure(await diagnosis(scenario, { ALPACA_DATA_FEED: "sip" }));
      expect(sip).toMatchObject({ id: "prices", hint: containing("ALPACA_DATA_FEED=iex") });

      scenario.simulator.venue.interceptor = {
        after: (request, response) => Promise.resolve(request.url.startsWith("/v2/positions") ? { ...response, body: SHORT } : response),
      };
      expect(onlyFailure(await diagnosis(scenario))).toMatchObject({
        id: "positions",
        text: containing("short: TQQQ"),
      });
      expect(scenario.orders).toEqual([]);
    },
    LIMIT_MS,
  );

  test(
    "what the broker does not tell although it shows the account",
    async () => {
      const scenario = await Scenario.open();
      scenario.simulator.venue.interceptor = {
        after: (request, response) =>
          Promise.resolve(
            /^\/v2\/(clock|positions)/.test(request.url)
              ? { ...response, status: 422, body: '{"code":42210000,"message":"no"}' }
              : response,
          ),
      };
      const found = await diagnosis(scenario);
      for (const id of ["broker-clock", "positions"] as const)
        expect(found.of(id)[0]).toMatchObject({ status: "failed", text: containing("422") });
      expect(found.of("account")[0]?.status).toBe("ok");
      expect(found.of("market-session")[0]?.status).toBe("skipped");
    },
    LIMIT_MS,
  );

  test.each([
    [3_000, "warning", "behind"],
    [-60_000, "failed", "ahead of"],
  ])(
    "our clock, %d ms off, counts as %s",
    async (ahead, status, words) => {
      const scenario = await Scenario.open({ venue: { clock: clockAhead(ahead) } });
      const found = await diagnosis(scenario);
      expect(found.of("broker-clock")[0]).toMatchObject({ status, text: containing(words) });
      expect(found.ok).toBe(status !== "failed");
    },
    LIMIT_MS,
  );

  test(
    "another account than the ledger's or than LIVE_TRADING_ACCOUNT",
    async () => {
      const scenario = await Scenario.open();
      const live = {
        ALPACA_PAPER_ENDPOINT: undefined,
        ALPACA_PAPER_KEY: undefined,
        ALPACA_PAPER_SECRET: undefined,
        TRADING_MODE: "live",
        ALPACA_ENDPOINT: scenario.simulator.url,
        ALPACA_KEY: KEY,
        ALPACA_SECRET: SECRET,
      };
      expect(onlyFailure(await diagnosis(scenario, { ...live, LIVE_TRADING_ACCOUNT: "PA1" }))).toMatchObject({ id: "account-number" });
      const right = await diagnosis(scenario, { ...live, LIVE_TRADING_ACCOUNT: scenario.accountNumber });
      expect(right.ok).toBe(true);
      expect(right.of("keys")[0]?.text).toContain("LIVE trading, real money");
    },
    LIMIT_MS,
  );
});

describe("doctor names what is broken on the machine:", () => {
  test(
    "every wrong setting on its own line, with exit 1, and still runs the other checks",
    async () => {
      const scenario = await Scenario.open();
      const found = await diagnosis(scenario, { TRADING_MODE: "papr", MIN_TRADE_VALUE: "few", ALPACA_PAPER_SECRIT: SECRET });
      expect(found.of("configuration").map(({ status }) => status)).toEqual(["failed", "failed", "failed"]);
      expect(found.of("configuration").map(({ text }) => text.split(" ")[0])).toEqual([
        "TRADING_MODE",
        "MIN_TRADE_VALUE",
        "ALPACA_PAPER_SECRIT",
      ]);
      expect(found.of("keys")[0]?.text).toBe("skipped: the configuration is wrong");
      for (const id of ["node", "state-directory", "disk-space", "halt"] as const) expect(found.of(id)[0]?.status).toBe("ok");
    },
    LIMIT_MS,
  );

  test(
    "a settings file that anyone can read, and one that cannot be read at all",
    async () => {
      const scenario = await Scenario.open();
      writeFileSync(scenario.path(".env"), `ALPACA_PAPER_SECRET=${SECRET}\n`);
      chmodSync(scenario.path(".env"), 0o644);
      const open = await diagnosis(scenario, { ALPACA_PAPER_SECRET: undefined });
      expect(open.of("settings-file")[0]).toMatchObject({
        status: "warning",
        text: containing("anyone on this machine"),
      });
      expect(open.of("keys")[0]?.status).toBe("ok");

      const other = await Scenario.open();
      mkdirSync(other.path(".env"));
      const unreadable = await diagnosis(other);
      expect(onlyFailure(unreadable)?.id).toBe("settings-file");
      expect(unreadable.of("configuration")[0]?.status).toBe("skipped");
    },
    LIMIT_MS,
  );

  test(
    "an alerts file that anyone can write, and one in the wrong zone",
    async () => {
      const scenario = await Scenario.open();
      scenario.append(runOf(NUCLEAR, systemClock.now() - 1_000));
      const zone = await diagnosis(scenario, { ALERTS_TIMEZONE: "UTC" });
      expect(onlyFailure(zone)).toMatchObject({ id: "alerts-run", text: containing("future") });
      expect(zone.of("alerts-time-zone")[0]).toMatchObject({
        status: "warning",
        text: containing("UTC+05:30 would fit"),
      });

      chmodSync(scenario.alertsFile, 0o666);
      const found = await diagnosis(scenario);
      expect(onlyFailure(found)).toMatchObject({ id: "alerts-file", hint: containing("chmod 644") });
      expect(found.of("alerts-run")[0]?.status).toBe("skipped");
    },
    LIMIT_MS,
  );

  test(
    "a planted link in the place of a log, and follows it nowhere",
    async () => {
      const scenario = await Scenario.open();
      writeFileSync(scenario.path("victim"), "untouched");
      symlinkSync(scenario.path("victim"), scenario.path("logs", "alpaca_trader.log"));
      expect(onlyFailure(await diagnosis(scenario))).toMatchObject({
        id: "log-directory",
        text: containing("symbolic link"),
      });
      expect(readFileSync(scenario.path("victim"), "utf8")).toBe("untouched");
    },
    LIMIT_MS,
  );

  test(
    "a damaged ledger, which it leaves as it is, and a halt",
    async () => {
      const scenario = await Scenario.open();
      expectExit(await scenario.execute(), 0);
      writeFileSync(scenario.path("state", "HALT"), JSON.stringify({ id: "by-test", reason: "a look at the books" }));
      const halted = await diagnosis(scenario);
      expect(halted.of("halt")[0]).toMatchObject({ status: "warning", text: containing("a look at the books") });
      expect(halted.ok).toBe(true);

      const file = scenario.path("state", "paper.sqlite");
      const bytes = Buffer.from(readFileSync(file)).fill(0x5a, 4_096, 12_288);
      writeFileSync(file, bytes);
      const damaged = await diagnosis(scenario);
      expect(onlyFailure(damaged)).toMatchObject({ id: "ledger", text: containing("damaged") });
      expect(damaged.of("open-work")[0]?.text).toBe("skipped: the ledger cannot be read");
      expect(damaged.of("account")[0]?.status).toBe("ok");
      expect(readFileSync(file).equals(bytes)).toBe(true);
      expect(statSync(file).size).toBe(bytes.length);
    },
    LIMIT_MS,
  );
});

const SHORT = JSON.stringify([
  {
    asset_id: "b0b6dd9d",
    symbol: "TQQQ",
    exchange: "NASDAQ",
    asset_class: "us_equity",
    avg_entry_price: "80",
    qty: "-5",
    side: "short",
    market_value: "-400",
    cost_basis: "-400",
    current_price: "80",
  },
]);

/** A clock that goes as the machine's does, so much ahead of it. */
function clockAhead(ms: number): Clock {
  return { ...systemClock, now: () => systemClock.now() + ms };
}
