import { z } from "zod";
import type { Decimal } from "../domain/decimal.ts";
import { max, sum, ZERO } from "../domain/decimal.ts";
import { amount, instant, optional, read, text } from "./wire.ts";
import { marketDate } from "../domain/market-day.ts";

/** Activities that move money or shares into or out of the account, and so are neither gain nor loss (R28). */
export const FLOW_TYPES = ["CSD", "CSW", "JNL", "JNLC", "JNLS", "ACATC", "ACATS", "FOPT"] as const;

/** Activities that change the cash besides trades. Transferred shares are flows, but no cash. */
export const CASH_TYPES = ["CSD", "CSW", "JNL", "JNLC", "ACATC", "FEE", "CFEE", "INT", "DIV"] as const;

/** One activity; its amount is zero when it is not a flow. */
interface CashFlow {
  readonly id: string;
  /** Dollars, negative for money that left. */
  readonly amount: Decimal;
  /** When it was booked, milliseconds since the epoch; older records have only the date. */
  readonly at: number | undefined;
  /** `YYYY-MM-DD`. */
  readonly date: string | undefined;
}

const wireSchema = z.object({
  id: text,
  activity_type: text,
  status: optional(z.string()),
  created_at: optional(instant),
  transaction_time: optional(instant),
  date: optional(z.string()),
  net_amount: optional(amount),
  qty: optional(amount),
  price: optional(amount),
});

type Wire = z.output<typeof wireSchema>;

/** @param valueOf dollars of an activity of one of these types; `undefined` when it does not say them. */
function listOf(types: readonly string[], valueOf: (wire: Wire) => Decimal | undefined): z.ZodType<CashFlow[]> {
  return z.array(
    wireSchema.transform((wire, context): CashFlow => {
      const counts = types.includes(wire.activity_type) && wire.status !== "canceled";
      const value = counts ? valueOf(wire) : ZERO;
      if (value === undefined) context.addIssue({ code: "custom", path: ["net_amount"], message: "has no value" });
      return {
        id: wire.id,
        amount: value ?? ZERO,
        at: wire.created_at ?? wire.transaction_time,
        date: /^\d{4}-\d{2}-\d{2}/.exec(wire.date ?? "")?.[0],
      };
    }),
  );
}

/** Transferred shares carry no money; without a price their value is unknown. */
function worthOf({ net_amount, qty, price }: Wire): Decimal | undefined {
  const money = net_amount ?? ZERO;
  if (!money.eq(ZERO)) return money;
  if (qty !== undefined && !qty.eq(ZERO)) return price?.times(qty);
  return net_amount;
}

const flowsSchema = listOf(FLOW_TYPES, worthOf);
const cashSchema = listOf(CASH_TYPES, ({ net_amount }) => net_amount);

/** @throws UnreadableAnswer, also for a flow without a value: counted as zero, it would look like gain or loss. */
export function toCashFlows(json: unknown): CashFlow[] {
  return read(flowsSchema, json);
}

/** @throws UnreadableAnswer, also for an activity that does not say its dollars. */
export function toCashBooked(json: unknown): CashFlow[] {
  return read(cashSchema, json);
}

/**
 * Deposits less withdrawals after `after`. If a record may be before or after it, it counts only if it makes the
 * account look worse: a deposit is not a gain.
 */
export function sumOfFlows(flows: readonly CashFlow[], after: number): Decimal {
  const day = marketDate(after);
  return sum(
    flows.map((flow) => {
      if (flow.at !== undefined) return flow.at > after ? flow.amount : ZERO;
      if (flow.date !== undefined && flow.date !== day) return flow.date > day ? flow.amount : ZERO;
      return max(ZERO, flow.amount);
    }),
  );
}
