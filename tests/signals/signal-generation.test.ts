import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { TradingSession } from "../../src/app/trading-session.ts";
import { openSignalSchedule } from "../../src/app/signal-generation.ts";
import type { MissedSignal, SignalSchedule } from "../../src/signals/signal-schedule.ts";
import type { Simulator } from "../../src/simulator/server.ts";
import { startSimulator } from "../../src/simulator/server.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { nuclearCloses } from "./branches.ts";

/** A minute after a signal of this Tuesday is due. */
const TUESDAY_15_46 = Date.parse("2026-11-24T15:46:00-05:00");

let directory: string;
let clock: VirtualClock;
let simulator: Simulator;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "signal-desk-"));
  clock = new VirtualClock(TUESDAY_15_46);
  simulator = await startSimulator({ clock, rateLimitPerMinute: "off" });
  simulator.exchange.giveBars({ closes: nuclearCloses("SPY overbought") });
});

afterEach(async () => {
  await simulator.close();
  rmSync(directory, { recursive: true, force: true });
});

const alertsFile = (): string => join(directory, "alerts.json");

/** Runs the schedule of a daemon's desk until `done`, as a process would; real sockets, virtual time. */
async function scheduled(
  done: (alarms: readonly MissedSignal[]) => boolean,
  env: Record<string, string> = {},
): Promise<{ schedule: SignalSchedule | undefined; alarms: readonly MissedSignal[] }> {
  const session = await TradingSession.open({
    env: {
      HOME: directory,
      STATE_DIR: join(directory, "state"),
      HALT_FILE: join(directory, "HALT"),
      LOG_DIR: directory,
      ALERTS_FILE: alertsFile(),
      ALERTS_TIMEZONE: "UTC",
      ALPACA_PAPER_ENDPOINT: simulator.url,
      ALPACA_PAPER_KEY: "key",
      ALPACA_PAPER_SECRET: "secret",
      SIGNAL_SCHEDULE: "15 minutes before close",
      ...env,
    },
    clock,
    command: "run",
    console: undefined,
    verbose: false,
  });
  const alarms: MissedSignal[] = [];
  const failures: unknown[] = [];
  try {
    const hooks = { onAlarm: (missed: MissedSignal) => alarms.push(missed), onFailure: (error: unknown) => failures.push(error) };
    const schedule = await openSignalSchedule(session, hooks);
    schedule?.start();
    for (let turn = 0; schedule !== undefined && !done(alarms) && turn < 200_000; turn++)
      await new Promise((resolve) => setImmediate(resolve));
    schedule?.stop();
    expect(failures).toEqual([]);
    return { schedule, alarms };
  } finally {
    await session.close();
  }
}

const written = (): boolean => existsSync(alertsFile()) && readFileSync(alertsFile(), "utf8").endsWith("\n");

describe("the daemon's own signals", () => {
  test("go to the strategy's alerts file, once per session, also across restarts", async () => {
    await scheduled(written);
    const lines = readFileSync(alertsFile(), "utf8");
    expect(lines).toMatch(/^\{"timestamp": "2026-11-24T20:46:00\.000\+00:00", "symbol": "UVXY"/);
    let turns = 0;
    await scheduled(() => ++turns > 2_000);
    expect(readFileSync(alertsFile(), "utf8")).toBe(lines);
  });

  test("are missed with an alarm when the bars do not arrive in time", async () => {
    simulator.exchange.giveBars({ bars: { IOO: [] } });
    await scheduled(() => readFileSync(join(directory, "alpaca_trader.log"), "utf8").includes("IOO has no daily bars"));
    clock.step(10 * 60_000);
    const { alarms } = await scheduled((missed) => missed.length > 0);
    expect(alarms).toEqual([
      { strategy: "nuclear", dueAt: Date.parse("2026-11-24T15:45:00-05:00"), reason: "No signal from nuclear: IOO has no daily bars." },
    ]);
    expect(written()).toBe(false);
  });

  test("do not exist without SIGNAL_SCHEDULE", async () => {
    expect(await scheduled(() => true, { SIGNAL_SCHEDULE: "off" })).toEqual({ schedule: undefined, alarms: [] });
  });

  test("need a built-in strategy", async () => {
    const own = { STRATEGIES: `momentum:100:${alertsFile()}` };
    await expect(scheduled(() => true, own)).rejects.toMatchObject({ exitCode: 78, message: expect.stringContaining("momentum") });
  });
});
