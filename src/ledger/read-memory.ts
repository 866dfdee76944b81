/** Maximum cached results per table. */
const MOST_ANSWERS = 400;

/**
 * Whether a changed record belongs to the result of a query.
 * @param wasIn whether it belonged to it before.
 */
export type Belongs<Record> = (record: Record, wasIn: boolean) => boolean;

/** No change of a record adds it to the result or removes it. */
export const sameRows = (_record: unknown, wasIn: boolean): boolean => wasIn;

/** A single changed record of a table. */
export interface ChangedRecord<Record> {
  readonly table: string;
  readonly record: Record;
  readonly isSame: (other: Record) => boolean;
}

interface Answer {
  readonly records: readonly unknown[];
  readonly belongs: Belongs<unknown> | undefined;
}

/**
 * Caches the records read from each table until it is written. A rebalance reads its own few rows at every
 * step, and reading them costs many times more than checking that nothing has changed.
 */
export class ReadMemory {
  /** By table and query. */
  readonly #tables = new Map<string, Map<string, Answer>>();

  /**
   * @param query the statement with its values; the same query always gives records of the same type.
   * @param belongs keeps the result when single records change.
   */
  recall<Record>(table: string, query: string, read: () => Record[], belongs?: Belongs<Record>): readonly Record[] {
    const answers = this.#tables.get(table) ?? new Map<string, Answer>();
    const known = answers.get(query);
    if (known !== undefined) return known.records as readonly Record[];
    const records = read();
    if (answers.size >= MOST_ANSWERS) answers.clear();
    this.#tables.set(table, answers.set(query, { records, belongs: belongs as Belongs<unknown> | undefined }));
    return records;
  }

  /** @param table `undefined` for all of them. */
  forget(table: string | undefined): void {
    if (table === undefined) this.#tables.clear();
    else this.#tables.delete(table);
  }

  /** Puts a changed record into the results to which it belongs, and forgets those of which that is not known. */
  replace<Record>({ table, record, isSame }: ChangedRecord<Record>): void {
    const answers = this.#tables.get(table);
    for (const [query, { records, belongs }] of answers ?? []) {
      const index = (records as readonly Record[]).findIndex(isSame);
      const isIn = belongs?.(record, index >= 0);
      // Where a further one stands among the others, only the query knows.
      if (isIn === undefined || (isIn && index < 0)) answers?.delete(query);
      else if (index >= 0) answers?.set(query, { records: records.toSpliced(index, 1, ...(isIn ? [record] : [])), belongs });
    }
  }
}
