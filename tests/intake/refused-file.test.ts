import { spawnSync } from "node:child_process";
import { appendFileSync, chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { alertsProblems } from "../../src/intake/intake-state.ts";
import { fileText, nuclearRun } from "./alerts.ts";
import { AlertsDesk } from "./alerts-desk.ts";

let desk: AlertsDesk;

beforeEach(() => {
  desk = new AlertsDesk();
});

afterEach(() => desk.close());

function use(alertsFile: string): void {
  const { folder } = desk;
  desk.intake.close();
  desk.ledger.close();
  desk = new AlertsDesk({ alertsFile: join(folder.path, alertsFile) });
  opened.push(folder.path);
}

/** Directories of desks that gave way to one with another file. */
let opened: string[] = [];

afterEach(() => {
  for (const path of opened) rmSync(path, { recursive: true, force: true });
  opened = [];
});

function writable(file: string): void {
  writeFileSync(file, "");
  chmodSync(file, 0o666);
}

describe("an alerts file", () => {
  test.each<[string, (file: string) => void, string]>([
    ["that anyone can write", writable, "can be written by anyone"],
    ["that is a symbolic link", (file) => symlinkSync("/dev/null", file), "is a symbolic link"],
    ["that is a pipe", (file) => void spawnSync("mkfifo", [file]), "is not a regular file"],
    ["that is a directory", (file) => mkdirSync(file), "is not a regular file"],
  ])("%s is a problem until the file is as it should be", (_what, spoil, why) => {
    spoil(desk.file);
    desk.look();
    expect(desk.intake.problem).toContain(why);
    expect(alertsProblems([desk.intake])).toEqual([expect.stringMatching(new RegExp(`^Alerts of nuclear are refused: .*${why}`))]);
    rmSync(desk.file, { recursive: true });
    desk.look();
    expect([desk.intake.problem, alertsProblems([desk.intake])]).toEqual([undefined, []]);
    desk.append(...nuclearRun());
    expect(desk.look().decision.kind).toBe("execute");
  });

  test.each([
    ["whose directory does not exist", "gone/alerts.json", /gone, the directory of alerts\.json, does not exist\. Check ALERTS_FILE/],
    ["whose directory is a file", "file/alerts.json", /cannot be used: it is not a directory/],
    ["that the system does not let us look at", `${"x".repeat(300)}.json`, /cannot be read: ENAMETOOLONG/],
  ])("%s is a problem, and refused", (_what, name, why) => {
    use(name);
    const directory = dirname(desk.intake.alertsFile);
    if (name.startsWith("file/")) writeFileSync(directory, "");
    const { decision } = desk.look();
    expect(decision).toMatchObject({ kind: "verdict", verdict: { kind: "untrusted" }, isNew: true });
    expect(desk.intake.problem).toMatch(why);
    expect(desk.look().verdicts).toEqual([]);
  });

  test("that is not there yet is no problem: the strategy has not written", () => {
    expect(desk.look()).toMatchObject({ fileMissing: true, verdicts: [] });
    expect([desk.intake.problem, desk.intake.problems]).toEqual([undefined, 0]);
  });

  test("whose directory comes back is read again", () => {
    use("there/alerts.json");
    desk.look();
    const { alertsFile } = desk.intake;
    mkdirSync(dirname(alertsFile));
    appendFileSync(alertsFile, fileText(nuclearRun()), { mode: 0o644 });
    expect(desk.look().decision.kind).toBe("execute");
    expect(desk.intake.problem).toBeUndefined();
  });

  test("whose directory is taken away is read to its last line first", () => {
    use("there/alerts.json");
    const { alertsFile } = desk.intake;
    mkdirSync(dirname(alertsFile));
    writeFileSync(alertsFile, "", { mode: 0o644 });
    desk.look();
    appendFileSync(alertsFile, fileText(nuclearRun()));
    renameSync(dirname(alertsFile), `${dirname(alertsFile)}-moved`);
    expect(desk.look().decision.kind).toBe("execute");
    desk.look();
    expect(desk.intake.problem).toContain("does not exist");
  });

  test("is counted as refused once for each problem, however often it is checked", () => {
    desk.append("");
    chmodSync(desk.file, 0o666);
    for (let look = 0; look < 5; look++) desk.look();
    expect(desk.intake.problems).toBe(1);
    chmodSync(desk.file, 0o644);
    desk.look();
    chmodSync(desk.file, 0o666);
    desk.look();
    expect(desk.intake.problems).toBe(2);
  });
});
