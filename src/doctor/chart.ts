import type { Clock } from "../domain/clock.ts";
import type { Config, Environment } from "../domain/config.ts";
import { ledgerLockFile } from "../config/files.ts";
import { loadEnvironment, readableEnvironment } from "../config/environment.ts";
import { messageOf } from "../domain/errors.ts";
import type { Ledger } from "../domain/ledger.ts";
import type { LockHolder } from "../ledger/lock-holder.ts";
import { holderOf } from "../ledger/lock.ts";
import { openLedger, type SqliteLedger } from "../ledger/sqlite-ledger.ts";
import type { AlertsState } from "./alerts.ts";
import { known, skipped, unknown, type Known, type Findings } from "./check.ts";
import { readConfiguration } from "./configuration.ts";
import type { LedgerState } from "./ledger-health.ts";

export interface DoctorParts {
  /**
   * The process's own environment; `.env` and credentials are read here, so that an unreadable one is reported like
   * any other problem.
   */
  readonly env: Environment;
  readonly clock: Clock;
  readonly directory: string;
  /** Send a test to every notification channel. */
  readonly notify: boolean;
}

/** The account of a fleet with a database, which no file of this machine describes. */
export interface SavedAccount {
  /** As the database restores it; the doctor closes it. */
  readonly ledger: SqliteLedger;
  /** Who has the account now. */
  readonly worker: string | undefined;
  /** A worker is running. */
  readonly isTraded: boolean;
  /** What the fleet's workers are called in locks. */
  readonly workerCommand: string;
}

/** The findings so far. A step stores what later steps need. */
export class Chart {
  readonly clock: Clock;
  readonly directory: string;
  readonly notify: boolean;
  readonly env: Environment;
  readonly config: Known<Config>;
  readonly configurationFindings: Findings;
  ledger: Known<LedgerState> = unknown("the ledger was not read");
  readonly alertsStates = new Map<string, AlertsState>();
  readonly saved: SavedAccount | undefined;
  #scratch: Ledger | undefined;

  constructor(parts: DoctorParts, saved?: SavedAccount) {
    this.saved = saved;
    if (saved !== undefined) this.ledger = known({ kind: "there", copy: saved });
    this.clock = parts.clock;
    this.directory = parts.directory;
    this.notify = parts.notify;
    const { env, problem } = readEnvironment(parts);
    this.env = env;
    const { config, findings } = problem === undefined ? readConfiguration(env) : { config: unknown(problem), findings: skipped(problem) };
    this.config = config;
    this.configurationFindings = findings;
  }

  holder(): LockHolder | undefined {
    if (this.config.kind === "unknown") return undefined;
    return holderIfReadable(ledgerLockFile(this.config.value));
  }

  /** A writable copy of the ledger, or an empty one if there is none to read. */
  ledgerCopy(): Ledger {
    if (this.ledger.kind === "known" && this.ledger.value.kind === "there") return this.ledger.value.copy.ledger;
    return (this.#scratch ??= openLedger(":memory:"));
  }

  close(): void {
    this.#scratch?.close();
    if (this.ledger.kind === "known" && this.ledger.value.kind === "there") this.ledger.value.copy.ledger.close();
  }
}

function readEnvironment({ directory, env }: DoctorParts): { env: Environment; problem: string | undefined } {
  try {
    return { env: loadEnvironment(directory, env), problem: undefined };
  } catch (error) {
    // The check of the settings file lists them all.
    const [problem = ""] = messageOf(error).split("\n");
    return { env: readableEnvironment(directory, env), problem: problem.replace(/[.:]$/, "") };
  }
}

/** An unreadable lock counts as held; the step for the lock reports it. */
export function holderIfReadable(file: string): LockHolder | undefined {
  try {
    return holderOf(file);
  } catch {
    return undefined;
  }
}
