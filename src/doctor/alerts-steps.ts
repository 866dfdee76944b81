import type { Config } from "../domain/config.ts";
import { trustedOwners } from "../intake/trust.ts";
import { judgeAlertsFile, judgeAlertsRun, judgeAlertsZone } from "./alerts-health.ts";
import type { AlertsMoment } from "./alerts-health.ts";
import type { AlertsLook } from "./alerts.ts";
import { lookAtAlerts } from "./alerts.ts";
import type { Chart } from "./chart.ts";
import type { Finding } from "./check.ts";
import { given, skipped } from "./check.ts";
import type { Step } from "./examination.ts";

/** The alerts file of every strategy, as intake sees it. */
export function alertsSteps(chart: Chart): Step[] {
  const about = (judge: Judge) => (): readonly Finding[] => given(chart.config, (config) => each(chart, config, judge));
  const readFirst = (): readonly Finding[] =>
    given(chart.config, (config) => {
      readAll(chart, config);
      return each(chart, config, judgeAlertsFile);
    });
  return [
    { id: "alerts-file", look: readFirst },
    { id: "alerts-run", look: about(judgeAlertsRun) },
    { id: "alerts-time-zone", look: about(judgeAlertsZone) },
  ];
}

type Judge = (look: AlertsLook, moment: AlertsMoment) => readonly Finding[];

/** @throws TraderError when ALERTS_OWNER names no user. */
function readAll(chart: Chart, config: Config): void {
  const owners = trustedOwners(config.alertsOwner);
  const ledger = chart.ledgerCopy();
  for (const strategy of config.strategies)
    chart.looks.set(strategy.name, lookAtAlerts({ config, clock: chart.clock, ledger, owners }, strategy));
}

/** With several strategies each line says whose it is. */
function each({ looks, clock }: Chart, { strategies, alertsTimezone }: Config, judge: Judge): readonly Finding[] {
  const moment = { now: clock.now(), zone: alertsTimezone };
  return strategies.flatMap(({ name }) => {
    const look = looks.get(name);
    const findings = look === undefined ? [skipped("the alerts file was not reached")] : judge(look, moment);
    return strategies.length === 1 ? findings : findings.map((finding) => ({ ...finding, of: name }));
  });
}
