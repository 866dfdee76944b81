import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { decimal } from "../../src/domain/decimal.ts";
import type { Arrival } from "./faults.ts";
import { afterFirstPost, arrivals, beforePosts, both, isRead, NO_BUYING_POWER } from "./faults.ts";
import { book, expectUnharmed, passUntil } from "./scenario.ts";
import { signalOf, VirtualDesk } from "./virtual-desk.ts";

let desk: VirtualDesk;
/** What the venue holds back of the buying power, dollars. */
let withheld: number;
/** POSTs that have come to the venue. */
let sent: Arrival[];

/** A buy of UVXY finds no seller and is cancelled after a minute; buying power is withheld as long as a test says. */
beforeEach(() => {
  desk = new VirtualDesk({ exchange: { cash: decimal("10000") }, executionDeadlineSeconds: 90 });
  withheld = 0;
  const { list, interceptor } = arrivals(desk);
  sent = list;
  desk.venue.interceptor = both(
    interceptor,
    afterFirstPost("UVXY", (response) => {
      desk.exchange.setQuote("UVXY", "0", "0");
      return response;
    }),
    {
      after: (request, response) => {
        if (!isRead(request, "/v2/account")) return Promise.resolve(response);
        const account = JSON.parse(response.body) as { buying_power: string };
        const buying_power = String(Math.max(0, Number(account.buying_power) - withheld));
        return Promise.resolve({ ...response, body: JSON.stringify({ ...account, buying_power }) });
      },
    },
  );
});

afterEach(() => desk.close());

describe("after a run whose buy was cancelled", () => {
  beforeEach(async () => {
    await desk.run(signalOf(desk.clock, { UVXY: "1" }));
    withheld = 8_000;
    sent.length = 0;
  });

  test("buying power that it still holds is waited for", async () => {
    expect([...new Set(book(desk))]).toEqual(["buy UVXY canceled"]);
    desk.clock.after(7_000, () => (withheld = 0));
    const result = await desk.run(signalOf(desk.clock, { BTAL: "1" }, { id: "00000000000000bb" }));
    expect(result).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(desk.weights().BTAL).toBeGreaterThan(0.95);
    expectUnharmed(desk);
  });

  test("buying power that stays below the cash is taken as it is, after some seconds", async () => {
    const before = desk.clock.monotonic();
    const running = desk.start(signalOf(desk.clock, { BTAL: "1" }, { id: "00000000000000bb" }));
    await passUntil(desk, () => sent.length > 0);
    expect(desk.clock.monotonic() - before).toBeLessThan(45_000);
    const result = await desk.clock.until(running);
    expect(result).toMatchObject({ conclusion: { outcome: "incomplete" } });
    expect(result.kind === "concluded" && result.conclusion.reason).toMatch(/BTAL \(insufficient-cash\)/);
    expect(result.kind === "concluded" && result.conclusion.reason).toMatch(/of cash, but only \$\d+\.\d\d of buying power\.$/);
    expect(desk.weights().BTAL).toBeCloseTo(0.2, 1);
    expectUnharmed(desk);
  });

  test("long after the last order it is not waited for at all", async () => {
    await desk.clock.advance(60_000);
    const before = desk.clock.monotonic();
    const running = desk.start(signalOf(desk.clock, { BTAL: "1" }, { id: "00000000000000bb" }));
    await passUntil(desk, () => sent.length > 0);
    expect(desk.clock.monotonic() - before).toBeLessThan(5_000);
    await desk.clock.until(running);
    expectUnharmed(desk);
  });
});

test("a refused buy is sized again only after the venue has released what a cancelled buy still held", async () => {
  const faults = desk.venue.interceptor;
  desk.venue.interceptor = both(
    faults,
    beforePosts("BTAL", 1, () => NO_BUYING_POWER),
  );
  desk.clock.after(55_000, () => (withheld = 9_000));
  desk.clock.after(67_000, () => (withheld = 0));
  const result = await desk.run(signalOf(desk.clock, { UVXY: "0.5", BTAL: "0.5" }));
  expect(result).toMatchObject({ conclusion: { outcome: "incomplete" } });
  expect([...new Set(book(desk))]).toEqual(["buy BTAL filled", "buy UVXY canceled"]);
  expect(desk.weights().BTAL).toBeCloseTo(0.5, 1);
  expectUnharmed(desk);
});

test("buying power that is lacking although there is cash is named as the cause", async () => {
  withheld = 10_000;
  const result = await desk.run(signalOf(desk.clock, { BTAL: "1" }));
  const reason: unknown = expect.stringContaining("The broker shows $10,000.00 of cash, but only $0.00 of buying power.");
  expect(result).toMatchObject({ kind: "declined", verdict: "account-unsettled", reason });
});
