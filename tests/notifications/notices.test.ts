import { describe, expect, test } from "@jest/globals";
import { EXIT, TraderError } from "../../src/domain/errors.ts";
import { FINAL_VERDICTS, PROVISIONAL_VERDICTS } from "../../src/domain/verdict.ts";
import { failedNotice, notExecutedNotice, restartedNotice, signalMissingNotice } from "../../src/notifications/event-notices.ts";
import { executionNotice } from "../../src/notifications/execution-notice.ts";
import { execution, filled, intent } from "../reporting/examples.ts";
import { NOW } from "./recording-service.ts";

describe("the end of an execution", () => {
  test("is reported with targets, sells, buys, and the account before and after", () => {
    const intents = [
      filled("TQQQ", "sell", "10", "80.5"),
      filled("SMR", "buy", "800", "39"),
      filled("SMR", "buy", "1", "39"),
      intent("LEU", "buy"),
    ];
    const notice = executionNotice(execution({ outcome: "on-target", outcomeReason: "The account is on target after 3 orders." }), intents);
    expect(notice).toMatchObject({ kind: "execution", level: "info", title: "on target" });
    expect(notice?.lines.slice(0, 4)).toEqual([
      "Wanted: SMR 31.2 %, LEU 39.5 %, OKLO 29.3 %.",
      "Sold: TQQQ $805.00.",
      "Bought: SMR $31,239.00.",
      "The account is on target after 3 orders.",
    ]);
    expect(notice?.lines[4]).toMatch(/^Account value: \$[\d,.]+ -> \$/);
  });

  test.each([
    ["off-target", "warning"],
    ["incomplete", "error"],
    ["refused", "error"],
    ["queued", "info"],
  ] as const)("%s is reported as %s, with what to do", (outcome, level) => {
    const notice = executionNotice(execution({ outcome, outcomeReason: "Because of this." }), []);
    expect(notice?.level).toBe(level);
    expect(notice?.lines.join("\n")).toMatch(/Because of this\..*\n[^]*alpaca-trader (explain|halt)/);
  });

  test("that a newer run replaced is not reported", () => {
    expect(executionNotice(execution({ outcome: "superseded", outcomeReason: "A newer one." }), [])).toBeUndefined();
  });

  test("queued and then filled is reported twice, anything else once", () => {
    const keyOf = (outcome: "queued" | "on-target"): string | undefined =>
      executionNotice(execution({ outcome, outcomeReason: "x" }), [])?.key;
    expect(keyOf("queued")).not.toBe(keyOf("on-target"));
    expect(keyOf("on-target")).toBe(keyOf("on-target"));
  });
});

describe("a run that is not executed", () => {
  test("is reported only if something was to do and was not done", () => {
    const told = [...FINAL_VERDICTS, ...PROVISIONAL_VERDICTS].filter(
      (kind) => notExecutedNotice({ signalId: "s", verdict: { kind, reason: "r" } }, NOW) !== undefined,
    );
    expect(told.toSorted()).toEqual(
      [
        "account-blocked",
        "account-unsettled",
        "broker-unreachable",
        "future",
        "halted",
        "incomplete",
        "malformed",
        "market-closed",
        "over-allocated",
        "price-doubt",
        "refused",
        "stale",
        "untrusted",
      ].toSorted(),
    );
  });

  test("has the same key for the same signal and verdict, and for lines without a signal on the same day", () => {
    const keyOf = (signalId: string | undefined, reason: string, at = NOW): string | undefined =>
      notExecutedNotice({ signalId, verdict: { kind: "malformed", reason } }, at)?.key;
    expect(keyOf("s1", "a")).toBe(keyOf("s1", "b"));
    expect(keyOf("s1", "a")).not.toBe(keyOf("s2", "a"));
    expect(keyOf(undefined, "a")).toBe(keyOf(undefined, "a", NOW + 3_600_000));
    expect(keyOf(undefined, "a")).not.toBe(keyOf(undefined, "b"));
    expect(keyOf(undefined, "a")).not.toBe(keyOf(undefined, "a", NOW + 86_400_000));
  });

  test("is reported with reason and hint", () => {
    const notice = notExecutedNotice(
      { signalId: "s", verdict: { kind: "market-closed", reason: "It opens later." }, hint: "Wait.", wanted: "nuclear: SMR 100 %" },
      NOW,
    );
    expect(notice?.title).toBe("not executed, market-closed");
    expect(notice?.lines).toEqual(["Signal: nuclear: SMR 100 %.", "It opens later.", expect.stringMatching(/^In general: /), "Wait."]);
  });
});

describe("what happens to the daemon", () => {
  const before = { pid: 4711, startedAt: NOW - 3_600_000, endedAt: undefined, failure: undefined };

  test("a start after a crash names the previous daemon and open executions", () => {
    const notice = restartedNotice(before, 1, NOW, "America/New_York");
    expect(notice.lines[0]).toContain("(pid 4711, since 2025-07-16 09:42:58 EDT) did not stop cleanly");
    expect(notice.lines[1]).toBe("1 execution was open; the daemon continues with it.");
    expect(restartedNotice(before, 2, NOW + 5, "UTC").key).toBe(notice.key);
  });

  test("a start after a failure describes it", () => {
    const notice = restartedNotice({ ...before, endedAt: NOW, failure: "The disk is full." }, 0, NOW, "UTC");
    expect(notice.lines[0]).toContain("failed: The disk is full.");
  });

  test("its failure is reported with the hint; a refusal is named as such", () => {
    const options = { code: "x", hint: "Do this." };
    expect(failedNotice("the daemon", new TraderError("No.", options), NOW)).toMatchObject({ level: "error", title: "the daemon FAILED" });
    const refused = failedNotice("the execution", new TraderError("No.", { ...options, exitCode: EXIT.refused }), NOW);
    expect(refused).toMatchObject({ level: "warning", title: "the execution was refused", lines: ["No.", "Do this.", expect.anything()] });
  });
});

test("a missed signal is reported once per due time", () => {
  const notice = signalMissingNotice("nuclear", NOW, "the bars of SMR are missing.", "America/New_York");
  expect(notice).toMatchObject({ level: "error", title: "no signal from nuclear" });
  expect(notice.lines[0]).toBe("A signal was due at 2025-07-16 10:42:58 EDT but was not generated: the bars of SMR are missing.");
  expect(signalMissingNotice("nuclear", NOW + 1, "x", "UTC").key).not.toBe(notice.key);
});
