import type { Mutant } from "./mutant.ts";

const LIFECYCLE = "src/execution/orders/order-lifecycle.ts";
const SENDING = "src/execution/loop/sending.ts";
const OUTCOME = "src/broker/order-outcome.ts";

/** Bugs that send an order twice, or lose one from sight (P1). */
export const ONE_ORDER: readonly Mutant[] = [
  {
    name: "id-not-recorded-before-post",
    bug: "An order is sent before the ledger records it.",
    patches: [
      {
        file: SENDING,
        find: 'ledger.updateIntent(id, { state: "posting", postedAt: clock.now(), updatedAt: clock.now() });',
        replace: "ledger.updateIntent(id, { updatedAt: clock.now() });",
      },
    ],
  },
  {
    name: "sent-before-flushed",
    bug: "The record that an order is sent is committed, but not flushed to disk before the POST.",
    patches: [
      {
        file: SENDING,
        find: "${amountText(intent)} sent.`, symbol, intent });\n      }\n    });",
        replace: '${amountText(intent)} sent.`, symbol, intent });\n      }\n    }, "ordered");',
      },
    ],
  },
  {
    name: "random-id",
    bug: "The client order id is made when the order is sent, not from the intent.",
    patches: [
      {
        file: LIFECYCLE,
        find: "const answer = await broker.submit({\n      clientOrderId: intent.clientOrderId,",
        replace: "const answer = await broker.submit({\n      clientOrderId: `${intent.clientOrderId}${String(clock.now())}`,",
      },
    ],
  },
  {
    name: "post-retried",
    bug: "A POST without an answer is sent again at once, like a read.",
    patches: [
      {
        file: "src/broker/venue-calls.ts",
        find: "    return ask(call, redact);\n",
        replace: "    const answer = await ask(call, redact);\n" + '    return answer.kind === "none" ? ask(call, redact) : answer;\n',
      },
    ],
  },
  {
    name: "resent-after-first-absence",
    bug: "One look-up that does not find an order counts as proof that there is none.",
    patches: [
      {
        file: LIFECYCLE,
        find: 'if (intent.state === "posting") this.#change(intent, { state: "unknown" });',
        replace: 'this.#change(intent, { state: "recorded" });',
      },
    ],
  },
  {
    name: "absence-counts-at-once",
    bug: "An order counts as absent before the venue has had time to show it.",
    patches: [
      {
        file: "src/execution/loop/decide.ts",
        find: "ABSENCE_COUNTS_AFTER_MS = 10_000",
        replace: "ABSENCE_COUNTS_AFTER_MS = 0",
      },
    ],
  },
  {
    name: "listing-not-looked-at",
    bug: "The proof of absence does not look for the order in the list of all orders.",
    patches: [
      {
        file: LIFECYCLE,
        find: "const order = orders.find((candidate) => candidate.clientOrderId === intent.clientOrderId);",
        replace: 'const order = orders.find((candidate) => candidate.clientOrderId === "");',
      },
    ],
  },
  {
    name: "failed-proof-counts",
    bug: "An error while absence is being proven is swallowed and counts as the proof.",
    patches: [
      {
        file: LIFECYCLE,
        find: '      this.#emitFailure("look-up", intent, `${intent.symbol}: the proof of absence failed: ${messageOf(error)}`);',
        replace:
          '      this.#emit("look-up", "warn", intent, messageOf(error));\n' +
          '      this.#change(intent, { state: "recorded", message: "proven absent", code: "proven-absent" });\n' +
          "      followUp.absentAt = undefined;",
      },
    ],
    test: "tests/execution/no-duplicate.test.ts",
  },
  {
    name: "unknown-taken-for-refused",
    bug: "A POST without an answer counts as refused.",
    patches: [
      {
        file: OUTCOME,
        find: 'return { kind: "unknown", message: `There was no answer: ${answer.message}` };\n    case "rejected":\n      return rejection',
        replace:
          'return { kind: "refused", reason: "other", status: 0, code: 0, message: answer.message, requestId: undefined };\n    case "rejected":\n      return rejection',
      },
    ],
  },
  {
    name: "server-error-taken-for-refused",
    bug: "A 500 after the order was taken counts as a refusal.",
    patches: [
      {
        file: OUTCOME,
        find: "status < 400 || status >= 500 || status === 408",
        replace: "status < 400 || status === 408",
      },
    ],
  },
  {
    name: "unreadable-acceptance-taken-for-refused",
    bug: "A 2xx whose body cannot be read counts as a refusal.",
    patches: [
      {
        file: OUTCOME,
        find: 'if (order === undefined) return { kind: "unknown", message: `The answer (HTTP ${status}) contains no readable order.` };',
        replace:
          'if (order === undefined) return { kind: "refused", reason: "other", status, code: 0, message: "unreadable", requestId: undefined };',
      },
    ],
  },
  {
    name: "refusal-of-resent-believed",
    bug: "When a resent order is refused, it counts as never accepted, although the first POST may still arrive.",
    patches: [
      {
        file: LIFECYCLE,
        find: 'case "refused":\n        if (intent.code === "proven-absent") {',
        replace: 'case "refused":\n        if (intent.code === "below-minimum") {',
      },
    ],
  },
  {
    name: "rate-limited-under-a-new-id",
    bug: "An order that the rate limit held back is sent under a new id.",
    patches: [
      {
        file: LIFECYCLE,
        find: '        this.#change(intent, { state: "recorded" });\n        this.#emit("waiting"',
        replace: '        this.#change(intent, { state: "refused", status: "insufficient-buying-power" });\n        this.#emit("waiting"',
      },
    ],
  },
  {
    name: "cancel-taken-for-done",
    bug: "An order counts as cancelled as soon as its cancel is requested.",
    patches: [
      {
        file: LIFECYCLE,
        find: "    followUp.hinted = true;\n    followUp.cancelAgainAt =",
        replace:
          '    if (answer.kind === "requested") this.#change(intent, { state: "done", status: "canceled" });\n' +
          "    followUp.hinted = true;\n    followUp.cancelAgainAt =",
      },
    ],
  },
  {
    name: "cumulative-taken-for-incremental",
    bug: "The total that an order has filled so far is added to what it had filled before.",
    patches: [
      {
        file: LIFECYCLE,
        find: "const filled = max(known.filledQuantity, order.filledQuantity);",
        replace: "const filled = max(known.filledQuantity, known.filledQuantity.plus(order.filledQuantity));",
      },
    ],
  },
  {
    name: "late-orders-forgotten",
    bug: "An order whose state was unknown when its execution ended is never looked up again.",
    patches: [
      {
        file: "src/execution/orders/late-orders.ts",
        find: 'const unsettled = ledger.unsettledIntents().filter(({ state }) => state !== "recorded");',
        replace: 'const unsettled = ledger.unsettledIntents().filter(({ state }) => state === "recorded");',
      },
      {
        file: "src/execution/preparation/earlier-orders.ts",
        find: 'return ledger.unsettledIntents().filter((intent) => intent.state !== "recorded");',
        replace: "return [];",
      },
    ],
  },
  {
    name: "late-fill-lost",
    bug: "What an order filled after its execution had ended is not recorded.",
    patches: [
      {
        file: "src/execution/orders/late-orders.ts",
        find: "filledQuantity: max(intent.filledQuantity, order.filledQuantity),",
        replace: "filledQuantity: max(intent.filledQuantity, intent.filledQuantity),",
      },
    ],
  },
  {
    name: "earlier-orders-not-awaited",
    bug: "A new execution trades a symbol for which an order of an earlier one is still open.",
    patches: [
      {
        file: "src/execution/preparation/plan-input.ts",
        find: "workingOrders: [...workingOrders(snapshot, context.unsettled), ",
        replace: "workingOrders: [...workingOrders(snapshot, context.unsettled).filter(({ own }) => !own), ",
      },
      {
        file: "src/execution/preparation/earlier-orders.ts",
        find: "if (shown(first).length === 0 && strangers.length === 0 && open().length === 0) return first;",
        replace: "if (shown(first).length >= 0) return first;",
      },
    ],
  },
  {
    name: "abandoned-id-not-reused",
    bug: "The replacement of an order in an unknown state gets a new id, so both may be filled.",
    patches: [
      {
        file: "src/execution/orders/intents.ts",
        find: "clientOrderId: inherited ?? clientOrderId({ ...slot, attempt }),\n      inherits: inherited !== undefined,",
        replace: "clientOrderId: clientOrderId({ ...slot, attempt }),\n      inherits: false,",
      },
    ],
    test: "tests/execution/preparation/inherited-ids.test.ts",
  },
  {
    name: "former-order-taken-for-the-last",
    bug: "An abandoned order that arrives after all counts as the one sent later under its id.",
    patches: [
      {
        file: "src/execution/orders/former-orders.ts",
        find: "if (intent.orderId === order.id || isSentAs(intent, order)) return false;",
        replace: "if (intent.clientOrderId === order.clientOrderId || isSentAs(intent, order)) return false;",
      },
    ],
    test: "tests/execution/preparation/inherited-ids.test.ts",
  },
  {
    name: "heir-reserves-only-itself",
    bug: "Of two orders under one id, only the newer one's cash is reserved, though the venue may accept the more expensive one.",
    patches: [
      {
        file: "src/execution/preparation/inherited-ids.ts",
        find: 'if (side === "sell" || heir === undefined) return ZERO;',
        replace: 'if (side === "sell" || heir !== undefined) return ZERO;',
      },
    ],
    test: "tests/execution/preparation/inherited-ids.test.ts",
  },
  {
    name: "lost-orders-not-looked-for",
    bug: "After the ledger has lost its last records, nobody looks for the orders of an open execution at the venue.",
    patches: [
      {
        file: "src/execution/loop/lost-orders.ts",
        find: "const lost = ledger.intent(order.clientOrderId) === undefined ? lostIntent(order, execution, clock.now()) : undefined;",
        replace: "const lost = ledger.intent(order.clientOrderId) === null ? lostIntent(order, execution, clock.now()) : undefined;",
      },
    ],
    test: "tests/execution/loop/lost-orders.test.ts",
  },
  {
    name: "sent-order-dropped",
    bug: "An order that was sent without an answer, and must not be resent yet, counts as never sent.",
    patches: [
      {
        file: "src/execution/preparation/pricing.ts",
        find: "const end = wasSent(intent) ?",
        replace: 'const end = intent.clientOrderId === "" ?',
      },
      {
        file: "src/domain/ledger/orders.ts",
        find: "return !wasSent(intent) || code ===",
        replace: 'return intent.state !== "done" || code ===',
      },
    ],
    test: "tests/execution/dear-asks.test.ts",
  },
  {
    name: "listed-order-not-learned-of",
    bug: "An abandoned order that is in the venue's list but not yet found by its id stays unknown, and its money counts as a deposit.",
    patches: [{ file: "src/execution/preparation/inherited-ids.ts", find: "await learnOf(parts, intent, order);", replace: "continue;" }],
    test: "tests/execution/preparation/inherited-ids.test.ts",
  },
  {
    name: "own-late-order-taken-for-foreign",
    bug: "After a start, a late order of ours is taken for another installation's and sent again.",
    patches: [
      {
        file: "src/execution/loop/lost-orders.ts",
        find: "createdAt <= started || ledger.intent(clientOrderId) !== undefined",
        replace: "createdAt <= started",
      },
    ],
    test: "tests/execution/loop/lost-orders.test.ts",
  },
  {
    name: "order-after-its-session-ignored",
    bug: "An order recorded as never to arrive is left working when the venue lists it after all.",
    patches: [
      {
        file: "src/execution/preparation/earlier-orders.ts",
        find: "...(round === 0 ? shown(first).filter(hasComeBack) : [])",
        replace: "...[]",
      },
    ],
    test: "tests/execution/abandoned.test.ts",
  },
  {
    name: "unfilled-end-believed-at-once",
    bug: "An end without fills counts the first time it is shown, and shares that were filled after all are bought again.",
    patches: [
      { file: LIFECYCLE, find: "const END_CONFIRMED_AFTER_MS = 1_000;", replace: "const END_CONFIRMED_AFTER_MS = 0;" },
      {
        file: "src/execution/loop/account-watch.ts",
        find: "const ENDED_MAY_FILL_WITHIN_MS = 60_000;",
        replace: "const ENDED_MAY_FILL_WITHIN_MS = -1;",
      },
    ],
    test: "tests/execution/awkward-venue.test.ts",
  },
  {
    name: "ended-order-not-looked-at-again",
    bug: "An order that has just ended unfilled is not looked up again before the next plan.",
    patches: [
      {
        file: "src/execution/loop/account-watch.ts",
        find: "const ENDED_MAY_FILL_WITHIN_MS = 60_000;",
        replace: "const ENDED_MAY_FILL_WITHIN_MS = -1;",
      },
    ],
    test: "tests/execution/awkward-venue.test.ts",
  },
  {
    name: "filled-without-figures-believed",
    bug: "An order shown as filled with too few shares counts as filled with those.",
    patches: [
      {
        file: LIFECYCLE,
        find: "if (quantity !== undefined) return filledQuantity.lt(quantity);",
        replace: "if (quantity !== undefined) return false;",
      },
      { file: LIFECYCLE, find: "lt((notional ?? ZERO).times(MOST_OF_IT))", replace: "lt(ZERO)" },
    ],
    test: "tests/execution/awkward-venue.test.ts",
  },
  {
    name: "fill-without-price-counts-as-nothing",
    bug: "The proceeds of a fill whose price is not shown yet count as a deposit and are not spent.",
    patches: [
      {
        file: LIFECYCLE,
        find: "if (filledQuantity.gt(ZERO) && filledAveragePrice === undefined) return true;",
        replace: "if (filledQuantity.gt(ZERO) && filledAveragePrice === undefined) return false;",
      },
      {
        file: "src/execution/preparation/settle.ts",
        find: "isPriced &&= intent.filledAveragePrice !== undefined;",
        replace: "isPriced &&= intent.filledQuantity !== undefined;",
      },
    ],
    test: "tests/execution/awkward-venue.test.ts",
  },
  {
    name: "cancel-never-requested-again",
    bug: "A cancel that the venue answered but that had no effect is not requested again.",
    patches: [
      {
        file: LIFECYCLE,
        find: 'answer.kind === "unknown" ? CANCEL_RETRY_MS : CANCEL_WITHOUT_EFFECT_MS',
        replace: 'answer.kind === "unknown" ? CANCEL_RETRY_MS : CANCEL_WITHOUT_EFFECT_MS * 1e6',
      },
    ],
    test: "tests/execution/awkward-venue.test.ts",
  },
];
