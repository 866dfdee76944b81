import { afterEach, describe, expect, test } from "@jest/globals";
import type { Session } from "../../src/domain/broker.ts";
import { openLedgerImage } from "../../src/ledger/sqlite-ledger.ts";
import type { Log } from "../../src/logging/logger.ts";
import { readSchedule } from "../../src/domain/schedule.ts";
import type { MissedSignal } from "../../src/signals/signal-schedule.ts";
import { SignalSchedule } from "../../src/signals/signal-schedule.ts";
import { sessionsBetween } from "../../src/simulator/sessions.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { newLedger } from "../ledger/new-ledger.ts";

const MINUTE_MS = 60_000;
/** A Tuesday. */
const TUESDAY_10_00 = Date.parse("2026-11-24T10:00:00-05:00");

class Life {
  readonly clock: VirtualClock;
  readonly ledger;
  readonly alarms: MissedSignal[] = [];
  readonly failures: unknown[] = [];
  readonly said: string[] = [];
  readonly calendarReads: string[] = [];
  file = "";
  generated = 0;
  /** What happens when a signal is generated. */
  generate: () => Promise<string> = () => Promise.resolve(`signal ${String(this.generated)}\n`);
  append = (text: string): void => {
    this.file += text;
  };
  calendar: (start: string, end: string) => Promise<Session[]> = (start, end) => Promise.resolve(sessionsBetween(start, end));
  schedule: SignalSchedule;

  constructor(startAt = TUESDAY_10_00, text = "15 minutes before close", image?: Uint8Array) {
    this.clock = new VirtualClock(startAt);
    this.ledger = image === undefined ? newLedger() : openLedgerImage(image);
    const log = { child: () => log } as unknown as Record<keyof Log, unknown>;
    for (const level of ["debug", "info", "warn", "error"] as const) log[level] = (line: string) => void this.said.push(`${level} ${line}`);
    this.schedule = new SignalSchedule({
      schedule: readSchedule(text)!,
      strategies: [
        {
          name: "nuclear",
          generate: () => {
            this.generated += 1;
            return this.generate();
          },
          append: (lines) => this.append(lines),
          holds: (lines) => this.file.includes(lines),
        },
      ],
      windowMs: 5 * MINUTE_MS,
      clock: this.clock,
      log: log as unknown as Log,
      records: this.ledger.scheduled,
      calendar: (start, end) => {
        this.calendarReads.push(end);
        return this.calendar(start, end);
      },
      onAlarm: (missed) => this.alarms.push(missed),
      onFailure: (error) => this.failures.push(error),
    });
    lives.push(this);
  }

  /** As if the machine had slept until shortly before. */
  async wake(time: string): Promise<void> {
    this.clock.step(Date.parse(time) - this.clock.now() - 10_000);
    await this.clock.advance(10_000);
  }

  async until(time: string): Promise<void> {
    await this.clock.advance(Date.parse(time) - this.clock.now());
  }

  /** The next process on what is durable, with the file that this one left. */
  restart(at: string, text?: string): Life {
    this.schedule.stop();
    const next = new Life(Date.parse(at), text, this.ledger.serialize());
    next.file = this.file;
    next.schedule.start();
    return next;
  }
}

const lives: Life[] = [];

afterEach(() => {
  const ended = lives.splice(0);
  for (const life of ended) {
    life.schedule.stop();
    life.ledger.close();
  }
  const failures = ended.flatMap((life) => life.failures);
  if (failures.length > 0) throw new AggregateError(failures);
});

function running(...args: ConstructorParameters<typeof Life>): Life {
  const life = new Life(...args);
  life.schedule.start();
  return life;
}

describe("the schedule", () => {
  test("generates one signal per session, at its time, and none on other days", async () => {
    const life = running();
    await life.wake("2026-11-24T15:44:58-05:00");
    expect(life.generated).toBe(0);
    await life.wake("2026-11-24T15:45:02-05:00");
    expect(life.file).toBe("signal 1\n");
    await life.wake("2026-11-25T15:46:00-05:00");
    expect(life.generated).toBe(2);
    // Thanksgiving, a half-day after it, and the weekend.
    await life.wake("2026-11-26T15:46:00-05:00");
    await life.wake("2026-11-27T12:44:58-05:00");
    expect(life.generated).toBe(2);
    await life.wake("2026-11-27T12:45:02-05:00");
    expect(life.generated).toBe(3);
    await life.wake("2026-11-28T15:46:00-05:00");
    await life.wake("2026-11-30T10:00:00-05:00");
    expect(life.generated).toBe(3);
    expect(life.alarms).toEqual([]);
    expect(new Set(life.calendarReads).size).toBe(life.calendarReads.length);
  });

  test("generates none twice across a restart", async () => {
    const life = running();
    await life.wake("2026-11-24T15:46:00-05:00");
    const next = life.restart("2026-11-24T15:47:00-05:00");
    await next.wake("2026-11-24T18:00:00-05:00");
    expect([next.generated, next.file, next.alarms]).toEqual([0, "signal 1\n", []]);
  });

  test("finds out after a crash whether the begun signal was written", async () => {
    for (const written of [true, false]) {
      const life = running();
      life.append = (text) => {
        if (written) life.file += text;
        life.schedule.stop();
        throw new Error("The process is killed here.");
      };
      await life.wake("2026-11-24T15:45:05-05:00");
      const next = life.restart("2026-11-24T15:46:00-05:00");
      next.generate = () => Promise.resolve("signal again\n");
      await next.until("2026-11-24T16:00:00-05:00");
      expect([next.file, next.alarms]).toEqual([written ? "signal 1\n" : "signal again\n", []]);
      expect(next.ledger.scheduled.find("nuclear", "2026-11-24")?.state).toBe("written");
    }
  });

  test("generates late after a restart within the window", async () => {
    const life = running();
    await life.wake("2026-11-24T11:00:00-05:00");
    const next = life.restart("2026-11-24T15:49:00-05:00");
    await next.until("2026-11-24T15:49:05-05:00");
    expect([next.generated, next.alarms]).toEqual([1, []]);
  });

  test("raises one alarm when no process was running in time", async () => {
    const life = running();
    await life.wake("2026-11-24T15:46:00-05:00");
    const next = life.restart("2026-11-25T16:30:00-05:00");
    await next.wake("2026-11-25T17:00:00-05:00");
    expect(next.generated).toBe(0);
    const missed = {
      strategy: "nuclear",
      dueAt: Date.parse("2026-11-25T15:45:00-05:00"),
      reason: "The daemon was not running at that time.",
    };
    expect(next.alarms).toEqual([missed]);
    const third = next.restart("2026-11-25T18:00:00-05:00");
    await third.wake("2026-11-25T19:00:00-05:00");
    expect(third.alarms).toEqual([]);
  });

  test("raises none for a time before it was first in force", async () => {
    const life = running(Date.parse("2026-11-24T18:00:00-05:00"));
    await life.clock.advance(MINUTE_MS);
    expect(life.alarms).toEqual([]);
    expect(life.ledger.scheduled.find("nuclear", "2026-11-24")?.state).toBe("skipped");
    await life.wake("2026-11-25T15:45:05-05:00");
    expect(life.generated).toBe(1);
  });

  test("retries within the window, and raises the alarm with the reason after it", async () => {
    const life = running();
    life.generate = () => Promise.reject(new Error("OKLO has no daily bars."));
    await life.wake("2026-11-24T15:45:00-05:00");
    await life.until("2026-11-24T15:49:00-05:00");
    expect(life.generated).toBe(9);
    expect(life.alarms).toEqual([]);
    expect(life.said.filter((line) => line.startsWith("error"))).toHaveLength(1);
    await life.until("2026-11-24T16:30:00-05:00");
    expect(life.alarms).toMatchObject([{ strategy: "nuclear", reason: "OKLO has no daily bars." }]);
    expect(life.file).toBe("");
  });

  test("raises the alarm also for the very first signal, and across a restart", async () => {
    const life = running(Date.parse("2026-11-24T15:46:00-05:00"));
    life.generate = () => Promise.reject(new Error("OKLO has no daily bars."));
    await life.clock.advance(MINUTE_MS);
    const next = life.restart("2026-11-24T16:00:00-05:00");
    await next.clock.advance(MINUTE_MS);
    expect(next.alarms).toMatchObject([{ reason: "OKLO has no daily bars." }]);
  });

  test("succeeds on a later try", async () => {
    const life = running();
    life.generate = () => (life.generated < 3 ? Promise.reject(new Error("The network is down.")) : Promise.resolve("at last\n"));
    await life.wake("2026-11-24T15:45:00-05:00");
    await life.until("2026-11-24T15:52:00-05:00");
    expect([life.file, life.generated, life.alarms]).toEqual(["at last\n", 3, []]);
  });

  test("retries a failed write", async () => {
    const life = running();
    const { append } = life;
    life.append = () => {
      life.append = append;
      throw new Error("The disk is full.");
    };
    await life.wake("2026-11-24T15:45:00-05:00");
    await life.until("2026-11-24T15:52:00-05:00");
    expect([life.file, life.alarms]).toEqual(["signal 2\n", []]);
  });

  test("retries until the calendar can be read", async () => {
    const life = new Life(Date.parse("2026-11-24T15:46:00-05:00"));
    life.calendar = (start, end) =>
      life.clock.now() < Date.parse("2026-11-24T15:47:00-05:00")
        ? Promise.reject(new Error("no answer"))
        : Promise.resolve(sessionsBetween(start, end));
    life.schedule.start();
    await life.until("2026-11-24T15:46:50-05:00");
    expect([life.generated, life.calendarReads.length]).toEqual([0, 2]);
    await life.until("2026-11-24T15:48:00-05:00");
    expect([life.generated, life.alarms]).toEqual([1, []]);
  });

  test("reports that its time is outside the session", async () => {
    const life = running(Date.parse("2026-11-24T06:00:00-05:00"), "07:00 America/New_York");
    await life.until("2026-11-24T16:00:00-05:00");
    expect(life.alarms).toMatchObject([
      { reason: "07:00 America/New_York is outside the session of 2026-11-24; correct SIGNAL_SCHEDULE." },
    ]);
    expect(life.generated).toBe(0);
  });

  test("writes nothing once stopped, even while generating a signal", async () => {
    const life = running();
    const signal = Promise.withResolvers<string>();
    life.generate = () => signal.promise;
    await life.wake("2026-11-24T15:45:05-05:00");
    life.schedule.stop();
    signal.resolve("too late\n");
    await life.clock.advance(MINUTE_MS);
    expect(life.file).toBe("");
    expect(life.ledger.scheduled.find("nuclear", "2026-11-24")).toBeUndefined();
    expect(life.clock.pending).toBe(0);
  });

  test("passes on that the ledger cannot be written", async () => {
    const life = running();
    life.ledger.close();
    await life.wake("2026-11-24T15:45:02-05:00");
    expect(life.failures.splice(0)).not.toEqual([]);
  });
});
