import { BarMaker } from "../bars.ts";
import { GivenBars } from "../given-bars.ts";
import type { Market } from "../market.ts";
import { PriceBook } from "../prices.ts";
import { endlessHours } from "../sessions.ts";
import { Tape } from "../tape.ts";
import { ThinFeed } from "../thin-feed.ts";

/** The only symbol of the test stream. */
export const TEST_SYMBOL = "FAKEPACA";
const MODEL = { level: 134, dailyVolatility: 0.02, beta: 1 };

/** What a stream shows of a market. */
export interface ShownMarket {
  readonly market: Market;
  readonly tape: Tape;
  readonly bars: BarMaker;
}

/** The market of the test stream, which is open at all hours. */
export function testMarket(seed: number): ShownMarket {
  const hours = endlessHours;
  const market: Market = {
    prices: new PriceBook(seed, hours, { modelOf: (symbol) => (symbol === TEST_SYMBOL ? MODEL : undefined) }),
    hours,
    feed: new ThinFeed(seed, hours),
    givenBars: new GivenBars(),
    ticking: true,
    tapeOf: () => "A",
  };
  return { market, tape: new Tape(market), bars: new BarMaker(market) };
}
