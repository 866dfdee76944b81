import type { DailyBars } from "../../src/domain/daily-bar.ts";
import { nuclear } from "../../src/strategies/nuclear.ts";
import { tecl } from "../../src/strategies/tecl.ts";
import type { Wish } from "../strategies/market.ts";
import { market } from "../strategies/market.ts";

type Wishes = Readonly<Record<string, Wish>>;

/** Closes that lead to a branch, as `/simulator/bars` takes them. */
export type Closes = Record<string, readonly number[]>;

const ABOVE_AVERAGE: Wish = { level: 100, earlier: { daysAgo: 60, level: 90 } };
const BELOW_AVERAGE: Wish = { level: 100, earlier: { daysAgo: 60, level: 110 } };

/** Mean daily return and its deviation; weights are in proportion to 1 / deviation. */
const STOCKS: Wishes = {
  SMR: { returns: { mean: 0.003, swing: 0.02 } },
  LEU: { returns: { mean: 0.002, swing: 0.01 } },
  OKLO: { returns: { mean: 0.004, swing: 0.04 } },
  BWXT: { returns: { mean: 0, swing: 0.01 } },
  EXC: { returns: { mean: -0.001, swing: 0.01 } },
  NLR: { returns: { mean: 0.001, swing: 0.01 } },
};

/** What each branch of Nuclear needs, and what it holds. The three stocks: 25, 50 and 100 parts of 175, best first. */
export const NUCLEAR_BRANCHES: Readonly<Record<string, { readonly wishes: Wishes; readonly weights: Record<string, number> }>> = {
  "SPY extremely overbought": { wishes: { SPY: { rsi: { days: 10, target: 82 } } }, weights: { UVXY: 1 } },
  "SPY overbought": { wishes: { SPY: { rsi: { days: 10, target: 80 } } }, weights: { UVXY: 0.75, BTAL: 0.25 } },
  "VOX overbought": { wishes: { VOX: { rsi: { days: 10, target: 80 } } }, weights: { UVXY: 0.75, BTAL: 0.25 } },
  "TQQQ oversold": { wishes: { TQQQ: { rsi: { days: 10, target: 25 } } }, weights: { TQQQ: 1 } },
  "SPY oversold": { wishes: { SPY: { rsi: { days: 10, target: 25 } } }, weights: { UPRO: 1 } },
  "bull market": { wishes: { ...STOCKS, SPY: ABOVE_AVERAGE }, weights: { OKLO: 25 / 175, SMR: 50 / 175, LEU: 100 / 175 } },
  "bear market, one leg": { wishes: { SPY: BELOW_AVERAGE, PSQ: { rsi: { days: 10, target: 30 } } }, weights: { SQQQ: 1 } },
  "bear market, two legs": {
    wishes: {
      SPY: BELOW_AVERAGE,
      IEF: { rsi: { days: 10, target: 60 } },
      TLT: { rsi: { days: 20, target: 60 } },
      SQQQ: { returns: { mean: 0, swing: 0.04 } },
      QQQ: { returns: { mean: 0, swing: 0.01 } },
    },
    weights: { SQQQ: 0.2, QQQ: 0.8 },
  },
};

/** Closes of every symbol of Nuclear, which lead to that branch. */
export function nuclearCloses(branch: keyof typeof NUCLEAR_BRANCHES): Closes {
  return closesOf(market(nuclear.symbols, NUCLEAR_BRANCHES[branch]!.wishes));
}

/** Of every symbol of TECL: technology is ahead in a bull market, so TECL alone is held. */
export function teclCloses(): Closes {
  return closesOf(market(tecl.symbols, { SPY: ABOVE_AVERAGE, XLK: { rsi: { days: 10, target: 70 } } }));
}

function closesOf(bars: DailyBars): Closes {
  return Object.fromEntries([...bars].map(([symbol, list]) => [symbol, list.map(({ close }) => Number(close.toFixed(4)))]));
}
