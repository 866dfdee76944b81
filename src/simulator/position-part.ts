import { HUNDRED, parseDecimal, SHARE_DECIMALS, truncate, ZERO, type Decimal } from "../domain/decimal.ts";
import { isWhole } from "./order-request.ts";
import { malformed } from "./refusals.ts";

/** A part of a position, in shares or percent; neither means the whole. */
export interface PositionPart {
  readonly quantity?: string;
  readonly percentage?: string;
}

/**
 * The shares in a part of a position; whole shares if the position is whole.
 * @throws Refusal
 */
export function sharesOf(whole: Decimal, part: PositionPart): Decimal {
  if (part.quantity !== undefined && part.percentage !== undefined) throw malformed("only one of qty or percentage is accepted");
  if (part.quantity !== undefined) return requiredAmount(part.quantity, "qty");
  if (part.percentage === undefined) return whole;
  const share = requiredAmount(part.percentage, "percentage");
  return truncate(whole.times(share).div(HUNDRED), isWhole(whole) ? 0 : SHARE_DECIMALS);
}

function requiredAmount(text: string, field: string): Decimal {
  const amount = parseDecimal(text);
  if (amount === undefined || amount.lte(ZERO)) throw malformed(`${field} must be greater than 0`);
  return amount;
}
