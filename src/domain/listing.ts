const MOST_NAMED = 10;

/** `ABBV, ADBE`; of a long list the first ten and the number of the others. */
export function listed(names: readonly string[]): string {
  const rest = names.length - MOST_NAMED;
  return `${names.slice(0, MOST_NAMED).join(", ")}${rest > 0 ? ` and ${String(rest)} more` : ""}`;
}

/** One entry for each cause, in the order of its first subject. All are named: a reason is kept, and must name every symbol. */
export function groupedByCause(entries: readonly (readonly [subject: string, cause: string])[]): [subjects: string, cause: string][] {
  const causes = Map.groupBy(entries, ([, cause]) => cause);
  return [...causes].map(([cause, group]) => [group.map(([subject]) => subject).join(", "), cause]);
}
