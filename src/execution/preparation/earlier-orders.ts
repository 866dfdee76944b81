import type { Broker, Order } from "../../domain/broker.ts";
import type { Clock } from "../../domain/clock.ts";
import type { Ledger } from "../../domain/ledger.ts";
import type { IntentRecord } from "../../domain/ledger/orders.ts";
import { marketDate } from "../../domain/market-day.ts";
import type { ExecutionEvent } from "../events.ts";
import { isOwnOrder } from "../orders/ids.ts";
import { settleLateOrder } from "../orders/late-orders.ts";
import type { AccountSnapshot } from "./account-snapshot.ts";
import { settlePause } from "./settle.ts";

/** How long to wait for earlier orders to end; for those of an unknown ledger, before and after their cancel (R24). */
const EARLIER_ORDERS_LIMIT_MS = 20_000;
/** Maximum difference between the venue's stamp of an order and its sending. */
export const STAMP_SLACK_MS = 2_000;

export interface EarlierOrdersParts {
  readonly broker: Broker;
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** When this process began to trade, monotonic. */
  readonly startedAt: number;
  readonly emit: (event: ExecutionEvent) => void;
}

/** Another installation sends orders to this account. */
export interface OtherInstance {
  readonly kind: "other-instance";
  readonly reason: string;
}

/** Waits before the first plan; `read` and `pause` may return why nothing may start any more. */
export interface Waiting<Stopped> {
  readonly read: () => Promise<AccountSnapshot | Stopped>;
  readonly pause: (ms: number) => Promise<Stopped | undefined>;
  /** Which of our orders may stay open. */
  readonly isKept: (intent: IntentRecord) => boolean;
}

/**
 * Orders of earlier executions must be terminal before their symbols trade again (R24). Orders with our prefix that are
 * missing in this ledger are awaited, and cancelled after 20 s; if one was sent since this process started, or appears
 * a second time in a session, another instance is trading.
 */
export async function endEarlierOrders<Stopped extends { readonly kind: string }>(
  parts: EarlierOrdersParts,
  first: AccountSnapshot,
  waiting: Waiting<Stopped>,
): Promise<AccountSnapshot | Stopped | OtherInstance> {
  const other = otherInstance(parts, first);
  if (other !== undefined) return other;
  const strangers = strangersIn(parts, first);
  const open = (): IntentRecord[] => leftOver(parts).filter((intent) => !waiting.isKept(intent));
  const shown = (snapshot: AccountSnapshot): IntentRecord[] => mine(parts, snapshot).filter((intent) => !waiting.isKept(intent));
  if (shown(first).length === 0 && strangers.length === 0 && open().length === 0) return first;
  recordStrangers(parts, first, strangers);
  const start = parts.clock.monotonic();
  let cancelled = false;
  for (let round = 0; ; round += 1) {
    const say = (_level: string, text: string): void => parts.emit({ kind: "remark", level: "info", text });
    const late = [...open(), ...(round === 0 ? shown(first).filter(hasComeBack) : [])];
    await Promise.all(late.map((intent) => settleLateOrder({ ...parts, say }, intent)));
    const snapshot = await waiting.read();
    if ("kind" in snapshot) return snapshot;
    const unknown = strangersIn(parts, snapshot);
    // The cash of a cancelled buy stays reserved in the plan until the ledger knows that it has ended.
    const isSeenToEnd = open().every(({ state }) => state !== "open");
    if (shown(snapshot).length + unknown.length === 0 && isSeenToEnd) return snapshot;
    const waited = parts.clock.monotonic() - start;
    if (unknown.length > 0 && !cancelled && waited > EARLIER_ORDERS_LIMIT_MS) {
      for (const order of unknown) say("info", `${order.symbol}: the ${order.side} ${order.id} of an unknown ledger is being cancelled.`);
      await Promise.all(unknown.map(({ id }) => parts.broker.cancel(id)));
      cancelled = true;
    } else if (waited > EARLIER_ORDERS_LIMIT_MS * (cancelled ? 2 : 1)) return snapshot;
    const stopped = await waiting.pause(settlePause(round));
    if (stopped !== undefined) return stopped;
  }
}

/** An order with our prefix that another installation has sent, in words. */
export function otherInstance(
  parts: Pick<EarlierOrdersParts, "ledger" | "clock" | "startedAt">,
  reading: StrangerReading,
): OtherInstance | undefined {
  const { ledger, clock, startedAt } = parts;
  const { clock: venue, readAt } = reading.market;
  const started = venue.timestamp - (readAt.monotonic - startedAt);
  const met = new Set(ledger.strangersMet(marketDate(venue.timestamp)));
  const found = strangersIn({ ledger }, reading).find(({ clientOrderId, submittedAt }) => {
    const isNew = submittedAt !== undefined && submittedAt > started + STAMP_SLACK_MS && clock.monotonic() > startedAt;
    return isNew || (met.size > 0 && !met.has(clientOrderId));
  });
  if (found === undefined) return undefined;
  const { side, symbol, id } = found;
  return {
    kind: "other-instance",
    reason: `Another installation of alpaca-trader trades this account: it sent the ${side} order ${id} for ${symbol}, which is not in this ledger.`,
  };
}

export type StrangerReading = Pick<AccountSnapshot, "openOrders" | "market">;

function strangersIn({ ledger }: Pick<EarlierOrdersParts, "ledger">, { openOrders }: Pick<AccountSnapshot, "openOrders">): Order[] {
  return openOrders.filter((order) => isOwnOrder(order) && ledger.intent(order.clientOrderId) === undefined);
}

function recordStrangers({ ledger, clock }: EarlierOrdersParts, reading: StrangerReading, strangers: readonly Order[]): void {
  const session = marketDate(reading.market.clock.timestamp);
  for (const { clientOrderId } of strangers) ledger.recordStranger({ clientOrderId, session, at: clock.now() });
}

function mine({ ledger }: EarlierOrdersParts, { openOrders }: AccountSnapshot): IntentRecord[] {
  return openOrders.filter(isOwnOrder).flatMap(({ clientOrderId }) => ledger.intent(clientOrderId) ?? []);
}

/** One that ended without an order according to the ledger, whose order the venue lists as open after all (R6). */
function hasComeBack({ state }: IntentRecord): boolean {
  return state === "dropped" || state === "refused";
}

/** Intents of earlier executions that were never seen to end: each keeps its symbol and its worst case reserved. */
function leftOver({ ledger }: EarlierOrdersParts): IntentRecord[] {
  return ledger.unsettledIntents().filter((intent) => intent.state !== "recorded");
}
