import { describe, expect, test } from "@jest/globals";
import { targetPortfolio } from "../../src/reporting/target-portfolio.ts";
import { plainStyle } from "../../src/reporting/style.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { NOW, signal, ZONE } from "./examples.ts";

const MOMENT = { now: NOW, zone: ZONE };

describe("the target portfolio", () => {
  test("shows strategy, id, time with zone, age, and every weight", () => {
    expect(targetPortfolio(signal(), plainStyle, MOMENT)).toEqual([
      "Target portfolio (nuclear, signal 01234567)",
      "Generated: 2025-07-16 10:42:46 EDT, 12 s old",
      "Reason: Bull market: SMR (31.2%), LEU (39.5%), OKLO (29.3%)",
      "  SMR   ######..............  31.2 %",
      "  LEU   ########............  39.5 %",
      "  OKLO  ######..............  29.3 %",
    ]);
  });

  test("shows what the weights leave as cash", () => {
    const targets = new Map([["SQQQ", decimal("0.985")]]);
    expect(targetPortfolio(signal(undefined, { targets }), plainStyle, MOMENT).slice(3)).toEqual([
      "  SQQQ  ####################  98.5 %",
      "  cash  ....................   1.5 %",
    ]);
  });

  test("names the symbols of an exit", () => {
    const lines = targetPortfolio(signal(undefined, { kind: "exit", targets: new Map(), exits: ["SMR", "LEU"] }), plainStyle, MOMENT);
    expect(lines.at(-1)).toBe("  Sell all of SMR, LEU; other positions are not touched.");
  });

  test("says that a HOLD changes nothing", () => {
    const lines = targetPortfolio(signal(undefined, { kind: "hold", targets: new Map() }), plainStyle, MOMENT);
    expect(lines.at(-1)).toBe("  HOLD: nothing changes.");
  });

  test("tells a stamp in the future from an old one", () => {
    expect(targetPortfolio(signal(undefined, { generatedAt: NOW + 3_000 }), plainStyle, MOMENT)[1]).toBe(
      "Generated: 2025-07-16 10:43:01 EDT, 3 s ahead",
    );
    expect(targetPortfolio(signal(undefined, { generatedAt: NOW - 90_061_000 }), plainStyle, MOMENT)[1]).toBe(
      "Generated: 2025-07-15 09:41:57 EDT, 1 d 1 h old",
    );
  });

  test("keeps a reason of several paragraphs on one line", () => {
    const lines = targetPortfolio(signal(undefined, { reason: "Bull market\n\n• SMR 31.2%\u001b[31m" }), plainStyle, MOMENT);
    expect(lines[2]).toBe("Reason: Bull market • SMR 31.2% [31m");
  });
});
