import type { Clock } from "../../domain/clock.ts";
import type { Config, StrategyConfig } from "../../domain/config.ts";
import { messageOf } from "../../domain/errors.ts";
import { readAlert } from "../../intake/alert.ts";
import { runSpanMs } from "../../intake/batch.ts";
import { AlertsCursor, type AlertsReader, type Passage } from "../../intake/cursor.ts";
import { FileLossWatch } from "../../intake/file-loss.ts";
import { judgeRest } from "../../intake/rest.ts";
import type { Log } from "../../logging/logger.ts";
import type { RecurringWarnings } from "../../logging/recurring.ts";
import { databaseOutage } from "../store/database-outage.ts";
import type { FleetLines, OfferedLine } from "../store/ports.ts";

const RETRY_MS = 1_000;
/** In one transaction; a run has at most 500 lines. */
const LINES_AT_ONCE = 500;

export interface LinesIntakeParts {
  readonly strategy: Pick<StrategyConfig, "name" | "alertsFile">;
  readonly config: Pick<Config, "alertsTimezone" | "signalMaxAgeSeconds" | "batchSettleSeconds">;
  /** User ids allowed to own the file. */
  readonly owners: ReadonlySet<number>;
  readonly clock: Clock;
  readonly log: Log;
  readonly lines: Pick<FleetLines, "offer">;
}

/**
 * Reads one strategy's alerts file (R1, R8) and offers its lines to the fleet. What a line means depends on what an account has
 * traded, so it is judged where the account is. A line is forgotten here only when the database has it; after a crash it is
 * read from the file again, and the database adds no line twice.
 */
export class LinesIntake {
  readonly #parts: LinesIntakeParts;
  readonly #cursor: AlertsReader;
  readonly #lossWatch: FileLossWatch;
  #pending: OfferedLine[] = [];
  #offering: Promise<void> | undefined;
  #retryAt = -Infinity;
  #said = new Map<"file" | "loss" | "rest", string>();
  readonly #outage: RecurringWarnings;
  #unoffered: string | undefined;
  #offered = 0;

  constructor(parts: LinesIntakeParts) {
    const { strategy, config, owners, clock } = parts;
    this.#parts = parts;
    this.#outage = databaseOutage(parts.log, clock, `lines of ${strategy.name} are offered`);
    this.#lossWatch = new FileLossWatch(strategy.alertsFile, clock);
    this.#cursor = new AlertsCursor({
      file: strategy.alertsFile,
      owners,
      runSpanMs: runSpanMs(config.signalMaxAgeSeconds),
      stampOf: (line) => readAlert(line, config.alertsTimezone).stamp,
      onSight: (sight) => this.#lossWatch.saw(sight),
    });
  }

  /** Lines that the database has taken since the start. */
  get offered(): number {
    return this.#offered;
  }

  /** Why lines are not offered, or would not be seen; `undefined` while all is well. */
  get problem(): string | undefined {
    return this.#said.get("file") ?? this.#unoffered ?? this.#said.get("loss");
  }

  /** Reads what is new and offers it. To be called at every hint, and at least once a second. */
  look(): void {
    const { clock, config } = this.#parts;
    const now = clock.now();
    const news = this.#cursor.look(now, now - config.signalMaxAgeSeconds * 1_000);
    this.#say("file", "error", news.kind === "untrusted" ? `${news.reason} ${news.hint}` : undefined);
    const { loss } = this.#lossWatch;
    this.#say("loss", "error", loss === undefined ? undefined : `${loss.reason} ${loss.hint}`);
    if (news.kind === "read" || news.kind === "missing") for (const passage of news.passages) this.#add(passage);
    this.#takeRest(now);
    this.#offer();
  }

  /** For a command that reads the file once. @returns when all of it is offered, or `problem` says why it is not. */
  async offerAll(): Promise<void> {
    const { clock, config } = this.#parts;
    this.look();
    const rest = judgeRest(this.#cursor.rest, config.batchSettleSeconds);
    if (rest.kind === "line") {
      await clock.sleep(Math.max(0, rest.at - clock.now()));
      await this.#offering;
      this.look();
    }
    await this.#offering;
  }

  /** Waits until what is being offered has been answered. */
  async close(): Promise<void> {
    await this.#offering;
    this.#cursor.close();
    this.#outage.close();
  }

  /** R7: a complete object without a newline counts as a line; any other rest is reported once. */
  #takeRest(now: number): void {
    const rest = judgeRest(this.#cursor.rest, this.#parts.config.batchSettleSeconds);
    const isDue = rest.kind !== "none" && now >= rest.at;
    if (isDue && rest.kind === "line") this.#add(this.#cursor.takeRest());
    this.#say("rest", "warn", isDue && rest.kind === "torn" ? rest.text : undefined);
  }

  #add({ lines, arrivedAt }: Passage): void {
    this.#pending.push(...lines.map((raw) => ({ raw, arrivedAt })));
  }

  #offer(): void {
    const { clock } = this.#parts;
    if (this.#pending.length === 0 || this.#offering !== undefined || clock.monotonic() < this.#retryAt) return;
    this.#offering = this.#offerPending().finally(() => (this.#offering = undefined));
  }

  async #offerPending(): Promise<void> {
    const { lines, strategy, clock, log } = this.#parts;
    try {
      while (this.#pending.length > 0) {
        const next = this.#pending.slice(0, LINES_AT_ONCE);
        const fresh = await lines.offer(strategy.name, next);
        this.#pending = this.#pending.slice(next.length);
        this.#offered += fresh;
        if (fresh > 0)
          log.info(`${strategy.name}: ${fresh === 1 ? "1 new line was" : `${String(fresh)} new lines were`} offered to the fleet.`);
      }
      this.#unoffered = undefined;
    } catch (error) {
      // Whether the lines are there is unknown; they are offered again, and added once.
      this.#retryAt = clock.monotonic() + RETRY_MS;
      this.#unoffered = `${strategy.name}: new lines cannot be offered to the fleet: ${messageOf(error)}`;
      this.#outage.warn(this.#unoffered);
    }
  }

  /** Each problem is logged when it begins, and when it ends. */
  #say(kind: "file" | "loss" | "rest", level: "warn" | "error", text: string | undefined): void {
    const { log, strategy } = this.#parts;
    const before = this.#said.get(kind);
    if (text === before) return;
    if (text === undefined) {
      this.#said.delete(kind);
      if (kind !== "rest") log.warn(`${strategy.name}: that is over: ${before ?? ""}`);
      return;
    }
    this.#said.set(kind, text);
    log[level](text);
  }
}
