import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "@jest/globals";
import { systemClock } from "../../src/domain/clock.ts";
import { NUCLEAR, runOf } from "../scenarios/strategy.ts";
import { expectExit, PATIENCE_MS } from "../scenarios/trader-process.ts";
import { FleetInstallation } from "./fleet-installation.ts";

const LONG = 3 * PATIENCE_MS;
const TRADED = ["buy LEU filled", "buy OKLO filled", "buy SMR filled", "sell TQQQ filled"];

let fleet: FleetInstallation;

afterEach(() => fleet.close());

function envFile(name: string, text: string): string {
  const file = join(fleet.directory, name);
  writeFileSync(file, text);
  return file;
}

describe("the commands of a fleet", () => {
  test(
    "take over an installation with its ledger, so that what it has executed is not executed again",
    async () => {
      fleet = await FleetInstallation.open([]);
      const old = join(fleet.directory, "old");
      const keys = { ALPACA_PAPER_KEY: "PKOLD", ALPACA_PAPER_SECRET: "s" };
      fleet.alert(runOf(NUCLEAR, systemClock.now()));
      expectExit(await fleet.type(["execute"], { ...keys, STATE_DIR: old }), 0);
      const file = envFile(
        "old.env",
        `ALPACA_PAPER_KEY=PKOLD\nALPACA_PAPER_SECRET=s\nSTATE_DIR=${old}\nDASHBOARD_PORT=9999\nMAX_ORDER_VALUE=90000\n`,
      );

      const added = await fleet.run(["fleet", "add", "growth", "--from-env", file, "--group", "family"]);
      expectExit(added, 0);
      expect(added.stdout).toMatch(/taken over from .*old\/paper\.sqlite/);
      expect(added.stdout).toMatch(/counts from now on: DASHBOARD_PORT\./);
      expect(existsSync(join(old, "paper.sqlite"))).toBe(false);
      expect(readFileSync(join(fleet.stateOf("growth"), "account.env"), "utf8")).toBe(
        "ALPACA_PAPER_KEY=PKOLD\nALPACA_PAPER_SECRET=s\nMAX_ORDER_VALUE=90000\nFLEET_GROUP=family\n",
      );

      expectExit(await fleet.run(["fleet", "execute"]), 0);
      const orders = [...(fleet.venue.accounts.venueOf("PKOLD")?.exchange.state.orders.values() ?? [])];
      expect(orders).toHaveLength(4);
    },
    LONG,
  );

  test(
    "find a single installation in their own STATE_DIR, and keep the halt of one that was halted",
    async () => {
      fleet = await FleetInstallation.open([]);
      const keys = { ALPACA_PAPER_KEY: "PKOLD", ALPACA_PAPER_SECRET: "s" };
      fleet.alert(runOf(NUCLEAR, systemClock.now()));
      expectExit(await fleet.type(["execute"], keys), 0);
      const own = await fleet.type(["fleet", "add", "own"], keys);
      expectExit(own, 0);
      expect(own.stdout).toMatch(/Its ledger was taken over from .*state\/paper\.sqlite/);

      const old = join(fleet.directory, "old");
      const others = { ALPACA_PAPER_KEY: "PKOTHER", ALPACA_PAPER_SECRET: "s" };
      expectExit(await fleet.type(["execute"], { ...others, STATE_DIR: old }), 0);
      expectExit(await fleet.run(["halt", "--reason", "look"], { STATE_DIR: old }), 0);
      const halted = await fleet.type(["fleet", "add", "other", "--state", old], others);
      expect(halted.stdout).toMatch(/It was halted, and stays halted: `alpaca-trader resume --account other` lifts that/);
      const list = JSON.parse((await fleet.run(["fleet", "list", "--json"])).stdout) as { name: string; halted?: string }[];
      expect(list.map((row) => `${row.name} ${row.halted ?? "-"}`)).toEqual(["other look", "own -"]);
      const executed = await fleet.run(["fleet", "execute"]);
      expect(executed.stdout).toMatch(/own: on target/);
      expect([...(fleet.venue.accounts.venueOf("PKOLD")?.exchange.state.orders.values() ?? [])]).toHaveLength(4);
    },
    LONG,
  );

  test(
    "refuse keys that belong to another account than the ledger, and leave that where it is",
    async () => {
      fleet = await FleetInstallation.open([]);
      const old = join(fleet.directory, "old");
      fleet.alert(runOf(NUCLEAR, systemClock.now()));
      expectExit(await fleet.type(["execute"], { ALPACA_PAPER_KEY: "PKOLD", ALPACA_PAPER_SECRET: "s", STATE_DIR: old }), 0);
      const file = envFile("other.env", "ALPACA_PAPER_KEY=PKOTHER\nALPACA_PAPER_SECRET=s\n");

      const refused = await fleet.type(["fleet", "add", "growth", "--from-env", file, "--state", old]);
      expectExit(refused, 3);
      expect(refused.stderr).toMatch(/belongs to account SIM\d+, and the keys to SIM\d+/);
      expect(existsSync(join(old, "paper.sqlite"))).toBe(true);
      expect(existsSync(fleet.stateOf("growth"))).toBe(false);
    },
    LONG,
  );

  test(
    "add with the keys of the environment, and say what is wrong with a name, a file, a mode or a setting",
    async () => {
      fleet = await FleetInstallation.open([]);
      const keys = { ALPACA_PAPER_KEY: "PKNEW", ALPACA_PAPER_SECRET: "s" };
      const tries: [string[], Record<string, string>, RegExp][] = [
        [["fleet", "run"], {}, /The fleet has no account\.\nHint: `alpaca-trader fleet add NAME/],
        [["fleet", "add", "no keys"], keys, /"no keys" cannot be the name of an account/],
        [["fleet", "add", "new"], {}, /new: ALPACA_PAPER_KEY is unset; paper mode needs/],
        [["fleet", "add", "new", "--from-env", "/no/such/file"], {}, /\/no\/such\/file cannot be read/],
        [["fleet", "add", "new", "--from-env", envFile("a.env", "nonsense\n")], {}, /line 1 is not NAME=value/],
        [
          ["fleet", "add", "new", "--from-env", envFile("b.env", "TRADING_MODE=live\nALPACA_PAPER_KEY=k\nALPACA_PAPER_SECRET=s\n")],
          {},
          /says TRADING_MODE=live/,
        ],
        [["fleet", "add", "new", "--from-env", envFile("c.env", "MAX_ORDERVALUE=5\n")], {}, /did you mean MAX_ORDER_VALUE\?/],
        [["fleet", "set", "new", "MAX_ORDER_VALUE=5"], {}, /The fleet has no account new/],
        [["status", "--account", "new"], {}, /The fleet has no account new/],
        [["halt", "--group", "new"], {}, /No account of the fleet is in the group new/],
      ];
      for (const [args, change, said] of tries) {
        const ended = await fleet.run(args, change);
        expect(ended.stderr).toMatch(said);
        expectExit(ended, 78);
      }
      expectExit(await fleet.type(["fleet", "add", "new", "--canary"], keys), 0);
      const twice = await fleet.type(["fleet", "add", "again"], keys);
      expectExit(twice, 78);
      expect(twice.stderr).toMatch(/again has the same ALPACA_PAPER_KEY as new/);
      const list = JSON.parse((await fleet.type(["fleet", "list", "--json"])).stdout) as unknown[];

      expect(list).toEqual([expect.objectContaining({ name: "new", canary: true, account: expect.stringMatching(/^SIM/) as unknown })]);
    },
    LONG,
  );

  test(
    "add an account with an OAuth token, from a file or the environment, and not a second time",
    async () => {
      fleet = await FleetInstallation.open([]);
      const file = envFile("token.env", "ALPACA_PAPER_OAUTH_TOKEN=token-of-anna\n");
      const added = await fleet.type(["fleet", "add", "anna", "--from-env", file]);
      expectExit(added, 0);
      expect(added.stdout).toMatch(/Account SIM\d+: equity/);
      expect(readFileSync(join(fleet.stateOf("anna"), "account.env"), "utf8")).toBe("ALPACA_PAPER_OAUTH_TOKEN=token-of-anna\n");
      expectExit(await fleet.type(["fleet", "add", "ben"], { ALPACA_PAPER_OAUTH_TOKEN: "token-of-ben" }), 0);

      const twice = await fleet.type(["fleet", "add", "again", "--from-env", file]);
      expectExit(twice, 78);
      expect(twice.stderr).toMatch(/again has the same ALPACA_PAPER_OAUTH_TOKEN as anna/);
      const both = envFile("both.env", "ALPACA_PAPER_OAUTH_TOKEN=token-of-carl\nALPACA_PAPER_KEY=PKCARL\nALPACA_PAPER_SECRET=s\n");
      const unclear = await fleet.type(["fleet", "add", "carl", "--from-env", both]);
      expectExit(unclear, 78);
      expect(unclear.stderr).toMatch(/carl: ALPACA_PAPER_OAUTH_TOKEN is set together with ALPACA_PAPER_KEY and ALPACA_PAPER_SECRET/);
      const change = ["ALPACA_PAPER_OAUTH_TOKEN=", "ALPACA_PAPER_KEY=PKBEN", "ALPACA_PAPER_SECRET=s"];
      expectExit(await fleet.type(["fleet", "set", "ben", ...change]), 0);
      for (const each of [added, twice, unclear]) expect(each.output).not.toMatch(/token-of/);
    },
    LONG,
  );

  test(
    "change an account's settings, or none of them, and take an account out with its ledger kept",
    async () => {
      fleet = await FleetInstallation.open(["anna"]);
      const wrong = await fleet.type(["fleet", "set", "anna", "MAX_ORDER_VALUE=50000", "DRIFT_BAND_PERCENT=many"]);
      expectExit(wrong, 78);
      const file = join(fleet.stateOf("anna"), "account.env");
      expect(readFileSync(file, "utf8")).not.toMatch(/MAX_ORDER_VALUE|DRIFT/);
      expectExit(await fleet.type(["fleet", "set", "anna", "MAX_ORDER_VALUE=50000"]), 0);
      expect(readFileSync(file, "utf8")).toMatch(/MAX_ORDER_VALUE=50000/);
      const status = await fleet.type(["status", "--json", "--account", "anna"]);
      expect(JSON.parse(status.stdout)).toMatchObject({ account: { positions: [{ symbol: "TQQQ" }] } });

      const running = fleet.start();
      await running.says(/Ready: paper: 1 of 1/);
      const busy = await fleet.type(["fleet", "remove", "anna"]);
      expectExit(busy, 3);
      expect(busy.stderr).toMatch(/anna is being traded by process/);
      expectExit(await running.stop(), 0);
      const removed = await fleet.type(["fleet", "remove", "anna"]);
      expectExit(removed, 0);
      expect(existsSync(join(/kept in (\S+);/.exec(removed.stdout)?.[1] ?? "", "paper.sqlite"))).toBe(true);
    },
    LONG,
  );

  test(
    "act once in all accounts, the canary first, with the worst exit code of any",
    async () => {
      fleet = await FleetInstallation.open(["anna", "ben", "first"], { own: { first: { FLEET_CANARY: "on" } } });
      fleet.alert(runOf(NUCLEAR, systemClock.now()));
      const tried = await fleet.type(["fleet", "execute", "--dry-run"]);
      expectExit(tried, 0);
      expect(tried.stdout).toMatch(/Dry run: nothing was sent/);
      fleet.exchangeOf("first").setFlags({ tradingBlocked: true });

      const held = await fleet.type(["fleet", "execute"]);
      expectExit(held, 3);
      expect(held.stdout).toMatch(/The canary account first did not reach its target, so 2 other accounts were not traded/);
      expect([...fleet.bookOf("anna"), ...fleet.bookOf("ben")]).toEqual([]);

      const unclear = await fleet.type(["fleet", "execute", "--canary-fails", "Stop"]);
      expectExit(unclear, 1);
      expect(unclear.stderr).toMatch(/Allowed choices are stop, go/);
      const gone = await fleet.type(["fleet", "execute", "--canary-fails", "go"]);
      expectExit(gone, 3);
      expect(gone.stdout).toMatch(/anna: on target\nben: on target|ben: on target\nanna: on target/);
      expect(gone.stdout).toMatch(/3 accounts: done 2 · refused 1\./);
      expect(fleet.bookOf("anna")).toEqual(TRADED);
      fleet.exchangeOf("first").setFlags({ tradingBlocked: false });
      const one = await fleet.type(["fleet", "execute", "--accounts", "first"]);
      expectExit(one, 0);
      expect(fleet.bookOf("first")).toEqual(TRADED);
      const [all, alone] = [await fleet.type(["logs", "-n", "999"]), await fleet.type(["logs", "-n", "999", "--account", "ben"])];
      for (const ended of [all, alone]) expectExit(ended, 0);
      expect(all.stdout).toContain(" account=anna");
      expect(alone.stdout.split("\n").filter((line) => line !== "" && !line.includes(" account=ben"))).toEqual([all.stdout.split("\n")[0]]);
      expect(alone.stdout).toContain(" account=ben");

      const log = join(fleet.directory, "logs", "alpaca_trader.log");
      renameSync(log, `${log}.1`);
      writeFileSync(log, Array.from({ length: 60 }, (_, line) => `INFO  line ${String(line)}. account=anna\n`).join(""));
      expect((await fleet.type(["logs", "--account", "ben"])).stdout).toContain(" account=ben");
      writeFileSync(`${log}.1`, "");
      expect((await fleet.type(["logs", "--account", "ben"])).stderr).toContain("No line of the log is about ben.");
    },
    LONG,
  );

  test(
    "examine every account, and show once what is the same for all",
    async () => {
      fleet = await FleetInstallation.open(["anna", "ben"], { own: { ben: { MAX_DAILY_LOSS_PERCENT: "5" } } });
      const examined = await fleet.type(["fleet", "doctor"]);

      expect(examined.stdout.match(/trading lock: no daemon is running/g)).toHaveLength(1);
      expect(examined.stdout).toMatch(/^anna: /m);
      expect(examined.stdout).toMatch(/^ben: /m);
    },
    LONG,
  );

  test(
    "work next to a running fleet on the built-in simulator, and lift its halt with the right advice",
    async () => {
      fleet = await FleetInstallation.open([]);
      const simulator = { TRADING_MODE: "simulator", ALPACA_PAPER_ENDPOINT: "" };
      for (const name of ["anna", "ben"]) expectExit(await fleet.type(["fleet", "add", name], simulator), 0);
      const running = fleet.start(["fleet", "run"], simulator);
      await running.says(/Ready: simulator: 2 of 2/);
      const halted = await fleet.run(["halt"], simulator);
      expect(halted.stdout).toMatch(/Seen by process \d+ \(run\), mode simulator, all accounts of its fleet/);
      await running.says(/The fleet is halted: halted by hand/);
      expect(running.output.match(/halted by hand/g)).toHaveLength(1);
      expectExit(await fleet.run(["halt", "--account", "ben", "--reason", "look"], simulator), 0);
      fleet.alert(runOf(NUCLEAR, systemClock.now()));

      const tried = await fleet.type(["fleet", "execute", "--dry-run"], simulator);
      expect(tried.stdout).toMatch(/2 accounts: /);
      const resumed = await fleet.type(["resume"], simulator);
      expect(resumed.stdout).toMatch(/Still halted alone: ben\. `alpaca-trader resume --account NAME` lifts that/);
      expect(resumed.stdout).toMatch(/`alpaca-trader fleet status` shows it/);
      await running.says(/on target after 3 orders.*account=anna/);
      expectExit(await fleet.type(["resume", "--account", "ben"], simulator), 0);
      await running.says(/on target after 3 orders.*account=ben/);
      expectExit(await running.stop(), 0);
    },
    LONG,
  );

  test(
    "demonstrate a fleet on the built-in simulator",
    async () => {
      fleet = await FleetInstallation.open([]);
      const shown = await fleet.run(["demo", "--accounts", "3", "--once"], { TRADING_MODE: "", ALPACA_PAPER_ENDPOINT: "" });

      expectExit(shown, 0);
      expect(shown.stdout).toMatch(/3 of 3 {3}on target 3/);
      expect((await fleet.run(["demo", "--accounts", "1"])).stderr).toMatch(/Expected a whole number from 2 to 1000/);
    },
    LONG,
  );
});
