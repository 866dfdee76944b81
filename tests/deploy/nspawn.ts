import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { eventually } from "./checks.ts";
import type { Ran } from "./shell.ts";
import { run, runWell } from "./shell.ts";

const BOOT_LIMIT_MS = 60_000;
/** How systemd-nspawn ends when the machine in it wants to be started again (systemd-nspawn(1), "Exit status"). */
const REBOOT = 133;
/** What a Debian installation has anyway; what the project needs beside it comes by the words of docs/systemd.md. */
const PACKAGES = "systemd,systemd-sysv,dbus";

/**
 * A Debian machine with its own systemd, in a directory: a debootstrap root, booted by systemd-nspawn.
 * It shares the network with the machine it runs on.
 */
export class Machine {
  readonly root: string;
  readonly name: string;
  #nspawn: ChildProcess | undefined;
  #console = "";

  private constructor(root: string, name: string) {
    this.root = root;
    this.name = name;
  }

  /**
   * @param suite a release of Debian, such as `bookworm`.
   * @param like a debootstrap root to start from; without one it is made, which takes minutes.
   */
  static install(root: string, name: string, suite: string, like: string | undefined): Machine {
    if (like === undefined) runWell("debootstrap", ["--variant=minbase", `--include=${PACKAGES}`, suite, root]);
    else runWell("cp", ["-a", "--reflink=auto", like, root]);
    return new Machine(root, name);
  }

  async boot(): Promise<void> {
    this.#start();
    await this.isUp();
  }

  #start(): void {
    const nspawn = spawn("systemd-nspawn", ["-b", "-q", "-D", this.root, `--machine=${this.name}`, "--register=no", "--keep-unit"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [nspawn.stdout, nspawn.stderr]) stream.on("data", (chunk: Buffer) => (this.#console += chunk.toString()));
    nspawn.once("exit", (code) => {
      if (code === REBOOT) this.#start();
    });
    this.#nspawn = nspawn;
  }

  /** Waits until systemd has started everything. */
  async isUp(): Promise<void> {
    await eventually(
      () => Promise.resolve(/^(running|degraded)$/m.test(this.run("systemctl", "is-system-running").output) ? true : undefined),
      BOOT_LIMIT_MS,
      () => `The machine did not come up:\n${this.#console.slice(-2_000)}`,
    );
  }

  /** Process id, seen from outside, of the machine's systemd; it changes when the machine is started again. */
  get leader(): string | undefined {
    const pid = this.#nspawn?.pid;
    if (pid === undefined) return undefined;
    try {
      return readFileSync(`/proc/${String(pid)}/task/${String(pid)}/children`, "utf8")
        .trim()
        .split(" ")[0];
    } catch {
      return undefined;
    }
  }

  run(program: string, ...args: string[]): Ran {
    return this.#enter(program, args);
  }

  #enter(program: string, args: readonly string[], input = ""): Ran {
    const leader = this.leader;
    if (leader === undefined || leader === "") return { status: -1, output: "The machine is off." };
    return run("nsenter", ["-t", leader, "-a", "--", program, ...args], { input });
  }

  runWell(program: string, ...args: string[]): string {
    const ran = this.run(program, ...args);
    if (ran.status !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${String(ran.status)}:\n${ran.output}`);
    return ran.output;
  }

  shell(script: string): string {
    return this.runWell("sh", "-ec", script);
  }

  /** One property of a unit. */
  property(unit: string, name: string): string {
    return this.run("systemctl", "show", "--value", "-p", name, unit).output.trim();
  }

  journal(unit: string): string {
    return this.run("journalctl", "--no-pager", "-o", "cat", "-n", "60", "-u", unit).output;
  }

  write(file: string, text: string, mode = 0o644): void {
    const path = join(this.root, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    chmodSync(path, mode);
  }

  /** Appends to a file, as one of the machine's users; what stands below /tmp exists only while the machine runs. */
  append(user: string, file: string, text: string): void {
    const { status, output } = this.#enter("su", [user, "-c", `umask 022; cat >> ${file}`], text);
    if (status !== 0) throw new Error(`${user} cannot append to ${file}: ${output}`);
  }

  async powerOff(): Promise<void> {
    const nspawn = this.#nspawn;
    if (nspawn?.exitCode === null) {
      const ended = new Promise((resolve) => nspawn.once("exit", resolve));
      this.run("systemctl", "poweroff", "--force", "--force");
      nspawn.kill("SIGTERM");
      await ended;
    }
  }
}
