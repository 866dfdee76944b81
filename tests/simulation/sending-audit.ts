import type { VenueRequest, VenueResponse } from "../../src/simulator/venue.ts";
import type { OrderRecord } from "../../src/simulator/orders.ts";
import { isOpen } from "../../src/simulator/orders.ts";
import { isOwnOrder } from "../../src/execution/orders/ids.ts";
import type { IntentRecord } from "../../src/domain/ledger/orders.ts";
import { isPost } from "./faults/fault.ts";
import type { Violation } from "./invariants.ts";

/** How an order was last sent, and what has become known of it since. Times of the venue, milliseconds. */
interface Sent {
  readonly intent: IntentRecord;
  readonly at: number;
  /** HTTP status of the answer that the process got. */
  status: number | undefined;
  /** Since when a list of all orders, asked for after the sending, shows that it is not there. */
  missingSince: number | undefined;
  /** An earlier run's order was sent under its id before, and given up (R19). */
  readonly isInherited: boolean;
}

interface Surroundings {
  /** The machine's clock was never set, so that it measures the same times as the venue's. */
  readonly steady: boolean;
  readonly isUnknown: (clientOrderId: string) => boolean;
  /** The signal that an order was sent for. */
  readonly signalOf: (clientOrderId: string) => string | undefined;
}

/** An absence counts only so long after the POST (R19), less what a POST may wait for its turn. */
const ABSENCE_COUNTS_AFTER_MS = 9_000;

/**
 * When an order may be sent again, or under a further attempt (P1, R18–R20): what has no answer only once
 * it is proven absent, what was refused only under the next attempt, what was taken never.
 */
export class SendingAudit {
  readonly #sent = new Map<string, Sent>();

  /**
   * @param now time of the venue.
   * @param book every order at the venue.
   */
  onSent(intent: IntentRecord, now: number, book: readonly OrderRecord[], { steady, isUnknown, signalOf }: Surroundings): Violation[] {
    const before = this.#sent.get(intent.clientOrderId);
    const isSameRun = (other: string): boolean => signalOf(other) === signalOf(intent.clientOrderId);
    const isInherited = before !== undefined && before.intent.executionId !== intent.executionId;
    this.#sent.set(intent.clientOrderId, { intent, at: now, status: undefined, missingSince: undefined, isInherited });
    return [
      ...(before === undefined ? [] : this.#sentAgain(intent, before, now, steady)),
      ...this.#attemptsBefore(intent, book, isSameRun),
      // What was given up as unknown may turn up at any time; its money is reserved, and its cash is not counted.
      ...besideOthers(
        intent,
        book.filter(({ clientOrderId }) => !isUnknown(clientOrderId)),
        (other) => isSameRun(other) && this.#isSellOf(other),
      ),
    ];
  }

  /** Under an inherited id that was refused, an order at the venue is the earlier run's, which had been given up. */
  #isSellOf(clientOrderId: string): boolean {
    const sent = this.#sent.get(clientOrderId);
    return sent?.intent.phase === "selling" && !(sent.isInherited && isRefusal(sent.status));
  }

  onDelivered(request: VenueRequest, { status, body, cut }: VenueResponse, now: number): void {
    if (isPost(request)) {
      const sent = this.#sent.get((JSON.parse(request.body) as { client_order_id: string }).client_order_id);
      if (sent !== undefined && cut === undefined) sent.status = status;
      return;
    }
    if (request.method !== "GET" || !request.url.startsWith("/v2/orders?status=all") || status !== 200 || cut !== undefined) return;
    const symbols = new URL(request.url, "http://venue").searchParams.get("symbols") ?? "";
    for (const sent of this.#sent.values()) {
      if (symbols.split(",").includes(sent.intent.symbol))
        sent.missingSince = body.includes(`"${sent.intent.clientOrderId}"`) ? undefined : (sent.missingSince ?? now);
    }
  }

  #sentAgain({ clientOrderId, postedAt, recordedAt }: IntentRecord, before: Sent, now: number, steady: boolean): Violation[] {
    if (before.intent.postedAt === postedAt) return [{ promise: "P1", text: `${clientOrderId} was sent twice for one record of it.` }];
    if (before.status === 429) return [];
    // Another order under an id that was inherited: the one before it was refused, and what was given up before that is listed.
    if (before.intent.recordedAt !== recordedAt && isRefusal(before.status)) return [];
    if (before.missingSince === undefined)
      return [{ promise: "P1", text: `${clientOrderId} was sent again without a list of orders that it is missing from.` }];
    if (steady && now - before.at < ABSENCE_COUNTS_AFTER_MS)
      return [{ promise: "P1", text: `${clientOrderId} was sent again after ${String(now - before.at)} ms.` }];
    return [];
  }

  #attemptsBefore(intent: IntentRecord, book: readonly OrderRecord[], isSameRun: (clientOrderId: string) => boolean): Violation[] {
    if (intent.attempt === 1) return [];
    return [...this.#sent.values()]
      .filter(({ intent: other }) => isSameRun(other.clientOrderId) && sameSlot(other, intent) && other.attempt < intent.attempt)
      .flatMap(({ intent: other, status = 0 }): Violation[] => {
        const taken = book.find(({ clientOrderId }) => clientOrderId === other.clientOrderId);
        // What an order that has ended left undone is sent again (R33).
        if (taken !== undefined && !isOpen(taken)) return [];
        if (taken !== undefined)
          return [{ promise: "P1", text: `${intent.clientOrderId} was sent although the attempt before is ${taken.status}.` }];
        // What the rate limit held back was never sent; it may be let go of, and planned again.
        return isRefusal(status)
          ? []
          : [{ promise: "P1", text: `${intent.clientOrderId} was sent although the attempt before was not refused.` }];
      });
  }
}

function isRefusal(status = 0): boolean {
  return status >= 400 && status < 500 && status !== 408;
}

function sameSlot(one: IntentRecord, other: IntentRecord): boolean {
  return one.phase === other.phase && one.symbol === other.symbol;
}

/** A symbol has one open order of ours at a time (R24), and buys wait for the sells of their run (R15). */
function besideOthers(intent: IntentRecord, book: readonly OrderRecord[], isSellOfRun: (clientOrderId: string) => boolean): Violation[] {
  const open = book.filter((order) => isOpen(order) && isOwnOrder(order) && order.clientOrderId !== intent.clientOrderId);
  const same = open.find(({ symbol }) => symbol === intent.symbol);
  const sell = intent.phase === "buying" ? open.find(({ clientOrderId }) => isSellOfRun(clientOrderId)) : undefined;
  return [
    ...(same === undefined
      ? []
      : [{ promise: "P4" as const, text: `${intent.clientOrderId} was sent while our ${same.clientOrderId} was ${same.status}.` }]),
    ...(sell === undefined
      ? []
      : [
          {
            promise: "P4" as const,
            text: `${intent.clientOrderId} was sent before ${sell.clientOrderId} had ended, which was ${sell.status}.`,
          },
        ]),
  ];
}
