import { countsAtBrokersPrice } from "./broker-priced.ts";
import { formatDollars, formatQuantity } from "../domain/format.ts";
import { decimal, max, min, ONE, sum, ZERO, type Decimal } from "../domain/decimal.ts";
import type { Holding, PlanInput } from "./plan-input.ts";
import type { PlanRefusal } from "./plan-result.ts";
import { agree, priceOf, type CheckedPrice, type PriceDoubt } from "./price.ts";
import { afterSplit } from "./split.ts";
import { isMeasured, targetProblem } from "./targets.ts";

/** How far our sum of cash and positions may differ from the broker's equity, as a fraction of it (R9). */
const EQUITY_AGREEMENT = decimal("0.02");
const US_EQUITY = "us_equity";

/** Total value at checked prices, and at the broker's own where R9 allows it. Dollars. */
export interface Valuation {
  /** Cash and counted positions, without those that may have been split. */
  readonly worth: Decimal;
  /** `worth` without the cash reserve: the base of the target weights (R9). */
  readonly base: Decimal;
  /** The base if no suspected split is real, or at the highest price: nothing is sold below its share of this. */
  readonly highestBase: Decimal;
  /** Cash that buys must not use. */
  readonly reserve: Decimal;
  readonly holdings: ReadonlyMap<string, Holding>;
  readonly values: ReadonlyMap<string, Decimal>;
  readonly prices: ReadonlyMap<string, CheckedPrice | PriceDoubt>;
}

export interface Refused {
  readonly kind: "refused";
  readonly refusal: PlanRefusal;
  readonly reason: string;
  readonly hint: string;
}

/** Named by PROTECTED_SYMBOLS, or held and not a US equity, or not readable whole (R9, R34). */
export function isProtected(
  symbol: string,
  holding: Pick<Holding, "assetClass" | "problem"> | undefined,
  input: { readonly settings: Pick<PlanInput["settings"], "protectedSymbols"> },
): boolean {
  if (input.settings.protectedSymbols.has(symbol)) return true;
  return holding !== undefined && (holding.assetClass !== US_EQUITY || holding.problem !== undefined);
}

/** R9: outside ALLOWED_SYMBOLS. Such positions do not count, like protected ones. */
export function isOutside(symbol: string, { allowedSymbols }: Pick<PlanInput["settings"], "allowedSymbols">): boolean {
  return allowedSymbols?.has(symbol) === false;
}

/** Held, but not part of the base of the target weights (R9). */
function isSetApart(holding: Holding, input: PlanInput): boolean {
  return isProtected(holding.symbol, holding, input) || isOutside(holding.symbol, input.settings);
}

/** Values the account, or says why no plan is possible (R9, R10). */
export function valueAccount(input: PlanInput): Valuation | Refused {
  const broken = targetsRefused(input) ?? twiceHeld(input) ?? shortPosition(input);
  if (broken !== undefined) return broken;
  const prices = checkPrices(input);
  const values = new Map(input.holdings.map((holding) => [holding.symbol, valueOf(holding, prices.get(holding.symbol), input)]));
  const valuation = withBase(input, prices, values);
  if ("kind" in valuation || !isMeasured(input.wanted)) return valuation;
  const doubtful = brokerPriced(input).find((holding) => !countsAtBrokersPrice(holding, valuation.base, input));
  return doubtful === undefined ? valuation : unpriced(doubtful.symbol, prices.get(doubtful.symbol));
}

/** Positions valued at the broker's own price because no checked price exists. */
export function brokerPriced(input: PlanInput): Holding[] {
  return input.holdings.filter((holding) => {
    if (holding.quantity.eq(ZERO) || isSetApart(holding, input) || isSuspect(holding.symbol, input)) return false;
    return "doubt" in priceOf(holding.symbol, input);
  });
}

/** The largest loss (negative) and gain, in dollars, if every holding came to its value from one of several prices. */
export interface Moves {
  readonly lost: Decimal;
  readonly gained: Decimal;
}

/**
 * Moves that explain a change of the equity (R9): of checked prices, of what does not count in the base, and of what may
 * have been split. @param before by symbol: prices a share before.
 */
export function explainedMoves(input: PlanInput, before: ReadonlyMap<string, readonly Decimal[]>): Moves {
  const unconfirmed = new Set(brokerPriced(input));
  const moves = input.holdings
    .filter((holding) => !unconfirmed.has(holding))
    .map((holding) => (before.get(holding.symbol) ?? []).map((price) => moveFrom(price, holding, input)));
  return { lost: sum(moves.map((each) => min(ZERO, ...each))), gained: sum(moves.map((each) => max(ZERO, ...each))) };
}

function moveFrom(before: Decimal, holding: Holding, input: PlanInput): Decimal {
  const { symbol, quantity } = holding;
  const value = valueOf(holding, priceOf(symbol, input), input);
  if (!isSetApart(holding, input)) return value.minus(afterSplit(quantity.times(before), input.splits.get(symbol)));
  // An option's value is a hundred times its price.
  const price = input.observations.get(symbol)?.position?.price;
  return price?.gt(ZERO) === true ? value.minus(value.times(before).div(price)) : ZERO;
}

/** Absolute move of positions at the broker's own price since the last raw close, in dollars; the full value without a close. */
export function unconfirmedMove(input: PlanInput): Decimal {
  const moves = brokerPriced(input).map(({ symbol, quantity, marketValue }) => {
    const close = input.observations.get(symbol)?.previousClose?.price;
    return marketValue.minus(close === undefined ? ZERO : quantity.times(close)).abs();
  });
  return sum(moves);
}

function withBase(input: PlanInput, prices: Valuation["prices"], values: ReadonlyMap<string, Decimal>): Valuation | Refused {
  const total = input.account.cash.plus(sum(values.values()));
  if (isMeasured(input.wanted)) {
    const doubtful = equityDisagrees(total, bookedEquity(input, values), input.holdings) ?? contradicted(input, prices);
    if (doubtful !== undefined) return doubtful;
  }
  const counted = input.holdings.filter((holding) => !isSetApart(holding, input));
  const suspects = counted.filter((holding) => isSuspect(holding.symbol, input));
  const sure = counted.filter((holding) => !suspects.includes(holding));
  const worth = input.account.cash.plus(sum(sure.map((holding) => values.get(holding.symbol) ?? ZERO)));
  if (worth.lt(ZERO)) return underwater(worth);
  const reserve = worth.times(input.settings.cashReserve);
  const holdings = new Map(input.holdings.map((holding) => [holding.symbol, holding]));
  const kept = ONE.minus(input.settings.cashReserve);
  const highest = worth.plus(sum(suspects.map((holding) => highestValue(holding, prices.get(holding.symbol), input))));
  return { worth, base: worth.times(kept), highestBase: highest.times(kept), reserve, holdings, values, prices };
}

function isSuspect(symbol: string, input: Pick<PlanInput, "splits">): boolean {
  return input.splits.get(symbol)?.kind === "split-suspected";
}

/** Maximum value of a position that may have been split. */
function highestValue(
  { symbol, quantity, marketValue }: Holding,
  checked: CheckedPrice | PriceDoubt | undefined,
  input: PlanInput,
): Decimal {
  const seen = input.observations.get(symbol);
  const prices = [checked !== undefined && !("doubt" in checked) ? checked : undefined, seen?.trade, seen?.previousClose, seen?.position];
  return max(marketValue, ...prices.flatMap((price) => (price === undefined ? [] : [price.price.times(quantity)])));
}

/** The broker's equity after every split is booked; until then it counts the old quantity at the new price (R9). */
function bookedEquity(input: PlanInput, values: ReadonlyMap<string, Decimal>): Decimal {
  const unbooked = input.holdings.filter(({ symbol }) => input.splits.get(symbol)?.kind === "split-unbooked");
  return input.account.equity.plus(sum(unbooked.map(({ symbol, marketValue }) => (values.get(symbol) ?? marketValue).minus(marketValue))));
}

function checkPrices(input: PlanInput): Map<string, CheckedPrice | PriceDoubt> {
  const wanted = input.wanted.kind === "exit" ? input.wanted.symbols : input.wanted.targets.keys();
  const symbols = new Set([...wanted, ...input.holdings.map((holding) => holding.symbol)]);
  return new Map([...symbols].map((symbol) => [symbol, priceOf(symbol, input)]));
}

function valueOf(holding: Holding, checked: CheckedPrice | PriceDoubt | undefined, input: PlanInput): Decimal {
  if (isSetApart(holding, input)) return holding.marketValue;
  if (holding.quantity.eq(ZERO)) return ZERO;
  if (isSuspect(holding.symbol, input) || checked === undefined || "doubt" in checked) return holding.marketValue;
  return afterSplit(holding.quantity.times(checked.price), input.splits.get(holding.symbol));
}

function unpriced(symbol: string, checked: CheckedPrice | PriceDoubt | undefined): Refused {
  const why = checked !== undefined && "doubt" in checked ? checked.reason : "no usable price was observed";
  return {
    kind: "refused",
    refusal: "price-doubt",
    reason: `The value of ${symbol} is in doubt, and with it the size of every target: ${why}.`,
    hint: `The position is too large to be valued at the broker's own price. Wait until its prices agree. If ${symbol} is no longer quoted, add it to PROTECTED_SYMBOLS.`,
  };
}

function equityDisagrees(total: Decimal, equity: Decimal, holdings: readonly Holding[]): Refused | undefined {
  if (total.minus(equity).abs().lte(equity.abs().times(EQUITY_AGREEMENT))) return undefined;
  // Unreadable rows may explain the difference: their value is unknown, or they are listed twice (R34).
  const odd = holdings.filter(({ problem }) => problem !== undefined);
  if (odd.length > 0 && equity.gte(total.minus(sum(odd.map(({ marketValue }) => marketValue.abs()))))) return undefined;
  return {
    kind: "refused",
    refusal: "price-doubt",
    reason: `Cash and positions at checked prices add up to ${formatDollars(total)}, but the broker's equity is ${formatDollars(equity)}.`,
    hint: "The two must agree within 2 %. Wait until prices and the account have settled.",
  };
}

/**
 * While a row of the account cannot be read, its equity proves nothing of the others: then the broker's own price of a
 * position must not contradict the checked one.
 */
function contradicted(input: PlanInput, prices: Valuation["prices"]): Refused | undefined {
  if (input.holdings.every(({ problem }) => problem === undefined)) return undefined;
  for (const holding of input.holdings) {
    const checked = prices.get(holding.symbol);
    const own = input.observations.get(holding.symbol)?.position?.price;
    if (isSetApart(holding, input) || checked === undefined || "doubt" in checked || own === undefined || agree(own, checked.price))
      continue;
    return {
      kind: "refused",
      refusal: "price-doubt",
      reason: `${holding.symbol}: market data shows ${formatDollars(checked.price)}, but the broker values it at ${formatDollars(own)}, and a row of the account that cannot be read keeps the equity from deciding.`,
      hint: "Wait until prices and the account have settled.",
    };
  }
  return undefined;
}

function underwater(worth: Decimal): Refused {
  return {
    kind: "refused",
    refusal: "account-over-allocated",
    reason: `The account owes more than its positions are worth (${formatDollars(worth)}), so no target can be calculated.`,
    hint: "Deposit money or close positions by hand.",
  };
}

function shortPosition(input: PlanInput): Refused | undefined {
  const short = input.holdings.find((holding) => holding.quantity.lt(ZERO) && !isProtected(holding.symbol, holding, input));
  if (short === undefined) return undefined;
  return {
    kind: "refused",
    refusal: "short-position",
    reason: `The account holds a short position of ${formatQuantity(short.quantity)} ${short.symbol}; this program trades long positions only.`,
    hint: `Close the ${short.symbol} position by hand, or add it to PROTECTED_SYMBOLS.`,
  };
}

function twiceHeld(input: PlanInput): Refused | undefined {
  const symbols = input.holdings.map((holding) => holding.symbol);
  const twice = symbols.find((symbol, index) => symbols.indexOf(symbol) !== index);
  if (twice === undefined) return undefined;
  return {
    kind: "refused",
    refusal: "proof-failed",
    reason: `The broker lists ${twice} twice.`,
    hint: "Wait until its list of positions is consistent.",
  };
}

function targetsRefused(input: PlanInput): Refused | undefined {
  const problem = targetProblem(input.wanted);
  return problem === undefined
    ? undefined
    : { kind: "refused", refusal: "proof-failed", reason: problem, hint: "No plan is made from such targets." };
}
