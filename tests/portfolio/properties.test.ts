import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { decimal, max, ONE, sum, truncate, ZERO, type Decimal } from "../../src/domain/decimal.ts";
import {
  isOnTargetReason,
  makePlan,
  type Holding,
  type Plan,
  type PlanInput,
  type PlannedOrder,
  type PlanResult,
} from "../../src/portfolio/plan.ts";
import { NO_OBSERVATIONS, type PriceObservations } from "../../src/portfolio/price.ts";
import type { SplitDoubt } from "../../src/portfolio/split.ts";
import { provePlan } from "../../src/portfolio/proof.ts";
import { NOW, seenAt, SESSION_START } from "./given.ts";

const RUNS = { seed: 20250714, numRuns: 500 };
const SYMBOLS = ["AAA", "BBB", "CCC", "DDD", "EEE", "FFF"];
const CENT = decimal("0.01");

/** One symbol of a random account. Integers stand for exact decimals: cents, 1e-9 shares, weight points. */
interface Part {
  readonly cents: number;
  readonly nanoShares: number;
  readonly weight: number;
  readonly fractionable: boolean;
  readonly asset: "fine" | "untradable" | "inactive" | "unknown" | "unbuyable";
  readonly order: "none" | "own" | "foreign";
  readonly heldBack: boolean;
  readonly seen: "agreed" | "doubt" | "suspected" | "unbooked";
  readonly isProtected: boolean;
  /** Of ALLOWED_SYMBOLS. */
  readonly isOutside: boolean;
}

const mostly = <T>(usual: T, ...others: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 12, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(usual, ...others) });

const PART: fc.Arbitrary<Part> = fc.record({
  cents: fc.oneof(fc.integer({ min: 100, max: 50_000 }), fc.integer({ min: 1, max: 400_000 })),
  nanoShares: fc.oneof(
    fc.constant(0),
    fc.integer({ min: 1, max: 500_000_000_000 }),
    fc.integer({ min: 1, max: 500 }).map((whole) => whole * 1_000_000_000),
  ),
  weight: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 1, max: 20 })),
  fractionable: fc.boolean(),
  asset: mostly<Part["asset"]>("fine", "untradable", "inactive", "unknown", "unbuyable"),
  order: mostly<Part["order"]>("none", "own", "foreign"),
  heldBack: mostly(false, true),
  seen: mostly<Part["seen"]>("agreed", "doubt", "suspected", "unbooked"),
  isProtected: mostly(false, true),
  isOutside: mostly(false, true),
});

const ACCOUNT = fc.record({
  parts: fc.array(PART, { minLength: 1, maxLength: SYMBOLS.length }),
  cashCents: fc.oneof(fc.integer({ min: 0, max: 10_000_000 }), fc.integer({ min: -100_000, max: 2_000 })),
  buyingPowerTenths: fc.constantFrom(5, 10, 20),
  reserveTenths: fc.constantFrom(0, 10, 50),
  bandTenths: fc.constantFrom(0, 10, 30),
  minimumDollars: fc.constantFrom(0, 5, 50),
  limitDollars: mostly(0, 500, 20_000),
  unbuyableAction: fc.constantFrom("refuse" as const, "exit" as const),
  phase: fc.constantFrom("selling" as const, "buying" as const),
});
type Account = typeof ACCOUNT extends fc.Arbitrary<infer T> ? T : never;

const exact = (value: number, places: number): Decimal => decimal(BigInt(value)).times(decimal(`1e-${String(places)}`));

function observationsOf(part: Part): PriceObservations {
  const price = exact(part.cents, 2);
  if (part.seen === "doubt") return { ...NO_OBSERVATIONS, trade: { price, at: NOW } };
  return seenAt(price);
}

function splitOf({ seen, cents }: Part): SplitDoubt | undefined {
  if (seen === "suspected") return { kind: "split-suspected", reason: "its daily bars cannot be read" };
  const ratio = decimal(cents % 2 === 0 ? "5" : "0.5");
  return seen === "unbooked" ? { kind: "split-unbooked", ratio, session: "2025-07-14", quantity: ONE } : undefined;
}

function inputOf(account: Account): PlanInput {
  const parts = account.parts.map((part, index) => ({ ...part, symbol: SYMBOLS[index]! }));
  const cash = exact(account.cashCents, 2);
  const holdings: Holding[] = parts.flatMap((part) => {
    const quantity = exact(part.nanoShares, 9);
    const available = part.heldBack ? truncate(quantity.div(decimal("3")), 9) : quantity;
    return part.nanoShares === 0
      ? []
      : [{ symbol: part.symbol, quantity, available, marketValue: quantity.times(exact(part.cents, 2)), assetClass: "us_equity" }];
  });
  const points = Math.max(
    1_000,
    parts.reduce((total, part) => total + part.weight, 0),
  );
  const targets = parts.flatMap((part) =>
    part.weight === 0 ? [] : [[part.symbol, truncate(exact(part.weight, 0).div(exact(points, 0)), 6)] as const],
  );
  return {
    phase: account.phase,
    wanted: { kind: "rebalance", targets: new Map(targets.filter(([, weight]) => weight.gt(ZERO))) },
    account: {
      cash,
      buyingPower: max(ZERO, cash).times(exact(account.buyingPowerTenths, 1)),
      equity: cash.plus(sum(holdings.map((holding) => holding.marketValue))),
    },
    holdings,
    assets: new Map(
      parts.map((part) => [
        part.symbol,
        part.asset === "unknown"
          ? undefined
          : {
              active: part.asset !== "inactive",
              tradable: part.asset !== "untradable",
              fractionable: part.fractionable,
              ...(part.asset === "unbuyable" ? { purchaseBlock: "it is a partnership" } : {}),
            },
      ]),
    ),
    observations: new Map(parts.map((part) => [part.symbol, observationsOf(part)])),
    splits: new Map(
      parts.flatMap((part) => {
        const split = splitOf(part);
        return split === undefined ? [] : [[part.symbol, split] as const];
      }),
    ),
    workingOrders: parts.flatMap((part) =>
      part.order === "none"
        ? []
        : [{ symbol: part.symbol, side: "buy" as const, own: part.order === "own", worstCaseCost: exact(part.cents, 2) }],
    ),
    excluded: new Map(),
    settings: {
      cashReserve: exact(account.reserveTenths, 3),
      driftBand: exact(account.bandTenths, 3),
      minTradeValue: exact(account.minimumDollars, 0),
      protectedSymbols: new Set(parts.filter((part) => part.isProtected).map((part) => part.symbol)),
      allowedSymbols: parts.some((part) => part.isOutside)
        ? new Set(parts.filter((part) => !part.isOutside).map((part) => part.symbol))
        : undefined,
      maxOrderValue: account.limitDollars === 0 ? undefined : exact(account.limitDollars, 0),
      maxUnbuyable: decimal("0.2"),
      unbuyableAction: account.unbuyableAction,
    },
    now: NOW,
    sessionStart: SESSION_START,
  };
}

const INPUT = ACCOUNT.map(inputOf);
/** Accounts in which nothing stands in the way. */
const SMOOTH = ACCOUNT.map((account) =>
  inputOf({
    ...account,
    cashCents: Math.abs(account.cashCents),
    buyingPowerTenths: 10,
    limitDollars: 0,
    phase: "selling",
    parts: account.parts.map((part) => ({
      ...part,
      asset: "fine",
      order: "none",
      heldBack: false,
      seen: "agreed",
      isProtected: false,
      isOutside: false,
    })),
  }),
);

/** Checks `holds` on every input that a plan can be made for; the generator makes mostly such inputs. */
function forPlans(inputs: fc.Arbitrary<PlanInput>, holds: (plan: Plan, input: PlanInput) => void): void {
  let plans = 0;
  fc.assert(
    fc.property(inputs, (input) => {
      const result = makePlan(input);
      if (result.kind === "refused") return;
      plans += 1;
      holds(result.plan, input);
    }),
    RUNS,
  );
  expect(plans).toBeGreaterThan(RUNS.numRuns / 3);
}

function priceOf(input: PlanInput, symbol: string): Decimal {
  return input.observations.get(symbol)!.trade!.price;
}

function valueOf(order: PlannedOrder, input: PlanInput): Decimal {
  return order.notional ?? order.quantity!.times(priceOf(input, order.symbol));
}

function heldOf(input: PlanInput, symbol: string): Holding | undefined {
  return input.holdings.find((holding) => holding.symbol === symbol);
}

/** The account after these orders filled exactly at the checked price. */
function filled(input: PlanInput, orders: readonly PlannedOrder[], phase: PlanInput["phase"]): PlanInput {
  const quantities = new Map(input.holdings.map((holding) => [holding.symbol, holding.quantity]));
  let cash = input.account.cash;
  for (const order of orders) {
    const price = priceOf(input, order.symbol);
    const shares = order.quantity ?? truncate(order.notional!.div(price), 9);
    const signed = order.side === "buy" ? shares : shares.neg();
    quantities.set(order.symbol, (quantities.get(order.symbol) ?? ZERO).plus(signed));
    cash = cash.minus(signed.times(price));
  }
  const holdings = [...quantities]
    .filter(([, quantity]) => !quantity.eq(ZERO))
    .map(([symbol, quantity]) => ({
      symbol,
      quantity,
      available: quantity,
      marketValue: quantity.times(priceOf(input, symbol)),
      assetClass: "us_equity",
    }));
  const equity = cash.plus(sum(holdings.map((holding) => holding.marketValue)));
  return { ...input, phase, holdings, account: { cash, buyingPower: max(ZERO, cash), equity } };
}

function expectPlan(input: PlanInput): Plan {
  const result = makePlan(input);
  if (result.kind === "refused") throw new Error(`${result.refusal}: ${result.reason}`);
  return result.plan;
}

describe("for any account, targets, prices and settings", () => {
  test("no plan of the planner fails its proof", () => {
    fc.assert(
      fc.property(INPUT, (input) => {
        const result = makePlan(input);
        const failures =
          result.kind === "refused" ? [result.refusal].filter((refusal) => refusal === "proof-failed") : provePlan(result.plan, input);
        expect(failures).toEqual([]);
      }),
      RUNS,
    );
  });

  test("nothing is ever sold short", () => {
    forPlans(INPUT, (plan, input) => {
      for (const order of plan.sells) {
        const holding = heldOf(input, order.symbol)!;
        expect(order.quantity!.lte(holding.available)).toBe(true);
        const isFractionable = input.assets.get(order.symbol)!.fractionable;
        const all = order.quantity!.eq(isFractionable ? holding.quantity : truncate(holding.quantity, 0));
        // Of whole shares, a partial sell may take all but the fraction; of an exit, all that is available.
        expect(order.fullExit ? all : !all || !isFractionable).toBe(true);
      }
    });
  });

  test("buys at their worst never take more than the cash that is free or expected", () => {
    forPlans(INPUT, (plan, input) => {
      const free = input.account.cash.minus(sum(input.workingOrders.map((order) => order.worstCaseCost)));
      const proceeds = sum(plan.sells.map((order) => valueOf(order, input)));
      const worst = sum(plan.buys.map((order) => order.worstCaseCost));
      if (plan.buys.length === 0) return;
      expect(worst.lte(free.plus(proceeds))).toBe(true);
      expect(worst.lte(input.account.buyingPower.plus(proceeds))).toBe(true);
      expect(input.account.cash.gte(ZERO)).toBe(true);
    });
  });

  test("nothing is traded whose split is not booked, or may not be", () => {
    forPlans(INPUT, (plan, input) => {
      expect([...plan.sells, ...plan.buys].filter(({ symbol }) => input.splits.has(symbol))).toEqual([]);
    });
  });

  test("nothing is sold in part, and no number of shares bought, at a price that nothing confirms", () => {
    forPlans(INPUT, (plan, input) => {
      const sized = [...plan.sells, ...plan.buys].filter(({ quantity, fullExit }) => quantity !== undefined && !fullExit);
      expect(sized.filter(({ symbol }) => input.observations.get(symbol)?.quote === undefined)).toEqual([]);
    });
  });

  test("no order goes past its target", () => {
    forPlans(INPUT, (plan, input) => {
      for (const order of [...plan.sells, ...plan.buys]) {
        const line = plan.lines.find((candidate) => candidate.symbol === order.symbol)!;
        const value = valueOf(order, input);
        const [below, above] =
          order.side === "buy" ? [line.actualValue.plus(value), line.targetValue] : [line.targetValue, line.actualValue.minus(value)];
        expect(below.lte(above)).toBe(true);
      }
    });
  });

  test("every held or wanted symbol has one line, in order, with an action or a reason", () => {
    forPlans(INPUT, (plan, input) => {
      const wanted = input.wanted.kind === "rebalance" ? [...input.wanted.targets.keys()] : [];
      const symbols = [...new Set([...wanted, ...input.holdings.map((holding) => holding.symbol)])].sort();
      expect(plan.lines.map((line) => line.symbol)).toEqual(symbols);
      for (const line of plan.lines) {
        const orders = [...plan.sells, ...plan.buys].filter((order) => order.symbol === line.symbol);
        expect(orders.map((order) => order.side)).toEqual(line.action === "none" ? [] : [line.action]);
        expect(line.action !== "none" || line.leftAlone !== undefined).toBe(true);
      }
      const nothingLacks = plan.lines.every((line) => line.leftAlone === undefined || isOnTargetReason(line.leftAlone));
      expect(nothingLacks || !plan.reachesTarget).toBe(true);
      const certain = plan.lines.every(({ leftAlone }) =>
        ["within-drift", "protected", "dust-cannot-close", undefined].includes(leftAlone),
      );
      expect(plan.reachesTarget || !certain).toBe(true);
    });
  });

  test("the order in which things are listed changes nothing", () => {
    fc.assert(
      fc.property(INPUT, (input) => {
        const targets = input.wanted.kind === "rebalance" ? new Map([...input.wanted.targets].reverse()) : new Map<string, Decimal>();
        const turned: PlanInput = {
          ...input,
          wanted: { kind: "rebalance", targets },
          holdings: [...input.holdings].reverse(),
          assets: new Map([...input.assets].reverse()),
          observations: new Map([...input.observations].reverse()),
          workingOrders: [...input.workingOrders].reverse(),
        };
        const [one, other] = [makePlan(input), makePlan(turned)];
        const told = (result: PlanResult): unknown => (result.kind === "plan" ? result.plan : result.refusal);
        expect(told(other)).toEqual(told(one));
      }),
      RUNS,
    );
  });

  test("a larger order than planned is caught by the proof", () => {
    forPlans(INPUT, (plan, input) => {
      const orders = [...plan.sells, ...plan.buys];
      orders.forEach((order, index) => {
        const more = order.notional === undefined ? { quantity: order.quantity!.plus(ONE) } : { notional: order.notional.plus(ONE) };
        const grown = orders.map((other, position) => (position === index ? { ...other, ...more } : other));
        const mutated = {
          ...plan,
          sells: grown.filter((other) => other.side === "sell"),
          buys: grown.filter((other) => other.side === "buy"),
        };
        expect(provePlan(mutated, input)).not.toEqual([]);
      });
    });
  });
});

describe("for any account in which nothing blocks trading", () => {
  test("selling, then buying, then planning again finds nothing to do, once the target is reached", () => {
    let reached = 0;
    forPlans(SMOOTH, (plan, input) => {
      const sold = filled(input, plan.sells, "buying");
      const buying = expectPlan(sold);
      if (!buying.reachesTarget) return;
      reached += 1;
      const again = expectPlan(filled(sold, buying.buys, "selling"));
      expect([...again.sells, ...again.buys]).toEqual([]);
      expect(again.reachesTarget).toBe(true);
    });
    expect(reached).toBeGreaterThan(RUNS.numRuns / 3);
  });

  test("with fractions the target is always reached in one go", () => {
    const fractional = SMOOTH.map((input) => ({
      ...input,
      assets: new Map([...input.assets].map(([symbol, asset]) => [symbol, asset && { ...asset, fractionable: true }])),
    }));
    forPlans(fractional, (plan, input) => {
      const sold = filled(input, plan.sells, "buying");
      const buying = expectPlan(sold);
      const after = expectPlan(filled(sold, buying.buys, "selling"));
      const band = max(after.base.times(input.settings.driftBand), max(ONE, input.settings.minTradeValue));
      const tooFar = after.lines.filter((line) => line.actualValue.minus(line.targetValue).abs().gt(band.plus(CENT)));
      expect(tooFar).toEqual([]);
    });
  });

  test("buys never use up the cash reserve", () => {
    forPlans(SMOOTH, (plan, input) => {
      const after = filled(input, [...plan.sells, ...plan.buys], "buying");
      const reserve = after.account.equity.times(input.settings.cashReserve);
      expect(plan.buys.length === 0 || after.account.cash.gte(reserve.minus(CENT))).toBe(true);
    });
  });

  test("dollars are neither made nor lost: what sells bring and buys take is the change of cash", () => {
    forPlans(SMOOTH, (plan, input) => {
      const brought = sum(plan.sells.map((order) => order.estimatedValue));
      const taken = sum(plan.buys.map((order) => order.estimatedValue));
      const notional = sum(plan.buys.map((order) => order.notional ?? ZERO));
      expect(plan.spendable.eq(input.account.cash.plus(brought))).toBe(true);
      expect(taken.lte(plan.spendable)).toBe(true);
      expect(notional.eq(truncate(notional, 2))).toBe(true);
    });
  });
});
