/** Maximum cached results per statement. */
const MOST_ANSWERS = 200;

/**
 * Caches the rows read from each table until it is written. A rebalance reads its own few rows at every
 * step, and reading them costs many times more than checking that nothing has changed.
 */
export class ReadMemory {
  /** By table, statement and values. */
  readonly #tables = new Map<string, Map<string, Map<string, unknown>>>();

  /** @param values of the statement; the same values always give a result of the same type. */
  recall<Answer>(table: string, sql: string, values: string, read: () => Answer): Answer {
    const statements = this.#tables.get(table) ?? new Map<string, Map<string, unknown>>();
    const answers = statements.get(sql) ?? new Map<string, unknown>();
    const known = answers.get(values);
    if (known !== undefined) return known as Answer;
    const answer = read();
    if (answers.size >= MOST_ANSWERS) answers.clear();
    this.#tables.set(table, statements.set(sql, answers.set(values, answer)));
    return answer;
  }

  /** @param table `undefined` for all of them. */
  forget(table: string | undefined): void {
    if (table === undefined) this.#tables.clear();
    else this.#tables.delete(table);
  }
}
