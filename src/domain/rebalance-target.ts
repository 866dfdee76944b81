import type { Decimal } from "./decimal.ts";

/** What is wanted. */
export type RebalanceTarget =
  | {
      readonly kind: "rebalance";
      /** Of all strategies together. */
      readonly targets: ReadonlyMap<string, Decimal>;
      /** With several strategies, the symbols that may be sold though no target names them; anything else that is held is left alone (R31). */
      readonly known?: ReadonlySet<string>;
    }
  | {
      readonly kind: "exit";
      readonly symbols: readonly string[];
      /** What other strategies hold of them, as fractions of the base: it stays. */
      readonly kept?: ReadonlyMap<string, Decimal>;
    };
