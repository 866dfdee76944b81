import { max, toText, ZERO, type Decimal } from "../domain/decimal.ts";

const FORBIDDEN = 40310000;
const NOT_FOUND = 40410000;
const UNPROCESSABLE = 42210000;
const MALFORMED = 40010001;

/** A request that the venue refuses, with its answer. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;

  constructor(status: number, body: { readonly message: string; readonly [key: string]: unknown }) {
    super(body.message);
    this.status = status;
    this.body = body;
  }
}

/** 422 with the code for a parameter that violates trading rules; some name the figures that decided. */
export function unprocessable(message: string, figures: Readonly<Record<string, string>> = {}): Refusal {
  return new Refusal(422, { ...figures, code: UNPROCESSABLE, message });
}

/** 422 with the code for a malformed request. */
export function malformed(message: string): Refusal {
  return new Refusal(422, { code: MALFORMED, message });
}

export function forbidden(message: string): Refusal {
  return new Refusal(403, { code: FORBIDDEN, message });
}

export function notFound(message: string): Refusal {
  return new Refusal(404, { code: NOT_FOUND, message });
}

export function insufficientBuyingPower(buyingPower: Decimal, costBasis: Decimal): Refusal {
  return new Refusal(403, {
    buying_power: toText(buyingPower),
    code: FORBIDDEN,
    cost_basis: toText(costBasis),
    message: "insufficient buying power",
  });
}

export function insufficientQuantity(
  symbol: string,
  requested: Decimal,
  owned: Decimal,
  held: Decimal,
  orderIds: readonly string[],
): Refusal {
  const available = toText(max(owned.minus(held), ZERO));
  return new Refusal(403, {
    available,
    code: FORBIDDEN,
    existing_qty: toText(owned),
    ...(held.gt(ZERO) && { held_for_orders: toText(held) }),
    message: `insufficient qty available for order (requested: ${toText(requested)}, available: ${available})`,
    ...(orderIds.length > 0 && { related_orders: orderIds }),
    symbol,
  });
}

export function washTrade(existingOrderId: string, existingKind: "market/stop" | "limit"): Refusal {
  return new Refusal(403, {
    code: FORBIDDEN,
    existing_order_id: existingOrderId,
    message: "potential wash trade detected. use complex orders",
    reject_reason: `opposite side ${existingKind} order exists`,
  });
}
