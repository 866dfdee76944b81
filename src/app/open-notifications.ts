import { hostname } from "node:os";
import type { Clock } from "../domain/clock.ts";
import type { Config } from "../domain/config.ts";
import type { TraderEvent } from "./events.ts";
import type { TradingSession } from "./trading-session.ts";
import { secretsOf } from "../config/secrets.ts";
import type { Ledger } from "../domain/ledger.ts";
import { createRedaction } from "../logging/logger.ts";
import { NotificationCenter } from "../notifications/center.ts";
import { notExecutedNotice } from "../notifications/event-notices.ts";
import { executionNotice } from "../notifications/execution-notice.ts";
import type { Notice, Origin } from "../notifications/notice.ts";
import type { ChannelTest } from "../notifications/test-message.ts";
import { testChannels } from "../notifications/test-message.ts";

/** Identifies the sender: one person may follow several accounts on several machines. */
function senderFor(config: Config, ledger: Pick<Ledger, "pinnedAccount"> | undefined): Origin {
  return { mode: config.mode, account: ledger?.pinnedAccount()?.number, host: hostname() };
}

/** Notifications of a trading command. Open only while holding the lock: the outbox has one owner at a time. */
export function openNotifications({ config, clock, log, ledger }: TradingSession): NotificationCenter {
  const redact = createRedaction(secretsOf(config));
  const sender = (): Origin => senderFor(config, ledger);
  const { outbox } = ledger;
  const center = new NotificationCenter({ settings: config.notifications, outbox, clock, log, fetch, redact, sender });
  center.start();
  return center;
}

/** The notification for an event, if any. */
export function noticeOf(event: TraderEvent, { clock, ledger }: Pick<TradingSession, "clock" | "ledger">): Notice | undefined {
  switch (event.kind) {
    case "concluded":
      return executionNotice(event.execution, ledger.intentsOf(event.execution.id));
    case "not-executed":
      return notExecutedNotice(event.what, clock.now());
    default:
      return undefined;
  }
}

/** Sends a test to every configured channel, for `notify --test` and `doctor`. Empty when none is configured. */
export function testNotifications(config: Config, clock: Clock, ledger?: Pick<Ledger, "pinnedAccount">): Promise<ChannelTest[]> {
  const redact = createRedaction(secretsOf(config));
  return testChannels({ settings: config.notifications, sender: senderFor(config, ledger), clock, fetch, redact });
}
