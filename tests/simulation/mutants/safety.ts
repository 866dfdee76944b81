import type { Mutant } from "./mutant.ts";

const STOP_REASON = "src/execution/loop/stop-reason.ts";

/** Bugs in what stops the program, and in what must never get out or grow (P6–P10). */
export const SAFETY: readonly Mutant[] = [
  {
    name: "cancel-behind-read",
    bug: "A cancel waits for a read of its order, which may have to wait for the next minute's requests.",
    patches: [
      {
        file: "src/execution/loop/decide.ts",
        find: 'if (intent.busy) return intent.reading && intent.record.state === "open" ? dueCancel(intent, facts) : [];',
        replace: "if (intent.busy) return [];",
      },
    ],
    test: "tests/execution/waiting-reads.test.ts",
  },
  {
    name: "gone-shares-sold-again",
    bug: "The unfilled part of a cancelled limit order is sent again without checking that the shares are still there.",
    patches: [
      {
        file: "src/execution/loop/account-watch.ts",
        find: "if (this.#held === undefined) return;",
        replace: "if (this.#held === undefined || this.#execution.intents().some(({ attempt }) => attempt > 1)) return;",
      },
    ],
    test: "tests/execution/gone-shares.test.ts",
  },
  {
    name: "halt-checked-once",
    bug: "A halt is checked before an execution but not during it.",
    patches: [
      {
        file: STOP_REASON,
        find: 'if (halt !== undefined) return { cause: "halted", reason: `Trading was halted (${halt}).` };',
        replace: 'if (halt === "") return { cause: "halted", reason: `Trading was halted (${halt}).` };',
      },
    ],
  },
  {
    name: "session-checked-once",
    bug: "Whether the market is open is not checked again before an order.",
    patches: [
      {
        file: STOP_REASON,
        find: "if (isOpen === undefined || (record.offHours && opened === undefined)) return undefined;",
        replace: "if (isOpen !== null || (record.offHours && opened === undefined)) return undefined;",
      },
    ],
  },
  {
    name: "unknown-clock-ignored",
    bug: "Orders are sent although the venue's clock has been unreadable for a long time.",
    patches: [
      {
        file: "src/execution/loop/market-watch.ts",
        find: "return this.#age() <= MARKET_READING_MAX_AGE_MS && this.#disagreement() <= CLOCKS_AGREE_WITHIN_MS;",
        replace: "return this.#age() <= Infinity;",
      },
    ],
    test: "tests/execution/slept.test.ts",
  },
  {
    name: "account-block-ignored",
    bug: "Trading continues after the account is blocked during an execution.",
    patches: [
      {
        file: "src/execution/loop/account-watch.ts",
        find: "if (account.blocks.length === 0) this.#blockedSince = undefined;",
        replace: "if (account.blocks.length >= 0) this.#blockedSince = undefined;",
      },
    ],
  },
  {
    name: "failed-look-swallowed",
    bug: "If the account cannot be read before an order, the error is swallowed and the order is sent.",
    patches: [
      {
        file: "src/execution/loop/account-watch.ts",
        find: "      await clock.sleep(this.#outage.afterFailure(), stopping);\n      return false;",
        replace: "      return !stopping.aborted;",
      },
    ],
  },
  {
    name: "second-stream",
    bug: "Every execution opens a second stream.",
    patches: [
      {
        file: "src/execution/orders/shared-stream.ts",
        find: "if (this.#stream !== undefined) return;",
        replace: "if (this.#stream !== undefined && this.#followers.size === 0) return;",
      },
    ],
  },
  {
    name: "timers-left",
    bug: "The timer of each request outlives the request.",
    patches: [
      {
        file: "src/broker/waiting-line.ts",
        find: "        release: () => {\n          limit.cancel();",
        replace: "        release: () => {",
      },
    ],
  },
  {
    name: "keys-in-texts",
    bug: "Keys are not removed from the venue's messages.",
    patches: [
      {
        file: "src/broker/alpaca.ts",
        find: "this.#redact = createRedaction(secretsIn(alpaca));",
        replace: "this.#redact = createRedaction([]);",
      },
    ],
  },
  {
    name: "shadow-sends",
    bug: "In shadow mode a cancel leaves the program.",
    patches: [
      {
        file: "src/broker/transport.ts",
        find: 'if (readOnly === true && method !== "GET") throw',
        replace: 'if (readOnly === true && method === "POST") throw',
      },
    ],
    test: "tests/shadow/nothing-is-sent.test.ts",
  },
  {
    name: "shadow-order-twice",
    bug: "The shadow account takes an order of an id that it has already.",
    patches: [
      {
        file: "src/shadow/order-steps.ts",
        find: "if (book.orders.has(clientOrderId)) return",
        replace: 'if (book.orders.has("")) return',
      },
    ],
    test: "tests/shadow/shadow-account.test.ts",
  },
  {
    name: "secret-cut-before-hidden",
    bug: "A long message is cut before the keys in it are removed, so that half a key is shown.",
    patches: [
      {
        file: "src/broker/venue-answer.ts",
        find: 'redact(ownMessage ?? (fields === undefined ? "the answer is not JSON" : NO_MESSAGE)).slice(0, MAX_MESSAGE_LENGTH)',
        replace: 'redact((ownMessage ?? (fields === undefined ? "the answer is not JSON" : NO_MESSAGE)).slice(0, MAX_MESSAGE_LENGTH))',
      },
    ],
    test: "tests/broker/secrets.test.ts",
  },
  {
    name: "half-adopted",
    bug: "`account` adopts the holdings although it refuses what else it was asked to do.",
    patches: [
      {
        file: "src/commands/account.ts",
        find: "ledger.transaction(() => change(context, options, { config, ledger, reading }))",
        replace: "change(context, options, { config, ledger, reading })",
      },
    ],
    test: "tests/scenarios/adoption.test.ts",
  },
];
