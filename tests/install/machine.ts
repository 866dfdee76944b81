import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Ran } from "../deploy/shell.ts";
import { run, runWell } from "../deploy/shell.ts";

/** A machine's own Node and npm: both are packages of the registry, unpacked into a folder of their own. */
export class Machine {
  readonly name: string;
  /** Everything that is made on this machine. */
  readonly home: string;
  readonly #path: string;

  private constructor(name: string, path: string, home: string) {
    this.name = name;
    this.#path = path;
    this.home = home;
  }

  /** @param parent folder for what is made. */
  static made(parent: string, node: string, npm: string): Machine {
    const home = join(parent, `node-${node}-npm-${npm}`);
    const bin = join(home, "bin");
    mkdirSync(bin, { recursive: true });
    const nodeBinary = join(unpacked(parent, `node-${process.platform}-${process.arch}`, node), "bin/node");
    const npmFolder = unpacked(parent, "npm", npm);
    command(join(bin, "node"), [nodeBinary]);
    for (const name of ["npm", "npx"]) command(join(bin, name), [nodeBinary, join(npmFolder, `bin/${name}-cli.js`)]);
    const env = { PATH: `${bin}:/usr/bin:/bin` };
    const version = (program: string): string => /\d+\.\d+\.\d+/.exec(runWell(join(bin, program), ["--version"], { env }))?.[0] ?? "";
    return new Machine(`Node ${version("node")}, npm ${version("npm")}`, env.PATH, home);
  }

  /** Runs a command line in a folder, as a user of this machine who has no settings. npm asks the registry for nothing that it has already. */
  shell(line: string, cwd: string): Ran {
    const own = { TMPDIR: this.home, STATE_DIR: join(this.home, "state"), TRADING_MODE: "simulator" };
    const env = { PATH: this.#path, npm_config_prefer_offline: "true", ...own };
    return run("sh", ["-c", line], { cwd, env });
  }
}

/** Each version is fetched once. @returns its folder. */
function unpacked(parent: string, name: string, version: string): string {
  const to = join(parent, `${name}@${version}`);
  if (run("test", ["-d", to]).status === 0) return join(to, "package");
  mkdirSync(to);
  const file = runWell("npm", ["pack", "--silent", `${name}@${version}`], { cwd: to }).trim();
  runWell("tar", ["xzf", file], { cwd: to });
  return join(to, "package");
}

function command(file: string, words: readonly string[]): void {
  writeFileSync(file, `#!/bin/sh\nexec ${words.map((word) => `'${word}'`).join(" ")} "$@"\n`);
  chmodSync(file, 0o755);
}
