import { describe, expect, test } from "@jest/globals";
import type { ExecutionFacts, IntentFacts } from "../../../src/execution/loop/decide.ts";
import { ABSENCE_COUNTS_AFTER_MS, CANCEL_WAIT_MS, decide, MAX_POSTS_IN_FLIGHT } from "../../../src/execution/loop/decide.ts";
import type { IntentRecord } from "../../../src/domain/ledger/orders.ts";
import { decimal, ZERO } from "../../../src/domain/decimal.ts";

const NOW = 1_000_000;

function record(change: Partial<IntentRecord> = {}): IntentRecord {
  return {
    clientOrderId: `id-${change.symbol ?? "SMR"}-${String(change.attempt ?? 1)}`,
    executionId: "x",
    phase: "selling",
    symbol: "SMR",
    side: "sell",
    attempt: 1,
    quantity: decimal("10"),
    notional: undefined,
    estimatedValue: decimal("400"),
    worstCaseCost: ZERO,
    fullExit: true,
    heldBefore: decimal("10"),
    recordedAt: 0,
    state: "recorded",
    postedAt: undefined,
    acceptedAt: undefined,
    orderId: undefined,
    status: undefined,
    filledQuantity: ZERO,
    filledAveragePrice: undefined,
    filledAt: undefined,
    cancelRequestedAt: undefined,
    message: undefined,
    updatedAt: 0,
    ...change,
  };
}

function intent(change: Partial<IntentRecord>, more: Partial<IntentFacts> = {}): IntentFacts {
  return {
    record: record(change),
    busy: false,
    reading: false,
    postedAt: undefined,
    absentAt: undefined,
    askedAt: undefined,
    polls: 0,
    workingSince: undefined,
    cancelRequestedAt: undefined,
    cancelAgainAt: undefined,
    notBefore: undefined,
    hinted: false,
    ...more,
  };
}

function facts(change: Partial<ExecutionFacts>): ExecutionFacts {
  return {
    now: NOW,
    phase: "selling",
    begun: true,
    offHours: false,
    marketOpen: true,
    sellsOnly: false,
    intents: [],
    planned: new Set(["SMR"]),
    preparing: false,
    stopReason: undefined,
    stopping: false,
    cancellingSince: undefined,
    cancellingReason: undefined,
    orderTimeoutMs: 60_000,
    attempts: { repegMs: 5_000, repegs: 3, then: "market", minimum: decimal("5") },
    sellUntil: Infinity,
    rest: "none",
    planAt: undefined,
    holdsUpAnother: false,
    ...change,
  };
}

const kinds = (change: Partial<ExecutionFacts>): string[] => decide(facts(change)).actions.map((action) => action.kind);

describe("sending", () => {
  const symbols = (count: number): string[] => Array.from({ length: count }, (_, index) => `S${String(index)}`);

  test("sends recorded orders side by side, but not without end", () => {
    const intents = symbols(MAX_POSTS_IN_FLIGHT + 2).map((symbol) => intent({ symbol }));
    const [post] = decide(facts({ intents })).actions;
    expect(post).toMatchObject({ kind: "post" });
    expect(post?.kind === "post" && post.ids).toHaveLength(MAX_POSTS_IN_FLIGHT);
  });

  test("counts POSTs under way among them", () => {
    const busy = symbols(MAX_POSTS_IN_FLIGHT - 1).map((symbol) => intent({ symbol, state: "posting" }, { busy: true, postedAt: NOW }));
    const [post] = decide(facts({ intents: [...busy, intent({ symbol: "E" }), intent({ symbol: "F" })] })).actions;
    expect(post).toEqual({ kind: "post", ids: ["id-E-1"] });
  });

  test("waits for the rate limit's reset before sending the same id again", () => {
    expect(kinds({ intents: [intent({}, { notBefore: NOW + 1 })] })).toEqual([]);
    expect(kinds({ intents: [intent({}, { notBefore: NOW })] })).toEqual(["post"]);
  });

  test("plans the buys only when the last sell is terminal", () => {
    const sold = intent({ symbol: "A", state: "done", status: "filled" });
    expect(kinds({ intents: [sold, intent({ symbol: "B", state: "open" }, { workingSince: NOW, askedAt: NOW })] })).toEqual([]);
    expect(kinds({ intents: [sold] })).toEqual(["plan"]);
  });

  test("nothing else is begun while orders are made ready or buys are planned", () => {
    expect(kinds({ preparing: true, intents: [intent({})] })).toEqual([]);
    expect(kinds({ preparing: true, intents: [intent({ state: "done", status: "filled" })] })).toEqual([]);
    const working = intent({ symbol: "B", state: "open" }, { workingSince: NOW, hinted: true });
    expect(kinds({ preparing: true, intents: [intent({}), working] })).toEqual(["poll"]);
  });

  test("an exit signal has no buying phase", () => {
    expect(kinds({ sellsOnly: true, intents: [intent({ state: "done", status: "filled" })] })).toEqual(["finish"]);
  });
});

describe("orders without an answer (R19)", () => {
  const unknown = (more: Partial<IntentFacts>): IntentFacts => intent({ state: "unknown" }, { postedAt: NOW - 20_000, ...more });

  test.each([
    [249, []],
    [250, ["look-up"]],
  ])("%i ms after the POST: %j", (elapsed, expected) => {
    expect(kinds({ intents: [intent({ state: "unknown" }, { postedAt: NOW - elapsed })] })).toEqual(expected);
  });

  test("looks up again at 1, 3 and 10 seconds and not in between", () => {
    const at = (elapsed: number, asked: number): string[] =>
      kinds({ intents: [intent({ state: "unknown" }, { postedAt: NOW - elapsed, askedAt: NOW - elapsed + asked })] });
    expect(at(999, 250)).toEqual([]);
    expect(at(1_000, 250)).toEqual(["look-up"]);
    expect(at(2_999, 1_000)).toEqual([]);
    expect(at(3_000, 1_000)).toEqual(["look-up"]);
    expect(at(9_999, 3_000)).toEqual([]);
    expect(at(10_000, 3_000)).toEqual(["look-up"]);
  });

  test("an early absence proves nothing", () => {
    expect(kinds({ intents: [unknown({ absentAt: NOW - 20_000 + ABSENCE_COUNTS_AFTER_MS - 1, askedAt: NOW - 20_000 + 3_000 })] })).toEqual([
      "look-up",
    ]);
  });

  test("an absence after ten seconds leads to the last proof, never straight to a second POST", () => {
    expect(
      kinds({ intents: [unknown({ absentAt: NOW - 20_000 + ABSENCE_COUNTS_AFTER_MS, askedAt: NOW - 20_000 + ABSENCE_COUNTS_AFTER_MS })] }),
    ).toEqual(["prove-absent"]);
  });

  test("an order whose POST was recorded but not answered before a restart is looked up, not sent", () => {
    expect(kinds({ intents: [intent({ state: "posting" }, { postedAt: NOW - 5_000 })] })).toEqual(["look-up"]);
  });

  test("an unknown sell keeps the buys back, and an abandoned one ends the execution", () => {
    expect(kinds({ intents: [unknown({ askedAt: NOW })] })).toEqual([]);
    expect(kinds({ intents: [intent({ state: "abandoned" })] })).toEqual(["start-cancelling"]);
  });
});

describe("what may stop an execution", () => {
  const stopReason = { cause: "halted", reason: "Trading was halted." } as const;

  test("not begun and nothing posted: recorded orders are dropped, then it ends refused with the cause", () => {
    expect(kinds({ begun: false, stopReason, intents: [intent({})] })).toEqual(["drop"]);
    expect(decide(facts({ begun: false, stopReason, intents: [intent({ state: "dropped" })] })).actions).toEqual([
      { kind: "finish", outcome: "refused", reason: "Trading was halted.", cause: "halted" },
    ]);
  });

  test("begun or in doubt: it goes through cancelling", () => {
    expect(kinds({ stopReason, intents: [intent({ state: "open" })] })).toEqual(["start-cancelling"]);
    expect(kinds({ begun: false, stopReason, intents: [intent({ state: "unknown" }, { postedAt: NOW })] })).toEqual(["start-cancelling"]);
  });

  test("cancelling cancels what is open once and awaits its end", () => {
    const open = intent({ state: "open", orderId: "o" }, { workingSince: NOW, askedAt: NOW });
    expect(kinds({ phase: "cancelling", cancellingSince: NOW, intents: [open] })).toEqual(["cancel"]);
    expect(kinds({ phase: "cancelling", cancellingSince: NOW, intents: [{ ...open, cancelRequestedAt: NOW }] })).toEqual([]);
    expect(
      decide(facts({ phase: "cancelling", cancellingSince: NOW, intents: [intent({ state: "done", status: "canceled" })] })).actions,
    ).toMatchObject([{ kind: "finish", outcome: "incomplete" }]);
  });

  test("a cancel does not wait behind a read of the order, and its end is awaited with both", () => {
    const read = intent({ state: "open", orderId: "o" }, { workingSince: NOW, askedAt: NOW, busy: true, reading: true });
    const cancelling = { phase: "cancelling", cancellingSince: NOW } as const;
    expect(kinds({ ...cancelling, intents: [read] })).toEqual(["cancel"]);
    expect(kinds({ ...cancelling, intents: [{ ...read, reading: false }] })).toEqual([]);
    expect(kinds({ ...cancelling, intents: [intent({ state: "done", status: "canceled" }, { busy: true })] })).toEqual([]);
  });

  test("the end of a cancelled order is not given up while a read of it is under way", () => {
    const overdue = { workingSince: NOW - 60_000, askedAt: NOW, cancelRequestedAt: NOW - CANCEL_WAIT_MS };
    const read = intent({ state: "open", orderId: "o" }, { ...overdue, busy: true, reading: true });
    expect(kinds({ intents: [read] })).toEqual([]);
    expect(kinds({ intents: [{ ...read, busy: false, reading: false }] })).toEqual(["start-cancelling"]);
  });

  test("what is being prepared comes to its end first", () => {
    expect(kinds({ phase: "cancelling", cancellingSince: NOW, preparing: true, intents: [intent({ state: "dropped" })] })).toEqual([]);
    expect(kinds({ begun: false, stopReason, preparing: true, intents: [intent({ state: "dropped" })] })).toEqual([]);
    expect(kinds({ stopping: true, preparing: true, intents: [intent({})] })).toEqual([]);
  });

  test("a cancel that never takes effect is given up in bounded time", () => {
    const stuck = intent(
      { state: "open", orderId: "o" },
      { workingSince: NOW - 200_000, askedAt: NOW, cancelRequestedAt: NOW - CANCEL_WAIT_MS },
    );
    expect(kinds({ intents: [stuck] })).toEqual(["start-cancelling"]);
    expect(decide(facts({ phase: "cancelling", cancellingSince: NOW, intents: [stuck] })).actions).toMatchObject([
      { kind: "finish", outcome: "incomplete" },
    ]);
  });

  test("an order that is found only when the others have been given up is cancelled and awaited too", () => {
    const found = intent({ state: "open", orderId: "o" }, { workingSince: NOW, askedAt: NOW });
    const cancelling = { phase: "cancelling", cancellingSince: NOW - CANCEL_WAIT_MS } as const;
    expect(kinds({ ...cancelling, intents: [found] })).toEqual(["cancel"]);
    expect(kinds({ ...cancelling, intents: [{ ...found, cancelRequestedAt: NOW }] })).toEqual([]);
    expect(kinds({ ...cancelling, now: NOW + CANCEL_WAIT_MS, intents: [{ ...found, cancelRequestedAt: NOW }] })).toEqual(["finish"]);
  });

  test("an order that outlives its time-out is cancelled, but not while the market is closed", () => {
    const old = intent({ state: "open", orderId: "o" }, { workingSince: NOW - 60_000, askedAt: NOW });
    expect(kinds({ intents: [old] })).toEqual(["cancel"]);
    expect(kinds({ intents: [old], offHours: true, marketOpen: false })).toEqual(["finish"]);
  });

  test("a stop lets requests under way be answered, then leaves without another action", () => {
    expect(kinds({ stopping: true, intents: [intent({ state: "posting" }, { busy: true })] })).toEqual([]);
    expect(kinds({ stopping: true, intents: [intent({}), intent({ symbol: "B", state: "unknown" }, { postedAt: NOW - 9_999 })] })).toEqual([
      "leave",
    ]);
  });
});

describe("refusals (R20)", () => {
  const refused = (status: string): IntentFacts => intent({ phase: "buying", side: "buy", state: "refused", status });
  const ended = { phase: "buying", intents: [refused("insufficient-buying-power")] } as const;

  test("what may pass is planned again after a pause, until then nothing is done (R33)", () => {
    expect(kinds({ ...ended, rest: "passing" })).toEqual(["pause"]);
    expect(decide(facts({ ...ended, rest: "passing", planAt: NOW + 1_000 }))).toEqual({ actions: [], wakeAt: NOW + 250 });
    expect(decide(facts({ ...ended, rest: "passing", planAt: NOW })).actions).toEqual([{ kind: "plan", what: "rest" }]);
  });

  test("what lasts ends the execution, and so does what waits for the open", () => {
    expect(kinds({ ...ended, rest: "lasting" })).toEqual(["finish"]);
    expect(kinds({ ...ended, rest: "passing", offHours: true })).toEqual(["finish"]);
  });

  test("a pause holds up no other run (R22)", () => {
    expect(kinds({ ...ended, rest: "passing", planAt: NOW + 1_000, holdsUpAnother: true })).toEqual(["finish"]);
    expect(
      kinds({ phase: "selling", intents: [intent({ state: "done", status: "filled" })], planAt: NOW + 9, holdsUpAnother: true }),
    ).toEqual(["finish"]);
  });

  test("a sell that works is cancelled where the rest of the deadline is kept for the buys (R21)", () => {
    const working = intent({ state: "open", orderId: "o", side: "sell" }, { workingSince: NOW - 1_000, askedAt: NOW });
    expect(kinds({ intents: [working], sellUntil: NOW })).toEqual(["cancel"]);
    expect(kinds({ intents: [working], sellUntil: NOW, sellsOnly: true })).toEqual([]);
    expect(kinds({ intents: [working], sellUntil: NOW + 1 })).toEqual([]);
  });

  test("a sell that was never sent is dropped then; one that may have reached the venue is sent under its id (R19, R21)", () => {
    const unsent = intent({ state: "recorded", side: "sell" }, { notBefore: NOW + 9_000 });
    expect(kinds({ intents: [unsent], sellUntil: NOW })).toEqual(["drop"]);
    expect(kinds({ intents: [unsent], sellUntil: NOW + 1 })).toEqual([]);
    expect(kinds({ intents: [unsent], sellUntil: NOW, sellsOnly: true })).toEqual([]);
    expect(kinds({ intents: [intent({ state: "recorded", side: "sell", code: "proven-absent" })], sellUntil: NOW })).toEqual(["post"]);
    expect(kinds({ intents: [intent({ state: "recorded", side: "buy" })], sellUntil: NOW })).toEqual(["post"]);
  });
});

describe("blocked before it has begun (R5, R17, R22)", () => {
  const stale = { cause: "stale", reason: "too old" } as const;

  test("an answer on its way is awaited: it may tell that the execution has begun", () => {
    expect(kinds({ begun: false, stopReason: stale, intents: [intent({ state: "posting" }, { busy: true, postedAt: NOW })] })).toEqual([]);
    expect(kinds({ begun: false, stopReason: stale, intents: [intent({ state: "unknown" }, { postedAt: NOW - 250 })] })).toEqual([
      "look-up",
    ]);
  });

  test("nothing is sent meanwhile, and an order that stays absent is abandoned instead of sent again", () => {
    const absent = intent({ symbol: "A", state: "unknown" }, { postedAt: NOW - 10_000, absentAt: NOW, askedAt: NOW });
    expect(kinds({ begun: false, stopReason: stale, intents: [absent, intent({ symbol: "B" })] })).toEqual(["abandon"]);
  });

  test("a halt does not wait", () => {
    const halted = { cause: "halted", reason: "by hand" } as const;
    expect(kinds({ begun: false, stopReason: halted, intents: [intent({ state: "posting" }, { busy: true, postedAt: NOW })] })).toEqual([
      "start-cancelling",
    ]);
  });

  test("a newer run makes it superseded, anything else refused", () => {
    expect(decide(facts({ begun: false, stopReason: { cause: "superseded", reason: "newer" } })).actions).toMatchObject([
      { kind: "finish", outcome: "superseded" },
    ]);
    expect(decide(facts({ begun: false, stopReason: stale })).actions).toMatchObject([{ kind: "finish", outcome: "refused" }]);
  });
});

describe("queued orders (R23)", () => {
  const queued = [intent({ state: "open" }, { workingSince: NOW - 60_000, askedAt: NOW })];

  test("are left waiting only when the market is known to be closed", () => {
    expect(decide(facts({ offHours: true, marketOpen: false, intents: queued })).actions).toMatchObject([
      { kind: "finish", outcome: "queued" },
    ]);
    expect(kinds({ offHours: true, marketOpen: undefined, intents: queued })).toEqual([]);
  });
});

describe("the budget of requests", () => {
  test("with twelve orders open each is polled less often than a single one", () => {
    const open = (symbol: string): IntentFacts =>
      intent({ symbol, state: "open" }, { workingSince: NOW - 20_000, askedAt: NOW - 2_000, polls: 9 });
    expect(kinds({ intents: [open("A")] })).toEqual(["poll"]);
    expect(kinds({ intents: ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L"].map(open) })).toEqual([]);
  });

  test("a cancel without an answer is sent again, one with an answer is not", () => {
    const cancelled = { workingSince: NOW - 70_000, cancelRequestedAt: NOW - 2_000, askedAt: NOW };
    expect(kinds({ intents: [intent({ state: "open" }, { ...cancelled, cancelAgainAt: NOW })] })).toEqual(["cancel"]);
    expect(kinds({ intents: [intent({ state: "open" }, cancelled)] })).toEqual([]);
  });
});

describe("limit style", () => {
  const goal = { quantity: decimal("10"), cost: undefined, inDollars: false };
  const limit = (change: Partial<IntentRecord> = {}): Partial<IntentRecord> => ({
    goal,
    orderType: "limit",
    limitPrice: decimal("40"),
    ...change,
  });
  const cancelled = (change: Partial<IntentRecord> = {}): Partial<IntentRecord> =>
    limit({ state: "done", status: "canceled", cancelRequestedAt: 1, filledQuantity: decimal("4"), ...change });

  test("a limit is cancelled when it has worked for its time, long before an order times out", () => {
    const working = (ms: number): IntentFacts => intent(limit({ state: "open" }), { workingSince: NOW - ms, askedAt: NOW });
    expect(kinds({ intents: [working(4_999)] })).toEqual([]);
    expect(decide(facts({ intents: [working(5_000)] })).actions).toEqual([
      { kind: "cancel", id: "id-SMR-1", reason: "It was not filled within 5 s." },
    ]);
  });

  test("a market order for the rest works until it times out", () => {
    const rest = limit({ state: "open", orderType: "market", limitPrice: undefined });
    expect(kinds({ intents: [intent(rest, { workingSince: NOW - 59_999, askedAt: NOW })] })).toEqual([]);
  });

  test("nothing is sent again while the cancel has not taken effect", () => {
    const open = intent(limit({ state: "open", cancelRequestedAt: 1 }), {
      workingSince: NOW - 6_000,
      cancelRequestedAt: NOW - 900,
      askedAt: NOW,
    });
    expect(kinds({ intents: [open] })).toEqual([]);
  });

  test("the rest of what was cancelled is sent under the next attempt, before anything else is begun", () => {
    const other = intent(limit({ symbol: "LEU" }));
    expect(decide(facts({ intents: [intent(cancelled()), other] })).actions).toEqual([{ kind: "next-attempt", ids: ["id-SMR-1"] }]);
  });

  test("only the newest attempt is continued", () => {
    const attempts = [
      intent(cancelled()),
      intent(cancelled({ attempt: 2, goal: { quantity: decimal("6"), cost: undefined, inDollars: false } })),
    ];
    expect(decide(facts({ intents: attempts })).actions).toEqual([{ kind: "next-attempt", ids: ["id-SMR-2"] }]);
    const filled = intent(
      limit({
        attempt: 2,
        state: "done",
        status: "filled",
        goal: { quantity: decimal("6"), cost: undefined, inDollars: false },
        filledQuantity: decimal("6"),
      }),
    );
    expect(kinds({ intents: [intent(cancelled()), filled] })).toEqual(["plan"]);
  });

  test("what a newer plan has no order for is planned again: its cash may be spent by now", () => {
    const other = intent(cancelled({ symbol: "LEU" }));
    expect(kinds({ intents: [intent(cancelled()), other], planned: new Set(["LEU"]) })).toEqual(["next-attempt"]);
    expect(kinds({ intents: [intent(cancelled())], planned: new Set(["LEU"]) })).toEqual(["plan"]);
  });

  test.each([
    [3, "market", ["next-attempt"]],
    [4, "market", ["next-attempt"]],
    [3, "leave", ["next-attempt"]],
    [4, "leave", ["plan"]],
  ] as const)("after %i cancels, then %s: %j", (count, then, expected) => {
    const intents = Array.from({ length: count }, (_, index) => intent(cancelled({ attempt: index + 1 })));
    expect(kinds({ intents, attempts: { repegMs: 5_000, repegs: 3, then, minimum: decimal("5") } })).toEqual(expected);
  });

  test.each([
    ["that somebody else has cancelled", { cancelRequestedAt: undefined }],
    ["that the venue has rejected", { status: "rejected" }],
    ["that has expired", { status: "expired" }],
    ["of the market order for a rest", { orderType: "market", limitPrice: undefined }],
    ["of a market order", { goal: undefined, orderType: "market", limitPrice: undefined }],
    ["that is worth less than an order", { fullExit: false, filledQuantity: decimal("9.9") }],
  ] as const)("the rest of an order %s stays as it is", (_, change) => {
    expect(kinds({ intents: [intent(cancelled(change))] })).toEqual(["plan"]);
  });

  test("the last of a position is sent again whatever it is worth", () => {
    expect(kinds({ intents: [intent(cancelled({ filledQuantity: decimal("9.999999999") }))] })).toEqual(["next-attempt"]);
  });

  test("a buy has done its part when its dollars are spent", () => {
    const buy = {
      side: "buy",
      phase: "buying",
      fullExit: false,
      goal: { quantity: decimal("10"), cost: decimal("400"), inDollars: true },
    } as const;
    const spent = cancelled({ ...buy, filledQuantity: decimal("9"), filledAveragePrice: decimal("44") });
    expect(kinds({ phase: "buying", intents: [intent(spent)] })).toEqual(["finish"]);
  });

  test("the next part of a large order follows the one that was filled", () => {
    const part = limit({ state: "done", status: "filled", quantity: decimal("4"), filledQuantity: decimal("4") });
    expect(kinds({ intents: [intent(part)] })).toEqual(["next-attempt"]);
  });

  test("nothing is sent again in another phase, when halted, or when the process stops", () => {
    expect(kinds({ phase: "buying", intents: [intent(cancelled())] })).toEqual(["finish"]);
    expect(kinds({ intents: [intent(cancelled())], stopReason: { cause: "halted", reason: "halted" } })).toEqual(["start-cancelling"]);
    expect(kinds({ phase: "cancelling", intents: [intent(cancelled())], cancellingSince: NOW })).toEqual(["finish"]);
    expect(kinds({ stopping: true, intents: [intent(cancelled())] })).toEqual(["leave"]);
  });

  test("when nothing could be priced and nothing was sent, the run may be tried again while it is fresh", () => {
    const dropped = intent({ state: "dropped", goal, message: "there is no quote" });
    expect(decide(facts({ begun: false, sellsOnly: true, intents: [dropped] })).actions).toEqual([
      { kind: "finish", outcome: "refused", reason: "Nothing was sent. SMR: there is no quote.", cause: "no-sane-quote" },
    ]);
    expect(kinds({ begun: true, intents: [dropped] })).toEqual(["plan"]);
  });

  test("when no sell could be priced, what the cash allows is bought all the same", () => {
    const dropped = intent({ state: "dropped", goal, message: "there is no quote" });
    expect(kinds({ begun: false, intents: [dropped] })).toEqual(["plan"]);
  });
});
