/** Readings of a market in which no rule of the ladder holds: all that N1 to N8 ask. */
export const CALM = {
  "RSI(10) of SPY": 50,
  "RSI(10) of IOO": 50,
  "RSI(10) of TQQQ": 50,
  "RSI(10) of VTV": 50,
  "RSI(10) of XLF": 50,
  "RSI(10) of VOX": 50,
};

export const BULL_MARKET = {
  ...CALM,
  "price of SPY": 620,
  "SMA(200) of SPY": 580,
  ...stocks({ SMR: [0.5, 0.8], BWXT: [0.1, 0.4], LEU: [0.4, 0.4], EXC: [0, 0.2], NLR: [0.2, 0.3], OKLO: [0.3, 1.6] }),
};

export const BEAR_MARKET = { ...CALM, "price of SPY": 550, "SMA(200) of SPY": 580 };

/** Mean daily return in percent and yearly volatility of each. */
export function stocks(figures: Readonly<Record<string, readonly [number, number]>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(figures).flatMap(([symbol, [score, volatility]]) => [
      [`mean daily return of ${symbol} over 90 days`, score],
      [`yearly volatility of ${symbol} over 90 days`, volatility],
    ]),
  );
}

/** The questions of the bear market, answered; each in the middle of its branch. */
export interface BearAnswers {
  readonly psqOversold?: boolean;
  readonly qqqWeak: boolean;
  readonly tqqqRising: boolean;
  readonly longBondsStrong: boolean;
  readonly mediumBondsStrong?: boolean;
}

export function bearMarket(answers: BearAnswers): Record<string, number> {
  return {
    ...BEAR_MARKET,
    "RSI(10) of PSQ": answers.psqOversold === true ? 20 : 50,
    "60-day return of QQQ": answers.qqqWeak ? -20 : 5,
    "price of TQQQ": answers.tqqqRising ? 90 : 70,
    "SMA(20) of TQQQ": 80,
    "RSI(20) of PSQ": 50,
    "RSI(20) of TLT": answers.longBondsStrong ? 60 : 40,
    "RSI(10) of IEF": answers.mediumBondsStrong === true ? 60 : 40,
    "yearly volatility of TQQQ over 14 days": 0.9,
    "yearly volatility of SQQQ over 14 days": 0.6,
    "yearly volatility of PSQ over 14 days": 0.2,
    "yearly volatility of QQQ over 14 days": 0.3,
  };
}
