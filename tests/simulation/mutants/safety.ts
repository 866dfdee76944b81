import type { Mutant } from "./mutant.ts";

const STOP_REASON = "src/execution/loop/stop-reason.ts";

/** Bugs in what stops the program, and in what must never get out or grow (P6–P10). */
export const SAFETY: readonly Mutant[] = [
  {
    name: "cancel-behind-read",
    bug: "A cancel waits until a read of its order, which may wait for the next minute's requests, is through.",
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
    bug: "What a cancelled limit has left is sent again without asking whether the shares are still there.",
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
    bug: "A halt is looked at before an execution and not during it.",
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
    bug: "Whether the market is open is not looked at again before an order.",
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
    bug: "Orders are sent although the venue's clock has not been readable for a long time.",
    patches: [
      {
        file: "src/execution/loop/market-watch.ts",
        find: "return this.#age() <= MARKET_READING_MAX_AGE_MS && this.#disagreement() <= CLOCKS_AGREE_WITHIN_MS;",
        replace: "return this.#age() <= Infinity;",
      },
    ],
  },
  {
    name: "account-block-ignored",
    bug: "An account that is blocked in mid-run goes on trading.",
    patches: [
      {
        file: "src/execution/loop/account-watch.ts",
        find: "if (blocks.length === 0) this.#blockedSince = undefined;",
        replace: "if (blocks.length >= 0) this.#blockedSince = undefined;",
      },
    ],
  },
  {
    name: "failed-look-swallowed",
    bug: "When the account cannot be read before an order, the error is swallowed and the order sent.",
    patches: [
      {
        file: "src/execution/loop/account-watch.ts",
        find: "      await clock.sleep(SETTLE_PAUSE_MS, stopping);\n      return false;",
        replace: "      return !stopping.aborted;",
      },
    ],
  },
  {
    name: "second-stream",
    bug: "Every execution opens a stream of its own.",
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
    bug: "A timer for every request outlives it.",
    patches: [
      {
        file: "src/broker/pacing.ts",
        find: "        release: () => {\n          limit.cancel();",
        replace: "        release: () => {",
      },
    ],
  },
  {
    name: "keys-in-texts",
    bug: "Keys are not taken out of what the venue says.",
    patches: [
      {
        file: "src/broker/alpaca.ts",
        find: "this.#redact = createRedaction([alpaca.secret, alpaca.keyId]);",
        replace: "this.#redact = createRedaction([]);",
      },
    ],
  },
];
