import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { secretsOf } from "../../src/config/secrets.ts";
import { CREDENTIAL_SETTINGS } from "../../src/config/mode.ts";
import { AccountDirectories } from "../../src/fleet/account-store.ts";
import { accountEnvironment, loadAccount, loadFleet } from "../../src/fleet/fleet-settings.ts";

let stateDir: string;
let store: AccountDirectories;

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), "fleet-store-"));
  store = new AccountDirectories(stateDir);
});

afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

const KEYS = { ALPACA_PAPER_KEY: "PKANNA", ALPACA_PAPER_SECRET: "s3cret#of'anna" };
const env = (): Record<string, string> => ({ STATE_DIR: stateDir, TRADING_MODE: "paper", ALERTS_FILE: "/srv/alerts.json" });

describe("the accounts of a fleet on disk", () => {
  test("keep any value, with a mode that only their user can read", () => {
    store.add("anna", KEYS);
    const { settings, directory } = store.list()[0] ?? { settings: {}, directory: "" };

    expect(settings).toEqual(KEYS);
    expect(statSync(join(directory, "account.env")).mode & 0o777).toBe(0o600);
    expect(statSync(directory).mode & 0o077).toBe(0);
  });

  test.each(["", "Anna", "../up", "a b", "a".repeat(41), "-a", "ä"])("refuse the name %j", (name) => {
    expect(() => store.add(name, KEYS)).toThrow(/cannot be the name of an account/);
    expect(store.list()).toEqual([]);
  });

  test("refuse a name that is taken, a value of two lines, and an unknown account, with its neighbours", () => {
    store.add("anna", KEYS);

    expect(() => store.add("anna", {})).toThrow(/already has an account anna/);
    expect(() => store.set("anna", { STRATEGIES: "a\nb" })).toThrow(/STRATEGIES cannot be written/);
    expect(() => store.set("ben", {})).toThrow(expect.objectContaining({ hint: "It has anna." }));
    expect(store.find("anna")?.settings).toEqual(KEYS);
  });

  test("remove a setting by an empty value, and keys with the account; its ledger is kept", () => {
    const { directory } = store.add("anna", { ...KEYS, MAX_ORDER_VALUE: "5000" });
    writeFileSync(join(directory, "paper.sqlite"), "a ledger");
    store.set("anna", { MAX_ORDER_VALUE: "" });
    expect(store.find("anna")?.settings).toEqual(KEYS);
    const kept = store.remove("anna", Date.parse("2026-11-30T12:00:00Z"));

    expect(store.list()).toEqual([]);
    expect(readFileSync(join(kept, "paper.sqlite"), "utf8")).toBe("a ledger");
    expect(existsSync(join(kept, "account.env"))).toBe(false);
  });
});

describe("the settings of a fleet", () => {
  test("are the fleet's, with each account's own on top, and never the keys of the environment", () => {
    store.add("anna", { ...KEYS, MAX_ORDER_VALUE: "5000" });
    const account = store.find("anna");
    const own = accountEnvironment(
      { ...env(), ALPACA_PAPER_KEY: "PKOTHER", CASH_RESERVE_PERCENT: "3" },
      account ?? { directory: "", settings: {} },
    );

    expect(own).toMatchObject({
      ...KEYS,
      CASH_RESERVE_PERCENT: "3",
      MAX_ORDER_VALUE: "5000",
      STATE_DIR: join(stateDir, "accounts", "anna"),
    });
  });

  test("take no key of the environment for an account that has none", () => {
    const secrets = Object.fromEntries([...CREDENTIAL_SETTINGS, "LIVE_TRADING_ACCOUNT"].map((name) => [name, name]));
    expect(Object.keys(secrets)).toHaveLength(7);
    const own = accountEnvironment({ ...env(), ...secrets }, { directory: stateDir, settings: {} });

    expect(Object.keys(own).filter((name) => name in secrets)).toEqual([]);
  });

  test("load for all accounts, with a halt file for each and one for all", () => {
    store.add("anna", KEYS);
    store.add("ben", { ...KEYS, ALPACA_PAPER_KEY: "PKBEN", FLEET_CANARY: "on", FLEET_GROUP: "family" });
    const { accounts, shared } = loadFleet(env(), store);

    expect(accounts.map(({ name, config }) => [name, config.fleet.isCanary, config.fleet.group])).toEqual([
      ["anna", false, undefined],
      ["ben", true, "family"],
    ]);
    expect(shared.haltFiles.own).toBe(join(stateDir, "HALT"));
    expect(accounts[1]?.config.haltFiles).toMatchObject({ own: join(stateDir, "accounts", "ben", "HALT"), fleet: join(stateDir, "HALT") });
  });

  test("name an account of theirs as the one whose market data all use, or none", () => {
    store.add("anna", { ...KEYS });
    expect(loadFleet({ ...env(), FLEET_MARKET_KEY: "anna" }, store).shared.fleet.marketKey).toBe("anna");

    expect(() => loadFleet({ ...env(), FLEET_MARKET_KEY: "Anna" }, store)).toThrow(
      "FLEET_MARKET_KEY is Anna, but no account of the fleet has this name.",
    );
  });

  test("read no account before its turn, and record no execution, when there are more than places", () => {
    for (const name of ["a", "b", "c"]) store.add(name, { ...KEYS, ALPACA_PAPER_KEY: `PK${name}` });
    const warm = (places: string): boolean[] =>
      loadFleet({ ...env(), FLEET_PLACES: places }, store).accounts.map(({ config }) => config.execution.warmSnapshot);
    const recorded = (places: string): boolean[] =>
      loadFleet({ ...env(), FLEET_PLACES: places }, store).accounts.map(({ config }) => config.fleet.isRecorded);

    for (const prepared of [warm, recorded])
      expect([prepared("3"), prepared("2")]).toEqual([
        [true, true, true],
        [false, false, false],
      ]);
  });

  test("name every problem of every account at once", () => {
    store.add("anna", { ...KEYS, LOG_DIR: "/var/log", STRATEGIES: "nuclear:100:/srv/a.json" });
    store.add("ben", { ...KEYS, MAX_ORDER_VALUE: "much" });
    store.add("carl", { ...KEYS, STRATEGIES: "nuclear:100:/srv/b.json" });
    store.add("dora", {});
    writeFileSync(join(stateDir, "accounts", "dora", "account.env"), "no setting\n");

    expect(() => loadFleet(env(), store)).toThrow(
      expect.objectContaining({
        exitCode: 78,
        message: expect.stringMatching(
          /anna: LOG_DIR cannot differ[\s\S]*ben: MAX_ORDER_VALUE is "much"[\s\S]*dora: .*line 1 is not NAME=value[\s\S]*dora: ALPACA_PAPER_KEY is unset/,
        ),
      }),
    );
  });

  test("refuse two accounts with one OAuth token, and take one with keys next to one with a token", () => {
    store.add("anna", KEYS);
    store.add("ben", { ALPACA_PAPER_OAUTH_TOKEN: "token-of-ben" });
    const { accounts } = loadFleet(env(), store);
    expect(accounts.map(({ config }) => config.alpaca)).toMatchObject([{ keyId: "PKANNA" }, { oauthToken: "token-of-ben" }]);
    expect(accounts.flatMap(({ config }) => secretsOf(config))).toContain("token-of-ben");

    store.add("carl", { ALPACA_PAPER_OAUTH_TOKEN: "token-of-ben" });
    expect(() => loadFleet(env(), store)).toThrow(/^carl: it has the same OAuth token as ben\.$/);
  });

  test("refuse two accounts with one key, two files for one strategy, and a schedule of signals", () => {
    store.add("anna", KEYS);
    store.add("ben", { ...KEYS, STRATEGIES: "nuclear:100:/srv/b.json" });

    expect(() => loadFleet({ ...env(), SIGNAL_SCHEDULE: "10 minutes before close" }, store)).toThrow(
      /a strategy has one alerts file[\s\S]*ben: it has the same API key as anna[\s\S]*a fleet generates no signals/,
    );
  });

  test("cannot be loaded without an account", () => {
    expect(() => loadFleet(env(), store)).toThrow(expect.objectContaining({ message: "The fleet has no account.", exitCode: 78 }));
    store.add("sim", {});
    expect(
      loadAccount({ STATE_DIR: stateDir }, store.list()[0] ?? { name: "", directory: "", settings: {}, problems: [] }).config,
    ).toMatchObject({
      mode: "simulator",
      strategies: [{ alertsFile: join(stateDir, "simulator", "nuclear_alerts.json") }],
    });
  });
});
