/** So many answers of one statement are kept at most. */
const MOST_ANSWERS = 200;

/**
 * What was read from each table, until somebody writes to it. A rebalance looks at its own few rows at
 * every step, and to read them back costs many times what it costs to see that nothing has changed.
 */
export class ReadMemory {
  /** By table, statement and values. */
  readonly #tables = new Map<string, Map<string, Map<string, unknown>>>();

  /** @param values of the statement; the same ones always get an answer of the same type. */
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
