import { formatDollars, formatShares } from "../domain/format.ts";
import { decimal, max, min, ONE, sum, truncate, ZERO, type Decimal } from "../domain/decimal.ts";
import type { Holding, PlanInput } from "./plan-input.ts";
import type { Plan, PlannedOrder } from "./plan-result.ts";
import { priceOf } from "./price.ts";

export type ProofRule =
  | "cash"
  | "reserve"
  | "gross"
  | "equity"
  | "short"
  | "limit"
  | "price"
  | "symbol"
  | "amount"
  | "overshoot"
  | "phase"
  | "unbuyable";

export interface ProofFailure {
  readonly rule: ProofRule;
  readonly symbol?: string;
  /** One sentence for a person. */
  readonly message: string;
}

const CENT = decimal("0.01");
const WORST_FILL = decimal("1.04");
const EQUITY_TOLERANCE = decimal("0.02");
const ROUNDING = decimal("0.000001");
const WHOLE_RUN = decimal("0.98");
const MOST_AT_BROKERS_PRICE = decimal("0.2");
const BROKER_NEAR_CLOSE = decimal("1.2");

/**
 * Checks a whole plan against the rules in one place, before its first order (R13). Everything is
 * recalculated from the input, without the planner's code, so that a bug there is caught here.
 * @param input the same snapshot that the plan was made from; other prices would give other targets.
 * @returns every violation; empty when the plan may be sent.
 */
export function provePlan(plan: Plan, input: PlanInput): ProofFailure[] {
  const facts = factsOf(input);
  const orders = [...plan.sells, ...plan.buys];
  return [
    ...provePhase(plan, input),
    ...proveOneOrderEach(orders),
    ...orders.flatMap((order) => [
      ...proveSymbol(order, facts),
      ...provePrice(order, facts),
      ...proveAmount(order, facts),
      ...proveLimit(order, facts),
    ]),
    ...plan.sells.flatMap((order) => [...proveNoShort(order, facts), ...proveSellStops(order, facts)]),
    ...plan.buys.flatMap((order) => proveBuyStops(order, facts)),
    ...proveBrokersPrices(plan, facts),
    ...proveMoney(plan, facts),
    ...provePurchases(plan, facts),
  ];
}

interface Facts {
  readonly input: PlanInput;
  readonly held: ReadonlyMap<string, Holding>;
  /** Protected symbols: those listed, and positions that are not US equities or cannot be read (R9, R34). */
  readonly guarded: ReadonlySet<string>;
  /** Cash and unprotected positions, without those that may have been split. */
  readonly worth: Decimal;
  /** All positions, protected or not. */
  readonly gross: Decimal;
  readonly base: Decimal;
}

function factsOf(input: PlanInput): Facts {
  const guarded = guardedSymbols(input);
  const valued = input.holdings.map((holding) => ({
    counted:
      !guarded.has(holding.symbol) &&
      input.settings.allowedSymbols?.has(holding.symbol) !== false &&
      input.splits.get(holding.symbol)?.kind !== "split-suspected",
    value: heldValue(holding, { input, guarded }),
  }));
  const worth = input.account.cash.plus(sum(valued.filter((entry) => entry.counted).map((entry) => entry.value)));
  return {
    input,
    held: new Map(input.holdings.map((holding) => [holding.symbol, holding])),
    guarded,
    worth,
    gross: sum(valued.map((entry) => entry.value)),
    base: worth.minus(worth.times(input.settings.cashReserve)),
  };
}

function guardedSymbols(input: PlanInput): ReadonlySet<string> {
  const others = input.holdings
    .filter((holding) => holding.assetClass !== "us_equity" || holding.problem !== undefined)
    .map((holding) => holding.symbol);
  return new Set([...input.settings.protectedSymbols, ...others]);
}

function heldValue(holding: Holding, { input, guarded }: Pick<Facts, "input" | "guarded">): Decimal {
  const split = input.splits.get(holding.symbol);
  const isOutside = input.settings.allowedSymbols?.has(holding.symbol) === false;
  if (isOutside || guarded.has(holding.symbol) || split?.kind === "split-suspected") return holding.marketValue;
  const checked = priceOf(holding.symbol, input);
  if ("doubt" in checked) return holding.marketValue;
  const value = checked.price.times(holding.quantity);
  return split === undefined ? value : value.div(split.ratio);
}

function tradePrice(symbol: string, input: PlanInput): Decimal | undefined {
  const checked = priceOf(symbol, input);
  return "doubt" in checked ? undefined : checked.price;
}

function failure(rule: ProofRule, symbol: string, message: string): ProofFailure[] {
  return [{ rule, symbol, message: `${symbol}: ${message}.` }];
}

function provePhase(plan: Plan, { phase, wanted }: PlanInput): ProofFailure[] {
  const wrongSide = [...plan.sells.filter((order) => order.side !== "sell"), ...plan.buys.filter((order) => order.side !== "buy")];
  return [
    ...wrongSide.flatMap((order) => failure("phase", order.symbol, `a ${order.side} is among the orders of the other side`)),
    ...(phase === "buying" ? plan.sells.flatMap((order) => failure("phase", order.symbol, "a sell after the selling phase")) : []),
    ...(wanted.kind === "exit" ? plan.buys.flatMap((order) => failure("phase", order.symbol, "a buy in an exit")) : []),
  ];
}

function proveOneOrderEach(orders: readonly PlannedOrder[]): ProofFailure[] {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const { symbol } of orders) (seen.has(symbol) ? repeated : seen).add(symbol);
  return [...repeated].flatMap((symbol) => failure("symbol", symbol, "more than one order"));
}

function proveSymbol(order: PlannedOrder, { input, guarded }: Facts): ProofFailure[] {
  const { symbol } = order;
  const asset = input.assets.get(symbol);
  const { allowedSymbols } = input.settings;
  const isExit = order.side === "sell" && order.fullExit;
  if (guarded.has(symbol)) return failure("symbol", symbol, "an order for a protected symbol");
  if (input.excluded.has(symbol)) return failure("symbol", symbol, "an order for a symbol that must no longer be traded");
  if (input.workingOrders.some((working) => working.symbol === symbol)) return failure("symbol", symbol, "another order is still open");
  if (input.splits.has(symbol)) return failure("symbol", symbol, "it may have a split that is not booked");
  if (belongsToNobody(symbol, input)) return failure("symbol", symbol, "no known strategy names it");
  if (allowedSymbols !== undefined && !allowedSymbols.has(symbol)) return failure("symbol", symbol, "not in ALLOWED_SYMBOLS");
  if (asset?.active !== true || !(asset.tradable || isExit)) return failure("symbol", symbol, "not known as active and tradable");
  if (order.side === "buy" && asset.purchaseBlock !== undefined) return failure("symbol", symbol, "this account may not buy it");
  if (isRenamed(symbol, input)) return failure("symbol", symbol, "its ticker has changed");
  return input.wanted.kind === "exit" && !input.wanted.symbols.includes(symbol) ? failure("symbol", symbol, "not named by the exit") : [];
}

/** The old ticker of a target, or a position under its new one that no target names (R12). */
function isRenamed(symbol: string, { renamed, wanted }: PlanInput): boolean {
  if (renamed === undefined) return false;
  const isTarget = wanted.kind === "rebalance" && wanted.targets.has(symbol);
  return renamed.has(symbol) || (!isTarget && [...renamed.values()].includes(symbol));
}

/** R31: with several strategies only symbols that one of them names, or is known to have named, may be traded. */
function belongsToNobody(symbol: string, { wanted }: PlanInput): boolean {
  if (wanted.kind === "exit" || wanted.known === undefined) return false;
  return ![...wanted.targets.keys(), ...wanted.known].includes(symbol);
}

/** Dollar orders and full exits need no price; a number of shares is only as good as its price (R10). */
function provePrice({ symbol, side, quantity, notional, fullExit }: PlannedOrder, { input }: Facts): ProofFailure[] {
  const checked = priceOf(symbol, input);
  if ("doubt" in checked) return notional !== undefined || fullExit ? [] : failure("price", symbol, checked.reason);
  const ask = input.observations.get(symbol)?.quote?.ask;
  if (side === "sell" || quantity === undefined || ask === undefined || input.marketClosed === true) return [];
  return ask.lte(checked.price.times(WORST_FILL))
    ? []
    : failure("price", symbol, "whole shares at an ask more than 4 % above the checked price");
}

/** R9: a position may be valued at the broker's own price only if that price decides little or nothing. */
function proveBrokersPrices(plan: Plan, facts: Facts): ProofFailure[] {
  const { input, guarded, base } = facts;
  if (input.wanted.kind === "exit" && input.wanted.kept === undefined) return [];
  const doubtful = input.holdings.filter(({ symbol, quantity }) => {
    const isOutside = input.settings.allowedSymbols?.has(symbol) === false;
    const counted = !guarded.has(symbol) && !isOutside && input.splits.get(symbol)?.kind !== "split-suspected" && !quantity.eq(ZERO);
    return counted && tradePrice(symbol, input) === undefined;
  });
  const sold = new Set(plan.sells.filter(({ fullExit }) => fullExit).map(({ symbol }) => symbol));
  return doubtful.flatMap((holding) => {
    const { symbol, marketValue } = holding;
    const target = targetOf(symbol, facts);
    const near = target.gt(ZERO) && marketValue.minus(target).abs().lte(input.settings.driftBand.times(base));
    if (!input.splits.has(symbol) && (sold.has(symbol) || near || isHarmless(holding, input))) return [];
    return failure("price", symbol, "too much of the account to count at the broker's own price");
  });
}

function isHarmless({ symbol, quantity, marketValue }: Holding, { account, observations }: PlanInput): boolean {
  const close = observations.get(symbol)?.previousClose?.price.times(quantity);
  if (close === undefined || marketValue.lte(ZERO)) return false;
  const isNear = marketValue.lte(close.times(BROKER_NEAR_CLOSE)) && close.lte(marketValue.times(BROKER_NEAR_CLOSE));
  return isNear && marketValue.lte(account.equity.times(MOST_AT_BROKERS_PRICE));
}

function proveAmount(order: PlannedOrder, { input }: Facts): ProofFailure[] {
  const { symbol, quantity, notional } = order;
  if ((quantity === undefined) === (notional === undefined))
    return failure("amount", symbol, "exactly one of quantity and notional is needed");
  if (notional !== undefined) return proveNotional(order, notional, input.assets.get(symbol)?.fractionable === true);
  if (quantity === undefined) return [];
  if (quantity.lte(ZERO) || !quantity.eq(truncate(quantity, 9)))
    return failure("amount", symbol, `${quantity.toFixed()} shares is not a quantity of at most 9 decimals`);
  const whole = quantity.eq(truncate(quantity, 0));
  return whole || input.assets.get(symbol)?.fractionable === true ? [] : failure("amount", symbol, "fractions of it cannot be traded");
}

function proveNotional(order: PlannedOrder, notional: Decimal, fractionable: boolean): ProofFailure[] {
  if (order.side === "sell") return failure("amount", order.symbol, "sells are sized in shares, never in dollars");
  if (!fractionable) return failure("amount", order.symbol, "fractions of it cannot be bought");
  if (notional.lt(ONE)) return failure("amount", order.symbol, `${notional.toFixed()} dollars is below the smallest order of $1.00`);
  return notional.eq(truncate(notional, 2))
    ? []
    : failure("amount", order.symbol, `${notional.toFixed()} dollars has more than 2 decimals`);
}

/** Value of an order at the checked price; a full exit without one counts at the broker's value. */
function valueOf(order: PlannedOrder, { input, held }: Facts): Decimal | undefined {
  if (order.notional !== undefined) return order.notional;
  const price = tradePrice(order.symbol, input);
  if (price !== undefined) return order.quantity?.times(price);
  const holding = order.fullExit ? held.get(order.symbol) : undefined;
  if (holding === undefined || order.quantity?.eq(holding.quantity) !== false) return holding?.marketValue;
  return holding.marketValue.times(order.quantity).div(holding.quantity);
}

function worstOf(order: PlannedOrder, facts: Facts): Decimal | undefined {
  return order.notional ?? valueOf(order, facts)?.times(WORST_FILL);
}

function proveLimit(order: PlannedOrder, facts: Facts): ProofFailure[] {
  const limit = facts.input.settings.maxOrderValue;
  const value = valueOf(order, facts);
  if (value === undefined) return failure("amount", order.symbol, "the value of the order is unknown without a checked price");
  if (limit !== undefined && value.gt(limit))
    return failure("limit", order.symbol, `${formatDollars(value)} is above MAX_ORDER_VALUE (${formatDollars(limit)})`);
  const bound = order.side === "buy" ? facts.input.mayBuy?.get(order.symbol) : undefined;
  if (bound === undefined || value.lte(bound)) return [];
  return failure("limit", order.symbol, `buys ${formatDollars(value)}, of which the signal may buy no more than ${formatDollars(bound)}`);
}

function proveNoShort(order: PlannedOrder, { held }: Facts): ProofFailure[] {
  const holding = held.get(order.symbol);
  const quantity = order.quantity ?? ZERO;
  if (holding === undefined) return failure("short", order.symbol, "sold without being held");
  if (quantity.lte(holding.available) && quantity.lte(holding.quantity)) return [];
  return failure(
    "short",
    order.symbol,
    `sells ${formatShares(quantity)}, but ${formatShares(min(holding.available, holding.quantity))} may be sold`,
  );
}

function targetOf(symbol: string, { input, base }: Facts): Decimal {
  const weights = input.wanted.kind === "rebalance" ? input.wanted.targets : input.wanted.kept;
  return (weights?.get(symbol) ?? ZERO).times(base);
}

function proveSellStops(order: PlannedOrder, facts: Facts): ProofFailure[] {
  const holding = facts.held.get(order.symbol);
  if (holding === undefined) return [];
  const target = targetOf(order.symbol, facts);
  if (target.eq(ZERO)) return proveExit(order, holding, facts);
  if (order.fullExit) return failure("overshoot", order.symbol, "marked as a full exit, but it has a target");
  const left = heldValue(holding, facts).minus(valueOf(order, facts) ?? ZERO);
  return left.gte(target.minus(CENT))
    ? []
    : failure("overshoot", order.symbol, `the sell would leave ${formatDollars(left)}, below the target of ${formatDollars(target)}`);
}

/** All that is available; it is marked as a full exit where no more than a rounding remains, or less than a share that trades whole. */
function proveExit({ symbol, quantity, fullExit }: PlannedOrder, holding: Holding, { input }: Facts): ProofFailure[] {
  const places = input.assets.get(symbol)?.fractionable === true ? 9 : 0;
  const most = truncate(min(holding.quantity, holding.available), places);
  const isFull = truncate(holding.quantity, places).minus(most).lt(ROUNDING);
  if (quantity?.eq(most) === true && fullExit === isFull) return [];
  return failure("overshoot", symbol, "it has no target, so all of it that is available must be sold, and marked as that");
}

function proveBuyStops(order: PlannedOrder, facts: Facts): ProofFailure[] {
  const holding = facts.held.get(order.symbol);
  const before = holding === undefined ? ZERO : heldValue(holding, facts);
  const after = before.plus(valueOf(order, facts) ?? ZERO);
  const target = targetOf(order.symbol, facts);
  return after.lte(target.plus(CENT))
    ? []
    : failure("overshoot", order.symbol, `the buy would make ${formatDollars(after)}, above the target of ${formatDollars(target)}`);
}

function proveMoney(plan: Plan, facts: Facts): ProofFailure[] {
  const { account, workingOrders, settings, wanted } = facts.input;
  const working = sum(workingOrders.filter((order) => order.side === "buy").map((order) => order.worstCaseCost));
  const proceeds = sum(plan.sells.map((order) => valueOf(order, facts) ?? ZERO));
  const spendable = min(account.cash.minus(working), account.buyingPower).plus(proceeds);
  const worst = sum(plan.buys.map((order) => worstOf(order, facts) ?? ZERO));
  const expected = sum(plan.buys.map((order) => valueOf(order, facts) ?? ZERO));
  const equity = account.cash.plus(facts.gross);
  const say = (rule: ProofRule, holds: boolean, message: string): ProofFailure[] => (holds ? [] : [{ rule, message }]);
  const buys = plan.buys.length > 0;
  return [
    ...say(
      "short",
      !facts.input.holdings.some(({ symbol, quantity }) => quantity.lt(ZERO) && !facts.guarded.has(symbol)),
      "The account holds a short position.",
    ),
    ...say(
      "equity",
      (wanted.kind === "exit" && wanted.kept === undefined) || agrees(equity, facts),
      "Cash and positions do not agree with the broker's equity.",
    ),
    ...say("equity", plan.base.eq(facts.base), `The base is ${formatDollars(facts.base)}, the plan says ${formatDollars(plan.base)}.`),
    ...say("cash", !buys || account.cash.gte(ZERO), "The account owes money and may only be reduced, but the plan buys."),
    ...say(
      "cash",
      !buys || worst.lte(spendable),
      `The buys may take ${formatDollars(worst)}, but ${formatDollars(spendable)} may be spent.`,
    ),
    ...say(
      "cash",
      plan.spendable.eq(max(ZERO, spendable)),
      `${formatDollars(spendable)} may be spent, the plan says ${formatDollars(plan.spendable)}.`,
    ),
    ...say(
      "reserve",
      !buys || expected.lte(account.cash.minus(working).minus(facts.worth.times(settings.cashReserve)).plus(proceeds)),
      "The buys would use up the cash reserve.",
    ),
    ...say(
      "gross",
      !buys || facts.gross.minus(proceeds).plus(working).plus(worst).lte(equity),
      "The positions could exceed 100 % of equity.",
    ),
    ...plan.buys.flatMap((order) => proveStatedCost(order, facts)),
  ];
}

/** R12: while more of the run than MAX_UNBUYABLE_PERCENT cannot be bought, nothing is sent. */
function provePurchases(plan: Plan, facts: Facts): ProofFailure[] {
  const { phase, wanted, settings, begun } = facts.input;
  const decides = phase === "selling" && begun !== true && wanted.kind === "rebalance" && settings.unbuyableAction === "refuse";
  if (!decides || plan.sells.length + plan.buys.length === 0) return [];
  const lacking = [...wanted.targets].filter(([symbol]) => !mayBeBought(symbol, facts) && isShort(symbol, facts));
  const share = sum(lacking.map(([, weight]) => weight));
  const run = sum(wanted.targets.values());
  if (share.lte(settings.maxUnbuyable.times(run.lt(WHOLE_RUN) ? run : ONE))) return [];
  const message = `Too much of the run cannot be bought: ${lacking.map(([symbol]) => symbol).join(", ")}.`;
  return [{ rule: "unbuyable", message }];
}

function mayBeBought(symbol: string, { input: { assets, renamed, settings } }: Facts): boolean {
  const asset = assets.get(symbol);
  const isKnown = asset?.active === true && asset.tradable && asset.purchaseBlock === undefined;
  return isKnown && renamed?.has(symbol) !== true && settings.allowedSymbols?.has(symbol) !== false;
}

/** Below its target by more than the drift band, or not held at all; protected symbols are never bought. */
function isShort(symbol: string, facts: Facts): boolean {
  const holding = facts.held.get(symbol);
  if (facts.guarded.has(symbol)) return false;
  if (holding === undefined) return true;
  return targetOf(symbol, facts).minus(heldValue(holding, facts)).gt(facts.base.times(facts.input.settings.driftBand));
}

/** Later stages reserve cash by the order's stated worst case, so it must not be too low. */
function proveStatedCost(order: PlannedOrder, facts: Facts): ProofFailure[] {
  const worst = worstOf(order, facts);
  return worst !== undefined && order.worstCaseCost.gte(worst) ? [] : failure("cash", order.symbol, "its stated worst case is too low");
}

/** How pending split bookings will change the broker's equity. */
function unbookedSince(facts: Facts): Decimal {
  const { holdings, splits } = facts.input;
  const unbooked = holdings.filter(({ symbol }) => splits.get(symbol)?.kind === "split-unbooked" && !facts.guarded.has(symbol));
  return sum(unbooked.map((holding) => heldValue(holding, facts).minus(holding.marketValue)));
}

/** Including unreadable positions, which may be worth the whole difference. */
function agrees(known: Decimal, facts: Facts): boolean {
  const equity = facts.input.account.equity.plus(unbookedSince(facts));
  if (near(known, equity)) return true;
  const odd = facts.input.holdings.filter(({ problem }) => problem !== undefined);
  return odd.length > 0 && known.minus(sum(odd.map(({ marketValue }) => marketValue.abs()))).lte(equity);
}

function near(one: Decimal, other: Decimal): boolean {
  return one.minus(other).abs().lte(other.abs().times(EQUITY_TOLERANCE));
}
