import type { Mutant, Patch } from "./mutant.ts";

const WARM = "src/execution/preparation/warm-snapshot.ts";
const FRESH = "src/execution/loop/fresh-reading.ts";
const TEST = "tests/execution/warm-snapshot.test.ts";

function warm(name: string, bug: string, ...patches: readonly Patch[]): Mutant {
  return { name: `warm-${name}`, bug, patches, test: TEST };
}

/** Bugs of sells that leave on a reading from before the alert: one for each condition (R36). */
export const WARM_SNAPSHOT: readonly Mutant[] = [
  warm("however-old", "Sells are sent on a reading of any age.", {
    file: WARM,
    find: "    if (age > MAX_AGE_MS) return",
    replace: "    if (age > 99 * MAX_AGE_MS) return",
  }),
  warm("monotonic-age", "After the machine has slept, an old reading counts as new.", {
    file: WARM,
    find: "    const age = ageOf(readAt, clock);\n",
    replace: "    const age = clock.monotonic() - readAt.monotonic;\n",
  }),
  warm("although-heard", "An update of an order does not invalidate the reading.", {
    file: WARM,
    find: "onUpdate: drop,",
    replace: "onUpdate: () => undefined,",
  }),
  warm(
    "heard-while-reading",
    "An order update that arrives while the account is being read is forgotten.",
    {
      file: WARM,
      find: "      if (heard === this.#heard) this.#kept",
      replace: "      if (heard <= this.#heard) this.#kept",
    },
    {
      file: WARM,
      find: "      if (heard !== this.#heard) return;",
      replace: "      if (heard > this.#heard) return;",
    },
  ),
  warm("stream-lost", "Sells are sent although the stream of order updates was lost.", {
    file: WARM,
    find: "onState: drop,",
    replace: "onState: () => undefined,",
  }),
  warm("order-not-ended", "Sells are sent although an order has not ended.", {
    file: WARM,
    find: "    if (ledger.unsettledIntents().length > 0) return",
    replace: "    if (ledger.unsettledIntents().length > 99) return",
  }),
  warm("just-filled", "Fills of the last half minute may be missing from the reading.", {
    file: WARM,
    find: "    if (ledger.intentsChangedSince(settledSince).length > 0) return",
    replace: "    if (ledger.intentsChangedSince(settledSince).length > 99) return",
  }),
  warm("clock-unknown", "Sells are sent although the venue's clock was read long ago.", {
    file: WARM,
    find: "    if (ageOf(market.readAt, clock) > MARKET_READING_MAX_AGE_MS) return",
    replace: "    if (ageOf(market.readAt, clock) > 99 * MARKET_READING_MAX_AGE_MS) return",
  }),
  warm("first-run", "The first run of an account sells existing positions without a new reading.", {
    file: WARM,
    find: "    if (!ledger.hasTraded(account.number)) return",
    replace: '    if (account.number === "") return',
  }),
  warm("target-unchecked", "Something is sold for a target that was not looked up.", {
    file: WARM,
    find: "    return unchecked === undefined ? this.#kept",
    replace: '    return unchecked !== "" ? this.#kept',
  }),
  warm("split-unbooked", "Sells are sent although a split is not booked.", {
    file: "src/execution/preparation/prepare.ts",
    find: '  if (splits.size > 0) return "a split',
    replace: '  if (splits.size > 99) return "a split',
  }),
  warm("old-price", "Part of a position is sold at a price of any age.", {
    file: WARM,
    find: "    if (part !== undefined && !isRecent)",
    replace: "    if (part !== undefined && !isRecent && sells.length > 9)",
  }),
  warm("may-go-short", "Whole shares are sold without a new reading although the account may go short.", {
    file: WARM,
    find: "    return whole === undefined ? undefined",
    replace: '    return whole?.symbol !== "" ? undefined',
  }),
  warm("limits-unread", "The daily limits are not checked.", {
    file: WARM,
    find: "    if (limits.maxDailyTurnover !== undefined ||",
    replace: "    if (limits.maxDailyTurnover?.lt(0) === true ||",
  }),
  warm("limit-style", "Limit orders are sent on quotes from before the alert.", {
    file: WARM,
    find: 'return warmSnapshot && style === "market" &&',
    replace: 'return warmSnapshot && style !== "" &&',
  }),
  warm("not-marked", "The sells are not marked as only closing a position.", {
    file: "src/broker/alpaca.ts",
    find: "request.closesOnly === true ?",
    replace: 'request.closesOnly === true && symbol === "" ?',
  }),
  warm("resent-unmarked", "A sell that is sent again after a restart is no longer marked as only closing a position.", {
    file: "src/execution/loop/converge.ts",
    find: "this.#execution.record().plan?.isWarm === true,",
    replace: "this.#execution.record().plan?.isWarm === true && this.#fresh !== undefined,",
  }),
  warm("bound-by-old-prices", "Buys are limited to the value of the account before the alert.", {
    file: "src/execution/loop/converge.ts",
    find: "if (widened !== undefined && plan?.buying === undefined)",
    replace: "if (widened !== undefined && plan === undefined)",
  }),
  {
    name: "warm-counted-twice",
    bug: "Sells that the new reading already shows are counted again.",
    patches: [
      {
        file: FRESH,
        find: "  if (fresh.account.cash.minus(before.account.cash).abs().gt(ONE)) return false;",
        replace: "  if (fresh.account.cash.minus(before.account.cash).abs().gt(fresh.account.equity)) return false;",
      },
    ],
    test: "tests/execution/loop/fresh-reading.test.ts",
  },
  {
    name: "warm-part-filled",
    bug: "A sell that was cut short counts as filled.",
    patches: [{ file: FRESH, find: "quantity?.eq(filledQuantity) === true", replace: "quantity?.gte(filledQuantity) === true" }],
    test: "tests/execution/loop/fresh-reading.test.ts",
  },
  warm("old-reading-beside", "The buys are planned on a reading of any age.", {
    file: FRESH,
    find: "> PRICE_MAX_AGE_MS) return undefined;",
    replace: "> 99 * PRICE_MAX_AGE_MS) return undefined;",
  }),
];
