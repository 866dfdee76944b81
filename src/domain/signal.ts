import type { Decimal } from "./decimal.ts";

/** What one run of a strategy asks for. */
export interface Signal {
  /** 16 hexadecimal digits; a hash of the strategy and the run's lines, so a rewritten file gives the same id. */
  readonly id: string;
  /** Name of the strategy whose file it came from. */
  readonly strategy: string;
  /** `rebalance`: hold exactly the targets. `exit`: sell `exits`, touch nothing else. `hold`: change nothing. */
  readonly kind: "rebalance" | "exit" | "hold";
  /** Symbol → weight as a fraction of the base (0.312), already scaled down to a sum of at most 1. Empty unless `rebalance`. */
  readonly targets: ReadonlyMap<string, Decimal>;
  /** Symbols of SELL lines. */
  readonly exits: readonly string[];
  /** Newest stamp in the run, milliseconds since the epoch. */
  readonly generatedAt: number;
  /** Oldest stamp in the run: the one that decides about age. Milliseconds since the epoch. */
  readonly oldestStamp: number;
  /** When the first of its lines was first seen (or, at start, could have been written at the latest). Milliseconds since the epoch. */
  readonly arrivedAt: number;
  /** When the last of its lines was read; for latency figures. Milliseconds since the epoch. */
  readonly lastLineAt: number;
  /** The strategy's own words, for people. */
  readonly reason: string;
  /** The alert's price per symbol as text; recorded, never deciding. */
  readonly alertPrices: ReadonlyMap<string, string>;
  /** SHA-256 (hex) of each of its lines; the keys of their verdicts. */
  readonly lineHashes: readonly string[];
}
