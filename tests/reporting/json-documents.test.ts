import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { decimal, ZERO } from "../../src/domain/decimal.ts";
import type { AccountReading } from "../../src/reporting/account-reading.ts";
import { accountDocument } from "../../src/reporting/account-report.ts";
import { explainDocument } from "../../src/reporting/explain-json.ts";
import { statusDocument } from "../../src/reporting/status-json.ts";
import type { StatusFacts } from "../../src/reporting/status-view.ts";
import { account, execution, NOW, order, position, recordExecuted, signal, SIGNAL_ID, ZONE } from "./examples.ts";
import { freshLedger } from "./in-memory-ledger.ts";

const MARKET = { timestamp: NOW, isOpen: true, nextOpen: NOW + 86_400_000, nextClose: NOW + 19_021_975 };

function reading(change: Partial<AccountReading> = {}): AccountReading {
  return {
    account: account(),
    positions: [position("SMR", "810.38", "38.5")],
    market: MARKET,
    flowsSinceClose: ZERO,
    problems: [],
    ...change,
  };
}

function facts(change: Partial<StatusFacts> = {}): StatusFacts {
  return {
    mode: "paper",
    modeReason: "TRADING_MODE=paper",
    positions: [],
    lastSignals: [{ signal: signal(), recordedAt: NOW, verdict: "executed", verdictReason: "on target: done", verdictAt: NOW }],
    verdicts: [{ at: NOW, strategy: "nuclear", verdict: "stale", reason: "It was 310 s old.", signalId: undefined, lines: 3 }],
    targets: signal(),
    aside: { reserve: decimal("0.01"), protectedSymbols: new Set() },
    workingOrders: [order()],
    openExecutions: [],
    daemon: { pid: 4242, since: NOW - 7_300_000 },
    now: NOW,
    zone: ZONE,
    ...change,
  };
}

/** Every key of a document, however deep; keys that are symbols are left out. */
function keysOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(keysOf);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [...(/^[A-Z]+$/.test(key) ? [] : [key]), ...keysOf(inner)]);
}

describe("what a script reads", () => {
  const ledger = freshLedger();
  const sources = () => ({ ledger: ledger(), reading: reading(), targets: [] });

  test("status: amounts are text, times are ISO, weights are fractions", () => {
    const document = statusDocument(facts(), sources());
    expect(document).toMatchObject({
      schema: 1,
      generated_at: "2025-07-16T14:42:58.025Z",
      halted: null,
      daemon: { pid: 4242, since: "2025-07-16T12:41:18.025Z" },
      market: { is_open: true, next_close: "2025-07-16T20:00:00.000Z" },
      account: { number: "PA3TEST00001", blocks: [], equity: "100000", cash: "42115.2", day_profit: "1000" },
      problems: [],
      working_orders: [{ symbol: "OKLO", side: "buy", notional: "29007", quantity: null, filled_quantity: "120.5", is_own: true }],
      signals: [{ id: SIGNAL_ID, verdict: "executed" }],
      verdicts: [{ verdict: "stale", signal_id: null, lines: 3 }],
    });
    expect(document.holdings.map(({ symbol, weight, target_weight, drift }) => [symbol, weight, target_weight, drift])).toEqual([
      ["SMR", "0.3119963", "0.312", "0.0031163"],
      ["LEU", "0", "0.395", "-0.39105"],
      ["OKLO", "0", "0.293", "-0.29007"],
    ]);
  });

  test("status: an account that could not be read is null, with the reason, and never an empty one", () => {
    const document = statusDocument(facts({ accountProblem: "Alpaca paper gave no answer.", workingOrders: [] }), {
      ...sources(),
      reading: undefined,
    });
    expect(document).toMatchObject({ account: null, market: null, holdings: [], problems: ["Alpaca paper gave no answer."] });
  });

  test("explain: the decision record, with the signal and all its executions", () => {
    recordExecuted(ledger());
    ledger().createExecution(execution({ id: `${SIGNAL_ID}.2` }));
    const document = explainDocument(ledger(), undefined);
    expect(document).toMatchObject({ schema: 1, signal_id: SIGNAL_ID, signal: { verdict: "executed", targets: { SMR: "0.312" } } });
    expect(document.executions.map(({ execution: { id }, plan }) => [id, plan === null])).toEqual([
      [SIGNAL_ID, false],
      [`${SIGNAL_ID}.2`, true],
    ]);
    expect(document.executions[0]).toMatchObject({
      account_before: { buying_power: "159187.5", positions: [{ symbol: "BWXT", value: "1812.5" }, { symbol: "LEU" }] },
      plan: {
        selling: {
          base: "99000",
          lines: expect.arrayContaining([expect.objectContaining({ symbol: "OKLO", left_alone: "price-doubt" })]) as unknown,
        },
      },
    });
  });

  test("explain: without a signal there is an empty document", () => {
    expect(explainDocument(ledger(), undefined)).toEqual({ schema: 1, signal_id: null, signal: null, executions: [] });
  });

  test("account: the one behind the keys, and the one that is pinned", () => {
    const where = { mode: "paper", brokerName: "Alpaca paper" };
    const document = accountDocument(reading({ problems: ["Deposits are unknown."] }), where, "PA3TEST00001");
    expect(document).toMatchObject({ pinned_account: "PA3TEST00001", broker: "Alpaca paper", problems: ["Deposits are unknown."] });
    expect(accountDocument(reading(), where, undefined).pinned_account).toBeNull();
  });

  test("every key is snake_case, and those of the upper levels are on the page", () => {
    recordExecuted(ledger());
    const where = { mode: "paper", brokerName: "Alpaca paper" };
    const documents = [
      statusDocument(facts({ openExecutions: [execution()] }), sources()),
      explainDocument(ledger(), undefined),
      accountDocument(reading(), where, undefined),
    ];
    expect([...new Set(documents.flatMap(keysOf))].filter((key) => !/^[a-z][a-z0-9_]*$/.test(key))).toEqual([]);
    const page = readFileSync(new URL("../../docs/json.md", import.meta.url), "utf8");
    const named = new Set(page.match(/[a-z][a-z0-9_]*/g));
    const upper = documents.flatMap((document) => [
      ...Object.keys(document),
      ...("executions" in document ? Object.keys(document.executions[0]!) : []),
    ]);
    expect(upper.filter((key) => !named.has(key))).toEqual([]);
  });
});
