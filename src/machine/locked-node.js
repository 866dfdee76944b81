// Plain JavaScript, because the machine's own Node may be too old to read TypeScript.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, delimiter, join } from "node:path";
import process from "node:process";

export const REQUIRED_NODE_MAJOR = 24;

/** A command line or setting that cannot work (the documented exit code). */
const CONFIGURATION = 78;

/** Starts the locked Node; systems without it (Alpine, NixOS) cannot run that Node. */
const LOADERS = ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"];

export function isNewEnough(version = process.versions.node) {
  return Number.parseInt(version, 10) >= REQUIRED_NODE_MAJOR;
}

/**
 * Passes a command line to a Node that is new enough: this one, or the one installed by `npm ci`. It is found by
 * its package, because npm up to 11.6.0 leaves no link to it in `node_modules/.bin`: the packages for x64 and
 * arm64 claim the same link, and the one that does not fit removes it.
 * @param {readonly string[]} args the arguments after `node`.
 */
export function runOnRequiredNode(args) {
  const node = isNewEnough() ? process.execPath : lockedNode();
  if (node === undefined) return refuse();
  // Programs started from there, such as `npx` or a tool's own workers, find the same Node.
  const env = { ...process.env, PATH: [dirname(node), process.env.PATH ?? ""].join(delimiter) };
  if (process.execve !== undefined && process.platform !== "win32") process.execve(node, [node, ...args], env);
  runAsChild(node, args, env);
}

/** @returns the path of the Node installed by `npm ci`; `undefined` where none is locked (macOS, Windows) or none can run. */
function lockedNode() {
  if (!LOADERS.some((loader) => existsSync(loader))) return undefined;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(`node-${process.platform}-${process.arch}/package.json`)), "bin/node");
  } catch {
    return undefined;
  }
}

/**
 * For a Node that cannot replace itself: forwards signals and exits like the child.
 * @param {string} node
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
function runAsChild(node, args, env) {
  // The child notices on its channel when this process is killed.
  const child = spawn(node, args, { env, stdio: ["inherit", "inherit", "inherit", "ipc"] });
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) process.on(signal, () => child.kill(signal));
  child.on("error", refuse);
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? 1;
    if (signal === null) return;
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

function refuse() {
  process.stderr.write(
    `alpaca-trader needs Node ${REQUIRED_NODE_MAJOR} or newer, but this is Node ${process.versions.node}.\n` +
      "Hint: run `npm ci` in the project's folder, which installs that Node on Linux, or install a newer Node.\n",
  );
  process.exitCode = CONFIGURATION;
}
