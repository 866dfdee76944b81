import { appendFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, describe, expect, test } from "@jest/globals";
import { systemClock } from "../../src/domain/clock.ts";
import { NUCLEAR, runOf } from "../scenarios/strategy.ts";
import { expectExit, PATIENCE_MS, type Ended } from "../scenarios/trader-process.ts";
import { FleetInstallation } from "./fleet-installation.ts";

const LONG = 3 * PATIENCE_MS;
const NAMES = ["anna", "bert", "carl", "dora"];

let fleet: FleetInstallation;

afterEach(() => fleet.close());

/** Four accounts that have traded a run; then something happens to all but the first. */
async function tradedAndDamaged(): Promise<void> {
  fleet = await FleetInstallation.open(NAMES);
  fleet.alert(runOf(NUCLEAR, systemClock.now()));
  expectExit(await fleet.type(["fleet", "execute"]), 0);
  breakSettings("bert");
  const ledgerOf = (name: string): string => join(fleet.stateOf(name), "paper.sqlite");
  for (const end of ["-wal", "-shm"]) rmSync(`${ledgerOf("carl")}${end}`, { force: true });
  writeFileSync(ledgerOf("carl"), "This is no ledger. ".repeat(500));
  // SQLite finds nothing wrong with it; it shows when the row is read.
  const database = new DatabaseSync(ledgerOf("dora"));
  database.exec("UPDATE signals SET targets = '[\"SMR\"]'");
  database.close();
}

function breakSettings(name: string): void {
  appendFileSync(join(fleet.stateOf(name), "account.env"), "DRIFT_BAND_PERCENT=many\n");
}

const BERT = /Its settings cannot be used: DRIFT_BAND_PERCENT is "many"; expected .*/;
const CARL = /paper\.sqlite is no(?:t a)? .*database/;
const DORA = /The ledger holds .* as signals\.targets|The ledger holds .*which cannot be read/;

function lineOf(name: string, { stdout }: Ended): string {
  return stdout.split("\n").find((line) => line.trim().startsWith(`${name} `)) ?? "";
}

describe("accounts whose settings or ledger are damaged do not keep the others from being shown:", () => {
  test(
    "fleet list, status and report show each in its row with what is wrong, and exit with 1",
    async () => {
      await tradedAndDamaged();
      for (const command of ["list", "report"]) {
        const shown = await fleet.type(["fleet", command]);
        expectExit(shown, 1);
        expect(lineOf("anna", shown)).toMatch(/on target/);
        expect(lineOf("bert", shown)).toMatch(BERT);
        expect(lineOf("carl", shown)).toMatch(CARL);
        expect(lineOf("dora", shown)).toMatch(DORA);
      }

      const status = await fleet.type(["fleet", "status"]);
      expectExit(status, 1);
      expect(status.stdout).toMatch(/on target 1 · refused 3/);
      expect(lineOf("bert", status)).toMatch(BERT);
      expect(lineOf("carl", status)).toMatch(CARL);
      expect(lineOf("dora", status)).toMatch(DORA);

      const rows = JSON.parse((await fleet.type(["fleet", "list", "--json"])).stdout) as {
        name: string;
        standing: string;
        reason: string;
      }[];
      expect(rows.map(({ name, standing }) => `${name} ${standing}`)).toEqual([
        "anna on-target",
        "bert refused",
        "carl refused",
        "dora refused",
      ]);
      expect(rows[1]?.reason).toMatch(BERT);

      const fairness = await fleet.type(["fleet", "report", "--fairness"]);
      expectExit(fairness, 1);
      expect(fairness.stderr).toMatch(/Not compared: carl: /);
    },
    LONG,
  );

  test(
    "fleet doctor examines all of them, logs shows the log, and what trades refuses with 78",
    async () => {
      await tradedAndDamaged();
      const doctor = await fleet.type(["fleet", "doctor"]);
      expectExit(doctor, 1);
      expect(doctor.stdout).toMatch(/bert: \d+ of \d+ checks to attend to\n.*DRIFT_BAND_PERCENT is "many"/);
      expect(doctor.stdout.match(/DRIFT_BAND_PERCENT is "many"/g)).toHaveLength(1);
      expect(doctor.stdout).toMatch(/Cannot trade as they are: bert, carl/);
      expectExit(await fleet.type(["logs"]), 0);

      const execute = await fleet.type(["fleet", "execute"]);
      expectExit(execute, 78);
      expect(execute.stderr).toMatch(/bert: DRIFT_BAND_PERCENT is "many"/);
    },
    LONG,
  );

  test(
    "also before any signal, and where the account's file or the fleet's own settings are what is wrong",
    async () => {
      fleet = await FleetInstallation.open(["anna", "bert", "carl"]);
      breakSettings("bert");
      appendFileSync(join(fleet.stateOf("carl"), "account.env"), "LOG_DIR=/elsewhere\nnonsense\n");
      const env = { FLEET_MARKET_KEY: "nobody" };

      const status = await fleet.type(["fleet", "status"], env);
      expectExit(status, 1);
      expect(status.stdout).toMatch(/No account has seen a signal yet\.\n *bert: Its settings/);
      expect(status.stdout).toMatch(/FLEET_MARKET_KEY is nobody, but no account of the fleet has this name\./);
      const list = await fleet.type(["fleet", "list"], env);
      expectExit(list, 1);
      expect(lineOf("carl", list)).toMatch(/account\.env: .*; LOG_DIR cannot differ from one account to another/);
      const doctor = await fleet.type(["fleet", "doctor"], env);
      expectExit(doctor, 1);
      expect(doctor.stdout).toMatch(/Fleet:\n.*FLEET_MARKET_KEY is nobody/);
      expect(doctor.stdout).toMatch(/carl: [\s\S]*account\.env: [\s\S]*LOG_DIR cannot differ/);
      expect(doctor.stdout).toMatch(/Cannot trade as they are: bert, carl\./);

      const halted = await fleet.type(["halt", "--account", "bert", "--reason", "look"]);
      expectExit(halted, 0);
      const after = await fleet.type(["fleet", "list"]);
      expect(lineOf("bert", after)).toMatch(/HALTED: look\. Its settings cannot be used/);
      expectExit(await fleet.type(["fleet", "status"]), 3);
    },
    LONG,
  );

  test(
    "where none can be used, every problem is named: exit 78",
    async () => {
      fleet = await FleetInstallation.open(["anna", "bert"]);
      for (const name of ["anna", "bert"]) breakSettings(name);
      for (const command of ["list", "status", "report"]) {
        const ended = await fleet.type(["fleet", command]);
        expectExit(ended, 78);
        expect(ended.stderr).toMatch(/2 settings are wrong:\n +anna: DRIFT.*\n +bert: DRIFT/);
      }
      expectExit(await fleet.type(["fleet", "doctor"]), 1);
    },
    LONG,
  );
});
