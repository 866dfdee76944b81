import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import type { SurroundingsQuestion, TableRows } from "../domain/ledger/recordings.ts";
import { ACCEPTED } from "./signals.ts";

/** Executions that are searched for the newest readings of the account, and signals for the symbols of the next one. */
const RECENT = 20;
/** Orders of this and the previous day may be in figures of the day, whatever the difference of the clocks. */
const ORDERS_BACK_MS = 2 * 86_400_000;

type Row = Record<string, SQLOutputValue>;
type Named = Readonly<Record<string, string | number>>;

/**
 * The rows of the ledger that an execution of a signal may read. What a row says only to people is left out, as are the
 * plans of executions of other signals.
 */
export function surroundingsIn(database: DatabaseSync, { signalId, at }: SurroundingsQuestion): TableRows[] {
  const all = (sql: string, values: Named = {}): Row[] => database.prepare(sql).all(values);
  const ids = (sql: string, values: Named = {}): string[] => all(sql, values).flatMap(({ id }) => (typeof id === "string" ? [id] : []));
  const among = (list: readonly string[]): Named => ({ list: JSON.stringify([...new Set(list)]) });
  const own = ids("SELECT id FROM executions WHERE signal_id = :signalId", { signalId });
  const live = ids("SELECT id FROM executions WHERE finished_at IS NULL OR booked = 0");
  const recent = ids("SELECT id FROM executions ORDER BY number DESC LIMIT :most", { most: RECENT });
  const asked = all(
    `SELECT * FROM claims WHERE number IN (SELECT max(claims.number) FROM claims JOIN executions ON executions.id = claims.execution_id
       WHERE ${ACCEPTED} GROUP BY claims.strategy) OR execution_id IN (SELECT value FROM json_each(:list)) ORDER BY number`,
    among([...own, ...live]),
  );
  const intents = all(
    `SELECT * FROM intents WHERE execution_id IN (SELECT value FROM json_each(:list)) OR updated_at >= :since
       OR state IN ('recorded', 'posting', 'unknown', 'open', 'abandoned')
       OR number IN (SELECT max(number) FROM intents WHERE filled_quantity <> '0' GROUP BY symbol)
       OR (execution_id, symbol) IN (SELECT execution_id, symbol FROM intents
            WHERE number IN (SELECT max(number) FROM intents WHERE filled_quantity <> '0' GROUP BY symbol))
     ORDER BY number`,
    { ...among([...own, ...live, ...recent.slice(0, 5)]), since: at - ORDERS_BACK_MS },
  );
  const whole = new Set([...own, ...live]);
  const executions = all("SELECT * FROM executions WHERE id IN (SELECT value FROM json_each(:list)) ORDER BY number", {
    ...among([...whole, ...recent, ...textsOf(asked, "execution_id"), ...textsOf(intents, "execution_id")]),
  }).map((row) => shortened(row, whole, recent));
  const signals = all(
    `SELECT * FROM signals WHERE id IN (SELECT value FROM json_each(:list)) OR number > (SELECT max(number) FROM signals) - :most
       OR (kind = 'exit' AND number > coalesce((SELECT number FROM signals WHERE id = :signalId), 9e15)) ORDER BY number`,
    { ...among([signalId, ...textsOf(executions, "signal_id"), ...textsOf(asked, "signal_id")]), most: RECENT, signalId },
  ).map((row) => (row.id === signalId ? row : { ...row, reason: "", alert_prices: "[]", line_hashes: "[]" }));
  const unbooked = intents.filter((row) => row.filled_quantity !== row.booked_quantity);
  const ofLive = (table: string): Row[] =>
    all(`SELECT * FROM ${table} WHERE execution_id IN (SELECT value FROM json_each(:list))`, among([...whole]));
  return [
    ["signals", signals],
    ["executions", executions],
    ["intents", intents],
    ["claims", asked],
    ["wishes", ofLive("wishes")],
    ["fills", ofLive("fills")],
    [
      "bookings",
      all(
        "SELECT * FROM bookings WHERE client_order_id IN (SELECT value FROM json_each(:list)) ORDER BY number",
        among(textsOf(unbooked, "client_order_id")),
      ),
    ],
    ["book_holdings", all("SELECT * FROM book_holdings ORDER BY book, symbol")],
    ["account_pins", all("SELECT * FROM account_pins ORDER BY id DESC LIMIT 1")],
    ["adoptions", all("SELECT * FROM adoptions ORDER BY number DESC LIMIT 1")],
    ["asset_ids", all("SELECT * FROM asset_ids ORDER BY symbol")],
    ["strangers", all("SELECT * FROM strangers WHERE at >= :since", { since: at - ORDERS_BACK_MS })],
    ["splits", all("SELECT * FROM splits ORDER BY symbol, session")],
    [
      "session_quantities",
      all(
        "SELECT * FROM session_quantities AS one WHERE session = (SELECT max(session) FROM session_quantities WHERE symbol = one.symbol)",
      ),
    ],
    [
      "releases",
      all(`SELECT * FROM releases WHERE NOT EXISTS (SELECT 1 FROM intents WHERE intents.symbol = releases.symbol
        AND filled_quantity <> '0' AND full_exit = 1 AND status = 'filled' AND recorded_at >= releases.at)`),
    ],
    ["verdicts", all("SELECT * FROM verdicts WHERE signal_id = :signalId ORDER BY id", { signalId })],
  ].flatMap(([table, rows]) => tableOf(table as string, rows as Row[]));
}

function textsOf(rows: readonly Row[], column: string): string[] {
  return rows.flatMap((row) => (typeof row[column] === "string" ? [row[column]] : []));
}

/** Of an execution that is over and of another signal, nothing but the account that it began with is read again, and that not for long. */
function shortened(row: Row, whole: ReadonlySet<string>, recent: readonly string[]): Row {
  const id = String(row.id);
  if (whole.has(id)) return row;
  return { ...row, plan: null, account_after: null, ...(recent.includes(id) ? {} : { account_before: null }) };
}

function tableOf(table: string, rows: readonly Row[]): TableRows[] {
  const [first] = rows;
  if (first === undefined) return [];
  const columns = Object.keys(first);
  const plain = (value: SQLOutputValue | undefined): string | number | null =>
    typeof value === "string" || typeof value === "number" ? value : null;
  return [{ table, columns, rows: rows.map((row) => columns.map((column) => plain(row[column]))) }];
}
