import { chmodSync, linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { CheckStatus } from "../../src/doctor/check.ts";
import { judgeSettingsFile, readConfiguration, readSettingsFile, secretsIn } from "../../src/doctor/configuration.ts";
import { judgeStateDirectory, readDirectory, judgeSpace, readSpace } from "../../src/doctor/directories.ts";
import { foreignLogs, judgeLogDirectory, readGroup } from "../../src/doctor/logs.ts";
import { judgeNode, judgeZones, readZones } from "../../src/doctor/runtime.ts";
import { judgeSurroundings, readSurroundings, type SurroundingsFacts } from "../../src/doctor/surroundings.ts";
import { groupIdOf } from "../../src/logging/group.ts";
import { saying } from "./saying.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "doctor-"));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

function at(...names: string[]): string {
  return join(directory, ...names);
}

describe("Node and its time zone data", () => {
  test.each<[string, CheckStatus]>([
    ["24.11.0", "ok"],
    ["26.0.0", "ok"],
    ["22.21.1", "failed"],
  ])("Node %s is %s", (version, status) => {
    expect(judgeNode({ version, platform: "linux x64" })[0]?.status).toBe(status);
  });

  test("the zones of this Node are correct, and a Node that treats every zone as UTC is detected", () => {
    expect(judgeZones(readZones())).toEqual([saying("ok", "New York's clock changes")]);
    expect(judgeZones({ release: undefined, newYork: [0, 0] })).toEqual([saying("failed", "UTC+00:00 in January and UTC+00:00 in July")]);
    expect(judgeZones({ release: "2025b", newYork: [-300, undefined] })).toEqual([saying("failed", "unknown in July")]);
  });
});

describe("the settings file", () => {
  test.each<[string, number, CheckStatus, string]>([
    ["ALPACA_PAPER_SECRET=abc", 0o600, "ok", "mode 0600"],
    ["ALPACA_PAPER_SECRET=abc", 0o640, "ok", "mode 0640"],
    ["ALPACA_PAPER_SECRET=abc", 0o644, "warning", "anyone on this machine can read ALPACA_PAPER_SECRET"],
    ["MIN_TRADE_VALUE=5\nALPACA_PAPER_SECRET=", 0o644, "ok", "mode 0644"],
    ["MIN_TRADE_VALUE=5", 0o666, "warning", "can be written by others"],
  ])("with %j and mode %o is %s", (text, mode, status, words) => {
    writeFileSync(at(".env"), text);
    chmodSync(at(".env"), mode);
    const [finding] = judgeSettingsFile(readSettingsFile(directory));
    expect(finding).toEqual(saying(status, words));
    expect(JSON.stringify(finding)).not.toContain("abc");
  });

  test("is failed line by line, and names that are no settings are a note", () => {
    writeFileSync(at(".env"), "MAX_ORDER_VALUE 100\nMY_OTHER=1\nLOG_DIR=/a#b\n", { mode: 0o600 });
    expect(judgeSettingsFile(readSettingsFile(directory))).toEqual([
      saying("failed", "line 1 is not NAME=value"),
      saying("failed", "line 3 (LOG_DIR) has a #"),
      saying("warning", "no settings, and are ignored: MY_OTHER"),
    ]);
  });

  test("is optional, but must be readable if it exists", () => {
    expect(judgeSettingsFile(readSettingsFile(directory))).toEqual([saying("ok", "there is no")]);
    mkdirSync(at(".env"));
    expect(judgeSettingsFile(readSettingsFile(directory))).toEqual([saying("failed", "cannot be read")]);
    rmSync(at(".env"), { recursive: true });
    symlinkSync("nowhere", at(".env"));
    expect(judgeSettingsFile(readSettingsFile(directory))).toEqual([saying("failed", "cannot be read")]);
  });
});

describe("the configuration", () => {
  test("shows the mode and why, and the strategies", () => {
    const { config, findings } = readConfiguration({ HOME: directory, STRATEGIES: "a:60:/tmp/a.json,b:40:/tmp/b.json" });
    expect(findings).toEqual([saying("ok", "simulator (no Alpaca keys are set); a 60.0 %, b 40.0 %")]);
    expect(config.kind).toBe("known");
  });

  test("warns about a proxy that Node does not use", () => {
    const env = { HOME: directory, ALPACA_PAPER_KEY: "PK", ALPACA_PAPER_SECRET: "secret", HTTPS_PROXY: "http://proxy:3128" };
    expect(readConfiguration(env).findings).toEqual([saying("ok", "paper"), saying("warning", "HTTPS_PROXY is set")]);
    expect(readConfiguration({ ...env, NODE_USE_ENV_PROXY: "1" }).findings).toHaveLength(1);
    expect(readConfiguration({ ...env, ALPACA_PAPER_ENDPOINT: "http://127.0.0.1:1" }).findings).toHaveLength(1);
  });

  test("lists each problem on its own line, with one hint and no secret", () => {
    const { config, findings } = readConfiguration({ TRADING_MODE: "pape", MIN_TRADE_VALUE: "few", ALPACA_PAPER_KEY: "a key with blanks" });
    expect(config).toEqual({ kind: "unknown", why: "the configuration is wrong" });
    expect(findings.map(({ status }) => status)).toEqual(findings.map(() => "failed"));
    expect(findings.length).toBeGreaterThanOrEqual(4);
    expect(findings.filter(({ hint }) => hint !== undefined)).toHaveLength(1);
    expect(JSON.stringify(findings)).not.toContain("a key with blanks");
  });

  test("its secrets are found however broken it is, addresses part by part", () => {
    const secrets = secretsIn({
      TRADING_MODE: "nonsense",
      ALPACA_SECRET: " sEcReT ",
      NOTIFY_WEBHOOK_URL: "https://hooks.slack.com/services/T000/B000/0123456789abcdef",
    });
    expect(secrets).toEqual(expect.arrayContaining(["sEcReT", "0123456789abcdef"]));
  });
});

const PLAIN: SurroundingsFacts = {
  process: "daemon",
  container: undefined,
  unit: undefined,
  watchdog: undefined,
  machineZone: "Europe/London",
  alertsZoneSet: false,
  stateOnVolume: true,
};

describe("the surroundings of the process", () => {
  test.each<[string, Partial<SurroundingsFacts>, readonly CheckStatus[]]>([
    ["a daemon under systemd with a watchdog", { unit: "alpaca-trader.service", watchdog: true }, ["ok"]],
    ["a daemon under systemd without one", { unit: "alpaca-trader.service", watchdog: false }, ["warning"]],
    ["a daemon under systemd whose watchdog cannot be seen", { unit: "alpaca-trader.service" }, ["ok"]],
    ["a daemon that nobody starts again", {}, ["warning"]],
    ["a command by hand", { process: "this command" }, ["ok"]],
    ["a container with its state on a volume", { container: "Docker" }, ["ok"]],
    ["a container in UTC whose alerts have no zone", { container: "Docker", machineZone: "UTC" }, ["warning"]],
    ["a container in UTC whose alerts have one", { container: "Docker", machineZone: "UTC", alertsZoneSet: true }, ["ok"]],
    ["a container that forgets and guesses", { container: "Docker", machineZone: "Etc/UTC", stateOnVolume: false }, ["warning", "warning"]],
  ])("%s", (_what, facts, statuses) => {
    expect(judgeSurroundings({ ...PLAIN, ...facts }).map(({ status }) => status)).toEqual(statuses);
  });

  test("are read from the process's entries in /proc, and no other variable is shown", () => {
    mkdirSync(at("proc", "77"), { recursive: true });
    mkdirSync(at("proc", "1"));
    writeFileSync(at("proc", "77", "cgroup"), "0::/system.slice/system-alpaca.slice/alpaca-trader@growth.service\n");
    writeFileSync(at("proc", "77", "environ"), "ALPACA_SECRET=shh\0WATCHDOG_USEC=30000000\0");
    const places = { env: {}, stateDir: directory, alertsZoneSet: true, root: `${directory}/` };
    const facts = readSurroundings({ ...places, daemonPid: 77 });
    expect(facts).toMatchObject({ process: "daemon", container: undefined, unit: "alpaca-trader@growth.service", watchdog: true });
    expect(JSON.stringify(facts)).not.toContain("shh");

    writeFileSync(at("proc", "1", "cgroup"), "0::/kubepods/pod1/abc\n");
    expect(readSurroundings({ ...places, daemonPid: undefined })).toMatchObject({ process: "this command", container: "container" });
    writeFileSync(at(".dockerenv"), "");
    expect(readSurroundings({ ...places, daemonPid: 77 }).container).toBe("Docker");
  });
});

describe("the state directory", () => {
  test.each<[number, CheckStatus]>([
    [0o700, "ok"],
    [0o750, "ok"],
    [0o770, "warning"],
    [0o777, "warning"],
  ])("with mode %o is %s", (mode, status) => {
    mkdirSync(at("state"));
    chmodSync(at("state"), mode);
    expect(judgeStateDirectory(readDirectory(at("state"), "STATE_DIR"))[0]?.status).toBe(status);
  });

  test("is created later if missing, and must not be a file", () => {
    writeFileSync(at("file"), "");
    expect(judgeStateDirectory(readDirectory(at("not", "yet"), "STATE_DIR"))).toEqual([saying("ok", "will be created")]);
    expect(judgeStateDirectory(readDirectory(at("file"), "STATE_DIR"))).toEqual([saying("failed", "is not a directory")]);
    expect(judgeStateDirectory(readDirectory(at("file", "below"), "STATE_DIR"))).toEqual([saying("failed", "cannot be used")]);
  });

  test("of another user is reported: permissions are then those of the wrong user", () => {
    const facts = { path: "/var/lib/alpaca-trader", state: "directory", uid: 998, mode: 0o700, ourUid: 0 } as const;
    expect(judgeStateDirectory(facts)).toEqual([saying("warning", "belongs to user 998, but this process runs as user 0")]);
  });
});

describe("the log directory", () => {
  function judged(group?: string): ReturnType<typeof judgeLogDirectory> {
    return judgeLogDirectory({
      directory: readDirectory(directory, "LOG_DIR"),
      foreign: foreignLogs([at("alpaca_trader.log"), at("alpaca_trades.json")]),
      group: readGroup(group, groupIdOf),
    });
  }

  test("passes when it is ours and contains nothing unexpected, also without logs", () => {
    expect(judged()).toEqual([saying("ok", directory)]);
    writeFileSync(at("alpaca_trader.log"), "");
    expect(judged("0")).toEqual([saying("ok", directory)]);
  });

  test("reports a planted link, a hard link and a directory in place of a log", () => {
    symlinkSync("/etc/passwd", at("alpaca_trader.log"));
    writeFileSync(at("elsewhere"), "");
    linkSync(at("elsewhere"), at("alpaca_trades.json"));
    expect(judged()).toEqual([saying("failed", "it is a symbolic link"), saying("failed", "it has a second name")]);
    rmSync(at("alpaca_trades.json"));
    mkdirSync(at("alpaca_trades.json"));
    expect(judged()[1]).toEqual(saying("failed", "it is not a plain file"));
  });

  test("may be open to all only like /tmp", () => {
    chmodSync(directory, 0o777);
    expect(judged()).toEqual([saying("warning", "can be written by anyone")]);
    chmodSync(directory, 0o1777);
    expect(judged()).toEqual([saying("ok", "mode 1777")]);
  });

  test("LOG_GROUP must exist and include our user", () => {
    expect(judged("nobody-has-such-a-group")).toEqual([saying("failed", "no group of that name")]);
    const directoryFacts = readDirectory(directory, "LOG_DIR");
    expect(judgeLogDirectory({ directory: directoryFacts, foreign: [], group: { name: "adm", state: "not-ours" } })).toEqual([
      saying("warning", "not a member"),
    ]);
  });
});

describe("disk space", () => {
  test.each<[string, number | undefined, CheckStatus]>([
    ["plenty", 5e9, "ok"],
    ["just enough", 100 * 1_048_576, "ok"],
    ["little", 100 * 1_048_576 - 1, "warning"],
    ["very little", 10 * 1_048_576, "warning"],
    ["next to nothing", 10 * 1_048_576 - 1, "failed"],
    ["none", 0, "failed"],
    ["nobody knows how much", undefined, "warning"],
  ])("%s", (_what, free, status) => {
    expect(judgeSpace({ settings: "STATE_DIR", path: "/x", free })).toEqual([expect.objectContaining({ status })]);
  });

  test("is measured at the nearest existing directory", () => {
    expect(readSpace("STATE_DIR", at("not", "yet")).free).toBeGreaterThan(0);
  });
});
