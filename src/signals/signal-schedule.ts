import type { Session } from "../domain/broker.ts";
import type { Clock, Timer } from "../domain/clock.ts";
import { messageOf } from "../domain/errors.ts";
import type { ScheduledSignals, ScheduledState } from "../ledger/scheduled-signals.ts";
import type { Log } from "../logging/logger.ts";
import { marketDate } from "../domain/market-day.ts";
import type { Schedule } from "../domain/schedule.ts";
import { dueAt, scheduleText } from "../domain/schedule.ts";

/** A strategy, as far as its schedule is concerned. */
export interface ScheduledStrategy {
  readonly name: string;
  /** Its alert lines, for now. @throws when there is no signal. */
  readonly generate: () => Promise<string>;
  /** Appends lines to its alerts file, at once. @throws when they cannot be written. */
  readonly append: (text: string) => void;
  /** Whether the alerts file holds these lines. */
  readonly holds: (text: string) => boolean;
}

/** A signal that was due and did not come. */
export interface MissedSignal {
  readonly strategy: string;
  /** Milliseconds since the epoch. */
  readonly dueAt: number;
  readonly reason: string;
}

export interface SignalScheduleParts {
  readonly schedule: Schedule;
  readonly strategies: readonly ScheduledStrategy[];
  /** How long after its time a signal may still come, in milliseconds. */
  readonly windowMs: number;
  readonly clock: Clock;
  readonly log: Log;
  /** For a failure that comes again with every try; by default each one is a warning. */
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
/** The calendar is read so far back, which has a session in it whatever the holidays are. */
const DAYS_BACK = 10;

/** One session, and when its signal is due. */
interface Turn {
  readonly session: Session;
  readonly dueAt: number;
  /** Why the schedule can give no signal in this session. */
  readonly impossible: string | undefined;
}

/**
 * Generates every strategy's signal once a session, at its time, and says so when it did not come:
 *
 * - before its time nothing happens;
 * - from its time on, for the length of the window, it is tried until it comes. The record that it is about
 *   to be written is made before and contains the lines, so a restart finds out whether they were;
 * - after the window it is missed: an alarm, once.
 *
 * It runs beside the trading and waits for nothing of it: what it writes is read as anybody's alerts are.
 */
export class SignalSchedule {
  readonly #parts: SignalScheduleParts;
  /** What the calendar says on that day. */
  #day: { readonly date: string; readonly turns: readonly Turn[] } | undefined;
  /** Date of the session that has been served for every strategy. */
  #served: string | undefined;
  #timer: Timer | undefined;
  #busy = false;
  #stopped = false;
  /** Monotonic: no look before it. */
  #lookAt = 0;

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

  /** Nothing is written any more once it returns. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #tick(): void {
    const { clock, onFailure } = this.#parts;
    if (this.#stopped) return;
    this.#timer = clock.after(TICK_MS, () => this.#tick());
    if (this.#busy || clock.monotonic() < this.#lookAt) return;
    this.#busy = true;
    this.#look()
      .catch(onFailure)
      .finally(() => (this.#busy = false));
  }

  async #look(): Promise<void> {
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
    const impossible = `${scheduleText(schedule)} does not lie within the session of ${session.date}; correct SIGNAL_SCHEDULE.`;
    return { session, dueAt: session.open, impossible };
  }

  /** Read once a day; while it cannot be read, yesterday's tells nothing about today. */
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
      const text = `Whether a signal is due cannot be told, for the calendar cannot be read: ${messageOf(error)}`;
      if (!this.#stopped) (warnAgain ?? ((said) => log.warn(said)))(text);
      this.#lookAt = clock.monotonic() + RETRY_MS;
      return [];
    }
  }

  /** @returns whether the session's signal has come, or never will. */
  async #serve(strategy: ScheduledStrategy, turn: Turn): Promise<boolean> {
    if (this.#isServed(strategy, turn)) return true;
    const late = this.#parts.clock.now() > turn.dueAt + this.#parts.windowMs;
    if (turn.impossible === undefined && !late) return this.#generate(strategy, turn);
    if (late && !this.#parts.records.knows(strategy.name)) this.#record(strategy, turn, "skipped", "The schedule was not in force yet.");
    else this.#miss(strategy, turn);
    return true;
  }

  /** Whatever was begun and stands in the file was written, though nobody lived to record it. */
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

  /** In one go: a stop comes before all of it or after it. */
  #write(strategy: ScheduledStrategy, turn: Turn, text: string): boolean {
    this.#record(strategy, turn, "begun", text);
    try {
      strategy.append(text);
    } catch (error) {
      return this.#fail(strategy, turn, error);
    }
    this.#record(strategy, turn, "written", `Due at ${instantText(turn.dueAt)}.`);
    this.#parts.log.info(`The signal of ${strategy.name} for the session of ${turn.session.date} has been generated and written.`);
    return true;
  }

  #fail(strategy: ScheduledStrategy, turn: Turn, error: unknown): false {
    const { clock, log } = this.#parts;
    if (this.#stopped) return false;
    const reason = messageOf(error);
    if (this.#failureOf(strategy, turn) !== reason)
      log.error(`The signal of ${strategy.name} is due, but did not come: ${reason} It is tried again.`);
    this.#record(strategy, turn, "failed", reason);
    this.#lookAt = clock.monotonic() + RETRY_MS;
    return false;
  }

  /** What went wrong last, also in an earlier process. */
  #failureOf({ name }: ScheduledStrategy, { session }: Turn): string | undefined {
    const record = this.#parts.records.find(name, session.date);
    return record?.state === "failed" ? record.detail : undefined;
  }

  #miss(strategy: ScheduledStrategy, turn: Turn): void {
    const { log, onAlarm } = this.#parts;
    const reason = turn.impossible ?? this.#failureOf(strategy, turn) ?? "The daemon was not running at that time.";
    this.#record(strategy, turn, "missed", reason);
    log.error(`No signal from ${strategy.name}: it was due at ${instantText(turn.dueAt)} and did not come. ${reason}`);
    onAlarm({ strategy: strategy.name, dueAt: turn.dueAt, reason });
  }

  #record({ name }: ScheduledStrategy, { session }: Turn, state: ScheduledState, detail: string): void {
    this.#parts.records.record({ strategy: name, session: session.date, state, detail }, this.#parts.clock.now());
  }
}

/** `2025-07-14T19:45:00Z`. */
function instantText(at: number): string {
  return new Date(at).toISOString().replace(/\.\d{3}Z$/, "Z");
}
