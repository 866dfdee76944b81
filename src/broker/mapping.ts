import { z } from "zod";
import type { Account, AccountConfiguration, Asset, MarketClock, Position, Session } from "../domain/broker.ts";
import type { Decimal } from "../domain/decimal.ts";
import { min, sum, ZERO } from "../domain/decimal.ts";
import { amount, instant, optional, piece, read, readOr, rows, text, withDefault } from "./wire.ts";
import { marketInstant } from "../domain/market-day.ts";

const flag = withDefault(z.boolean(), false);

const accountSchema = z
  .object({
    id: text,
    account_number: text,
    status: text,
    equity: amount,
    last_equity: piece(amount),
    balance_asof: optional(z.string()).catch(undefined),
    cash: amount,
    buying_power: amount,
    multiplier: optional(z.union([z.string(), z.number()])),
    trading_blocked: flag,
    account_blocked: flag,
    trade_suspended_by_user: flag,
  })
  .transform((wire): Account => ({
    id: wire.id,
    number: wire.account_number,
    status: wire.status,
    equity: wire.equity,
    lastEquity: wire.last_equity ?? wire.equity,
    lastEquityKnown: wire.last_equity !== undefined,
    balanceAsOf: /^\d{4}-\d{2}-\d{2}/.exec(wire.balance_asof ?? "")?.[0],
    cash: wire.cash,
    buyingPower: wire.buying_power,
    multiplier: String(wire.multiplier ?? ""),
    blocks: [
      ...(wire.status === "ACTIVE" ? [] : [`status ${wire.status}`]),
      ...(["trading_blocked", "account_blocked", "trade_suspended_by_user"] as const).filter((block) => wire[block]),
    ],
  }));

/** @throws UnreadableAnswer */
export function toAccount(json: unknown): Account {
  return read(accountSchema, json);
}

const seenFlag = piece(z.boolean());

const configurationSchema = z
  .object({ fractional_trading: seenFlag, no_shorting: seenFlag, suspend_trade: seenFlag, ptp_no_exception_entry: seenFlag })
  .transform((wire): AccountConfiguration => ({
    fractionalTrading: wire.fractional_trading,
    noShorting: wire.no_shorting,
    suspendTrade: wire.suspend_trade,
    ptpNoExceptionEntry: wire.ptp_no_exception_entry,
  }));

/** One unreadable switch does not hide the others (R34). @throws UnreadableAnswer */
export function toAccountConfiguration(json: unknown): AccountConfiguration {
  return read(configurationSchema, json);
}

const positionSchema = z
  .object({
    symbol: text,
    asset_id: text,
    asset_class: text,
    side: optional(z.string()),
    qty: amount,
    qty_available: optional(amount),
    market_value: optional(amount),
    current_price: optional(amount),
    lastday_price: optional(amount),
    // These decide nothing: without them the position is traded all the same.
    avg_entry_price: piece(amount),
    cost_basis: piece(amount),
    unrealized_pl: piece(amount),
  })
  .transform((wire): Position => {
    const short = wire.side === "short" || wire.qty.s < 0;
    const quantity = signed(wire.qty, short);
    const marketValue = wire.market_value ?? wire.current_price?.times(quantity);
    const costBasis = wire.cost_basis ?? wire.avg_entry_price?.times(quantity);
    return {
      symbol: wire.symbol,
      assetId: wire.asset_id,
      assetClass: wire.asset_class,
      side: short ? "short" : "long",
      quantity,
      available: available(wire.qty_available, quantity, short),
      marketValue: signed(marketValue ?? ZERO, short),
      currentPrice: wire.current_price,
      // A new ticker has no close yet, and zero is not a price.
      lastdayPrice: wire.lastday_price?.gt(ZERO) === true ? wire.lastday_price : undefined,
      averageEntryPrice: wire.avg_entry_price ?? (quantity.eq(ZERO) ? undefined : wire.cost_basis?.div(quantity).abs()),
      costBasis: costBasis ?? ZERO,
      unrealizedProfit: wire.unrealized_pl,
      ...(marketValue === undefined ? { problem: NO_VALUE } : {}),
    };
  });

/** The problem of a row that says everything but what the position is worth. */
export const NO_VALUE = "market_value: is missing";

/** The schema does not define the sign of a short position; here it is always negative. */
function signed(value: Decimal, short: boolean): Decimal {
  return short ? value.abs().neg() : value;
}

/** Never more than held: it determines the size of a sell (R11). */
function available(stated: Decimal | undefined, quantity: Decimal, short: boolean): Decimal {
  if (stated === undefined) return quantity;
  return short ? signed(stated, true) : min(stated, quantity);
}

/** The readable part of a damaged row. A row without a symbol is not one of Alpaca's. */
const oddPositionSchema = z.object({
  symbol: text,
  asset_id: piece(text),
  asset_class: piece(text),
  side: piece(text),
  qty: piece(amount),
  market_value: piece(amount),
  current_price: piece(amount),
});

/** @throws UnreadableAnswer when even its symbol cannot be read. */
function oddPosition(row: unknown, problem: string): Position {
  const known = read(oddPositionSchema, row);
  const short = known.side === "short" || (known.qty?.s ?? 1) < 0;
  return {
    symbol: known.symbol,
    assetId: known.asset_id ?? "",
    assetClass: known.asset_class ?? "",
    side: short ? "short" : "long",
    quantity: signed(known.qty ?? ZERO, short),
    available: ZERO,
    marketValue: signed(known.market_value ?? ZERO, short),
    currentPrice: known.current_price,
    lastdayPrice: undefined,
    averageEntryPrice: undefined,
    costBasis: ZERO,
    unrealizedProfit: undefined,
    problem,
  };
}

/**
 * The positions, row by row: a damaged row, or a symbol listed twice, carries its `problem` and does not hide the
 * others (R34).
 * @throws UnreadableAnswer when it is not a list, or a row has no symbol.
 */
export function toPositions(json: unknown): Position[] {
  const positions = read(rows, json).map((row) => readOr(positionSchema, row, (problem) => oddPosition(row, problem)));
  return [...Map.groupBy(positions, ({ symbol }) => symbol).values()].map(inOne);
}

/** After a split a symbol can be listed twice, under its old and its new number. Equal rows are copies, and count once. */
function inOne([first, ...others]: readonly Position[]): Position {
  if (first === undefined) throw new Error("A group has at least one member.");
  if (others.length === 0) return first;
  const problem = "symbol: is listed more than once";
  if (others.every(({ quantity, marketValue }) => quantity.eq(first.quantity) && marketValue.eq(first.marketValue)))
    return { ...first, available: ZERO, problem };
  const total = (amountOf: (position: Position) => Decimal): Decimal => sum([first, ...others].map(amountOf));
  return {
    ...first,
    quantity: total(({ quantity }) => quantity),
    available: ZERO,
    marketValue: total(({ marketValue }) => marketValue),
    costBasis: total(({ costBasis }) => costBasis),
    problem,
  };
}

const assetSchema = z
  .object({
    id: text,
    symbol: text,
    name: withDefault(z.string(), ""),
    class: withDefault(z.string(), ""),
    exchange: withDefault(z.string(), ""),
    status: text,
    tradable: z.boolean(),
    fractionable: seenFlag,
    attributes: withDefault(z.array(z.string()), []),
  })
  .transform((wire): Asset => ({
    id: wire.id,
    symbol: wire.symbol,
    name: wire.name,
    assetClass: wire.class,
    exchange: wire.exchange,
    active: wire.status === "active",
    tradable: wire.tradable,
    fractionable: wire.fractionable === true,
    fractionableUnread: wire.fractionable === undefined,
    attributes: wire.attributes,
  }));

/** @throws UnreadableAnswer */
export function toAsset(json: unknown): Asset {
  return read(assetSchema, json);
}

/** Of the two times only the nearer one decides anything; the other one may be missing. */
const clockSchema = z
  .object({ timestamp: instant, is_open: z.boolean(), next_open: optional(instant), next_close: optional(instant) })
  .transform((wire, context): MarketClock => {
    const { timestamp, is_open: isOpen, next_open: nextOpen, next_close: nextClose } = wire;
    const nearer = isOpen ? nextClose : nextOpen;
    if (nearer === undefined) context.addIssue({ code: "custom", path: [isOpen ? "next_close" : "next_open"], message: "is missing" });
    return { timestamp, isOpen, nextOpen: nextOpen ?? nearer ?? timestamp, nextClose: nextClose ?? nearer ?? timestamp };
  });

/** @throws UnreadableAnswer */
export function toMarketClock(json: unknown): MarketClock {
  return read(clockSchema, json);
}

const timeOfDay = z.string().regex(/^\d{2}:?\d{2}$/, "is not a time of day");

const sessionSchema = z
  .object({ date: z.string().regex(/^\d{4}-\d{2}-\d{2}/, "is not a date"), open: timeOfDay, close: timeOfDay })
  .transform((wire, context): Session => {
    const date = wire.date.slice(0, 10);
    const session = { date, open: inNewYork(date, wire.open), close: inNewYork(date, wire.close) };
    if (!(session.open < session.close)) context.addIssue({ code: "custom", path: ["close"], message: "is not after the open" });
    return session;
  });

/** The calendar gives New York local times without a zone, so an early close and a clock change both come out right. */
function inNewYork(date: string, time: string): number {
  return marketInstant(`${date}T${time.slice(0, 2)}:${time.slice(-2)}`);
}

const sessionsSchema = z.array(sessionSchema);

/** @throws UnreadableAnswer */
export function toSessions(json: unknown): Session[] {
  return read(sessionsSchema, json);
}
