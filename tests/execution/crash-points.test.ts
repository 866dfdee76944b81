import { expect, test } from "@jest/globals";
import { decimal, ZERO } from "../../src/domain/decimal.ts";
import type { OrderRecord } from "../../src/simulator/orders.ts";
import { dieEverywhere } from "./crash-points.ts";
import type { Situation } from "./crash-points.ts";
import { afterFirstPost, beforePosts, both, reply, RESET, TIMED_OUT } from "./faults.ts";
import { limitStyle } from "./limit-style.ts";
import { HEDGE, HELD, INVESTED, orderOf, SWITCH } from "./scenario.ts";
import { signalOf, TUESDAY_10_00 } from "./virtual-desk.ts";

const HEDGED = ["buy BTAL filled", "buy UVXY filled"];
const IN_PIECES = { partialFillProbability: 1, partialFillSteps: 3, partialFillIntervalMs: 400 };
const RATE_LIMITED = reply(429, { code: 42910000, message: "rate limit exceeded" }, { "retry-after": "2" });
/** `npm run test:crash-points` dies every death of the long cases too. */
const EVERY_DEATH = process.env.CRASH_POINTS === "all";
/** A prime, so that it does not fall into step with what an order goes through. */
const QUICK_STEP = 7;
const BEFORE_THE_OPEN = TUESDAY_10_00 - 32 * 60_000;

/** The first attempts for two symbols stay half filled. */
function isNotSecondPiece({ clientOrderId, filledQuantity }: OrderRecord): boolean {
  return filledQuantity.eq(ZERO) || !/(TQQQ|UVXY)-1$/.test(clientOrderId);
}

interface Case {
  readonly situation: Situation;
  readonly book: readonly string[];
  readonly outcome: string;
}

const CASES: Record<string, Case> = {
  "a single buy": {
    situation: { options: {}, signal: { weights: { UVXY: "1" } } },
    book: ["buy UVXY filled"],
    outcome: "on-target",
  },
  "a hedge of two legs": {
    situation: { options: {}, signal: { weights: HEDGE } },
    book: HEDGED,
    outcome: "on-target",
  },
  "a full switch, sells then buys": {
    situation: { options: INVESTED, signal: { weights: HEDGE } },
    book: SWITCH,
    outcome: "on-target",
  },
  "fractions of one symbol and whole shares of another": {
    situation: { options: { exchange: { prices: { FNGU: "31", UVXY: "20" } } }, signal: { weights: { FNGU: "0.4", UVXY: "0.6" } } },
    book: ["buy FNGU filled", "buy UVXY filled"],
    outcome: "on-target",
  },
  "answers that are lost after acceptance, found by look-up": {
    situation: {
      options: INVESTED,
      signal: { weights: HEDGE },
      fault: () => both(...["TQQQ", "UVXY"].map((symbol) => afterFirstPost(symbol, () => TIMED_OUT))),
    },
    book: SWITCH,
    outcome: "on-target",
  },
  "a POST that is lost before the venue has seen it, proven absent and sent again": {
    situation: {
      options: INVESTED,
      signal: { weights: HEDGE },
      fault: () => beforePosts("UVXY", 1, () => RESET),
    },
    book: SWITCH,
    outcome: "on-target",
  },
  "limits that are filled at once": {
    situation: { options: { ...INVESTED, execution: limitStyle() }, signal: { weights: HEDGE } },
    book: SWITCH,
    outcome: "on-target",
  },
  "a newer run that comes in with the first sell": {
    situation: {
      options: INVESTED,
      signal: { weights: HEDGE },
      fault: (world) =>
        afterFirstPost("SMR", (response) => {
          world.newer = signalOf(world.desk.clock, { LEU: "1" }, { id: "00000000000000bb" });
          world.desk.newer = world.newer;
          return response;
        }),
      // Whoever is started anew between the phases finishes what has begun, and then executes the newer run.
      mayEnd: ({ holdings, outcome }) =>
        outcome === "on-target" && holdings.every((held) => held.startsWith("LEU ")) && holdings.length === 1,
    },
    book: ["buy LEU filled", "sell SMR filled", "sell TQQQ filled"],
    outcome: "on-target",
  },
  "a halt that comes with the first sell": {
    situation: {
      options: INVESTED,
      signal: { weights: HEDGE },
      fault: ({ desk }) =>
        afterFirstPost("SMR", (response) => {
          desk.halted = "by hand";
          return response;
        }),
      mayEnd: ({ book, outcome, reason }) =>
        outcome === "incomplete" && reason?.includes("halted") === true && book.every((line) => line.startsWith("sell ")),
    },
    book: ["sell SMR filled", "sell TQQQ filled"],
    outcome: "incomplete",
  },
  "orders queued before the open and adopted after it": {
    situation: { options: { startAt: BEFORE_THE_OPEN }, signal: { weights: HEDGE }, ignoreMarketHours: true },
    book: HEDGED,
    outcome: "on-target",
  },
  "an exit, sells alone": {
    situation: {
      options: { exchange: { cash: decimal("12"), positions: HELD } },
      signal: { weights: {}, change: { kind: "exit", exits: ["SMR"] } },
    },
    book: ["sell SMR filled"],
    outcome: "on-target",
  },
};

/** Orders that go on for long, so that the same kinds of moments come again for each of them. */
const LONG_CASES: Record<string, Case> = {
  "orders that fill slowly and in pieces, a part of a position sold": {
    situation: {
      options: { exchange: { ...INVESTED.exchange, ...IN_PIECES } },
      signal: { weights: { TQQQ: "0.5", BTAL: "0.5" } },
    },
    book: ["buy BTAL filled", "sell SMR filled", "sell TQQQ filled"],
    outcome: "on-target",
  },
  "a stuck sell that is cancelled and sent again, and buys before and after it": {
    situation: {
      options: { ...INVESTED, orderTimeoutSeconds: 3 },
      signal: { weights: HEDGE },
      fault: ({ desk }) => {
        desk.exchange.gate = { mayFill: ({ clientOrderId }) => !clientOrderId.endsWith("TQQQ-1"), mayCancel: () => true };
        return {};
      },
    },
    book: [...HEDGED, ...HEDGED, "sell SMR filled", "sell TQQQ canceled", "sell TQQQ filled"].sort(),
    outcome: "on-target",
  },
  "a limit that is filled in part, cancelled, and its rest sent again": {
    situation: {
      options: { exchange: { ...INVESTED.exchange, ...IN_PIECES, partialFillSteps: 2 }, execution: limitStyle({ repegMs: 2_000 }) },
      signal: { weights: HEDGE },
      fault: ({ desk }) => {
        desk.exchange.gate = { mayFill: isNotSecondPiece, mayCancel: () => true };
        return {};
      },
    },
    book: ["buy BTAL filled", "buy UVXY canceled", "buy UVXY filled", "sell SMR filled", "sell TQQQ canceled", "sell TQQQ filled"],
    outcome: "on-target",
  },
  "limits whose rest goes to the market, with answers that are lost": {
    situation: {
      options: { ...INVESTED, execution: limitStyle({ repegMs: 1_000, repegs: 1 }) },
      signal: { weights: HEDGE },
      fault: ({ desk }) => {
        desk.exchange.gate = { mayFill: ({ type, symbol }) => type === "market" || symbol !== "TQQQ", mayCancel: () => true };
        return afterFirstPost("TQQQ", () => TIMED_OUT);
      },
    },
    book: ["buy BTAL filled", "buy UVXY filled", "sell SMR filled", "sell TQQQ canceled", "sell TQQQ canceled", "sell TQQQ filled"],
    outcome: "on-target",
  },
  "a large order in parts": {
    situation: {
      options: { ...INVESTED, execution: limitStyle({ repegMs: 1_000, sliceShare: decimal("0.000035") }) },
      signal: { weights: {}, change: { kind: "exit", exits: ["SMR"] } },
    },
    book: Array.from({ length: 5 }, () => "sell SMR filled"),
    outcome: "on-target",
  },
  "a rate limit, then the same id again": {
    situation: { options: INVESTED, signal: { weights: HEDGE }, fault: () => beforePosts("UVXY", 2, () => RATE_LIMITED) },
    book: SWITCH,
    outcome: "on-target",
  },
  "an order rejected after its acceptance, and sent again": {
    situation: {
      options: INVESTED,
      signal: { weights: HEDGE },
      fault: ({ desk }) =>
        afterFirstPost("UVXY", (response) => {
          desk.exchange.reject(orderOf(desk, "UVXY").id);
          return response;
        }),
    },
    book: ["buy BTAL filled", "buy UVXY filled", "buy UVXY rejected", "sell SMR filled", "sell TQQQ filled"],
    outcome: "on-target",
  },
};

async function expectEveryEnd({ situation, book, outcome }: Case, step: number): Promise<void> {
  const { unharmed, failures, moments, deaths } = await dieEverywhere(situation, step);
  expect(unharmed).toMatchObject({ book, outcome });
  expect(moments).toBeGreaterThan(40);
  expect(deaths).toBeGreaterThan(5);
  expect(failures).toEqual([]);
}

test.each(Object.entries(CASES))(
  "%s: wherever it is killed, the next start finishes it as if nothing had happened",
  (_, expected) => expectEveryEnd(expected, 1),
  120_000,
);

test.each(Object.entries(LONG_CASES))(
  "%s: killed at sampled points, it is finished by the next start as if nothing had happened",
  (_, expected) => expectEveryEnd(expected, EVERY_DEATH ? 1 : QUICK_STEP),
  120_000,
);
