import { DatabaseSync } from "node:sqlite";
import { afterEach, expect, test } from "@jest/globals";
import { openLedger } from "../../src/ledger/sqlite-ledger.ts";
import { simulate } from "./simulation.ts";

const SEEDS = 6;
/** Tables that grow for as long as a ledger is used. */
const GROWING =
  /^SCAN (lines|verdicts|signals|executions|intents|fills|claims|wishes|bookings|notes|notices|deliveries|equity|recordings|recording_parts|recorded_executions)\b/;
/** Its condition leaves rows of the present only. */
const PRESENT = /USING (COVERING )?INDEX (\w+_(open|unsettled|unbooked|pending))\b/;
/** The newest or oldest few, in the order of the table or of an index: it stops after them. */
const STOPS = /^(?!.*\b(WHERE|GROUP BY|DISTINCT)\b).* ORDER BY \S+( DESC)? LIMIT \S+$/;
/** These stop after the first row too: a ledger is of one account, and a strategy's newest verdict is looked up at its start only. */
const FIRST_ROW = [
  /WHERE executions\.account_number = :account .* LIMIT 1$/,
  /FROM verdicts WHERE strategy = :strategy ORDER BY id DESC LIMIT 1$/,
];

// eslint-disable-next-line typescript/unbound-method
const prepare = DatabaseSync.prototype.prepare;

afterEach(() => {
  DatabaseSync.prototype.prepare = prepare;
});

/** Watches every statement, and keeps those that go through all rows of a table that grows. */
function watchPlans(): Map<string, string[]> {
  const scans = new Map<string, string[]>();
  const seen = new Set<string>();
  DatabaseSync.prototype.prepare = function (this: DatabaseSync, sql: string) {
    const statement = prepare.call(this, sql);
    const text = sql.replaceAll(/\s+/g, " ").trim();
    if (!seen.has(text) && /^(SELECT|UPDATE|INSERT|DELETE|WITH)\b/.test(text)) {
      seen.add(text);
      const steps = prepare.call(this, `EXPLAIN QUERY PLAN ${sql}`).all();
      const found = steps.map(({ detail }) => String(detail)).filter((detail) => GROWING.test(detail) && !PRESENT.test(detail));
      if (found.length > 0 && ![STOPS, ...FIRST_ROW].some((each) => each.test(text))) scans.set(text, found);
    }
    return statement;
  };
  return scans;
}

test("no statement of a daemon goes through the whole history of its ledger", async () => {
  const scans = watchPlans();
  for (let seed = 1; seed <= SEEDS; seed += 1) await simulate(seed);
  expect([...scans]).toEqual([]);
});

test("the watch sees a statement that does", () => {
  const scans = watchPlans();
  const ledger = openLedger(":memory:");
  ledger.close();
  const database = new DatabaseSync(":memory:");
  database.exec("CREATE TABLE verdicts (id INTEGER PRIMARY KEY, reason TEXT)");
  database.prepare("SELECT * FROM verdicts WHERE reason = 'x'").all();
  database.prepare("SELECT * FROM verdicts ORDER BY id DESC LIMIT 3").all();
  database.close();
  expect([...scans.keys()]).toEqual(["SELECT * FROM verdicts WHERE reason = 'x'"]);
});
