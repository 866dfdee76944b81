import type { Config } from "../domain/config.ts";
import { trustedOwners } from "../intake/trust.ts";
import { judgeAlertsFile, judgeAlertsRun, judgeAlertsZone, type AlertsTime } from "./alerts-health.ts";
import { readAlertsState, type AlertsState } from "./alerts.ts";
import type { Chart } from "./chart.ts";
import { given, skipped, type Findings } from "./check.ts";
import type { Step } from "./examination.ts";

/** The alerts file of every strategy, as intake sees it. */
export function alertsSteps(chart: Chart): Step[] {
  const about = (judge: Judge) => (): Findings => given(chart.config, (config) => each(chart, config, judge));
  const readFirst = (): Findings =>
    given(chart.config, (config) => {
      readAll(chart, config);
      return each(chart, config, judgeAlertsFile);
    });
  return [
    { id: "alerts-file", run: readFirst },
    { id: "alerts-run", run: about(judgeAlertsRun) },
    { id: "alerts-time-zone", run: about(judgeAlertsZone) },
  ];
}

type Judge = (state: AlertsState, time: AlertsTime) => Findings;

/** @throws TraderError when ALERTS_OWNER is an unknown user. */
function readAll(chart: Chart, config: Config): void {
  const owners = trustedOwners(config.alertsOwner);
  const ledger = chart.ledgerCopy();
  for (const strategy of config.strategies)
    chart.alertsStates.set(strategy.name, readAlertsState({ config, clock: chart.clock, ledger, owners }, strategy));
}

/** With several strategies, each line names its strategy. */
function each({ alertsStates: states, clock }: Chart, { strategies, alertsTimezone }: Config, judge: Judge): Findings {
  const time = { now: clock.now(), zone: alertsTimezone };
  return strategies.flatMap(({ name }) => {
    const state = states.get(name);
    const findings = state === undefined ? skipped("the alerts file was not read") : judge(state, time);
    return strategies.length === 1 ? findings : findings.map((finding) => ({ ...finding, of: name }));
  });
}
