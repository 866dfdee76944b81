import type { Mutant } from "./mutant.ts";

const BOUNDS = "src/execution/loop/signal-bounds.ts";
const NEXT_PLAN = "src/execution/loop/next-plan.ts";
const REST = "src/execution/loop/rest.ts";

/** Bugs that give up too early, or go on too far (P4, P5). */
export const TENACITY: readonly Mutant[] = [
  {
    name: "rest-never-planned-again",
    bug: "An execution ends after its last order, whatever is left to trade.",
    patches: [
      {
        file: "src/execution/loop/decide.ts",
        find: 'if (facts.rest !== "passing" || facts.offHours)',
        replace: 'if (facts.rest !== "passing" || facts.now > 0)',
      },
    ],
  },
  {
    name: "left-over-never-taken-up",
    bug: "What an execution left to trade is not continued while the run is fresh.",
    patches: [
      {
        file: "src/app/account-engine.ts",
        find: "if (conclusion.mayGoOn) this.#leftOvers.remember(signal, 0, conclusion.gaveWay ? execution.deadline : undefined);\n    else",
        replace: "if (!conclusion.mayGoOn)",
      },
    ],
  },
  {
    name: "reached-target-traded-again",
    bug: "A symbol that has reached its target is traded again when its price moves.",
    patches: [{ file: BOUNDS, find: 'if (reached.has(symbol)) return [[symbol, "target-reached"]];', replace: "" }],
    test: "tests/execution/tenacity.test.ts",
  },
  {
    name: "side-reversed",
    bug: "If a later plan finds too much of a symbol, it is sold, although the signal set out to buy it.",
    patches: [
      { file: BOUNDS, find: 'if (reached.has(symbol)) return [[symbol, "target-reached"]];', replace: "" },
      {
        file: BOUNDS,
        find: 'if (goal.side !== order.side) return order.estimatedValue.gt(slack) ? "signal-bound" : "target-reached";',
        replace: "",
      },
    ],
    test: "tests/execution/tenacity.test.ts",
  },
  {
    name: "signal-unbounded",
    bug: "A signal trades as much of a symbol as each new plan says, without a limit on the total.",
    patches: [
      {
        file: BOUNDS,
        find: 'return traded.plus(value).gt(goal.most) ? "signal-bound" : undefined;',
        replace: "return traded.plus(value).lt(goal.most) ? undefined : undefined;",
      },
    ],
    test: "tests/execution/take-up.test.ts",
  },
  {
    name: "refusal-figures-ignored",
    bug: "After a refusal for lack of buying power the same amount is sent again.",
    patches: [
      {
        file: NEXT_PLAN,
        find: "if (spendable === undefined) return",
        replace: "if (spendable === undefined || spendable.gte(ZERO)) return",
      },
    ],
    test: "tests/execution/loop/order-gate.test.ts",
  },
  {
    name: "power-not-awaited",
    bug: "Buys are planned right after the sells, before buying power has grown.",
    patches: [
      {
        file: "src/execution/preparation/settle.ts",
        find: "return due.times(enough).minus(account.buyingPower).gt(toleranceFor(expected));",
        replace: "return due.lt(ZERO) && due.minus(account.buyingPower).gt(toleranceFor(expected));",
      },
    ],
    test: "tests/execution/account-numbers.test.ts",
  },
  {
    name: "exit-undone",
    bug: "An execution that has begun still buys a symbol that a later SELL has removed.",
    patches: [
      {
        file: "src/execution/loop/open-execution.ts",
        find: 'if (exits.size === 0 || wanted.kind === "exit") return wanted;',
        replace: 'if (exits.size >= 0 || wanted.kind === "exit") return wanted;',
      },
    ],
    test: "tests/execution/tenacity.test.ts",
  },
  {
    name: "refused-for-good-sent-on",
    bug: "An order that the venue refuses for an unknown reason is sent again and again.",
    patches: [
      {
        file: REST,
        find: "const paced = pause === undefined ? { passing: false } :",
        replace: "const paced = pause === undefined ? { passing: true } :",
      },
    ],
    test: "tests/execution/refusals.test.ts",
  },
  {
    name: "sells-use-up-the-deadline",
    bug: "A stuck sell keeps the account in cash until the deadline.",
    patches: [
      {
        file: "src/execution/loop/decide.ts",
        find: 'return side === "sell" && !sellsOnly && now >= sellUntil;',
        replace: 'return side === "sell" && !sellsOnly && now >= sellUntil + 1e12;',
      },
    ],
    test: "tests/execution/loop/decide.test.ts",
  },
  {
    name: "pause-not-cut-short",
    bug: "A newer run must wait for a pause to end before it can take over.",
    patches: [
      {
        file: "src/execution/loop/plan-pause.ts",
        find: "this.#at = Math.min(this.#at, ",
        replace: "this.#at = Math.max(this.#at, ",
      },
    ],
    test: "tests/execution/tenacity.test.ts",
  },
  {
    name: "refused-fractions-forgotten",
    bug: "The program forgets at once that the order gate refused fractions of a symbol, and tries fractions with every plan.",
    patches: [
      {
        file: "src/execution/preparation/account-snapshot.ts",
        find: "return this.#clock.monotonic() < (this.#wholeUntil.get(symbol) ?? -Infinity);",
        replace: "return this.#clock.monotonic() < -(this.#wholeUntil.get(symbol) ?? Infinity);",
      },
    ],
    test: "tests/execution/preparation/account-snapshot.test.ts",
  },
  {
    name: "late-fill-not-sold-again",
    bug: "Shares that a late order of an earlier run bought are kept, because the current run did not set out to sell them.",
    patches: [
      {
        file: BOUNDS,
        find: "return recordedAt < begun && filledQuantity.gt(ZERO)",
        replace: "return recordedAt < 0 && filledQuantity.gt(ZERO)",
      },
    ],
    test: "tests/execution/abandoned.test.ts",
  },
  {
    name: "odd-order-ends-execution",
    bug: "An order row without a symbol that appears during an execution ends it.",
    patches: [
      {
        file: "src/execution/loop/account-watch.ts",
        find: '(side === "buy" && problem === undefined)',
        replace: '(side === "buy" && problem !== null)',
      },
    ],
    test: "tests/execution/odd-rows.test.ts",
  },
  {
    name: "asset-trusted-for-hours",
    bug: "Whether a target can be bought is decided from asset data that is hours old.",
    patches: [
      {
        file: "src/execution/preparation/account-snapshot.ts",
        find: "const ASSET_MAX_AGE_MS = 300_000;",
        replace: "const ASSET_MAX_AGE_MS = 6 * 3_600_000;",
      },
    ],
    test: "tests/execution/awkward-venue.test.ts",
  },
  {
    name: "unreadable-asset-stops-all",
    bug: "A holding whose asset data cannot be read stops the whole account.",
    patches: [
      {
        file: "src/execution/preparation/account-snapshot.ts",
        find: "return this.#unsound.get(position.symbol) ?? this.#known.get(position.symbol)?.asset ?? assumedOf(position);",
        replace: "throw error;",
      },
    ],
    test: "tests/execution/awkward-venue.test.ts",
  },
  {
    name: "dollar-buys-wait-for-prices",
    bug: "Dollar buys are not sent while market data cannot be read after the sells.",
    patches: [
      {
        file: "src/execution/loop/account-watch.ts",
        find: "this.#read(isLast ? undefined : before, isLast)",
        replace: "this.#read(isLast ? undefined : before, isLast && round < 0)",
      },
    ],
    test: "tests/execution/awkward-venue.test.ts",
  },
  {
    name: "returned-symbol-taken-for-sold",
    bug: "An account that holds a sold symbol again, by a trade bust or a transfer, counts as on target.",
    patches: [
      {
        file: "src/execution/outcome/outcome.ts",
        find: "if (decimal(line.targetWeight).gt(ZERO)) return true;",
        replace: "if (line.symbol.length > 0) return true;",
      },
    ],
    test: "tests/execution/awkward-venue.test.ts",
  },
  {
    name: "old-answer-at-the-end-believed",
    bug: "One outdated list of positions after the last order makes an account that is on target count as off target.",
    patches: [
      {
        file: "src/execution/outcome/outcome.ts",
        find: "after !== undefined && !agrees(after) && clock",
        replace: "after !== undefined && round < 0 && clock",
      },
    ],
    test: "tests/execution/awkward-venue.test.ts",
  },
  {
    name: "less-than-a-share-taken-for-returned",
    bug: "Less than one share of a symbol that trades whole, which nobody can sell, keeps the account off target.",
    patches: [
      {
        file: "src/execution/outcome/outcome.ts",
        find: "holding?.quantity.lt(ONE) === true && asset",
        replace: "holding?.quantity.lt(ZERO) === true && asset",
      },
    ],
    test: "tests/execution/unbuyable.test.ts",
  },
  {
    name: "large-exit-taken-for-dust",
    bug: "A position of any size counts as dust once its exit was refused as too small.",
    patches: [{ file: REST, find: '"below-minimum" && estimatedValue.lt(minimum);', replace: '"below-minimum" && status.length > 0;' }],
    test: "tests/execution/awkward-venue.test.ts",
  },
  {
    name: "one-blocked-answer-stops",
    bug: "One answer that shows the account as blocked ends the execution between its sells and its buys.",
    patches: [
      { file: "src/execution/loop/account-watch.ts", find: "const BLOCKED_FOR_MS = 3_000;", replace: "const BLOCKED_FOR_MS = 0;" },
      {
        file: "src/execution/loop/account-watch.ts",
        find: "this.#blockedSince = now;\n",
        replace:
          'this.#blockedSince = now;\n      this.#stop = { cause: "account-blocked", reason: "The account may no longer trade." };\n',
      },
    ],
    test: "tests/execution/awkward-venue.test.ts",
  },
  {
    name: "sent-while-blocked",
    bug: "Orders are planned and sent while the account is shown as blocked.",
    patches: [
      { file: "src/execution/loop/account-watch.ts", find: 'if (this.#blockedSince !== undefined) return "unsettled";', replace: "" },
      {
        file: "src/execution/loop/account-watch.ts",
        find: "if (this.#blockedSince === undefined && this.#lookedAt !== undefined",
        replace: "if (this.#lookedAt !== undefined",
      },
    ],
    test: "tests/execution/awkward-venue.test.ts",
  },
  {
    name: "blocked-for-good-awaited",
    bug: "The program waits until the deadline for an account that stays blocked.",
    patches: [
      {
        file: "src/execution/loop/account-watch.ts",
        find: "now - this.#blockedSince >= BLOCKED_FOR_MS",
        replace: "now - this.#blockedSince >= 1e9",
      },
    ],
    test: "tests/execution/awkward-venue.test.ts",
  },
  {
    name: "ended-by-the-venue-for-good",
    bug: "An order that the venue ended early, before it was filled, leaves its symbol off target.",
    patches: [{ file: "src/execution/loop/rest.ts", find: '["expired", "done_for_day", "calculated"]', replace: '["expired"]' }],
    test: "tests/execution/refusals.test.ts",
  },
  {
    name: "pledged-power-awaited",
    bug: "An execution waits until its deadline for buying power that secures somebody's short put.",
    patches: [
      {
        file: "src/execution/loop/rest.ts",
        find: "powerIsShort === true && (pledge === undefined || !isPledgedForGood(facts))",
        replace: "powerIsShort === true && (pledge === undefined || facts !== undefined)",
      },
    ],
    test: "tests/execution/short-put.test.ts",
  },
];
