import type { Position } from "../domain/broker.ts";
import { decimal, sum, ZERO, type Decimal } from "../domain/decimal.ts";
import type { Ledger } from "../domain/ledger.ts";
import type { IntentRecord } from "../domain/ledger/orders.ts";
import type { ExecutionRecord } from "../domain/ledger/executions.ts";
import type { AccountSummary } from "../domain/ledger/summaries.ts";
import type { AccountReading } from "./account-reading.ts";

/** The account as a page shows it, and from when it is. */
export interface ShownAccount {
  readonly reading: AccountReading;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /**
   * `broker`: as the broker gave it. `ledger`: as an execution recorded it. `execution`: as an execution in progress
   * recorded it, with its fills so far, so that orders, holdings and cash agree.
   */
  readonly source: "broker" | "ledger" | "execution";
}

/** The newest reading of the broker, and when it was made. */
export interface BrokerReading {
  readonly reading: AccountReading;
  readonly at: number;
}

type Source = Pick<Ledger, "recentExecutions" | "openExecutions" | "intentsOf">;

/** How many executions are searched for a recorded account: the newest may have ended before it read one. */
const EXECUTIONS_SEARCHED = 20;

/** The newest account that is known, from the broker or from the ledger; `undefined` before there is any. */
export function shownAccount(ledger: Source, known: BrokerReading | undefined, now: number): ShownAccount | undefined {
  const open = ledger.openExecutions().findLast(({ outcome }) => outcome !== "queued");
  if (open?.accountBefore !== undefined) {
    const reading = withFills(recordedReading(open.accountBefore, known?.reading), ledger.intentsOf(open.id));
    return { reading, at: now, source: "execution" };
  }
  const recorded = newestRecorded(ledger.recentExecutions(EXECUTIONS_SEARCHED));
  if (recorded === undefined || (known !== undefined && known.at >= recorded.at))
    return known === undefined ? undefined : { ...known, source: "broker" };
  return { reading: recordedReading(recorded, known?.reading), at: recorded.at, source: "ledger" };
}

function newestRecorded(newestFirst: readonly ExecutionRecord[]): AccountSummary | undefined {
  for (const { accountAfter, accountBefore } of newestFirst) {
    const account = accountAfter ?? accountBefore;
    if (account !== undefined) return account;
  }
  return undefined;
}

/** A recorded account. @param last the broker's last reading, for what no record holds: closes, deposits, the market. */
function recordedReading(recorded: AccountSummary, last?: AccountReading): AccountReading {
  const before = last?.account.number === recorded.number ? last : undefined;
  return {
    account: {
      id: "",
      number: recorded.number,
      status: recorded.status,
      equity: decimal(recorded.equity),
      lastEquity: decimal(recorded.lastEquity),
      cash: decimal(recorded.cash),
      buyingPower: decimal(recorded.buyingPower),
      multiplier: "",
      blocks: before?.account.blocks ?? [],
    },
    positions: recorded.positions.map((position) => recordedPosition(position, before)),
    market: before?.market,
    flowsSinceClose: before?.flowsSinceClose,
    problems: [],
  };
}

function recordedPosition(
  { symbol, quantity, marketValue, price, averagePrice }: AccountSummary["positions"][number],
  last: AccountReading | undefined,
): Position {
  const known = last?.positions.find((position) => position.symbol === symbol);
  return positionOf({
    symbol,
    quantity: decimal(quantity),
    price: price === undefined ? undefined : decimal(price),
    averagePrice: averagePrice === undefined ? undefined : decimal(averagePrice),
    marketValue: decimal(marketValue),
    known,
  });
}

interface PositionParts {
  readonly symbol: string;
  readonly quantity: Decimal;
  readonly price: Decimal | undefined;
  readonly averagePrice: Decimal | undefined;
  readonly marketValue: Decimal;
  /** The same position in an earlier reading. */
  readonly known: Position | undefined;
}

function positionOf({ symbol, quantity, price, averagePrice, marketValue, known }: PositionParts): Position {
  const costBasis = averagePrice?.times(quantity) ?? ZERO;
  return {
    symbol,
    assetId: known?.assetId ?? "",
    assetClass: known?.assetClass ?? "us_equity",
    side: quantity.lt(ZERO) ? "short" : "long",
    quantity,
    available: quantity,
    marketValue,
    currentPrice: price,
    lastdayPrice: known?.lastdayPrice,
    averageEntryPrice: averagePrice,
    costBasis,
    unrealizedProfit: averagePrice === undefined ? undefined : marketValue.minus(costBasis),
  };
}

/** The account with everything that these orders have filled, valued at the price of the last fill. */
function withFills(before: AccountReading, intents: readonly IntentRecord[]): AccountReading {
  const filled = intents.filter(({ filledQuantity, filledAveragePrice }) => filledQuantity.gt(ZERO) && filledAveragePrice !== undefined);
  const positions = new Map(before.positions.map((position) => [position.symbol, position]));
  for (const intent of filled) {
    const { symbol } = intent;
    const position = afterOrder(positions.get(symbol), intent);
    if (position.quantity.eq(ZERO)) positions.delete(symbol);
    else positions.set(symbol, position);
  }
  const paid = sum(filled.map(({ side, ...intent }) => (side === "buy" ? valueOf(intent).neg() : valueOf(intent))));
  const cash = before.account.cash.plus(paid);
  const held = [...positions.values()];
  const equity = cash.plus(sum(held.map(({ marketValue }) => marketValue)));
  return { ...before, account: { ...before.account, cash, equity }, positions: held };
}

function afterOrder(position: Position | undefined, intent: IntentRecord): Position {
  const { symbol, side, filledQuantity, filledAveragePrice: price } = intent;
  const held = position?.quantity ?? ZERO;
  const quantity = side === "buy" ? held.plus(filledQuantity) : held.minus(filledQuantity);
  return positionOf({
    symbol,
    quantity,
    price,
    averagePrice: side === "sell" ? position?.averageEntryPrice : averageAfterBuy(position, intent),
    marketValue: price === undefined ? ZERO : quantity.times(price),
    known: position,
  });
}

function averageAfterBuy(position: Position | undefined, intent: IntentRecord): Decimal | undefined {
  const { filledQuantity, filledAveragePrice } = intent;
  if (position === undefined || position.quantity.lte(ZERO)) return filledAveragePrice;
  const { averageEntryPrice: average, quantity } = position;
  return average?.times(quantity).plus(valueOf(intent)).div(quantity.plus(filledQuantity));
}

function valueOf({ filledQuantity, filledAveragePrice }: Pick<IntentRecord, "filledQuantity" | "filledAveragePrice">): Decimal {
  return filledAveragePrice === undefined ? ZERO : filledQuantity.times(filledAveragePrice);
}
