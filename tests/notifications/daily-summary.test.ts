import { describe, expect, test } from "@jest/globals";
import type { Account, Session } from "../../src/domain/broker.ts";
import { BrokerError } from "../../src/domain/broker.ts";
import { DailySummary } from "../../src/notifications/daily-summary.ts";
import type { Notice } from "../../src/notifications/notice.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { newLedger } from "../ledger/new-ledger.ts";
import { account, position, recordExecuted } from "../reporting/examples.ts";
import { RecordingLog } from "./recording-service.ts";

const at = (time: string): number => Date.parse(`${time}-04:00`);
/** A Wednesday; the signal and execution of the examples belong to it. */
const MORNING = at("2025-07-16T11:00:00");

function session(date: string, close = "16:00"): Session {
  return { date, open: at(`${date}T09:30:00`), close: at(`${date}T${close}:00`) };
}

class Day {
  readonly clock: VirtualClock;
  readonly told: Notice[] = [];
  readonly calls: string[] = [];
  readonly ledger = newLedger();
  sessions: Session[] = [session("2025-07-15"), session("2025-07-16"), session("2025-07-17")];
  account: Account = account();
  flows = decimal("0");
  broken: string | undefined;
  summary: DailySummary;

  constructor(start = MORNING) {
    this.clock = new VirtualClock(start);
    this.summary = this.start();
  }

  start(): DailySummary {
    const asked = <T>(name: string, value: () => T): Promise<T> => {
      this.calls.push(name);
      return this.broken === name ? Promise.reject(new BrokerError("unreachable", "No answer.")) : Promise.resolve(value());
    };
    const summary = new DailySummary({
      broker: {
        account: () => asked("account", () => this.account),
        positions: () => asked("positions", () => [position("SMR", "100", "300"), position("LEU", "10", "207")]),
        calendar: (start, end) => asked("calendar", () => this.sessions.filter(({ date }) => date >= start && date <= end)),
        cashFlowsSince: () => asked("flows", () => this.flows),
      },
      ledger: this.ledger,
      clock: this.clock,
      log: new RecordingLog(),
      knows: (key) => this.told.some((notice) => notice.key === key),
      notify: (notice) => void this.told.push(notice),
    });
    summary.start();
    return summary;
  }

  get text(): string {
    return this.told.flatMap(({ title, lines }) => [title, ...lines]).join("\n");
  }
}

describe("the daily summary", () => {
  test("is sent once, five minutes after the close, with the change of the day", async () => {
    const day = new Day();
    await day.clock.advance(at("2025-07-16T16:04:00") - MORNING);
    expect(day.told).toEqual([]);
    expect(day.calls).toEqual(["calendar"]);
    await day.clock.advance(3 * 60_000);
    expect(day.told.map(({ key, level }) => [key, level])).toEqual([["daily-summary:2025-07-16", "info"]]);
    expect(day.told[0]?.lines).toEqual([
      "Account value: $100,000.00, cash $42,115.20.",
      "Change of the day: +$1,000.00 (+1.01 %).",
      "0 signals received; 0 executions.",
      "Holdings: SMR 30.0 %, LEU 2.1 %.",
    ]);
    await day.clock.advance(5 * 3_600_000);
    expect(day.told).toHaveLength(1);
    day.summary.close();
    expect(day.clock.pending).toBe(0);
  });

  test("counts the day's signals, executions and orders", async () => {
    const day = new Day();
    recordExecuted(day.ledger);
    await day.clock.advance(at("2025-07-16T16:10:00") - MORNING);
    expect(day.text).toMatch(/1 signal received; 1 execution: 1 \S+/);
    expect(day.text).toMatch(/orders? filled: sold \$[\d,.]+, bought \$[\d,.]+\./);
  });

  test("excludes deposits and says so; says too when they cannot be read or the broker's figure is gone", async () => {
    const paid = new Day(at("2025-07-16T16:10:00"));
    paid.flows = decimal("600");
    await paid.clock.advance(70_000);
    expect(paid.text).toContain("Change of the day: +$400.00 (+0.40 %), excluding +$600.00 of deposits and withdrawals.");

    const unread = new Day(at("2025-07-16T16:10:00"));
    unread.broken = "flows";
    await unread.clock.advance(70_000);
    expect(unread.text).toContain("+$1,000.00 (+1.01 %), including deposits and withdrawals, which could not be read.");

    const rolled = new Day(at("2025-07-16T19:10:00"));
    rolled.account = account({ balanceAsOf: "2025-07-16" });
    await rolled.clock.advance(70_000);
    expect(rolled.text).toContain("Change of the day: no longer available from the broker.");

    const unknown = new Day(at("2025-07-16T16:10:00"));
    unknown.account = account({ lastEquityKnown: false });
    await unknown.clock.advance(70_000);
    expect(unknown.text).toContain("Change of the day: unknown, as the broker does not say the value at the last close.");
  });

  test("comes early on a half-day, not at all without a session, and again the next day", async () => {
    const day = new Day();
    day.sessions = [session("2025-07-15"), session("2025-07-16", "13:00"), session("2025-07-18")];
    await day.clock.advance(at("2025-07-16T13:07:00") - MORNING);
    expect(day.told).toHaveLength(1);
    await day.clock.advance(24 * 3_600_000);
    expect(day.told).toHaveLength(1);
    await day.clock.advance(30 * 3_600_000);
    expect(day.told.map(({ key }) => key)).toEqual(["daily-summary:2025-07-16", "daily-summary:2025-07-18"]);
  });

  test("is sent late by a daemon that starts in the evening, but not twice", async () => {
    const day = new Day(at("2025-07-16T20:00:00"));
    await day.clock.advance(70_000);
    day.summary.close();
    day.start();
    await day.clock.advance(70_000);
    expect(day.told).toHaveLength(1);
  });

  test.each(["calendar", "account", "positions"])("retries after ten minutes when the %s cannot be read", async (what) => {
    const day = new Day(at("2025-07-16T16:10:00"));
    day.broken = what;
    await day.clock.advance(9 * 60_000);
    expect(day.calls.filter((call) => call === what)).toHaveLength(1);
    day.broken = undefined;
    await day.clock.advance(3 * 60_000);
    expect(day.told).toHaveLength(1);
  });
});
