import type { Position } from "../domain/broker.ts";
import type { Decimal } from "../domain/decimal.ts";
import { CENT_DECIMALS, roundHalfUp, sum, ZERO } from "../domain/decimal.ts";
import type { SubAccountHolding } from "../domain/ledger/sub-accounts.ts";
import { allocate } from "./allocate.ts";
import { SubAccounts } from "./sub-account.ts";
import { UNATTRIBUTED } from "../domain/strategy-target.ts";
import type { SubAccountsSource } from "./bookkeeping.ts";
import { unbookedPage } from "./bookkeeping.ts";

/** A sub-account's current or past position in a symbol. All amounts are dollars in whole cents. */
export interface SubAccountPosition {
  readonly symbol: string;
  /** Zero when sold completely. Negative only in the unattributed sub-account: shares sold outside this program. */
  readonly quantity: Decimal;
  /** Cost of the shares held, at average cost; unattributed ones at the broker's average. */
  readonly cost: Decimal;
  /** Cost per share; `undefined` when none is held. */
  readonly averageCost: Decimal | undefined;
  readonly marketValue: Decimal;
  readonly unrealised: Decimal;
  /** Realized profit; `undefined` in the unattributed sub-account, whose cost is unknown. */
  readonly realised: Decimal | undefined;
}

export interface SubAccount {
  /** Name of a strategy, or {@link UNATTRIBUTED}. */
  readonly name: string;
  /** Ordered by symbol. */
  readonly positions: readonly SubAccountPosition[];
  readonly marketValue: Decimal;
  /** Sale proceeds less purchase costs; in the unattributed sub-account the rest of the account's cash. */
  readonly cash: Decimal;
  readonly unrealised: Decimal;
  readonly realised: Decimal | undefined;
  /** `cash + marketValue`, which is `unrealised + realised`; `undefined` in the unattributed sub-account. */
  readonly profit: Decimal | undefined;
}

/** The account's position in a symbol. */
export type AccountPosition = Pick<Position, "symbol" | "quantity" | "marketValue" | "averageEntryPrice">;

/**
 * The current sub-accounts of all strategies, with the unattributed one last (R32). They always add up to
 * the account: quantities of each symbol to the ninth decimal, market values and cash to the cent.
 * Read-only and includes what is not booked yet, so it may be called while a running daemon.
 * @param ledger any `Ledger`.
 * @param account the broker's current account, with positions.
 */
export function readSubAccounts(
  ledger: SubAccountsSource,
  account: { readonly cash: Decimal },
  positions: readonly AccountPosition[],
): SubAccount[] {
  const subAccounts = new SubAccounts(ledger.bookHoldings());
  for (const booking of unbookedPage(ledger).bookings) subAccounts.apply(booking);
  return subAccountsOf(subAccounts, account.cash, positions);
}

function subAccountsOf(subAccounts: SubAccounts, cash: Decimal, positions: readonly AccountPosition[]): SubAccount[] {
  const { holdings } = subAccounts;
  const values = valuesOf(subAccounts, positions);
  const own = [...new Set(holdings.map(({ book }) => book))].sort().map((name) => {
    const mine = holdings.filter(({ book }) => book === name).map((holding) => positionOf(holding, values));
    const sorted = mine.sort((one, other) => (one.symbol < other.symbol ? -1 : 1));
    return strategyBook(name, sorted, sum(holdings.filter(({ book }) => book === name).map((holding) => holding.cash)));
  });
  const rest = cents(cash).minus(sum(own.map((book) => book.cash)));
  return [...own, unattributedBook(subAccounts, positions, values, rest)];
}

function strategyBook(name: string, positions: readonly SubAccountPosition[], cash: Decimal): SubAccount {
  const marketValue = sum(positions.map((position) => position.marketValue));
  const unrealised = sum(positions.map((position) => position.unrealised));
  const realised = sum(positions.map((position) => position.realised ?? ZERO));
  return { name, positions, marketValue, cash, unrealised, realised, profit: cash.plus(marketValue) };
}

function unattributedBook(subAccounts: SubAccounts, positions: readonly AccountPosition[], values: Values, cash: Decimal): SubAccount {
  const own = symbolsOf(subAccounts, positions).flatMap((symbol): SubAccountPosition[] => {
    const position = positions.find((each) => each.symbol === symbol);
    const quantity = (position?.quantity ?? ZERO).minus(sum(subAccounts.held(symbol).values()));
    const marketValue = values.get(symbol)?.get(UNATTRIBUTED) ?? ZERO;
    if (quantity.eq(ZERO) && marketValue.eq(ZERO)) return [];
    // Where the broker does not say what was paid, nothing counts as gained or lost.
    const cost = position?.averageEntryPrice === undefined ? marketValue : cents(quantity.times(position.averageEntryPrice));
    const averageCost = quantity.eq(ZERO) ? undefined : cost.div(quantity);
    return [{ symbol, quantity, cost, averageCost, marketValue, unrealised: marketValue.minus(cost), realised: undefined }];
  });
  const marketValue = sum(own.map((position) => position.marketValue));
  const unrealised = sum(own.map((position) => position.unrealised));
  return { name: UNATTRIBUTED, positions: own, marketValue, cash, unrealised, realised: undefined, profit: undefined };
}

function positionOf({ book, symbol, quantity, cost, realised }: SubAccountHolding, values: Values): SubAccountPosition {
  const marketValue = values.get(symbol)?.get(book) ?? ZERO;
  const averageCost = quantity.eq(ZERO) ? undefined : cost.div(quantity);
  return { symbol, quantity, cost, averageCost, marketValue, unrealised: marketValue.minus(cost), realised };
}

/** Symbol → book → market value. */
type Values = ReadonlyMap<string, ReadonlyMap<string, Decimal>>;

function valuesOf(subAccounts: SubAccounts, positions: readonly AccountPosition[]): Values {
  return new Map(
    symbolsOf(subAccounts, positions).map((symbol) => [
      symbol,
      valuesOfSymbol(
        symbol,
        subAccounts,
        positions.find((each) => each.symbol === symbol),
      ),
    ]),
  );
}

/** Divides the account's value of a symbol by shares. If a sub-account holds more than the account does, the rest is unattributed. */
function valuesOfSymbol(symbol: string, subAccounts: SubAccounts, position: AccountPosition | undefined): Map<string, Decimal> {
  const held = subAccounts.held(symbol);
  const quantity = position?.quantity ?? ZERO;
  const total = cents(position?.marketValue ?? ZERO);
  const rest = quantity.minus(sum(held.values()));
  const all = new Map([...held, [UNATTRIBUTED, rest] as const]);
  if (quantity.gt(ZERO) && rest.gte(ZERO) && total.gte(ZERO)) return allocate(total, all, CENT_DECIMALS);
  const values = new Map([...held].map(([book, shares]) => [book, valueAlone(symbol, book, shares, subAccounts, position)]));
  return values.set(UNATTRIBUTED, total.minus(sum(values.values())));
}

/** At the account's price, or at cost when the account has no priced position in it. */
function valueAlone(
  symbol: string,
  book: string,
  shares: Decimal,
  subAccounts: SubAccounts,
  position: AccountPosition | undefined,
): Decimal {
  if (position === undefined || position.quantity.eq(ZERO)) return subAccounts.costOf(book, symbol, shares);
  return cents(shares.times(position.marketValue).div(position.quantity));
}

function symbolsOf(subAccounts: SubAccounts, positions: readonly AccountPosition[]): string[] {
  return [...new Set([...subAccounts.holdings.map(({ symbol }) => symbol), ...positions.map(({ symbol }) => symbol)])].sort();
}

function cents(amount: Decimal): Decimal {
  return roundHalfUp(amount, CENT_DECIMALS);
}
