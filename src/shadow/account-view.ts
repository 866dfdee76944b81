import type { Account, MarketPrices, Position } from "../domain/broker.ts";
import { BrokerError } from "../domain/broker.ts";
import { CENT_DECIMALS, max, roundHalfUp, ZERO } from "../domain/decimal.ts";
import { marketDate } from "../domain/market-day.ts";
import { priceIn, valueOf, type Book, type Holding, type Marks } from "./book.ts";
import { bookAsOf } from "./daily-equity.ts";
import type { Entry } from "./entry.ts";
import { markOf } from "./fill-price.ts";

/** Longer than the time between two sessions. */
const SINCE_LAST_CLOSE_MS = 7 * 86_400_000;

/** The shadow account, valued at the live prices of one reading. */
export interface Valued {
  readonly book: Book;
  /** Oldest first; empty before the account has begun. */
  readonly entries: readonly Entry[];
  readonly live: Account;
  readonly prices: ReadonlyMap<string, MarketPrices>;
}

/** Number, status and blocks are those of the live account; what it could borrow is not used. */
export function accountOf(valued: Valued): Account {
  const { book, prices, live } = valued;
  const { id, number, status, blocks } = live;
  return {
    ...{ id, number, status, blocks, multiplier: "1" },
    equity: roundHalfUp(book.equity(marksOf(prices)), CENT_DECIMALS),
    cash: book.cash,
    buyingPower: max(book.spendable, ZERO),
    ...lastClose(valued),
  };
}

export function positionsOf({ book, prices }: Valued): Position[] {
  const marks = marksOf(prices);
  return [...book.holdings.values()].map((holding) => positionOf(holding, { book, marks, prices: prices.get(holding.symbol) }));
}

/** What the account needs prices of: its holdings, and what it may have held at the last close. */
export function pricedSymbols({ holdings, fills }: Book, now: number): string[] {
  const traded = fills.filter(({ at }) => at > now - SINCE_LAST_CLOSE_MS).map(({ symbol }) => symbol);
  return [...new Set([...holdings.keys(), ...traded])];
}

/** @throws BrokerError when the keys have changed to another account: its paper account is elsewhere. */
export function assertSameAccount({ began: { number } }: Book, live: Account): void {
  if (number === live.number) return;
  throw new BrokerError("refused", `The shadow account is a copy of account ${number}, but the keys belong to account ${live.number}.`, {
    hint: "Use the keys of that account, or another STATE_DIR for a shadow of this one.",
  });
}

/** At the newest close that the prices know of. On the first day the copied shares count as held then. */
function lastClose({ book, entries, live, prices }: Valued): Pick<Account, "lastEquity" | "balanceAsOf"> {
  const closes = [...prices].flatMap(([symbol, { previousClose }]) => (previousClose === undefined ? [] : [{ symbol, ...previousClose }]));
  const newest = closes
    .map(({ at }) => marketDate(at))
    .sort()
    .at(-1);
  const balanceAsOf = newest ?? live.balanceAsOf;
  const then = balanceAsOf === undefined ? undefined : bookAsOf(entries, balanceAsOf);
  const marks = new Map(closes.map(({ symbol, price }) => [symbol, price]));
  return { lastEquity: roundHalfUp((then ?? book).equity(marks), CENT_DECIMALS), balanceAsOf };
}

function positionOf(
  holding: Holding,
  { book, marks, prices }: { readonly book: Book; readonly marks: Marks; readonly prices: MarketPrices | undefined },
): Position {
  const { symbol, assetId, quantity, cost } = holding;
  const marketValue = valueOf(quantity, priceIn(marks, holding));
  return {
    ...{ symbol, assetId, assetClass: "us_equity", side: "long", quantity, available: book.available(symbol), marketValue },
    currentPrice: marks.get(symbol),
    lastdayPrice: prices?.previousClose?.price,
    averageEntryPrice: cost.div(quantity),
    costBasis: cost,
    unrealizedProfit: marketValue.minus(cost),
  };
}

function marksOf(prices: ReadonlyMap<string, MarketPrices>): Marks {
  return new Map(
    [...prices].flatMap(([symbol, seen]) => {
      const mark = markOf(seen);
      return mark === undefined ? [] : [[symbol, mark] as const];
    }),
  );
}
