import { describe, expect, test } from "@jest/globals";
import { floorMs } from "./floor.ts";

describe("the floor of a rebalance", () => {
  test("is four round trips and two fills while each phase fits into one wave", () => {
    expect(floorMs({ roundTripMs: 20, fillMs: 9, sells: 1, buys: 2, inFlight: 5 })).toBe(4 * 20 + 2 * 9);
  });

  test("has one more round trip for every further wave of orders", () => {
    expect(floorMs({ roundTripMs: 50, fillMs: 9, sells: 12, buys: 13, inFlight: 5 })).toBe((1 + 3 + 1 + 3) * 50 + 2 * 9);
  });

  test("without a way to the venue it is the fills alone", () => {
    expect(floorMs({ roundTripMs: 0, fillMs: 9, sells: 1, buys: 1, inFlight: 5 })).toBe(18);
  });
});
