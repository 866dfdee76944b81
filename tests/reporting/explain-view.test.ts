import { describe, expect, test } from "@jest/globals";
import { TraderError } from "../../src/domain/errors.ts";
import { explainLines } from "../../src/reporting/explain-view.ts";
import { plainStyle } from "../../src/reporting/style.ts";
import { execution, NOW, recordExecuted, signal, SIGNAL_ID, ZONE } from "./examples.ts";
import { freshLedger } from "./in-memory-ledger.ts";

function thrownBy(work: () => unknown): TraderError {
  try {
    work();
  } catch (error) {
    if (error instanceof TraderError) return error;
    throw error;
  }
  throw new Error("Nothing was thrown.");
}

describe("explain", () => {
  const ledger = freshLedger();
  const explain = (id?: string): string[] => explainLines(ledger(), id, plainStyle, ZONE);

  test("tells the whole story of an execution in order", () => {
    recordExecuted(ledger());
    expect(explain()).toEqual([
      "Signal 0123456789abcdef (nuclear)",
      "Generated: 2025-07-16 10:42:46 EDT, arrived 2 s later",
      "Wanted: SMR 31.2 %, LEU 39.5 %, OKLO 29.3 %",
      "Reason: Bull market: SMR (31.2%), LEU (39.5%), OKLO (29.3%)",
      "Verdict: executed, off target: Left alone: OKLO (price-doubt).",
      "Lines:",
      '  [executed] {"symbol":"SMR","action":"BUY"}',
      '  [executed] {"symbol":"LEU","action":"BUY"}',
      "",
      "Execution 0123456789abcdef (paper, account PA3TEST00001)",
      "Started: 2025-07-16 10:42:58 EDT",
      "Account before: value $100,000.00, cash $59,187.50, buying power $159,187.50",
      "  BWXT: 12.5 @ 145.00 = $1,812.50",
      "  LEU: 180 @ 216.666666 = $39,000.00",
      "Plan (base $99,000.00, $42,115.20 to spend):",
      "  BWXT  no target, held $1,812.50: sell all 12.5 shares",
      "  LEU   left alone, within the drift band",
      "  OKLO  left alone, its price is in doubt",
      "  SMR   target 31.2 % of $99,000.00 = $30,888.00, held $0.00: buy $30,888.00",
      "Plan of the buys, after the sells (base $99,000.00, $42,115.20 to spend):",
      "  LEU   left alone, within the drift band",
      "  OKLO  left alone, its price is in doubt",
      "  SMR   target 31.2 % of $99,000.00 = $30,888.00, held $0.00: buy $30,888.00",
      "Steps:",
      "  10:42:58.125  post    BWXT: sell 12.5 sent.",
      "  10:42:58.925  filled  BWXT: sold 12.5 @ 144.933333.",
      "Orders:",
      "  BWXT_SELL  filled 12.5 @ 144.933333  = $1,811.67",
      "    0.05 % worse than the checked price of 145.00",
      "    10:42:58.825  10 @ 144.90",
      "    10:42:58.875  2.5 @ 145.07",
      "  SMR_BUY    partly filled 400 @ 38.50  = $15,400.00 of $30,888.00, then canceled",
      "    0.13 % worse than the checked price of 38.45",
      "  LEU_BUY    never sent: no longer wanted",
      "Target against actual:",
      "  Symbol  Target  Actual       Value   Difference  Action",
      "  BWXT     0.0 %   0.0 %       $0.00        $0.00  sell",
      "  LEU     39.5 %  39.4 %  $39,000.00     -$105.00  left alone: within drift",
      "  OKLO    29.3 %   0.0 %       $0.00  -$29,007.00  left alone: price doubt",
      "  SMR     31.2 %  31.2 %  $30,850.00      -$38.00  buy",
      "  cash                    $30,100.00",
      "Weights are shares of $99,000.00, the account without its cash reserve and protected positions.",
      "Off target. Left alone: OKLO (price-doubt).",
      "Account value: $100,000.00 -> $99,950.00 (-$50.00, -0.05 %)",
      "Account cash: $59,187.50 -> $30,100.00",
    ]);
  });

  test("without an id takes the newest signal, also one that was never executed", () => {
    recordExecuted(ledger());
    ledger().recordSignal(signal("fedcba9876543210", { kind: "hold", targets: new Map(), lineHashes: ["h"] }), NOW + 60_000);
    ledger().judgeSignal("fedcba9876543210", { kind: "held", reason: "HOLD changes nothing." }, NOW + 60_000);
    expect(explain()).toEqual([
      "Signal fedcba9876543210 (nuclear)",
      "Generated: 2025-07-16 10:42:46 EDT, arrived 2 s later",
      "Wanted: no changes (HOLD)",
      "Reason: Bull market: SMR (31.2%), LEU (39.5%), OKLO (29.3%)",
      "Verdict: held, HOLD changes nothing.",
      "The signal was not executed; the verdict says why.",
    ]);
  });

  test("takes a unique beginning of an id", () => {
    recordExecuted(ledger());
    expect(explain("0123")[0]).toBe("Signal 0123456789abcdef (nuclear)");
  });

  test("shows all executions of a signal, and one alone by its own id", () => {
    recordExecuted(ledger());
    ledger().createExecution(execution({ id: `${SIGNAL_ID}.2` }));
    const executions = (lines: string[]): string[] => lines.filter((line) => line.startsWith("Execution "));
    expect(executions(explain(SIGNAL_ID))).toEqual([
      "Execution 0123456789abcdef (paper, account PA3TEST00001)",
      "Execution 0123456789abcdef.2 (paper, account PA3TEST00001)",
    ]);
    expect(executions(explain(`${SIGNAL_ID}.2`))).toEqual(["Execution 0123456789abcdef.2 (paper, account PA3TEST00001)"]);
  });

  test("asks for more of a beginning that several ids have", () => {
    ledger().recordSignal(signal("aa01"), NOW);
    ledger().recordSignal(signal("aa02"), NOW);
    const error = thrownBy(() => explain("aa"));
    expect(error.message).toBe('"aa" matches 2 ids.');
    expect(error.hint).toBe("Use a longer prefix: aa02, aa01.");
  });

  test("answers an unknown id with the recent ones", () => {
    ledger().recordSignal(signal("aa01"), NOW);
    ledger().recordSignal(signal("bb02"), NOW);
    const error = thrownBy(() => explain("zz"));
    expect(error.message).toBe('No signal or execution has the id "zz".');
    expect(error.hint).toBe("Recent ids, newest first: bb02, aa01.");
  });

  test("says that there is nothing to explain yet", () => {
    expect(explain()).toEqual(["No signal has been recorded yet, so there is nothing to explain."]);
  });

  test("explains an execution that was opened and not carried on", () => {
    ledger().recordSignal(signal(), NOW);
    ledger().createExecution(execution());
    expect(explain().slice(-4)).toEqual([
      "Started: 2025-07-16 10:42:58 EDT",
      "No plan was made.",
      "No orders.",
      "Not finished (planning).",
    ]);
  });
});
