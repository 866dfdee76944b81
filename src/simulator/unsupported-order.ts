import { given, type OrderBody } from "./order-fields.ts";
import { forbidden, malformed, unprocessable } from "./refusals.ts";

/** The symbol of an option contract: underlying, expiration, call or put, strike price. */
const OPTION = /^[A-Z.]{1,6}\d{6}[CP]\d{8}$/;
const FEWEST_LEGS = 2;
const MOST_LEGS = 4;

/**
 * Refuses what orders may ask for at Alpaca and not here, as Alpaca refuses it to an account that is not approved for it.
 * @throws Refusal
 */
export function refuseUnsupported(body: OrderBody): void {
  refuseLegs(body);
  const { symbol } = body;
  if (typeof symbol === "string" && OPTION.test(symbol)) {
    if (![undefined, "simple"].includes(given(body.order_class) as string | undefined))
      throw unprocessable("complex orders not supported for options trading");
    throw forbidden("account not authorized to trade options");
  }
  if (typeof symbol === "string" && symbol.includes("/")) throw malformed("crypto orders not allowed for account");
  refuseInstructions(body);
}

export function refuseInstructions(body: OrderBody): void {
  if (given(body.advanced_instructions) !== undefined) throw forbidden("account not allowed to use advanced_instructions");
}

/** Only orders for several option contracts have legs of their own. */
function refuseLegs({ legs: value, order_class: orderClass }: OrderBody): void {
  const legs = given(value);
  if (orderClass !== "mleg") {
    if (legs !== undefined) throw malformed("only mleg orders have legs");
    return;
  }
  const count = Array.isArray(legs) ? legs.length : 0;
  if (count < FEWEST_LEGS || count > MOST_LEGS) throw unprocessable("mleg orders must have at least 2 legs and at most 4 legs");
  throw forbidden("submit mleg order is disabled");
}
