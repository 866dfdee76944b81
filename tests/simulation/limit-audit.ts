import type { VenueRequest, VenueResponse } from "../../src/simulator/venue.ts";
import type { RebalanceEvent } from "../../src/execution/events.ts";
import type { ExecutionSettings } from "../../src/domain/execution-style.ts";
import type { IntentRecord } from "../../src/domain/ledger/orders.ts";
import type { Decimal } from "../../src/domain/decimal.ts";
import { decimal, max, ONE, sum, truncate, ZERO } from "../../src/domain/decimal.ts";
import type { OrderRecord } from "../../src/simulator/orders.ts";
import { isOpen } from "../../src/simulator/orders.ts";
import type { Violation } from "./invariants.ts";
import type { Life } from "./life.ts";

const SNAPSHOTS = "/v2/stocks/snapshots";

/** Prices are at most 1.5 s old when an order is priced, and the order may wait a second for its turn. */
const PRICES_MAX_AGE_MS = 3_500;
/** A little less than what the program counts as old: it estimates the venue's clock. */
const TRADE_IS_OLD_MS = 55_000;
const CENT = decimal("0.01");
const ROUNDING = decimal("0.000000002");

interface Seen {
  /** When it was asked for, on the monotonic clock. */
  readonly at: number;
  readonly bid: Decimal;
  readonly ask: Decimal;
  readonly trade: Decimal | undefined;
  readonly tradedMsAgo: number;
}

/**
 * Orders of limit style, each against what its process was shown and against the venue's own book: on a tick,
 * inside the collar, on a sane quote; one at a time, and together never more than was planned (P1, P4).
 */
export class LimitAudit {
  readonly #settings: ExecutionSettings;
  /** By symbol, what was shown lately, the newest last. */
  readonly #seen = new WeakMap<Life, Map<string, readonly Seen[]>>();
  /** By planned trade, the first one of each plan: what all of its attempts together may come to. */
  readonly #planned = new Map<string, IntentRecord>();
  /** How many plans of each execution were seen, and the one that each order belongs to. */
  readonly #plans = new Map<string, number>();
  readonly #planOf = new Map<string, string>();
  /** By client order id: what was sent for one record is sent again as it was, or not at all. */
  readonly #sentBefore = new Map<string, { readonly recordedAt: number; readonly terms: string }>();

  readonly #venueNow: () => number;

  /** @param venueNow by the venue's clock, milliseconds since the epoch. */
  constructor(settings: ExecutionSettings, venueNow: () => number) {
    this.#settings = settings;
    this.#venueNow = venueNow;
  }

  /** @param now on the monotonic clock; what was delivered had been asked for a little earlier. */
  onDelivered(life: Life, { method, url, body: sent }: VenueRequest, { status, body, cut }: VenueResponse, now: number): void {
    // Held back by the rate limit: proven never to have arrived, so it may be priced anew.
    if (method === "POST" && status === 429 && sent !== "")
      this.#sentBefore.delete((JSON.parse(sent) as { client_order_id: string }).client_order_id);
    if (this.#settings.style === "market" || method !== "GET" || !url.startsWith(SNAPSHOTS) || status !== 200 || cut !== undefined) return;
    const seen = this.#seen.get(life) ?? new Map<string, readonly Seen[]>();
    this.#seen.set(life, seen);
    for (const [symbol, snapshot] of snapshotsIn(body)) {
      const lately = (seen.get(symbol) ?? []).filter(({ at }) => now - at <= PRICES_MAX_AGE_MS);
      seen.set(symbol, [...lately, seenIn(snapshot, now, this.#venueNow())]);
    }
  }

  onEvent({ kind, executionId, plan }: RebalanceEvent): void {
    if (kind === "phase" && plan !== undefined) this.#plans.set(executionId, (this.#plans.get(executionId) ?? 0) + 1);
  }

  /** @param sent the order as it left, `now` on the monotonic clock. */
  violationsOf(
    life: Life,
    intent: IntentRecord,
    sent: Readonly<Record<string, string>>,
    book: readonly OrderRecord[],
    now: number,
  ): Violation[] {
    const { clientOrderId, goal, orderType, limitPrice, code, recordedAt } = intent;
    const [before, terms] = [this.#sentBefore.get(clientOrderId), JSON.stringify(sent)];
    if (before?.recordedAt === recordedAt && code === "proven-absent")
      return before.terms === terms ? [] : [violation("P1", `${clientOrderId} was sent again as something else`)];
    this.#sentBefore.set(clientOrderId, { recordedAt, terms });
    const asRecorded = sent.type === (orderType ?? "") && sent.limit_price === limitPrice?.toFixed();
    return [
      ...(asRecorded ? [] : [violation("P1", `${clientOrderId} was sent as another type or at another limit than was recorded`)]),
      ...(goal === undefined ? [] : this.#totals(life, intent, book)),
      // What may have been sent before, by a process that was killed over it, keeps its terms.
      ...(orderType === "limit" && code !== "proven-absent" ? this.#priceProblems(life, intent, now) : []),
    ];
  }

  /** Filled by all attempts, and what this one asks for, against what was planned at first. */
  #totals(life: Life, intent: IntentRecord, book: readonly OrderRecord[]): Violation[] {
    const { clientOrderId, executionId, side, phase, symbol } = intent;
    // A process that is killed right after it recorded a plan does not say so; the base tells that plan from the one before.
    const base = life.ledger.execution(executionId)?.plan?.[phase]?.base ?? "";
    const slot = `${executionId} ${String(this.#plans.get(executionId) ?? 0)} ${base} ${phase} ${symbol}`;
    if (!this.#planOf.has(clientOrderId)) this.#planOf.set(clientOrderId, slot);
    const earlier = book.filter((order) => order.clientOrderId !== clientOrderId && this.#planOf.get(order.clientOrderId) === slot);
    const filled = sum(earlier.map(({ filledQuantity }) => filledQuantity));
    // A buy that is sized again after a refusal stands for the plan from then on, and nothing of it is filled yet.
    if (!this.#planned.has(slot) || filled.eq(ZERO)) this.#planned.set(slot, intent);
    const planned = this.#planned.get(slot)?.goal;
    const spent = sum(earlier.map(({ filledValue }) => filledValue));
    const shares = planned?.quantity?.minus(filled);
    const money = planned?.cost?.minus(spent);
    const asks = intent.quantity ?? ZERO;
    const worst = intent.notional ?? (intent.limitPrice === undefined ? ZERO : asks.times(intent.limitPrice));
    return [
      ...earlier
        .filter(isOpen)
        .map((order) => violation("P1", `${clientOrderId} was sent while ${order.clientOrderId} was ${order.status}`)),
      ...(shares !== undefined && asks.gt(shares.plus(ROUNDING))
        ? [violation("P1", `${clientOrderId} asks for ${asks.toFixed()} shares, but ${shares.toFixed()} are left of the plan`)]
        : []),
      ...(side === "buy" && money !== undefined && worst.gt(money.plus(CENT))
        ? [violation("P4", `${clientOrderId} may take $${worst.toFixed()}, but $${money.toFixed()} are left of the plan`)]
        : []),
    ];
  }

  #priceProblems(life: Life, { clientOrderId, symbol, side, limitPrice = ZERO, quote }: IntentRecord, now: number): Violation[] {
    const { collar, maxSpread } = this.#settings.limitOrders;
    const shown = this.#seen.get(life)?.get(symbol) ?? [];
    // The newest may be the late answer to a question that was given up, which nobody heard.
    const seen = shown.findLast(({ bid, ask }) => quote?.bid.eq(bid) === true && quote.ask.eq(ask)) ?? shown.at(-1);
    const say = (holds: boolean, text: string): Violation[] => (holds ? [] : [violation("P4", `${clientOrderId} ${text}`)]);
    if (seen?.trade === undefined) return say(false, "was sent with a limit without a trade that was shown");
    const { bid, ask, trade } = seen;
    // An old trade of a quiet symbol gives way to the middle of its quote, within 5 % of it.
    const middle = bid.plus(ask).div("2");
    const isOld = seen.tradedMsAgo > TRADE_IS_OLD_MS && middle.minus(trade).abs().lte(trade.times("0.05"));
    const around = isOld ? middle : trade;
    const far = side === "buy" ? around.times(ONE.plus(collar)) : around.times(ONE.minus(collar));
    return [
      ...say(truncate(limitPrice, limitPrice.gte(ONE) ? 2 : 4).eq(limitPrice), `has a limit of ${limitPrice.toFixed()} off the tick`),
      ...say(
        side === "buy" ? limitPrice.lte(far) : limitPrice.gte(far),
        `has a limit of ${limitPrice.toFixed()} outside the collar around ${around.toFixed()}`,
      ),
      ...say(bid.gt(ZERO) && ask.gte(bid), `was sent on a quote of ${bid.toFixed()} / ${ask.toFixed()}`),
      ...say(
        ask.minus(bid).lte(max(ask.plus(bid).div("2").times(maxSpread), bid.gte(ONE) ? CENT : CENT.div("100"))),
        `was sent on a quote ${bid.toFixed()} / ${ask.toFixed()} too wide`,
      ),
      ...say(quote?.bid.eq(bid) === true && quote.ask.eq(ask), "records another quote than was shown lately"),
      ...say(now - seen.at <= PRICES_MAX_AGE_MS, `was priced from what was shown ${String(now - seen.at)} ms before`),
    ];
  }
}

function violation(promise: Violation["promise"], text: string): Violation {
  return { promise, text: `${text}.` };
}

type Json = Record<string, unknown>;

function snapshotsIn(body: string): [string, Json][] {
  try {
    return Object.entries(JSON.parse(body) as Record<string, Json>);
  } catch {
    return [];
  }
}

function seenIn(snapshot: Json, at: number, venueNow: number): Seen {
  const { bp, ap } = (snapshot.latestQuote ?? {}) as Json;
  const { p, t } = (snapshot.latestTrade ?? {}) as Json;
  const amount = (value: unknown): Decimal => (typeof value === "number" ? decimal(String(value)) : ZERO);
  const tradedMsAgo = venueNow - Date.parse(String(t));
  return { at, bid: amount(bp), ask: amount(ap), trade: typeof p === "number" ? decimal(String(p)) : undefined, tradedMsAgo };
}
