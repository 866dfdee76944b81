import { expect, test } from "@jest/globals";
import type { IntentRecord } from "../../src/domain/ledger/orders.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { Exchange } from "../../src/simulator/exchange.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { Convergence } from "./convergence.ts";
import type { ConvergenceParts } from "./convergence.ts";
import { distanceFrom } from "./distance.ts";
import { drawScenario } from "./scenario.ts";

/** Without faults, protected symbols, lists and limits, by market orders. */
const SCENARIO = (() => {
  const { settings, execution, ...rest } = drawScenario(3);
  const open = { ...settings, protectedSymbols: new Set<string>(), allowedSymbols: undefined, maxOrderValue: undefined };
  return { ...rest, faults: [], settings: open, execution: { ...execution, style: "market" as const } };
})();

/** $6,000 in cash and $4,000 in SMR; half of each of SMR and LEU is wanted. */
function follow(parts: Partial<ConvergenceParts> = {}) {
  const clock = new VirtualClock(Date.parse("2026-11-17T16:00:00Z"));
  const exchange = new Exchange({
    clock,
    cash: decimal("6000"),
    positions: [{ symbol: "SMR", quantity: decimal("100"), averagePrice: decimal("40") }],
    prices: { SMR: "40", LEU: "200", BTAL: "20" },
    partialFillProbability: 0,
  });
  const convergence = new Convergence({
    exchange,
    scenario: SCENARIO,
    targets: new Map([
      ["SMR", 0.5],
      ["LEU", 0.5],
    ]),
    writtenAt: 0,
    obstructedUntil: () => -Infinity,
    touches: () => false,
    isInDoubt: () => false,
    sumsDisagree: () => false,
    shownPrice: () => undefined,
    cameIn: () => 0,
    reserves: () => 0,
    guards: () => false,
    ...parts,
  });
  const buy = async (symbol: string, notional: string): Promise<void> => {
    exchange.submit({ symbol, side: "buy", type: "market", time_in_force: "day", notional });
    await clock.advance(1_000);
  };
  return { clock, exchange, convergence, buy };
}

test("the target is reached when every symbol has come to it, even if one has drifted away since", async () => {
  const targets = new Map([
    ["SMR", 0.45],
    ["LEU", 0.5],
  ]);
  const { buy, clock, convergence, exchange } = follow({ targets });
  await buy("LEU", "4950");
  convergence.look(clock.monotonic());
  expect(convergence.reachedAt).toBeUndefined();
  exchange.setPrice("LEU", "230");
  await buy("SMR", "950");
  expect(distanceFrom(targets, exchange, SCENARIO)).toContain("LEU");
  convergence.look(clock.monotonic());
  expect(convergence.reachedAt).toBe(2_000);
});

test("what the owner's sale of a protected holding brings after the signal may stay in cash", async () => {
  const protectedSymbols = new Set(["BTAL"]);
  const sellLater = async (scenario: typeof SCENARIO): Promise<Convergence> => {
    const { buy, clock, convergence, exchange } = follow({ scenario });
    exchange.endow({ symbol: "BTAL", quantity: decimal("50"), cost: decimal("1000") });
    await buy("LEU", "4950");
    await buy("SMR", "950");
    exchange.submit({ symbol: "BTAL", side: "sell", type: "market", time_in_force: "day", qty: "50" });
    await clock.advance(1_000);
    convergence.look(clock.monotonic());
    return convergence;
  };
  expect((await sellLater(SCENARIO)).missing).toContain("SMR");
  const convergence = await sellLater({ ...SCENARIO, settings: { ...SCENARIO.settings, protectedSymbols } });
  expect(convergence.missing).toBe("");
});

test("what comes into the account later has to go as well", async () => {
  const { buy, clock, convergence, exchange } = follow();
  await buy("LEU", "4950");
  await buy("SMR", "950");
  convergence.look(clock.monotonic());
  expect(convergence.reachedAt).toBe(2_000);
  exchange.endow({ symbol: "BTAL", quantity: decimal("10"), cost: decimal("200") });
  convergence.look(3_000);
  expect(convergence.reachedAt).toBeUndefined();
  expect(convergence.missing).toBe("BTAL is worth 200.00 instead of 0.00");
});

test("money that lies idle beyond what is touched would take is not explained", async () => {
  const { buy, convergence } = follow({ touches: (symbol) => symbol === "SMR" });
  // SMR may lack its $950, but nothing keeps LEU from its $4,950.
  expect(convergence.isExplained([])).toBe(false);
  await buy("LEU", "4950");
  convergence.look(1_000);
  expect(convergence.isExplained([])).toBe(true);
});

test("what is held too much of is explained only where it is touched itself", async () => {
  const { buy, convergence, exchange } = follow({ touches: (symbol) => symbol === "LEU" });
  exchange.endow({ symbol: "BTAL", quantity: decimal("50"), cost: decimal("1000") });
  await buy("SMR", "1450");
  convergence.look(1_000);
  expect(convergence.missing).toContain("BTAL is worth 1000.00 instead of 0.00");
  expect(convergence.isExplained([])).toBe(false);
});

test("an order that never came to the venue explains its symbol and what it reserves, one that came explains nothing", async () => {
  const { buy, convergence, exchange } = follow();
  const intent = { clientOrderId: "lost", symbol: "LEU", side: "buy", worstCaseCost: decimal("4950") } as IntentRecord;
  await buy("SMR", "950");
  convergence.look(1_000);
  expect(convergence.isExplained([])).toBe(false);
  expect(convergence.isExplained([intent])).toBe(true);
  const body = { symbol: "LEU", side: "buy", type: "limit", time_in_force: "day", qty: "1", limit_price: "50", client_order_id: "lost" };
  exchange.submit(body);
  expect(convergence.isExplained([intent])).toBe(false);
});

test("a doubtful price or a reported obstruction postpones convergence until it is gone", async () => {
  let doubted = true;
  const { clock, convergence, exchange } = follow({ isInDoubt: () => doubted, obstructedUntil: () => 1_500 });
  exchange.setAsset("LEU", { fractionable: false });
  await clock.advance(4_000);
  convergence.look(4_000);
  expect(convergence.obstructedUntil).toBe(4_000);
  doubted = false;
  await clock.advance(1_000);
  convergence.look(5_000);
  expect(convergence.obstructedUntil).toBe(4_000);
});
