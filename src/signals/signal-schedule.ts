import type { Session } from "../domain/broker.ts";
import type { Clock, Timer } from "../domain/clock.ts";
import { messageOf } from "../domain/errors.ts";
import type { ScheduledSignals, ScheduledState } from "../ledger/scheduled-signals.ts";
import type { Log } from "../logging/logger.ts";
import { MARKET_ZONE, marketDate } from "../domain/market-day.ts";
import { formatInstant } from "../domain/time-format.ts";
import { dueAt, scheduleText, type Schedule } from "../domain/schedule.ts";

/** A strategy as the schedule sees it. */
export interface ScheduledStrategy {
  readonly name: string;
  /** Its alert lines, for now. @throws when there is no signal. */
  readonly generate: () => Promise<string>;
  /** Appends lines to its alerts file, at once. @throws when they cannot be written. */
  readonly append: (text: string) => void;
  /** Whether the alerts file holds these lines. */
  readonly holds: (text: string) => boolean;
}

/** A due signal that was not generated. */
export interface MissedSignal {
  readonly strategy: string;
  /** Milliseconds since the epoch. */
  readonly dueAt: number;
  readonly reason: string;
}

export interface SignalScheduleParts {
  readonly schedule: Schedule;
  readonly strategies: readonly ScheduledStrategy[];
  /** How long after its time a signal may still be generated, in milliseconds. */
  readonly windowMs: number;
  readonly clock: Clock;
  readonly log: Log;
  /** For a failure that repeats with every try; by default each one is a warning. */
  readonly warnAgain?: (text: string) => void;
  readonly records: ScheduledSignals;
  readonly calendar: (start: string, end: string) => Promise<readonly Session[]>;
  readonly onAlarm: (missed: MissedSignal) => void;
  /** The ledger or another foundation has failed: the daemon must end. */
  readonly onFailure: (error: unknown) => void;
}

const TICK_MS = 1_000;
const RETRY_MS = 30_000;
const DAY_MS = 86_400_000;
/** How far back the calendar is read; always contains a session, whatever the holidays. */
const DAYS_BACK = 10;

/** One session, and when its signal is due. */
interface Turn {
  readonly session: Session;
  readonly dueAt: number;
  readonly impossible: string | undefined;
}

/**
 * Generates every strategy's signal once per session, at its time, and reports when it failed:
 *
 * - before its time nothing happens;
 * - from its time on, for the length of the window, it retries until it succeeds. It records the lines before it
 *   writes them, so a restart can check whether they were written;
 * - after the window the signal is missed: one alarm.
 *
 * It runs in parallel to trading and waits for nothing of it: its lines are read like any other alerts.
 */
export class SignalSchedule {
  readonly #parts: SignalScheduleParts;
  #day: { readonly date: string; readonly turns: readonly Turn[] } | undefined;
  /** Date of the session with a signal for every strategy. */
  #served: string | undefined;
  #timer: Timer | undefined;
  #busy = false;
  #stopped = false;
  /** Monotonic: no check before it. */
  #nextCheckAt = 0;

  constructor(parts: SignalScheduleParts) {
    this.#parts = parts;
  }

  start(): void {
    const { log, schedule, strategies } = this.#parts;
    log.info(
      `Signals of ${strategies.map(({ name }) => name).join(", ")} are generated at ${scheduleText(schedule)}, on days with a session.`,
    );
    this.#tick();
  }

  /** Nothing is written after it returns. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #tick(): void {
    const { clock, onFailure } = this.#parts;
    if (this.#stopped) return;
    this.#timer = clock.after(TICK_MS, () => this.#tick());
    if (this.#busy || clock.monotonic() < this.#nextCheckAt) return;
    this.#busy = true;
    this.#check()
      .catch(onFailure)
      .finally(() => (this.#busy = false));
  }

  async #check(): Promise<void> {
    const { strategies } = this.#parts;
    const turn = await this.#turn();
    if (turn === undefined || turn.session.date === this.#served) return;
    const served: boolean[] = [];
    for (const strategy of strategies) if (!this.#stopped) served.push(await this.#serve(strategy, turn));
    if (served.length === strategies.length && served.every((each) => each)) this.#served = turn.session.date;
  }

  /** The newest session whose signal is due. */
  async #turn(): Promise<Turn | undefined> {
    const { clock } = this.#parts;
    const turns = await this.#turns();
    return turns.findLast((turn) => turn.dueAt <= clock.now());
  }

  #turnOf(session: Session): Turn {
    const { schedule } = this.#parts;
    const due = dueAt(schedule, session);
    if (due !== undefined) return { session, dueAt: due, impossible: undefined };
    const impossible = `${scheduleText(schedule)} is outside the session of ${session.date}; correct SIGNAL_SCHEDULE.`;
    return { session, dueAt: session.open, impossible };
  }

  /** Read once a day; while it cannot be read, yesterday's calendar is no substitute. */
  async #turns(): Promise<readonly Turn[]> {
    const { clock, calendar, log, warnAgain } = this.#parts;
    const now = clock.now();
    const date = marketDate(now);
    if (this.#day?.date === date) return this.#day.turns;
    try {
      const sessions = await calendar(marketDate(now - DAYS_BACK * DAY_MS), date);
      this.#day = { date, turns: sessions.map((session) => this.#turnOf(session)) };
      return this.#day.turns;
    } catch (error) {
      const text = `Cannot check whether a signal is due, because the calendar cannot be read: ${messageOf(error)}`;
      if (!this.#stopped) (warnAgain ?? ((message) => log.warn(message)))(text);
      this.#nextCheckAt = clock.monotonic() + RETRY_MS;
      return [];
    }
  }

  /** @returns whether the session's signal is done, or can no longer be generated. */
  async #serve(strategy: ScheduledStrategy, turn: Turn): Promise<boolean> {
    if (this.#isServed(strategy, turn)) return true;
    const late = this.#parts.clock.now() > turn.dueAt + this.#parts.windowMs;
    if (turn.impossible === undefined && !late) return this.#generate(strategy, turn);
    if (late && !this.#parts.records.knows(strategy.name)) this.#record(strategy, turn, "skipped", "The schedule was not in force yet.");
    else this.#miss(strategy, turn);
    return true;
  }

  /** A recorded intent found in the file was written, although the process ended before recording it. */
  #isServed(strategy: ScheduledStrategy, turn: Turn): boolean {
    const record = this.#parts.records.find(strategy.name, turn.session.date);
    switch (record?.state) {
      case undefined:
      case "failed":
        return false;
      case "skipped":
      case "written":
      case "missed":
        return true;
      case "begun":
        if (!strategy.holds(record.detail)) return false;
        this.#record(strategy, turn, "written", "Found in the alerts file after a restart.");
        return true;
    }
  }

  async #generate(strategy: ScheduledStrategy, turn: Turn): Promise<boolean> {
    let text: string;
    try {
      text = await strategy.generate();
    } catch (error) {
      return this.#fail(strategy, turn, error);
    }
    return !this.#stopped && this.#write(strategy, turn, text);
  }

  /** In one step: a stop takes effect before or after all of it. */
  #write(strategy: ScheduledStrategy, turn: Turn, text: string): boolean {
    this.#record(strategy, turn, "begun", text);
    try {
      strategy.append(text);
    } catch (error) {
      return this.#fail(strategy, turn, error);
    }
    this.#record(strategy, turn, "written", `Due at ${this.#dueText(turn)}.`);
    this.#parts.log.info(`The signal of ${strategy.name} for the session of ${turn.session.date} was generated and written.`);
    return true;
  }

  #fail(strategy: ScheduledStrategy, turn: Turn, error: unknown): false {
    const { clock, log } = this.#parts;
    if (this.#stopped) return false;
    const reason = messageOf(error);
    if (this.#failureOf(strategy, turn) !== reason) log.error(`The signal of ${strategy.name} is due but failed: ${reason} Retrying.`);
    this.#record(strategy, turn, "failed", reason);
    this.#nextCheckAt = clock.monotonic() + RETRY_MS;
    return false;
  }

  /** The last failure, also of an earlier process. */
  #failureOf({ name }: ScheduledStrategy, { session }: Turn): string | undefined {
    const record = this.#parts.records.find(name, session.date);
    return record?.state === "failed" ? record.detail : undefined;
  }

  #miss(strategy: ScheduledStrategy, turn: Turn): void {
    const { log, onAlarm } = this.#parts;
    const reason = turn.impossible ?? this.#failureOf(strategy, turn) ?? "The daemon was not running at that time.";
    this.#record(strategy, turn, "missed", reason);
    log.error(`No signal from ${strategy.name}: it was due at ${this.#dueText(turn)}. ${reason}`);
    onAlarm({ strategy: strategy.name, dueAt: turn.dueAt, reason });
  }

  #dueText({ dueAt: at }: Pick<Turn, "dueAt">): string {
    const { schedule } = this.#parts;
    return formatInstant(at, schedule.kind === "time" ? schedule.zone : MARKET_ZONE);
  }

  #record({ name }: ScheduledStrategy, { session }: Turn, state: ScheduledState, detail: string): void {
    this.#parts.records.record({ strategy: name, session: session.date, state, detail }, this.#parts.clock.now());
  }
}
