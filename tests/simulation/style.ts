import type { ExecutionSettings } from "../../src/domain/execution-style.ts";
import { DEFAULT_EXECUTION } from "../../src/domain/execution-style.ts";
import { decimal } from "../../src/domain/decimal.ts";
import type { Chance } from "./chance.ts";

const SHARE_OF_LIMIT = 0.35;

/** How the run of a seed makes its trades: most by market orders, as an owner who sets nothing. */
export function drawStyle(chance: Chance): ExecutionSettings {
  if (!chance.happens(SHARE_OF_LIMIT)) return DEFAULT_EXECUTION;
  return {
    style: "limit",
    warmSnapshot: true,
    avoidOpenMinutes: chance.happens(0.1) ? chance.whole(1, 5) : 0,
    limitOrders: {
      maxSpread: decimal(chance.pick(["0.005", "0.01", "0.03"])),
      collar: decimal(chance.pick(["0.01", "0.02"])),
      repegMs: chance.pick([1_000, 2_000, 5_000]),
      repegs: chance.whole(0, 5),
      then: chance.pick(["market", "leave"]),
      withoutQuote: chance.pick(["leave", "leave", "market"]),
      sliceShare: chance.happens(0.3) ? decimal(chance.pick(["0.00002", "0.0002", "0.01"])) : undefined,
    },
  };
}
