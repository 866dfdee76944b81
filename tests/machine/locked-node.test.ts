import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

const ROOT = join(import.meta.dirname, "../..");
const LOCKED = `node_modules/node-${process.platform}-${process.arch}`;

/** A project folder as `npm ci` leaves it with npm up to 11.6.0: no `node_modules/.bin/node`. */
let project: string;
/** Loaded first, makes this Node call itself 20, with or without the call that replaces a process. */
let old: { readonly thatReplacesItself: string; readonly thatCannot: string };

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), "alpaca-trader-locked-node-"));
  for (const file of ["src/machine/locked-node.js", "scripts/node.js", "package.json"]) cpSync(join(ROOT, file), join(project, file));
  mkdirSync(join(project, LOCKED, "bin"), { recursive: true });
  writeFileSync(join(project, LOCKED, "package.json"), "{}");
  symlinkSync(process.execPath, join(project, LOCKED, "bin/node"));
  const versions = 'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.0.0" } });';
  old = {
    thatReplacesItself: preload("replaces.cjs", versions),
    thatCannot: preload("cannot.cjs", `${versions} process.execve = undefined;`),
  };
});

afterAll(() => rmSync(project, { recursive: true, force: true }));

function preload(name: string, text: string): string {
  const file = join(project, name);
  writeFileSync(file, text);
  return file;
}

function started(first: string, ...args: readonly string[]): ReturnType<typeof spawnSync> {
  return spawnSync(process.execPath, ["--require", first, "scripts/node.js", ...args], { cwd: project, encoding: "utf8" });
}

describe.each(["thatReplacesItself", "thatCannot"] as const)("an older Node %s", (kind) => {
  test("hands the command line to the locked Node, and its programs find the same one", () => {
    const { stdout, status } = started(
      old[kind],
      "-e",
      'process.stdout.write(`${process.versions.node} ${require("node:child_process").execFileSync("node", ["-p", "process.execPath"])}`); process.exitCode = 3',
    );
    expect(stdout).toBe(`${process.versions.node} ${execFileSync(process.execPath, ["-p", "process.execPath"], { encoding: "utf8" })}`);
    expect(status).toBe(3);
  });

  test("ends by the signal that ended the locked Node", () => {
    expect(started(old[kind], "-e", 'process.kill(process.pid, "SIGKILL"); setInterval(() => {}, 1e6)')).toMatchObject({
      status: null,
      signal: "SIGKILL",
    });
  });
});

test.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)("%s reaches the locked Node, whose exit code is returned", async (signal) => {
  const script = `process.on("${signal}", () => process.exit(7)); setInterval(() => {}, 1e6); console.log("ready")`;
  const child = spawn(process.execPath, ["--require", old.thatCannot, "scripts/node.js", "-e", script], { cwd: project });
  await once(child.stdout, "data");
  child.kill(signal);
  expect(await once(child, "exit")).toEqual([7, null]);
});

test("the command line stops when the older Node that started it is killed", async () => {
  const cli = join(ROOT, "src/cli.ts");
  const env = { ...process.env, STATE_DIR: join(project, "state") };
  const child = spawn(process.execPath, ["--require", old.thatCannot, cli, "simulator", "--port", "0"], { cwd: project, env });
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  // Both processes hold the pipe; it closes when the second one has gone.
  child.stdout.resume();
  await once(child.stdout, "close");
  expect(child.signalCode).toBe("SIGKILL");
});

test("without a Node that fits it is one sentence with a hint, and 78", () => {
  const bare = mkdtempSync(join(tmpdir(), "alpaca-trader-no-node-"));
  for (const file of ["src/machine/locked-node.js", "scripts/node.js", "package.json"]) cpSync(join(ROOT, file), join(bare, file));
  const refused = spawnSync(process.execPath, ["--require", old.thatReplacesItself, "scripts/node.js", "-p", "1"], {
    cwd: bare,
    encoding: "utf8",
  });
  rmSync(bare, { recursive: true });
  expect(refused).toMatchObject({
    status: 78,
    stdout: "",
    stderr:
      "alpaca-trader needs Node 24 or newer, but this is Node 20.0.0.\n" +
      "Hint: run `npm ci` in the project's folder, which installs that Node on Linux, or install a newer Node.\n",
  });
});

test("no script of package.json runs on whatever Node npm finds", () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: Record<string, string> };
  const commands = Object.values(scripts).flatMap((script) => script.split("&&").map((command) => command.trim()));
  const direct = commands.filter((command) => command.startsWith("node "));
  expect(direct.filter((command) => !/^node scripts\/(node|prepare)\.js/.test(command))).toEqual([]);
  expect(direct).not.toEqual([]);
});
