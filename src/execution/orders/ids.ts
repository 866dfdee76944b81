import { createHash } from "node:crypto";

/** Identity of one of our orders at the venue (R18). */
export interface OrderIdentity {
  readonly signalId: string;
  /** Of the account, in ledgers whose ids name it: all accounts of a fleet trade the same signals. */
  readonly mark?: string | undefined;
  readonly phase: "selling" | "buying";
  readonly symbol: string;
  /** Incremented only when the previous order is proven terminal, refused, or never sent. */
  readonly attempt: number;
}

/** Marks an order as sent by this program, whichever machine or ledger sent it. */
const CLIENT_ORDER_ID_PREFIX = "alpaca-trader";

/** Alpaca's limit for `client_order_id`, in characters (official specification). */
const CLIENT_ORDER_ID_LIMIT = 128;

/**
 * The same identity gives the same id on every machine and after every restart, so the venue itself
 * refuses a second order for one intent (client order ids are unique forever).
 */
export function clientOrderId(identity: OrderIdentity): string {
  const { signalId, mark, phase, symbol, attempt } = identity;
  const marked = mark === undefined ? [] : [mark];
  const id = [CLIENT_ORDER_ID_PREFIX, signalId, ...marked, phase, symbol, String(attempt)].join("-");
  if (id.length > CLIENT_ORDER_ID_LIMIT)
    throw new RangeError(`The client order id "${id}" is longer than ${String(CLIENT_ORDER_ID_LIMIT)} characters.`);
  return id;
}

/** Parses one of our client order ids; `undefined` for any other id. */
export function identityIn(id: string): OrderIdentity | undefined {
  const [, signalId, mark, phase, symbol, attempt] =
    /^alpaca-trader-(.+?)(?:-([0-9a-f]{8}))?-(selling|buying)-([^-]+)-([1-9]\d*)$/.exec(id) ?? [];
  if (signalId === undefined || symbol === undefined || (phase !== "selling" && phase !== "buying")) return undefined;
  return { signalId, mark, phase, symbol, attempt: Number(attempt) };
}

/** What ids name an account by. It is the same on every machine and after every restart. */
export function accountMark(accountNumber: string): string {
  return createHash("sha256").update(accountNumber).digest("hex").slice(0, 8);
}

/** Whether an order was sent by this program (by this ledger or by another one). */
export function isOwnOrder(order: { readonly clientOrderId: string }): boolean {
  return order.clientOrderId.startsWith(`${CLIENT_ORDER_ID_PREFIX}-`);
}
