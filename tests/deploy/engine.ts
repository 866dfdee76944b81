import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { eventually } from "./checks.ts";
import { needs, run, runWell } from "./shell.ts";

/** The image that the Dockerfile starts from. */
export const BASE = "node:24-bookworm-slim";
const CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt";
const START_LIMIT_MS = 30_000;

/** The Docker engine of this machine, or one that is started for the test and ended with it. */
export class Engine {
  readonly #directory: string;
  #own: ChildProcess | undefined;
  /** An engine leaves its bridge behind. */
  #hadBridge = false;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async start(): Promise<void> {
    needs("docker", "docker.io");
    if (run("docker", ["info"]).status === 0) return;
    needs("dockerd", "docker.io");
    needs("ip", "iproute2");
    this.#hadBridge ||= hasBridge();
    // Ports are published by Docker's proxy alone: the machine's packet filter and routing are left as they are.
    const options = ["--iptables=false", "--ip6tables=false", "--ip-forward=false", `--data-root=${join(this.#directory, "docker")}`];
    this.#own = spawn("dockerd", options, { stdio: "ignore" });
    await this.#isUp();
  }

  /** As after a reboot: containers are started again by their policy. @returns false when the engine is not ours to restart. */
  async restart(): Promise<boolean> {
    if (this.#own === undefined) return false;
    await this.stop();
    await this.start();
    return true;
  }

  async stop(): Promise<void> {
    const own = this.#own;
    if (own === undefined) return;
    const ended = new Promise((resolve) => own.once("exit", resolve));
    own.kill("SIGTERM");
    await ended;
    this.#own = undefined;
    if (!this.#hadBridge && hasBridge()) runWell("ip", ["link", "delete", "docker0"]);
  }

  /** The image that the Dockerfile starts from: pulled, or where no registry answers made of Debian and this machine's Node and npm. */
  provideBase(): string {
    if (run("docker", ["image", "inspect", BASE]).status === 0) return "was there";
    if (run("docker", ["pull", "-q", BASE]).status === 0) return "pulled";
    const root = join(this.#directory, "base");
    runWell("debootstrap", ["--variant=minbase", "--include=ca-certificates,libstdc++6", "bookworm", root]);
    const npm = dirname(dirname(realpathSync(runWell("sh", ["-c", "command -v npm"]).trim())));
    mkdirSync(join(root, "usr/local/lib/node_modules"), { recursive: true });
    cpSync(realpathSync(process.execPath), join(root, "usr/local/bin/node"));
    cpSync(npm, join(root, "usr/local/lib/node_modules/npm"), { recursive: true });
    symlinkSync("../lib/node_modules/npm/bin/npm-cli.js", join(root, "usr/local/bin/npm"));
    // What this machine trusts and how its npm reaches a registry.
    cpSync(CERTIFICATES, join(root, CERTIFICATES));
    writeFileSync(join(root, "usr/local/etc/npmrc"), `cafile=${CERTIFICATES}\n`);
    runWell("chroot", [root, "useradd", "--create-home", "--uid", "1000", "node"]);
    runWell("sh", ["-c", `tar -C "$1" -c . | docker import - ${BASE}`, "sh", root]);
    return "made";
  }

  async #isUp(): Promise<void> {
    await eventually(
      () => Promise.resolve(run("docker", ["info"]).status === 0 ? true : undefined),
      START_LIMIT_MS,
      () => "The Docker engine does not start.",
    );
  }
}

function hasBridge(): boolean {
  return existsSync("/sys/class/net/docker0");
}

/** Compose as a plugin of Docker, or as Debian 12 has it. */
export function composeCommand(): readonly string[] {
  return run("docker", ["compose", "version"]).status === 0 ? ["docker", "compose"] : ["docker-compose"];
}
