import { TraderError } from "../../domain/errors.ts";
import type { RawLine } from "../../intake/line-splitter.ts";

/** An account of the fleet, as the database identifies it: a removed account's name may be used again. */
export type AccountId = string;

/** One delivery of an account's job to a worker. A later delivery of the same job is another attempt, and ends this one. */
export interface Attempt {
  readonly account: AccountId;
  readonly job: string;
  readonly number: number;
}

/** Lines that were read to a position: strategy → the newest number. */
export type Positions = ReadonlyMap<string, number>;

export interface OfferedLine {
  readonly raw: RawLine;
  /** When an intake saw it first; milliseconds since the epoch. */
  readonly arrivedAt: number;
}

export interface NumberedLine extends OfferedLine {
  /** Position among the strategy's lines, from 1; without a gap. */
  readonly number: number;
}

/** What the fleet's machines have in common. Each call reaches the database or throws {@link StoreUnreachable}. */
export interface FleetStore {
  readonly queue: FleetQueue;
  readonly lines: FleetLines;
  readonly ledgers: LedgerStore;
  readonly workers: WorkerRoll;
  /** The accounts that trade before the others. */
  canaries(): Promise<CanaryAccount[]>;
}

export interface CanaryAccount {
  readonly id: AccountId;
  readonly name: string;
  readonly strategies: readonly string[];
}

/** The workers as they report themselves, and the halts as the database has them. */
export interface WorkerRoll {
  /** Says that the worker lives, and which halts it heeds by now. */
  report(worker: WorkerReport): Promise<RollAnswer>;
  /** The worker has stopped. */
  leave(worker: string): Promise<void>;
}

export interface RollAnswer {
  /** All of them: scope → reason. */
  readonly halts: ReadonlyMap<string, string>;
  /** Living workers of the same machine, this one included. */
  readonly neighbours: number;
}

export interface WorkerReport {
  /** Unique among all that ever were. */
  readonly worker: string;
  readonly machine: string;
  readonly pid: number;
  /** Accounts that it holds. */
  readonly held: number;
  /** Scopes of the halts that it heeds. */
  readonly heeds: readonly string[];
}

/**
 * One live job for each account that has something to read. Its worker keeps it alive with `beat`; about ten seconds
 * after the last beat the job is delivered to somebody else.
 */
export interface FleetQueue {
  /** Canary accounts first; the others in an order that changes with the lines. @param limit maximum number of attempts. */
  take(limit: number): Promise<Attempt[]>;
  /** @returns the attempts that are still current. */
  beat(attempts: readonly Attempt[]): Promise<Attempt[]>;
  /**
   * Ends an attempt, unless the account has lines after `read`: then it goes on.
   * `lost`: the attempt or its epoch is no longer current, and nothing was changed.
   */
  finish(attempt: Attempt, epoch: number, read: Positions): Promise<"finished" | "news" | "lost">;
  /** Lets another worker have the job at once. */
  giveBack(attempt: Attempt): Promise<void>;
  /** Ends the job of an account that is no longer in the fleet. */
  drop(attempt: Attempt): Promise<void>;
  /** Offers accounts that have lines to read and no live job. @returns how many; it should always be 0. */
  sweep(): Promise<number>;
  /** Offers one account, whether it has lines to read or not. */
  wake(account: AccountId): Promise<void>;
  /** How far the caller's clock is ahead of the database's, in milliseconds. */
  skew(): Promise<number>;
}

/** Lines of alerts, as the intakes of all machines have seen them. */
export interface FleetLines {
  /**
   * Adds lines and offers every account of the strategy, in one transaction. A line that is known byte for byte is not added
   * again (R3), so several intakes may offer the same file.
   * @returns how many were new.
   */
  offer(strategy: string, lines: readonly OfferedLine[]): Promise<number>;
  /** The newest number of each strategy. */
  newest(): Promise<Positions>;
  /** In their order; of very many, the newest. */
  after(strategy: string, number: number): Promise<NumberedLine[]>;
}

/** A ledger as the journal restores it: an image of it, and what changed since. */
export interface SavedLedger {
  /** `undefined`: the account has never been claimed. */
  readonly image: Uint8Array | undefined;
  /** SQLite changesets, oldest first. */
  readonly changes: readonly Uint8Array[];
  /** Number of the newest change, or of the image if there is none. */
  readonly seq: number;
}

export interface Claim extends SavedLedger {
  /** From now on only this epoch may write. */
  readonly epoch: number;
  /** To where the account's lines were read when its last attempt ended; what was offered to it later is still to be judged. */
  readonly read: Positions;
}

/** Whose ledger is written, and as which epoch. */
export interface Holding {
  readonly account: AccountId;
  readonly epoch: number;
  /** Whose halts count: `fleet`, `group:NAME`, `account:NAME`. */
  readonly scopes: readonly string[];
}

/** `lost`: the epoch is no longer current, and nothing was written. */
export type Barrier = { readonly kind: "lost" } | { readonly kind: "kept"; readonly halted: string | undefined };

/** The ledgers of all accounts, each written by one epoch at a time. */
export interface LedgerStore {
  /** Ends the epoch of its holder. @param holder who has it from now on, for people; `undefined`: nobody. */
  claim(account: AccountId, holder: string | undefined): Promise<Claim>;
  /** Writes nothing. */
  read(account: AccountId): Promise<SavedLedger>;
  /** The number that {@link SavedLedger.seq} would have: the same one means the same ledger. */
  seq(account: AccountId): Promise<number>;
  /**
   * Keeps one change. With the same number again, as after an unknown commit, it replaces what this epoch wrote.
   * Without a change it only proves the epoch.
   */
  append(holding: Holding, change: { readonly seq: number; readonly bytes: Uint8Array } | undefined): Promise<Barrier>;
  /** Keeps the image in place of all changes up to `seq`. */
  snapshot(holding: Holding, seq: number, image: Uint8Array): Promise<Barrier>;
}

/** The database did not answer; whether it did what was asked is unknown. */
export class StoreUnreachable extends TraderError {
  override readonly name = "StoreUnreachable";

  constructor(message: string, cause?: unknown) {
    super(message, {
      code: "fleet-unreachable",
      hint: "Nothing is begun and no order is sent until the database answers again.",
      retryable: true,
      cause,
    });
  }
}
