import { describe, expect, test } from "@jest/globals";
import { BrokerError, type Position } from "../../../src/domain/broker.ts";
import { unexplainedJump } from "../../../src/execution/preparation/equity-jump.ts";
import type { AccountSnapshot } from "../../../src/execution/preparation/account-snapshot.ts";
import { decimal } from "../../../src/domain/decimal.ts";
import { NO_OBSERVATIONS, type PriceObservations } from "../../../src/portfolio/price.ts";
import { NOW, planFor, scene, seenAt, type Scene } from "../../portfolio/given.ts";

const close = (price: string): PriceObservations["previousClose"] => ({ price: decimal(price), at: NOW - 86_400_000 });

/** $10,000 at the last close; SMR has no data but its close of 40, and the broker shows it at 140: equity $20,000. */
const JUMPED: Scene = {
  cash: "1000",
  held: { LEU: "25", SMR: { quantity: "100", marketValue: "14000" } },
  targets: { OKLO: "1" },
  prices: { LEU: { ...seenAt("200"), previousClose: close("200") }, SMR: { ...NO_OBSERVATIONS, previousClose: close("40") }, OKLO: "60" },
};

interface Past {
  readonly lastEquity?: string;
  readonly flows?: string | BrokerError;
}

/** What is said of a scene, and how often the venue was asked for flows. */
async function judged(given: Scene, { lastEquity = "10000", flows = "0" }: Past = {}): Promise<[string | undefined, number]> {
  const input = scene(given);
  const clock = { timestamp: NOW, isOpen: true, nextOpen: NOW, nextClose: NOW + 3_600_000 };
  const snapshot = {
    account: { equity: input.account.equity, lastEquity: decimal(lastEquity) },
    market: { clock },
    positions: input.holdings as unknown as Position[],
    prices: input.observations,
  } as unknown as AccountSnapshot;
  let asked = 0;
  const broker = {
    calendar: () => Promise.resolve([{ date: "2025-07-11", open: NOW - 3 * 86_400_000, close: NOW - 2 * 86_400_000 }]),
    cashFlowsSince: () => {
      asked += 1;
      return flows instanceof BrokerError ? Promise.reject(flows) : Promise.resolve(decimal(flows));
    },
  };
  const reason = await unexplainedJump({ broker, ledger: { splitsOf: () => [] } }, snapshot, { plan: planFor(input), input });
  return [reason, asked];
}

describe("an equity more than 25 % away from the last close (R9)", () => {
  test("is refused while only a price of the broker's own explains it", async () => {
    expect(await judged(JUMPED)).toEqual([
      "The equity went from $10,000.00 at the last close to $20,000.00, of which $0.00 was paid in or out, and the price of SMR is the broker's own, which nothing confirms.",
      1,
    ]);
  });

  test("is refused when deposits cannot be read, and says so", async () => {
    const [reason] = await judged(JUMPED, { flows: new BrokerError("unreachable", "Alpaca did not answer.") });
    expect(reason).toMatch(/deposits and withdrawals cannot be read: Alpaca did not answer\.$/);
  });

  test("is explained by what was paid in, to the edge of 25 %", async () => {
    expect(await judged(JUMPED, { flows: "6000" })).toEqual([undefined, 1]);
    expect((await judged(JUMPED, { flows: "5999" }))[0]).toContain("$5,999.00 was paid in or out");
  });

  test("is none within 25 % either way, and then nothing is asked", async () => {
    expect(await judged(JUMPED, { lastEquity: "16000" })).toEqual([undefined, 0]);
    expect(await judged(JUMPED, { lastEquity: "15999" })).toEqual([expect.any(String), 1]);
    expect(await judged(JUMPED, { lastEquity: "26666" })).toEqual([undefined, 0]);
    expect(await judged(JUMPED, { lastEquity: "26667" })).toEqual([expect.any(String), 1]);
  });

  test("is explained by checked prices: UVXY +98 % beside a quiet BTAL that has hardly moved is traded (trials 6c and 9)", async () => {
    const doubled: Scene = {
      cash: "1000",
      held: { UVXY: "3712.5", BTAL: { quantity: "1414", marketValue: "24745" } },
      targets: { TQQQ: "1" },
      prices: {
        UVXY: { ...seenAt("39.6"), previousClose: close("20") },
        BTAL: { ...NO_OBSERVATIONS, previousClose: close("17.4") },
        TQQQ: "85",
      },
    };
    expect(await judged(doubled, { lastEquity: "100000" })).toEqual([undefined, 0]);
    const moved = { ...doubled, prices: { ...doubled.prices, BTAL: { ...NO_OBSERVATIONS, previousClose: close("14.6") } } };
    expect(await judged(moved, { lastEquity: "100000" })).toEqual([undefined, 0]);
    const flat = { ...moved, prices: { ...moved.prices, UVXY: seenAt("39.6") } };
    expect((await judged(flat, { lastEquity: "100000" }))[0]).toContain("the price of BTAL is the broker's own");
  });

  test("is not the doing of a spin-off of half a percent, whatever else was traded since", async () => {
    const spin: Scene = { ...JUMPED, held: { LEU: "95", SPIN: { quantity: "1", marketValue: "100" } } };
    expect(await judged(spin, { lastEquity: "10000" })).toEqual([undefined, 0]);
  });

  test("keeps no exit from being made, which no price decides, and no account on target from being so", async () => {
    expect(await judged({ ...JUMPED, targets: {}, exit: ["SMR"] })).toEqual([undefined, 0]);
    const onTarget = { ...JUMPED, targets: { LEU: "0.2526", SMR: "0.7071" } };
    expect(await judged(onTarget)).toEqual([undefined, 0]);
  });
});
