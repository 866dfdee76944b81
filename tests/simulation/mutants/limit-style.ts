import type { Mutant } from "./mutant.ts";

const ATTEMPTS = "src/execution/orders/attempts.ts";
const DECIDE = "src/execution/loop/decide.ts";
const TERMS = "src/execution/styles/order-terms.ts";
const INTENTS = "src/execution/orders/intents.ts";

/** Bugs of limit style: more than is left, too early, at a price that nobody meant (P1, P4). */
export const LIMIT_STYLE: readonly Mutant[] = [
  {
    name: "full-quantity-sent-again",
    bug: "After a partial fill, the whole order is sent again instead of the rest.",
    patches: [
      {
        file: ATTEMPTS,
        find: "return goal?.quantity === undefined ? undefined : max(ZERO, goal.quantity.minus(filledQuantity));",
        replace: "return goal?.quantity === undefined ? undefined : max(ZERO, goal.quantity.minus(filledQuantity.times(ZERO)));",
      },
    ],
  },
  {
    name: "money-of-the-first-attempt",
    bug: "Each attempt of a buy may spend all the planned dollars, whatever earlier attempts have spent.",
    patches: [
      {
        file: ATTEMPTS,
        find: "return { ...goal, quantity, cost: max(ZERO, goal.cost.minus(counted)) };",
        replace: "return { ...goal, quantity, cost: max(goal.cost, counted.minus(goal.cost)) };",
      },
    ],
  },
  {
    name: "next-attempt-before-the-end",
    bug: "The rest is sent again as soon as the cancel is requested, not when the order has ended.",
    patches: [
      {
        file: ATTEMPTS,
        find: '  if (record.state !== "done") return false;\n',
        replace: '  if (record.state !== "done" && (record.state !== "open" || record.cancelRequestedAt === undefined)) return false;\n',
      },
      {
        file: ATTEMPTS,
        find: '  if (record.status !== "canceled" || record.cancelRequestedAt === undefined) return false;\n',
        replace: "  if (record.cancelRequestedAt === undefined) return false;\n",
      },
      {
        file: INTENTS,
        find: 'return intent.state === "done" || intent.state === "refused" || intent.state === "dropped";',
        replace: 'return intent.state !== "recorded";',
      },
    ],
  },
  {
    name: "limit-outside-the-collar",
    bug: "Nothing checks how far the ask or bid is from the last trade.",
    patches: [
      {
        file: "src/execution/styles/sane-quote.ts",
        find: "  if (inside && limit.gt(ZERO)) return { quote, limit };",
        replace: "  if ((inside || limit.gt(ZERO)) && limit.gt(ZERO)) return { quote, limit };",
      },
      {
        file: TERMS,
        find: "return collarProblem(limitPrice, intent.side, { prices, now, settings });",
        replace:
          'return collarProblem(limitPrice, intent.side, { prices, now, settings: { ...settings, collar: settings.collar.times("1000") } });',
      },
    ],
  },
  {
    name: "one-sided-quote-priced-from",
    bug: "A buy is priced from a quote without a bid.",
    patches: [
      {
        file: "src/execution/styles/sane-quote.ts",
        find: "if (bid.lte(ZERO) || ask.lte(ZERO)) return",
        replace: 'if ((side === "sell" && bid.lte(ZERO)) || ask.lte(ZERO)) return',
      },
      {
        file: "src/execution/styles/sane-quote.ts",
        find: "  if (ask.minus(bid).gt(max(",
        replace: "  if (bid.gt(ZERO) && ask.minus(bid).gt(max(",
      },
    ],
  },
  {
    name: "spread-not-looked-at",
    bug: "A limit is taken from a quote, however wide its spread.",
    patches: [
      {
        file: "src/execution/styles/sane-quote.ts",
        find: "  if (ask.minus(bid).gt(max(",
        replace: "  if (ask.minus(bid).gt(max(ask.times(ask.plus(ONE)), ",
      },
    ],
  },
  {
    name: "limit-not-told",
    bug: "The limit is recorded, but the order is sent without it, as a market order.",
    patches: [
      {
        file: "src/execution/orders/order-lifecycle.ts",
        find: "...(intent.limitPrice === undefined ? {} : { limitPrice: intent.limitPrice }),",
        replace: '...(intent.limitPrice === undefined || intent.side === "buy" ? {} : { limitPrice: intent.limitPrice }),',
      },
    ],
  },
  {
    name: "old-quotes-priced-from",
    bug: "Every later attempt uses the quotes that the plan was made on.",
    patches: [
      {
        file: "src/execution/styles/quote-book.ts",
        find: "const PRICES_MAX_AGE_MS = 1_500;",
        replace: "const PRICES_MAX_AGE_MS = 15_000_000;",
      },
    ],
  },
  {
    name: "unknown-order-priced-anew",
    bug: "An order that may already have been sent is sent again under its id with different terms.",
    patches: [
      {
        file: "src/execution/loop/sending.ts",
        find: "return intent.goal !== undefined && !wasSent(intent);",
        replace: 'return intent.goal !== undefined && (!wasSent(intent) || intent.state === "recorded");',
      },
    ],
  },
  {
    name: "buys-while-a-rest-is-to-be-sold",
    bug: "Buys are planned although the rest of a sell must still be sent.",
    patches: [
      {
        file: DECIDE,
        find: "  if (cutShort.length > 0) return only(",
        replace: '  if (cutShort.length > 0 && facts.phase !== "selling") return only(',
      },
    ],
    test: "tests/execution/limit-orders.test.ts",
  },
  {
    name: "open-not-avoided",
    bug: "AVOID_OPEN_MINUTES is ignored.",
    patches: [
      {
        file: "src/execution/preparation/opening.ts",
        find: "  if (avoidOpenMinutes === 0) return undefined;",
        replace: "  if (avoidOpenMinutes >= 0) return undefined;",
      },
    ],
    test: "tests/execution/avoid-open.test.ts",
  },
];
