import { expect, test } from "@jest/globals";
import { DateTime } from "luxon";
import { formatInstant } from "../../src/domain/time-format.ts";

test.each([
  ["an instant with its zone", Date.UTC(2025, 6, 16, 14, 42, 58), "America/New_York", "2025-07-16 10:42:58 EDT"],
  ["an instant in winter", Date.UTC(2025, 0, 2, 5, 0, 9), "America/New_York", "2025-01-02 00:00:09 EST"],
  ["a zone without a name of its own", Date.UTC(2025, 6, 16, 14, 42, 58), "Asia/Kathmandu", "2025-07-16 20:27:58 GMT+5:45"],
  ["an instant in the machine's zone, without one", 0, undefined, DateTime.fromMillis(0).toFormat("yyyy-LL-dd HH:mm:ss ZZZZ")],
  ["an instant that no calendar has, as a number", 9e15, "America/New_York", "9000000000000000 ms"],
])("shows %s", (_, at, zone, text) => {
  expect(formatInstant(at, zone)).toBe(text);
});

test("makes a formatter once for each zone, because each takes long to make and holds much memory", () => {
  const { DateTimeFormat } = Intl;
  let made = 0;
  Intl.DateTimeFormat = class extends DateTimeFormat {
    constructor(...given: ConstructorParameters<typeof DateTimeFormat>) {
      super(...given);
      made += 1;
    }
  } as typeof DateTimeFormat;
  try {
    for (let at = 0; at < 100; at++) formatInstant(at * 1_000, "Pacific/Auckland");
  } finally {
    Intl.DateTimeFormat = DateTimeFormat;
  }
  expect(made).toBeLessThanOrEqual(1);
});
