import { closeSync, mkdirSync, openSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { Sight } from "../../src/intake/file-loss.ts";
import { FileLossWatch } from "../../src/intake/file-loss.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { fileText, nuclearRun, T0 } from "./alerts.ts";
import { AlertsDesk } from "./alerts-desk.ts";

const FILE = "/alerts/nuclear_alerts.json";
let clock: VirtualClock;
let watch: FileLossWatch;

beforeEach(() => {
  clock = new VirtualClock(T0);
  watch = new FileLossWatch(FILE, clock);
});

const seen = (links: bigint): Sight => ({ file: { nlink: links }, directory: () => ({ nlink: 2n }) });
const missing = (links: bigint | undefined): Sight => ({
  file: undefined,
  directory: () => (links === undefined ? undefined : { nlink: links }),
});

/** Looks once a second. */
async function look(sight: Sight, seconds: number): Promise<string | undefined> {
  for (let second = 0; second < seconds; second++) {
    watch.saw(sight);
    await clock.advance(1_000);
  }
  return watch.loss?.reason;
}

test("a file with no link left was mounted alone and replaced, once that has lasted three seconds", async () => {
  expect(await look(seen(1n), 100)).toBeUndefined();
  expect(await look(seen(0n), 2)).toBeUndefined();
  expect(await look(seen(0n), 2)).toBe(`${FILE} was mounted alone, and has been replaced or deleted outside: no new alert can be read.`);
  expect(watch.loss).toMatchObject({ kind: "replaced", hint: expect.stringContaining("Mount the directory /alerts") as unknown });
});

test("a rename that is caught in the act is no loss", async () => {
  await look(seen(1n), 1);
  await look(seen(0n), 1);
  expect(await look(seen(1n), 10)).toBeUndefined();
});

test("a deleted directory is a replaced one, for what takes its place cannot be seen", async () => {
  await look(seen(1n), 1);
  expect(await look(missing(0n), 5)).toMatch(/^The directory of .* has been replaced or deleted outside/);
});

test("a file that has been gone for a minute is reported, and so is a missing directory", async () => {
  await look(seen(1n), 1);
  expect(await look(missing(2n), 59)).toBeUndefined();
  expect(await look(missing(2n), 2)).toBe(`${FILE} is gone: it existed before, and no alert can be read until it exists again.`);
  expect(await look(missing(undefined), 1)).toMatch(/and its directory are gone/);
  expect(await look(seen(1n), 1)).toBeUndefined();
});

test("a file that was never there is waited for", async () => {
  expect(await look(missing(2n), 1_000)).toBeUndefined();
  expect(await look(missing(undefined), 1_000)).toBeUndefined();
});

test("a writer that deletes the file and writes it again within the minute is left in peace", async () => {
  for (let day = 0; day < 5; day++) {
    expect(await look(seen(1n), 10)).toBeUndefined();
    expect(await look(missing(2n), 30)).toBeUndefined();
  }
});

let desk: AlertsDesk | undefined;
afterEach(() => desk?.close());

test("intake notices it of a real directory that is reached although it has been deleted, as a mount is", async () => {
  const outer = new AlertsDesk();
  const directory = outer.folder.file("mounted");
  mkdirSync(directory);
  const mount = openSync(directory, "r");
  const alertsFile = join(`/proc/self/fd/${String(mount)}`, "alerts.json");
  desk = new AlertsDesk({ alertsFile, clock: outer.clock }, T0);
  try {
    writeFileSync(join(directory, "alerts.json"), fileText(nuclearRun()), { mode: 0o644 });
    expect(desk.look().decision.kind).toBe("execute");
    rmSync(directory, { recursive: true });
    desk.look();
    await outer.clock.advance(3_000);
    desk.look();
    expect(desk.intake.loss).toMatchObject({ kind: "replaced" });
  } finally {
    closeSync(mount);
    outer.close();
  }
});
