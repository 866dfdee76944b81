import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { TraderError } from "../../src/domain/errors.ts";
import type { LogFileSystem, RotatingFileOptions } from "../../src/logging/rotating-file.ts";
import { RotatingFile } from "../../src/logging/rotating-file.ts";

let directory: string;
let file: string;
let problems: string[];
let open: RotatingFile[];

beforeEach(() => {
  directory = fs.mkdtempSync(join(tmpdir(), "log-"));
  file = join(directory, "x.log");
  problems = [];
  open = [];
});

afterEach(() => {
  for (const log of open) log.close();
  fs.rmSync(directory, { recursive: true, force: true });
});

function logOn(change: Partial<RotatingFileOptions> = {}): RotatingFile {
  const log = new RotatingFile({
    file,
    groupId: undefined,
    lossLine: (lost) => `(${String(lost)} lost)`,
    onProblem: (sentence) => problems.push(sentence),
    ...change,
  });
  open.push(log);
  return log;
}

function refusalOf(work: () => unknown): TraderError {
  try {
    work();
  } catch (error) {
    if (error instanceof TraderError) return error;
    throw error;
  }
  throw new Error("It was not refused.");
}

/** Like `tail -F`: reads on in its open file, and switches to the new one when the name points elsewhere. */
class Follower {
  readonly lines: string[] = [];
  #descriptor = fs.openSync(file, "r");
  #rest = "";

  look(): void {
    this.#readOn();
    if (fs.statSync(file).ino === fs.fstatSync(this.#descriptor).ino) return;
    this.#readOn();
    fs.closeSync(this.#descriptor);
    this.#descriptor = fs.openSync(file, "r");
    this.#readOn();
  }

  close(): void {
    fs.closeSync(this.#descriptor);
  }

  #readOn(): void {
    const buffer = Buffer.alloc(65_536);
    for (let count = fs.readSync(this.#descriptor, buffer); count > 0; count = fs.readSync(this.#descriptor, buffer))
      this.#rest += buffer.toString("utf8", 0, count);
    const lines = this.#rest.split("\n");
    this.#rest = lines.pop() ?? "";
    this.lines.push(...lines);
  }
}

function full(): never {
  throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
}

describe("rotation", () => {
  test("a follower sees every line once and in order, and the files stay bounded", () => {
    const log = logOn({ maxBytes: 1_000, keep: 3 });
    const follower = new Follower();
    const lines = Array.from({ length: 500 }, (_, index) => `line ${String(index)} ${"x".repeat(index % 40)}`);
    for (const line of lines) {
      log.append(line);
      follower.look();
    }
    follower.close();
    expect(follower.lines).toEqual(lines);
    expect(fs.readdirSync(directory).toSorted()).toEqual(["x.log", "x.log.1", "x.log.2", "x.log.3"]);
    for (const name of fs.readdirSync(directory)) expect(fs.statSync(join(directory, name)).size).toBeLessThanOrEqual(1_000);
    const kept = ["x.log.3", "x.log.2", "x.log.1", "x.log"].map((name) => fs.readFileSync(join(directory, name), "utf8")).join("");
    expect(lines.join("\n").endsWith(kept.trimEnd())).toBe(true);
    expect(problems).toEqual([]);
  });

  test("a start continues at the end of the file", () => {
    logOn({ maxBytes: 20 }).append("first");
    const again = logOn({ maxBytes: 20 });
    again.append("second");
    expect(fs.readFileSync(file, "utf8")).toBe("first\nsecond\n");
    again.append("third, too long for it");
    expect(fs.readFileSync(`${file}.1`, "utf8")).toBe("first\nsecond\n");
  });

  test("when rotation is blocked, the log is emptied, continues, and says so", () => {
    fs.mkdirSync(join(`${file}.1`, "in the way"), { recursive: true });
    const log = logOn({ maxBytes: 20, keep: 1 });
    log.append("0123456789");
    log.append("abcdefghijkl");
    expect(fs.readFileSync(file, "utf8")).toBe("abcdefghijkl\n");
    expect(problems.join()).toMatch(/cannot be rotated.*emptied/);
  });

  test("a file that others move or remove is recreated", () => {
    const log = logOn();
    log.append("one");
    fs.renameSync(file, `${file}.moved`);
    log.append("two");
    fs.rmSync(file);
    log.append("three");
    expect([fs.readFileSync(`${file}.moved`, "utf8"), fs.readFileSync(file, "utf8")]).toEqual(["one\n", "three\n"]);
  });
});

describe("anything else at the log file's path", () => {
  test("a symbolic link is refused by name, and its target is not touched", () => {
    fs.writeFileSync(join(directory, "target"), "mine");
    fs.symlinkSync(join(directory, "target"), file);
    expect(refusalOf(() => logOn())).toMatchObject({ code: "log-file", exitCode: 3 });
    expect(refusalOf(() => logOn()).message).toContain(`${file} is not a plain file of ours: it is a symbolic link`);
    expect(fs.readFileSync(join(directory, "target"), "utf8")).toBe("mine");
  });

  test("a fifo is refused at once, without waiting for a reader", () => {
    spawnSync("mkfifo", [file]);
    expect(refusalOf(() => logOn())).toMatchObject({ code: "log-file", exitCode: 3 });
  });

  test("a hard link and a directory are refused", () => {
    fs.writeFileSync(join(directory, "other"), "");
    fs.linkSync(join(directory, "other"), file);
    expect(refusalOf(() => logOn()).message).toMatch(/second name/);
    fs.rmSync(file);
    fs.mkdirSync(file);
    expect(refusalOf(() => logOn()).message).toMatch(/not a plain file/);
  });

  test("a file of another user is refused, with advice whether or not that user runs the daemon", () => {
    fs.writeFileSync(file, "");
    const stranger = (stat: fs.Stats): fs.Stats => Object.assign(stat, { uid: 4_711_000 });
    const fileSystem: LogFileSystem = {
      ...fs,
      fstatSync: ((descriptor: number) => stranger(fs.fstatSync(descriptor))) as typeof fs.fstatSync,
    };
    const refusal = refusalOf(() => logOn({ fileSystem }));
    expect(refusal).toMatchObject({ code: "log-file", exitCode: 3 });
    expect(refusal.message).toContain("it belongs to user 4711000, but this process runs as ");
    expect(refusal.hint).toContain("If user 4711000 runs the daemon, run this command as that user too: `sudo -u '#4711000' …`");
    expect(refusal.hint).toContain("If not, find out why");
  });

  test("a link placed there later loses lines, but does not damage the target", () => {
    const log = logOn();
    log.append("one");
    fs.rmSync(file);
    fs.writeFileSync(join(directory, "target"), "mine");
    fs.symlinkSync(join(directory, "target"), file);
    log.append("two");
    expect(log.lost).toBe(1);
    expect(fs.readFileSync(join(directory, "target"), "utf8")).toBe("mine");
    fs.rmSync(file);
    log.append("three");
    expect(fs.readFileSync(file, "utf8")).toBe("(1 lost)\nthree\n");
  });

  test("an unusable directory is a configuration error", () => {
    fs.writeFileSync(join(directory, "plain"), "");
    expect(refusalOf(() => logOn({ file: join(directory, "plain/x.log") }))).toMatchObject({ code: "log-directory", exitCode: 78 });
  });
});

describe("who may read", () => {
  test("our user and the group, and nobody else, also when the file was open to all before", () => {
    fs.writeFileSync(file, "old\n", { mode: 0o666 });
    fs.chmodSync(file, 0o666);
    logOn({ file: join(directory, "deep/y.log") });
    logOn().append("new");
    expect([file, join(directory, "deep/y.log")].map((path) => (fs.statSync(path).mode & 0o7777).toString(8))).toEqual(["640", "640"]);
    expect(fs.readFileSync(file, "utf8")).toBe("old\nnew\n");
  });

  test("the file is assigned to the group, and a failure is only a warning", () => {
    const given: number[][] = [];
    const fileSystem: LogFileSystem = { ...fs, fchownSync: (...call) => given.push(call) };
    logOn({ groupId: 12_345, fileSystem });
    expect(given.map(([, ...owner]) => owner)).toEqual([[process.getuid!(), 12_345]]);
    const log = logOn({
      groupId: 12_345,
      fileSystem: {
        ...fs,
        fchownSync: () => {
          throw new Error("EPERM: operation not permitted");
        },
      },
    });
    log.append("written");
    expect(problems.join()).toMatch(/group 12345 \(LOG_GROUP\): EPERM/);
    expect(fs.readFileSync(file, "utf8")).toBe("written\n");
  });
});

describe("a full disk", () => {
  test("lines are lost, counted and reported once; when there is space again the log continues and says how many", () => {
    let space = true;
    const fileSystem = {
      ...fs,
      writeSync: ((...call: Parameters<typeof fs.writeSync>) => (space ? fs.writeSync(...call) : full())) as typeof fs.writeSync,
    };
    const log = logOn({ fileSystem });
    log.append("one");
    space = false;
    for (let index = 0; index < 10; index++) log.append("lost");
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/no space left/);
    space = true;
    log.append("two");
    log.append("three");
    expect(log.lost).toBe(10);
    expect(fs.readFileSync(file, "utf8")).toBe("one\n(10 lost)\ntwo\nthree\n");
  });

  test("a partly written line does not run into the next", () => {
    let room = 8;
    const writeSync = ((descriptor: number, bytes: Buffer, from: number) => {
      const length = Math.min(room, bytes.length - from);
      if (length === 0) full();
      room -= length;
      return fs.writeSync(descriptor, bytes, from, length);
    }) as typeof fs.writeSync;
    const log = logOn({ fileSystem: { ...fs, writeSync } });
    log.append("one");
    log.append("0123456789");
    room = 1_000;
    log.append("two");
    expect(fs.readFileSync(file, "utf8")).toBe("one\n0123\n(1 lost)\ntwo\n");
  });

  test("it does not keep the daemon from starting, and the file is opened when it can be", () => {
    let space = false;
    const openSync = ((...call: Parameters<typeof fs.openSync>) => (space ? fs.openSync(...call) : full())) as typeof fs.openSync;
    const log = logOn({ fileSystem: { ...fs, openSync } });
    log.append("lost");
    space = true;
    log.append("one");
    expect(fs.readFileSync(file, "utf8")).toBe("(1 lost)\none\n");
  });

  test("a real limit on the size of files loses lines without ending the process", () => {
    const module = join(import.meta.dirname, "../../src/logging/rotating-file.ts");
    const script = `const { RotatingFile } = await import(${JSON.stringify(module)});
      const log = new RotatingFile({ file: ${JSON.stringify(file)}, groupId: undefined, lossLine: String, onProblem: (sentence) => console.log(sentence) });
      for (let index = 0; index < 300; index++) log.append("x".repeat(99));
      console.log(log.lost);`;
    const { stdout, status } = spawnSync("sh", ["-c", `ulimit -f 16; exec "$0" --input-type=module -e "$1"`, process.execPath, script], {
      encoding: "utf8",
    });
    expect(status).toBe(0);
    const [problem, lost] = stdout.trim().split("\n");
    expect(problem).toMatch(/EFBIG/);
    expect(Number(lost)).toBeGreaterThan(0);
    expect(fs.statSync(file).size).toBeLessThanOrEqual(16 * 1024);
  });
});
