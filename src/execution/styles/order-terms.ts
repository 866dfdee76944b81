import type { MarketPrices, Side } from "../../domain/broker.ts";
import type { Goal, IntentCode, IntentRecord, OrderTerms, QuoteSeen } from "../../domain/ledger/orders.ts";
import { askAbove } from "../../portfolio/buyable.ts";
import type { SkipReason } from "../../portfolio/skip-reason.ts";
import type { Decimal } from "../../domain/decimal.ts";
import { CENT_DECIMALS, decimal, max, min, ONE, SHARE_DECIMALS, truncate, ZERO } from "../../domain/decimal.ts";
import type { LimitOrderSettings } from "../../domain/execution-style.ts";
import type { SaneQuote } from "./sane-quote.ts";
import { collarCentre, collarEdge, saneQuote } from "./sane-quote.ts";
import { isOnTick } from "./tick.ts";

/** Input for pricing an order right before it is sent. */
export interface PricingFacts {
  /** Of limit style, and proven never to have been sent. */
  readonly intent: IntentRecord;
  readonly prices: MarketPrices | undefined;
  /** By the clock of the prices' stamps, milliseconds since the epoch. */
  readonly now: number;
  readonly settings: LimitOrderSettings;
  /** Attempts of the same planned trade that were cancelled before they were filled. */
  readonly cutShort: number;
  /** Attempts of it that were filled. */
  readonly filledParts: number;
  /** How long the order has waited for a sane quote, milliseconds. */
  readonly waitedMs: number;
  /** Dollars: a smaller rest is added to the part before it. */
  readonly minimum: Decimal;
}

/** Result of pricing an order. */
export type Pricing =
  | { readonly kind: "priced"; readonly terms: OrderTerms }
  /** Nothing to price it from yet. */
  | { readonly kind: "wait"; readonly reason: string }
  /** It is not sent at all. */
  | { readonly kind: "leave"; readonly leftAlone: SkipReason & IntentCode; readonly reason: string };

/** The venue's smallest order, dollars. */
const VENUE_MINIMUM = ONE;
/** A market buy of whole shares counts this much above the ask against its money, as in a plan (R11). */
const MARKET_BUY_CUSHION = decimal("1.04");
/** Maximum parts of one planned trade, however thinly the symbol is traded. */
const MOST_PARTS = 10;

/**
 * How a limit-style order is sent: at the ask (buy) or bid (sell) of a sane quote, for at most the rest of its
 * goal in shares and, for buys, in dollars. After the last limit the rest is sent as a market order, also only
 * on a sane quote. Pure.
 */
export function priceOrder(facts: PricingFacts): Pricing {
  const { intent, prices, now, settings } = facts;
  const dear = askTooDear(intent, prices);
  if (dear !== undefined) return { kind: "leave", leftAlone: "price-doubt", reason: dear };
  const judged = saneQuote(intent.side, prices, now, settings);
  if ("doubt" in judged) return withoutQuote(facts, judged.doubt);
  return facts.cutShort > settings.repegs && settings.then === "market" ? marketTerms(facts, judged) : limitTerms(facts, judged);
}

/** A buy of whole shares, sized by its price: the ask is checked at its POST too (R11). */
export function isOfWholeShares({ side, notional, quantity, goal }: IntentRecord): boolean {
  return side === "buy" && notional === undefined && quantity !== undefined && goal?.inDollars !== true;
}

/** R11: why a buy of whole shares is not sent at the current ask, in either style. */
export function askTooDear(intent: IntentRecord, prices: MarketPrices | undefined): string | undefined {
  const { estimatedValue, quantity } = intent;
  if (!isOfWholeShares(intent) || quantity?.gt(ZERO) !== true) return undefined;
  return askAbove(prices?.quote?.ask, estimatedValue.div(quantity));
}

/** How long to wait for a sane quote: as long as its limits would have been tried. */
function patienceMs({ repegMs, repegs }: Pick<LimitOrderSettings, "repegMs" | "repegs">): number {
  return repegMs * (repegs + 1);
}

function withoutQuote({ intent, settings, waitedMs }: PricingFacts, reason: string): Pricing {
  if (waitedMs < patienceMs(settings)) return { kind: "wait", reason };
  if (settings.withoutQuote === "leave") return { kind: "leave", leftAlone: "quote-doubt", reason };
  return blindMarketTerms(intent);
}

/** As in market style: there is nothing to compare it with. */
function blindMarketTerms(intent: IntentRecord): Pricing {
  const goal = goalOf(intent);
  const notional = goal.inDollars ? truncate(goal.cost ?? ZERO, CENT_DECIMALS) : undefined;
  if (notional?.lt(VENUE_MINIMUM) === true) return TOO_SMALL;
  const { estimatedValue, worstCaseCost } = intent;
  const amount = { notional, quantity: notional === undefined ? goal.quantity : undefined };
  return priced({ orderType: "market", ...amount, limitPrice: undefined, estimatedValue, worstCaseCost, goal, quote: undefined });
}

function limitTerms(facts: PricingFacts, { limit, quote }: SaneQuote): Pricing {
  const { intent } = facts;
  const goal = goalOf(intent);
  const wanted = goal.quantity ?? truncate((goal.cost ?? ZERO).div(limit), SHARE_DECIMALS);
  const affordable = goal.cost === undefined ? wanted : min(wanted, truncate(goal.cost.div(limit), goal.inDollars ? SHARE_DECIMALS : 0));
  const quantity = partOf(affordable, limit, facts);
  const tooSmall = refuseSmall(intent, quantity, limit);
  if (tooSmall !== undefined) return tooSmall;
  return priced({
    orderType: "limit",
    quantity,
    limitPrice: limit,
    estimatedValue: estimateOf(intent, quantity, wanted),
    worstCaseCost: intent.side === "buy" ? quantity.times(limit) : ZERO,
    goal: { ...goal, quantity: wanted },
    quote,
  });
}

/** The rest after the last limit. Fractional buys are sent in dollars, so that the money limits them whatever the ask becomes. */
function marketTerms({ intent }: PricingFacts, { quote, limit }: SaneQuote): Pricing {
  const goal = goalOf(intent);
  const rest = goal.quantity ?? truncate((goal.cost ?? ZERO).div(limit), SHARE_DECIMALS);
  const terms = { orderType: "market", limitPrice: undefined, goal, quote } as const;
  if (goal.cost === undefined) {
    return priced({ ...terms, quantity: rest, estimatedValue: intent.estimatedValue, worstCaseCost: ZERO });
  }
  if (goal.inDollars) {
    const notional = truncate(min(goal.cost, rest.times(limit)), CENT_DECIMALS);
    if (notional.lt(VENUE_MINIMUM)) return TOO_SMALL;
    return priced({ ...terms, notional, estimatedValue: min(intent.estimatedValue, notional), worstCaseCost: notional });
  }
  // The plan has counted its shares at more than their price already, as those of market style are (R11).
  const quantity = min(rest, truncate(goal.cost.div(limit), 0));
  const tooSmall = refuseSmall(intent, quantity, limit);
  const estimatedValue = estimateOf(intent, quantity, rest);
  const worstCaseCost = min(goal.cost, quantity.times(limit).times(MARKET_BUY_CUSHION));
  return tooSmall ?? priced({ ...terms, quantity, estimatedValue, worstCaseCost });
}

/**
 * The size of one part: whole shares, and at most the allowed share of a day's volume, unless that makes too
 * many parts. A rest too small for its own order is included.
 */
function partOf(quantity: Decimal, price: Decimal, { prices, settings, filledParts, minimum }: PricingFacts): Decimal {
  const volume = prices?.dayVolume;
  if (settings.sliceShare === undefined || volume === undefined || volume.lte(ZERO)) return quantity;
  const evenShare = quantity.div(String(Math.max(1, MOST_PARTS - filledParts)));
  const part = max(truncate(volume.times(settings.sliceShare), 0), roundUp(evenShare), ONE);
  return quantity.minus(part).times(price).lt(max(minimum, VENUE_MINIMUM)) ? quantity : part;
}

function refuseSmall(intent: IntentRecord, quantity: Decimal, price: Decimal): Pricing | undefined {
  if (quantity.eq(ZERO) && !goalOf(intent).inDollars) {
    const reason = `what is left of its money buys no whole share at ${price.toFixed()}`;
    return { kind: "leave", leftAlone: "insufficient-cash", reason };
  }
  // The last of a position is sent whatever its value: only the venue knows whether it accepts dust.
  return !intent.fullExit && quantity.times(price).lt(VENUE_MINIMUM) ? TOO_SMALL : undefined;
}

const TOO_SMALL: Pricing = { kind: "leave", leftAlone: "below-minimum", reason: "what is left is worth less than the smallest order" };

/**
 * Checks terms against their input, independently of the code that made them, before an order is committed (R13).
 * @returns what is wrong with them; `undefined` when they may be sent.
 */
export function termsProblem(terms: OrderTerms, { intent, prices, now, settings }: PricingFacts): string | undefined {
  const { quantity, notional, limitPrice, orderType } = terms;
  const before = goalOf(intent);
  if ((quantity === undefined) === (notional === undefined)) return "exactly one of quantity and notional is needed";
  if (!(quantity ?? notional ?? ZERO).gt(ZERO)) return "its amount is not positive";
  if (before.quantity !== undefined && quantity?.gt(before.quantity) === true) return "it is for more shares than the plan has left";
  if (before.cost !== undefined && notional?.gt(before.cost) === true) return "it is for more dollars than the plan has left";
  if (orderType === "market") return limitPrice === undefined ? undefined : "a market order has no limit";
  if (limitPrice === undefined || quantity === undefined) return "a limit order needs a limit and a quantity";
  if (!isOnTick(limitPrice)) return `its limit of ${limitPrice.toFixed()} is not on a tick`;
  if (intent.side === "buy" && (before.cost === undefined || quantity.times(limitPrice).gt(before.cost)))
    return "at its limit it costs more than is left of the plan";
  return collarProblem(limitPrice, intent.side, { prices, now, settings });
}

function collarProblem(
  limit: Decimal,
  side: Side,
  { prices, now, settings }: Pick<PricingFacts, "prices" | "now" | "settings">,
): string | undefined {
  if (prices?.trade === undefined) return "no trade bounds its limit";
  const around = collarCentre(prices.quote, prices.trade, now);
  const edge = collarEdge(side, around, settings.collar);
  const outside = side === "buy" ? limit.gt(edge) : limit.lt(edge);
  return outside ? `its limit of ${limit.toFixed()} is outside the collar around ${around.toFixed()}` : undefined;
}

function goalOf({ goal, symbol }: IntentRecord): Goal {
  if (goal === undefined) throw new Error(`The order for ${symbol} is not of limit style and has its terms already.`);
  return goal;
}

function priced(
  terms: Omit<OrderTerms, "quantity" | "notional" | "quote"> & Partial<OrderTerms> & { quote: QuoteSeen | undefined },
): Pricing {
  return { kind: "priced", terms: { quantity: undefined, notional: undefined, ...terms } };
}

/** Planned value of a part of the rest. The intent's estimate covers the rest, or the part it was priced for before. */
function estimateOf({ estimatedValue, orderType, quantity }: IntentRecord, part: Decimal, rest: Decimal): Decimal {
  const whole = orderType === undefined || quantity === undefined ? rest : quantity;
  return whole.eq(ZERO) ? ZERO : estimatedValue.times(part).div(whole);
}

function roundUp(value: Decimal): Decimal {
  const whole = truncate(value, 0);
  return whole.eq(value) ? whole : whole.plus(ONE);
}
