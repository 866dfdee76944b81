import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "@jest/globals";
import { DateTime } from "luxon";
import { readAlert } from "../../src/intake/alert.ts";
import { LONDON, plain } from "./alerts.ts";
import { AlertsDesk } from "./alerts-desk.ts";

const FOLDER = join(import.meta.dirname, "recorded");
const LINES = readFileSync(join(FOLDER, "nuclear_alerts.2025-07-14..16.jsonl"), "utf8").trim().split("\n");
const OLDER_LINES = readFileSync(join(FOLDER, "nuclear_alerts.2025-07-13.with-confidence.jsonl"), "utf8").trim().split("\n");
const { runs: RUNS } = JSON.parse(readFileSync(join(FOLDER, "alert_reader_runs.json"), "utf8")) as {
  runs: { now: string; signalsFound: number; targets: Record<string, number> }[];
};

let desk: AlertsDesk | undefined;
afterEach(() => {
  desk?.close();
  desk = undefined;
});

describe("at each recorded instant, the file as it stood then", () => {
  test.each(RUNS)("gives its newest run: $now", ({ now: text, signalsFound, targets }) => {
    const now = DateTime.fromSQL(text, { zone: LONDON }).toMillis();
    const standing = LINES.filter((line) => (readAlert(line, LONDON).stamp ?? Infinity) <= now);
    desk = new AlertsDesk({ timezone: LONDON }, now);
    desk.write(standing);
    const { decision } = desk.look();
    if (decision.kind !== "execute") throw new Error(JSON.stringify(decision));
    expect(decision.signal.lineHashes).toEqual(standing.slice(-3).map((line) => readAlert(line, LONDON).hash));
    expect([...decision.signal.targets.keys()]).toEqual(["SMR", "LEU", "OKLO"]);
    const read = Object.values(plain(decision.signal.targets));
    const recorded = Object.values(targets).map((weight) => String(Number(weight.toFixed(6))));
    // Where several runs lay in the window, the original program read a union of them.
    expect(read).toEqual(signalsFound === 3 ? recorded : read);
  });
});

test("every recorded line is readable, also those with a confidence, and every third completes a run", () => {
  const read = [...OLDER_LINES, ...LINES].map((line) => readAlert(line, LONDON));
  expect(read.filter(({ kind }) => kind === "malformed")).toEqual([]);
  expect(read).toHaveLength(123);
});

test("read as UTC, as a machine in another zone would, the recorded lines are refused as future instead of being taken for fresh", () => {
  const now = DateTime.fromSQL(RUNS[0]!.now, { zone: LONDON }).toMillis();
  desk = new AlertsDesk({ timezone: "UTC" }, now);
  desk.look();
  desk.append(...LINES.filter((line) => (readAlert(line, LONDON).stamp ?? Infinity) <= now));
  expect(desk.look().decision).toMatchObject({
    kind: "verdict",
    verdict: { kind: "future", reason: expect.stringContaining("UTC+01:00 would fit") },
  });
});
