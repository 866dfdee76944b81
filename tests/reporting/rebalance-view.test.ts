import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { RebalanceEvent, RebalanceStep } from "../../src/execution/events.ts";
import type { IntentState } from "../../src/domain/ledger/orders.ts";
import { RebalanceView } from "../../src/reporting/rebalance-view.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { event, filled, intent, plan } from "./examples.ts";
import { pipe, screen } from "./recording-stream.ts";

function piped(...events: RebalanceEvent[]): string[] {
  const { stream, terminal } = pipe();
  const view = new RebalanceView(terminal);
  for (const one of events) view.event(one);
  return stream.lines;
}

/** What a person sees of the progress after each event. */
function progressAfter(...events: RebalanceEvent[]): string | undefined {
  const { stream, terminal } = screen();
  const view = new RebalanceView(terminal);
  for (const one of events) view.event(one);
  return stream.text.split("\u001b[2K").at(-1)?.split("\n").at(-1)?.replace("\u001b[2m", "").replace("\u001b[22m", "");
}

describe("a rebalance in a pipe", () => {
  test("is a heading for each phase and one line for each order", () => {
    const sell = intent("BWXT", "sell", { state: "posting" });
    const buy = intent("SMR", "buy", { state: "posting" });
    const lines = piped(
      event("plan", "Plan: 1 to sell, 1 to buy.", { plan: plan() }),
      event("post", "BWXT: sell sent.", { intent: sell, symbol: "BWXT" }),
      event("accepted", "BWXT: accepted.", { intent: { ...sell, state: "open" } }),
      event("progress", "BWXT: partially filled.", { intent: { ...sell, state: "open", filledQuantity: decimal("4") } }),
      event("filled", "BWXT: sold.", { intent: filled("BWXT", "sell", "12.5", "144.933333") }),
      event("phase", "Buying: 1 orders.", { plan: plan({ sells: [], spendable: decimal("43926.87") }) }),
      event("post", "SMR: buy sent.", { intent: buy }),
      event("filled", "SMR: bought.", { intent: filled("SMR", "buy", "810.38", "38.5") }),
      event("finish", "On target after 2 orders."),
    );
    expect(lines).toEqual([
      "Selling: 1 order",
      "BWXT_SELL  filled 12.5 @ 144.933333  = $1,811.67",
      "Buying: 1 order on $43,926.87",
      "SMR_BUY    filled 810.38 @ 38.50  = $31,199.63",
    ]);
  });

  test("says why an order was refused", () => {
    const facts = { kind: "refused", message: "insufficient buying power" };
    const lines = piped(
      event("refused", "SMR: the buy was refused: insufficient buying power.", {
        level: "error",
        intent: intent("SMR", "buy", { orderId: undefined }),
        facts,
      }),
    );
    expect(lines).toEqual(["Buying", "SMR_BUY     refused: insufficient buying power"]);
  });

  test("says why a cancelled order was cancelled, and what it had filled", () => {
    const working = intent("OKLO", "buy");
    const lines = piped(
      event("cancel", "OKLO: cancelling the buy. Not filled within 60 s.", { level: "warn", intent: working }),
      event("ended", "OKLO: the buy ended canceled.", {
        level: "error",
        intent: { ...working, state: "done", status: "canceled", filledQuantity: decimal("120.5"), filledAveragePrice: decimal("56.1") },
      }),
    );
    expect(lines).toEqual([
      "Buying",
      "warning: OKLO: cancelling the buy. Not filled within 60 s.",
      "OKLO_BUY    partly filled 120.5 @ 56.10  = $6,760.05 of $29,007.00, then canceled: Not filled within 60 s.",
    ]);
  });

  test("tells an order that ended without any fill from one that was filled in part", () => {
    const lines = piped(event("ended", "", { level: "error", intent: intent("OKLO", "buy", { state: "done", status: "expired" }) }));
    expect(lines[1]).toBe("OKLO_BUY    expired, nothing filled");
  });

  test("names the broker's ids on request", () => {
    const { stream, terminal } = pipe();
    new RebalanceView(terminal, true).event(event("filled", "", { intent: filled("SMR", "buy", "810.38", "38.5") }));
    expect(stream.lines.at(-1)).toBe("SMR_BUY     filled 810.38 @ 38.50  = $31,199.63  order order-SMR");
  });

  test("never calls an order ended whose fate is unknown", () => {
    const lines = piped(
      event("abandoned", "SMR: it is not known whether the venue has the buy. The market closed.", {
        level: "error",
        intent: intent("SMR", "buy", { state: "unknown", orderId: undefined }),
      }),
    );
    expect(lines[1]).toBe("SMR_BUY     unknown whether it exists: it is not known whether the venue has the buy. The market closed.");
  });

  test("repeats a warning that comes at every try only once", () => {
    const trouble = event("waiting", "The account cannot be read: no answer.", { level: "warn" });
    expect(piped(trouble, trouble, trouble)).toEqual(["warning: The account cannot be read: no answer."]);
  });

  test("leaves out what is only for the log", () => {
    expect(
      piped(
        event("snapshot", "Read."),
        event("waiting", "Stream lost.", { level: "debug" }),
        event("finish", "Off target.", { level: "error" }),
      ),
    ).toEqual([]);
  });

  test("heads both phases once when off-hours orders of both are queued together", () => {
    const lines = piped(
      event("plan", "", { plan: plan() }),
      event("post", "", { intent: intent("BWXT", "sell", { state: "posting" }) }),
      event("post", "", { intent: intent("SMR", "buy", { state: "posting" }) }),
      event("accepted", "", { intent: intent("BWXT", "sell") }),
    );
    expect(lines).toEqual(["Selling: 1 order", "Buying: 1 order on $42,115.20"]);
  });
});

describe("a rebalance on a screen", () => {
  const buying = [
    event("plan", "", { plan: plan({ sells: [], buys: ["SMR", "LEU", "OKLO"].map((symbol) => ({ ...plan().buys[0]!, symbol })) }) }),
    event("post", "", { intent: intent("SMR", "buy", { state: "posting" }) }),
    event("filled", "", { intent: filled("SMR", "buy", "810.38", "38.5") }),
    event("filled", "", { intent: filled("LEU", "buy", "180", "216.2") }),
    event("progress", "", { intent: intent("OKLO", "buy", { filledQuantity: decimal("120.5") }) }),
  ];

  test("shows how far the working orders are", () => {
    expect(progressAfter(...buying)).toBe("2 of 3 bought, OKLO partially filled 120.5");
  });

  test("shows that an order is being cancelled", () => {
    expect(progressAfter(...buying, event("cancel", "", { intent: intent("OKLO", "buy") }))).toBe("2 of 3 bought, OKLO being cancelled");
  });

  test("takes the progress line away when the last order has ended", () => {
    expect(progressAfter(...buying, event("filled", "", { intent: filled("OKLO", "buy", "500", "56.1") }))).toBe("");
  });

  test("does not bring an ended order back when a late answer shows its old state", () => {
    const late = event("cancel", "OKLO: response to the cancel: already filled", { level: "warn", intent: intent("OKLO", "buy") });
    expect(progressAfter(...buying, event("filled", "", { intent: filled("OKLO", "buy", "500", "56.1") }), late)).toBe("");
  });

  test("marks an order line with a symbol in colour", () => {
    const { stream, terminal } = screen();
    new RebalanceView(terminal).event(event("filled", "", { intent: filled("SMR", "buy", "810.38", "38.5") }));
    expect(stream.text).toContain("\u001b[32m✔\u001b[39m SMR_BUY");
  });
});

describe("whatever happens", () => {
  const KINDS: RebalanceStep[] = [
    "plan",
    "phase",
    "post",
    "accepted",
    "progress",
    "filled",
    "ended",
    "refused",
    "unknown",
    "look-up",
    "cancel",
    "abandoned",
    "waiting",
    "doubt",
    "finish",
  ];
  const STATES: IntentState[] = ["recorded", "posting", "unknown", "open", "done", "refused", "abandoned", "dropped"];
  const text = fc.string({ unit: fc.constantFrom("a", " ", ".", "\n", "\r", "\u001b", "\u001b[31m", "\u0007") });
  const anyIntent = fc.record({
    symbol: fc.constantFrom("SMR", "OKLO", "BRK.B"),
    side: fc.constantFrom("buy" as const, "sell" as const),
    state: fc.constantFrom(...STATES),
    status: fc.constantFrom("filled", "canceled", "partially_filled", undefined),
    filledQuantity: fc.constantFrom(decimal("0"), decimal("0.017758"), decimal("12000")),
    filledAveragePrice: fc.constantFrom(decimal("38.5"), undefined),
    message: fc.option(text, { nil: undefined }),
  });
  const anyEvent = fc.record({
    kind: fc.constantFrom(...KINDS),
    level: fc.constantFrom("info" as const, "warn" as const, "error" as const, "debug" as const),
    text,
    intent: fc.option(anyIntent, { nil: undefined }),
    plan: fc.option(fc.constant(plan()), { nil: undefined }),
  });

  test("a pipe gets whole lines without control characters, at most one per event apart from the headings", () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 30 }), (events) => {
        const { stream, terminal } = pipe();
        const view = new RebalanceView(terminal);
        for (const one of events) {
          const { intent: of, plan: made, ...rest } = one;
          view.event(
            event(one.kind, one.text, {
              ...rest,
              ...(of === undefined ? {} : { intent: intent(of.symbol, of.side, of) }),
              ...(made === undefined ? {} : { plan: made }),
            }),
          );
        }
        expect(stream.text.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
        expect(stream.lines.length).toBeLessThanOrEqual(events.length + 2);
      }),
      { seed: 20_250_716, numRuns: 300 },
    );
  });
});
