import { afterEach, describe, expect, test } from "@jest/globals";
import { decimal } from "../../src/domain/decimal.ts";
import type { ExecutionSettings } from "../../src/domain/execution-style.ts";
import { DEFAULT_EXECUTION } from "../../src/domain/execution-style.ts";
import { beforePosts, isRead, paidOutAfterSelling, reply, UNAVAILABLE } from "./faults.ts";
import { limitStyle } from "./limit-style.ts";
import { book, expectHoldings, expectUnharmed, HEDGE, HELD, INVESTED } from "./scenario.ts";
import { signalOf, VirtualDesk } from "./virtual-desk.ts";

let desk: VirtualDesk;

afterEach(() => desk.close());

/** Orders are filled in pieces: in limit style both phases take half a minute, of many orders. */
function trickling(execution: ExecutionSettings): void {
  const pieces = { partialFillProbability: 1, partialFillSteps: 5, partialFillIntervalMs: 4_000 };
  desk = new VirtualDesk({ exchange: { cash: decimal("12"), positions: HELD, ...pieces }, execution });
}

const LIMIT = limitStyle({ repegMs: 5_000, repegs: 3 });

function said(): string {
  return desk.events.map(({ text }) => text).join("\n");
}

/** Cash that is gone without an activity which says so. */
function vanish(dollars: string): void {
  desk.exchange.state.cash = desk.exchange.state.cash.minus(decimal(dollars));
}

async function next(): Promise<unknown> {
  return desk.run(signalOf(desk.clock, { LEU: "1" }, { id: "00000000000000bb" }));
}

describe("cash that is paid out during an execution, as the account's activities prove (R16, R24)", () => {
  test.each([
    ["limit style, while it sells", LIMIT, 12_000],
    ["limit style, while it buys", LIMIT, 66_000],
    ["limit style, near the end of its buys", LIMIT, 81_000],
    ["market style, while it sells", DEFAULT_EXECUTION, 12_000],
  ])("%s: the target applies to what remains, and the next run is not refused", async (_, execution, at) => {
    trickling(execution);
    desk.clock.after(at, () => desk.exchange.transfer("-9000"));
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(said()).toContain("$9,000.00 was paid out of the account since it was planned for. The targets apply to what remains.");
    expect(said()).not.toContain("does not show all our fills");
    expectHoldings(desk, HEDGE);
    expectUnharmed(desk);
    expect(await next()).toMatchObject({ conclusion: { outcome: "on-target" } });
  });

  test.each([
    ["limit", LIMIT],
    ["market", DEFAULT_EXECUTION],
  ])("a fee of a few dollars from a small account, %s style", async (_, execution) => {
    const positions = [{ symbol: "SMR", quantity: decimal("20"), averagePrice: decimal("40") }];
    const pieces = { partialFillProbability: 1, partialFillSteps: 3, partialFillIntervalMs: 3_000 };
    desk = new VirtualDesk({ exchange: { cash: decimal("12"), positions, ...pieces }, execution });
    desk.clock.after(4_000, () => desk.exchange.charge("6"));
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(said()).toContain("$6.00 was paid out of the account");
    expectUnharmed(desk);
  });

  test("is known again after a restart", async () => {
    trickling(LIMIT);
    desk.clock.after(12_000, () => desk.exchange.transfer("-9000"));
    const running = desk.start(signalOf(desk.clock, HEDGE));
    await desk.clock.advance(60_000);
    desk.stop();
    expect(await desk.clock.until(running)).toMatchObject({ kind: "left" });
    await desk.restart();
    expect(await desk.recover()).toMatchObject([{ conclusion: { outcome: "on-target" } }]);
    expectHoldings(desk, HEDGE);
    expectUnharmed(desk);
  });

  test("whose activity says only the day counts half a minute after our last fill", async () => {
    desk = new VirtualDesk(INVESTED);
    desk.venue.interceptor = {
      ...paidOutAfterSelling(desk, "60000"),
      after: (request, response) => {
        if (!isRead(request, "/v2/account/activities")) return Promise.resolve(response);
        const rows = JSON.parse(response.body) as Record<string, unknown>[];
        return Promise.resolve({ ...response, body: JSON.stringify(rows.map((row) => ({ ...row, created_at: undefined }))) });
      },
    };
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, HEDGE);
  });

  test("on a wrong clock too", async () => {
    trickling(LIMIT);
    desk.skewMs = 157_000;
    desk.clock.after(12_000, () => desk.exchange.transfer("-9000"));
    const at = desk.clock.now() + desk.skewMs;
    const signal = signalOf(desk.clock, HEDGE, { generatedAt: at, oldestStamp: at, arrivedAt: at });
    expect(await desk.run(signal)).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, HEDGE);
  });
});

describe("missing cash that no activity proves (R16, R24)", () => {
  test.each<[string, () => void]>([
    ["there is none", () => vanish("9000")],
    [
      "the one there is says another amount",
      () => {
        vanish("4000");
        desk.exchange.transfer("-5000");
      },
    ],
    [
      "the activities cannot be read",
      () => {
        desk.exchange.transfer("-9000");
        desk.venue.interceptor = {
          before: (request) => Promise.resolve(isRead(request, "/v2/account/activities") ? UNAVAILABLE : undefined),
        };
      },
    ],
  ])("%s: nothing is bought with the account as it is shown", async (_, leave) => {
    desk = new VirtualDesk({ exchange: { cash: decimal("40000"), multiplier: "4" } });
    desk.venue.interceptor = beforePosts("BTAL", 1, () => {
      leave();
      return reply(429, { code: 42910000, message: "rate limit exceeded" }, { "retry-after": "20" });
    });
    const result = await desk.run(signalOf(desk.clock, HEDGE));
    expect(result).toMatchObject({ conclusion: { outcome: "incomplete", code: "foreign-hand" } });
    expect(book(desk)).toEqual(["buy UVXY filled"]);
    expectUnharmed(desk);
  });

  test("the next run waits for it", async () => {
    desk = new VirtualDesk({ exchange: { cash: decimal("40000") } });
    await desk.run(signalOf(desk.clock, HEDGE));
    vanish("300");
    expect(await next()).toMatchObject({ kind: "declined", verdict: "account-unsettled" });
  });
});

test.each([
  ["a withdrawal", () => desk.exchange.transfer("-300")],
  ["a fee", () => desk.exchange.charge("60")],
])("%s right after an execution does not hold the next run up", async (_, leave) => {
  desk = new VirtualDesk({ exchange: { cash: decimal("40000") } });
  await desk.run(signalOf(desk.clock, HEDGE));
  leave();
  expect(await next()).toMatchObject({ conclusion: { outcome: "on-target" } });
  expectUnharmed(desk);
});
