import { expect, test } from "@jest/globals";
import { OUTCOMES } from "../../src/domain/outcome.ts";
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

test("every verdict holds for good or for now, is asked for again or not, and has its exit code (R7)", () => {
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
