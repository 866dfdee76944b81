/** The known name with the smallest edit distance to `name`; `undefined` when more than half of it would change. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const ranked = known.map((candidate) => ({ candidate, changes: changedLetters(name.toLowerCase(), candidate) }));
  const [nearest] = ranked.sort((first, second) => first.changes - second.changes);
  return nearest !== undefined && nearest.changes <= Math.max(1, name.length / 2) ? nearest.candidate : undefined;
}

/** Letters to add, remove or change between two words. */
function changedLetters(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [row, letter] of from.split("").entries()) {
    const current = [row + 1];
    for (const [column, other] of to.split("").entries()) {
      const replaced = (above[column] ?? 0) + (letter === other ? 0 : 1);
      current.push(Math.min(replaced, (above[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    above = current;
  }
  return above[to.length] ?? 0;
}
