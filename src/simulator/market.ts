import type { GivenBars } from "./given-bars.ts";
import type { PriceBook } from "./prices.ts";
import type { MarketHours } from "./sessions.ts";
import type { ThinFeed } from "./thin-feed.ts";

/** What the market data of a venue is made of. */
export interface Market {
  readonly prices: PriceBook;
  readonly hours: MarketHours;
  readonly feed: ThinFeed;
  readonly givenBars: GivenBars;
  /**
   * Whether the latest trade and quote are the last ones on the tape, up to a second old. Else they are of the
   * time at which a client asks for them.
   */
  readonly ticking: boolean;
  /** The tape that reports a symbol's trades: `A`, `B` or `C`. */
  tapeOf(symbol: string): string;
}
