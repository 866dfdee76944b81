import type { AccountSummary } from "../domain/ledger/summaries.ts";
import type { Ledger } from "../domain/ledger.ts";
import type { ExecutionRecord } from "../domain/ledger/executions.ts";
import { AverageCostBook, type KnownHolding, type Realised } from "../performance/average-cost.ts";
import { decimal, roundHalfUp, sum, toText, ZERO, type Decimal } from "../domain/decimal.ts";
import { tradesOfExecution } from "./trade-record.ts";
import { dollarsOrNull, dollarText } from "./json-values.ts";

/** Profit at average cost, of this program's trades and of the current positions. Value formats as in json-values.ts. */
export interface ProfitReport {
  readonly realised: string;
  /** `null` when the cost or price of a position is unknown. */
  readonly unrealised: string | null;
  /** Dollars from sells of shares without a recorded cost; not included in any profit. */
  readonly unknown_proceeds: string;
  readonly by_symbol: readonly SymbolProfit[];
}

interface SymbolProfit {
  readonly symbol: string;
  readonly realised: string;
  readonly unrealised: string | null;
  readonly quantity: string;
  readonly average_cost: string | null;
}

export interface PricedHolding extends KnownHolding {
  readonly price: Decimal | undefined;
}

export interface Profit {
  readonly report: ProfitReport;
  /** Profit of each execution that sold, in dollars. */
  readonly byExecution: ReadonlyMap<string, Decimal>;
}

const PRICE_DECIMALS = 6;

/**
 * @param executions in starting order, all of one account.
 * @param holdings the current positions; `undefined` uses those after the last execution.
 */
export function profitOf(
  ledger: Pick<Ledger, "intentsOf" | "fillsOf">,
  executions: readonly ExecutionRecord[],
  holdings?: readonly PricedHolding[],
): Profit {
  const book = new AverageCostBook();
  const sells = new Map<string, Realised[]>();
  for (const execution of executions) {
    const trades = tradesOfExecution(ledger, execution.id);
    if (trades.length === 0) continue;
    const before = holdingsIn(execution.accountBefore);
    if (before !== undefined) book.adopt(before);
    sells.set(
      execution.id,
      trades.flatMap((trade) => book.book(trade) ?? []),
    );
  }
  const now = holdings ?? lastKnown(executions);
  if (now !== undefined) book.adopt(now);
  const byExecution = new Map(
    [...sells].filter(([, all]) => all.length > 0).map(([id, all]) => [id, sum(all.map(({ profit }) => profit))]),
  );
  return { report: reportOf(book, [...sells.values()].flat(), now ?? []), byExecution };
}

function reportOf(book: AverageCostBook, sells: readonly Realised[], holdings: readonly PricedHolding[]): ProfitReport {
  const prices = new Map(holdings.map(({ symbol, price }) => [symbol, price]));
  const symbols = [...new Set([...sells.map(({ symbol }) => symbol), ...book.lots.keys()])].sort();
  const unrealised = new Map([...book.lots.keys()].map((symbol) => [symbol, unrealisedOf(book, symbol, prices.get(symbol))]));
  const known = [...unrealised.values()].flatMap((value) => value ?? []);
  return {
    realised: dollarText(sum(sells.map(({ profit }) => profit))),
    unrealised: known.length === unrealised.size ? dollarText(sum(known)) : null,
    unknown_proceeds: dollarText(sum(sells.map(({ unknownProceeds }) => unknownProceeds))),
    by_symbol: symbols.map((symbol) => {
      const lot = book.lots.get(symbol);
      return {
        symbol,
        realised: dollarText(sum(sells.filter((sell) => sell.symbol === symbol).map(({ profit }) => profit))),
        unrealised: lot === undefined ? "0" : dollarsOrNull(unrealised.get(symbol)),
        quantity: toText(lot?.quantity ?? ZERO),
        average_cost: lot?.cost === undefined ? null : toText(roundHalfUp(lot.cost.div(lot.quantity), PRICE_DECIMALS)),
      };
    }),
  };
}

function unrealisedOf(book: AverageCostBook, symbol: string, price: Decimal | undefined): Decimal | undefined {
  return price === undefined ? undefined : book.unrealised(symbol, price);
}

function lastKnown(executions: readonly ExecutionRecord[]): PricedHolding[] | undefined {
  return holdingsIn(executions.findLast(({ accountAfter }) => accountAfter !== undefined)?.accountAfter);
}

function holdingsIn(account: AccountSummary | undefined): PricedHolding[] | undefined {
  return account?.positions.map(({ symbol, quantity, price, averagePrice }) => ({
    symbol,
    quantity: decimal(quantity),
    price: price === undefined ? undefined : decimal(price),
    averagePrice: averagePrice === undefined ? undefined : decimal(averagePrice),
  }));
}
