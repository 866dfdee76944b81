import { expect, test } from "@jest/globals";
import { OUTCOMES } from "../../src/domain/outcome.ts";
import { STOP_CAUSES } from "../../src/domain/stop-cause.ts";
import { isFinal, isRetried, VERDICT_KINDS, VERDICTS } from "../../src/domain/verdict.ts";

/** R7 and the contract: verdict → final or for now, whether the daemon asks again, exit code. */
const EXPECTED = `
  executed             final            0
  held                 final            0
  stale                final            0
  duplicate            final            0
  superseded           final            0
  incomplete           final            3
  over-allocated       final            3
  future               final            3
  malformed            final            3
  untrusted            final            3
  dry-run              for now          0
  halted               for now  retried 3
  market-closed        for now  retried 3
  broker-unreachable   for now  retried 1
  account-blocked      for now  retried 3
  price-doubt          for now  retried 3
  account-unsettled    for now  retried 3
  refused              for now  retried 3
  waiting              for now          3
  accepted             for now          0
  history              for now          0
`;

test("every verdict is final or for now, is retried or not, and has its exit code (R7)", () => {
  const rows = VERDICT_KINDS.map(
    (kind) =>
      `  ${kind.padEnd(20)} ${(isFinal(kind) ? "final" : "for now").padEnd(8)} ${(isRetried(kind) ? "retried" : "").padEnd(7)} ${String(VERDICTS[kind].exit)}`,
  );
  expect(`\n${rows.join("\n")}\n`).toBe(EXPECTED);
});

test("every outcome of an execution has its exit code; one that never began has that of its verdict", () => {
  expect(Object.fromEntries(Object.entries(OUTCOMES).map(([outcome, { exit }]) => [outcome, exit]))).toEqual({
    "on-target": 0,
    "off-target": 1,
    incomplete: 1,
    queued: 0,
    refused: undefined,
    superseded: undefined,
  });
});

/** R7, R17, R22: what stops an execution → verdict and outcome where that has not begun, and whether it matters only until then. */
const STOPS = `
  halted           halted           refused
  deadline         stale            refused
  session-closed   market-closed    refused
  stale            stale            refused    until begun
  foreign-hand     refused          refused
  no-sane-quote    price-doubt      refused
  keys-refused     account-blocked  refused
  account-blocked  account-blocked  refused
  superseded       superseded       superseded until begun
  planned-again    accepted         superseded until begun
`;

test("every cause that keeps an execution from beginning has its verdict and outcome", () => {
  const rows = Object.entries(STOP_CAUSES).map(([cause, { verdict, outcome, untilBegun }]) =>
    `  ${cause.padEnd(16)} ${verdict.padEnd(16)} ${outcome.padEnd(10)} ${untilBegun ? "until begun" : ""}`.trimEnd(),
  );
  expect(`\n${rows.join("\n")}\n`).toBe(STOPS);
});
