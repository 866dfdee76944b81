import type { SubAccountHolding, AttributionDelta } from "../domain/ledger/sub-accounts.ts";
import type { StrategyTarget } from "../domain/strategy-target.ts";
import type { Decimal } from "../domain/decimal.ts";
import { max, min, ONE, SHARE_DECIMALS, sum, truncate, ZERO } from "../domain/decimal.ts";
import type { SkipReason, Plan, PlanLine } from "../portfolio/plan.ts";
import { allocate } from "./allocate.ts";
import { SubAccounts } from "./sub-account.ts";
import { UNATTRIBUTED } from "../domain/strategy-target.ts";

/** What is left for these reasons is not the strategies' to divide. */
const UNTOUCHED: readonly SkipReason[] = ["protected", "unattributed", "split-unbooked", "split-suspected", "unreadable-position"];

/**
 * What each book wished to trade when an execution was planned (R32): the shares that its targets come to
 * at the plan's prices, less those that it holds. Books without a target want to be rid of what they hold,
 * the unattributed one too: once a strategy names a symbol, its shares count towards that target.
 * @param positions the account as it was planned for.
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
  // Dollars buy what has no price too (R10); where nothing is held yet only the proportion of the wishes counts.
  const price = known ?? (line.action === "buy" ? ONE : undefined);
  const targets = new Map<string, Decimal>();
  for (const { strategy, share, targets: weights } of strategyTargets) {
    const worth = share.times(weights.get(symbol) ?? ZERO).times(plan.base);
    if (worth.eq(ZERO)) continue;
    // Without a price nobody can say how many shares that is, and nothing is traded for it either.
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

/** What the plan counts a share at: the checked price, else the broker's own (R9). Dollars. */
function planPrice({ checkedPrice, actualValue, leftAlone }: PlanLine, position: Decimal): Decimal | undefined {
  const isCounted = leftAlone !== "price-doubt" && position.gt(ZERO) && actualValue.gt(ZERO);
  return checkedPrice ?? (isCounted ? actualValue.div(position) : undefined);
}

/**
 * What stays in the account above all targets (inside the drift band, say) would else stay in the books of
 * those who want none of the symbol any more: it goes to those who do.
 * @param expected shares that the account will hold after the plan.
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

/** What the books hold and the account does not any more: somebody sold it by hand. It is given up, at what it had cost. */
function goneDeltas(plan: Pick<Plan, "lines">, subAccounts: SubAccounts, positions: ReadonlyMap<string, Decimal>): AttributionDelta[] {
  const alive = new Set([...plan.lines.map(({ symbol }) => symbol), ...positions.keys()]);
  const gone = subAccounts.holdings.filter(({ symbol, quantity }) => !alive.has(symbol) && !quantity.eq(ZERO));
  return [...new Set(gone.map(({ symbol }) => symbol))].flatMap((symbol) => {
    const held = subAccounts.held(symbol);
    const given = [...held].map(([book, quantity]): AttributionDelta => ({ symbol, book, quantity: quantity.neg(), price: undefined }));
    return [...given, { symbol, book: UNATTRIBUTED, quantity: sum(held.values()), price: undefined }];
  });
}
