import { join } from "node:path";
import type { Broker } from "../domain/broker.ts";
import type { Clock } from "../domain/clock.ts";
import type { Config } from "../domain/config.ts";
import { messageOf } from "../domain/errors.ts";
import type { Ledger } from "../domain/ledger.ts";
import type { Log } from "../logging/logger.ts";
import { type AccountReading, readAccountNow } from "../reporting/account-reading.ts";
import { readEquityHistories } from "../reporting/curve-ranges.ts";
import { type DocumentKind, writeDocument } from "../reporting/document-file.ts";
import { pointsUpToNow } from "../reporting/equity-curve.ts";
import { latestExecution, type LatestExecutionFacts } from "../reporting/latest-execution.ts";

/** The directory belongs to this program, so any plain file of ours in it may be replaced. */
const DOCUMENT: DocumentKind = { name: "record of the latest execution", mark: "" };

/** How long to wait for the account; without it the file holds what the ledger knows. */
const READ_LIMIT_MS = 10_000;
/** On exit: the process must end within 8 s, and most of that is reserved for requests in flight. */
const CLOSE_LIMIT_MS = 800;

export interface LatestExecutionFileParts {
  readonly config: Pick<Config, "stateDir" | "mode" | "strategies">;
  readonly clock: Clock;
  readonly log: Log;
  readonly ledger: Ledger;
  readonly broker: Broker;
  /** Resolves when nothing more urgent is to be done. Default: at once. */
  readonly calm?: (() => Promise<void>) | undefined;
}

/**
 * Keeps `STATE_DIR/dashboard/latest_execution.json` up to date. It never delays trading: it reads the
 * account afterwards, within time limits, and a failure is only a warning.
 */
export class LatestExecutionFile {
  readonly #parts: LatestExecutionFileParts;
  readonly #closing = new AbortController();
  #writing: Promise<void> = Promise.resolve();

  constructor(parts: LatestExecutionFileParts) {
    this.#parts = parts;
  }

  /** Starts writing the file for a finished execution, one after the other. */
  record(executionId: string): void {
    this.#writing = this.#writing.then(() => this.#calm()).then(() => this.#write(executionId));
  }

  /** Waits, within a limit, for the current write. */
  async close(): Promise<void> {
    const over = new AbortController();
    await Promise.race([this.#writing, this.#parts.clock.sleep(CLOSE_LIMIT_MS, over.signal)]);
    over.abort();
    this.#closing.abort();
    await this.#writing;
  }

  async #calm(): Promise<void> {
    const { calm } = this.#parts;
    if (calm === undefined || this.#closing.signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#closing.signal.addEventListener("abort", () => resolve(undefined), { once: true });
    await Promise.race([calm(), promise]);
  }

  async #write(executionId: string): Promise<void> {
    const { config, ledger, clock, log } = this.#parts;
    try {
      const seen = await this.#read();
      const facts = { ledger, executionId, mode: config.mode, strategies: config.strategies, now: clock.now(), ...seen };
      writeDocument(
        join(config.stateDir, "dashboard", "latest_execution.json"),
        `${JSON.stringify(latestExecution(facts), undefined, 2)}\n`,
        DOCUMENT,
      );
    } catch (error) {
      log.warn(`Could not write the latest execution for dashboards: ${messageOf(error)}`);
    }
  }

  /** `undefined` when the account cannot be read in time. */
  async #read(): Promise<Pick<LatestExecutionFacts, "reading" | "points">> {
    const nothing = { reading: undefined, points: undefined };
    const over = new AbortController();
    const limit = AbortSignal.any([over.signal, this.#closing.signal]);
    try {
      return await Promise.race([this.#readAll(), this.#parts.clock.sleep(READ_LIMIT_MS, limit).then(() => nothing)]);
    } catch {
      // The file then holds what the ledger knows; the broker outage is reported elsewhere.
      return nothing;
    } finally {
      over.abort();
    }
  }

  async #readAll(): Promise<{ reading: AccountReading; points: LatestExecutionFacts["points"] }> {
    const { broker, clock } = this.#parts;
    const [reading, { histories }] = await Promise.all([
      readAccountNow(broker),
      readEquityHistories(broker, clock.now(), { ranges: ["month"] }),
    ]);
    return { reading, points: histories.month === undefined ? undefined : pointsUpToNow(histories.month, reading, clock.now()) };
  }
}
