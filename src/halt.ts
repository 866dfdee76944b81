import { randomUUID } from "node:crypto";
import { lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "./clock.ts";
import { haltFile } from "./config.ts";
import { messageOf, TraderError } from "./errors.ts";

/**
 * The halt (R25): a file `HALT` in the root of STATE_DIR, for all modes. Whoever can make that file can
 * stop all trading, with `alpaca-trader halt`, with `touch`, from a script, with a broken configuration
 * and without a broker. Every trading process looks for it before every POST.
 */
export interface HaltOrder {
  readonly id: string;
  readonly reason: string;
  readonly at: string;
}

/** Id of a halt that we cannot even look at. */
const UNREADABLE = "unreadable";

/**
 * Where the file cannot be written but one stands there already, that one is the halt.
 * @throws TraderError when there is none: then nothing was halted.
 */
export function writeHalt(stateDir: string, reason: string, clock: Clock): HaltOrder {
  const order: HaltOrder = { id: randomUUID(), reason, at: new Date(clock.now()).toISOString() };
  const path = haltFile({ stateDir });
  const draft = `${path}.${order.id}`;
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    writeFileSync(draft, `${JSON.stringify(order)}\n`, { mode: 0o640, flag: "wx" });
    renameSync(draft, path);
  } catch (error) {
    removeQuietly(draft);
    const standing = readHalt(stateDir);
    if (standing !== undefined && standing.id !== UNREADABLE) return standing;
    throw new TraderError(`Trading could NOT be halted: ${path} cannot be written (${messageOf(error)}).`, {
      code: "halt-failed",
      hint: "Stop the daemon itself (systemctl stop alpaca-trader, or kill it) and check who owns STATE_DIR.",
      cause: error,
    });
  }
  return order;
}

/**
 * @returns false when there was no halt.
 * @throws TraderError when it cannot be taken away: then trading stays halted.
 */
export function removeHalt(stateDir: string): boolean {
  const halted = readHalt(stateDir) !== undefined;
  const path = haltFile({ stateDir });
  try {
    rmSync(path, { force: true });
  } catch (error) {
    throw new TraderError(`The halt is still in force: ${path} cannot be removed (${messageOf(error)}).`, {
      code: "resume-failed",
      hint: "Look at what stands there and who owns it, and remove it by hand.",
      cause: error,
    });
  }
  return halted;
}

/** The halt in force. A file that cannot be read, or that somebody made by hand, halts as well. */
export function readHalt(stateDir: string): HaltOrder | undefined {
  const path = haltFile({ stateDir });
  try {
    lstatSync(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    return { id: UNREADABLE, reason: `${path} cannot be looked at: ${messageOf(error)}`, at: "" };
  }
  return parseHalt(path);
}

function parseHalt(path: string): HaltOrder {
  try {
    const parsed: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (
      typeof parsed === "object" &&
      parsed !== null &&
      "id" in parsed &&
      "reason" in parsed &&
      typeof parsed.id === "string" &&
      typeof parsed.reason === "string"
    ) {
      return { id: parsed.id, reason: parsed.reason, at: "at" in parsed && typeof parsed.at === "string" ? parsed.at : "" };
    }
  } catch {
    // Made by hand or by a script: that it exists is enough.
  }
  return { id: "by-hand", reason: `the file ${path} exists`, at: "" };
}

/** The view of the halt that one trading process has; it leaves a mark when it has seen one. */
export class HaltSwitch {
  readonly #stateDir: string;
  readonly #pid: number;
  #acknowledged: string | undefined;

  constructor(stateDir: string, pid: number) {
    this.#stateDir = stateDir;
    this.#pid = pid;
  }

  /** Why trading is halted; `undefined` when it is not. Reads the file each time. */
  reason(): string | undefined {
    const order = readHalt(this.#stateDir);
    this.#acknowledge(order?.id);
    return order?.reason;
  }

  /** Takes the mark away; to be called when the process ends. */
  close(): void {
    rmSync(seenPath(this.#stateDir, this.#pid), { force: true });
  }

  #acknowledge(id: string | undefined): void {
    if (id === this.#acknowledged) return;
    try {
      if (id === undefined) this.close();
      else writeFileSync(seenPath(this.#stateDir, this.#pid), id, { mode: 0o640 });
      this.#acknowledged = id;
    } catch {
      // The halt is in force without the mark; `halt` will then say that it was not confirmed.
    }
  }
}

/** Whether the process has confirmed that it saw this very halt. */
export function hasSeen(stateDir: string, pid: number, id: string): boolean {
  try {
    return readFileSync(seenPath(stateDir, pid), "utf8") === id;
  } catch {
    return false;
  }
}

function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // A draft that stays halts nothing and hinders nothing.
  }
}

function seenPath(stateDir: string, pid: number): string {
  return join(stateDir, `halt-seen.${String(pid)}`);
}

function isMissing(error: unknown): boolean {
  return Error.isError(error) && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}
