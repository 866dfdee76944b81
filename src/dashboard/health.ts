import type { StreamState } from "../domain/broker.ts";
import { alertsProblems, type IntakeState } from "../intake/intake-state.ts";

/** State known only to the daemon itself. */
export interface DaemonState {
  /** The account has been read, and work of an earlier process is finished. */
  readonly connected: boolean;
  /** Age of the oldest check among the alerts files, in milliseconds; `undefined` until all were checked. */
  readonly sinceCheckMs: number | undefined;
  /** One for each strategy. */
  readonly alerts: readonly IntakeState[];
  /** Of the order updates; `undefined` before it is opened. */
  readonly stream: StreamState | undefined;
  readonly waiting: number;
  /** Why new alerts cannot be seen, one sentence each. */
  readonly blind?: readonly string[];
  /** Other problems of the daemon, one sentence each. */
  readonly troubles?: readonly string[];
}

export interface HealthFacts {
  /** `undefined` in a process that is not a daemon. */
  readonly daemonState: DaemonState | undefined;
  readonly daemonRuns: boolean;
  readonly ledgerProblem: string | undefined;
  readonly brokerProblems: readonly string[];
  readonly halted: string | undefined;
}

export interface Health {
  /**
   * `failing`: a restart may help. `alerts-untrusted`: the daemon works but trades on nothing, because an alerts
   * file is refused. `degraded`: alerts are read, but there is another problem.
   */
  readonly status: "ready" | "degraded" | "alerts-untrusted" | "failing";
  /** One sentence each. */
  readonly reasons: readonly string[];
}

/** The alerts file is checked once a second; a watcher without a check for this long is stuck. */
const LOOK_LIMIT_MS = 10_000;

/** An answer already proves that the process runs; this reports what it cannot do. */
export function healthOf(facts: HealthFacts): Health {
  const failures = failuresOf(facts);
  const refusals = alertsProblems(facts.daemonState?.alerts ?? []);
  const problems = problemsOf(facts);
  return { status: statusOf(failures.length, refusals.length, problems.length), reasons: [...failures, ...refusals, ...problems] };
}

export function statusOf(failures: number, refusals: number, problems: number): Health["status"] {
  if (failures > 0) return "failing";
  if (refusals > 0) return "alerts-untrusted";
  return problems > 0 ? "degraded" : "ready";
}

function failuresOf({ daemonState, ledgerProblem }: HealthFacts): string[] {
  const failures = ledgerProblem === undefined ? [] : [ledgerProblem];
  if (daemonState === undefined) return failures;
  if (daemonState.sinceCheckMs === undefined) return [...failures, "The daemon is still starting."];
  failures.push(...(daemonState.blind ?? []));
  if (daemonState.sinceCheckMs < LOOK_LIMIT_MS) return failures;
  return [...failures, `The alerts file has not been checked for ${String(Math.floor(daemonState.sinceCheckMs / 1_000))} s.`];
}

function problemsOf({ daemonState, daemonRuns, brokerProblems, halted }: HealthFacts): string[] {
  const problems = [...brokerProblems, ...(daemonState?.troubles ?? [])];
  if (!daemonRuns) problems.push("No daemon is running with this ledger, so alerts are ignored.");
  if (halted !== undefined) problems.push(`Trading is halted: ${halted}.`);
  if (daemonState !== undefined && !daemonState.connected)
    problems.push("The account has not been read yet, or an execution left by an earlier process is not finished.");
  else if (daemonState?.stream !== undefined && daemonState.stream !== "listening")
    problems.push(`The stream of order updates is ${daemonState.stream}.`);
  return problems;
}
