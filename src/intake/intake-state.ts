/** Whether the alerts file of a strategy is read at all. */
export interface IntakeState {
  readonly strategy: string;
  /** Why the file is refused, and what to do about it; undefined while it is read. */
  readonly problem: string | undefined;
  readonly problems: number;
}

/** One sentence per strategy whose alerts file is refused. */
export function alertsProblems(alerts: readonly IntakeState[]): string[] {
  return alerts.flatMap(({ strategy, problem }) => (problem === undefined ? [] : [`Alerts of ${strategy} are refused: ${problem}`]));
}
