import { parseDecimal, truncate, ZERO, type Decimal } from "../domain/decimal.ts";
import type { OrderRequest } from "./orders.ts";
import { malformed } from "./refusals.ts";

/** The JSON object sent with a request. */
export type OrderBody = Readonly<Record<string, unknown>>;

/** `undefined` for null and for an empty text, which clients send for fields that they leave out. */
export function given(value: unknown): unknown {
  return value === null || value === "" ? undefined : value;
}

/** Accepts numbers as well as strings, as the venue does. */
export function readAmount(text: unknown, field: string): Decimal | undefined {
  const value = given(text);
  if (value === undefined) return undefined;
  const amount = parseDecimal(typeof value === "number" ? String(value) : value);
  if (amount === undefined) throw malformed(`${field} must be a number`);
  if (amount.lte(ZERO)) throw malformed(`${field.replace("_", " ")} must be > 0`);
  return amount;
}

export function isFractional(request: Pick<OrderRequest, "quantity" | "notional">): boolean {
  return request.notional !== undefined || !isWhole(request.quantity ?? ZERO);
}

export function isWhole(quantity: Decimal): boolean {
  return truncate(quantity, 0).eq(quantity);
}
