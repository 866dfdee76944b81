import { afterEach, describe, expect, test } from "@jest/globals";
import { tradedToday } from "../../../src/execution/preparation/daily-limits.ts";
import type { RebalanceResult } from "../../../src/execution/rebalancer.ts";
import type { LimitSettings } from "../../../src/portfolio/limits.ts";
import { decimal, sum } from "../../../src/domain/decimal.ts";
import type { VenueResponse } from "../../../src/simulator/venue.ts";
import { beforePosts, isPost, isRead, reply } from "../faults.ts";
import { book, expectHoldings, expectSwitched, expectSwitchedBook, expectUnharmed, HEDGE, INVESTED } from "../scenario.ts";
import type { DeskOptions } from "../virtual-desk.ts";
import { execution, intent } from "../../ledger/ledger-examples.ts";
import { signalOf, VirtualDesk } from "../virtual-desk.ts";

const EXAMPLE = { SMR: "0.312", LEU: "0.395", OKLO: "0.293" };
const DAY_MS = 86_400_000;

let desk: VirtualDesk;

afterEach(() => desk.close());

function limits(turnover: string | undefined, loss?: string): LimitSettings {
  return {
    maxDailyTurnover: turnover === undefined ? undefined : decimal(turnover),
    maxDailyLoss: loss === undefined ? undefined : decimal(loss),
  };
}

function open(options: DeskOptions): VirtualDesk {
  desk = new VirtualDesk(options);
  return desk;
}

function run(id: string, weights: Record<string, string>): Promise<RebalanceResult> {
  return desk.run(signalOf(desk.clock, weights, { id }));
}

/** Refused, on record, and nothing sent beyond what the venue held before. */
function expectRefused(result: RebalanceResult, id: string, words: string | RegExp, ordersBefore = 0): void {
  expect(result).toMatchObject({ kind: "declined", verdict: "refused", reason: expect.stringMatching(words) as unknown });
  expect(desk.ledger.signal(id)).toMatchObject({ verdict: "refused", verdictReason: expect.stringMatching(words) as unknown });
  expect(desk.orders()).toHaveLength(ordersBefore);
}

describe("the turnover of a day", () => {
  test("a full switch is refused by 150 %, with limit, value and setting named, and made with 250 %", async () => {
    open({ ...INVESTED, limits: limits("1.5") });
    expectRefused(
      await run("a", HEDGE),
      "a",
      /turnover to \$1\d\d,\d{3}\.\d\d, 199\.\d % of \$96,591\.74.*MAX_DAILY_TURNOVER_PERCENT \(150\.0 %\)/,
    );
    expect(desk.ledger.recentVerdicts(1)).toMatchObject([{ signalId: "a", causes: [{ code: "daily-turnover" }] }]);
    await desk.restart(undefined, { limits: limits("2.5") });
    expectSwitched(desk, await run("a", HEDGE));
  });

  test("counts the buys of an account that owes money, which wait for the proceeds of its sells", async () => {
    open({ ...INVESTED, exchange: { ...INVESTED.exchange, cash: decimal("-40") }, limits: limits("1.5") });
    expectRefused(await run("a", HEDGE), "a", /turnover to \$1\d\d,\d{3}\.\d\d, 199\.\d %/);
  });

  test("counts what somebody else's order keeps from being bought at first", async () => {
    open({ ...INVESTED, limits: limits("1.5") });
    desk.exchange.submit({ symbol: "UVXY", side: "buy", type: "limit", time_in_force: "day", qty: "1", limit_price: "1" });
    expectRefused(await run("a", HEDGE), "a", /turnover to \$1\d\d,\d{3}\.\d\d, 199\.\d %/, 1);
  });

  test("is summed up over executions and restarts, and begins anew with the next New York day", async () => {
    open({ limits: limits("2.5") });
    await run("a", EXAMPLE);
    await desk.clock.advance(60_000);
    await desk.restart();
    expectRefused(await run("b", HEDGE), "b", "MAX_DAILY_TURNOVER_PERCENT", 3);
    await desk.clock.advance(DAY_MS);
    expect(await run("c", HEDGE)).toMatchObject({ kind: "concluded", conclusion: { outcome: "on-target" } });
    expectHoldings(desk, HEDGE);
  });

  test("counts the half of an order that was filled before it timed out, and not the half that was not", async () => {
    open({
      limits: limits("1.6"),
      exchange: { partialFillProbability: 1, partialFillSteps: 2, partialFillIntervalMs: 3_600_000 },
      executionDeadlineSeconds: 20,
    });
    expect(await run("a", { TQQQ: "1" })).toMatchObject({ conclusion: { outcome: "incomplete" } });
    const fills = desk.exchange.state.activities.filter(({ activity_type: type }) => type === "FILL");
    const filled = sum(fills.map(({ price, qty }) => decimal(price!).times(decimal(qty!))));
    expect(tradedToday(desk.ledger, desk.clock.now()).toFixed(2)).toBe(filled.toFixed(2));
    expect(Number(filled.toFixed())).toBeGreaterThan(10_000);
    expect(Number(filled.toFixed())).toBeLessThan(90_000);
    await desk.clock.advance(60_000);
    desk.exchange.setExecutionModel({ partialFillProbability: 0 });
    expect(await run("b", { TQQQ: "1" })).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectRefused(await run("c", HEDGE), "c", "MAX_DAILY_TURNOVER_PERCENT", 2);
  });

  test("counts what was filled on the day before for that day, though it is learned only now", async () => {
    open({ exchange: { partialFillProbability: 1, partialFillSteps: 2, partialFillIntervalMs: 3_600_000 } });
    const running = desk.start(signalOf(desk.clock, { TQQQ: "1" }, { id: "a" }));
    await desk.clock.advance(2_000);
    desk.stop();
    await desk.clock.until(running);
    const [order] = desk.exchange.state.orders.values();
    desk.exchange.cancel(order!.id);
    await desk.clock.advance(DAY_MS);
    await desk.restart();
    await desk.recover();
    expect(order?.filledQuantity.toFixed()).not.toBe("0");
    expect(desk.ledger.unsettledIntents()).toEqual([]);
    expect(tradedToday(desk.ledger, desk.clock.now()).toFixed()).toBe("0");
  });

  test("a dry run says what would be refused, and a plan without orders breaks no limit", async () => {
    open({ ...INVESTED, limits: limits("1.5", "0.01") });
    expect(await desk.run(signalOf(desk.clock, HEDGE), { dryRun: true })).toMatchObject({ kind: "declined", verdict: "refused" });
    desk.exchange.setPrice("TQQQ", "70");
    const asHeld = Object.fromEntries(Object.entries(desk.weights()).map(([symbol, weight]) => [symbol, weight.toFixed(4)]));
    expect(await run("b", asHeld)).toMatchObject({ kind: "concluded", conclusion: { outcome: "on-target" } });
    expect(desk.orders()).toEqual([]);
  });
});

describe("the day", () => {
  function ledgerWithFills(filledAt: readonly string[]): void {
    open({});
    desk.ledger.recordSignal(signalOf(desk.clock, HEDGE, { id: "s" }), 0);
    const { ledger } = desk;
    ledger.createExecution(execution("x", "s"));
    for (const [index, at] of filledAt.entries()) {
      const clientOrderId = `i-${String(index)}`;
      recordSell(clientOrderId, at);
      const filled = { filledQuantity: decimal("10"), filledAveragePrice: decimal("1"), filledAt: Date.parse(at) };
      ledger.updateIntent(clientOrderId, { state: "done", status: "filled", ...filled, updatedAt: Date.parse(at) });
    }
  }

  function recordSell(clientOrderId: string, at: string): void {
    const amounts = { quantity: decimal("10"), heldBefore: decimal("10"), estimatedValue: decimal("999") };
    desk.ledger.recordIntents([intent(clientOrderId, "x", { ...amounts, recordedAt: Date.parse(at) })]);
  }

  test.each([
    ["in winter", "2026-11-17T09:30:00-05:00", "2026-11-17T05:00:00Z"],
    ["in summer", "2026-07-14T09:30:00-04:00", "2026-07-14T04:00:00Z"],
    ["after the clocks went forward", "2026-03-09T09:30:00-04:00", "2026-03-09T04:00:00Z"],
    ["on the day they go forward", "2026-03-08T23:00:00-04:00", "2026-03-08T05:00:00Z"],
    ["after they went back", "2026-11-02T09:30:00-05:00", "2026-11-02T05:00:00Z"],
    ["on the day they go back", "2026-11-01T23:00:00-05:00", "2026-11-01T04:00:00Z"],
  ])("%s begins at midnight in New York", (_name, now, midnight) => {
    const before = new Date(Date.parse(midnight) - 1).toISOString();
    ledgerWithFills([before, midnight, now]);
    expect(tradedToday(desk.ledger, Date.parse(now)).toFixed()).toBe("20");
  });

  test("an order of the day before that may still be filled counts whole, and one that was dropped not at all", () => {
    ledgerWithFills(["2026-11-13T15:00:02Z"]);
    recordSell("given-up", "2026-11-13T15:00:00Z");
    recordSell("unsent", "2026-11-13T15:00:01Z");
    desk.ledger.updateIntent("given-up", { state: "abandoned", updatedAt: Date.parse("2026-11-13T15:00:03Z") });
    desk.ledger.updateIntent("unsent", { state: "dropped", updatedAt: Date.parse("2026-11-17T15:00:03Z") });
    expect(tradedToday(desk.ledger, Date.parse("2026-11-17T10:00:00-05:00")).toFixed()).toBe("999");
  });
});

describe("the loss of a day", () => {
  test("lets nothing begin once it is reached", async () => {
    open({ ...INVESTED, limits: limits(undefined, "0.04") });
    desk.exchange.setPrice("TQQQ", "80.5");
    expectRefused(await run("a", HEDGE), "a", /lost \$4,5\d\d\.\d\d \(4\.6\d % of \$96,591\.74\).*MAX_DAILY_LOSS_PERCENT \(4\.00 %\)/);
    await desk.restart(undefined, { limits: limits(undefined, "0.05") });
    expectSwitched(desk, await run("a", HEDGE));
  });

  test("a deposit hides none of it", async () => {
    open({ ...INVESTED, limits: limits(undefined, "0.04") });
    desk.exchange.transfer("20000");
    desk.exchange.setPrice("TQQQ", "76");
    expectRefused(await run("a", HEDGE), "a", /excluding deposits and withdrawals of \$20,000\.00/);
  });

  test("a withdrawal adds nothing to it", async () => {
    open({ exchange: { ...INVESTED.exchange, cash: decimal("20012") }, limits: limits(undefined, "0.01") });
    desk.exchange.transfer("-20000");
    expectSwitched(desk, await run("a", HEDGE));
  });

  test.each([
    ["over the weekend on which the clocks go forward", "2026-03-06T15:00:00-05:00", "2026-03-09T10:00:00-04:00"],
    ["over the weekend on which they go back", "2026-10-30T15:00:00-04:00", "2026-11-02T10:00:00-05:00"],
    ["over a day with an early close", "2026-11-27T12:00:00-05:00", "2026-11-30T10:00:00-05:00"],
  ])("%s only what came after the close counts as a flow", async (_name, friday, monday) => {
    open({ ...INVESTED, startAt: Date.parse(friday), limits: limits(undefined, "0.04") });
    desk.exchange.transfer("5000");
    await desk.clock.advance(2 * 3_600_000);
    desk.exchange.transfer("10000");
    await desk.clock.advance(Date.parse(monday) - desk.clock.now());
    desk.exchange.setPrice("TQQQ", "79.5");
    expectRefused(await run("a", HEDGE), "a", /lost \$5,5\d\d\.\d\d .*excluding deposits and withdrawals of \$10,000\.00/);
  });
});

describe("when deposits and withdrawals cannot be read", () => {
  const spoil = (answer: VenueResponse): void => {
    desk.venue.interceptor = { before: (request) => Promise.resolve(isRead(request, "/v2/account/activities") ? answer : undefined) };
  };
  const ANSWERS: [string, VenueResponse][] = [
    ["the venue fails", reply(500, { code: 50010000, message: "internal server error" })],
    ["it knows no such address", reply(404, { code: 40410000, message: "endpoint not found" })],
    ["an amount is no number", reply(200, [{ id: "1", activity_type: "CSD", net_amount: "?" }])],
    ["it is something else than a list", reply(200, { activities: [] })],
  ];

  test.each(ANSWERS)("because %s, a plan under limits is refused and nothing is sent", async (_name, answer) => {
    open({ ...INVESTED, limits: limits("5") });
    spoil(answer);
    expectRefused(await run("a", HEDGE), "a", /Cannot check MAX_DAILY_TURNOVER_PERCENT and MAX_DAILY_LOSS_PERCENT: /);
  });

  test("because the calendar is silent, too", async () => {
    open({ ...INVESTED, limits: limits(undefined, "0.5") });
    desk.venue.interceptor = { before: (request) => Promise.resolve(isRead(request, "/v2/calendar") ? reply(200, []) : undefined) };
    expectRefused(await run("a", HEDGE), "a", "no session");
  });

  test("without limits nobody asks for them", async () => {
    open(INVESTED);
    spoil(reply(500, {}));
    expectSwitched(desk, await run("a", HEDGE));
  });
});

describe("an execution that has begun is not stranded", () => {
  /** After the first accepted sell everything speaks against it: a crash, no activities. */
  function spoilAfterFirstSell(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    let begun = false;
    desk.venue.interceptor = {
      before: (request) => Promise.resolve(begun && isRead(request, "/v2/account/activities") ? reply(500, { message: "no" }) : undefined),
      after: (request, response) => {
        if (!begun && isPost(request)) {
          begun = true;
          desk.exchange.setPrice("TQQQ", "60");
          resolve(undefined);
        }
        return Promise.resolve(response);
      },
    };
    return promise;
  }

  test("by a loss that comes up between its sells and its buys", async () => {
    open({ ...INVESTED, limits: limits("2.5", "0.02") });
    void spoilAfterFirstSell();
    expectSwitched(desk, await run("a", HEDGE));
  });

  test("nor after a restart, even with tighter limits: the buys are made, each within MAX_ORDER_VALUE", async () => {
    open({ ...INVESTED, limits: limits("2.5", "0.02") });
    const firstSell = spoilAfterFirstSell();
    desk.start(signalOf(desk.clock, HEDGE, { id: "a" })).catch(() => undefined);
    await desk.clock.until(firstSell);
    await desk.restart(undefined, { limits: limits("1", "0.01"), plan: { maxOrderValue: decimal("20000") } });
    const [result] = await desk.recover();
    expect(result).toMatchObject({
      kind: "concluded",
      conclusion: { outcome: "off-target", reason: expect.stringMatching(/^Left alone: UVXY \(order-limit\)\. Missing: UVXY \$33,/) },
    });
    expect(book(desk)).toEqual(["buy BTAL filled", "buy UVXY filled", "sell SMR filled", "sell TQQQ filled"]);
    expectUnharmed(desk);
  });

  test("by MAX_ORDER_VALUE when its sells bring more than they were planned for, and one of its buys is sent again", async () => {
    open({
      exchange: { cash: decimal("50000"), positions: [{ symbol: "TQQQ", quantity: decimal("500"), averagePrice: decimal("80") }] },
      plan: { maxOrderValue: decimal("46000") },
    });
    const soldAt = desk.clock.monotonic() + 5_000;
    desk.exchange.gate = { mayFill: ({ symbol }) => symbol !== "TQQQ" || desk.clock.monotonic() >= soldAt, mayCancel: () => true };
    desk.venue.interceptor = beforePosts("UVXY", 1, () => reply(422, { code: 42210000, message: "something is wrong" }));
    const running = desk.start(signalOf(desk.clock, { UVXY: "0.5", BTAL: "0.5" }));
    await desk.clock.advance(3_000);
    desk.exchange.setPrice("TQQQ", "88");
    expect(await desk.clock.until(running)).toMatchObject({ kind: "concluded", conclusion: { outcome: "on-target" } });
    expect(book(desk)).toEqual(["buy BTAL filled", "buy UVXY filled", "sell TQQQ filled"]);
    expectUnharmed(desk);
  });

  test.each([
    ["a loss of the day", limits(undefined, "0.02")],
    ["the turnover of the day", limits("2")],
  ])("when its rest is taken up, by %s", async (_, settings) => {
    open({ ...INVESTED, limits: settings, executionDeadlineSeconds: 100 });
    let isHeld = true;
    desk.exchange.gate = { mayFill: ({ symbol }) => symbol !== "UVXY" || !isHeld, mayCancel: () => true };
    desk.venue.interceptor = {
      after: (request, response) => {
        if (isPost(request)) desk.exchange.setPrice("TQQQ", settings.maxDailyLoss === undefined ? "87" : "80");
        return Promise.resolve(response);
      },
    };
    const signal = signalOf(desk.clock, HEDGE, { id: "a" });
    expect(await desk.run(signal)).toMatchObject({ conclusion: { outcome: "incomplete", mayGoOn: true } });
    isHeld = false;
    expect(await desk.run(signal, { takeUp: "fresh" })).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, HEDGE);
    expectUnharmed(desk);
  });

  test("by a newer run that the limits would refuse: that one does not take over", async () => {
    open({ ...INVESTED, limits: limits("2.5") });
    void spoilAfterFirstSell().then(() => (desk.newer = signalOf(desk.clock, EXAMPLE, { id: "newer" })));
    expect(await run("a", HEDGE)).toMatchObject({ kind: "concluded", conclusion: { outcome: "on-target" } });
    expectSwitchedBook(desk);
  });

  test("by a newer run that the limits allow, which takes over between the phases", async () => {
    open({ ...INVESTED, limits: limits("2.5") });
    desk.venue.interceptor = {
      after: (request, response) => {
        if (isPost(request)) desk.newer ??= signalOf(desk.clock, EXAMPLE, { id: "newer" });
        return Promise.resolve(response);
      },
    };
    expect(await run("a", HEDGE)).toMatchObject({
      conclusion: { outcome: "incomplete", reason: expect.stringContaining("newer") as unknown },
    });
    desk.newer = undefined;
    expect(await run("newer", EXAMPLE)).toMatchObject({ kind: "concluded", conclusion: { outcome: "on-target" } });
    expectUnharmed(desk);
  });
});

describe("an account of which the value at the last close is not known", () => {
  function openUnknown(settings: LimitSettings): void {
    open({ ...INVESTED, limits: settings });
    desk.venue.interceptor = {
      after: (request, response) =>
        Promise.resolve(
          isRead(request, "/v2/account")
            ? { ...response, body: response.body.replace(/"last_equity":"[^"]*"/, '"last_equity":null') }
            : response,
        ),
    };
  }

  test("is not traded under a limit of the day's loss, and the setting is named", async () => {
    openUnknown(limits(undefined, "0.05"));
    expectRefused(await run("a", HEDGE), "a", /MAX_DAILY_LOSS_PERCENT.*last_equity/);
  });

  test("is traded without one", async () => {
    openUnknown(limits(undefined));
    expectSwitched(desk, await run("a", HEDGE));
  });

  test("has its turnover measured against its present value", async () => {
    openUnknown(limits("1.5"));
    expectRefused(await run("a", HEDGE), "a", /MAX_DAILY_TURNOVER_PERCENT/);
    await desk.restart(undefined, { limits: limits("2.5") });
    expectSwitched(desk, await run("a", HEDGE));
  });
});
