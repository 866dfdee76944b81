import type { Mutant } from "./mutant.ts";

const SPLIT = "src/portfolio/split.ts";
const WATCH = "src/execution/preparation/split-watch.ts";

/** Bugs that trade what a split has changed the price of and not the quantity (P4). */
export const SPLITS: readonly Mutant[] = [
  {
    name: "split-not-looked-for",
    bug: "A symbol is traded although a split has changed its price but not its quantity.",
    patches: [
      { file: "src/execution/preparation/plan-input.ts", find: "    splits: context.splits,\n", replace: "    splits: new Map(),\n" },
    ],
  },
  {
    name: "unchanged-quantity-excuses",
    bug: "An unchanged quantity counts as proof that there was no split.",
    patches: [
      {
        file: SPLIT,
        find: "  if (last === undefined) return undefined;\n",
        replace: "  if (last === undefined || known?.quantity.eq(held) === true) return undefined;\n",
      },
    ],
    test: "tests/portfolio/split.test.ts",
  },
  {
    name: "unreadable-bars-excuse",
    bug: "If the daily bars cannot be read, the symbol counts as not split.",
    patches: [
      {
        file: SPLIT,
        find: 'return suspected("its daily bars cannot be read");',
        replace: 'return { kind: "none", booked: [] };',
      },
    ],
    test: "tests/portfolio/split.test.ts",
  },
  {
    name: "split-forgotten",
    bug: "A known split is looked for again each time, and forgotten when the bars no longer show it.",
    patches: [
      { file: WATCH, find: "this.#pending(each) ?? this.#stillSuspected(each)", replace: "this.#stillSuspected(each)" },
      {
        file: WATCH,
        find: "recorded: new Map(this.#parts.ledger.splitsOf(symbol)",
        replace: "recorded: new Map(this.#parts.ledger.splitsOf(`${symbol}?`)",
      },
    ],
    test: "tests/execution/splits.test.ts",
  },
  {
    name: "unbooked-shares-valued-as-shown",
    bug: "Shares whose split is not booked are valued as the broker shows them, at the new price.",
    patches: [
      {
        file: SPLIT,
        find: 'return split?.kind === "split-unbooked" ? amount.div(split.ratio) : amount;',
        replace: "return split === undefined ? amount : amount;",
      },
      { file: "src/portfolio/proof.ts", find: "return split === undefined ? value : value.div(split.ratio);", replace: "return value;" },
    ],
    test: "tests/portfolio/splits-in-plan.test.ts",
  },
  {
    name: "suspected-shares-buy",
    bug: "The reported value of a holding that may have been split is used to buy other symbols.",
    patches: [
      {
        file: "src/portfolio/valuation.ts",
        find: "counted.filter((holding) => isSuspect(holding.symbol, input));",
        replace: "counted.filter((holding) => isSuspect(`${holding.symbol}?`, input));",
      },
      {
        file: "src/portfolio/proof.ts",
        find: 'input.splits.get(holding.symbol)?.kind !== "split-suspected",',
        replace: "true,",
      },
    ],
    test: "tests/portfolio/splits-in-plan.test.ts",
  },
  {
    name: "stamped-end-taken-for-a-fill",
    bug: "Shares from an order that was cut short count as new shares of the day on which its end was stamped.",
    patches: [
      {
        file: "src/execution/preparation/split-watch.ts",
        find: 'return (status === "filled" ? filledAt : undefined) ?? postedAt ?? recordedAt;',
        replace: "return filledAt ?? (status === undefined ? postedAt : undefined) ?? recordedAt;",
      },
    ],
    test: "tests/execution/splits.test.ts",
  },
  {
    name: "trade-before-split-taken-for-current",
    bug: "On a thin feed, the last trade from before a split counts as a current price.",
    patches: [
      {
        file: "src/execution/preparation/split-watch.ts",
        find: "seen.trade.at >= newest - SAME_MOMENT_MS ? seen.trade.price",
        replace: "seen.trade.at >= 0 ? seen.trade.price",
      },
    ],
    test: "tests/execution/splits.test.ts",
  },
];
