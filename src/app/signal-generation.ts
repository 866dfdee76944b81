import type { TradingSession } from "./trading-session.ts";
import { appendAlerts, holdsAlerts } from "../signals/alerts-writer.ts";
import type { ScheduledStrategy, SignalScheduleParts } from "../signals/signal-schedule.ts";
import { SignalSchedule } from "../signals/signal-schedule.ts";
import type { OwnStrategy } from "../signals/signal-run.ts";
import { assertSome, generate, ownStrategies } from "../signals/signal-run.ts";

/**
 * The daemon's own signals; `undefined` when SIGNAL_SCHEDULE is off. Open only while holding the trading lock:
 * two daemons would write every signal twice.
 * @throws TraderError (78) when none of the strategies is built in.
 */
export async function openSignalSchedule(
  session: TradingSession,
  hooks: Pick<SignalScheduleParts, "onAlarm" | "onFailure">,
): Promise<SignalSchedule | undefined> {
  const { config, clock, log, ledger, broker } = session;
  const { signalSchedule: schedule, strategies, signalMaxAgeSeconds } = config;
  if (schedule === undefined) return undefined;
  const own = await ownStrategies(strategies);
  assertSome(own, strategies);
  return new SignalSchedule({
    schedule,
    strategies: own.map((each) => scheduled(each, session)),
    windowMs: signalMaxAgeSeconds * 1_000,
    clock,
    log,
    warnAgain: (text) => session.recurring.warn(text),
    records: ledger.scheduled,
    calendar: (start, end) => broker.calendar(start, end),
    ...hooks,
  });
}

function scheduled(own: OwnStrategy, session: TradingSession): ScheduledStrategy {
  const { name, alertsFile } = own.config;
  return {
    name,
    generate: async () => (await generate(own, session)).text,
    append: (text) => appendAlerts(alertsFile, text),
    holds: (text) => holdsAlerts(alertsFile, text),
  };
}
