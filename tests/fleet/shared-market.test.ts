import { beforeEach, describe, expect, test } from "@jest/globals";
import type { Asset, Broker, SubmitAnswer } from "../../src/domain/broker.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { SharedMarket } from "../../src/fleet/shared-market.ts";

const PAPER = "https://paper-api.alpaca.markets";
const START = Date.parse("2026-03-02T15:00:00Z");
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
  submitted: Partial<SubmitAnswer> = { kind: "accepted" };
  readonly broker: Broker;
  readonly #takesMs: number;
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock, answer: () => unknown, takesMs = 50) {
    this.#clock = clock;
    this.#takesMs = takesMs;
    this.answer = answer;
    const read = (): Promise<unknown> => this.#read();
    const submit = (): Promise<unknown> => Promise.resolve(this.submitted);
    this.broker = { name: "Alpaca paper", marketClock: read, calendar: read, asset: read, account: read, submit } as unknown as Broker;
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
    ways = Array.from({ length: 5 }, () => new Way(clock, () => SMR));
  });

  test("is read once when all ask at the same time", async () => {
    expect(values(await allRead((broker) => broker.asset("SMR")))).toEqual(ways.map(() => SMR));

    expect(totalReads()).toBe(1);
  });

  test("is read by each account for itself when the first one cannot read it", async () => {
    ways[0]!.answer = failing;
    const answers = values(await allRead((broker) => broker.asset("SMR")));

    expect(answers[0]).toBe("the keys are not valid");
    expect(answers.slice(1)).toEqual(ways.slice(1).map(() => SMR));
  });

  test("is waited for half a second at most when the first one is slow", async () => {
    ways[0] = new Way(clock, () => SMR, 4_000);
    const took: number[] = [];
    await clock.until(
      Promise.all(
        ways.map(async ({ broker }) => {
          await market.of(broker, PAPER).asset("SMR");
          took.push(clock.monotonic());
        }),
      ),
    );

    expect(took).toEqual([550, 550, 550, 550, 4_000]);
  });

  test("is kept for half a minute for an asset that can be traded", async () => {
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

  test("is read again after the machine has slept, while it was known or on its way", async () => {
    await allRead((broker) => broker.asset("SMR"));
    clock.step(7 * 3_600_000);
    await allRead((broker) => broker.asset("SMR"));
    expect(totalReads()).toBe(2);

    const asked = market.of(ways[0]!.broker, PAPER).asset("LEU");
    clock.step(7 * 3_600_000);
    await clock.until(asked);
    await allRead((broker) => broker.asset("LEU"));
    expect(totalReads()).toBe(4);
  });

  test("is read again once an order of any account was refused, because the order gate may know better", async () => {
    await allRead((broker) => broker.asset("SMR"));
    await market.of(ways[1]!.broker, PAPER).submit({ clientOrderId: "1", symbol: "SMR", side: "buy" });
    await allRead((broker) => broker.asset("SMR"));
    expect(totalReads()).toBe(1);

    ways[1]!.submitted = { kind: "refused", reason: "not-tradable" };
    await market.of(ways[1]!.broker, PAPER).submit({ clientOrderId: "2", symbol: "SMR", side: "buy" });
    await allRead((broker) => broker.asset("SMR"));
    expect(totalReads()).toBe(2);
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

  test.each([
    ["the account", (broker: Broker) => broker.account()],
    ["the venue's clock, which must be read right now", (broker: Broker) => broker.marketClock()],
  ])("does not include %s", async (_, read: (broker: Broker) => Promise<unknown>) => {
    await allRead(read);

    expect(ways.map(({ reads }) => reads)).toEqual([1, 1, 1, 1, 1]);
    expect(market.of(ways[0]!.broker, PAPER).name).toBe("Alpaca paper");
  });
});
