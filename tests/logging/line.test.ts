import { expect, test } from "@jest/globals";
import { lineOf } from "../../src/logging/line.ts";

function timeOf(at: string, zone = "America/New_York"): string {
  const record = { at: Date.parse(at), level: "info", message: "", signal: undefined, execution: undefined, facts: {} };
  return lineOf(record, { zone, redact: (text) => text, stacks: false }).slice(0, 30);
}

test("times are correct across seconds, minutes and clock changes, and back", () => {
  expect(timeOf("2026-11-01T05:59:59.999Z")).toBe("2026-11-01 01:59:59.999 -04:00");
  expect(timeOf("2026-11-01T06:00:00.000Z")).toBe("2026-11-01 01:00:00.000 -05:00");
  expect(timeOf("2026-11-01T06:00:07.040Z")).toBe("2026-11-01 01:00:07.040 -05:00");
  expect(timeOf("2026-11-01T05:59:00.005Z")).toBe("2026-11-01 01:59:00.005 -04:00");
  expect(timeOf("1969-12-31T23:59:59.001Z")).toBe("1969-12-31 18:59:59.001 -05:00");
});

test("each line has the requested zone", () => {
  expect(timeOf("2026-03-16T14:00:01.000Z", "Asia/Kathmandu")).toBe("2026-03-16 19:45:01.000 +05:45");
  expect(timeOf("2026-03-16T14:00:01.000Z", "UTC")).toBe("2026-03-16 14:00:01.000 +00:00");
});
