import { describe, expect, test } from "@jest/globals";
import type { ExecutionRecord } from "../../src/domain/ledger/executions.ts";
import { paceText, type Standing, type StandingKind } from "../../src/fleet/standing.ts";

const NOW = 1_772_463_600_000;

function standing(kind: StandingKind, startedAgoMs?: number, finishedAgoMs?: number): Standing {
  const finishedAt = finishedAgoMs === undefined ? undefined : NOW - finishedAgoMs;
  const execution = startedAgoMs === undefined ? undefined : ({ startedAt: NOW - startedAgoMs, finishedAt } as ExecutionRecord);
  return { account: "a", kind, reason: "", execution };
}

function several(count: number, ...[kind, startedAgoMs, finishedAgoMs]: Parameters<typeof standing>): Standing[] {
  return Array.from({ length: count }, () => standing(kind, startedAgoMs, finishedAgoMs));
}

describe("the pace of a fleet", () => {
  test("is the number of accounts that ended in a second, and says when the rest will be done", () => {
    const standings = [...several(8, "on-target", 4_000, 1_000), ...several(2, "under-way", 500), ...several(10, "waiting")];

    expect(paceText(standings, NOW)).toBe("2.0 accounts/s, done in about 6 s");
  });

  test("counts the last ten seconds, whether the accounts ended on target or not", () => {
    const early = several(500, "on-target", 60_000, 11_000);
    const late = [...several(15, "on-target", 20_000, 9_000), ...several(5, "off-target", 20_000, 100)];

    expect(paceText([...early, ...late, ...several(180, "waiting")], NOW)).toBe("2.0 accounts/s, done in about 1 min 30 s");
  });

  test.each([
    ["nothing is under way", several(8, "on-target", 4_000, 1_000)],
    ["nothing has ended yet", [...several(2, "under-way", 500), ...several(8, "waiting")]],
    ["nothing has ended lately", [...several(8, "on-target", 60_000, 12_000), ...several(2, "under-way", 500)]],
    ["nothing has begun", several(8, "waiting")],
  ])("is not said when %s", (_, standings) => {
    expect(paceText(standings, NOW)).toBeUndefined();
  });
});
