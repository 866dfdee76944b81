import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Finding } from "../../src/doctor/check.ts";
import { judgeAlertsFile, judgeAlertsRun, judgeAlertsZone } from "../../src/doctor/alerts-health.ts";
import type { AlertsState } from "../../src/doctor/alerts.ts";
import { readAlertsState } from "../../src/doctor/alerts.ts";
import { loadConfig } from "../../src/config/load.ts";
import { openLedger } from "../../src/ledger/sqlite-ledger.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { NUCLEAR, lineOf, runOf, WRITERS_ZONE } from "../scenarios/strategy.ts";
import { saying } from "./saying.ts";

const NOW = Date.parse("2025-07-14T15:00:00Z");

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "doctor-"));
  file = join(directory, "nuclear_alerts.json");
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Writes the file at a given time. */
function written(text: string, at = NOW): void {
  writeFileSync(file, text, { mode: 0o644 });
  utimesSync(file, at / 1_000, at / 1_000);
}

interface Judged {
  readonly look: AlertsState;
  readonly file: readonly Finding[];
  readonly run: readonly Finding[];
  readonly zone: readonly Finding[];
}

function judged(zone = WRITERS_ZONE): Judged {
  const config = loadConfig({ HOME: directory, ALERTS_FILE: file, ALERTS_TIMEZONE: zone });
  const [strategy] = config.strategies;
  const ledger = openLedger(":memory:");
  const owners = new Set([process.getuid?.() ?? 0]);
  const look = readAlertsState({ config, clock: new VirtualClock(NOW), ledger, owners }, strategy!);
  ledger.close();
  const moment = { now: NOW, zone };
  return { look, file: judgeAlertsFile(look, moment), run: judgeAlertsRun(look, moment), zone: judgeAlertsZone(look, moment) };
}

describe("an alerts file", () => {
  test("with a fresh and complete run passes, and stays unchanged", () => {
    const text = runOf(NUCLEAR, NOW - 10_000);
    written(text, NOW - 9_000);
    const { file: trust, run, zone } = judged();
    expect(trust).toEqual([saying("ok", "is trusted")]);
    expect(run).toEqual([
      saying("ok", "SMR, LEU, OKLO, stamped 2025-07-14 20:29:50 GMT+5:30, 9 s old: fresh and complete, it would be executed"),
    ]);
    expect(zone).toEqual([saying("ok", "Asia/Kolkata, which matches")]);
    expect(readFileSync(file, "utf8")).toBe(text);
  });

  test("that is missing or empty is a warning", () => {
    const missing = judged();
    expect(missing.file).toEqual([saying("warning", "does not exist")]);
    expect([...missing.run, ...missing.zone].map(({ status }) => status)).toEqual(["skipped", "skipped"]);
    written("");
    expect(judged().run).toEqual([saying("warning", "contains no run")]);
  });

  test.each<[string, () => void, string]>([
    ["writable by others", () => chmodSync(file, 0o666), "can be written by anyone"],
    [
      "a link",
      () => {
        rmSync(file);
        symlinkSync("elsewhere", file);
      },
      "symbolic link",
    ],
  ])("that is %s is not trusted, with the reason, and not read", (_what, spoil, words) => {
    written(runOf(NUCLEAR, NOW - 10_000));
    spoil();
    const { file: trust, run } = judged();
    expect(trust).toEqual([saying("failed", words)]);
    expect(run[0]?.status).toBe("skipped");
  });

  test("with an incomplete last line is reported once the writer has had time to finish it", () => {
    const torn = `${runOf(NUCLEAR, NOW - 10_000)}{"timestamp": "2025`;
    written(torn, NOW - 9_000);
    expect(judged().file).toEqual([saying("warning", "its last line is incomplete")]);
    written(torn, NOW - 500);
    expect(judged().file[0]?.status).toBe("ok");
  });
});

describe("the newest run", () => {
  test("that is old is stale and no failure; days of silence are a warning", () => {
    written(runOf(NUCLEAR, NOW - 86_400_000), NOW - 86_400_000);
    expect(judged().run).toEqual([saying("ok", "stale.")]);
    written(runOf(NUCLEAR, NOW - 6 * 86_400_000), NOW - 6 * 86_400_000);
    const [silent] = judged().run;
    expect(silent).toEqual(saying("warning", "stale."));
    expect(silent?.hint).toContain("has not written for 5 d");
  });

  test("fails when it is malformed, over-allocated or in the future, and is a warning when legs are missing", () => {
    written("nonsense that is no alert\n");
    expect(judged().run).toEqual([saying("failed", "1 unreadable line: malformed")]);
    written(lineOf({ symbol: "SMR", reason: "SMR (150%)" }, NOW - 5_000));
    expect(judged().run).toEqual([saying("failed", "over-allocated")]);
    written(runOf(NUCLEAR, NOW + 60_000));
    expect(judged().run).toEqual([saying("failed", "future.")]);
    written(runOf(NUCLEAR.slice(0, 2), NOW - 5_000));
    expect(judged().run).toEqual([saying("warning", "Waiting until")]);
    written(runOf(NUCLEAR.slice(0, 2), NOW - 3_600_000), NOW - 3_600_000);
    expect(judged().run[0]?.status).toBe("ok");
  });

  test("in a file modified at another time proves nothing about the zone", () => {
    written(runOf(NUCLEAR, NOW - 20 * 86_400_000), NOW);
    expect(judged().zone).toEqual([saying("ok", "cannot be checked")]);
  });

  test("read in the wrong zone gets a hint based on the file's modification time", () => {
    written(runOf(NUCLEAR, NOW - 3_600_000), NOW - 3_600_000);
    const { zone, run } = judged("UTC");
    expect(run).toEqual([saying("failed", "future.")]);
    expect(zone).toEqual([saying("warning", "UTC+05:30 would fit")]);
  });
});
