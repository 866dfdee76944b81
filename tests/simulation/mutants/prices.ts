import type { Mutant } from "./mutant.ts";

const BROKER_PRICED = "tests/portfolio/broker-priced.test.ts";
const PROOF = "src/portfolio/proof.ts";
const STANDING = "src/portfolio/rebalance-need.ts";

/** Bugs that size by a price that nothing confirms, or ask for one where none is needed (P4, P7). */
export const PRICES: readonly Mutant[] = [
  {
    name: "bar-confirms-its-own-trade",
    bug: "The latest trade and the minute bar made from it count as two sources.",
    patches: [
      {
        file: "src/portfolio/price.ts",
        find: '    quote && { ...quote, source: "quote" as const, current: true },\n',
        replace:
          '    quote && { ...quote, source: "quote" as const, current: true },\n    seen.minuteBar && { ...seen.minuteBar, source: "last minute bar" as const, current: true },\n',
      },
    ],
    test: "tests/portfolio/price.test.ts",
  },
  {
    name: "prices-of-yesterday-confirm",
    bug: "A quote or trade from an earlier session confirms a price of this one.",
    patches: [{ file: "src/portfolio/price.ts", find: " || witness.at < sessionStart ? [] : [witness]", replace: " ? [] : [witness]" }],
    test: "tests/portfolio/price.test.ts",
  },
  {
    name: "dollar-buy-needs-a-price",
    bug: "A dollar buy is skipped if no price is confirmed, after everything else was sold.",
    patches: [
      { file: STANDING, find: 'kind === "add" && asset?.fractionable !== true;', replace: 'kind === "add" && asset !== undefined;' },
    ],
    test: BROKER_PRICED,
  },
  {
    name: "trim-at-the-brokers-price",
    bug: "Part of a holding is sold at the broker's own, unconfirmed price.",
    patches: [
      { file: STANDING, find: 'if ((kind !== "trim" && !isBuyOfShares) || checked', replace: "if (!isBuyOfShares || checked" },
      {
        file: "src/portfolio/sells.ts",
        find: "const price = need.checkedPrice;",
        replace: "const price = need.checkedPrice ?? need.actualValue.div(need.quantity);",
      },
      { file: PROOF, find: 'failure("price", symbol, checked.reason);', replace: "[];" },
      {
        file: PROOF,
        find: "const holding = order.fullExit ? held.get(order.symbol) : undefined;",
        replace: "const holding = held.get(order.symbol);",
      },
    ],
    test: BROKER_PRICED,
  },
  {
    name: "any-holding-at-the-brokers-price",
    bug: "A large holding that is kept is valued at the broker's own price, however far that is from its last close.",
    patches: [
      {
        file: "src/portfolio/valuation.ts",
        find: "!countsAtBrokersPrice(holding, valuation.base, input)",
        replace: "!countsAtBrokersPrice(holding, valuation.base, input) && holding.quantity.eq(ZERO)",
      },
      { file: PROOF, find: "    ...proveBrokersPrices(plan, facts),\n", replace: "" },
    ],
    test: BROKER_PRICED,
  },
  {
    name: "jump-of-the-equity-not-looked-at",
    bug: "An equity that an unconfirmed price has raised by more than a quarter is used to size every target.",
    patches: [
      {
        file: "src/execution/preparation/equity-jump.ts",
        find: 'const LARGEST_JUMP = decimal("0.25");',
        replace: 'const LARGEST_JUMP = decimal("25");',
      },
    ],
    test: "tests/execution/preparation/equity-jump.test.ts",
  },
  {
    name: "quote-of-yesterday-priced-from",
    bug: "A limit is taken from a quote from an earlier session.",
    patches: [
      {
        file: "src/execution/styles/sane-quote.ts",
        find: "if (marketDate(quote.at) !== marketDate(now))",
        replace: "if (marketDate(quote.at) > marketDate(now))",
      },
    ],
    test: "tests/execution/styles/order-terms.test.ts",
  },
];
