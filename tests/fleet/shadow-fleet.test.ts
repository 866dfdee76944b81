import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "@jest/globals";
import { systemClock } from "../../src/domain/clock.ts";
import { NUCLEAR, runOf } from "../scenarios/strategy.ts";
import { expectExit, PATIENCE_MS } from "../scenarios/trader-process.ts";
import { FleetInstallation } from "./fleet-installation.ts";

let fleet: FleetInstallation;

afterEach(() => fleet.close());

test(
  "a fleet in shadow mode fills one run on paper in every account, and takes over a shadow account with its ledger",
  async () => {
    const names = ["anna", "ben"];
    fleet = await FleetInstallation.open([...names]);
    const shadow = { TRADING_MODE: "shadow", ALPACA_ENDPOINT: fleet.venue.url };
    const keysOf = (name: string): string => `ALPACA_KEY=${fleet.keyOf(name)}\nALPACA_SECRET=${fleet.secretOf(name)}\n`;
    for (const name of names) writeFileSync(join(fleet.stateOf(name), "account.env"), keysOf(name), { mode: 0o600 });

    const running = fleet.start(["fleet", "run"], shadow);
    await running.says(/SHADOW: nothing is sent/);
    await running.says(/Ready: SHADOW \(nothing is sent\): 2 of 2 accounts watch/);
    fleet.alert(runOf(NUCLEAR, systemClock.now()));
    await running.says(/Fleet: on target 2\./);
    expectExit(await running.stop(), 0);
    for (const name of names) {
      expect(fleet.bookOf(name)).toEqual([]);
      expect(existsSync(join(fleet.stateOf(name), "shadow-account.sqlite"))).toBe(true);
    }

    const file = join(fleet.directory, "carl.env");
    writeFileSync(file, keysOf("carl"), { mode: 0o600 });
    const old = join(fleet.directory, "old");
    const alone = { ...shadow, STATE_DIR: old, ALPACA_KEY: fleet.keyOf("carl"), ALPACA_SECRET: fleet.secretOf("carl") };
    fleet.alert(runOf(NUCLEAR, systemClock.now()));
    expectExit(await fleet.run(["execute"], alone), 0);
    expectExit(await fleet.type(["fleet", "add", "carl", "--from-env", file, "--state", old], shadow), 0);
    expect(existsSync(join(old, "shadow-account.sqlite"))).toBe(false);
    const account = await fleet.type(["fleet", "explain", "carl"], shadow);
    expect(account.stdout).toMatch(/SHADOW \(nothing is sent\)/);
    expect(existsSync(join(fleet.stateOf("carl"), "shadow-account.sqlite"))).toBe(true);
    expect(fleet.bookOf("carl")).toEqual([]);
  },
  3 * PATIENCE_MS,
);
