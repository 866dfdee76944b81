import { beforeEach, describe, expect, test } from "@jest/globals";
import type { Broker, MarketPrices } from "../../src/domain/broker.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { SharedMarket } from "../../src/fleet/shared-market.ts";

const PAPER = "https://paper-api.alpaca.markets";

/** An account's way to the market data, which takes its time and notes what is asked. */
class Way {
  readonly asked: string[][] = [];
  price: string | Error;
  takesMs = 50;
  readonly broker: Broker;

  constructor(clock: VirtualClock, price: string) {
    this.price = price;
    const prices = async (symbols: readonly string[]): Promise<Map<string, MarketPrices>> => {
      this.asked.push([...symbols]);
      await clock.sleep(this.takesMs);
      const { price: answer } = this;
      if (answer instanceof Error) throw answer;
      return new Map(symbols.filter((symbol) => symbol !== "NEW").map((symbol) => [symbol, priced(answer)]));
    };
    this.broker = { name: "Alpaca paper", prices } as unknown as Broker;
  }
}

function priced(price: string): MarketPrices {
  return { trade: { price: decimal(price), at: 0 }, quote: undefined, minuteBar: undefined, previousClose: undefined };
}

let clock: VirtualClock;
let market: SharedMarket;
let reader: Way;
let others: Way[];

beforeEach(() => {
  clock = new VirtualClock(Date.parse("2026-03-02T15:00:00Z"));
  market = new SharedMarket(clock);
  reader = new Way(clock, "40");
  others = [new Way(clock, "41"), new Way(clock, "42")];
});

/** What these accounts are told of SMR. */
async function told(brokers: readonly Broker[], symbols: readonly string[]): Promise<(string | undefined)[]> {
  const answers = await clock.until(Promise.allSettled(brokers.map((broker) => broker.prices(symbols))));
  return answers.map((answer) =>
    answer.status === "fulfilled" ? answer.value.get("SMR")?.trade?.price.toFixed() : (answer.reason as Error).message,
  );
}

function othersAsk(): Promise<(string | undefined)[]> {
  return told(
    others.map(({ broker }) => market.of(broker, PAPER)),
    ["SMR"],
  );
}

/** The reader is an account as well. */
function allAsk(symbols: readonly string[] = ["SMR"], isNamed = true): Promise<(string | undefined)[]> {
  return told([...others.map(({ broker }) => market.of(broker, PAPER)), market.of(reader.broker, PAPER, isNamed)], symbols);
}

describe("prices that one account of a fleet reads for all", () => {
  test("are each account's own while no account is named", async () => {
    expect(await allAsk(["SMR"], false)).toEqual(["41", "42", "40"]);
  });

  test("are requested once, also while they are on their way", async () => {
    const all = others.map(({ broker }) => market.of(broker, PAPER));
    market.of(reader.broker, PAPER, true);
    await clock.until(Promise.all(all.map((broker) => broker.prices(["SMR", "LEU"]))));

    expect(reader.asked).toEqual([["SMR", "LEU"]]);
    expect(others.map(({ asked }) => asked)).toEqual([[], []]);
  });

  test("are at most one second old", async () => {
    market.of(reader.broker, PAPER, true);
    expect(await othersAsk()).toEqual(["40", "40"]);
    reader.price = "39";
    await clock.advance(900);
    expect(await othersAsk()).toEqual(["40", "40"]);
    await clock.advance(100);
    expect(await othersAsk()).toEqual(["39", "39"]);
  });

  test("do not outlive a sleep of the machine", async () => {
    market.of(reader.broker, PAPER, true);
    await othersAsk();
    reader.price = "39";
    clock.step(7 * 3_600_000);
    expect(await othersAsk()).toEqual(["39", "39"]);
  });

  test("are read by each account for itself if the reader fails", async () => {
    reader.price = new Error("the keys are not valid");
    expect(await allAsk()).toEqual(["41", "42", "the keys are not valid"]);
  });

  test("are waited for half a second at most", async () => {
    reader.takesMs = 4_000;
    market.of(reader.broker, PAPER, true);
    const [other] = others;
    const startedAt = clock.monotonic();
    const prices = await clock.until(market.of(other!.broker, PAPER).prices(["SMR"]));

    expect(prices.get("SMR")?.trade?.price.toFixed()).toBe("41");
    expect(clock.monotonic() - startedAt).toBe(550);
  });

  test("leave each account to ask for a symbol that the reader knows no price of, and only for that", async () => {
    await allAsk(["SMR", "NEW"]);
    expect(others.map(({ asked }) => asked)).toEqual([[["NEW"]], [["NEW"]]]);
  });
});
