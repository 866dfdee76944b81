import type { StreamState } from "../domain/broker.ts";
import type { IntakeState } from "../intake/intake-state.ts";
import { alertsProblems } from "../intake/intake-state.ts";

/** What only the daemon itself knows of its state. */
export interface DaemonState {
  /** The account has been read, and what an earlier process left open is finished. */
  readonly connected: boolean;
  /** Since the alerts file that was left alone longest was looked at, in milliseconds; `undefined` before all were. */
  readonly sinceLookMs: number | undefined;
  /** One for each strategy. */
  readonly alerts: readonly IntakeState[];
  /** Of the order updates; `undefined` before it is opened. */
  readonly stream: StreamState | undefined;
  /** Runs that wait to be executed. */
  readonly waiting: number;
  /** Why new alerts cannot be seen, one sentence each. */
  readonly blind?: readonly string[];
  /** What else is wrong around the daemon, one sentence each. */
  readonly troubles?: readonly string[];
}

export interface HealthFacts {
  /** `undefined` in a process that is no daemon. */
  readonly daemonState: DaemonState | undefined;
  /** Whether a daemon trades with this ledger at all. */
  readonly daemonRuns: boolean;
  readonly ledgerProblem: string | undefined;
  readonly brokerProblems: readonly string[];
  readonly halted: string | undefined;
}

export interface Health {
  /**
   * `failing`: starting the process again may help. `alerts-untrusted`: the daemon is well and acts on nothing,
   * because an alerts file is refused. `degraded`: alerts are read, and something else is wrong.
   */
  readonly status: "ready" | "degraded" | "alerts-untrusted" | "failing";
  /** One sentence each. */
  readonly reasons: readonly string[];
}

/** The alerts file is looked at once a second; a watcher that did not for this long is stuck. */
const LOOK_LIMIT_MS = 10_000;

/** Whoever is answered knows already that the process turns; this tells what it cannot do. */
export function healthOf(facts: HealthFacts): Health {
  const failures = failuresOf(facts);
  const refusals = alertsProblems(facts.daemonState?.alerts ?? []);
  const problems = problemsOf(facts);
  return { status: statusOf(failures.length, refusals.length, problems.length), reasons: [...failures, ...refusals, ...problems] };
}

function statusOf(failures: number, refusals: number, problems: number): Health["status"] {
  if (failures > 0) return "failing";
  if (refusals > 0) return "alerts-untrusted";
  return problems > 0 ? "degraded" : "ready";
}

function failuresOf({ daemonState, ledgerProblem }: HealthFacts): string[] {
  const failures = ledgerProblem === undefined ? [] : [ledgerProblem];
  if (daemonState === undefined) return failures;
  if (daemonState.sinceLookMs === undefined) return [...failures, "The daemon is still starting."];
  failures.push(...(daemonState.blind ?? []));
  if (daemonState.sinceLookMs < LOOK_LIMIT_MS) return failures;
  return [...failures, `The alerts file has not been looked at for ${String(Math.floor(daemonState.sinceLookMs / 1_000))} s.`];
}

function problemsOf({ daemonState, daemonRuns, brokerProblems, halted }: HealthFacts): string[] {
  const problems = [...brokerProblems, ...(daemonState?.troubles ?? [])];
  if (!daemonRuns) problems.push("No daemon runs with this ledger, so no alert is acted upon.");
  if (halted !== undefined) problems.push(`Trading is halted: ${halted}.`);
  if (daemonState !== undefined && !daemonState.connected)
    problems.push("The account has not been read yet, or an execution left by an earlier process is not finished.");
  else if (daemonState?.stream !== undefined && daemonState.stream !== "listening")
    problems.push(`The stream of order updates is ${daemonState.stream}.`);
  return problems;
}
