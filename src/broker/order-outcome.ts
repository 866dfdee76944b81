import type { CancelAnswer, Order, OrderRequest, RefusalReason, SubmitAnswer } from "../domain/broker.ts";
import type { RejectedAnswer, VenueAnswer } from "./venue-answer.ts";
import { NO_MESSAGE } from "./venue-answer.ts";

/**
 * What came of a POST of one order (R18). The line between "refused" and "unknown" is the line
 * between "may be planned again" and "may exist": whatever does not prove a refusal is unknown.
 * @param readOrder reads the order in a 2xx body; `undefined` when it cannot be read.
 * @param retryAt monotonic time at which a 429 may be tried again.
 */
export function submitAnswerOf(
  answer: VenueAnswer,
  request: OrderRequest,
  readOrder: (json: unknown) => Order | undefined,
  retryAt: number,
): SubmitAnswer {
  switch (answer.kind) {
    case "success":
      return acceptance(readOrder(answer.json), answer.status, request);
    case "garbled":
      return { kind: "unknown", message: `The answer (HTTP ${answer.status}) is not JSON.` };
    case "none":
      return { kind: "unknown", message: `There was no answer: ${answer.message}` };
    case "rejected":
      return rejection(answer, retryAt);
  }
}

/** An order that is not the one asked for proves nothing about the one asked for. */
function acceptance(order: Order | undefined, status: number, request: OrderRequest): SubmitAnswer {
  if (order === undefined) return { kind: "unknown", message: `The answer (HTTP ${status}) does not hold a readable order.` };
  const same = order.clientOrderId === request.clientOrderId && order.symbol === request.symbol && order.side === request.side;
  if (same) return { kind: "accepted", order };
  return {
    kind: "unknown",
    message: `The answer holds another order: ${order.side} ${order.symbol}, client order id "${order.clientOrderId}".`,
  };
}

function rejection(answer: RejectedAnswer, retryAt: number): SubmitAnswer {
  const { status, code, message, requestId } = answer;
  if (status === 429) return { kind: "not-sent", message: `No more requests are allowed for the moment: ${message}`, retryAt };
  if (status < 400 || status >= 500 || status === 408) return { kind: "unknown", message: `HTTP ${status}: ${message}` };
  if (ID_TAKEN.test(message)) return { kind: "exists", message };
  if ((status === 401 && answer.isJson && message !== NO_MESSAGE) || (status === 403 && message === NO_PERMISSION))
    return { kind: "refused", reason: "keys-refused", status, code, message: `${message} ${KEYS_HINT}`, requestId };
  // Without a code of Alpaca's own, a proxy or a gatekeeper may have spoken while the order went through.
  if (code === undefined) return { kind: "unknown", message: `HTTP ${status} without a code: ${message}` };
  const { buyingPower, costBasis } = answer;
  return { kind: "refused", reason: refusalReasonOf(answer), status, code, message, requestId, buyingPower, costBasis };
}

/** Alpaca's answer to keys that may read and not trade; it comes without a code. */
const NO_PERMISSION = "forbidden.";
const KEYS_HINT = "(the API keys were refused: check that they are valid and may trade)";

/** Seen with two different codes, so the text decides. */
const ID_TAKEN = /client.?order.?id must be unique/i;

/** In this order: the first that matches counts. Texts are those seen of the venue (R20). */
const REFUSALS: readonly (readonly [RefusalReason, RegExp])[] = [
  ["wash-trade", /wash trade|opposite side .*order exists/i],
  ["insufficient-buying-power", /insufficient (day.?trading )?buying power|insufficient balance/i],
  ["insufficient-quantity", /insufficient qty|insufficient quantity/i],
  ["below-minimum", /minimal amount of order|notional amount must be >=|notional must be >=|cost basis must be >=/i],
  ["not-fractionable", /not fractionable|qty must be integer|fractional trading is disabled/i],
  ["cannot-short", /(cannot|can't|not allowed to) be sold short|not allowed to short/i],
  ["unknown-asset", /(asset|symbol) .*not found|(asset|symbol) not found|could not find asset/i],
  ["trading-halt", /trading halt|halted|limit.up|limit.down|trading .*paused|temporarily (not available|unavailable)/i],
  ["not-tradable", /not tradable|asset .*not active/i],
  [
    "account-restricted",
    /not authorized|pattern day trad|no day trades permitted|liquidation only|rejected by user request|orders not allowed for account|account .*(restricted|blocked|suspended)|trading is blocked/i,
  ],
];

/** One code, 40310000, stands for at least seven refusals: only the text tells them apart. */
function refusalReasonOf({ message, detail }: Pick<RejectedAnswer, "message" | "detail">): RefusalReason {
  const text = detail === undefined ? message : `${message} ${detail}`;
  return REFUSALS.find(([, pattern]) => pattern.test(text))?.[0] ?? "other";
}

/** A cancel that is on its way already is as good as one that was taken. */
const BEING_CANCELED = /pending.?cancel/i;

/** What came of a DELETE of one order. Nothing in it ends the order: its own status does. */
export function cancelAnswerOf(answer: VenueAnswer, isAbsent: boolean): CancelAnswer {
  switch (answer.kind) {
    case "success":
    case "garbled":
      return { kind: "requested" };
    case "none":
      return { kind: "unknown", message: `There was no answer: ${answer.message}` };
    case "rejected":
      if (isAbsent) return { kind: "not-found", message: answer.message };
      if (answer.status === 422 && BEING_CANCELED.test(answer.message)) return { kind: "requested" };
      if (answer.status === 422 && answer.isJson) return { kind: "ended", message: answer.message };
      return { kind: "unknown", message: `HTTP ${answer.status}: ${answer.message}` };
  }
}
