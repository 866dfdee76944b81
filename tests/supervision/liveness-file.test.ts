import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir, uptime } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { LivenessFile, readLiveness } from "../../src/supervision/liveness-file.ts";
import { factsIn, processFacts } from "../../src/supervision/process-facts.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { RecordingLog } from "../notifications/recording-service.ts";

const HEALTH_CHECK = join(import.meta.dirname, "../../src/supervision/health-check.ts");

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "alpaca-trader-life-"));
  file = join(directory, "sign");
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

function signs(env: Record<string, string> = { LIFE_SIGN_FILE: file }) {
  const log = new RecordingLog();
  const parts = { env, pid: process.pid, clock: new VirtualClock(0), warn: log.warn.bind(log) };
  return { ...parts, log, signs: new LivenessFile(parts) };
}

describe("the liveness file", () => {
  test("changes every two seconds while the daemon is alive, and is removed at the end", async () => {
    const { signs: given, clock } = signs();
    let alive = true;
    given.watch(() => alive);
    const first = readLiveness(file);
    expect(first).toEqual({
      pid: process.pid,
      startedAt: processFacts(process.pid)?.startedAt,
      beat: 1,
      at: expect.closeTo(uptime(), -2),
    });
    await clock.advance(4_000);
    expect(readLiveness(file)?.beat).toBe(3);
    alive = false;
    await clock.advance(10_000);
    expect(readLiveness(file)?.beat).toBe(3);
    given.close();
    expect(readdirSync(directory)).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  test("is not written if the image sets no path", async () => {
    const { signs: given, clock } = signs({});
    given.watch(() => true);
    expect(clock.pending).toBe(0);
    given.close();
    await clock.advance(0);
    expect(readdirSync(directory)).toEqual([]);
  });

  test("causes one warning if it cannot be written, and appears once it can", async () => {
    const { signs: given, clock, log } = signs({ LIFE_SIGN_FILE: join(directory, "later", "sign") });
    given.watch(() => true);
    await clock.advance(6_000);
    expect(log.seen).toEqual([expect.stringContaining("warn The liveness file cannot be written")]);
    mkdirSync(join(directory, "later"));
    await clock.advance(2_000);
    expect(readLiveness(join(directory, "later", "sign"))?.pid).toBe(process.pid);
    given.close();
  });

  test("follows no link, and only its user can read it", () => {
    const other = join(directory, "other");
    writeFileSync(other, "precious");
    symlinkSync(other, file);
    symlinkSync(other, `${file}.part`);
    const { signs: given } = signs();
    given.watch(() => true);
    expect(statSync(other).size).toBe("precious".length);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    given.close();
  });

  test.each(["", "7", "x 1 2 3", "7 1 2 3 4", "-7 1 2 3"])("is invalid with the content %j", (text) => {
    writeFileSync(file, text);
    expect(readLiveness(file)).toBeUndefined();
  });
});

describe("the kernel's facts about a process", () => {
  test("are its start, and whether it is stopped", () => {
    const fields = "1 7 7 0 -1 4194560 100 0 0 0 5 5 0 0 20 0 11 0 8812345 1 2 3";
    expect(factsIn(`7 (node (a) ) S ${fields}`)).toEqual({ startedAt: "8812345", stopped: false });
    expect(factsIn(`7 (node) T ${fields}`)).toEqual({ startedAt: "8812345", stopped: true });
    expect(factsIn(`7 (node) t ${fields}`)).toEqual({ startedAt: "8812345", stopped: true });
  });

  test("are absent for one that has ended", () => {
    expect(factsIn("7 (node) Z 1 7 7 0 -1 4194560 100 0 0 0 5 5 0 0 20 0 11 0 8812345 1 2 3")).toBeUndefined();
    expect(processFacts(2 ** 22 + 1)).toBeUndefined();
  });
});

describe("the health check as a process", () => {
  async function check(): Promise<{ code: number | null; said: string }> {
    const child = spawn(process.execPath, [HEALTH_CHECK], { env: { LIFE_SIGN_FILE: file }, stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
    const [code] = (await once(child, "close")) as [number | null];
    return { code, said };
  }

  test("kills a process whose event loop hangs, says so in its log, and kills no other", async () => {
    const log = join(directory, "log");
    const outlet = openSync(log, "a");
    const hung = spawn(process.execPath, ["-e", "for (;;) {}"], { stdio: ["ignore", "ignore", outlet] });
    closeSync(outlet);
    const ended = once(hung, "close");
    const pid = hung.pid ?? 0;
    const startedAt = processFacts(pid)?.startedAt ?? "";
    writeFileSync(file, `${String(pid)} ${startedAt} 1 ${String(uptime())}`);
    expect(await check()).toEqual({ code: 0, said: `The daemon (pid ${String(pid)}) is alive.\n` });

    writeFileSync(file, `${String(pid)} ${startedAt}0 1 ${String(uptime() - 40)}`);
    expect(await check()).toEqual({ code: 1, said: `The daemon (pid ${String(pid)}) is gone.\n` });
    expect(hung.exitCode).toBeNull();

    writeFileSync(file, `${String(pid)} ${startedAt} 1 ${String(uptime() - 40)}`);
    expect(await check()).toEqual({ code: 1, said: expect.stringContaining("it hangs. Killing it (SIGKILL)") });
    expect(await ended).toEqual([null, "SIGKILL"]);
    expect(readFileSync(log, "utf8")).toContain("Health check: The daemon");
  });
});
