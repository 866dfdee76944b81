import { describe, expect, test } from "@jest/globals";
import {
  BrokerError,
  type Account,
  type Asset,
  type MarketClock,
  type MarketPrices,
  type Order,
  type OrderStreamListener,
  type Position,
  type Session,
} from "../../src/domain/broker.ts";
import { judgeAccount, judgeAccountNumber, judgeBuyingPower, judgePositions, judgeSplits } from "../../src/doctor/account.ts";
import { judgeClock, accountIn, judgeConnection, judgeHandshake, shakeHands, type FirstContact } from "../../src/doctor/venue.ts";
import { known, unknown, type CheckStatus } from "../../src/doctor/check.ts";
import { judgeKeys } from "../../src/doctor/keys.ts";
import { judgeAssets, judgePrices, judgeSession, pricedHoldings, wantedSymbols } from "../../src/doctor/market.ts";
import { decimal } from "../../src/domain/decimal.ts";
import type { SplitDoubt } from "../../src/portfolio/split.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { saying } from "./saying.ts";

const NOON = Date.parse("2025-07-14T16:00:00Z");

const SWITCHES = { fractionalTrading: true, noShorting: false, suspendTrade: false, ptpNoExceptionEntry: false };
const ACCOUNT: Account = {
  id: "a",
  number: "PA1",
  status: "ACTIVE",
  equity: decimal("100000"),
  lastEquity: decimal("100000"),
  cash: decimal("40000"),
  buyingPower: decimal("40000"),
  multiplier: "1",
  blocks: [],
};

const MARKET: MarketClock = {
  timestamp: NOON,
  isOpen: true,
  nextOpen: Date.parse("2025-07-15T13:30:00Z"),
  nextClose: Date.parse("2025-07-14T20:00:00Z"),
};

const ANSWERED: FirstContact = { kind: "answered", account: ACCOUNT, tookMs: 21.4 };

function refused(...[failure, message, status]: [BrokerError["failure"], string, number?]): FirstContact {
  return { kind: "refused", error: new BrokerError(failure, message, { status, hint: "A hint." }) };
}

function position(symbol: string, change: Partial<Position> = {}): Position {
  return {
    symbol,
    assetId: symbol,
    assetClass: "us_equity",
    side: "long",
    quantity: decimal("10"),
    available: decimal("10"),
    marketValue: decimal("1000"),
    currentPrice: decimal("100"),
    lastdayPrice: undefined,
    averageEntryPrice: decimal("100"),
    costBasis: decimal("1000"),
    unrealizedProfit: undefined,
    ...change,
  };
}

describe("the connection", () => {
  test("is up when the broker answers, even with a refusal", () => {
    expect(judgeConnection("Alpaca paper", ANSWERED)).toEqual([saying("ok", "Alpaca paper answers (in 21 ms)")]);
    expect(judgeConnection("Alpaca paper", refused("unauthorized", "no", 401))).toEqual([saying("ok", "HTTP 401")]);
    expect(judgeConnection("Alpaca paper", refused("unreachable", "It did not answer."))).toEqual([saying("failed", "did not answer")]);
    expect(judgeConnection("Alpaca paper", refused("unreadable", "A page of HTML."))).toEqual([saying("failed", "HTML")]);
    expect(judgeConnection("Alpaca paper", { kind: "refused", error: new Error("boom") })).toEqual([saying("failed", "boom")]);
  });

  test("fails when another server answers, without blaming the keys", () => {
    const elsewhere = refused("refused", "endpoint not found", 404);
    expect(judgeConnection("Alpaca paper", elsewhere)).toEqual([saying("failed", "endpoint not found")]);
    expect(accountIn(elsewhere)).toEqual(unknown("there is no connection to the broker"));
    expect(judgeKeys({ mode: "paper", host: "127.0.0.1", prefix: "PK", first: elsewhere })).toEqual([
      saying("skipped", "there is no connection to the broker"),
    ]);
  });

  test("checks that need an account say why there is none", () => {
    expect(accountIn(ANSWERED)).toEqual(known(ACCOUNT));
    expect(accountIn(refused("unauthorized", "no", 401))).toEqual(unknown("the keys or the token are not accepted"));
    expect(accountIn(refused("unreachable", "no"))).toEqual(unknown("there is no connection to the broker"));
    expect(accountIn(refused("refused", "no", 403))).toEqual(unknown("the broker refuses to show the account"));
  });
});

describe("the keys", () => {
  const paper = { mode: "paper", host: "paper-api.alpaca.markets", prefix: "PK", first: ANSWERED } as const;

  test("are accepted for paper and for live, stated clearly", () => {
    expect(judgeKeys(paper)).toEqual([saying("ok", "paper trading")]);
    expect(judgeKeys({ ...paper, mode: "live", host: "api.alpaca.markets", prefix: "AK" })).toEqual([
      saying("ok", "LIVE trading, real money"),
    ]);
    expect(judgeKeys({ ...paper, mode: "shadow", host: "api.alpaca.markets", prefix: "AK" })).toEqual([
      saying("ok", "SHADOW mode reads the live account and sends nothing"),
    ]);
    expect(judgeKeys({ ...paper, mode: "simulator", host: "", prefix: "" })).toEqual([saying("ok", "needs no keys")]);
  });

  test("401 and 403 are distinguished, each with its own remedy", () => {
    const [wrong] = judgeKeys({ ...paper, first: refused("unauthorized", "no", 401) });
    const [forbidden] = judgeKeys({ ...paper, first: refused("unauthorized", "no", 403) });
    expect(wrong).toEqual(saying("failed", "does not accept them (HTTP 401)"));
    expect(wrong?.hint).toContain("ALPACA_PAPER_KEY and ALPACA_PAPER_SECRET");
    expect(forbidden).toEqual(saying("failed", "HTTP 403"));
    expect(forbidden?.hint).not.toBe(wrong?.hint);
  });

  test("of the other kind are recognised by their prefix, refused or not", () => {
    const [live] = judgeKeys({ ...paper, prefix: "AK", first: refused("unauthorized", "no", 401) });
    expect(live?.hint).toContain("begins with AK, like live keys");
    const [other] = judgeKeys({ ...paper, mode: "live", host: "api.alpaca.markets" });
    expect(other).toEqual(saying("warning", "LIVE"));
    expect(other?.hint).toContain("begins with PK, like paper keys");
    expect(judgeKeys({ ...paper, mode: "live", host: "127.0.0.1:8788" })).toEqual([saying("ok", "LIVE")]);
  });

  test("may be an OAuth token, which is named as such and has no prefix to check", () => {
    const token = { ...paper, prefix: undefined };
    expect(judgeKeys(paper)).toEqual([saying("ok", "accepts the API key and its secret: paper trading")]);
    expect(judgeKeys(token)).toEqual([saying("ok", "accepts the OAuth token: paper trading")]);
    for (const status of [401, 403]) {
      const [wrong] = judgeKeys({ ...token, first: refused("unauthorized", "no", status) });
      expect(wrong).toEqual(saying("failed", `does not accept the OAuth token (HTTP ${String(status)})`));
      expect(wrong?.hint).toContain("Compare ALPACA_PAPER_OAUTH_TOKEN");
    }
    const live = { ...token, mode: "live", host: "api.alpaca.markets" } as const;
    expect(judgeKeys({ ...live, first: refused("unauthorized", "no", 401) })[0]?.hint).toContain("Compare ALPACA_OAUTH_TOKEN");
  });

  test("are skipped without a connection", () => {
    expect(judgeKeys({ ...paper, first: refused("unreachable", "no") })[0]?.status).toBe("skipped");
  });
});

describe("our clock", () => {
  test.each<[number, CheckStatus, string]>([
    [0, "ok", "agrees"],
    [50, "ok", "agrees"],
    [1_900, "ok", "1.9 s"],
    [2_500, "warning", "2.5 s behind"],
    [-2_500, "warning", "2.5 s ahead of"],
    [5_001, "failed", "5.0 s behind"],
    [-3_600_000, "failed", "3600.0 s ahead of"],
  ])("%d ms from the broker's is %s", (off, status, words) => {
    expect(judgeClock({ before: NOON, after: NOON, market: { ...MARKET, timestamp: NOON + off } })).toEqual([saying(status, words)]);
  });

  test("is not blamed for the answer's travel time", () => {
    expect(judgeClock({ before: NOON, after: NOON + 9_000, market: { ...MARKET, timestamp: NOON + 8_000 } })).toEqual([
      saying("ok", "agrees"),
    ]);
  });
});

describe("the account", () => {
  test("is the right one, or fails with the reason", () => {
    const facts = { number: "PA1", refusal: undefined, pinned: "PA1", elsewhere: undefined };
    expect(judgeAccountNumber(facts)).toEqual([saying("ok", "pinned to")]);
    expect(judgeAccountNumber({ ...facts, pinned: undefined })).toEqual([saying("ok", "the first rebalance pins it")]);
    expect(judgeAccountNumber({ ...facts, refusal: { reason: "Another one.", hint: "Pin it." } })).toEqual([
      saying("failed", "Another one."),
    ]);
    const elsewhere = { pid: 9, command: "run", mode: "paper", stateDir: "/elsewhere", startedAt: 0 };
    expect(judgeAccountNumber({ ...facts, elsewhere })).toEqual([saying("failed", "by another installation: process 9")]);
  });

  test("fails when anything is blocked", () => {
    expect(judgeAccount(ACCOUNT, known(SWITCHES))).toEqual([saying("ok", "$100,000.00")]);
    expect(judgeAccount({ ...ACCOUNT, blocks: ["trading_blocked", "account_blocked"] }, known(SWITCHES))).toEqual([
      saying("failed", "trading_blocked, account_blocked"),
    ]);
  });

  test("fails when its owner suspended trading, and warns about whole shares and unreadable switches", () => {
    expect(judgeAccount(ACCOUNT, known({ ...SWITCHES, suspendTrade: true }))).toEqual([saying("failed", "suspend_trade")]);
    expect(judgeAccount(ACCOUNT, known({ ...SWITCHES, fractionalTrading: false }))).toEqual([
      saying("warning", "fractional trading is off"),
    ]);
    expect(judgeAccount(ACCOUNT, unknown("it failed"))).toEqual([saying("warning", "its configuration cannot be read: it failed")]);
  });

  test("may have too little buying power, and margin is never used", () => {
    expect(judgeBuyingPower({ ...ACCOUNT, multiplier: "4", buyingPower: decimal("160000") })).toEqual([
      saying("ok", "multiplier 4 is never"),
    ]);
    expect(judgeBuyingPower(ACCOUNT)[0]?.text).not.toContain("multiplier");
    expect(judgeBuyingPower({ ...ACCOUNT, cash: decimal("-12.5") })).toEqual([saying("warning", "cash -$12.50")]);
    expect(judgeBuyingPower({ ...ACCOUNT, buyingPower: decimal("100") })).toEqual([saying("warning", "$100.00, cash $40,000.00")]);
  });
});

test("an unbooked or doubtful split is a warning with its symbol", () => {
  expect(judgeSplits(new Map())).toEqual([saying("ok", "no holding has an unbooked split")]);
  const unbooked = { kind: "split-unbooked", ratio: decimal("5"), session: "2026-11-18", quantity: decimal("3712.5") } as const;
  const suspected = { kind: "split-suspected", reason: "its daily bars cannot be read" } as const;
  expect(
    judgeSplits(
      new Map<string, SplitDoubt>([
        ["UVXY", unbooked],
        ["BTAL", suspected],
      ]),
    ),
  ).toEqual([
    saying("warning", "UVXY: its price changed by the split of 2026-11-18"),
    saying("warning", "BTAL: its daily bars cannot be read"),
  ]);
});

describe("the positions", () => {
  const facts = { positions: [position("SMR")], openOrders: known([]), account: ACCOUNT, protectedSymbols: new Set<string>() };

  test("are all long", () => {
    expect(judgePositions(facts)).toEqual([saying("ok", "SMR; all long")]);
    expect(judgePositions({ ...facts, positions: [] })).toEqual([saying("ok", "none")]);
  });

  test("a short one refuses every plan, unless it is protected", () => {
    const positions = [position("SMR", { side: "short", quantity: decimal("-10"), marketValue: decimal("-1000") })];
    expect(judgePositions({ ...facts, positions })).toEqual([saying("failed", "short: SMR")]);
    expect(judgePositions({ ...facts, positions, protectedSymbols: new Set(["SMR"]) })[0]?.status).toBe("ok");
  });

  test("that a first run would sell unasked are a warning, and in live mode fail until adopted", () => {
    const strangers = { symbols: ["AAPL", "QQQ"], isRefused: false };
    expect(judgePositions({ ...facts, strangers })).toEqual([saying("warning", "never bought: AAPL, QQQ")]);
    expect(judgePositions({ ...facts, strangers: { ...strangers, isRefused: true } })).toEqual([
      expect.objectContaining({ status: "failed", hint: expect.stringContaining("account --adopt") as unknown }),
    ]);
  });

  test("an unreadable one is named with the problem, and a covered call is not a short position", () => {
    const row = position("448ESC016", { assetId: "b0b6", problem: "market_value: is missing" });
    const call = position("SMR270115C00040000", { side: "short", assetClass: "us_option", marketValue: decimal("-1") });
    expect(judgePositions({ ...facts, positions: [row, call] })).toEqual([
      saying("warning", "448ESC016 (asset b0b6) cannot be read, market_value: is missing"),
      saying("warning", "no US equities: SMR270115C00040000"),
    ]);
  });

  test("assets other than equities, holdings above equity, and external orders are warnings", () => {
    expect(judgePositions({ ...facts, positions: [position("BTCUSD", { assetClass: "crypto" })] })).toEqual([saying("warning", "BTCUSD")]);
    expect(judgePositions({ ...facts, positions: [position("SMR", { marketValue: decimal("100001") })] })).toEqual([
      saying("warning", "holdings of $100,001.00 exceed"),
    ]);
    const orders = [
      { clientOrderId: "by-hand", symbol: "LEU" },
      { clientOrderId: "alpaca-trader-1-buying-SMR-1", symbol: "SMR" },
    ] as unknown as Order[];
    expect(judgePositions({ ...facts, openOrders: known(orders) })).toEqual([saying("warning", "not ours: LEU;")]);
    expect(judgePositions({ ...facts, openOrders: unknown("it failed") })).toEqual([saying("warning", "it failed")]);
  });
});

describe("the market", () => {
  const whole: Session = { date: "2025-07-14", open: Date.parse("2025-07-14T13:30:00Z"), close: MARKET.nextClose };

  test("is open until, closed until, and short before a holiday", () => {
    expect(judgeSession(MARKET, known([whole]))).toEqual([saying("ok", "open until 2025-07-14 16:00:00 EDT")]);
    expect(judgeSession({ ...MARKET, isOpen: false }, known([]))).toEqual([saying("ok", "closed until 2025-07-15 09:30:00 EDT")]);
    const short = { ...whole, close: Date.parse("2025-07-14T17:00:00Z") };
    expect(judgeSession({ ...MARKET, nextClose: short.close }, known([short]))).toEqual([
      saying("ok", "a short session, it closes at 13:00"),
    ]);
    expect(judgeSession(MARKET, unknown("it failed"))).toEqual([saying("warning", "calendar cannot be read: it failed")]);
  });

  test("knows every symbol, or names unknown, frozen and whole-share ones", () => {
    const asset = { active: true, tradable: true, fractionable: true, attributes: [] as readonly string[] } as Asset;
    expect(judgeAssets(new Map([["SMR", asset]]))).toEqual([saying("ok", "SMR: tradable and fractionable")]);
    expect(
      judgeAssets(
        new Map([
          ["SMR", asset],
          ["ZZZZ", undefined],
          ["OLD", { ...asset, active: false }],
          ["STOP", { ...asset, tradable: false }],
          ["WHOLE", { ...asset, fractionable: false }],
        ]),
      ),
    ).toEqual([
      saying("failed", "1 symbol unknown to the broker: ZZZZ"),
      saying("failed", "not tradable: OLD, STOP"),
      saying("warning", "not fractionable: WHOLE"),
    ]);
  });

  test("fails for a target that this account cannot buy, and for one whose ticker has changed", () => {
    const asset = { active: true, tradable: true, fractionable: true, attributes: ["ptp_no_exception"] } as unknown as Asset;
    const assets = new Map([
      ["UVXY", asset],
      ["OKLO", undefined],
    ]);
    const renamed = new Map([["OKLO", "OKLX"]]);
    expect(judgeAssets(assets, { configuration: SWITCHES, renamed })).toEqual([
      saying("failed", "OKLO now trades as OKLX"),
      saying("failed", "UVXY cannot be bought: it is a partnership (ptp_no_exception)"),
    ]);
    expect(
      judgeAssets(new Map([["UVXY", asset]]), { configuration: { ...SWITCHES, ptpNoExceptionEntry: true }, renamed: new Map() }),
    ).toEqual([saying("ok", "UVXY")]);
  });

  test("prices pass when two witnesses agree, and are reported with the doubt otherwise", () => {
    const price = (amount: string, at = NOON - 1_000) => ({ price: decimal(amount), at });
    const seen = (trade: string, quote: string, at?: number): MarketPrices => ({
      trade: price(trade, at),
      quote: { bid: decimal(quote), ask: decimal(quote), at: at ?? NOON },
      minuteBar: undefined,
      previousClose: undefined,
    });
    const facts = { wanted: ["SMR"], held: [], positions: [], market: MARKET, feed: "iex" };
    expect(judgePrices({ ...facts, prices: new Map([["SMR", seen("40", "40.1")]]) })).toEqual([saying("ok", "SMR $40.00 (feed iex)")]);
    expect(judgePrices({ ...facts, prices: new Map() })).toEqual([saying("warning", "SMR: no usable price")]);
    expect(judgePrices({ ...facts, prices: new Map([["SMR", seen("40", "60")]]) })).toEqual([saying("warning", "do not confirm")]);
    const evening = { ...MARKET, isOpen: false, timestamp: NOON + 8 * 3_600_000 };
    expect(judgePrices({ ...facts, market: evening, prices: new Map([["SMR", seen("40", "40", NOON)]]) })[0]?.status).toBe("ok");
  });

  test("holdings without a price are a warning, targeted or not, if a plan must value them", () => {
    const positions = [
      position("SPIN", { currentPrice: decimal("50") }),
      position("KEPT", { currentPrice: decimal("50") }),
      position("BTCUSD", { assetClass: "crypto" }),
      position("ODD", { problem: "its price is missing" }),
    ];
    expect(pricedHoldings(positions, new Set(["KEPT"]))).toEqual(["SPIN"]);
    const facts = { wanted: [], held: ["SPIN"], positions, market: MARKET, feed: "iex", prices: new Map<string, MarketPrices>() };
    const [finding, ...more] = judgePrices(facts);
    expect(more).toEqual([]);
    expect(finding).toEqual(saying("warning", "SPIN (held): only one usable price was observed: position $50.00"));
    expect(finding?.status === "warning" && finding.hint).toContain("SPIN can only be sold in full");
  });

  test("the checked symbols are the newest run's, or the last accepted ones, or the allowed ones", () => {
    const strategies = [{ name: "nuclear", share: decimal("1"), alertsFile: "/a" }];
    const nothing = { lastAcceptedSignal: () => undefined };
    const accepted = { lastAcceptedSignal: () => ({ signal: { targets: new Map([["LEU", decimal("1")]]) } }) as never };
    const look = { kind: "read", run: { allocation: { kind: "rebalance", targets: new Map([["SMR", decimal("1")]]) } } } as never;
    const allowed = new Set(["SPY"]);
    expect(wantedSymbols(strategies, new Map([["nuclear", look]]), accepted, allowed)).toEqual(["SMR"]);
    expect(wantedSymbols(strategies, new Map(), accepted, allowed)).toEqual(["LEU"]);
    expect(wantedSymbols(strategies, new Map(), nothing, allowed)).toEqual(["SPY"]);
    expect(wantedSymbols(strategies, new Map(), nothing, undefined)).toEqual([]);
  });
});

describe("the order stream", () => {
  function stream(tell: (listener: OrderStreamListener, clock: VirtualClock) => void): {
    clock: VirtualClock;
    broker: Parameters<typeof shakeHands>[0];
    closed: () => boolean;
  } {
    const clock = new VirtualClock(NOON);
    let closed = false;
    const broker = {
      watchOrders(listener: OrderStreamListener) {
        tell(listener, clock);
        return { state: "connecting", close: () => void (closed = true) } as const;
      },
    };
    return { clock, broker, closed: () => closed };
  }

  test("passes once it listens, and is then closed", async () => {
    const { clock, broker, closed } = stream((listener, time) => time.after(40, () => listener.onState("listening", "")));
    const hands = shakeHands(broker, clock);
    await clock.advance(40);
    expect(judgeHandshake(await hands)).toEqual([saying("ok", "listening (in 40 ms)")]);
    expect(closed()).toBe(true);
  });

  test("fails with the venue's words, or after five seconds of silence", async () => {
    const lost = stream((listener, time) => time.after(10, () => listener.onState("lost", "the venue rejected the keys")));
    const hands = shakeHands(lost.broker, lost.clock);
    await lost.clock.advance(10);
    expect(judgeHandshake(await hands)).toEqual([saying("failed", "the venue rejected the keys")]);

    const mute = stream(() => undefined);
    const waiting = shakeHands(mute.broker, mute.clock);
    await mute.clock.advance(5_000);
    expect(judgeHandshake(await waiting)).toEqual([saying("failed", "nothing was acknowledged within 5 s")]);
    expect(mute.closed()).toBe(true);
  });
});
