import { describe, expect, test } from "@jest/globals";
import { BrokerError, type Position } from "../../../src/domain/broker.ts";
import { unexplainedJump } from "../../../src/execution/preparation/equity-jump.ts";
import type { AccountSnapshot } from "../../../src/execution/preparation/account-snapshot.ts";
import { decimal } from "../../../src/domain/decimal.ts";
import { NO_OBSERVATIONS, type PriceObservations } from "../../../src/portfolio/price.ts";
import type { ExecutionRecord } from "../../../src/domain/ledger/executions.ts";
import type { IntentRecord } from "../../../src/domain/ledger/orders.ts";
import type { SplitRecord } from "../../../src/domain/ledger/splits.ts";
import type { AccountSummary } from "../../../src/domain/ledger/summaries.ts";
import { NOW, scene, seenAt, type Scene } from "../../portfolio/given.ts";

const close = (price: string): PriceObservations["previousClose"] => ({ price: decimal(price), at: NOW - 86_400_000 });

/** $10,000 at the last close; SMR has no data but its close of 40, and the broker shows it at 140: equity $20,000. */
const JUMPED: Scene = {
  cash: "1000",
  held: { LEU: "25", SMR: { quantity: "100", marketValue: "14000" } },
  targets: { OKLO: "1" },
  prices: { LEU: { ...seenAt("200"), previousClose: close("200") }, SMR: { ...NO_OBSERVATIONS, previousClose: close("40") }, OKLO: "60" },
};

interface Past {
  readonly lastEquity?: string;
  readonly flows?: string | BrokerError;
  /** Of this session's newest plan. */
  readonly planned?: Pick<AccountSummary, "equity"> & Partial<AccountSummary>;
  readonly wasExit?: boolean;
  readonly fills?: readonly Partial<IntentRecord>[];
  readonly splits?: readonly Pick<SplitRecord, "session" | "ratio">[];
}

/** What is said of a scene, and how often the venue was asked for flows. */
async function judged(given: Scene, past: Past = {}): Promise<[string | undefined, number]> {
  const { lastEquity = "10000", flows = "0", planned, wasExit = false } = past;
  const input = scene(given);
  const wanted = wasExit ? { kind: "exit", symbols: ["LEU"] } : input.wanted;
  const accountBefore = { number: "A1", at: NOW, positions: [], ...planned };
  const executions = (planned === undefined ? [] : [{ wanted, accountBefore }]) as unknown as ExecutionRecord[];
  const fills = (past.fills ?? []).map((fill) => ({ filledAt: NOW, ...fill })) as unknown as IntentRecord[];
  const splits = (past.splits ?? []) as unknown as SplitRecord[];
  const clock = { timestamp: NOW, isOpen: true, nextOpen: NOW, nextClose: NOW + 3_600_000 };
  const snapshot = {
    account: { number: "A1", equity: input.account.equity, lastEquity: decimal(lastEquity) },
    market: { clock },
    positions: input.holdings as unknown as Position[],
    prices: input.observations,
  } as unknown as AccountSnapshot;
  let asked = 0;
  const broker = {
    calendar: () => Promise.resolve([{ date: "2025-07-11", open: NOW - 3 * 86_400_000, close: NOW - 2 * 86_400_000 }]),
    cashFlowsSince: () => {
      asked += 1;
      return flows instanceof BrokerError ? Promise.reject(flows) : Promise.resolve(decimal(flows));
    },
  };
  const ledger = { splitsOf: () => splits, recentExecutions: () => executions, intentsChangedSince: () => fills };
  const reason = await unexplainedJump({ broker, ledger }, snapshot, input);
  return [reason, asked];
}

describe("an equity more than 25 % away from the last close (R9)", () => {
  test("is refused while only a price of the broker's own explains it", async () => {
    expect(await judged(JUMPED)).toEqual([
      "The equity went from $10,000.00 at the last close to $20,000.00, of which $0.00 was paid in or out, and the price of SMR is the broker's own, which nothing confirms.",
      1,
    ]);
  });

  test("is refused when deposits cannot be read, and says so", async () => {
    const [reason] = await judged(JUMPED, { flows: new BrokerError("unreachable", "Alpaca did not answer.") });
    expect(reason).toMatch(/deposits and withdrawals cannot be read: Alpaca did not answer\.$/);
  });

  test("is explained by what was paid in, to the edge of 25 %", async () => {
    expect(await judged(JUMPED, { flows: "6000" })).toEqual([undefined, 1]);
    expect((await judged(JUMPED, { flows: "5999" }))[0]).toContain("$5,999.00 was paid in or out");
  });

  test("is none within 25 % either way, and then nothing is asked", async () => {
    expect(await judged(JUMPED, { lastEquity: "16000" })).toEqual([undefined, 0]);
    expect(await judged(JUMPED, { lastEquity: "15999" })).toEqual([expect.any(String), 1]);
    expect(await judged(JUMPED, { lastEquity: "26666" })).toEqual([undefined, 0]);
    expect(await judged(JUMPED, { lastEquity: "26667" })).toEqual([expect.any(String), 1]);
  });

  test("is explained by checked prices: UVXY +98 % with a quiet BTAL that has hardly moved is traded (trials 6c and 9)", async () => {
    const doubled: Scene = {
      cash: "1000",
      held: { UVXY: "3712.5", BTAL: { quantity: "1414", marketValue: "24745" } },
      targets: { TQQQ: "1" },
      prices: {
        UVXY: { ...seenAt("39.6"), previousClose: close("20") },
        BTAL: { ...NO_OBSERVATIONS, previousClose: close("17.4") },
        TQQQ: "85",
      },
    };
    expect(await judged(doubled, { lastEquity: "100000" })).toEqual([undefined, 0]);
    const moved = { ...doubled, prices: { ...doubled.prices, BTAL: { ...NO_OBSERVATIONS, previousClose: close("14.6") } } };
    expect(await judged(moved, { lastEquity: "100000" })).toEqual([undefined, 0]);
    const flat = { ...moved, prices: { ...moved.prices, UVXY: seenAt("39.6") } };
    expect((await judged(flat, { lastEquity: "100000" }))[0]).toContain("the price of BTAL is the broker's own");
  });

  const ALL_CASH: Scene = { cash: "20000", targets: { OKLO: "1" }, prices: { OKLO: "60" } };
  const HELD: Scene = {
    cash: "0",
    held: { LEU: "100" },
    targets: { OKLO: "1" },
    prices: { LEU: { ...seenAt("200"), previousClose: close("200") }, OKLO: "60" },
  };

  test("is refused in an account of cash, or with checked prices, which explain nothing of it", async () => {
    expect((await judged(ALL_CASH))[0]).toBe(
      "The equity went from $10,000.00 at the last close to $20,000.00, of which $0.00 was paid in or out, and checked prices do not explain the rest.",
    );
    expect((await judged(HELD))[0]).toContain("checked prices do not explain the rest");
    expect(await judged(ALL_CASH, { lastEquity: "200000" })).toEqual([expect.any(String), 1]);
  });

  test("is refused without naming a spin-off of half a percent", async () => {
    const spin: Scene = { ...JUMPED, held: { LEU: "95", SPIN: { quantity: "1", marketValue: "100" } } };
    expect((await judged(spin))[0]).toContain("checked prices do not explain the rest");
  });

  test("is none in an account that has no last close", async () => {
    expect(await judged(ALL_CASH, { lastEquity: "0" })).toEqual([undefined, 0]);
    expect((await judged(ALL_CASH, { lastEquity: "0", planned: { equity: "10000" } }))[0]).toContain("when it was last planned on");
  });

  test("is explained by what this session's newest plan was made on, and what was paid in since, but not by that of an exit", async () => {
    expect(await judged(ALL_CASH, { planned: { equity: "16000" } })).toEqual([undefined, 0]);
    expect((await judged(ALL_CASH, { planned: { equity: "15999" } }))[0]).toEqual(expect.any(String));
    expect(await judged(ALL_CASH, { planned: { equity: "15999" }, flows: "1" })).toEqual([undefined, 2]);
    expect((await judged(ALL_CASH, { planned: { equity: "20000" }, wasExit: true }))[0]).toEqual(expect.any(String));
    expect((await judged(ALL_CASH, { planned: { equity: "20000", number: "A2" } }))[0]).toEqual(expect.any(String));
    expect((await judged(ALL_CASH, { planned: { equity: "20000", at: NOW - 86_400_000 } }))[0]).toEqual(expect.any(String));
  });

  test("is explained by the move since our own buy, or since the plan, where the price is back at the last close", async () => {
    const lastEquity = "30000";
    expect((await judged(HELD, { lastEquity }))[0]).toEqual(expect.any(String));
    const bought = { symbol: "LEU", side: "buy", filledAveragePrice: decimal("300") } as const;
    expect(await judged(HELD, { lastEquity, fills: [bought] })).toEqual([undefined, 0]);
    expect((await judged(HELD, { lastEquity, fills: [{ ...bought, filledAt: NOW - 86_400_000 }] }))[0]).toEqual(expect.any(String));
    const planned = {
      equity: "30000",
      positions: [{ symbol: "LEU", quantity: "100", marketValue: "30000", price: "300", averagePrice: "1" }],
    };
    expect(await judged(HELD, { lastEquity, planned })).toEqual([undefined, 0]);
  });

  test("is explained by what our sells brought less than the plan counted on", async () => {
    const sold: Partial<IntentRecord> = {
      symbol: "SMR",
      side: "sell",
      quantity: decimal("100"),
      filledQuantity: decimal("100"),
      estimatedValue: decimal("20000"),
      filledAveragePrice: decimal("100"),
    };
    expect((await judged(ALL_CASH, { lastEquity: "30000", planned: { equity: "30000" } }))[0]).toEqual(expect.any(String));
    expect(await judged(ALL_CASH, { lastEquity: "30000", planned: { equity: "30000" }, fills: [sold] })).toEqual([undefined, 0]);
  });

  test("is explained by what is protected, whose price decides nothing", async () => {
    const option: Scene = {
      ...ALL_CASH,
      held: { LEU: { quantity: "100", marketValue: "20000", assetClass: "us_option" } },
      prices: { OKLO: "60", LEU: { ...NO_OBSERVATIONS, previousClose: close("1"), position: { price: decimal("2"), at: NOW } } },
    };
    expect(await judged(option, { lastEquity: "30000" })).toEqual([undefined, 0]);
    expect(await judged(option, { lastEquity: "22000" })).toEqual([undefined, 0]);
    expect((await judged(option, { lastEquity: "21999" }))[0]).toEqual(expect.any(String));
  });

  test("is not explained by a split that is booked: two shares for one at half the price are worth the same", async () => {
    const half: Scene = { ...HELD, prices: { ...HELD.prices, LEU: { ...seenAt("200"), previousClose: close("400") } } };
    expect(await judged(half, { lastEquity: "40000" })).toEqual([undefined, 0]);
    const splits = [{ session: "2025-07-14", ratio: decimal("0.5") }];
    expect((await judged(half, { lastEquity: "40000", splits }))[0]).toEqual(expect.any(String));
    expect(await judged(half, { lastEquity: "20000", splits })).toEqual([undefined, 0]);
  });
});
