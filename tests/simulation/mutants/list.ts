import { FLEET_DATABASE } from "./fleet-database.ts";
import { FLEET } from "./fleet.ts";
import { FRESHNESS } from "./freshness.ts";
import { LIMIT_STYLE } from "./limit-style.ts";
import { MONEY } from "./money.ts";
import type { Mutant } from "./mutant.ts";
import { ONE_ORDER } from "./one-order.ts";
import { OUTSIDE } from "./outside.ts";
import { PHASES } from "./phases.ts";
import { PRICES } from "./prices.ts";
import { SAFETY } from "./safety.ts";
import { SIZES } from "./sizes.ts";
import { SPLITS } from "./splits.ts";
import { TENACITY } from "./tenacity.ts";
import { WARM_SNAPSHOT } from "./warm.ts";

/** Every planted bug. */
export const MUTANTS: readonly Mutant[] = [
  ...ONE_ORDER,
  ...PHASES,
  ...FRESHNESS,
  ...MONEY,
  ...LIMIT_STYLE,
  ...SAFETY,
  ...SPLITS,
  ...TENACITY,
  ...PRICES,
  ...OUTSIDE,
  ...SIZES,
  ...WARM_SNAPSHOT,
  ...FLEET,
  ...FLEET_DATABASE,
];
