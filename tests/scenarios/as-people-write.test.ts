import { describe, expect, test } from "@jest/globals";
import { systemClock } from "../../src/domain/clock.ts";
import { LIMIT_MS, Scenario } from "./harness.ts";
import { lineOf, NUCLEAR, runOf } from "./strategy.ts";
import { expectExit } from "./trader-process.ts";

interface Written {
  readonly what: string;
  readonly code: 0 | 3;
  readonly says: RegExp;
  readonly text: () => string;
}

const now = (): number => systemClock.now();
const tqqq = (more: string, action = "BUY", reason = "TQQQ oversold, buying dip"): string =>
  lineOf({ symbol: "TQQQ", action, reason }, now()).replace("}\n", `${more}}\n`);
/** The legs three seconds apart, the last one just now. */
const slow = (): string => NUCLEAR.map((leg, index) => lineOf(leg, now() - (2 - index) * 3_000)).join("");

const WRITTEN: readonly Written[] = [
  { what: "a weight of 1 in a field", code: 0, says: /TQQQ_BUY +\$/, text: () => tqqq(', "Weight": "1.0"') },
  { what: "a weight of 50", code: 3, says: /malformed: Line 1: The line gives a size as "weight": 50/, text: () => tqqq(', "weight": 50') },
  { what: "ten shares", code: 3, says: /malformed: Line 1: The line gives a size as "quantity": 10/, text: () => tqqq(', "quantity": 10') },
  { what: "half in words", code: 3, says: /malformed: .*"Buy half"|malformed: .*half/, text: () => tqqq("", "BUY", "Buy half") },
  { what: "a SELL of a part", code: 3, says: /malformed: .*sells only a part/, text: () => tqqq("", "SELL", "sell 50% of it") },
  { what: "a slow run", code: 0, says: /SMR_BUY +\$/, text: slow },
  {
    what: "BUYs and a SELL after them",
    code: 0,
    says: /SMR_BUY +\$/,
    text: () => runOf(NUCLEAR, now() - 5_000) + lineOf({ symbol: "UVXY", action: "SELL", reason: "exit" }, now() - 2_000),
  },
  { what: "a last line without its newline", code: 0, says: /OKLO_BUY +\$/, text: () => runOf(NUCLEAR, now()).trimEnd() },
  {
    what: "NaN as a price",
    code: 0,
    says: /SMR_BUY +\$/,
    text: () => runOf(NUCLEAR, now()).replaceAll(/"price": [\d.]+/g, '"price": NaN'),
  },
  {
    what: "None",
    code: 3,
    says: /Line 1: The line is not JSON: column \d+ .*None.* Write null instead/,
    text: () => tqqq(', "note": None'),
  },
];

describe("execute --dry-run, given", () => {
  test.each(WRITTEN)(
    "$what, ends with $code and says what it makes of it",
    async ({ text, code, says }) => {
      const scenario = await Scenario.open({ env: { BATCH_SETTLE_SECONDS: "0.2" } });
      scenario.append(text());
      const ended = await scenario.execute({ dryRun: true });
      expectExit(ended, code);
      expect(ended.output).toMatch(says);
    },
    LIMIT_MS,
  );
});

test(
  "the daemon reads a run whose last line has no end, and takes its confirmation for a duplicate",
  async () => {
    const scenario = await Scenario.open({ env: { BATCH_SETTLE_SECONDS: "0.2" } });
    await scenario.daemon();
    scenario.append(runOf(NUCLEAR, now()).trimEnd());
    await scenario.filled(3);
    await scenario.logSays(/on target after 3 orders/);
    scenario.append(`\n${runOf(NUCLEAR, now() + 2_500)}`);
    await scenario.logSays(/on target already/);
    expect(scenario.orders).toHaveLength(3);
  },
  LIMIT_MS,
);
