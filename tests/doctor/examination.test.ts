import { describe, expect, test } from "@jest/globals";
import { BrokerError } from "../../src/domain/broker.ts";
import { failed, ok, skipped, warning, type Check, type Step } from "../../src/doctor/check.ts";
import { examine, isWell } from "../../src/doctor/doctor.ts";
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
  test("continues after a step that throws, and reports its message as failed", async () => {
    const { checks, told, faults } = await examined(
      { id: "node", run: () => ok("fine") },
      {
        id: "ledger",
        run: () => {
          throw new TraderError("The ledger is gone.", { code: "x", hint: "Look for it." });
        },
      },
      { id: "connection", run: () => Promise.reject(new BrokerError("unreachable", "Nobody there.", { hint: "Look at the cable." })) },
      { id: "stream", run: () => Promise.reject(new TypeError("undefined is not a function")) },
      { id: "dashboard", run: () => skipped("no daemon runs") },
    );

    expect(checks.map(({ id, status, text }) => `${id} ${status} ${text}`)).toEqual([
      "node ok fine",
      "ledger failed The ledger is gone.",
      "connection failed Nobody there.",
      "stream failed undefined is not a function",
      "dashboard skipped skipped: no daemon runs",
    ]);
    expect(checks.map(({ hint }) => hint)).toEqual([
      undefined,
      "Look for it.",
      "Look at the cable.",
      expect.stringContaining("This is a bug"),
      undefined,
    ]);
    expect(told).toEqual(checks);
    expect(faults).toHaveLength(3);
  });

  test("shows no key and no forged line, whatever the text", async () => {
    const { checks } = await examined({
      id: "alerts-run",
      run: () => failed("a-secret-key\n✓ all: well\u001b[2J", "a-secret-key").map((finding) => ({ ...finding, of: "tecl" })),
    });
    expect(checks).toEqual([
      { id: "alerts-run", title: "newest run (tecl)", status: "failed", text: "[redacted] ✓ all: well [2J", hint: "[redacted]" },
    ]);
  });

  test("passes when nothing failed, whatever else was found", async () => {
    const { checks } = await examined({ id: "halt", run: () => [...warning("halted", "resume"), ...skipped("no")] });
    expect(isWell(checks)).toBe(true);
    expect(isWell([...checks, { id: "keys", title: "keys", status: "failed", text: "no" }])).toBe(false);
  });
});

test("a check is a line with its sign, and a hint below it; the summary says where to read more, and its last line counts them", async () => {
  const { checks } = await examined({
    id: "keys",
    run: () => [...ok("yes"), ...failed("no", "Do this."), ...warning("well", "Look."), ...skipped("dark")],
  });
  expect(checks.flatMap((check) => checkLines(check, plainStyle))).toEqual([
    "✓ keys: yes",
    "✗ keys: no",
    "  Hint: Do this.",
    "! keys: well",
    "  Hint: Look.",
    "- keys: skipped: dark",
  ]);
  expect(summaryLines(checks, plainStyle)).toEqual([
    "",
    "docs/troubleshooting.md has a section for each: keys.",
    "1 failed, 1 warning, 1 passed, 1 skipped",
  ]);
});
