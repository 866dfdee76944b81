import { describe, expect, test } from "@jest/globals";
import { readAlert } from "../../src/intake/alert.ts";
import type { Alert, MalformedLine } from "../../src/intake/alert.ts";
import { line } from "./alerts.ts";

const DIP = "TQQQ oversold, buying dip";

function buy(reason: string, more: Readonly<Record<string, unknown>> = {}): Alert | MalformedLine {
  return readAlert(line({ symbol: "TQQQ", reason, more }), "UTC");
}

function sell(reason: string, more: Readonly<Record<string, unknown>> = {}): Alert | MalformedLine {
  return readAlert(line({ symbol: "TQQQ", action: "SELL", reason, more }), "UTC");
}

/** `whole` where the line states no size. */
function sizeOf(read: Alert | MalformedLine): string {
  return read.kind === "malformed" ? "malformed" : (read.weight?.toFixed() ?? "whole");
}

function problemOf(read: Alert | MalformedLine): string {
  if (read.kind === "alert") throw new Error(`read as ${sizeOf(read)}`);
  return read.problem;
}

describe("the size of a BUY is read", () => {
  test.each([
    ["50 percent of the account", "0.5"],
    ["50 pct", "0.5"],
    ["50-percent position", "0.5"],
    ["50 per cent", "0.5"],
    ["Allocation: 31.2 Percent", "0.312"],
    ["50％ allocation", "0.5"],
    ["50٪", "0.5"],
  ])("in the reason %j as %s", (reason, size) => {
    expect(sizeOf(buy(reason))).toBe(size);
  });

  test.each([
    [{ weight: 0.5 }, "0.5"],
    [{ Weight: "0.312" }, "0.312"],
    [{ TARGET_WEIGHT: 1 }, "1"],
    [{ portfolioWeight: 0.25 }, "0.25"],
    [{ weight: 0 }, "0"],
    [{ percent: 50 }, "0.5"],
    [{ pct: "31.2" }, "0.312"],
    [{ weightPct: 62.3 }, "0.623"],
    [{ size: "20%" }, "0.2"],
    [{ Allocation: "31.2 percent" }, "0.312"],
    [{ weight: null, quantity: "" }, "whole"],
    [{ weight: 0.5, percent: 50 }, "0.5"],
    [{ target: "50%" }, "0.5"],
    [{ w: "31.2 %" }, "0.312"],
    [{ share_of_portfolio: "25%" }, "0.25"],
    [{ weight: 0.5, prev_weight: 0.3, max_weight: 0.6 }, "0.5"],
    [{ from_weight: 0.3, to_weight: 0.5 }, "0.5"],
    [{ strategyWeight: 0.5 }, "0.5"],
  ])("in the fields %j as %s", (more, size) => {
    expect(sizeOf(buy(DIP, more))).toBe(size);
  });

  test("in the reason where a field gives the same, but for the rounding", () => {
    expect(sizeOf(buy("allocation: 31.2%", { weight: 0.3117 }))).toBe("0.312");
    expect(sizeOf(buy("allocation: 31.2%", { weight: 0.33 }))).toBe("malformed");
  });

  test.each([
    { prev_weight: 0.3 },
    { currentWeight: 0.6 },
    { old_allocation: 25 },
    { last_position: 10 },
    { "held-shares": 12 },
    { delta_weight: -0.1 },
    { weight_change: 0.1 },
    { max_weight: 0.5 },
    { min_size: 10 },
    { position_limit: 0.5 },
    { somewhere: "50%" },
  ])("in the reason next to %j, which alone is malformed", (more) => {
    expect(sizeOf(buy("allocation: 60%", more))).toBe("0.6");
    expect(sizeOf(buy(DIP, { ...more, weight: 0.6 }))).toBe("0.6");
    expect(problemOf(buy(DIP, more))).toMatch(/^The line gives a size as ".+": .+, which cannot be read\./);
    expect(problemOf(sell("Exit", more))).toContain("sells only a part");
  });

  test.each(["Bear 1: 60%", "Bear 1 - 60%", "Bull market — 60%", "SMA 200 and 60%", "~60%", "60% – 20 days", "RSI(10) / 60%"])(
    "in %j, which is no range",
    (reason) => {
      expect(sizeOf(buy(reason))).toBe("0.6");
    },
  );

  test("as legs in words too", () => {
    const read = readAlert(line({ symbol: "UVXY", reason: "UVXY 75 percent + BTAL 25 pct" }), "UTC");
    expect(read.kind === "alert" && [...(read.namedLegs ?? new Map())].map(String)).toEqual(["UVXY,0.75", "BTAL,0.25"]);
  });
});

describe("a BUY whose size cannot be read for certain is malformed and never buys for the whole account", () => {
  test.each([
    [{ weight: 50 }],
    [{ weight: 31.2 }],
    [{ weight: -0.5 }],
    [{ weight: true }],
    [{ weight: { TQQQ: 0.5 } }],
    [{ percent: 0.5 }],
    [{ percent: 1 }],
    [{ percent: 150 }],
    [{ allocation: 0.5 }],
    [{ allocation: 25 }],
    [{ size: 10 }],
    [{ Size: "half" }],
    [{ quantity: 10 }],
    [{ QTY: "10" }],
    [{ notional: 5000 }],
    [{ amount: "$5,000" }],
    [{ orderQty: 10 }],
    [{ position_size: 0.5 }],
    [{ amountUsd: 5000 }],
    [{ shares: 12 }],
    [{ weight: 0.5, quantity: 10 }],
    [{ weight: 0.5, percent: 60 }],
    [{ share: 0.5 }],
    [{ lot: 1 }],
    [{ contract: "3" }],
    [{ position: 0.5 }],
    [{ ratio: 0.5 }],
    [{ usd: 500 }],
    [{ order: { size: 0.5 } }],
    [{ orders: [{ symbol: "TQQQ", qty: 5 }] }],
    [{ target: 0.5 }],
    [{ target: 90 }],
    [{ Targets: { TQQQ: 0.5 } }],
    [{ tgt: "0.5" }],
    [{ target: "half" }],
    [{ w: 0.5 }],
    [{ pos: 10 }],
    [{ positions: [{ amount: 5 }] }],
    [{ leverage: 0.5 }],
    [{ value: 5000 }],
    [{ order_value: 5000 }],
    [{ usd: "5,000" }],
    [{ legs: [{ symbol: "TQQQ", ratio: 1 }] }],
    [{ portfolio: { TQQQ: 0.5 } }],
    [{ portfolio: 0.5 }],
    [{ share_of_portfolio: 0.5 }],
    [{ bps: 250 }],
    [{ tranche: 2 }],
  ])("with the fields %j", (more) => {
    expect(problemOf(buy(DIP, more))).toMatch(/size/);
  });

  test.each([
    "one third",
    "two thirds",
    "a third of NAV",
    "three quarters in",
    "50:50 with BIL",
    "fifty-fifty",
    "split equally between TQQQ and BIL",
    "buy ten shares",
    "$5000 worth",
    "5000 USD",
    "30 Prozent",
    "w=0.3",
    "TQQQ at 0.3",
    "allocate 25",
    "allocate 0.5 to it",
    "0.5 weight",
    "weight 0.5",
    "Weight: .5",
    "weight=50",
    "position size of 10",
    "buy 10",
    "buy 10 shares",
    "Buy $5000 of it",
    "10 contracts",
    "invest 5000",
    "5000 notional",
    "quantity (12)",
    "amount 5,000",
    "half",
    "Buy half now",
    "half of the account",
    "a quarter of the portfolio",
    "two thirds of the cash",
    "1/2 position",
    "½ of it",
    "60/40 with BIL",
    "TQQQ 0.5",
    "TQQQ (0.312), BIL (0.688)",
    "fifty percent",
    "５０％",
    "% of equity",
    "allocate 25 (RSI 79%)",
    "Bear 1: half-position",
    "half-sized",
    "half-Kelly, all in on the dip",
    "half–size",
    "quarter-size",
    "Put one tenth of the account into TQQQ",
    "allocate a quarter",
    "put a third in",
    "one-eighth position",
    "three tenths",
    "1/20 of account",
    "3/8",
    "1⁄2 position",
    "⅛ of it",
    "25/100",
    "25 out of 100",
    "250 bps of NAV",
    "weight: 250bps",
    "$5000 of TQQQ",
    "Bear 1: $5000",
    "$5000, then wait",
    "$5000 TQQQ",
    "Dip buy: $5k",
    "5000€ in TQQQ",
    "USD 5000",
    "7 sh",
    "7shs",
    "lots=3",
    "units 5",
    "position: 10",
    "eleven shares",
    "a dozen shares",
    "a few shares",
    "buy １０ shares",
    "buy some",
    "small position",
    "starter position",
    "reduced size",
    "scale in",
    "most of the account",
    "tranche 1 of 3",
    "target 0.25",
    "TQQQ=50",
    "TQQQ to 0.5",
    "0.5x position",
    "size 0.5x",
    "2x normal size",
    "weighting fifty",
    "equal weight",
  ])("with the reason %j", (reason) => {
    expect(problemOf(buy(reason))).toMatch(/^The reason gives a size as ".+", which cannot be read\. Write it as a percentage/);
  });

  test("nor does a portfolio's name next to a size", () => {
    const hedge = (reason: string, more = {}): string => sizeOf(readAlert(line({ symbol: "UVXY_BTAL_PORTFOLIO", reason, more }), "UTC"));
    expect(hedge("Volatility spike - UVXY 75% + BTAL 25%", { weight: 0.5 })).toBe("malformed");
    expect(hedge("Volatility spike", { quantity: 10 })).toBe("malformed");
    expect(hedge("half of the account")).toBe("malformed");
    expect(hedge("Volatility spike", { weight: 1 })).toBe("whole");
  });
});

describe("figures that are no sizes leave a BUY as it is", () => {
  test.each([
    { position: "long" },
    { sharePrice: 37.5 },
    { target: "breakout" },
    { portfolio: "nuclear", legs: ["SMR", "LEU"], orders: [] },
    { order: { type: "market" } },
  ])("the fields %j", (more) => {
    expect(sizeOf(buy(DIP, more) as Alert)).toBe("whole");
  });

  test.each([
    DIP,
    "weakest in two quarters, one of three",
    "at 09:30, target 10:15",
    "SPY extremely overbought (RSI > 81)",
    "SPY overbought (79-81)",
    "TQQQ weak, bonds weak, short position (Bear 1)",
    "Bull market - top nuclear stock: SMR",
    "PSQ oversold, aggressive short position (Bear 2)",
    "TQQQ trending up, bonds strong (Bear 1)",
    "SPY 612.53 above its 200-day average of 598.1",
    "60-day low, RSI 28.4, price 37.47999954223633",
    "bought the 20-day breakout at $84.20",
    "buy 2-day dip",
    "volume-weighted 20 day average crossed",
    "second half of July",
    "equal-weight S&P lags",
    "half-hour chart turned up",
    "half-yearly low",
    "a third straight day up, a fifth wave",
    "down a third since May",
    "a quarter of strong earnings, weak for a quarter",
    "EMA 3/8 crossed on 3/8",
    "fear and greed 25/100",
    "RSI 79.5 > 79",
    "above $31",
    "Price: $612.53, SMA 200: $598.10",
    "SPY $612.53 in premarket, TQQQ $84.20",
    "VIX up 25 bps in a week, the Fed cut 25 bps",
    "Vogtle unit 3 restarted",
    "volume 0.8x average, stop 0.5x ATR",
    "small-cap strength, new position",
    "reduced volatility, lighter volume",
    "MACD 12/26 crossed on 7/14",
    "3x leveraged exposure",
    "90th percentile of volatility",
    "Inverse volatility weighted over 14 days",
  ])("%j", (reason) => {
    expect(sizeOf(buy(reason))).toBe("whole");
  });

  test("nor do the fields of other bots that are about the market", () => {
    expect(
      sizeOf(buy(DIP, { confidence: 0.75, pct_change: 1.2, stop_percent: 5, volume: 1e6, rsi: 28, position: "long", price_target: 90 })),
    ).toBe("whole");
    expect(
      sizeOf(buy(DIP, { win_rate: "60%", stop_loss: "5%", spread_bps: 3, last_price: 84, market_cap: 5e9, portfolio_value: 1e5 })),
    ).toBe("whole");
  });
});

describe("a SELL that states a part is malformed: never more is sold than was said", () => {
  test.each([
    "sell one third",
    "sell ten shares",
    "sell some",
    "sell a part",
    "partial take profit",
    "trim position",
    "reduce exposure",
    "scale out",
    "take profit: sell 50% of the position",
    "trim to 20%",
    "Trim 30 percent",
    "reduce by 25%",
    "sell 10 shares",
    "sell half",
    "weight to 0.2",
    "sold 50% of it",
    "sold -50%",
    "TQQQ (60%)",
    "take 50% profit-taking",
    "up 12%, sell 50%",
    "half the position",
    "sell a third",
    "sell a quarter",
    "sell one tenth",
    "halve the position",
    "take profit on half-position",
    "half-size",
    "quarter-position",
    "lighten TQQQ",
    "pare the position",
    "scale back",
    "sell down",
    "reduce TQQQ",
    "reduce tqqq to 0.2",
    "decrease TQQQ weight",
    "cut exposure",
    "take some profit",
    "take profits on some",
    "sell most of it",
    "keep a runner",
    "overweight, back to target",
    "sell tranche 2 of 3",
    "sell twelve shares",
    "sell a dozen shares",
    "sell USD 5000",
    "sell lots=3",
    "rebalance to 0.3",
    "target 0.25",
    "move 30% to cash",
    "take 50% off",
    "take 20–60% off",
    "above 20% of the portfolio",
    "TQQQ is more than 20% of NAV",
  ])("%j", (reason) => {
    expect(problemOf(sell(reason))).toMatch(/^The line sells only a part: ".+"\. A SELL sells the whole position\./);
  });

  test.each([
    [{ quantity: 10 }],
    [{ weight: 0.2 }],
    [{ percent: 50 }],
    [{ size: "20%" }],
    [{ amount: 5000 }],
    [{ orders: [{ qty: 5 }] }],
    [{ target: 0.5 }],
    [{ leverage: "50%" }],
  ])("%j", (more) => {
    expect(problemOf(sell("Take profit", more))).toMatch(/^The line sells only a part: "/);
  });

  test.each([
    ["a position that exceeds 20%", "that exceeds 20%"],
    ["at its profit target 20%", "profit target 20%"],
    ["a-word-without-any-blank,sell:20%", "20%"],
  ])("%j, quoted in whole words", (reason, quoted) => {
    expect(problemOf(sell(reason))).toContain(`sells only a part: "${quoted}".`);
  });

  test.each([
    "Take profit",
    "stop loss: down 5%",
    "5% trailing stop hit",
    "up 12.5%, out",
    "-5% since Monday",
    "RSI > 81%",
    "RSI 81, price 84.20, below its 50-day average",
    "sell 100% of the position",
    "weight to 0",
    "reduce to 0%",
    "reduce TQQQ to 0%",
    "reduce risk",
    "Exit",
    "Stop loss",
    "cut losses, fell below $31",
    "Exit $84.20, take profit $95",
    "RSI 79–81%",
    "–5% since Monday",
    "stop loss: down a third",
    "down more than 5% of equity",
    "quarter-end exit, half-hour chart broke down",
    "a move of 5%, 5% off the high",
    "out of TQQQ (60%), BIL (40%)",
    "Bull market - Nuclear portfolio: SMR (31.2%), LEU (39.5%), OKLO (29.3%)",
  ])("while %j sells all of it", (reason) => {
    expect(sizeOf(sell(reason))).toBe("whole");
  });

  test.each([[{ weight: 0 }], [{ percent: 100 }], [{ quantity: "all" }], [{ quantity: null }], [{ size: "100%" }]])(
    "while %j sells all of it",
    (more) => {
      expect(sizeOf(sell("Take profit", more))).toBe("whole");
    },
  );
});

test("a long reason is searched for sizes without delay", () => {
  for (const part of [
    "1",
    "weight ",
    "buy ",
    "half ",
    "9 ",
    "TQQQ ",
    "%",
    "stop ",
    "$1 ",
    "a third ",
    "0.5x",
    "1/1",
    "of the ",
    "reduce ",
    "equal ",
    "RSI ",
  ]) {
    expect(["malformed", "whole"]).toContain(sizeOf(buy(`x ${part.repeat(40_000 / part.length)}`)));
    expect(["malformed", "whole"]).toContain(sizeOf(sell(`x ${part.repeat(40_000 / part.length)}`)));
  }
});
