import type { Account, Order, Position } from "../../src/domain/broker.ts";
import type { RebalanceEvent, RebalanceStep } from "../../src/execution/events.ts";
import type { AccountSummary, LineSummary, PhaseSummary, PlanSummary } from "../../src/domain/ledger/summaries.ts";
import type { Signal } from "../../src/domain/signal.ts";
import type { IntentRecord, NewIntent } from "../../src/domain/ledger/orders.ts";
import type { ExecutionRecord } from "../../src/domain/ledger/executions.ts";
import type { Plan, PlanLine } from "../../src/portfolio/plan.ts";
import { decimal, ZERO } from "../../src/domain/decimal.ts";
import type { SqliteLedger } from "../../src/ledger/sqlite-ledger.ts";

/** 2025-07-16 10:42:58.025 in New York, a Wednesday in a session. */
export const NOW = 1_752_676_978_025;
export const ZONE = "America/New_York";
export const SIGNAL_ID = "0123456789abcdef";

export function account(change: Partial<Account> = {}): Account {
  return {
    id: "11111111-2222-3333-4444-555555555555",
    number: "PA3TEST00001",
    status: "ACTIVE",
    equity: decimal("100000"),
    lastEquity: decimal("99000"),
    cash: decimal("42115.2"),
    buyingPower: decimal("142115.2"),
    multiplier: "2",
    blocks: [],
    ...change,
  };
}

export function position(symbol: string, quantity: string, price: string, change: Partial<Position> = {}): Position {
  const value = decimal(quantity).times(decimal(price));
  return {
    symbol,
    assetId: `asset-${symbol}`,
    assetClass: "us_equity",
    side: "long",
    quantity: decimal(quantity),
    available: decimal(quantity),
    marketValue: value,
    currentPrice: decimal(price),
    lastdayPrice: undefined,
    averageEntryPrice: decimal(price),
    costBasis: value,
    unrealizedProfit: ZERO,
    ...change,
  };
}

export function order(change: Partial<Order> = {}): Order {
  return {
    id: "order-1",
    clientOrderId: `alpaca-trader-${SIGNAL_ID}-buying-OKLO-1`,
    symbol: "OKLO",
    side: "buy",
    type: "market",
    status: "partially_filled",
    quantity: undefined,
    notional: decimal("29007"),
    limitPrice: undefined,
    filledQuantity: decimal("120.5"),
    filledAveragePrice: decimal("56.1"),
    createdAt: NOW,
    submittedAt: NOW,
    filledAt: undefined,
    updatedAt: NOW,
    replacedBy: undefined,
    ...change,
  };
}

export function signal(id = SIGNAL_ID, change: Partial<Signal> = {}): Signal {
  return {
    id,
    strategy: "nuclear",
    kind: "rebalance",
    targets: new Map([
      ["SMR", decimal("0.312")],
      ["LEU", decimal("0.395")],
      ["OKLO", decimal("0.293")],
    ]),
    exits: [],
    generatedAt: NOW - 12_000,
    oldestStamp: NOW - 12_200,
    arrivedAt: NOW - 10_000,
    lastLineAt: NOW - 9_900,
    reason: "Bull market: SMR (31.2%), LEU (39.5%), OKLO (29.3%)",
    alertPrices: new Map(),
    lineHashes: [`${id}-1`, `${id}-2`],
    ...change,
  };
}

export function intent(symbol: string, side: "buy" | "sell", change: Partial<IntentRecord> = {}): IntentRecord {
  const phase = side === "buy" ? "buying" : "selling";
  return {
    clientOrderId: `alpaca-trader-${SIGNAL_ID}-${phase}-${symbol}-1`,
    executionId: SIGNAL_ID,
    phase,
    symbol,
    side,
    attempt: 1,
    quantity: side === "sell" ? decimal("10") : undefined,
    notional: side === "buy" ? decimal("29007") : undefined,
    estimatedValue: decimal("29007"),
    worstCaseCost: ZERO,
    fullExit: false,
    heldBefore: ZERO,
    recordedAt: NOW,
    state: "open",
    postedAt: NOW,
    acceptedAt: NOW,
    orderId: `order-${symbol}`,
    status: "accepted",
    filledQuantity: ZERO,
    filledAveragePrice: undefined,
    filledAt: undefined,
    cancelRequestedAt: undefined,
    message: undefined,
    updatedAt: NOW,
    ...change,
  };
}

export function filled(
  symbol: string,
  side: "buy" | "sell",
  quantity: string,
  price: string,
  change: Partial<IntentRecord> = {},
): IntentRecord {
  return intent(symbol, side, {
    state: "done",
    status: "filled",
    filledQuantity: decimal(quantity),
    filledAveragePrice: decimal(price),
    ...change,
  });
}

export function event(kind: RebalanceStep, text: string, change: Partial<RebalanceEvent> = {}): RebalanceEvent {
  return { kind, text, level: "info", executionId: SIGNAL_ID, signalId: SIGNAL_ID, ...change };
}

function planLine(symbol: string, change: Partial<PlanLine> = {}): PlanLine {
  return {
    symbol,
    targetWeight: decimal("0.312"),
    targetValue: decimal("30888"),
    actualValue: ZERO,
    checkedPrice: decimal("38.45"),
    action: "buy",
    detail: "target 31.2 % of $99,000.00 = $30,888.00, held $0.00: buy $30,888.00",
    ...change,
  };
}

/** Sells a holding that is no longer wanted, buys one symbol, and leaves two alone. */
export function plan(change: Partial<Plan> = {}): Plan {
  return {
    base: decimal("99000"),
    highestBase: decimal("99000"),
    sells: [
      { symbol: "BWXT", side: "sell", quantity: decimal("12.5"), estimatedValue: decimal("1812.5"), worstCaseCost: ZERO, fullExit: true },
    ],
    buys: [
      {
        symbol: "SMR",
        side: "buy",
        notional: decimal("30888"),
        estimatedValue: decimal("30888"),
        worstCaseCost: decimal("30888"),
        fullExit: false,
      },
    ],
    lines: [
      planLine("BWXT", {
        targetWeight: ZERO,
        targetValue: ZERO,
        action: "sell",
        detail: "no target, held $1,812.50: sell all 12.5 shares (about $1,812.50)",
      }),
      planLine("LEU", {
        action: "none",
        leftAlone: "within-drift",
        detail: "target 39.5 % of $99,000.00 = $39,105.00, held $39,000.00: left alone, within the drift band of 1.0 % ($990.00)",
      }),
      planLine("OKLO", {
        action: "none",
        leftAlone: "price-doubt",
        detail: "target 29.3 % of $99,000.00 = $29,007.00, held $0.00: left alone, its price is in doubt",
      }),
      planLine("SMR"),
    ],
    spendable: decimal("42115.2"),
    reachesTarget: false,
    ...change,
  };
}

export function lineSummary(symbol: string, change: Partial<LineSummary> = {}): LineSummary {
  return {
    symbol,
    targetWeight: "0.312",
    targetValue: "30888",
    actualValue: "0",
    price: "38.45",
    action: "buy",
    leftAlone: undefined,
    detail: "target 31.2 % of $99,000.00 = $30,888.00, held $0.00: buy $30,888.00",
    ...change,
  };
}

function phase(change: Partial<PhaseSummary>): PhaseSummary {
  return { base: "99000", spendable: "42115.2", reachesTarget: false, sells: [], buys: [], lines: [], ...change };
}

const LEU = lineSummary("LEU", {
  targetWeight: "0.395",
  targetValue: "39105",
  action: "none",
  leftAlone: "within-drift",
  detail: "left alone, within the drift band",
});
const OKLO = lineSummary("OKLO", {
  targetWeight: "0.293",
  targetValue: "29007",
  action: "none",
  leftAlone: "price-doubt",
  detail: "left alone, its price is in doubt",
});
const SMR_BUY = { symbol: "SMR", side: "buy", quantity: undefined, notional: "30888", estimatedValue: "30888" } as const;

/** The plan above as the ledger keeps it, with the plan of the buys made after the sell. */
export const PLAN_SUMMARY: PlanSummary = {
  selling: phase({
    sells: [{ symbol: "BWXT", side: "sell", quantity: "12.5", notional: undefined, estimatedValue: "1812.5" }],
    buys: [SMR_BUY],
    lines: [
      lineSummary("BWXT", {
        targetWeight: "0",
        targetValue: "0",
        actualValue: "1812.5",
        price: "145",
        action: "sell",
        detail: "no target, held $1,812.50: sell all 12.5 shares",
      }),
      LEU,
      OKLO,
      lineSummary("SMR"),
    ],
  }),
  buying: phase({ buys: [SMR_BUY], lines: [LEU, OKLO, lineSummary("SMR")] }),
};

const BEFORE: AccountSummary = {
  number: "PA3TEST00001",
  status: "ACTIVE",
  equity: "100000",
  lastEquity: "99000",
  cash: "59187.5",
  buyingPower: "159187.5",
  at: NOW,
  positions: [
    { symbol: "BWXT", quantity: "12.5", marketValue: "1812.5", price: "145" },
    { symbol: "LEU", quantity: "180", marketValue: "39000", price: "216.666666" },
  ],
  foreignOrders: [],
};

export const AFTER: AccountSummary = {
  ...BEFORE,
  equity: "99950",
  cash: "30100",
  positions: [
    { symbol: "LEU", quantity: "180", marketValue: "39000", price: "216.666666" },
    { symbol: "SMR", quantity: "801.506", marketValue: "30850", price: "38.49" },
  ],
};

export function execution(change: Partial<ExecutionRecord> = {}): ExecutionRecord {
  return {
    id: SIGNAL_ID,
    signalId: SIGNAL_ID,
    accountNumber: "PA3TEST00001",
    mode: "paper",
    wanted: { kind: "rebalance", targets: signal().targets },
    startedAt: NOW,
    deadline: NOW + 600_000,
    offHours: false,
    phase: "settled",
    begunAt: NOW + 500,
    finishedAt: NOW + 4_000,
    outcome: "off-target",
    outcomeReason: "Left alone: OKLO (price-doubt).",
    accountBefore: BEFORE,
    accountAfter: AFTER,
    plan: PLAN_SUMMARY,
    ...change,
  };
}

export function newIntent({
  clientOrderId,
  executionId,
  phase: of,
  symbol,
  side,
  attempt,
  quantity,
  notional,
  estimatedValue,
  worstCaseCost,
  fullExit,
  heldBefore,
  recordedAt,
}: IntentRecord): NewIntent {
  return {
    clientOrderId,
    executionId,
    phase: of,
    symbol,
    side,
    attempt,
    quantity,
    notional,
    estimatedValue,
    worstCaseCost,
    fullExit,
    heldBefore,
    recordedAt,
  };
}

/** Writes an executed signal as the trader does: a sell filled in two parts, and a buy cancelled half way. */
export function recordExecuted(ledger: SqliteLedger): void {
  const targets = signal();
  const record = execution();
  ledger.recordSignal(targets, NOW - 9_000);
  ledger.recordLines([
    {
      hash: `${SIGNAL_ID}-1`,
      strategy: "nuclear",
      text: '{"symbol":"SMR","action":"BUY"}',
      stamp: NOW - 12_000,
      firstSeenAt: NOW - 10_000,
    },
    {
      hash: `${SIGNAL_ID}-2`,
      strategy: "nuclear",
      text: '{"symbol":"LEU","action":"BUY"}',
      stamp: NOW - 12_000,
      firstSeenAt: NOW - 10_000,
    },
  ]);
  ledger.createExecution(record);
  const sell = intent("BWXT", "sell", { quantity: decimal("12.5"), fullExit: true });
  const buy = intent("SMR", "buy", { notional: decimal("30888") });
  const unsent = intent("LEU", "buy", { notional: decimal("10") });
  ledger.recordIntents([sell, buy, unsent].map(newIntent));
  ledger.updateIntent(sell.clientOrderId, {
    state: "done",
    status: "filled",
    orderId: "order-BWXT",
    postedAt: NOW + 100,
    filledQuantity: decimal("12.5"),
    filledAveragePrice: decimal("144.933333"),
    filledAt: NOW + 900,
    updatedAt: NOW + 900,
  });
  ledger.updateIntent(buy.clientOrderId, {
    state: "done",
    status: "canceled",
    orderId: "order-SMR",
    postedAt: NOW + 1_000,
    filledQuantity: decimal("400"),
    filledAveragePrice: decimal("38.5"),
    filledAt: NOW + 3_000,
    updatedAt: NOW + 3_000,
  });
  ledger.updateIntent(unsent.clientOrderId, { state: "dropped", message: "no longer wanted", updatedAt: NOW });
  const part = { executionId: SIGNAL_ID, clientOrderId: sell.clientOrderId, symbol: "BWXT", side: "sell" } as const;
  ledger.recordFill({ ...part, id: "fill-1", quantity: decimal("10"), price: decimal("144.9"), at: NOW + 800 });
  ledger.recordFill({ ...part, id: "fill-2", quantity: decimal("2.5"), price: decimal("145.07"), at: NOW + 850 });
  ledger.note({ executionId: SIGNAL_ID, at: NOW + 100, kind: "post", text: "BWXT: sell 12.5 sent." });
  ledger.note({ executionId: SIGNAL_ID, at: NOW + 900, kind: "filled", text: "BWXT: sold 12.5 @ 144.933333." });
  const { phase: reached, begunAt, finishedAt, outcome, outcomeReason, accountBefore, accountAfter } = record;
  ledger.updateExecution(SIGNAL_ID, {
    phase: reached,
    begunAt: begunAt!,
    finishedAt: finishedAt!,
    outcome: outcome!,
    outcomeReason: outcomeReason!,
    accountBefore,
    accountAfter,
    plan: record.plan,
  });
  ledger.judgeSignal(SIGNAL_ID, { kind: "executed", reason: "off target: Left alone: OKLO (price-doubt)." }, NOW + 4_000);
}
