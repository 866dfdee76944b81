import type { CancelAnswer, Order, OrderRequest, RefusalReason, SubmitAnswer } from "../domain/broker.ts";
import type { RejectedAnswer, VenueAnswer } from "./venue-answer.ts";
import { NO_MESSAGE } from "./venue-answer.ts";

/**
 * The outcome of one order's POST (R18). "Refused" means "may be planned again", "unknown" means "may exist":
 * anything that does not prove a refusal is unknown.
 * @param readOrder reads the order in a 2xx body; `undefined` when it cannot be read.
 * @param retryAt monotonic time at which a 429 may be retried.
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

/** A different order proves nothing about the requested one. */
function acceptance(order: Order | undefined, status: number, request: OrderRequest): SubmitAnswer {
  if (order === undefined) return { kind: "unknown", message: `The answer (HTTP ${status}) contains no readable order.` };
  const same = order.clientOrderId === request.clientOrderId && order.symbol === request.symbol && order.side === request.side;
  if (same) return { kind: "accepted", order };
  return {
    kind: "unknown",
    message: `The answer contains another order: ${order.side} ${order.symbol}, client order id "${order.clientOrderId}".`,
  };
}

function rejection(answer: RejectedAnswer, retryAt: number): SubmitAnswer {
  const { status, code, message, requestId } = answer;
  if (status === 429) return { kind: "not-sent", message: `The rate limit is used up: ${message}`, retryAt };
  if (status < 400 || status >= 500 || status === 408) return { kind: "unknown", message: `HTTP ${status}: ${message}` };
  if (ID_TAKEN.test(message)) return { kind: "exists", message };
  if ((status === 401 && answer.isJson && message !== NO_MESSAGE) || (status === 403 && message === NO_PERMISSION))
    return { kind: "refused", reason: "keys-refused", status, code, message: `${message} ${KEYS_HINT}`, requestId };
  // Without one of Alpaca's codes, a proxy may have answered although the order went through.
  if (code === undefined) return { kind: "unknown", message: `HTTP ${status} without a code: ${message}` };
  const { buyingPower, costBasis, available } = answer;
  const reason = refusalReasonOf(answer);
  const said = reason === "trade-suspended" ? `${message} ${SWITCH_HINT}` : message;
  return { kind: "refused", reason, status, code, message: said, requestId, buyingPower, costBasis, available };
}

/** Alpaca's answer to keys that can read but not trade; it has no code. */
const NO_PERMISSION = "forbidden.";
const KEYS_HINT = "(the API keys or the OAuth token were refused: check that they are valid and allow trading)";
const SWITCH_HINT = "(check the account's own switch `suspend_trade` on its page at Alpaca: while it is on, every order is refused)";

/** Seen with two different codes, so the text decides. */
const ID_TAKEN = /client.?order.?id must be unique/i;

/** In this order: the first match counts. Texts seen from the venue (R20). */
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
  ["trade-suspended", /rejected by user request/i],
  [
    "account-restricted",
    /not authorized|pattern day trad|no day trades permitted|liquidation only|orders not allowed for account|account .*(restricted|blocked|suspended)|trading is blocked/i,
  ],
];

/** The code 40310000 covers at least seven refusals: only the text distinguishes them. */
function refusalReasonOf({ message, detail }: Pick<RejectedAnswer, "message" | "detail">): RefusalReason {
  const text = detail === undefined ? message : `${message} ${detail}`;
  return REFUSALS.find(([, pattern]) => pattern.test(text))?.[0] ?? "other";
}

/** A cancel already in progress is as good as an accepted one. */
const BEING_CANCELED = /pending.?cancel/i;

/** The outcome of one order's DELETE. It never ends the order: only its own status does. */
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
