import { afterEach, describe, expect, test } from "@jest/globals";
import { arrivals, both, isPost, isRead, reply, shownAccount } from "./faults.ts";
import { book, expectHoldings, expectUnharmed, HEDGE, INVESTED } from "./scenario.ts";
import type { Interceptor } from "../../src/simulator/venue.ts";
import { signalOf, VirtualDesk } from "./virtual-desk.ts";

let desk: VirtualDesk;

afterEach(() => desk.close());

const BY_USER = reply(403, { code: 40310000, message: "new orders are rejected by user request" });

/** From this POST on every order is refused; what the configuration says of the switch is up to the test. */
function suspended(fromPost: number, shown: { configuration: boolean | undefined }): ReturnType<typeof arrivals> {
  desk = new VirtualDesk(INVESTED);
  const seen = arrivals(desk);
  const gate: Interceptor = {
    before: (request) => Promise.resolve(isPost(request) && isOn && seen.list.length >= fromPost ? BY_USER : undefined),
    after: (request, response) => {
      if (!isRead(request, "/v2/account/configurations") || !isOn || seen.list.length < fromPost) return Promise.resolve(response);
      if (shown.configuration === undefined) return Promise.resolve(reply(503, "<html>Service Unavailable</html>"));
      const settings = JSON.parse(response.body) as Record<string, unknown>;
      return Promise.resolve({ ...response, body: JSON.stringify({ ...settings, suspend_trade: shown.configuration }) });
    },
  };
  isOn = true;
  desk.venue.interceptor = both(seen.interceptor, gate);
  return seen;
}

let isOn = true;

describe("an account whose owner has switched trading off (R20, R33)", () => {
  test("before the first order was taken: one try of each sell, the switch and its page are named, and it is tried again once it is off", async () => {
    const { list } = suspended(1, { configuration: true });
    const signal = signalOf(desk.clock, HEDGE);
    const result = await desk.run(signal);
    expect(result).toMatchObject({
      kind: "concluded",
      conclusion: { outcome: "refused", code: "account-blocked", verdict: { kind: "account-blocked" } },
    });
    expect(result.kind === "concluded" && result.conclusion.reason).toMatch(
      /switch `suspend_trade` is on.*Switch it off on the account's page/,
    );
    expect(list.map(({ side, symbol }) => `${side} ${symbol}`).sort()).toEqual(["sell SMR", "sell TQQQ"]);
    isOn = false;
    await desk.clock.advance(60_000);
    expect(await desk.run(signal)).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, HEDGE);
    expectUnharmed(desk);
  });

  test("after the sells: one try of each buy, and what is left is worth taking up", async () => {
    const { list } = suspended(3, { configuration: true });
    const result = await desk.run(signalOf(desk.clock, HEDGE));
    expect(result).toMatchObject({ conclusion: { outcome: "incomplete", code: "account-blocked", mayGoOn: true } });
    expect(result.kind === "concluded" && result.conclusion.reason).toContain("switch `suspend_trade` is on");
    expect(list).toHaveLength(4);
    expect(book(desk)).toEqual(["sell SMR filled", "sell TQQQ filled"]);
  });

  test.each([
    ["says that the switch is off", false],
    ["cannot be read", undefined],
  ])(
    "where its configuration %s, each order is tried as often as an unknown refusal deserves, and the switch is named",
    async (_, configuration) => {
      const { list } = suspended(3, { configuration });
      const result = await desk.run(signalOf(desk.clock, HEDGE));
      expect(result).toMatchObject({ conclusion: { outcome: "off-target", code: "order-refused" } });
      expect(result.kind === "concluded" && result.conclusion.reason).toContain("switch `suspend_trade`");
      expect(list).toHaveLength(2 + 2 * 4);
    },
  );

  test("shown by the account alone: the switch is named too", async () => {
    desk = new VirtualDesk(INVESTED);
    let isSold = false;
    desk.exchange.onTradeUpdate(() => (isSold ||= book(desk).some((line) => line.endsWith("filled"))));
    desk.venue.interceptor = {
      after: async (request, response) =>
        isSold
          ? ((await shownAccount(() => ({ trade_suspended_by_user: true as unknown as string })).after?.(request, response)) ?? response)
          : response,
    };
    const result = await desk.run(signalOf(desk.clock, HEDGE));
    expect(result).toMatchObject({ conclusion: { outcome: "incomplete", code: "account-blocked" } });
    expect(result.kind === "concluded" && result.conclusion.reason).toContain("its own switch `suspend_trade`");
  });
});
