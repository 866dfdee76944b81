import { max, toText } from "../domain/decimal.ts";
import type { LedgerDatabase, Row, Values } from "./database.ts";
import type { Belongs, ChangedRecord } from "./read-memory.ts";
import { sameRows } from "./read-memory.ts";
import type {
  Goal,
  IntentChange,
  IntentCode,
  IntentRecord,
  IntentState,
  NewIntent,
  OrderTerms,
  OrderType,
  QuoteSeen,
} from "../domain/ledger/orders.ts";
import { INTENT_CODES, mayBecome } from "../domain/ledger/orders.ts";
import {
  flag,
  instant,
  optionalDecimal,
  optionalInstant,
  readDecimal,
  readFlag,
  readInteger,
  readOneOf,
  readOptionalDecimal,
  readOptionalInteger,
  readOptionalOneOf,
  readOptionalText,
  readText,
} from "./row.ts";

export const SIDES = ["buy", "sell"] as const;
const INTENT_PHASES = ["selling", "buying"] as const;
const STATES = [
  "recorded",
  "posting",
  "unknown",
  "open",
  "done",
  "refused",
  "abandoned",
  "dropped",
] as const satisfies readonly IntentState[];

const STYLES = ["market", "limit"] as const;
const BY_ID = "SELECT * FROM intents WHERE client_order_id = :clientOrderId";
const ORDER_TYPES = ["market", "limit"] as const satisfies readonly OrderType[];

/** All of them or none. @throws when a client order id exists already (R18). */
export function recordIntents(database: LedgerDatabase, intents: readonly NewIntent[]): void {
  if (intents.length === 0) return;
  database.transaction(() => {
    for (const intent of intents) recordIntent(database, intent);
  });
}

/** Sets what `change` names and leaves the rest. @throws when there is no such intent, or it may not become that. */
export function updateIntent(database: LedgerDatabase, clientOrderId: string, change: IntentChange): void {
  database.transaction(() => {
    const known = change.state === undefined ? undefined : findIntent(database, clientOrderId);
    if (known !== undefined && !mayBecome(known, change))
      throw new Error(`The order ${clientOrderId} is ${stateText(known)} and cannot become ${stateText(change)}.`);
    setChange(database, clientOrderId, change);
    const [former] = formerIntents(database, clientOrderId);
    if (former === undefined) return;
    if (change.state === "refused" || change.state === "dropped") giveBackId(database, clientOrderId, former);
    if (change.state === "abandoned") reserveFor(database, clientOrderId, former);
  });
}

function stateText({ state, code }: { readonly state?: IntentState; readonly code?: IntentCode | undefined }): string {
  return code === undefined ? String(state) : `${String(state)} (${code})`;
}

function setChange(database: LedgerDatabase, clientOrderId: string, change: IntentChange): void {
  const isKnown = database.writeOne(
    `UPDATE intents SET
       state = coalesce(:state, state), posted_at = coalesce(:postedAt, posted_at), accepted_at = coalesce(:acceptedAt, accepted_at),
       order_id = coalesce(:orderId, order_id), status = coalesce(:status, status),
       filled_quantity = coalesce(:filledQuantity, filled_quantity),
       filled_average_price = coalesce(:filledAveragePrice, filled_average_price), filled_at = coalesce(:filledAt, filled_at),
       cancel_requested_at = coalesce(:cancelRequestedAt, cancel_requested_at), message = coalesce(:message, message),
       code = coalesce(:code, code), updated_at = :updatedAt
     WHERE client_order_id = :clientOrderId`,
    {
      clientOrderId,
      state: change.state ?? null,
      postedAt: optionalInstant(change.postedAt),
      acceptedAt: optionalInstant(change.acceptedAt),
      orderId: change.orderId ?? null,
      status: change.status ?? null,
      filledQuantity: optionalDecimal(change.filledQuantity),
      filledAveragePrice: optionalDecimal(change.filledAveragePrice),
      filledAt: optionalInstant(change.filledAt),
      cancelRequestedAt: optionalInstant(change.cancelRequestedAt),
      message: change.message ?? null,
      code: change.code ?? null,
      updatedAt: instant(change.updatedAt),
    },
    () => changedIntent(database, clientOrderId),
  );
  if (!isKnown) throw new Error(`The ledger has no intent ${clientOrderId} to change.`);
}

function changedIntent(database: LedgerDatabase, clientOrderId: string): ChangedRecord<IntentRecord> {
  const row = database.row(BY_ID, { clientOrderId });
  if (row === undefined) throw new Error(`The ledger has lost the intent ${clientOrderId}.`);
  return { table: "intents", record: intentOf(row), isSame: (other) => other.clientOrderId === clientOrderId };
}

/** Sets both amounts, so that one replaces the other. */
export function recordTerms(database: LedgerDatabase, clientOrderId: string, terms: OrderTerms, at: number): void {
  const mayBePriced = database.writeOne(
    `UPDATE intents SET
       order_type = :orderType, quantity = :quantity, notional = :notional, limit_price = :limitPrice,
       estimated_value = :estimatedValue, worst_case_cost = :worstCaseCost, goal_quantity = :goalQuantity, goal_cost = :goalCost, goal_in_dollars = :goalInDollars,
       quote_bid = :bid, quote_ask = :ask, quote_at = :quoteAt, updated_at = :at
     WHERE client_order_id = :clientOrderId AND state = 'recorded' AND style = 'limit'`,
    {
      clientOrderId,
      orderType: terms.orderType,
      quantity: optionalDecimal(terms.quantity),
      notional: optionalDecimal(terms.notional),
      limitPrice: optionalDecimal(terms.limitPrice),
      estimatedValue: toText(terms.estimatedValue),
      worstCaseCost: toText(terms.worstCaseCost),
      ...goalValues(terms.goal),
      ...quoteValues(terms.quote),
      at: instant(at),
    },
    () => changedIntent(database, clientOrderId),
  );
  if (!mayBePriced) throw new Error(`The ledger has no intent ${clientOrderId} that may be priced.`);
}

function goalValues(goal: Goal | undefined): Values {
  const goalInDollars = flag(goal?.inDollars === true);
  return { goalQuantity: optionalDecimal(goal?.quantity), goalCost: optionalDecimal(goal?.cost), goalInDollars };
}

function quoteValues(quote: QuoteSeen | undefined): Values {
  return { bid: optionalDecimal(quote?.bid), ask: optionalDecimal(quote?.ask), quoteAt: optionalInstant(quote?.at) };
}

export function findIntent(database: LedgerDatabase, clientOrderId: string): IntentRecord | undefined {
  return recorded(database, BY_ID, { clientOrderId }, sameRows)[0];
}

export function intentsOf(database: LedgerDatabase, executionId: string): IntentRecord[] {
  return recorded(database, "SELECT * FROM intents WHERE execution_id = :executionId ORDER BY number", { executionId }, sameRows);
}

export function intentsOfSignal(database: LedgerDatabase, signalId: string): IntentRecord[] {
  return recorded(
    database,
    "SELECT * FROM intents WHERE execution_id IN (SELECT id FROM executions WHERE signal_id = :signalId) ORDER BY number",
    { signalId },
    sameRows,
  );
}

const UNSETTLED: readonly IntentState[] = ["recorded", "posting", "unknown", "open", "abandoned"];

/** The states are listed exactly as in the index; otherwise SQLite does not use it. */
export function unsettledIntents(database: LedgerDatabase): IntentRecord[] {
  return recorded(
    database,
    "SELECT * FROM intents WHERE state IN ('recorded', 'posting', 'unknown', 'open', 'abandoned') ORDER BY number",
    {},
    ({ state }) => UNSETTLED.includes(state),
  );
}

/**
 * Abandoned orders whose id was reused for another order, newest first. Their rows have the id plus their own number,
 * which sorts before any other suffix.
 */
export function formerIntents(database: LedgerDatabase, clientOrderId: string): IntentRecord[] {
  const sql = "SELECT * FROM intents WHERE client_order_id > :from AND client_order_id < :to ORDER BY number DESC";
  return recorded(database, sql, { from: `${clientOrderId}~`, to: `${clientOrderId}~:` }, sameRows);
}

/** Frees the id of an abandoned order for another one: the venue accepts one of the two, never both. */
function passOnId(database: LedgerDatabase, clientOrderId: string, at: number): void {
  const changed = database.write(
    `UPDATE intents SET client_order_id = client_order_id || '~' || number, state = 'dropped', updated_at = :at
     WHERE client_order_id = :clientOrderId AND state = 'abandoned' AND order_id IS NULL AND filled_quantity = '0'`,
    { clientOrderId, at: instant(at) },
  );
  if (changed !== 1) throw new Error(`The ledger has no order under ${clientOrderId} that was given up.`);
}

/** The venue does not have the newest order under an id; the previous one may still arrive. */
function giveBackId(database: LedgerDatabase, clientOrderId: string, former: IntentRecord): void {
  database.write("UPDATE intents SET client_order_id = client_order_id || '~unsent~' || number WHERE client_order_id = :clientOrderId", {
    clientOrderId,
  });
  database.write("UPDATE intents SET client_order_id = :clientOrderId, state = 'abandoned' WHERE client_order_id = :former", {
    clientOrderId,
    former: former.clientOrderId,
  });
}

/** Either of the two may arrive, so the reservation covers both. */
function reserveFor(database: LedgerDatabase, clientOrderId: string, former: IntentRecord): void {
  const newest = findIntent(database, clientOrderId);
  database.write("UPDATE intents SET worst_case_cost = :worst WHERE client_order_id = :clientOrderId", {
    clientOrderId,
    worst: toText(max(former.worstCaseCost, newest?.worstCaseCost ?? former.worstCaseCost)),
  });
}

/** From `at` on, inclusive. Without the name of the index SQLite goes through all of them, because they come in their order. */
export function intentsChangedSince(database: LedgerDatabase, at: number): IntentRecord[] {
  const sql = "SELECT * FROM intents INDEXED BY intents_by_change WHERE updated_at >= :at ORDER BY number";
  return database.rows(sql, { at: instant(at) }).map(intentOf);
}

/** The condition is written exactly as in the index; otherwise SQLite does not use it. */
export function lastFilledIntent(database: LedgerDatabase, symbol: string): IntentRecord | undefined {
  const sql = "SELECT * FROM intents WHERE symbol = :symbol AND filled_quantity <> '0' ORDER BY number DESC LIMIT 1";
  return recorded(database, sql, { symbol })[0];
}

function recordIntent(database: LedgerDatabase, intent: NewIntent): void {
  if (intent.inherits === true) passOnId(database, intent.clientOrderId, intent.recordedAt);
  database.write(
    `INSERT INTO intents (client_order_id, execution_id, phase, symbol, side, attempt, quantity, notional, estimated_value,
       worst_case_cost, full_exit, held_before, recorded_at, state, filled_quantity, updated_at, style, order_type,
       goal_quantity, goal_cost, goal_in_dollars, quote_bid, quote_ask, quote_at)
     VALUES (:clientOrderId, :executionId, :phase, :symbol, :side, :attempt, :quantity, :notional, :estimatedValue,
       :worstCaseCost, :fullExit, :heldBefore, :recordedAt, 'recorded', '0', :recordedAt, :style, :orderType,
       :goalQuantity, :goalCost, :goalInDollars, :bid, :ask, :quoteAt)`,
    {
      clientOrderId: intent.clientOrderId,
      executionId: intent.executionId,
      phase: intent.phase,
      symbol: intent.symbol,
      side: intent.side,
      attempt: intent.attempt,
      quantity: optionalDecimal(intent.quantity),
      notional: optionalDecimal(intent.notional),
      estimatedValue: toText(intent.estimatedValue),
      worstCaseCost: toText(intent.worstCaseCost),
      fullExit: flag(intent.fullExit),
      heldBefore: toText(intent.heldBefore),
      recordedAt: instant(intent.recordedAt),
      style: intent.goal === undefined ? "market" : "limit",
      orderType: intent.goal === undefined ? "market" : null,
      ...goalValues(intent.goal),
      ...quoteValues(intent.quote),
    },
  );
}

function recorded(database: LedgerDatabase, sql: string, values: Values, belongs?: Belongs<IntentRecord>): IntentRecord[] {
  return database.records("intents", sql, values, intentOf, belongs);
}

/** The columns of `intents` as a record. */
export function intentOf(row: Row): IntentRecord {
  return {
    clientOrderId: readText(row, "client_order_id"),
    executionId: readText(row, "execution_id"),
    phase: readOneOf(row, "phase", INTENT_PHASES),
    symbol: readText(row, "symbol"),
    side: readOneOf(row, "side", SIDES),
    attempt: readInteger(row, "attempt"),
    quantity: readOptionalDecimal(row, "quantity"),
    notional: readOptionalDecimal(row, "notional"),
    estimatedValue: readDecimal(row, "estimated_value"),
    worstCaseCost: readDecimal(row, "worst_case_cost"),
    fullExit: readFlag(row, "full_exit"),
    heldBefore: readDecimal(row, "held_before"),
    recordedAt: readInteger(row, "recorded_at"),
    state: readOneOf(row, "state", STATES),
    postedAt: readOptionalInteger(row, "posted_at"),
    acceptedAt: readOptionalInteger(row, "accepted_at"),
    orderId: readOptionalText(row, "order_id"),
    status: readOptionalText(row, "status"),
    filledQuantity: readDecimal(row, "filled_quantity"),
    filledAveragePrice: readOptionalDecimal(row, "filled_average_price"),
    filledAt: readOptionalInteger(row, "filled_at"),
    cancelRequestedAt: readOptionalInteger(row, "cancel_requested_at"),
    message: readOptionalText(row, "message"),
    code: readOptionalOneOf(row, "code", INTENT_CODES),
    updatedAt: readInteger(row, "updated_at"),
    orderType: readOptionalOneOf(row, "order_type", ORDER_TYPES),
    limitPrice: readOptionalDecimal(row, "limit_price"),
    goal: goalIn(row),
    quote: quoteIn(row),
  };
}

function goalIn(row: Row): Goal | undefined {
  if (readOneOf(row, "style", STYLES) === "market") return undefined;
  const [quantity, cost] = [readOptionalDecimal(row, "goal_quantity"), readOptionalDecimal(row, "goal_cost")];
  return { quantity, cost, inDollars: readFlag(row, "goal_in_dollars") };
}

function quoteIn(row: Row): QuoteSeen | undefined {
  const [bid, ask, at] = [
    readOptionalDecimal(row, "quote_bid"),
    readOptionalDecimal(row, "quote_ask"),
    readOptionalInteger(row, "quote_at"),
  ];
  return bid === undefined || ask === undefined || at === undefined ? undefined : { bid, ask, at };
}
