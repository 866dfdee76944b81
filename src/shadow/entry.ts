import { z } from "zod";
import { decimal } from "../domain/decimal.ts";

const amount = z.string().transform((text) => decimal(text));
/** Milliseconds since the epoch, by the venue's clock. */
const instant = z.number();

const holding = z.object({
  symbol: z.string(),
  assetId: z.string(),
  /** Shares. */
  quantity: amount,
  /** Dollars. */
  cost: amount,
  /** Dollars a share, as last known: used where the venue shows none. */
  price: amount,
});

/** The live account as it was when the shadow account began. */
const began = z.object({
  kind: z.literal("began"),
  at: instant,
  number: z.string(),
  cash: amount,
  /** What the live account was worth then, with what was not copied. */
  liveEquity: amount,
  holdings: z.array(holding),
});

const order = z.object({
  kind: z.literal("order"),
  at: instant,
  clientOrderId: z.string(),
  symbol: z.string(),
  assetId: z.string(),
  side: z.enum(["buy", "sell"]),
  quantity: amount.optional(),
  notional: amount.optional(),
  limitPrice: amount.optional(),
  /** Dollars a share when it was accepted: what an order that rests is counted at. */
  reference: amount,
  /** The close of its session. */
  expiresAt: instant,
});

const fill = z.object({ kind: z.literal("fill"), at: instant, clientOrderId: z.string(), quantity: amount, price: amount });

const ended = z.object({
  kind: z.literal("ended"),
  at: instant,
  clientOrderId: z.string(),
  status: z.enum(["canceled", "expired", "rejected"]),
});

/** Quantities are divided by the ratio, from that session on. */
const split = z.object({ kind: z.literal("split"), at: instant, symbol: z.string(), ratio: amount, session: z.string() });

export const entrySchema = z.discriminatedUnion("kind", [began, order, fill, ended, split]);

/** One change of the shadow account. All of them in order are the account. */
export type Entry = z.output<typeof entrySchema>;
export type EntryOf<Kind extends Entry["kind"]> = Extract<Entry, { kind: Kind }>;
export type CopiedHolding = z.output<typeof holding>;
