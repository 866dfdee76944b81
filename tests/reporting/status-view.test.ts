import { describe, expect, test } from "@jest/globals";
import { FINAL_VERDICTS, PROVISIONAL_VERDICTS } from "../../src/domain/verdict.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { plainStyle, richStyle } from "../../src/reporting/style.ts";
import type { StatusFacts } from "../../src/reporting/status-view.ts";
import { statusLines, verdictTint } from "../../src/reporting/status-view.ts";
import { account, execution, NOW, order, position, signal, ZONE } from "./examples.ts";

function facts(change: Partial<StatusFacts> = {}): StatusFacts {
  return {
    mode: "paper",
    modeReason: "TRADING_MODE=paper",
    account: account(),
    positions: [position("SMR", "810.38", "38.5"), position("BWXT", "10", "145")],
    lastSignals: [{ signal: signal(), recordedAt: NOW, verdict: "executed", verdictReason: "on target: done", verdictAt: NOW }],
    verdicts: [{ at: NOW, strategy: "nuclear", verdict: "stale", reason: "It was 310 s old.", signalId: undefined, lines: 3 }],
    targets: signal(),
    aside: { reserve: decimal("0"), protectedSymbols: new Set() },
    workingOrders: [],
    openExecutions: [],
    daemon: { pid: 4242, since: NOW - 7_300_000 },
    market: { isOpen: true, nextOpen: NOW + 86_400_000, nextClose: NOW + 19_021_975 },
    now: NOW,
    zone: ZONE,
    ...change,
  };
}

function status(change: Partial<StatusFacts> = {}): string[] {
  return statusLines(facts(change), plainStyle);
}

describe("the status", () => {
  test("reads at a glance", () => {
    expect(
      status({
        workingOrders: [
          order(),
          order({
            id: "order-2",
            clientOrderId: "by-hand",
            side: "sell",
            status: "new",
            notional: undefined,
            quantity: decimal("3"),
            filledQuantity: decimal("0"),
          }),
        ],
      }),
    ).toEqual([
      "Mode: paper (TRADING_MODE=paper)",
      "Trading: allowed",
      "Daemon: running for 2 h 1 min, since 2025-07-16 08:41:18 EDT (pid 4242)",
      "Market: open, closes 2025-07-16 16:00:00 EDT (in 5 h 17 min)",
      "",
      "Account Number: PA3TEST00001",
      "Portfolio Value: $100,000.00",
      "Buying Power: $142,115.20",
      "Cash: $42,115.20",
      "Status: ACTIVE",
      "",
      "Holdings against targets (nuclear, signal 0123456789abcdef of 2025-07-16 10:42:46 EDT, 12 s old):",
      "  Symbol  Target  Actual     Drift  Shares       Value",
      "  SMR     31.2 %  31.2 %    0.0 pt  810.38  $31,199.63",
      "  LEU     39.5 %   0.0 %  -39.5 pt       0       $0.00",
      "  OKLO    29.3 %   0.0 %  -29.3 pt       0       $0.00",
      "  BWXT     0.0 %   1.5 %   +1.5 pt      10   $1,450.00",
      "  cash            42.1 %                    $42,115.20",
      "",
      "Working orders:",
      "  OKLO_BUY   partially filled  120.5 shares filled of $29,007.00  ours",
      "  OKLO_SELL  new               0 shares filled of 3 shares        foreign",
      "",
      "Last signals:",
      "  2025-07-16 10:42:46 EDT  nuclear  0123456789abcdef  executed  on target: done",
      "",
      "Last verdicts:",
      "  2025-07-16 10:42:58 EDT  nuclear  stale  It was 310 s old.",
    ]);
  });

  test("says loudly that trading is halted, why, and how to end it", () => {
    expect(status({ halted: "by hand: earnings week" })).toContain(
      "Trading: HALTED (by hand: earnings week); `alpaca-trader resume` ends it",
    );
  });

  test("says that trading is refused, and why; a halt comes first", () => {
    const refusal = "The broker blocks it: trading_blocked.";
    expect(status({ refusal })).toContain(`Trading: REFUSED. ${refusal}`);
    expect(status({ refusal, halted: "by hand" })).toContain("Trading: HALTED (by hand); `alpaca-trader resume` ends it");
  });

  test("says that no daemon runs", () => {
    expect(status({ daemon: undefined })).toContain("Daemon: not running");
  });

  test("says when a closed market opens, and when its state is not known", () => {
    expect(status({ market: { isOpen: false, nextOpen: NOW + 60_000, nextClose: NOW + 120_000 } })).toContain(
      "Market: closed, opens 2025-07-16 10:43:58 EDT (in 1 min)",
    );
    expect(status({ market: undefined })).toContain("Market: unknown");
  });

  test("shows the day's profit without deposits when it is known", () => {
    const lines = status({ day: { amount: decimal("-120.5"), fraction: decimal("-0.0012") } });
    expect(lines).toContain("Today's P/L (excl. deposits): -$120.50 (-0.12 %)");
    expect(status().join()).not.toContain("Today's P/L");
  });

  test("names why the account could not be read instead of showing an empty one", () => {
    const lines = status({ account: undefined, accountProblem: "Alpaca paper gave no answer.", positions: [] });
    expect(lines).toContain("The account could not be read: Alpaca paper gave no answer.");
    expect(lines.join("\n")).not.toMatch(/Portfolio Value|Holdings|No working orders/);
  });

  test("shows target and actual as shares of what the cash reserve leaves, and the cash that could be invested", () => {
    const lines = status({ aside: { reserve: decimal("0.05"), protectedSymbols: new Set<string>() } });
    expect(lines).toContain("  SMR     31.2 %  32.8 %   +1.6 pt  810.38  $31,199.63");
    expect(lines).toContain("  LEU     39.5 %   0.0 %  -39.5 pt       0       $0.00");
    expect(lines).toContain("  cash            39.1 %                    $42,115.20");
    expect(lines).toContain("Weights are shares of $95,000.00, the account without its cash reserve of $5,000.00.");
  });

  test("measures against what protected positions leave, and wants nothing of those", () => {
    const lines = status({ aside: { reserve: decimal("0.01"), protectedSymbols: new Set(["SMR"]) } });
    expect(lines).toContain("  SMR          -                    810.38  $31,199.63");
    expect(lines).toContain("  LEU     39.5 %   0.0 %  -39.5 pt       0       $0.00");
    expect(lines).toContain("  BWXT     0.0 %   2.1 %   +2.1 pt      10   $1,450.00");
    expect(lines).toContain("Weights are shares of $68,112.37, the account without protected positions and its cash reserve of $688.00.");
    expect(status().join()).not.toContain("Weights are shares of");
  });

  test("shows holdings without targets while no strategy has spoken", () => {
    const lines = status({ targets: undefined, lastSignals: [], verdicts: [] });
    expect(lines).toContain("Holdings (no targets yet):");
    expect(lines).toContain("  SMR          -  31.2 %         810.38  $31,199.63");
    expect(lines).toContain("No signal yet.");
  });

  test("of an executed signal says how that ended, in its colour: a failed one is not green", () => {
    const executed = { signal: signal(), recordedAt: NOW, verdict: "executed", verdictReason: "done", verdictAt: NOW } as const;
    expect(status({ lastSignals: [{ ...executed, outcome: "incomplete" }] }).join("\n")).toMatch(
      /0123456789abcdef {2}executed, incomplete {2}done/,
    );
    const coloured = (outcome: "incomplete" | "on-target"): string =>
      statusLines(facts({ lastSignals: [{ ...executed, outcome }] }), richStyle).join("\n");
    expect(coloured("incomplete")).toContain("\u001b[31mexecuted, incomplete");
    expect(coloured("on-target")).toContain("\u001b[32mexecuted, on-target");
  });

  test("lists executions in progress", () => {
    expect(status({ openExecutions: [execution({ phase: "buying", outcome: undefined, startedAt: NOW - 5_000 })] })).toContain(
      "  0123456789abcdef  buying  since 2025-07-16 10:42:53 EDT, 5 s",
    );
  });

  test("shows live mode as a warning on a screen", () => {
    expect(statusLines(facts({ mode: "live" }), richStyle)[0]).toContain("\u001b[31mlive");
  });
});

describe("the colour of a verdict", () => {
  test("is good only for what was executed", () => {
    const good = [...FINAL_VERDICTS, ...PROVISIONAL_VERDICTS, "history" as const].filter((verdict) => verdictTint(verdict) === "good");
    expect(good).toEqual(["executed"]);
  });
});
