import { beforeEach, describe, expect, test } from "@jest/globals";
import type { Asset, Broker, MarketClock } from "../../src/domain/broker.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { SharedMarket } from "../../src/fleet/shared-market.ts";

const PAPER = "https://paper-api.alpaca.markets";
const START = Date.parse("2026-03-02T15:00:00Z");
const OPEN: MarketClock = { timestamp: START, isOpen: true, nextOpen: START + 86_400_000, nextClose: START + 3_600_000 };
const SMR: Asset = {
  id: "a1",
  symbol: "SMR",
  name: "NuScale",
  assetClass: "us_equity",
  exchange: "NYSE",
  active: true,
  tradable: true,
  fractionable: true,
  attributes: [],
};

/** One account's way to the venue, which counts what is read over it. */
class Way {
  reads = 0;
  answer: () => unknown;
  readonly broker: Broker;
  readonly #takesMs: number;
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock, answer: () => unknown, takesMs = 50) {
    this.#clock = clock;
    this.#takesMs = takesMs;
    this.answer = answer;
    const read = (): Promise<unknown> => this.#read();
    this.broker = { name: "Alpaca paper", marketClock: read, calendar: read, asset: read, account: read } as unknown as Broker;
  }

  async #read(): Promise<unknown> {
    this.reads += 1;
    await this.#clock.sleep(this.#takesMs);
    return this.answer();
  }
}

const failing = (): never => {
  throw new Error("the keys are not valid");
};

let clock: VirtualClock;
let market: SharedMarket;
let ways: Way[];

/** What all accounts read at the same time. */
function allRead<Answer>(read: (broker: Broker) => Promise<Answer>, url = PAPER): Promise<PromiseSettledResult<Answer>[]> {
  return clock.until(Promise.allSettled(ways.map((way) => read(market.of(way.broker, url)))));
}

function values<Answer>(results: readonly PromiseSettledResult<Answer>[]): (Answer | string)[] {
  return results.map((result) => (result.status === "fulfilled" ? result.value : (result.reason as Error).message));
}

function totalReads(): number {
  return ways.reduce((sum, { reads }) => sum + reads, 0);
}

describe("what is the same for all accounts of a fleet", () => {
  beforeEach(() => {
    clock = new VirtualClock(START);
    market = new SharedMarket(clock);
    ways = Array.from({ length: 5 }, () => new Way(clock, () => ({ ...OPEN, timestamp: clock.now() })));
  });

  test("is read once when all ask at the same time", async () => {
    const answers = await allRead((broker) => broker.marketClock());

    expect(totalReads()).toBe(1);
    expect(values(answers)).toEqual(ways.map(() => ({ ...OPEN, timestamp: START + 50 })));
  });

  test("is read again after a second for the clock, and until then moves on with the time", async () => {
    await allRead((broker) => broker.marketClock());
    await clock.advance(900);
    const later = await allRead((broker) => broker.marketClock());
    expect(values(later)).toEqual(ways.map(() => ({ ...OPEN, timestamp: START + 950 })));
    expect(totalReads()).toBe(1);

    await clock.advance(100);
    await allRead((broker) => broker.marketClock());
    expect(totalReads()).toBe(2);
  });

  test("is read again once the session has ended", async () => {
    for (const way of ways) way.answer = () => ({ ...OPEN, timestamp: clock.now(), nextClose: START + 200 });
    await allRead((broker) => broker.marketClock());
    await clock.advance(200);
    await allRead((broker) => broker.marketClock());

    // Each for itself: an answer that says what has passed already is nobody else's.
    expect(totalReads()).toBeGreaterThan(2);
  });

  test("is read by each account for itself when the first one cannot read it", async () => {
    ways[0]!.answer = failing;
    const answers = values(await allRead((broker) => broker.marketClock()));

    expect(answers[0]).toBe("the keys are not valid");
    expect(answers.slice(1)).toEqual(ways.slice(1).map(() => expect.objectContaining({ isOpen: true }) as unknown));
  });

  test("is waited for half a second at most when the first one is slow, and its old answer is not given to others", async () => {
    ways[0] = new Way(clock, () => ({ ...OPEN, timestamp: START - 3_000 }), 4_000);
    const took: number[] = [];
    await clock.until(
      Promise.all(
        ways.slice(0, 4).map(async ({ broker }) => {
          await market.of(broker, PAPER).marketClock();
          took.push(clock.monotonic());
        }),
      ),
    );
    expect(took).toEqual([550, 550, 550, 4_000]);

    const after = await clock.until(market.of(ways[4]!.broker, PAPER).marketClock());
    expect(after.timestamp).toBe(START + 4_050);
  });

  test("is kept for half a minute for an asset that can be traded", async () => {
    for (const way of ways) way.answer = () => SMR;
    await allRead((broker) => broker.asset("SMR"));
    await clock.advance(29_000);
    await allRead((broker) => broker.asset("SMR"));
    expect(totalReads()).toBe(1);
    await allRead((broker) => broker.asset("LEU"));
    expect(totalReads()).toBe(2);

    await clock.advance(2_000);
    await allRead((broker) => broker.asset("SMR"));
    expect(totalReads()).toBe(3);
  });

  test.each([
    ["unknown", undefined],
    ["not tradable", { ...SMR, tradable: false }],
    ["inactive", { ...SMR, active: false }],
    ["not readable in full", { ...SMR, fractionableUnread: true }],
  ])("is asked by each account for itself for an asset that is %s", async (_, asset) => {
    for (const way of ways) way.answer = () => asset;
    expect(values(await allRead((broker) => broker.asset("SMR")))).toEqual(ways.map(() => asset));

    expect(ways.map(({ reads }) => reads)).toEqual([1, 1, 1, 1, 1]);
  });

  test("is read once for each question and each venue", async () => {
    for (const way of ways) way.answer = () => [];
    await allRead((broker) => broker.calendar("2026-03-02", "2026-03-02"));
    await allRead((broker) => broker.calendar("2026-03-02", "2026-03-09"));
    await allRead((broker) => broker.calendar("2026-03-02", "2026-03-02"), "http://127.0.0.1:9911");

    expect(totalReads()).toBe(3);
  });

  test("leaves what belongs to an account to its own keys", async () => {
    await allRead((broker) => broker.account());

    expect(ways.map(({ reads }) => reads)).toEqual([1, 1, 1, 1, 1]);
    expect(market.of(ways[0]!.broker, PAPER).name).toBe("Alpaca paper");
  });
});
