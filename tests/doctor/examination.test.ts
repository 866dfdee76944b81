import { describe, expect, test } from "@jest/globals";
import { BrokerError } from "../../src/domain/broker.ts";
import type { Check } from "../../src/doctor/check.ts";
import { failed, ok, skipped, warning } from "../../src/doctor/check.ts";
import type { Step } from "../../src/doctor/examination.ts";
import { examine, isWell } from "../../src/doctor/examination.ts";
import { checkLines, summaryLines } from "../../src/doctor/view.ts";
import { TraderError } from "../../src/domain/errors.ts";
import { createRedaction } from "../../src/logging/redaction.ts";
import { plainStyle } from "../../src/reporting/style.ts";

async function examined(...steps: Step[]): Promise<{ checks: Check[]; told: Check[]; faults: Error[] }> {
  const told: Check[] = [];
  const faults: Error[] = [];
  const checks = await examine(steps, {
    redact: createRedaction(["a-secret-key"]),
    onCheck: (check) => told.push(check),
    onFault: (error) => faults.push(error),
  });
  return { checks, told, faults };
}

describe("an examination", () => {
  test("goes on after a step that throws, which is a failed line with what it said", async () => {
    const { checks, told, faults } = await examined(
      { id: "node", look: () => [ok("fine")] },
      {
        id: "ledger",
        look: () => {
          throw new TraderError("The ledger is gone.", { code: "x", hint: "Look for it." });
        },
      },
      { id: "connection", look: () => Promise.reject(new BrokerError("unreachable", "Nobody there.", { hint: "Look at the cable." })) },
      { id: "stream", look: () => Promise.reject(new TypeError("undefined is not a function")) },
      { id: "dashboard", look: () => [skipped("no daemon runs")] },
    );

    expect(checks.map(({ id, status, text }) => `${id} ${status} ${text}`)).toEqual([
      "node ok fine",
      "ledger failed The ledger is gone.",
      "connection failed Nobody there.",
      "stream failed undefined is not a function",
      "dashboard skipped not looked at: no daemon runs",
    ]);
    expect(checks.map(({ hint }) => hint)).toEqual([
      undefined,
      "Look for it.",
      "Look at the cable.",
      expect.stringContaining("fault in the program"),
      undefined,
    ]);
    expect(told).toEqual(checks);
    expect(faults).toHaveLength(3);
  });

  test("shows no key and forges no line, whoever wrote the words", async () => {
    const { checks } = await examined({
      id: "alerts-run",
      look: () => [{ ...failed("a-secret-key\n✓ all: well\u001b[2J", "a-secret-key"), of: "tecl" }],
    });
    expect(checks).toEqual([
      { id: "alerts-run", title: "newest run (tecl)", status: "failed", text: "[redacted] ✓ all: well [2J", hint: "[redacted]" },
    ]);
  });

  test("is well when nothing failed, whatever else was found", async () => {
    const { checks } = await examined({ id: "halt", look: () => [warning("halted", "resume"), skipped("no")] });
    expect(isWell(checks)).toBe(true);
    expect(isWell([...checks, { id: "keys", title: "keys", status: "failed", text: "no" }])).toBe(false);
  });
});

test("a check is a line with its sign, and a hint below it; the end counts them and says where to read on", async () => {
  const { checks } = await examined({
    id: "keys",
    look: () => [ok("yes"), failed("no", "Do this."), warning("well", "Look."), skipped("dark")],
  });
  expect(checks.flatMap((check) => checkLines(check, plainStyle))).toEqual([
    "✓ keys: yes",
    "✗ keys: no",
    "  Hint: Do this.",
    "! keys: well",
    "  Hint: Look.",
    "- keys: not looked at: dark",
  ]);
  expect(summaryLines(checks, plainStyle)).toEqual([
    "",
    "1 failed, 1 to look at, 1 well, 1 not looked at.",
    "docs/troubleshooting.md has a section for each: keys.",
  ]);
});
