import { afterEach, describe, expect, test } from "@jest/globals";
import { decimal } from "../../src/domain/decimal.ts";
import type { ExecutionSettings } from "../../src/domain/execution-style.ts";
import { DEFAULT_EXECUTION } from "../../src/domain/execution-style.ts";
import { arrivals, both, isRead, lastSale, shownAccount } from "./faults.ts";
import { limitStyle } from "./limit-style.ts";
import { book, expectHoldings, expectUnharmed, HEDGE, HELD } from "./scenario.ts";
import { signalOf, VirtualDesk } from "./virtual-desk.ts";

const PUT = {
  asset_id: "b0b6dd9d-8b9b-48a9-ba46-b9d54906e415",
  symbol: "SPY261218P00100000",
  exchange: "",
  asset_class: "us_option",
  avg_entry_price: "1",
  qty: "-1",
  qty_available: "-1",
  side: "short",
  market_value: "-110",
  cost_basis: "-100",
  current_price: "1.10",
};

let desk: VirtualDesk;
/** Dollars that the venue keeps from the buying power. */
let kept: number;

afterEach(() => desk.close());

/** The account shows a short put whose shares would cost $10,000. */
function withPut(cash: string, isInvested: boolean, execution: ExecutionSettings = DEFAULT_EXECUTION): ReturnType<typeof arrivals> {
  kept = 10_000;
  desk = new VirtualDesk({ exchange: { cash: decimal(cash), positions: isInvested ? HELD : [] }, execution });
  const seen = arrivals(desk);
  desk.venue.interceptor = both(
    seen.interceptor,
    shownAccount(({ equity, cash: shown, buying_power: power }) => ({
      equity: String(Number(equity) - 110),
      buying_power: String(Math.max(0, Math.min(Number(power), Number(shown)) - kept)),
    })),
    {
      after: (request, response) => {
        if (!isRead(request, "/v2/positions")) return Promise.resolve(response);
        return Promise.resolve({ ...response, body: JSON.stringify([...(JSON.parse(response.body) as unknown[]), PUT]) });
      },
    },
  );
  return seen;
}

describe.each([
  ["market", DEFAULT_EXECUTION],
  ["limit", limitStyle()],
])("buying power that secures somebody's short put, in %s style (R20, R33)", (_, execution) => {
  test("is not waited for after the sells: what there is is bought at once, and the run ends soon, naming the put", async () => {
    const { list } = withPut("12", true, execution);
    const [start, soldAt] = [desk.clock.monotonic(), lastSale(desk)];
    const result = await desk.run(signalOf(desk.clock, HEDGE));
    expect(result).toMatchObject({ conclusion: { outcome: "off-target", mayGoOn: true } });
    expect(result.kind === "concluded" && result.conclusion.reason).toMatch(
      /it secures the short put SPY261218P00100000 \(up to \$10,000\.00\)\. Missing: BTAL/,
    );
    const firstBuy = list.find(({ side }) => side === "buy")!;
    expect(firstBuy.at * 1_000 - (soldAt() - start)).toBeLessThan(5_000);
    expect(desk.clock.monotonic() - start).toBeLessThan(90_000);
    expect(desk.weights().UVXY).toBeCloseTo(0.75 * 0.9, 1);
    expectUnharmed(desk);
  });

  test("is used when it comes back while the execution still lasts", async () => {
    withPut("40000", false, execution);
    desk.clock.after(8_000, () => (kept = 0));
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, HEDGE);
    expectUnharmed(desk);
  });

  test("is used by the run that takes it up, when it comes back while that is fresh", async () => {
    withPut("40000", false, execution);
    const signal = signalOf(desk.clock, HEDGE);
    expect(await desk.run(signal)).toMatchObject({ conclusion: { outcome: "off-target", mayGoOn: true } });
    expect(await desk.run(signal, { takeUp: "fresh" })).toMatchObject({ kind: "still-off", mayPass: true });
    kept = 0;
    expect(await desk.run(signal, { takeUp: "fresh" })).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, HEDGE);
    expectUnharmed(desk);
  });
});

test("more than the put explains is waited for as ever", async () => {
  withPut("40000", false);
  kept = 25_000;
  desk.clock.after(200_000, () => (kept = 10_000));
  await desk.run(signalOf(desk.clock, HEDGE));
  expect([...new Set(book(desk))]).toEqual(["buy BTAL filled", "buy UVXY filled"]);
  expect(desk.weights().UVXY).toBeCloseTo(0.75 * 0.75, 1);
  expectUnharmed(desk);
});
