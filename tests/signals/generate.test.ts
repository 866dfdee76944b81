import { afterEach, describe, expect, test } from "@jest/globals";
import { createAlpacaBroker } from "../../src/broker/alpaca.ts";
import type { Broker } from "../../src/domain/broker.ts";
import type { BarMode } from "../../src/domain/bar-basis.ts";
import { generateSignal, type GeneratedSignal } from "../../src/signals/generate.ts";
import { nuclear } from "../../src/strategies/nuclear.ts";
import { traceLines, type Strategy } from "../../src/strategies/strategy.ts";
import { tecl } from "../../src/strategies/tecl.ts";
import { Exchange } from "../../src/simulator/exchange.ts";
import { Venue } from "../../src/simulator/venue.ts";
import { fetchFor } from "../simulator/in-process-fetch.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { NUCLEAR_BRANCHES, nuclearCloses, teclCloses, type Closes } from "./branches.ts";

/** A Monday, at 11:00 in New York. */
const MONDAY_11_00 = Date.parse("2025-07-14T15:00:00Z");

const brokers: Broker[] = [];

afterEach(async () => {
  await Promise.all(brokers.splice(0).map((broker) => broker.close()));
});

/** The real broker, SDK and venue, with these closes as the venue's daily bars. */
class Market {
  readonly clock: VirtualClock;
  readonly exchange: Exchange;
  readonly #broker: Broker;

  constructor(closes: Closes, at = MONDAY_11_00) {
    this.clock = new VirtualClock(at);
    this.exchange = new Exchange({ clock: this.clock });
    this.exchange.giveBars({ closes });
    const url = "http://127.0.0.1:1";
    this.#broker = createAlpacaBroker({
      name: "the test venue",
      mode: "paper",
      alpaca: { tradingUrl: url, dataUrl: url, streamUrl: "ws://127.0.0.1:1/stream", dataFeed: undefined, keyId: "key", secret: "secret" },
      clock: this.clock,
      fetch: fetchFor(new Venue({ exchange: this.exchange, rateLimitPerMinute: "off" })),
    });
    brokers.push(this.#broker);
  }

  signal(strategy: Strategy = nuclear, barMode: BarMode = "live", simulated = false): Promise<GeneratedSignal> {
    const parts = { broker: this.#broker, clock: this.clock, barMode, zone: "America/New_York", simulated };
    return this.clock.until(generateSignal(strategy, parts));
  }
}

function weightsIn({ text }: GeneratedSignal): Record<string, number> {
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { symbol: string; reason: string });
  return Object.fromEntries(lines.map(({ symbol, reason }) => [symbol, Number(/([\d.]+)%/.exec(reason)?.[1] ?? "100") / 100]));
}

describe("bars built for a branch lead to its alert lines", () => {
  test.each(Object.entries(NUCLEAR_BRANCHES))("%s", async (branch, { weights }) => {
    const found = weightsIn(await new Market(nuclearCloses(branch)).signal());
    expect(Object.keys(found)).toEqual(Object.keys(weights));
    for (const [symbol, weight] of Object.entries(weights)) expect(Math.abs(found[symbol]! - weight)).toBeLessThan(0.001);
    const total = Object.values(found).reduce((sum, weight) => sum + weight, 0);
    expect(total).toBeCloseTo(1, 9);
  });

  test("of TECL as well", async () => {
    expect(weightsIn(await new Market(teclCloses()).signal(tecl))).toEqual({ TECL: 1 });
  });

  test("with the last close as price, one timestamp for all, and their origin", async () => {
    const closes = nuclearCloses("SPY overbought");
    const { text } = await new Market(closes).signal(nuclear, "live", true);
    const lines = text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toMatchObject([
      { timestamp: "2025-07-14T11:00:00.000-04:00", symbol: "UVXY", action: "BUY", price: closes.UVXY!.at(-1), origin: "simulator" },
      { timestamp: "2025-07-14T11:00:00.000-04:00", symbol: "BTAL", action: "BUY", price: closes.BTAL!.at(-1), origin: "simulator" },
    ]);
  });
});

describe("the unfinished bar of today", () => {
  const closes = (): Closes => nuclearCloses("TQQQ oversold");

  test("counts if allowed", async () => {
    const signal = await new Market(closes()).signal(nuclear, "live");
    expect(weightsIn(signal)).toEqual({ TQQQ: 1 });
    expect(traceLines(signal.trace)[0]).toContain("the unfinished bar of the running session of 2025-07-14 counts");
  });

  test("does not count otherwise: the rules then see the previous day", async () => {
    const signal = await new Market(closes()).signal(nuclear, "closed");
    expect(weightsIn(signal)).not.toHaveProperty("TQQQ");
    expect(traceLines(signal.trace)[0]).toContain("the newest bar is that of 2025-07-11");
  });

  test("is the final one after the close", async () => {
    const market = new Market(closes());
    await market.clock.advance(5.5 * 3_600_000);
    expect(weightsIn(await market.signal(nuclear, "closed"))).toEqual({ TQQQ: 1 });
  });
});

describe("there is no signal, and the reason names the symbol", () => {
  test("without the bars of one symbol", async () => {
    const closes = nuclearCloses("bull market");
    const market = new Market(closes);
    for (const symbol of nuclear.symbols) {
      market.exchange.giveBars({ bars: { [symbol]: [] } });
      await expect(market.signal()).rejects.toMatchObject({ code: "no-signal", reason: `${symbol} has no daily bars.`, exitCode: 1 });
      market.exchange.giveBars({ closes: { [symbol]: closes[symbol] } });
    }
    await expect(market.signal()).resolves.toMatchObject({ strategy: "nuclear" });
  }, 60_000);

  test("with too short a history for a needed rule, and the trace shows how far it got", async () => {
    const closes = nuclearCloses("bull market");
    const market = new Market({ ...closes, OKLO: closes.OKLO!.slice(-90) });
    await expect(market.signal()).rejects.toMatchObject({
      reason: expect.stringContaining("OKLO"),
      trace: expect.arrayContaining([expect.objectContaining({ rule: "N9" })]),
    });
    await expect(new Market({ ...closes, OKLO: closes.OKLO!.slice(-91) }).signal()).resolves.toMatchObject({ strategy: "nuclear" });
  });

  test("with bars that end a session early", async () => {
    const market = new Market(nuclearCloses("bull market"));
    await market.clock.advance(24 * 3_600_000);
    market.exchange.giveBars({ closes: { ...nuclearCloses("bull market"), OKLO: [] } });
    market.exchange.giveBars({
      bars: {
        OKLO: nuclearCloses("bull market")
          .OKLO!.slice(-1)
          .map((c) => ({ t: "2025-07-14", c })),
      },
    });
    await expect(market.signal()).rejects.toMatchObject({
      reason: expect.stringMatching(/^OKLO is stale: its newest bar is of 2025-07-14/),
    });
  });

  test("with a split-sized jump, although bars are adjusted for known splits", async () => {
    const closes = nuclearCloses("bull market");
    const jumped = { ...closes, NLR: closes.NLR!.map((close, index) => (index < 380 ? close * 2 : close)) };
    await expect(new Market(jumped).signal()).rejects.toMatchObject({ reason: expect.stringMatching(/^NLR jumps by the size of a split/) });
  });

  test("a split known to the venue is no problem", async () => {
    const market = new Market(nuclearCloses("bull market"));
    const before = weightsIn(await market.signal(nuclear, "closed"));
    market.exchange.split("SMR", "2");
    expect(weightsIn(await market.signal(nuclear, "closed"))).toEqual(before);
  });
});
