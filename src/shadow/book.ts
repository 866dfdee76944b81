import { isTerminal, type Fill, type Order } from "../domain/broker.ts";
import { CENT_DECIMALS, roundHalfUp, SHARE_DECIMALS, sum, truncate, ZERO, type Decimal } from "../domain/decimal.ts";
import { marketDate } from "../domain/market-day.ts";
import type { CopiedHolding, Entry, EntryOf } from "./entry.ts";

const COST_DECIMALS = 9;

export interface Holding extends CopiedHolding {
  /** New York date on which the quantity was counted: it contains every split up to that session, and none of a later one. */
  readonly countedOn: string;
}

/** Dollars a share; a symbol without a price now is missing. */
export type Marks = ReadonlyMap<string, Decimal>;

/** The shadow account: the copy of the live account, and everything that has happened to it on paper since. */
export class Book {
  readonly began: EntryOf<"began">;
  readonly holdings = new Map<string, Holding>();
  /** By client order id, oldest first. */
  readonly orders = new Map<string, Order>();
  readonly fills: Fill[] = [];
  readonly #terms = new Map<string, EntryOf<"order">>();
  readonly #splits = new Set<string>();
  #cash: Decimal;

  constructor(began: EntryOf<"began">) {
    this.began = began;
    this.#cash = began.cash;
    for (const copied of began.holdings) this.holdings.set(copied.symbol, { ...copied, countedOn: marketDate(began.at) });
  }

  /** @returns `undefined` without entries: the account has not begun. */
  static of(entries: readonly Entry[]): Book | undefined {
    const [first, ...rest] = entries;
    if (first?.kind !== "began") return undefined;
    const book = new Book(first);
    for (const entry of rest) book.apply(entry);
    return book;
  }

  /** Dollars. */
  get cash(): Decimal {
    return this.#cash;
  }

  /** Cash less what open buys may still cost. */
  get spendable(): Decimal {
    return this.#cash.minus(sum(this.openTerms("buy").map(worthOf)));
  }

  /** Shares of a symbol that no open sell needs. */
  available(symbol: string): Decimal {
    const reserved = this.openTerms("sell").filter((terms) => terms.symbol === symbol);
    return (this.holdings.get(symbol)?.quantity ?? ZERO).minus(sum(reserved.map(sharesOf)));
  }

  /** What the open orders of one side, or of both, were accepted with. */
  openTerms(side?: EntryOf<"order">["side"]): EntryOf<"order">[] {
    return [...this.#terms.values()].filter(
      (terms) => (side === undefined || terms.side === side) && !isTerminal(this.order(terms.clientOrderId).status),
    );
  }

  hasSplit(symbol: string, session: string): boolean {
    return this.#splits.has(`${symbol} ${session}`);
  }

  /** Cash and holdings, those without a mark at their last known price. */
  equity(marks: Marks): Decimal {
    return this.#cash.plus(sum([...this.holdings.values()].map((holding) => holding.quantity.times(priceIn(marks, holding)))));
  }

  /** @throws Error when there is no such order. */
  order(clientOrderId: string): Order {
    const order = this.orders.get(clientOrderId);
    if (order === undefined) throw new Error(`The shadow account has no order ${clientOrderId}.`);
    return order;
  }

  /** @throws Error for an entry that contradicts the ones before it. */
  apply(entry: Entry): void {
    switch (entry.kind) {
      case "began":
        throw new Error("The shadow account has begun twice.");
      case "order":
        this.#terms.set(entry.clientOrderId, entry);
        this.orders.set(entry.clientOrderId, acceptedOrder(entry));
        return;
      case "fill":
        this.#fill(entry);
        return;
      case "ended":
        this.orders.set(entry.clientOrderId, { ...this.order(entry.clientOrderId), status: entry.status, updatedAt: entry.at });
        return;
      case "split":
        this.#split(entry);
    }
  }

  #fill({ at, clientOrderId, quantity, price }: EntryOf<"fill">): void {
    const order = this.order(clientOrderId);
    const value = valueOf(quantity, price);
    this.orders.set(clientOrderId, {
      ...order,
      status: "filled",
      filledQuantity: quantity,
      filledAveragePrice: price,
      filledAt: at,
      updatedAt: at,
    });
    this.fills.push({ id: `fill ${order.id}`, orderId: order.id, symbol: order.symbol, side: order.side, quantity, price, at });
    this.#cash = order.side === "buy" ? this.#cash.minus(value) : this.#cash.plus(value);
    if (order.side === "buy") this.#add(clientOrderId, { quantity, price, at, value });
    else this.#take(order.symbol, { quantity, price, at });
  }

  #add(clientOrderId: string, { quantity, price, at, value }: { quantity: Decimal; price: Decimal; at: number; value: Decimal }): void {
    const { symbol, assetId } = this.#terms.get(clientOrderId) ?? { symbol: "", assetId: "" };
    const held = this.holdings.get(symbol);
    this.holdings.set(symbol, {
      symbol,
      assetId,
      quantity: (held?.quantity ?? ZERO).plus(quantity),
      cost: (held?.cost ?? ZERO).plus(value),
      price,
      countedOn: marketDate(at),
    });
  }

  #take(symbol: string, { quantity, price, at }: { quantity: Decimal; price: Decimal; at: number }): void {
    const held = this.holdings.get(symbol);
    if (held === undefined || quantity.gt(held.quantity)) throw new Error(`A fill would sell ${symbol} short in the shadow account.`);
    const left = held.quantity.minus(quantity);
    const cost = truncate(held.cost.times(left).div(held.quantity), COST_DECIMALS);
    if (left.eq(ZERO)) this.holdings.delete(symbol);
    else this.holdings.set(symbol, { ...held, quantity: left, cost, price, countedOn: marketDate(at) });
  }

  #split({ symbol, ratio, session }: EntryOf<"split">): void {
    this.#splits.add(`${symbol} ${session}`);
    const held = this.holdings.get(symbol);
    if (held === undefined) return;
    const quantity = truncate(held.quantity.div(ratio), SHARE_DECIMALS);
    this.holdings.set(symbol, { ...held, quantity, price: held.price.times(ratio), countedOn: session });
  }
}

/** Dollars, to the cent. */
export function valueOf(quantity: Decimal, price: Decimal): Decimal {
  return roundHalfUp(quantity.times(price), CENT_DECIMALS);
}

export function priceIn(marks: Marks, { symbol, price }: Pick<CopiedHolding, "symbol" | "price">): Decimal {
  return marks.get(symbol) ?? price;
}

/** Dollars that an open order may still cost. */
function worthOf({ notional, quantity, limitPrice, reference }: EntryOf<"order">): Decimal {
  return notional ?? valueOf(quantity ?? ZERO, limitPrice ?? reference);
}

function sharesOf({ notional, quantity, reference }: EntryOf<"order">): Decimal {
  return quantity ?? (notional ?? ZERO).div(reference);
}

function acceptedOrder({ at, clientOrderId, symbol, side, quantity, notional, limitPrice }: EntryOf<"order">): Order {
  return {
    id: `shadow-${clientOrderId}`,
    clientOrderId,
    symbol,
    side,
    type: limitPrice === undefined ? "market" : "limit",
    status: "new",
    quantity,
    notional,
    limitPrice,
    filledQuantity: ZERO,
    filledAveragePrice: undefined,
    createdAt: at,
    submittedAt: at,
    filledAt: undefined,
    updatedAt: at,
    replacedBy: undefined,
  };
}
