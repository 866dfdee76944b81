import { dirname } from "node:path";
import type { Run } from "../intake/batch.ts";
import { zoneHint } from "../intake/freshness.ts";
import type { Decision } from "../intake/judge.ts";
import { TORN_AFTER_MS } from "../intake/rest.ts";
import { isFinal, type VerdictKind } from "../domain/verdict.ts";
import { formatAge, formatDuration, formatInstant } from "../domain/time-format.ts";
import { readAlertsState, type AlertsState } from "./alerts.ts";
import { failed, ok, skipped, warning, given, type Findings, type Step } from "./check.ts";
import type { Config } from "../domain/config.ts";
import { trustedOwners } from "../intake/trust.ts";
import type { Chart } from "./chart.ts";

export interface AlertsTime {
  readonly now: number;
  /** ALERTS_TIMEZONE, or the machine's. */
  readonly zone: string;
}

/** A line written this soon after its timestamp shows that the zone is right. */
const PROMPT_MS = 60_000;
/** A strategy that writes on trading days is silent for at most four days, over a long weekend. */
const SILENT_AFTER_MS = 4 * 86_400_000 + 43_200_000;

/** R8: the file's owner, and whether its last line is complete. */
export function judgeAlertsFile(state: AlertsState, { now }: AlertsTime): Findings {
  switch (state.kind) {
    case "missing":
      return warning(
        `${state.file} does not exist: the strategy has not written yet`,
        "It is read as soon as it exists. If the strategy has run, compare its path with ALERTS_FILE.",
      );
    case "untrusted":
      return failed(state.reason, state.hint);
    case "read":
      return state.replaced ? replacedFinding(state) : endFinding(state, now);
  }
}

function replacedFinding({ file }: AlertsState & { kind: "read" }): Findings {
  return failed(
    `${file} was mounted as a single file and replaced or deleted outside: new alerts cannot be seen`,
    `Mount the directory ${dirname(file)} instead of the file, and restart the container.`,
  );
}

function endFinding({ file, bytes, ended, writtenAt }: AlertsState & { kind: "read" }, now: number): Findings {
  const text = `${file} is trusted; ${bytes.toLocaleString("en-US")} bytes, last written ${formatDuration(Math.max(0, now - writtenAt))} ago`;
  if (ended || now - writtenAt < TORN_AFTER_MS) return ok(text);
  return warning(
    `${text}; its last line is incomplete`,
    "A complete JSON object without a newline counts after BATCH_SETTLE_SECONDS. Anything else waits for the rest: the writer stopped in the middle.",
  );
}

/** R1–R5: the newest run, its age, and how it would be judged now. */
export function judgeAlertsRun(state: AlertsState, { now, zone }: AlertsTime): Findings {
  if (state.kind !== "read") return skipped(state.kind === "missing" ? "there is no alerts file" : "fix the alerts file first");
  const { run, decision } = state;
  if (run === undefined) return warning("the file contains no run", "The strategy has not written a complete line yet.");
  const subject = `${subjectOf(run, zone)}${run.newestStamp === undefined ? "" : `, ${formatAge(run.newestStamp, now)}`}`;
  if (run.allocation.kind === "malformed") return failed(`${subject}: malformed. ${run.allocation.reason}`, FORMAT_HINT);
  return decided(subject, run, decision, now);
}

const FORMAT_HINT = "docs/alerts.md describes the format.";

function decided(subject: string, run: Run, decision: Decision, now: number): Findings {
  switch (decision.kind) {
    case "execute":
      return ok(`${subject}: fresh and complete, it would be executed`);
    case "wait":
      return warning(
        `${subject}: ${decision.reason}`,
        "Check again in a few seconds; if it persists, the strategy does not write all of its legs.",
      );
    case "nothing":
      return ok(`${subject}: nothing to do`);
    case "verdict":
      return verdictFinding(`${subject}: ${decision.verdict.kind}. ${decision.verdict.reason}`, decision.verdict.kind, run, now);
  }
}

/** What the writer of the file can do. */
const HINTS: Partial<Record<VerdictKind, string>> = {
  malformed: FORMAT_HINT,
  "over-allocated": FORMAT_HINT,
  untrusted: FORMAT_HINT,
  future: "The writer's clock or ours is wrong, or ALERTS_TIMEZONE is not the zone of its timestamps.",
  incomplete: "The strategy did not write all the legs it names, or its weights sum to less than 98 %.",
};

function verdictFinding(text: string, kind: VerdictKind, run: Run, now: number): Findings {
  const hint = HINTS[kind];
  if (hint !== undefined) return kind === "incomplete" ? warning(text, hint) : failed(text, hint);
  return isFinal(kind) || kind === "history" ? silenceFinding(text, run, now) : ok(text);
}

function silenceFinding(text: string, { newestStamp }: Run, now: number): Findings {
  if (newestStamp === undefined || now - newestStamp < SILENT_AFTER_MS) return ok(text);
  return warning(text, `The strategy has not written for ${formatDuration(now - newestStamp)}; check whether it still runs.`);
}

function subjectOf({ alerts, hashes, newestStamp }: Run, zone: string): string {
  const symbols = [...new Set(alerts.map(({ symbol }) => symbol))];
  const legs =
    symbols.length === 0
      ? `${String(hashes.length)} unreadable ${hashes.length === 1 ? "line" : "lines"}`
      : symbols.slice(0, 12).join(", ");
  return newestStamp === undefined ? legs : `${legs}, stamped ${formatInstant(newestStamp, zone)}`;
}

/** R5: a timestamp off by whole quarter-hours from the file's modification time was read in the wrong zone. */
export function judgeAlertsZone(state: AlertsState, { zone }: AlertsTime): Findings {
  if (state.kind !== "read") return skipped(state.kind === "missing" ? "there is no alerts file" : "fix the alerts file first");
  const last = state.run?.alerts.at(-1);
  if (last === undefined) return skipped("there is no line with a timestamp");
  const hint = zoneHint(last, state.writtenAt, zone).trim();
  const read = last.zoneOffsetMinutes === undefined ? "timestamps include their own offset" : `timestamps are read in ${zone}`;
  if (hint === "") {
    const fits = Math.abs(last.stamp - state.writtenAt) <= PROMPT_MS;
    return ok(
      fits
        ? `${read}, which matches the file's modification time`
        : `${read}; the file was modified at another time, so this cannot be checked`,
    );
  }
  return warning(
    `${read}, which does not match: ${hint}`,
    "Set ALERTS_TIMEZONE to the zone of the machine that writes, or write timestamps with an offset. Ignore this if the file was copied or touched since.",
  );
}

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
