import { expect, test } from "@jest/globals";
import { RESULTS } from "./given-results.ts";
import { PART_NAMES, partsNamed, resultsOf } from "./results.ts";

test("parts are measured in their order, and a name that stands for none is refused", () => {
  expect(partsNamed(undefined)).toEqual(PART_NAMES);
  expect(partsNamed("idle,planning")).toEqual(["planning", "idle"]);
  expect(() => partsNamed("idle,speed")).toThrow("There is no part speed; the parts are planning, intake,");
});

test("the whole is there when all of its parts are, with the figures that tools read", () => {
  const { planning, intake, restart, rebalance, afterIdle, manyRebalances, idle, ledger, fleet, simulator, surroundings } = RESULTS;
  const results = resultsOf({
    planning,
    intake,
    restart,
    rebalance,
    afterIdle,
    manyRebalances,
    idle,
    ledger,
    fleet,
    simulator,
    surroundings,
  });
  expect(results.idleRssMiB).toBe(idle.rssMiB);
  expect(results.alertToFirstOrderMs).toEqual(manyRebalances.alertToFirstOrderMs);
  expect(() => resultsOf({ planning, intake, surroundings })).toThrow(
    "Not measured yet: restart, rebalance, afterIdle, manyRebalances, idle, ledger, fleet, simulator.",
  );
});
