import type { Config } from "../domain/config.ts";
import { testNotifications } from "../app/open-notifications.ts";
import type { ChannelTest } from "../notifications/test-message.ts";
import type { Chart } from "./chart.ts";
import { given, skipped, type Findings } from "./check.ts";
import { askHealth, dashboardAddress, judgeHealth, noDashboard } from "./dashboard.ts";
import type { Step } from "./examination.ts";
import { judgeHeartbeat, judgeNotifications } from "./people.ts";

/** Notifications, heartbeat and dashboard. */
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
