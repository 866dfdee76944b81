import { hostname } from "node:os";
import { describeSignal } from "../app/event-log.ts";
import { secretsOf } from "../config/secrets.ts";
import type { Clock } from "../domain/clock.ts";
import type { Config } from "../domain/config.ts";
import type { Signal } from "../domain/signal.ts";
import { createRedaction, type Log } from "../logging/logger.ts";
import { NotificationCenter } from "../notifications/center.ts";
import type { Notice } from "../notifications/notice.ts";
import type { FleetHold } from "./fleet-hold.ts";
import { byTrouble, countsText, isTrouble, type Standing } from "./standing.ts";

/** Accounts named in one message. */
const MOST_NAMED = 20;

export interface FleetNoticeParts {
  readonly shared: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly hold: FleetHold;
  /** Of the accounts, which must not appear in messages. */
  readonly secrets: readonly string[];
}

/** The messages of a fleet; its accounts send none themselves. */
export function openFleetNotices({ shared, clock, log, hold, secrets }: FleetNoticeParts): NotificationCenter {
  const center = new NotificationCenter({
    settings: shared.notifications,
    outbox: hold.ledger.outbox,
    clock,
    log,
    fetch,
    redact: createRedaction([...secretsOf(shared), ...secrets]),
    sender: () => ({ mode: shared.mode, account: "fleet", host: hostname() }),
  });
  center.start();
  return center;
}

/** The result of a signal in all accounts: counts, and those in trouble by name. */
export function signalNotice(signal: Signal, standings: readonly Standing[]): Notice {
  const counts = countsText(standings);
  const trouble = standings.filter(({ kind }) => isTrouble(kind)).toSorted(byTrouble);
  const left = trouble.length - MOST_NAMED;
  return {
    kind: "execution",
    level: trouble.length > 0 ? "warning" : "info",
    key: `fleet:${signal.id}:${counts}`,
    title: `${String(standings.length)} accounts: ${counts}`,
    lines: [
      `Wanted: ${describeSignal(signal)}.`,
      ...trouble.slice(0, MOST_NAMED).map(({ account, reason }) => `${account}: ${reason}`),
      ...(left > 0 ? [`And ${String(left)} more.`] : []),
      ...(trouble.length > 0 ? ["`alpaca-trader fleet explain NAME` says why."] : []),
    ],
  };
}
