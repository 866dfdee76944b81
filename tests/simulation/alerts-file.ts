import { appendFileSync, chmodSync, mkdtempSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readAlert } from "../../src/intake/alert.ts";
import type { FileDeed } from "./strategy.ts";

/** A line as it came to stand in the file. */
export interface WrittenLine {
  readonly hash: string;
  readonly wellFormed: boolean;
  /** Wall clock; undefined where none can be read. */
  readonly stamp: number | undefined;
  /** Monotonic: from when on the complete line stood there, and until when. */
  readonly from: number;
  until: number;
}

const SHARED_MEMORY = "/dev/shm";
const PRIVATE = 0o644;
const WRITABLE_BY_ALL = 0o666;
const WRITABLE_BY_OTHERS = 0o002;

/** The real alerts file, on a real file system, with times of the virtual clock. */
export class AlertsFile {
  readonly #directory: string;
  readonly path: string;
  readonly #timezone: string;
  #content = "";
  /** Every write looks at all that stands in it, and most of that is read already. */
  readonly #read = new Map<string, ReturnType<typeof readAlert>>();
  readonly lines: WrittenLine[] = [];

  constructor(timezone: string) {
    this.#timezone = timezone;
    this.#directory = mkdtempSync(join(existsSync(SHARED_MEMORY) ? SHARED_MEMORY : tmpdir(), "alpaca-trader-simulation-"));
    this.path = join(this.#directory, "alerts.json");
  }

  /** The complete lines that stand in it. */
  get content(): readonly string[] {
    return this.#content.split("\n").slice(0, -1);
  }

  /** Whether its last line is still without an end. */
  get isTorn(): boolean {
    return this.#content !== "" && !this.#content.endsWith("\n");
  }

  /**
   * @param wall time of the machine, which the file's time is set to.
   * @param monotonic of the run.
   */
  carryOut({ deed, text }: FileDeed, wall: number, monotonic: number): void {
    switch (deed) {
      case "append":
        this.#content += text;
        appendFileSync(this.path, text, { mode: PRIVATE });
        break;
      case "rewrite":
        this.#content = text;
        writeFileSync(this.path, text, { mode: PRIVATE });
        break;
      case "rename-over":
      case "rotate":
        this.#content = text;
        if (deed === "rotate") rmSync(this.path, { force: true });
        writeFileSync(`${this.path}.new`, text, { mode: PRIVATE });
        renameSync(`${this.path}.new`, this.path);
        break;
    }
    utimesSync(this.path, wall / 1_000, wall / 1_000);
    this.#note(monotonic);
  }

  /** Whether anybody may write to it. */
  get isExposed(): boolean {
    return ((statSync(this.path, { throwIfNoEntry: false })?.mode ?? 0) & WRITABLE_BY_OTHERS) !== 0;
  }

  /** Lets anybody write to it, or takes that back. */
  expose(exposed: boolean): void {
    if (existsSync(this.path)) chmodSync(this.path, exposed ? WRITABLE_BY_ALL : PRIVATE);
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #alertOf(line: string): ReturnType<typeof readAlert> {
    const alert = this.#read.get(line) ?? readAlert(line, this.#timezone);
    this.#read.set(line, alert);
    return alert;
  }

  #note(monotonic: number): void {
    const standing = this.content.filter((line) => line.trim() !== "").map((line) => this.#alertOf(line));
    const hashes = new Set(standing.map(({ hash }) => hash));
    for (const line of this.lines) if (line.until === Infinity && !hashes.has(line.hash)) line.until = monotonic;
    const known = new Set(this.lines.filter(({ until }) => until === Infinity).map(({ hash }) => hash));
    for (const alert of standing) {
      if (known.has(alert.hash)) continue;
      known.add(alert.hash);
      this.lines.push({ hash: alert.hash, wellFormed: alert.kind === "alert", stamp: alert.stamp, from: monotonic, until: Infinity });
    }
  }
}
