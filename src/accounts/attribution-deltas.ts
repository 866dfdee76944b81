import type { SubAccountHolding, AttributionDelta } from "../domain/ledger/sub-accounts.ts";
import type { StrategyTarget } from "../domain/strategy-target.ts";
import type { Decimal } from "../domain/decimal.ts";
import { max, min, ONE, SHARE_DECIMALS, sum, truncate, ZERO } from "../domain/decimal.ts";
import type { SkipReason, Plan, PlanLine } from "../portfolio/plan.ts";
import { allocate } from "./allocate.ts";
import { SubAccounts } from "./sub-account.ts";
import { UNATTRIBUTED } from "../domain/strategy-target.ts";

/** Shares left alone for these reasons are not divided among the strategies. */
const UNTOUCHED: readonly SkipReason[] = [
  "protected",
  "unattributed",
  "split-unbooked",
  "split-suspected",
  "no-market-data",
  "unreadable-position",
];

/**
 * The shares each sub-account wanted to trade when an execution was planned (R32): its targets at the plan's
 * prices, less what it holds. Sub-accounts without a target give up what they hold, the unattributed one
 * too: once a strategy names a symbol, all its shares count towards that target.
 * @param positions the account's positions at planning time.
 */
export function attributionDeltasFor(
  plan: Pick<Plan, "base" | "lines" | "sells" | "buys">,
  strategyTargets: readonly StrategyTarget[],
  holdings: readonly SubAccountHolding[],
  positions: readonly { readonly symbol: string; readonly quantity: Decimal }[],
): AttributionDelta[] {
  const subAccounts = new SubAccounts(holdings);
  const held = new Map(positions.map(({ symbol, quantity }) => [symbol, quantity]));
  const planned = plan.lines.flatMap((line) => {
    if (line.leftAlone !== undefined && UNTOUCHED.includes(line.leftAlone)) return [];
    return lineDeltas(line, plan, strategyTargets, subAccounts.held(line.symbol), held.get(line.symbol) ?? ZERO);
  });
  return [...planned, ...goneDeltas(plan, subAccounts, held)].filter(({ quantity }) => !quantity.eq(ZERO));
}

function lineDeltas(
  line: PlanLine,
  plan: Pick<Plan, "base" | "sells" | "buys">,
  strategyTargets: readonly StrategyTarget[],
  held: ReadonlyMap<string, Decimal>,
  position: Decimal,
): AttributionDelta[] {
  const { symbol } = line;
  const known = planPrice(line, position);
  // Dollar orders also buy symbols without a price (R10); when nothing is held yet, only the proportion of the deltas matters.
  const price = known ?? (line.action === "buy" ? ONE : undefined);
  const targets = new Map<string, Decimal>();
  for (const { strategy, share, targets: weights } of strategyTargets) {
    const worth = share.times(weights.get(symbol) ?? ZERO).times(plan.base);
    if (worth.eq(ZERO)) continue;
    // Without a price the number of shares is unknown, and nothing is traded either.
    if (price === undefined) return [];
    targets.set(strategy, truncate(worth.div(price), SHARE_DECIMALS));
  }
  const all = new Map([...held, [UNATTRIBUTED, position.minus(sum(held.values()))] as const]);
  const wanted = withRemainder(targets, all, position.plus(plannedQuantity(symbol, plan, price)));
  const names = [...new Set([...targets.keys(), ...all.keys()])];
  return names.map((book) => ({
    symbol,
    book,
    quantity: (wanted.get(book) ?? ZERO).minus(all.get(book) ?? ZERO),
    price: known,
  }));
}

/** The plan's price of a share: the checked price, else the broker's own (R9). Dollars. */
function planPrice({ checkedPrice, actualValue, leftAlone }: PlanLine, position: Decimal): Decimal | undefined {
  const isCounted = leftAlone !== "price-doubt" && position.gt(ZERO) && actualValue.gt(ZERO);
  return checkedPrice ?? (isCounted ? actualValue.div(position) : undefined);
}

/**
 * Shares that stay in the account above all targets (inside the drift band, for example) go to the
 * sub-accounts that target the symbol; otherwise they would stay with those that no longer want it.
 * @param expected shares in the account after the plan.
 */
function withRemainder(
  targets: ReadonlyMap<string, Decimal>,
  held: ReadonlyMap<string, Decimal>,
  expected: Decimal,
): ReadonlyMap<string, Decimal> {
  const leaving = sum([...held].map(([book, quantity]) => (targets.has(book) ? ZERO : max(ZERO, quantity))));
  const remainder = min(leaving, expected.minus(sum(targets.values())));
  if (targets.size === 0 || remainder.lte(ZERO)) return targets;
  const more = allocate(remainder, targets, SHARE_DECIMALS);
  return new Map([...targets].map(([book, quantity]) => [book, quantity.plus(more.get(book) ?? ZERO)]));
}

/** Shares that the plan trades of a symbol, negative for a sell. */
function plannedQuantity(symbol: string, { sells, buys }: Pick<Plan, "sells" | "buys">, price: Decimal | undefined): Decimal {
  const sell = sells.find((order) => order.symbol === symbol)?.quantity ?? ZERO;
  const order = buys.find((each) => each.symbol === symbol);
  const bought = order?.quantity ?? (price === undefined ? undefined : order?.notional?.div(price)) ?? ZERO;
  return truncate(bought, SHARE_DECIMALS).minus(sell);
}

/** Shares in the sub-accounts that the account no longer holds, because they were sold by hand. They are written off at cost. */
function goneDeltas(plan: Pick<Plan, "lines">, subAccounts: SubAccounts, positions: ReadonlyMap<string, Decimal>): AttributionDelta[] {
  const alive = new Set([...plan.lines.map(({ symbol }) => symbol), ...positions.keys()]);
  const gone = subAccounts.holdings.filter(({ symbol, quantity }) => !alive.has(symbol) && !quantity.eq(ZERO));
  return [...new Set(gone.map(({ symbol }) => symbol))].flatMap((symbol) => {
    const held = subAccounts.held(symbol);
    const given = [...held].map(([book, quantity]): AttributionDelta => ({ symbol, book, quantity: quantity.neg(), price: undefined }));
    return [...given, { symbol, book: UNATTRIBUTED, quantity: sum(held.values()), price: undefined }];
  });
}
