import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "@jest/globals";
import { systemClock } from "../../src/domain/clock.ts";
import type { AccountOptions } from "../../src/simulator/many-accounts.ts";
import { HEDGE, NUCLEAR, runOf } from "../scenarios/strategy.ts";
import { expectExit, PATIENCE_MS, until } from "../scenarios/trader-process.ts";
import { NotificationService } from "../scenarios/notification-service.ts";
import { FleetInstallation } from "./fleet-installation.ts";

const LONG = 3 * PATIENCE_MS;
const TRADED = ["buy LEU filled", "buy OKLO filled", "buy SMR filled", "sell TQQQ filled"];

let fleet: FleetInstallation;

afterEach(() => fleet.close());

const now = (): number => systemClock.now();

async function bought(name: string): Promise<void> {
  await until(
    () => fleet.bookOf(name).join() === TRADED.join(),
    `the orders of ${name}`,
    () => fleet.bookOf(name).join(),
  );
}

describe("a fleet", () => {
  test(
    "trades one run in every account, with as many orders as each would have alone, and reports it",
    async () => {
      const names = ["anna", "ben", "carl", "dora", "emil"];
      fleet = await FleetInstallation.open(names);
      const running = fleet.start();
      await running.says(/Ready: paper: 5 of 5 accounts watch/);

      fleet.alert(runOf(NUCLEAR, now()));
      await running.says(/Fleet: on target 5\./);

      for (const name of names) expect(fleet.bookOf(name)).toEqual(TRADED);
      const status = await fleet.run(["fleet", "status"]);
      expectExit(status, 0);
      expect(status.stdout).toMatch(/5 of 5 {3}on target 5/);
      const explained = await fleet.type(["fleet", "explain", "carl"]);
      expect(explained.stdout).toMatch(/Verdict: executed/);
      const json = JSON.parse((await fleet.type(["fleet", "report", "--json"])).stdout) as {
        accounts: { orders: number; standing: string }[];
      };
      expect(json.accounts.map(({ orders, standing }) => `${String(orders)} ${standing}`)).toEqual(Array(5).fill("4 on-target"));
      const fairness = await fleet.type(["fleet", "report", "--fairness"]);
      expectExit(fairness, 0);
      expect(fairness.stdout).toMatch(/carl +1 +\d+ % +\d+\.\d s/);
      expect(fairness.stdout).toContain("5 accounts: none trades earlier or later than chance explains");
      expectExit(await running.stop(), 0);
    },
    LONG,
  );

  test(
    "goes on after a kill in the middle of the sales, and sends no order twice",
    async () => {
      const names = ["anna", "ben", "carl", "dora", "emil", "fred"];
      fleet = await FleetInstallation.open(names, { venue: { fillLatencyMs: 300 } });
      const killed = fleet.start();
      await killed.says(/Ready: paper: 6 of 6/);
      fleet.alert(runOf(NUCLEAR, now()));
      await until(() => names.filter((name) => fleet.ordersOf(name).length > 0).length >= 3, "three accounts to sell");
      killed.kill("SIGKILL");
      await killed.end();

      const running = fleet.start();
      for (const name of names) await bought(name);
      await running.says(/Fleet: on target 6\./);

      await until(
        () => names.every((name) => fleet.withLedger(name, (ledger) => ledger.openExecutions().length === 0)),
        "all executions to end",
      );
      const status = await fleet.type(["fleet", "status"]);
      expect(status.stdout).toMatch(/6 of 6 {3}on target 6/);
      expectExit(await running.stop(), 0);
    },
    LONG,
  );

  test(
    "logs what is wrong with the alerts once for all accounts, and again when it comes again",
    async () => {
      fleet = await FleetInstallation.open(["anna", "ben", "carl"]);
      const file = fleet.env.ALERTS_FILE ?? "";
      const running = fleet.start();
      await running.says(/Ready: paper: 3 of 3/);
      const times = (): number => running.output.match(/: untrusted\. /g)?.length ?? 0;
      for (const time of [1, 2]) {
        writeFileSync(file, "");
        chmodSync(file, 0o666);
        await until(() => times() >= time, "the verdict untrusted");
        await systemClock.sleep(1_500);
        expect(times()).toBe(time);
        chmodSync(file, 0o644);
        await systemClock.sleep(1_500);
      }
      expectExit(await running.stop(), 0);
    },
    LONG,
  );

  test(
    "sends one message for a signal, from the daemon and from `fleet execute`",
    async () => {
      const service = await NotificationService.open();
      fleet = await FleetInstallation.open(["anna", "ben"], {
        settings: { NOTIFY_WEBHOOK_URL: `${service.url}/hook`, NOTIFY_WEBHOOK_KIND: "json" },
      });
      try {
        const running = fleet.start();
        await running.says(/Ready: paper: 2 of 2/);
        fleet.alert(runOf(NUCLEAR, now()));
        await running.says(/Fleet: on target 2\./);
        const busy = await fleet.run(["fleet", "execute"]);
        expectExit(busy, 3);
        expect(busy.stderr).toMatch(/Another trader is running/);
        expectExit(await running.stop(), 0);
        fleet.alert(runOf(HEDGE, now()));
        expectExit(await fleet.run(["fleet", "execute"]), 0);

        const titles = service.titles.filter((title) => title.includes("accounts"));
        expect(titles).toEqual(Array(2).fill(expect.stringContaining("2 accounts: on target 2")));
      } finally {
        await service.close();
      }
    },
    LONG,
  );

  test(
    "trades nothing in a halted account, and all others; a resumed one follows while the run is fresh",
    async () => {
      fleet = await FleetInstallation.open(["anna", "ben", "carl"], { own: { ben: { FLEET_GROUP: "family" } } });
      const running = fleet.start();
      await running.says(/Ready: paper: 3 of 3/);
      const halted = await fleet.run(["halt", "--group", "family", "--reason", "a test"]);
      expectExit(halted, 0);

      fleet.alert(runOf(NUCLEAR, now()));
      await bought("anna");
      await bought("carl");
      await until(() => fleet.withLedger("ben", (ledger) => ledger.recentSignals(1)[0]?.verdict === "halted"), "the verdict halted");
      expect(fleet.bookOf("ben")).toEqual([]);
      expect((await fleet.type(["fleet", "status"])).code).toBe(3);

      expectExit(await fleet.type(["resume", "--account", "ben"]), 0);
      await bought("ben");
      expectExit(await running.stop(), 0);
    },
    LONG,
  );

  test(
    "is halted as a whole by one command, which every account obeys",
    async () => {
      fleet = await FleetInstallation.open(["anna", "ben"]);
      const running = fleet.start();
      await running.says(/Ready: paper: 2 of 2/);
      expectExit(await fleet.run(["halt"]), 0);

      fleet.alert(runOf(NUCLEAR, now()));
      for (const name of ["anna", "ben"])
        await until(() => fleet.withLedger(name, (ledger) => ledger.recentSignals(1)[0]?.verdict === "halted"), `${name} to be halted`);

      expect([...fleet.bookOf("anna"), ...fleet.bookOf("ben")]).toEqual([]);
      const alone = await fleet.type(["resume", "--account", "ben"]);
      expect(alone.stdout).toMatch(/Still halted by .*HALT .*without --account lifts it/);
      expectExit(await running.stop(), 0);
    },
    LONG,
  );

  test(
    "holds the others back while a canary is off target, and lets them go once it has reached it",
    async () => {
      fleet = await FleetInstallation.open(["anna", "ben", "first"], { own: { first: { FLEET_CANARY: "on" } } });
      fleet.exchangeOf("first").setFlags({ tradingBlocked: true });
      const running = fleet.start();
      await running.says(/Ready: paper: 3 of 3/);
      fleet.alert(runOf(NUCLEAR, now()));
      await running.says(/not executed.*account-blocked|Not executed, account-blocked.*account=first/);
      await systemClock.sleep(500);
      expect([...fleet.bookOf("anna"), ...fleet.bookOf("ben")]).toEqual([]);

      fleet.exchangeOf("first").setFlags({ tradingBlocked: false });
      for (const name of ["first", "anna", "ben"]) await bought(name);
      const firstDone = fleet.withLedger("first", (ledger) => ledger.recentExecutions(1)[0]?.finishedAt ?? Infinity);
      const othersBegan = ["anna", "ben"].map((name) => fleet.withLedger(name, (ledger) => ledger.recentExecutions(1)[0]?.startedAt ?? 0));
      expect(Math.min(...othersBegan)).toBeGreaterThanOrEqual(firstDone);
      expectExit(await running.stop(), 0);
    },
    LONG,
  );

  test(
    "sets an account aside whose keys are refused, trades the others, and shows one account's keys nowhere",
    async () => {
      const accountOf = (key: string): AccountOptions | undefined => (key.endsWith("BEN") ? undefined : {});
      fleet = await FleetInstallation.open(["anna", "ben", "carl"], { venue: { accountOf } });
      const running = fleet.start();
      await running.says(/The account is set aside after 3 failures/);
      fleet.alert(runOf(HEDGE, now()));
      await running.says(/Fleet: on target 2 · set aside 1\./);

      for (const file of fleet.files()) {
        const text = readFileSync(file, "latin1");
        for (const name of fleet.names) {
          if (file === join(fleet.stateOf(name), "account.env")) continue;
          for (const secret of [fleet.keyOf(name), fleet.secretOf(name)])
            expect(`${file} ${String(text.includes(secret))}`).toBe(`${file} false`);
        }
      }
      expect(running.output).not.toContain(fleet.secretOf("anna"));
      expectExit(await running.stop(), 0);
    },
    LONG,
  );

  test(
    "trades an account with keys and one with an OAuth token side by side, and shows the token nowhere",
    async () => {
      const token = "9d2b-token-of-ben-0123456789abcdef";
      fleet = await FleetInstallation.open(["anna", "ben"], { own: { ben: { ALPACA_PAPER_OAUTH_TOKEN: token } } });
      const running = fleet.start(["fleet", "run", "--verbose"]);
      await running.says(/Ready: paper: 2 of 2/);
      fleet.alert(runOf(NUCLEAR, now()));
      await running.says(/Fleet: on target 2\./);
      for (const name of fleet.names) expect(fleet.bookOf(name)).toEqual(TRADED);
      const explained = await fleet.type(["fleet", "explain", "ben"]);
      const examined = await fleet.type(["doctor", "--account", "ben"]);
      expect(examined.stdout).toMatch(/accepts the OAuth token: paper trading/);
      expectExit(await running.stop(), 0);

      const own = join(fleet.stateOf("ben"), "account.env");
      expect(fleet.files().filter((file) => file !== own && readFileSync(file, "latin1").includes(token))).toEqual([]);
      expect(readFileSync(own, "utf8")).toContain(token);
      for (const shown of [running.output, explained.output, examined.output]) expect(shown).not.toContain(token);
    },
    LONG,
  );
});
