import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { IntentChange, IntentState } from "../../src/domain/ledger/orders.ts";
import type { AccountSummary, PhaseSummary } from "../../src/domain/ledger/summaries.ts";
import type { ExecutionChange } from "../../src/domain/ledger/executions.ts";
import type { SqliteLedger } from "../../src/ledger/sqlite-ledger.ts";
import { openLedger } from "../../src/ledger/sqlite-ledger.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { execution, intent, NOW, signal } from "./ledger-examples.ts";

function ledgerWithExecution(): SqliteLedger {
  const ledger = openLedger(":memory:");
  ledger.recordSignal(signal("a"), NOW);
  ledger.createExecution(execution("x", "a"));
  return ledger;
}

const ACCOUNT: AccountSummary = {
  number: "1",
  status: "ACTIVE",
  equity: "98.02",
  lastEquity: "100",
  cash: "-1.98",
  buyingPower: "0",
  at: NOW,
  positions: [{ symbol: "SMR", quantity: "2.5", marketValue: "100", price: undefined }],
  foreignOrders: ["f"],
};

const PHASE: PhaseSummary = { base: "98.02", spendable: "0", reachesTarget: false, sells: [], buys: [], lines: [] };

const BLANK = {
  phase: "planning",
  begunAt: undefined,
  finishedAt: undefined,
  outcome: undefined,
  outcomeReason: undefined,
  accountBefore: undefined,
  accountAfter: undefined,
  plan: undefined,
};

describe("executions", () => {
  test("a new execution is in planning and comes back as it was given", () => {
    const ledger = ledgerWithExecution();
    const exit = execution("y", "a", { wanted: { kind: "exit", symbols: ["LEU"] }, offHours: true, mode: "live" });
    ledger.createExecution(exit);
    expect(ledger.execution("x")).toEqual({ ...execution("x", "a"), ...BLANK });
    expect(ledger.execution("y")).toEqual({ ...exit, ...BLANK });
    expect(ledger.execution("z")).toBeUndefined();
  });

  test("an order of limit style gets its terms before it is sent, with every digit, and no others afterwards", () => {
    const ledger = ledgerWithExecution();
    const goal = { quantity: undefined, cost: decimal("59400.01"), inDollars: true };
    ledger.recordIntents([intent("c", "x", { side: "buy", quantity: undefined, notional: decimal("59400.01"), goal })]);
    expect(ledger.intent("c")).toMatchObject({ goal, orderType: undefined, limitPrice: undefined, quote: undefined });
    const terms = {
      orderType: "limit",
      quantity: decimal("1542.456504803"),
      notional: undefined,
      limitPrice: decimal("38.51"),
      estimatedValue: decimal("59400.01"),
      worstCaseCost: decimal("59399.99999996353"),
      goal: { quantity: decimal("1542.456504803"), cost: decimal("59400.01"), inDollars: true },
      quote: { bid: decimal("38.5"), ask: decimal("38.51"), at: NOW },
    } as const;
    ledger.recordTerms("c", terms, NOW + 1);
    expect(ledger.intent("c")).toMatchObject({ ...terms, state: "recorded", updatedAt: NOW + 1 });
    ledger.updateIntent("c", { state: "posting", postedAt: NOW + 2, updatedAt: NOW + 2 });
    expect(() => ledger.recordTerms("c", terms, NOW + 3)).toThrow(/may be priced/);
    ledger.close();
  });

  test("an order of market style takes no other terms", () => {
    const ledger = ledgerWithExecution();
    const quote = { bid: decimal("38.5"), ask: decimal("38.51"), at: NOW };
    ledger.recordIntents([intent("c", "x", { quantity: decimal("1"), notional: undefined, quote })]);
    const { quantity, notional, estimatedValue, worstCaseCost } = ledger.intent("c")!;
    expect(ledger.intent("c")).toMatchObject({ orderType: "market", quote });
    const goal = { quantity, cost: undefined, inDollars: false };
    const terms = { orderType: "limit", limitPrice: decimal("1"), quantity, notional, estimatedValue, worstCaseCost, goal, quote } as const;
    expect(() => ledger.recordTerms("c", terms, NOW + 1)).toThrow(/may be priced/);
    ledger.close();
  });

  test("a change sets what it names and leaves the rest", () => {
    const ledger = ledgerWithExecution();
    const changes: ExecutionChange[] = [
      { phase: "selling", accountBefore: ACCOUNT, plan: { selling: PHASE } },
      { begunAt: NOW + 20, deadline: NOW + 9 },
      {
        phase: "settled",
        finishedAt: NOW + 30,
        outcome: "off-target",
        outcomeReason: "LEU was refused.",
        outcomeCode: "order-refused",
        accountAfter: { ...ACCOUNT, cash: "0" },
      },
    ];
    for (const change of changes) ledger.updateExecution("x", change);
    expect(ledger.execution("x")).toEqual(Object.assign({ ...execution("x", "a"), ...BLANK }, ...changes));
  });

  test("the last change of an execution that does not exist is an error, not a silence", () => {
    expect(() => ledgerWithExecution().updateExecution("nobody", { phase: "selling" })).toThrow("no execution nobody");
  });

  test("open executions come oldest first, recent ones newest first, and a signal gives its newest", () => {
    const ledger = ledgerWithExecution();
    ledger.createExecution(execution("y", "a"));
    ledger.createExecution(execution("z", "a"));
    ledger.updateExecution("y", { finishedAt: NOW, outcome: "refused" });
    expect(ledger.openExecutions().map(({ id }) => id)).toEqual(["x", "z"]);
    expect(ledger.recentExecutions(2).map(({ id }) => id)).toEqual(["z", "y"]);
    expect(ledger.executionOfSignal("a")?.id).toBe("z");
    expect(ledger.executionOfSignal("b")).toBeUndefined();
  });

  test("an execution of a signal that was never recorded is refused", () => {
    expect(() => openLedger(":memory:").createExecution(execution("x", "a"))).toThrow(/FOREIGN KEY/);
  });
});

describe("intents", () => {
  test("an intent comes back with every digit of its amounts", () => {
    const amount = fc
      .tuple(fc.bigInt(0n, 10n ** 20n), fc.integer({ min: 0, max: 20 }))
      .map(([digits, places]) => decimal(digits).div(decimal(10n ** BigInt(places))));
    fc.assert(
      fc.property(amount, amount, amount, fc.boolean(), (first, second, third, byQuantity) => {
        const ledger = ledgerWithExecution();
        const written = intent("c", "x", {
          quantity: byQuantity ? first : undefined,
          notional: byQuantity ? undefined : first,
          worstCaseCost: second,
          heldBefore: third,
        });
        ledger.recordIntents([written]);
        expect(ledger.intent("c")).toEqual({
          ...written,
          state: "recorded",
          orderType: "market",
          limitPrice: undefined,
          goal: undefined,
          quote: undefined,
          postedAt: undefined,
          acceptedAt: undefined,
          orderId: undefined,
          status: undefined,
          filledQuantity: decimal("0"),
          filledAveragePrice: undefined,
          filledAt: undefined,
          cancelRequestedAt: undefined,
          message: undefined,
          updatedAt: written.recordedAt,
        });
        ledger.close();
      }),
      { seed: 3, numRuns: 100 },
    );
  });

  test("a change sets what it names and leaves the rest", () => {
    const ledger = ledgerWithExecution();
    ledger.recordIntents([intent("c", "x")]);
    const before = ledger.intent("c")!;
    const changes: IntentChange[] = [
      { state: "posting", postedAt: NOW + 1, updatedAt: NOW + 1 },
      { state: "open", acceptedAt: NOW + 2, orderId: "o-1", status: "new", updatedAt: NOW + 2 },
      { filledQuantity: decimal("1.000000001"), filledAveragePrice: decimal("42.4600"), updatedAt: NOW + 3 },
      { cancelRequestedAt: NOW + 4, updatedAt: NOW + 4 },
      { state: "done", status: "canceled", filledAt: NOW + 5, message: "Cancelled after 60 s.", updatedAt: NOW + 5 },
    ];
    for (const change of changes) ledger.updateIntent("c", change);
    expect(ledger.intent("c")).toEqual(Object.assign({ ...before }, ...changes));
    expect(() => ledger.updateIntent("nobody", { state: "done", updatedAt: NOW })).toThrow("no intent nobody");
  });

  test.each<[string, readonly IntentChange[], IntentChange]>([
    ["that has ended is open again", [{ state: "done", updatedAt: NOW }], { state: "recorded", updatedAt: NOW }],
    ["that was sent is dropped", [{ state: "posting", updatedAt: NOW }], { state: "dropped", updatedAt: NOW }],
    [
      "that was sent and proven absent is dropped",
      [
        { state: "posting", updatedAt: NOW },
        { state: "unknown", updatedAt: NOW },
        { state: "recorded", code: "proven-absent", updatedAt: NOW },
      ],
      { state: "dropped", code: "price-doubt", updatedAt: NOW },
    ],
    [
      "that was proven absent ends with a refusal of what was sent again",
      [
        { state: "posting", updatedAt: NOW },
        { state: "recorded", code: "proven-absent", updatedAt: NOW },
        { state: "posting", updatedAt: NOW },
      ],
      { state: "refused", status: "other-reason", updatedAt: NOW },
    ],
  ])("no order %s, as it may still arrive (R19)", (_, before, change) => {
    const ledger = ledgerWithExecution();
    ledger.recordIntents([intent("c", "x")]);
    for (const each of before) ledger.updateIntent("c", each);
    const known = ledger.intent("c");
    expect(() => ledger.updateIntent("c", change)).toThrow(/cannot become/);
    expect(ledger.intent("c")).toEqual(known);
  });

  test.each<[string, IntentChange, IntentChange]>([
    ["was refused is held by the venue after all", { state: "refused", updatedAt: NOW }, { state: "open", orderId: "o", updatedAt: NOW }],
    ["was dropped has been filled after all", { state: "dropped", updatedAt: NOW }, { state: "done", orderId: "o", updatedAt: NOW }],
    [
      "was sent never appeared until its session ended",
      { state: "posting", updatedAt: NOW },
      { state: "dropped", code: "session-over", updatedAt: NOW },
    ],
    [
      "worked is not found after its session",
      { state: "open", updatedAt: NOW },
      { state: "dropped", code: "session-over", updatedAt: NOW },
    ],
  ])("late truth wins: an order that %s", (_, before, change) => {
    const ledger = ledgerWithExecution();
    ledger.recordIntents([intent("c", "x")]);
    ledger.updateIntent("c", before);
    ledger.updateIntent("c", change);
    expect(ledger.intent("c")).toMatchObject(change);
  });

  test("a client order id is given out once, and a phase is recorded whole or not at all", () => {
    const ledger = ledgerWithExecution();
    ledger.recordIntents([intent("c", "x")]);
    expect(() => ledger.recordIntents([intent("d", "x"), intent("c", "x", { attempt: 2 })])).toThrow(/UNIQUE/);
    expect(ledger.intentsOf("x").map(({ clientOrderId }) => clientOrderId)).toEqual(["c"]);
  });

  test("an intent with both or neither of quantity and notional is refused", () => {
    const ledger = ledgerWithExecution();
    expect(() => ledger.recordIntents([intent("c", "x", { notional: decimal("5") })])).toThrow(/CHECK/);
    expect(() => ledger.recordIntents([intent("c", "x", { quantity: undefined })])).toThrow(/CHECK/);
    expect(() => ledger.recordIntents([intent("c".repeat(129), "x")])).toThrow(/CHECK/);
  });

  test("unsettled are those that may hold or become an order, of any execution, in their order", () => {
    const ledger = ledgerWithExecution();
    ledger.createExecution(execution("y", "a"));
    const states: IntentState[] = ["done", "recorded", "refused", "posting", "dropped", "unknown", "abandoned", "open"];
    for (const [index, state] of states.entries()) {
      ledger.recordIntents([intent(state, index % 2 === 0 ? "x" : "y")]);
      if (state === "unknown") ledger.updateIntent(state, { state: "posting", updatedAt: NOW });
      ledger.updateIntent(state, { state, updatedAt: NOW });
    }
    expect(ledger.unsettledIntents().map(({ clientOrderId }) => clientOrderId)).toEqual([
      "recorded",
      "posting",
      "unknown",
      "abandoned",
      "open",
    ]);
    expect(ledger.intentsOf("x").map(({ clientOrderId }) => clientOrderId)).toEqual(["done", "refused", "dropped", "abandoned"]);
  });
});

describe("what our orders did", () => {
  test("intents that changed at or after a given time are found in every execution", () => {
    const ledger = ledgerWithExecution();
    ledger.createExecution(execution("y", "a"));
    ledger.recordIntents([intent("early", "x", { recordedAt: NOW }), intent("late", "y", { recordedAt: NOW + 10 })]);
    ledger.recordIntents([intent("changed", "x", { recordedAt: NOW })]);
    ledger.updateIntent("changed", { state: "done", updatedAt: NOW + 20 });
    expect(ledger.intentsChangedSince(NOW + 10).map(({ clientOrderId }) => clientOrderId)).toEqual(["late", "changed"]);
    expect(ledger.intentsChangedSince(NOW + 21)).toEqual([]);
  });

  test("the newest intent for a symbol that was filled is found, past those that were not", () => {
    const ledger = ledgerWithExecution();
    ledger.recordIntents([intent("a", "x"), intent("b", "x"), intent("c", "x"), intent("d", "x", { symbol: "LEU" })]);
    for (const [id, filled] of [
      ["a", "4"],
      ["b", "0.000000001"],
      ["d", "1"],
    ] as const)
      ledger.updateIntent(id, { filledQuantity: decimal(filled), updatedAt: NOW });
    ledger.updateIntent("c", { state: "refused", filledQuantity: decimal("0"), updatedAt: NOW });
    expect(ledger.lastFilledIntent("SMR")?.clientOrderId).toBe("b");
    expect(ledger.lastFilledIntent("OKLO")).toBeUndefined();
  });
});

describe("fills, equity and notes", () => {
  test("a fill that is reported twice is kept once", () => {
    const ledger = ledgerWithExecution();
    ledger.recordIntents([intent("c", "x")]);
    const fill = {
      id: "f-1",
      executionId: "x",
      clientOrderId: "c",
      symbol: "SMR",
      side: "sell",
      quantity: decimal("0.000000001"),
      price: decimal("42.46"),
      at: NOW,
    } as const;
    ledger.recordFill(fill);
    ledger.recordFill({ ...fill, quantity: decimal("9") });
    ledger.recordFill({ ...fill, id: "f-2" });
    expect(ledger.fillsOf("x")).toEqual([fill, { ...fill, id: "f-2" }]);
    expect(ledger.fillsOf("y")).toEqual([]);
  });

  test("equity comes oldest first, from the given time on", () => {
    const ledger = ledgerWithExecution();
    const at = (time: number) => ({
      at: time,
      equity: decimal("105771.87"),
      lastEquity: decimal("105000"),
      cash: decimal("-1.98"),
      executionId: time === NOW ? "x" : undefined,
    });
    for (const time of [NOW + 2, NOW - 1, NOW]) ledger.recordEquity(at(time));
    expect(ledger.equitySince(NOW)).toEqual([at(NOW), at(NOW + 2)]);
  });

  test("notes come back in the order in which they were written, with their facts", () => {
    const ledger = ledgerWithExecution();
    const notes = [
      { executionId: "x", at: NOW, kind: "snapshot", text: "Cash $100.00.", facts: { cash: "100.00", open: [] } },
      { executionId: "x", at: NOW - 5, kind: "plan", text: "Nothing to do." },
      { executionId: "x", at: NOW, kind: "finish", text: "Done.", facts: null },
    ];
    for (const note of notes) ledger.note(note);
    expect(ledger.notesOf("x")).toEqual(notes.map((note, index) => ({ id: index + 1, ...note })));
  });
});
