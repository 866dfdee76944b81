import type { Clock } from "../domain/clock.ts";
import type { Config, Environment } from "../domain/config.ts";
import { ledgerLockFile } from "../config/files.ts";
import { loadEnvironment } from "../config/environment.ts";
import { messageOf } from "../domain/errors.ts";
import type { Ledger } from "../domain/ledger.ts";
import type { LockHolder } from "../ledger/lock-holder.ts";
import { holderOf } from "../ledger/lock.ts";
import { openLedger } from "../ledger/sqlite-ledger.ts";
import type { AlertsLook } from "./alerts.ts";
import type { Finding, Known } from "./check.ts";
import { skipped, unknown } from "./check.ts";
import { readConfiguration } from "./configuration.ts";
import type { LedgerLook } from "./ledger-health.ts";

export interface DoctorParts {
  /** The process's own environment; `.env` and credentials are read here, so that a broken one is a line like any other. */
  readonly env: Environment;
  readonly clock: Clock;
  /** Where `.env` lies. */
  readonly directory: string;
  /** Send a test to every notification channel. */
  readonly notify: boolean;
}

/** What has been found out so far. A step writes down what the ones after it go by. */
export class Chart {
  readonly clock: Clock;
  readonly directory: string;
  readonly notify: boolean;
  readonly env: Environment;
  readonly config: Known<Config>;
  readonly configurationFindings: readonly Finding[];
  ledger: Known<LedgerLook> = unknown("the ledger was not reached");
  /** Alerts files by strategy. */
  readonly looks = new Map<string, AlertsLook>();
  #scratch: Ledger | undefined;

  constructor(parts: DoctorParts) {
    this.clock = parts.clock;
    this.directory = parts.directory;
    this.notify = parts.notify;
    const { env, problem } = readEnvironment(parts);
    this.env = env;
    const { config, findings } =
      problem === undefined ? readConfiguration(env) : { config: unknown(problem), findings: [skipped(problem)] };
    this.config = config;
    this.configurationFindings = findings;
  }

  /** Who holds the trading lock of this ledger now. */
  holder(): LockHolder | undefined {
    if (this.config.kind === "unknown") return undefined;
    return holderIfReadable(ledgerLockFile(this.config.value));
  }

  /** A copy of the ledger that may be written to, or an empty one where there is none to be read. */
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
    return { env, problem: messageOf(error).replace(/\.$/, "") };
  }
}

/** A lock that cannot be read is somebody's all the same; the step that asks for it by itself says so. */
export function holderIfReadable(file: string): LockHolder | undefined {
  try {
    return holderOf(file);
  } catch {
    return undefined;
  }
}
