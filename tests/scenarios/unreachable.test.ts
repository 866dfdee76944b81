import { describe, expect, test } from "@jest/globals";
import { systemClock } from "../../src/domain/clock.ts";
import type { VenueResponse } from "../../src/simulator/wire.ts";
import { LIMIT_MS, Scenario } from "./harness.ts";
import { NUCLEAR } from "./strategy.ts";
import { expectExit, until } from "./trader-process.ts";

const BAD_GATEWAY: VenueResponse = {
  status: 502,
  headers: { "content-type": "text/html" },
  body: "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>",
};

const DAY_MS = 86_400_000;

/** The same answer as the venue's, closed. */
function closed(response: VenueResponse): VenueResponse {
  const tomorrow = new Date(systemClock.now() + DAY_MS).toISOString();
  const body = { ...(JSON.parse(response.body) as object), is_open: false, next_open: tomorrow, next_close: tomorrow };
  return { ...response, body: JSON.stringify(body) };
}

describe("the broker", () => {
  test(
    "refuses the keys: exit 1 at once, with a hint at the settings",
    async () => {
      const scenario = await Scenario.open({ venue: { credentials: { keyId: "another", secret: "pair" } } });
      scenario.alert(NUCLEAR);

      // One after the other: both would take the trading lock.
      const execute = await scenario.run(["execute"]);
      const [run, status] = await Promise.all([scenario.run(["run"]), scenario.status()]);

      for (const ended of [execute, run]) {
        expectExit(ended, 1);
        expect(ended.stderr).toMatch(/refused the keys/);
        expect(ended.stderr).toContain("Hint: Check ALPACA_PAPER_KEY and ALPACA_PAPER_SECRET");
      }
      expectExit(status, 1);
      expect(status.stdout).toContain("The account could not be read");
    },
    LIMIT_MS,
  );

  test(
    "answers with a proxy's HTML page for two seconds: execute waits, then trades; the daemon too",
    async () => {
      const scenarios = [await Scenario.open(), await Scenario.open()] as const;
      for (const { simulator } of scenarios) simulator.venue.interceptor = { before: () => Promise.resolve(BAD_GATEWAY) };
      for (const scenario of scenarios) scenario.alert(NUCLEAR);

      const execute = scenarios[0].start(["execute"]);
      const daemon = scenarios[1].start(["run"]);
      await daemon.says(/Cannot read the account yet: .*502/);
      await systemClock.sleep(2_000);
      for (const { simulator } of scenarios) simulator.venue.interceptor = {};

      expectExit(await execute.end(), 0);
      await scenarios[0].filled(3);
      await scenarios[1].filled(3);
      expectExit(await daemon.stop(), 0);
      for (const { output } of [execute, daemon]) expect(output).not.toContain("<html>");
    },
    LIMIT_MS,
  );
});

describe("a broker that never answers", () => {
  test(
    "does not keep the daemon from being stopped: exit 0",
    async () => {
      const scenario = await Scenario.open();
      const asked: string[] = [];
      const silence = Promise.withResolvers<undefined>();
      scenario.simulator.venue.interceptor = { before: ({ url }) => (asked.push(url), silence.promise) };
      const daemon = scenario.start(["run"]);
      await until(() => asked.length > 0, "a request");

      expectExit(await daemon.stop(), 0);

      silence.resolve(undefined);
    },
    LIMIT_MS,
  );
});

describe("the market is closed", () => {
  test(
    "execute shows the account and refuses with 3; --ignore-market-hours queues the buys; a dry run plans",
    async () => {
      const scenario = await Scenario.open({ venue: { fillLatencyMs: 3_600_000 } });
      scenario.simulator.venue.interceptor = {
        after: ({ url }, response) => Promise.resolve(url.startsWith("/v2/clock") ? closed(response) : response),
      };
      scenario.alert(NUCLEAR);

      const refused = await scenario.execute();
      expectExit(refused, 3);
      expect(refused.stdout).toContain("Portfolio Value: $100,000.00");
      expect(refused.stdout).toMatch(/Not executed, market-closed: The market is closed; it opens at/);
      expectExit(await scenario.execute({ dryRun: true }), 0);
      expect(scenario.orders).toEqual([]);

      const queued = await scenario.run(["execute", "--ignore-market-hours"]);
      expectExit(queued, 0);
      expect(queued.stdout).toMatch(/queued/i);
      expect(scenario.orders).toHaveLength(3);
    },
    LIMIT_MS,
  );
});

describe("the account", () => {
  test(
    "is blocked: exit 3, said so, no order; unblocked, the same run is executed",
    async () => {
      const scenario = await Scenario.open();
      scenario.simulator.exchange.setFlags({ tradingBlocked: true });
      scenario.alert(NUCLEAR);

      const refused = await scenario.execute();

      expectExit(refused, 3);
      expect(refused.stdout).toMatch(/Not executed, account-blocked: The account may not trade/);
      expect((await scenario.status()).stdout).toContain("Trading: REFUSED. The broker blocks it: trading_blocked.");
      expect(scenario.orders).toEqual([]);
      scenario.simulator.exchange.setFlags({ tradingBlocked: false });
      expectExit(await scenario.execute(), 0);
      expect(scenario.orders).toHaveLength(3);
    },
    LIMIT_MS,
  );

  test(
    "is another one than before: exit 3 until it is pinned",
    async () => {
      const first = await Scenario.open();
      expectExit(await first.execute(), 0);
      const other = await Scenario.open({ env: { STATE_DIR: first.path("state") } });
      other.alert(NUCLEAR);

      const refused = await other.execute();
      const daemon = await other.run(["run"]);

      for (const ended of [refused, daemon]) {
        expectExit(ended, 3);
        expect(ended.stderr).toContain(
          `This ledger trades for account ${first.accountNumber}, but the keys belong to account ${other.accountNumber}`,
        );
        expect(ended.stderr).toContain(`alpaca-trader account --pin ${other.accountNumber}`);
        expect(ended.stdout).toContain("Portfolio Value: $100,000.00");
      }
      expect(other.orders).toEqual([]);
      expect((await other.status()).stdout).toContain(`Trading: REFUSED. This ledger trades for account ${first.accountNumber}, but`);
      const wrong = await other.run(["account", "--pin", "PA1"]);
      expectExit(wrong, 1);
      expect(wrong.stdout).toBe("");
      expectExit(await other.run(["account", "--pin", other.accountNumber]), 0);
      expectExit(await other.execute(), 0);
      expect(other.orders).toHaveLength(3);
    },
    LIMIT_MS,
  );
});
