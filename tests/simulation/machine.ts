import type { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { messageOf } from "../../src/domain/errors.ts";
import { emptyLedger } from "../ledger/new-ledger.ts";
import type { AlertsFile } from "./alerts-file.ts";
import { Killed, Life } from "./life.ts";
import type { Surroundings } from "./life.ts";
import type { Trace } from "./trace.ts";

export type RequestPoint = "before" | "after";
export type CommitPoint = "before" | "after";

/** A kill that waits for its moment; `strike` tells after how many milliseconds the process is started again. */
interface Trap {
  readonly point: RequestPoint | CommitPoint;
  readonly onlyPosts: boolean;
  left: number;
  readonly strike: () => number;
}

export interface MachineParts {
  readonly clock: VirtualClock;
  readonly trace: Trace;
  readonly file: AlertsFile;
  readonly surroundings: (machine: Machine) => Omit<Surroundings, "skew" | "halted" | "onCommit" | "onEnd" | "losesPowerNext">;
  /** Told of every life's beginning and end. */
  readonly onStart: (life: Life) => void;
  readonly onEnd: (life: Life, how: LifeEnd) => void;
  /** After every commit that went through. */
  readonly onCommitted: (life: Life) => void;
}

export interface LifeEnd {
  readonly how: "killed" | "stopped" | "failed";
  readonly failure: unknown;
  /** For `stopped`: from the request to the end, milliseconds. */
  readonly tookMs: number;
  readonly image: Uint8Array;
}

/** A supervisor starts a process that failed again after this long. */
const RESTART_AFTER_FAILURE_MS = 2_000;

/**
 * The computer that the daemon runs on: its wall clock, its disk, and a supervisor that starts the
 * process again. A process dies in one instant and leaves what was committed; the next one starts from that.
 * Every other one dies by a power cut, which leaves only what was flushed.
 */
export class Machine {
  readonly #parts: MachineParts;
  readonly #surroundings: Surroundings;
  #image: Uint8Array = emptyLedger();
  #life: Life | undefined;
  #lives = 0;
  #kills = 0;
  #skew = 0;
  #halt: string | undefined;
  #haltedSince: number | undefined;
  #fullSince: number | undefined;
  #deaf = false;
  #exposedSince: number | undefined;
  #commits: Trap[] = [];
  #requests: Trap[] = [];
  #stopAsked: number | undefined;
  #startPending = false;
  #startToken = 0;
  #restartAfterMs = RESTART_AFTER_FAILURE_MS;
  #off = false;

  constructor(parts: MachineParts) {
    this.#parts = parts;
    this.#surroundings = {
      ...parts.surroundings(this),
      skew: () => this.#skew,
      halted: () => this.#halt,
      onCommit: (life, stage) => this.#onCommit(life, stage),
      onEnd: (life, failure) => this.#onEnd(life, failure),
      losesPowerNext: () => isPowerCut(this.#kills + 1),
    };
  }

  /** The living process. */
  get life(): Life | undefined {
    return this.#life;
  }

  /** A process lives and is not about to stop. */
  get isUp(): boolean {
    return this.#life !== undefined && !this.#life.isDead && this.#stopAsked === undefined;
  }

  get lives(): number {
    return this.#lives;
  }

  get skew(): number {
    return this.#skew;
  }

  /** Wall clock of the machine. */
  get now(): number {
    return this.#parts.clock.now() + this.#skew;
  }

  get haltedSince(): number | undefined {
    return this.#haltedSince;
  }

  get isDeaf(): boolean {
    return this.#deaf;
  }

  get diskIsFull(): boolean {
    return this.#fullSince !== undefined;
  }

  /** Since when nothing can be written; monotonic. */
  get fullSince(): number | undefined {
    return this.#fullSince;
  }

  /** What is on the disk now. */
  get image(): Uint8Array {
    return this.#life?.image() ?? this.#image;
  }

  start(): void {
    if (this.#life !== undefined || this.#off) return;
    this.#startPending = false;
    this.#stopAsked = undefined;
    this.#lives += 1;
    this.#life = new Life(this.#lives, this.#image, this.#surroundings);
    this.#parts.onStart(this.#life);
    this.#parts.trace.say("machine", () => `process ${String(this.#lives)} starts`);
    this.#life.run();
  }

  kill(restartAfterMs: number): void {
    const life = this.#life;
    if (life === undefined) return;
    life.die();
    this.#bury(life, "killed", undefined);
    this.#startLater(restartAfterMs);
  }

  /** SIGTERM; the process is started again so long after its end. */
  stop(restartAfterMs: number): void {
    if (this.#life === undefined || this.#stopAsked !== undefined) return;
    this.#stopAsked = this.#parts.clock.monotonic();
    this.#life.stopAskedAt = this.#stopAsked;
    this.#restartAfterMs = restartAfterMs;
    this.#parts.trace.say("machine", () => "SIGTERM");
    this.#life.daemon.stop();
  }

  /** No process is started any more until {@link powerOn}. */
  powerOff(): void {
    this.#off = true;
    this.stop(0);
  }

  powerOn(): void {
    this.#off = false;
    this.start();
  }

  /** If nobody lives, somebody does from now on: the supervisor has no patience left. */
  startNow(): void {
    this.#startToken += 1;
    if (this.#life === undefined) this.start();
  }

  killAtRequest(point: RequestPoint, onlyPosts: boolean, number: number, strike: () => number): void {
    this.#requests.push({ point, onlyPosts, left: number, strike });
  }

  killAtCommit(point: CommitPoint, number: number, strike: () => number): void {
    this.#commits.push({ point, onlyPosts: false, left: number, strike });
  }

  forgetKills(): void {
    this.#requests = [];
    this.#commits = [];
  }

  /** Counts a request of the living process; true when it was the last thing the process did. */
  diesAtRequest(point: RequestPoint, isPost: boolean): boolean {
    const trap = countDown(this.#requests, (each) => each.point === point && (isPost || !each.onlyPosts));
    if (trap === undefined) return false;
    this.#requests = this.#requests.filter((each) => each !== trap);
    this.kill(trap.strike());
    return true;
  }

  halt(reason: string): void {
    this.#halt = reason;
    this.#haltedSince ??= this.#parts.clock.monotonic();
    this.#parts.trace.say("machine", () => `halted ${reason}`);
  }

  resume(): void {
    if (this.#halt === undefined) return;
    this.#halt = undefined;
    this.#haltedSince = undefined;
    this.#parts.trace.say("machine", () => "resumed");
  }

  stepClock(byMs: number): void {
    this.#skew += byMs;
  }

  fillDisk(full: boolean): void {
    this.#fullSince = full ? (this.#fullSince ?? this.#parts.clock.monotonic()) : undefined;
  }

  deafen(deaf: boolean): void {
    this.#deaf = deaf;
  }

  /** Since when anybody may write to the alerts file; monotonic. */
  get exposedSince(): number | undefined {
    return this.#exposedSince;
  }

  exposeFile(exposed: boolean): void {
    // A file that was renamed over another has rights of its own.
    const since = this.#parts.file.isExposed ? this.#exposedSince : undefined;
    this.#exposedSince = exposed ? (since ?? this.#parts.clock.monotonic()) : undefined;
    this.#parts.file.expose(exposed);
  }

  #onCommit(life: Life, stage: "before" | "after"): void {
    if (stage === "before" && this.diskIsFull) throw new Error("database or disk is full");
    const trap = countDown(this.#commits, ({ point }) => point === stage);
    if (trap === undefined) {
      if (stage === "after") this.#parts.onCommitted(life);
      return;
    }
    this.#commits = this.#commits.filter((each) => each !== trap);
    life.die();
    const restartAfterMs = trap.strike();
    // The image can only be taken once SQLite is out of the transaction; nothing of the dead process runs until then.
    this.#parts.clock.after(0, () => {
      this.#bury(life, "killed", undefined);
      this.#startLater(restartAfterMs);
    });
    throw new Killed(`The process was killed ${stage} a commit.`);
  }

  #onEnd(life: Life, failure: unknown): void {
    const how = failure === undefined ? "stopped" : "failed";
    this.#bury(life, how, failure);
    this.#startLater(how === "stopped" ? this.#restartAfterMs : RESTART_AFTER_FAILURE_MS);
  }

  #bury(life: Life, how: LifeEnd["how"], failure: unknown): void {
    if (this.#life !== life) return;
    if (how === "killed") this.#kills += 1;
    const lostPower = how === "killed" && isPowerCut(this.#kills);
    this.#image = lostPower ? life.flushedImage : life.image();
    life.ledger.close();
    this.#life = undefined;
    const tookMs = this.#stopAsked === undefined ? 0 : this.#parts.clock.monotonic() - this.#stopAsked;
    this.#parts.trace.say(
      "machine",
      () => `process ${String(life.number)} ${lostPower ? "lost its power" : how}${failure === undefined ? "" : `: ${messageOf(failure)}`}`,
    );
    this.#parts.onEnd(life, { how, failure, tookMs, image: this.#image });
  }

  #startLater(delayMs: number): void {
    if (this.#startPending) return;
    this.#startPending = true;
    const token = ++this.#startToken;
    this.#parts.clock.after(delayMs, () => {
      if (token === this.#startToken) this.start();
    });
  }
}

/** @param kill counted from one. */
function isPowerCut(kill: number): boolean {
  return kill % 2 === 0;
}

function countDown(traps: readonly Trap[], concerns: (trap: Trap) => boolean): Trap | undefined {
  let sprung: Trap | undefined;
  for (const trap of traps) {
    if (!concerns(trap)) continue;
    trap.left -= 1;
    if (trap.left <= 0) sprung ??= trap;
  }
  return sprung;
}
