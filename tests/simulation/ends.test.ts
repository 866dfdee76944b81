import { expect, test } from "@jest/globals";
import { convergenceOf, endOf } from "./ends.ts";

test("how long it took is counted by obstacle, in whole seconds, and adds up", () => {
  expect(endOf({ obstacle: "power-late", final: { kind: "on-target", afterMs: 2_001 } })).toBe("power-late|on-target|3");
  expect(endOf({ obstacle: "none", final: { kind: "excused", reason: "order-limit" } })).toBe("none|excused");
  const ends = { "none|on-target|2": 97, "none|on-target|18": 2, "none|on-target|40": 1, "none|excused": 5, "gate-late|failed": 1 };
  expect(convergenceOf({ ends })).toEqual([
    { obstacle: "all", seeds: 106, onTarget: 100, excused: 5, failed: 1, p50: 2, p99: 18, most: 40 },
    { obstacle: "gate-late", seeds: 1, onTarget: 0, excused: 0, failed: 1, p50: 0, p99: 0, most: 0 },
    { obstacle: "none", seeds: 105, onTarget: 100, excused: 5, failed: 0, p50: 2, p99: 18, most: 40 },
  ]);
});
