/** So many answers about one table are kept at most. */
const MOST_ANSWERS = 200;

/**
 * What was read from each table, until somebody writes to it. A rebalance looks at its own few rows at
 * every step, and to read them back costs many times what it costs to see that nothing has changed.
 */
export class ReadMemory {
  readonly #tables = new Map<string, Map<string, unknown>>();

  /** @param question names the same thing whenever it is asked, and always gets an answer of the same type. */
  recall<Answer>(table: string, question: string, read: () => Answer): Answer {
    const answers = this.#tables.get(table) ?? new Map<string, unknown>();
    const known = answers.get(question);
    if (known !== undefined) return known as Answer;
    const answer = read();
    if (answers.size >= MOST_ANSWERS) answers.clear();
    this.#tables.set(table, answers.set(question, answer));
    return answer;
  }

  /** @param table `undefined` for all of them. */
  forget(table: string | undefined): void {
    if (table === undefined) this.#tables.clear();
    else this.#tables.delete(table);
  }
}
