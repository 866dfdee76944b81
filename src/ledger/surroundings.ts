import type { DatabaseSync } from "node:sqlite";
import type { SurroundingsQuestion, TableRows } from "../domain/ledger/recordings.ts";
import { marketDayStart } from "../domain/market-day.ts";
import { ACCEPTED } from "./signals.ts";

/** Executions that are searched for the newest readings of the account, and signals for the symbols of the next one. */
const RECENT = 20;
/** Of these the orders are read too. */
const RECENT_WITH_ORDERS = 5;
/** Of the day; their rows alone would take the room of a recording. */
const MOST_ORDERS = 1_000;
/** Figures of the day count by the venue's clock, and nothing is traded while ours differs by more than seconds. */
const CLOCK_SLACK_MS = 3_600_000;
const STRANGERS_BACK_MS = 2 * 86_400_000;

type Value = string | number | null;
type Named = Readonly<Record<string, string | number>>;

/** The result of a query. Each row is a list: as objects, the rows of a busy day would take megabytes. */
interface Found {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Value[])[];
}

const LISTED = "(SELECT value FROM json_each(:list))";
/** Written as in the index, or SQLite does not use it. */
const FILLED = "filled_quantity <> '0'";
const LAST_FILLED = `SELECT (SELECT max(number) FROM intents WHERE ${FILLED} AND symbol = each.value)
  FROM (${distinct("symbol", `intents WHERE ${FILLED}`)}) AS each`;

/** Of an execution that is over and of another signal, nothing but the account that it began with is read again, and that not for long. */
const SHORTENED = {
  plan: "CASE WHEN id IN (SELECT value FROM json_each(:whole)) THEN plan END",
  account_after: "CASE WHEN id IN (SELECT value FROM json_each(:whole)) THEN account_after END",
  account_before: `CASE WHEN id IN (SELECT value FROM json_each(:whole)) OR id IN (SELECT value FROM json_each(:recent)) THEN account_before END`,
};
const SILENT = {
  reason: "CASE WHEN id = :signalId THEN reason ELSE '' END",
  alert_prices: "CASE WHEN id = :signalId THEN alert_prices ELSE '[]' END",
  line_hashes: "CASE WHEN id = :signalId THEN line_hashes ELSE '[]' END",
};

/**
 * The rows of the ledger that an execution of a signal may read. What a row says only to people is left out, as are the
 * plans of executions of other signals. It is read while an execution runs, so no query goes through the whole history.
 * @returns `undefined` on a day with too many orders to keep.
 */
export function surroundingsIn(database: DatabaseSync, { signalId, at }: SurroundingsQuestion): TableRows[] | undefined {
  const all = (sql: string, values: Named = {}): Found => {
    const statement = database.prepare(sql);
    statement.setReturnArrays(true);
    return { columns: statement.columns().map(({ name }) => name), rows: statement.all(values) as unknown as Value[][] };
  };
  const columnsOf = (table: string, instead: Readonly<Record<string, string>>): string =>
    textsIn(all("SELECT name FROM pragma_table_info(:table)", { table }), "name")
      .map((column) => (column in instead ? `${instead[column] ?? ""} AS ${column}` : column))
      .join(", ");
  const own = all("SELECT id, started_at FROM executions WHERE signal_id = :signalId", { signalId });
  const live = all("SELECT id FROM executions WHERE finished_at IS NULL UNION ALL SELECT id FROM executions WHERE booked = 0");
  const recent = all("SELECT id FROM executions ORDER BY number DESC LIMIT :most", { most: RECENT });
  const whole = [...textsIn(own, "id"), ...textsIn(live, "id")];
  const claims = all(
    `SELECT * FROM claims WHERE execution_id IN ${LISTED} OR number IN (
       SELECT (SELECT claims.number FROM claims JOIN executions ON executions.id = claims.execution_id
               WHERE claims.strategy = each.value AND ${ACCEPTED} ORDER BY claims.number DESC LIMIT 1)
       FROM (${distinct("strategy", "claims WHERE TRUE")}) AS each)
     ORDER BY number`,
    among(whole),
  );
  const related = all(
    `SELECT number, execution_id FROM intents WHERE execution_id IN ${LISTED}
     UNION SELECT number, execution_id FROM intents WHERE state IN ('recorded', 'posting', 'unknown', 'open', 'abandoned')
     UNION SELECT other.number, other.execution_id FROM intents AS last
           JOIN intents AS other ON other.execution_id = last.execution_id AND other.symbol = last.symbol
           WHERE last.number IN (${LAST_FILLED})`,
    among([...whole, ...textsIn(recent, "id").slice(0, RECENT_WITH_ORDERS)]),
  );
  const ofTheDay = all("SELECT number FROM intents WHERE updated_at >= :since LIMIT :most", {
    since: Math.min(marketDayStart(at) - CLOCK_SLACK_MS, ...numbersIn(own, "started_at")),
    most: MOST_ORDERS + 1,
  });
  if (ofTheDay.rows.length > MOST_ORDERS) return undefined;
  const executionIds = [...whole, ...textsIn(recent, "id"), ...textsIn(claims, "execution_id"), ...textsIn(related, "execution_id")];
  const executions = all(`SELECT ${columnsOf("executions", SHORTENED)} FROM executions WHERE id IN ${LISTED} ORDER BY number`, {
    ...among(executionIds),
    ...{ whole: JSON.stringify(whole), recent: JSON.stringify(textsIn(recent, "id")) },
  });
  const signals = all(
    `SELECT ${columnsOf("signals", SILENT)} FROM signals WHERE number IN (
       SELECT number FROM signals WHERE id IN ${LISTED}
       UNION SELECT number FROM signals WHERE number > (SELECT max(number) FROM signals) - :most
       UNION SELECT number FROM signals WHERE number > (SELECT number FROM signals WHERE id = :signalId) AND kind = 'exit')
     ORDER BY number`,
    { ...among([signalId, ...textsIn(executions, "signal_id"), ...textsIn(claims, "signal_id")]), most: RECENT, signalId },
  );
  const ofWhole = (table: string): Found => all(`SELECT * FROM ${table} WHERE execution_id IN ${LISTED}`, among(whole));
  const tables: Readonly<Record<string, Found>> = {
    signals,
    executions,
    intents: all(`SELECT * FROM intents WHERE number IN ${LISTED} ORDER BY number`, {
      ...among([...numbersIn(related, "number"), ...numbersIn(ofTheDay, "number")]),
    }),
    claims,
    wishes: ofWhole("wishes"),
    fills: ofWhole("fills"),
    bookings: all(
      `SELECT * FROM bookings WHERE client_order_id IN (SELECT client_order_id FROM intents WHERE filled_quantity <> booked_quantity)
       ORDER BY number`,
    ),
    book_holdings: all("SELECT * FROM book_holdings ORDER BY book, symbol"),
    account_pins: all("SELECT * FROM account_pins ORDER BY id DESC LIMIT 1"),
    adoptions: all("SELECT * FROM adoptions ORDER BY number DESC LIMIT 1"),
    asset_ids: all("SELECT * FROM asset_ids ORDER BY symbol"),
    strangers: all("SELECT * FROM strangers WHERE at >= :since", { since: at - STRANGERS_BACK_MS }),
    splits: all("SELECT * FROM splits ORDER BY symbol, session"),
    session_quantities: all(
      "SELECT * FROM session_quantities AS one WHERE session = (SELECT max(session) FROM session_quantities WHERE symbol = one.symbol)",
    ),
    releases: all(`SELECT * FROM releases WHERE NOT EXISTS (SELECT 1 FROM intents WHERE intents.symbol = releases.symbol
      AND ${FILLED} AND full_exit = 1 AND status = 'filled' AND recorded_at >= releases.at)`),
    verdicts: all("SELECT * FROM verdicts WHERE signal_id = :signalId ORDER BY id", { signalId }),
  };
  return Object.entries(tables).flatMap(([table, found]) => (found.rows.length === 0 ? [] : [{ table, ...found }]));
}

/**
 * A query for the distinct values of an indexed column. Each step asks the index for the next value: DISTINCT and GROUP BY go
 * through all rows.
 */
function distinct(column: string, fromWhere: string): string {
  return `WITH RECURSIVE found(value) AS (
      SELECT min(${column}) FROM ${fromWhere}
      UNION ALL SELECT (SELECT min(${column}) FROM ${fromWhere} AND ${column} > found.value) FROM found WHERE value IS NOT NULL
    ) SELECT value FROM found WHERE value IS NOT NULL`;
}

function among(values: readonly Value[]): { readonly list: string } {
  return { list: JSON.stringify([...new Set(values)]) };
}

function textsIn({ columns, rows }: Found, column: string): string[] {
  const place = columns.indexOf(column);
  return rows.flatMap(({ [place]: value }) => (typeof value === "string" ? [value] : []));
}

function numbersIn({ columns, rows }: Found, column: string): number[] {
  const place = columns.indexOf(column);
  return rows.flatMap(({ [place]: value }) => (typeof value === "number" ? [value] : []));
}
