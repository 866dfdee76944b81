import type { TradingMode, NotificationSettings, Config } from "../domain/config.ts";
import { channelsOf } from "../notifications/channels.ts";
import { hostOf } from "../config/notification-settings.ts";
import type { ChannelTest } from "../notifications/test-message.ts";
import { failed, ok, warning, given, skipped, type Findings, type Step } from "./check.ts";
import { testNotifications } from "../app/open-notifications.ts";
import type { Chart } from "./chart.ts";
import { askHealth, dashboardAddress, judgeHealth, noDashboard } from "./dashboard.ts";

export interface PeopleFacts {
  readonly settings: NotificationSettings;
  readonly mode: TradingMode;
  /** Each channel's answer to a test; undefined when none was sent. */
  readonly tests: readonly ChannelTest[] | undefined;
}

const NOT_SENT = "not tried; `doctor --notify` sends a test";
const HEARTBEAT = "heartbeat ";

/** A stopped trader reports nothing by itself; in practice such failures were noticed by accident, days later. */
export function judgeNotifications({ settings, mode, tests }: PeopleFacts): Findings {
  const names = channelsOf(settings).map(({ name }) => name);
  if (names.length === 0) return none(mode, "no notifications are sent", "Set NOTIFY_WEBHOOK_URL or Telegram; see docs/notifications.md.");
  if (settings.level === "off")
    return warning(`${names.join(", ")}: NOTIFY_LEVEL is off, so nothing is sent`, "Set NOTIFY_LEVEL to info, warning or error.");
  if (tests === undefined) return ok(`${names.join(", ")}; ${NOT_SENT}`);
  return tests.filter(({ name }) => !name.startsWith(HEARTBEAT)).flatMap(tested);
}

export function judgeHeartbeat({ settings, mode, tests }: PeopleFacts): Findings {
  const { heartbeatUrl } = settings;
  if (heartbeatUrl === undefined)
    return none(mode, "no external service monitors the daemon", "Set HEARTBEAT_URL to a check at healthchecks.io or similar.");
  if (tests === undefined) return ok(`${hostOf(heartbeatUrl)}; ${NOT_SENT}`);
  return tests.filter(({ name }) => name.startsWith(HEARTBEAT)).flatMap(tested);
}

function none(mode: TradingMode, text: string, hint: string): Findings {
  return mode === "simulator" ? ok("none, and simulator mode needs none") : warning(text, hint);
}

function tested({ name, problem }: ChannelTest): Findings {
  if (problem === undefined) return ok(`${name} accepted the test`);
  return failed(`${name} rejected the test: ${problem}`, "Compare the address or token with the service's settings.");
}

export function peopleSteps(chart: Chart): Step[] {
  let tests: readonly ChannelTest[] | undefined;
  const notifications = async (config: Config): Promise<Findings> => {
    if (chart.notify) tests = await testNotifications(config, chart.clock, chart.ledgerCopy());
    return judgeNotifications({ settings: config.notifications, mode: config.mode, tests });
  };
  return [
    { id: "notifications", run: () => (chart.config.kind === "known" ? notifications(chart.config.value) : skipped(chart.config.why)) },
    { id: "heartbeat", run: () => given(chart.config, ({ notifications: settings, mode }) => judgeHeartbeat({ settings, mode, tests })) },
    { id: "dashboard", run: () => (chart.config.kind === "known" ? dashboard(chart, chart.config.value) : skipped(chart.config.why)) },
  ];
}

async function dashboard(chart: Chart, { dashboard: settings }: Config): Promise<Findings> {
  const address = dashboardAddress(settings);
  const daemon = chart.holder()?.command === "run";
  if (address === undefined || !daemon) return noDashboard(settings, daemon);
  return judgeHealth(address, await askHealth(address, chart.clock, fetch));
}
