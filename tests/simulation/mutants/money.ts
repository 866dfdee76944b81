import type { Mutant, Patch } from "./mutant.ts";

const SETTLE = "src/execution/preparation/settle.ts";
const JUMP = "src/execution/preparation/equity-jump.ts";
const PLAN_INPUT = "src/execution/preparation/plan-input.ts";

/** What planner and proof are both told, so that neither can catch the other. */
function settings(change: string): Patch {
  return {
    file: PLAN_INPUT,
    find: "    settings: context.settings,\n",
    replace: `    settings: { ...context.settings, ${change} },\n`,
  };
}

/** Bugs that spend what is not there, sell what is not held, or trade what may not be touched (P4). */
export const MONEY: readonly Mutant[] = [
  {
    name: "settle-cash-not-checked",
    bug: "Buys are planned on cash that does not contain our own fills.",
    patches: [
      {
        file: SETTLE,
        find: "if (expected.cash === undefined || expected.cash.minus",
        replace: "if (snapshot.at > 0 || expected.cash === undefined || expected.cash.minus",
      },
    ],
    test: "tests/execution/preparation/settle.test.ts",
  },
  {
    name: "settle-quantity-not-checked",
    bug: "A plan is made on positions that do not contain our own fills.",
    patches: [{ file: SETTLE, find: "if (shown.minus(quantity).abs().gt(SHARE_NOISE))", replace: "if (shown.lt(ZERO))" }],
    test: "tests/execution/account-numbers.test.ts",
  },
  {
    name: "earlier-fills-not-awaited",
    bug: "A new execution does not wait until the account contains the fills of the one before.",
    patches: [
      {
        file: "src/execution/preparation/prepare.ts",
        find: "const settled = request.dryRun ?",
        replace: 'const settled = request.dryRun || request.signal.id !== "" ?',
      },
    ],
  },
  {
    name: "working-orders-ignored-in-cash",
    bug: "Cash that open buys have reserved is spent again.",
    patches: [
      {
        file: PLAN_INPUT,
        find: 'if (order.side === "sell") return ZERO;',
        replace: "if (snapshot.at > 0) return ZERO;",
      },
      {
        file: PLAN_INPUT,
        find: "side: intent.side, own: true, worstCaseCost: intent.worstCaseCost }",
        replace: "side: intent.side, own: true, worstCaseCost: ZERO }",
      },
    ],
    test: "tests/execution/abandoned.test.ts",
  },
  {
    name: "unknown-orders-not-reserved",
    bug: "An order in an unknown state counts as if it did not exist.",
    patches: [
      {
        file: PLAN_INPUT,
        find: '.filter((intent) => intent.state !== "recorded" && (!isEnded(intent) || intent.state === "abandoned"))',
        replace: '.filter((intent) => intent.state === "open")',
      },
    ],
  },
  {
    name: "reserve-ignored",
    bug: "The cash reserve is spent.",
    patches: [settings("cashReserve: ZERO")],
  },
  {
    name: "margin-spent",
    bug: "Buying power is taken for cash, so a margin account buys more than it owns.",
    patches: [
      {
        file: "src/portfolio/sizing.ts",
        find: "spendable: max(ZERO, min(cash, input.account.buyingPower).plus(proceeds)),\n    beyondReserve: max(ZERO, cash.minus(valuation.reserve).plus(proceeds)),",
        replace:
          "spendable: max(ZERO, input.account.buyingPower.plus(proceeds)),\n    beyondReserve: max(ZERO, input.account.buyingPower.plus(proceeds)),",
      },
      {
        file: "src/portfolio/proof.ts",
        find: '  return [\n    ...say(\n      "short",\n      !facts.input.holdings',
        replace: '  if (plan.base.gte(ZERO)) return [];\n  return [\n    ...say(\n      "short",\n      !facts.input.holdings',
      },
    ],
  },
  {
    name: "protected-traded",
    bug: "Protected symbols are traded like any other.",
    patches: [settings("protectedSymbols: new Set<string>()")],
  },
  {
    name: "not-allowed-traded",
    bug: "Symbols that are not allowed are sold.",
    patches: [settings("allowedSymbols: undefined")],
  },
  {
    name: "order-limit-ignored",
    bug: "MAX_ORDER_VALUE is ignored.",
    patches: [settings("maxOrderValue: undefined")],
  },
  {
    name: "untradable-traded",
    bug: "An order is sent for an asset that the venue has said cannot be traded.",
    patches: [
      {
        file: PLAN_INPUT,
        find: "[symbol, planAsset(asset, snapshot.configuration)] as const)),",
        replace: "[symbol, planAsset(asset && { ...asset, active: true, tradable: true }, snapshot.configuration)] as const)),",
      },
    ],
  },
  {
    name: "foreign-orders-ignored",
    bug: "A symbol is traded although an external order is open for it.",
    patches: [
      {
        file: PLAN_INPUT,
        find: "const shown = snapshot.openOrders.map((order): WorkingOrder => {",
        replace:
          "const shown = snapshot.openOrders.filter((order) => unsettled.some((intent) => intent.clientOrderId === order.clientOrderId)).map((order): WorkingOrder => {",
      },
    ],
  },
  {
    name: "equity-of-an-unpriced-jump-only",
    bug: "Only an unconfirmed price makes the equity doubtful, so a cash account shown at twice its value is accepted.",
    patches: [
      {
        file: JUMP,
        find: "if (first === undefined || references",
        replace: "if (first === undefined || unconfirmedMove(input).eq(ZERO) || references",
      },
    ],
    test: "tests/execution/wrong-equity.test.ts",
  },
  {
    name: "equity-judged-only-with-orders",
    bug: "An account that is shown wrong counts as on target if it has nothing to trade.",
    patches: [
      {
        file: "src/execution/preparation/declining.ts",
        find: "if (!isMeasured(input.wanted) && plan.sells.length > 0) return undefined;",
        replace: "if (plan.sells.length + plan.buys.length === 0 || !isMeasured(input.wanted)) return undefined;",
      },
    ],
    test: "tests/execution/wrong-equity.test.ts",
  },
  {
    name: "equity-decides-about-an-exit",
    bug: "A full exit waits until the equity is confirmed.",
    patches: [
      {
        file: "src/execution/preparation/declining.ts",
        find: "if (!isMeasured(input.wanted) && plan.sells.length > 0) return undefined;",
        replace: "if (!isMeasured(input.wanted) && plan.sells.length < 0) return undefined;",
      },
    ],
    test: "tests/execution/wrong-equity.test.ts",
  },
  {
    name: "empty-account-on-target",
    bug: "An account that is shown as empty, with an empty last equity too, counts as on target.",
    patches: [
      {
        file: "src/execution/preparation/declining.ts",
        find: "if (snapshot.account.equity.lte(ZERO)) {",
        replace: "if (snapshot.at < 0) {",
      },
    ],
    test: "tests/execution/wrong-equity.test.ts",
  },
  {
    name: "equity-between-the-phases-believed",
    bug: "After the first plan, a position missing from both the list and the equity is bought a second time.",
    patches: [
      {
        file: "src/execution/loop/next-plan.ts",
        find: "if (jump !== undefined) return",
        replace: "if (jump === known.settled.missing && jump !== undefined) return",
      },
    ],
    test: "tests/execution/wrong-equity.test.ts",
  },
  {
    name: "taken-over-on-a-wrong-equity",
    bug: "Between the phases, a newer run takes over although no plan is allowed on the account's equity, and leaves the account sold.",
    patches: [
      {
        file: "src/execution/loop/next-plan.ts",
        find: "if ((await unexplainedJump(this.#execution.parts, snapshot, input)) !== undefined) return undefined;",
        replace: "",
      },
    ],
    test: "tests/execution/wrong-equity.test.ts",
  },
  {
    name: "equity-of-an-exit-trusted",
    bug: "The equity at the plan of an exit, which is never checked, explains a wrong one.",
    patches: [{ file: JUMP, find: ".filter(({ wanted }) => isMeasured(wanted))", replace: "" }],
    test: "tests/execution/preparation/equity-jump.test.ts",
  },
  {
    name: "equity-of-an-earlier-session-trusted",
    bug: "The equity of an earlier session explains a wrong one.",
    patches: [{ file: JUMP, find: " && marketDate(at) === today", replace: " && marketDate(at) <= today" }],
    test: "tests/execution/preparation/equity-jump.test.ts",
  },
  {
    name: "booked-split-taken-for-a-gain",
    bug: "The close before a booked split counts as a price of the new shares, and explains a wrong equity.",
    patches: [{ file: JUMP, find: "[close.times(ratio)]", replace: "[close.times(ratio.div(ratio))]" }],
    test: "tests/execution/preparation/equity-jump.test.ts",
  },
  {
    name: "any-missing-cash-withdrawn",
    bug: "Cash that is missing after the sells counts as withdrawn, and the account without it as on target.",
    patches: [
      {
        file: "src/execution/loop/account-expectation.ts",
        find: "if (unproven.lte(ZERO)) return true;",
        replace: "if (unproven.lte(before)) return true;",
      },
    ],
    test: "tests/execution/wrong-equity.test.ts",
  },
  {
    name: "withdrawn-cash-not-proven",
    bug: "The program waits until the deadline for cash that was withdrawn during an execution.",
    patches: [
      {
        file: "src/execution/loop/account-expectation.ts",
        find: "return flows.lte(unproven.neg());",
        replace: "return flows.gt(unproven);",
      },
    ],
    test: "tests/execution/withdrawals.test.ts",
  },
  {
    name: "debt-on-target",
    bug: "An account that owes money after its buys is on target.",
    patches: [
      {
        file: "src/execution/outcome/outcome.ts",
        find: 'if (judged.outcome === "queued" || account',
        replace: 'if (judged.outcome !== "queued" || account',
      },
    ],
    test: "tests/execution/wrong-equity.test.ts",
  },
  {
    name: "foreign-hand-ignored",
    bug: "An external order that appears during an execution does not stop it.",
    patches: [
      {
        file: "src/execution/loop/account-watch.ts",
        find: "if (foreign !== undefined) {",
        replace: "if (foreign === null) {",
      },
    ],
  },
  {
    name: "failed-positions-taken-for-flat",
    bug: "Positions that cannot be read count as none.",
    patches: [
      {
        file: "src/execution/preparation/account-snapshot.ts",
        find: "    broker.positions(),\n    broker.openOrders(),",
        replace: "    broker.positions().catch(() => []),\n    broker.openOrders(),",
      },
    ],
  },
  {
    name: "more-sold-than-held",
    bug: "A sell is sent although fewer shares are held by then.",
    patches: [
      {
        file: "src/execution/loop/account-watch.ts",
        find: "await orders.refuseUncovered(intent, this.#held, followUpOf(intent));",
        replace: "void [orders, intent, followUpOf];",
      },
    ],
  },
  {
    name: "limits-forgotten-at-restart",
    bug: "The day's turnover counts only orders that are still open.",
    patches: [
      {
        file: "src/execution/preparation/daily-limits.ts",
        find: "...ledger.intentsChangedSince(midnight - CLOCK_SLACK_MS)",
        replace: "...ledger.intentsChangedSince(midnight + CLOCK_SLACK_MS * 9)",
      },
    ],
  },
  {
    name: "loss-limit-ignored",
    bug: "A daily loss stops nothing.",
    patches: [
      {
        file: "src/portfolio/limits.ts",
        find: "if (limit === undefined || loss.lte(ZERO) || loss.lt(before.times(limit))) return [];",
        replace: "if (limit === undefined || loss.lte(before)) return [];",
      },
    ],
    test: "tests/execution/preparation/daily-limits.test.ts",
  },
  {
    name: "any-quantity-explained-by-hand",
    bug: "Orders placed by hand explain any quantity of their symbol, although one of our fills may be missing from it.",
    patches: [
      {
        file: "src/execution/preparation/external-fills.ts",
        find: "fills.filter(({ symbol, quantity, shares }) => quantity.plus(shares).eq(shownOf(symbol, snapshot)))",
        replace: "fills",
      },
    ],
    test: "tests/execution/preparation/explained-fills.test.ts",
  },
  {
    name: "open-foreign-sale-taken-for-a-deposit",
    bug: "The proceeds of a sell by hand that was open before the plan count as a deposit and stay in cash.",
    patches: [
      {
        file: "src/execution/loop/account-expectation.ts",
        find: "const gone = this.#worthOfGone(record, snapshot);",
        replace: "const gone = ZERO.times(this.#worthOfGone(record, snapshot));",
      },
    ],
    test: "tests/execution/foreign-hands.test.ts",
  },
  {
    name: "deposit-taken-for-a-foreign-sale",
    bug: "If a sell by hand is filled during an execution, all cash that arrives is spent.",
    patches: [
      {
        file: "src/execution/loop/account-expectation.ts",
        find: "cash: cash.plus(gone.times(PRICE_MAY_DIFFER)) }) ? cash : undefined;",
        replace: "cash: cash.plus(gone.times(1_000)) }) ? cash : undefined;",
      },
    ],
    test: "tests/execution/foreign-hands.test.ts",
  },
  {
    name: "sale-by-hand-waited-for-again",
    bug: "Orders placed by hand during an execution are not read, so every further plan waits in vain for our fills to show.",
    patches: [
      {
        file: "src/execution/loop/account-watch.ts",
        find: "if (waited >= EXTERNAL_FILLS_AFTER_MS && unsettled",
        replace: "if (waited >= 2 * SETTLE_LIMIT_MS && unsettled",
      },
    ],
    test: "tests/execution/preparation/external-fills.test.ts",
  },
  {
    name: "own-trades-explain-no-equity",
    bug: "Gains and losses of our trades in the session do not explain the equity, and the account is not traded again that day.",
    patches: [
      {
        file: "src/execution/preparation/equity-jump.ts",
        find: "return [min(ZERO, ...moves), max(ZERO, ...moves)];",
        replace: "return moves.filter((each) => each.eq(ZERO));",
      },
    ],
    test: "tests/execution/wrong-equity.test.ts",
  },
  {
    name: "late-sale-not-bought-back",
    bug: "Shares of a target that a late order of an earlier run sold are not bought back, and the account counts as on target without them.",
    patches: [
      {
        file: "src/execution/loop/signal-bounds.ts",
        find: 'if (isBack && (order.side === "buy" || order.estimatedValue.gt(slack))) return undefined;',
        replace: "if (isBack && order.estimatedValue.lt(ZERO)) return undefined;",
      },
    ],
    test: "tests/execution/loop/signal-bounds.test.ts",
  },
  {
    name: "early-deposit-not-spent",
    bug: "What came between the warm reading and the first sells is not told from what the first of them brought, and stays in cash.",
    patches: [
      {
        file: "src/execution/loop/account-expectation.ts",
        find: "came = came.minus(brought);",
        replace: "came = came.plus(brought);",
      },
    ],
    test: "tests/execution/warm-snapshot.test.ts",
  },
  {
    name: "large-deposit-out-of-bounds",
    bug: "A signal's bounds do not grow with what came between the warm reading and the first sells.",
    patches: [
      {
        file: "src/execution/loop/signal-bounds.ts",
        find: "was.plus(now.account.cash.minus(before.account.cash))",
        replace: "was",
      },
    ],
    test: "tests/execution/warm-snapshot.test.ts",
  },
  {
    name: "bounded-buy-left-out",
    bug: "A buy that exceeds what its signal may trade is left out instead of cut.",
    patches: [
      {
        file: "src/execution/loop/signal-bounds.ts",
        find: "left.gt(ZERO) && !mayBuy.has(order.symbol)",
        replace: "left.lt(ZERO) && !mayBuy.has(order.symbol)",
      },
    ],
    test: "tests/execution/loop/signal-bounds.test.ts",
  },
  {
    name: "copied-row-counts-twice",
    bug: "A position that the venue lists twice with the same figures counts twice.",
    patches: [
      {
        file: "src/broker/mapping.ts",
        find: "others.every(({ quantity, marketValue }) => quantity.eq(first.quantity) && marketValue.eq(first.marketValue))",
        replace: "others.length === 0",
      },
    ],
    test: "tests/broker/mapping.test.ts",
  },
  {
    name: "record-from-the-future-is-recent",
    bug: "After the clock is set back, old fills count as recent, and the program waits for money that has left since.",
    patches: [
      {
        file: "src/execution/preparation/prepare.ts",
        find: "const isRecent = age >= 0 && age",
        replace: "const isRecent = Math.abs(age)",
      },
    ],
    test: "tests/execution/fills-under-a-wrong-clock.test.ts",
  },
  {
    name: "planned-on-prices-from-before-a-wait",
    bug: "After waiting for its fills to show, the program plans on the old prices.",
    patches: [
      {
        file: "src/execution/preparation/prepare.ts",
        find: "if (isSettled && isWhole) return snapshot;",
        replace: "if (isSettled) return snapshot;",
      },
    ],
    test: "tests/execution/waiting-reads.test.ts",
  },
  {
    name: "exit-all-or-nothing",
    bug: "A position that is only partly available is not sold at all.",
    patches: [
      {
        file: "src/portfolio/sells.ts",
        find: "if (quantity.eq(ZERO) || need.asset?.tradable !== true) return",
        replace: "if (quantity.gte(ZERO)) return",
      },
    ],
    test: "tests/execution/shares-not-available.test.ts",
  },
  {
    name: "rounding-taken-for-shares",
    bug: "A billionth of a share that is not available keeps the account off its target.",
    patches: [
      {
        file: "src/portfolio/sells.ts",
        find: "if (all.minus(quantity).gte(ROUNDING_SHARES)) return",
        replace: "if (all.gt(quantity)) return",
      },
    ],
    test: "tests/execution/shares-not-available.test.ts",
  },
  {
    name: "rest-of-an-exit-taken-for-dust",
    bug: "Shares that are not available for an exit count as dust, and the account as on target.",
    patches: [
      {
        file: "src/portfolio/sells.ts",
        find: '{ order: sell(need, quantity, value, false), leftAlone: "not-available" };\n}',
        replace: '{ order: sell(need, quantity, value, false), leftAlone: "dust-cannot-close" };\n}',
      },
    ],
    test: "tests/execution/shares-not-available.test.ts",
  },
  {
    name: "part-of-an-exit-in-doubt",
    bug: "A position whose price is in doubt is sold in part.",
    patches: [
      {
        file: "src/portfolio/sells.ts",
        find: 'if (need.checkedPrice === undefined) return { leftAlone: "price-doubt" };\n  const value = quantity.times(need.checkedPrice);\n  return',
        replace: "const value = need.actualValue.times(quantity).div(need.quantity);\n  return",
      },
    ],
    test: "tests/portfolio/sells.test.ts",
  },
  {
    name: "available-in-refusal-not-read",
    bug: "A sell that was refused because fewer shares are available is sent again unchanged.",
    patches: [{ file: "src/broker/venue-answer.ts", find: 'amountIn(fields, "available")', replace: "undefined" }],
    test: "tests/execution/shares-not-available.test.ts",
  },
  {
    name: "available-in-refusal-for-good",
    bug: "The number of available shares in a refusal limits the sells of its symbol permanently.",
    patches: [
      {
        file: "src/execution/loop/order-gate.ts",
        find: "said === undefined || this.#clock.monotonic() - said.at > SELLABLE_FOR_MS",
        replace: "said === undefined",
      },
    ],
    test: "tests/execution/shares-not-available.test.ts",
  },
  {
    name: "none-available-in-refusal-believed",
    bug: "After a refusal that says no shares are available, the sell is not tried again.",
    patches: [
      { file: "src/execution/loop/order-gate.ts", find: "available?.gt(ZERO) === true)", replace: "available !== undefined)" },
      { file: "src/execution/loop/order-gate.ts", find: "const SELLABLE_FOR_MS = 60_000;", replace: "const SELLABLE_FOR_MS = 600_000;" },
    ],
    test: "tests/execution/shares-not-available.test.ts",
  },
  {
    name: "available-kept-after-a-sale",
    bug: "The number of available shares in a refusal still counts after they were sold.",
    patches: [{ file: "src/execution/loop/order-gate.ts", find: 'if (side === "sell") this.#sellable.delete(symbol);', replace: "" }],
    test: "tests/execution/shares-not-available.test.ts",
  },
  {
    name: "proof-lets-less-of-an-exit-pass",
    bug: "The proof accepts a plan that sells less of a symbol without a target than it could.",
    patches: [
      {
        file: "src/portfolio/proof.ts",
        find: "if (quantity?.eq(most) === true && fullExit === isFull)",
        replace: "if (quantity?.lte(most) === true)",
      },
    ],
    test: "tests/portfolio/proof.test.ts",
  },
  {
    name: "waiting-trades-not-limited",
    bug: "The day's turnover does not count what a run buys or sells only later.",
    patches: [
      {
        file: "src/execution/preparation/daily-limits.ts",
        find: "sum([...orders, ...waiting].map(",
        replace: "sum([...orders].map(",
      },
    ],
    test: "tests/execution/preparation/daily-limits.test.ts",
  },
  {
    name: "old-split-hides-a-sale",
    bug: "What a sale of a symbol brought that was split at any time before counts as a deposit, and stays in cash.",
    patches: [
      {
        file: "src/execution/loop/account-expectation.ts",
        find: "ledger.splitsOf(symbol).some(({ bookedAt }) => bookedAt === undefined || bookedAt > record.startedAt)",
        replace: "ledger.splitsOf(symbol).length > 0",
      },
    ],
    test: "tests/execution/gone-shares.test.ts",
  },
  {
    name: "late-buy-left-after-the-end",
    bug: "What an order of an earlier run brings after an execution has ended is not sold, although the run is fresh.",
    patches: [{ file: "src/execution/outcome/outcome.ts", find: 'judged.code === "not-planned" || ', replace: "" }],
    test: "tests/execution/abandoned.test.ts",
  },
  {
    name: "unshown-buys-spent-again",
    bug: "Cash that may not show our last buys yet, because others have changed it meanwhile, is spent again.",
    patches: [{ file: SETTLE, find: "  return explained ?? unshown;", replace: "  return explained ?? ZERO;" }],
    test: "tests/execution/hidden-buys.test.ts",
  },
  {
    name: "any-payment-explains",
    bug: "Cash that is missing counts as paid out although the activities do not explain it.",
    patches: [
      {
        file: SETTLE,
        find: "  return beyond.lte(tolerance) && beyond.gte(ZERO.minus(tolerance.plus(used)));",
        replace: "  return beyond.lte(tolerance) || beyond.gte(ZERO.minus(tolerance.plus(used)));",
      },
    ],
    test: "tests/execution/withdrawals.test.ts",
  },
];
