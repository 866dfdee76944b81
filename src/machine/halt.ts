import { randomUUID } from "node:crypto";
import { chmodSync, lstatSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Clock } from "../domain/clock.ts";
import type { Config, HaltFiles } from "../domain/config.ts";
import { directoryObstacle, makeDirectories } from "./directory-access.ts";
import { messageOf, TraderError } from "../domain/errors.ts";

/**
 * The halt (R25): a file `HALT` in the root of STATE_DIR, for all modes, or the machine's (HALT_FILE), for every
 * installation. Anyone who can create such a file can stop trading, with `alpaca-trader halt`, with `touch`, from
 * a script, with a broken configuration and without a broker. Every trading process checks both before every POST.
 */
export interface HaltOrder {
  readonly id: string;
  readonly reason: string;
  readonly at: string;
}

export interface StandingHalt extends HaltOrder {
  readonly path: string;
  /** Its existence could not be checked. */
  readonly unreadable: boolean;
}

export interface WrittenHalt extends StandingHalt {
  /** Why the reason is not in the file: an empty one halts as well, and fits on a full disk. */
  readonly unstored?: string;
}

/** Other users must see the machine's halt. */
const MODES = { own: { directory: 0o700, file: 0o640 }, machine: { directory: 0o755, file: 0o644 } };

/**
 * An existing halt stays unchanged: the first reason counts.
 * @throws TraderError when the file cannot be written: then nothing was halted.
 */
export function writeHalt(files: HaltFiles, which: "own" | "machine", reason: string, clock: Clock): WrittenHalt {
  const path = files[which];
  const standing = haltAt(path);
  if (standing?.unreadable === false) return standing;
  const order = { id: randomUUID(), reason, at: new Date(clock.now()).toISOString(), path, unreadable: false };
  const draft = `${path}.${order.id}`;
  try {
    makeDirectory(dirname(path), MODES[which].directory);
    writeFileSync(draft, `${JSON.stringify({ id: order.id, reason, at: order.at })}\n`, { flag: "wx" });
    chmodSync(draft, MODES[which].file);
    renameSync(draft, path);
  } catch (error) {
    removeQuietly(draft);
    const empty = writeEmptyHalt(path);
    if (empty !== undefined) return { ...empty, unstored: messageOf(error) };
    const obstacle = directoryObstacle(dirname(path));
    throw new TraderError(`Trading could NOT be halted: ${obstacle?.text ?? `${path} cannot be written (${messageOf(error)})`}.`, {
      code: "halt-failed",
      hint: `${isFull(error) ? "Free some disk space" : `Create the file as a user with permission (sudo touch ${path})`}, or stop the daemon itself (systemctl stop alpaca-trader, docker stop, or kill it). ${obstacle?.hint ?? ""}`.trim(),
      cause: error,
    });
  }
  return order;
}

/** @returns `undefined` when that fails too. */
function writeEmptyHalt(path: string): StandingHalt | undefined {
  try {
    writeFileSync(path, "", { flag: "wx" });
  } catch {
    // Another `halt` may have made it meanwhile.
  }
  const halt = haltAt(path);
  return halt?.unreadable === false ? halt : undefined;
}

function isFull(error: unknown): boolean {
  return Error.isError(error) && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");
}

/** Removes one file. @throws TraderError when that fails: then trading stays halted. */
export function removeHalt(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    throw new TraderError(`The halt is still in force: ${path} cannot be removed (${messageOf(error)}).`, {
      code: "resume-failed",
      hint: `Find out who created it, and remove it as its owner or as root: rm ${path}`,
      cause: error,
    });
  }
}

/** The halts in force, at most one per file. An unreadable or hand-made file halts as well. */
export function standingHalts({ own, fleet = own, machine, machineIsNamed }: HaltFiles): StandingHalt[] {
  const theirs = machine === own || machine === fleet ? undefined : haltAt(machine);
  const halts = [
    haltAt(own),
    fleet === own ? undefined : haltAt(fleet),
    theirs?.unreadable === true && !machineIsNamed ? undefined : theirs,
  ];
  return halts.filter((halt) => halt !== undefined);
}

/** The halts in force as one; `undefined` if there is none. */
export function readHalt(files: HaltFiles): HaltOrder | undefined {
  const halts = standingHalts(files);
  const [first] = halts;
  if (first === undefined || halts.length === 1) return first;
  return { id: halts.map(({ id }) => id).join(" "), reason: halts.map(({ reason }) => reason).join("; "), at: first.at };
}

/**
 * Why a machine-wide halt would not be noticed: its default path cannot be checked. Nobody configured that path,
 * so trading continues, but people must know.
 */
export function unseenMachineHalt({ own, machine, machineIsNamed }: HaltFiles): string | undefined {
  if (machineIsNamed || machine === own) return undefined;
  const halt = haltAt(machine);
  return halt?.unreadable === true ? `the machine's halt does not stop this installation: ${halt.reason}` : undefined;
}

export const UNSEEN_HALT_HINT = "Set HALT_FILE to a path that this user can check, such as /run/alpaca-trader.HALT.";

export function haltAt(path: string): StandingHalt | undefined {
  try {
    lstatSync(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    return { id: "unreadable", reason: `${path} cannot be checked: ${messageOf(error)}`, at: "", path, unreadable: true };
  }
  return { ...parseHalt(path), path, unreadable: false };
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
    // Made by hand or by a script: its existence is enough.
  }
  return { id: `by-hand:${path}`, reason: `the file ${path} exists`, at: "" };
}

/** One trading process's view of the halt; it leaves a mark when it has seen one. */
export class HaltSwitch {
  readonly #config: Pick<Config, "haltFiles" | "stateDir">;
  readonly #pid: number;
  #acknowledged: string | undefined;

  constructor(config: Pick<Config, "haltFiles" | "stateDir">, pid: number) {
    this.#config = config;
    this.#pid = pid;
  }

  /** Why trading is halted; `undefined` if it is not. Reads the files each time. */
  reason(): string | undefined {
    const halt = readHalt(this.#config.haltFiles);
    this.#acknowledge(halt?.id);
    return halt?.reason;
  }

  /** Removes the mark; call when the process ends. */
  close(): void {
    rmSync(seenPath(this.#config.stateDir, this.#pid), { force: true });
  }

  #acknowledge(id: string | undefined): void {
    if (id === this.#acknowledged) return;
    try {
      if (id === undefined) this.close();
      else writeFileSync(seenPath(this.#config.stateDir, this.#pid), id, { mode: 0o640 });
      this.#acknowledged = id;
    } catch {
      // The halt is in force without the mark; `halt` then reports it as unconfirmed.
    }
  }
}

/** Whether the process has confirmed this very halt. On a full disk its mark stays empty, and is written again with each check. */
export function hasSeen(stateDir: string, pid: number, { id, path }: Pick<StandingHalt, "id" | "path">): boolean {
  const mark = seenPath(stateDir, pid);
  try {
    const ids = readFileSync(mark, "utf8");
    if (ids === "") return statSync(mark).mtimeMs > lstatSync(path).mtimeMs;
    return ` ${ids} `.includes(` ${id} `);
  } catch {
    return false;
  }
}

/** The umask would remove permissions that other users need on a new directory. */
function makeDirectory(path: string, mode: number): void {
  if (makeDirectories(path, mode)) chmodSync(path, mode);
}

function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // A leftover draft halts nothing and blocks nothing.
  }
}

function seenPath(stateDir: string, pid: number): string {
  return join(stateDir, `halt-seen.${String(pid)}`);
}

function isMissing(error: unknown): boolean {
  return Error.isError(error) && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}
