import { describe, expect, test } from "@jest/globals";
import { clientOf, marketOrder, openExchange } from "../fixture.ts";

const setUp = (fault: string) => {
  const fixture = openExchange({ prices: { SMR: "40" } });
  const client = clientOf(fixture.exchange, { faults: [fault] });
  const buy = (symbol: string) => client.request("POST", "/v2/orders", marketOrder("buy", symbol, { notional: "100" }));
  const states = (): string[] => [...fixture.exchange.state.orders.values()].map(({ symbol, status }) => `${symbol} ${status}`);
  return { ...fixture, client, buy, states };
};

describe("a pause in one symbol", () => {
  test("accepts orders, lets them rest, and fills them when trading resumes; other symbols trade", async () => {
    const { buy, clock, states } = setUp("symbol-paused:symbol=TQQQ");
    await buy("TQQQ");
    await buy("SMR");
    await clock.advance(74_000);
    expect(states()).toEqual(["TQQQ new", "SMR filled"]);
    await clock.advance(1_100);
    expect(states()).toEqual(["TQQQ filled", "SMR filled"]);
  });

  test("freezes quote, trade and their timestamps for that symbol only", async () => {
    const { client, clock, exchange } = setUp("symbol-paused:symbol=TQQQ,for=300");
    const quote = async (symbol: string): Promise<unknown> => (await client.request("GET", `/v2/stocks/${symbol}/quotes/latest`)).json;
    const before = [await quote("TQQQ"), await quote("SPXL"), exchange.valueOf("TQQQ").toFixed()];
    await clock.advance(299_000);
    expect(await quote("TQQQ")).toEqual(before[0]);
    expect(exchange.valueOf("TQQQ").toFixed()).toBe(before[2]);
    expect(await quote("SPXL")).not.toEqual(before[1]);
    await clock.advance(1_000);
    expect(await quote("TQQQ")).not.toEqual(before[0]);
  });

  test("with orders=refused names the halt, until it is over", async () => {
    const { buy, clock } = setUp("symbol-paused:symbol=TQQQ,orders=refused,nth=1,for=60");
    expect((await buy("TQQQ")).status).toBe(200);
    expect(await buy("TQQQ")).toMatchObject({ status: 422, json: { code: 42210000, message: 'trading in asset "TQQQ" is halted' } });
    expect((await buy("SMR")).status).toBe(200);
    await clock.advance(60_000);
    expect((await buy("TQQQ")).status).toBe(200);
  });
});

describe("a temporary refusal", () => {
  test.each([
    ["refused-for-a-while:for=20", 'asset "SMR" is temporarily not available for trading'],
    ["refused-for-a-while:reason=unknown,for=20", "order could not be validated by upstream (E7312)"],
    ["refused-for-a-while:text=come back later,for=20", "come back later"],
  ])("%s lasts for that time", async (fault, message) => {
    const { buy, clock } = setUp(fault);
    expect(await buy("SMR")).toMatchObject({ status: 403, json: { code: 40310000, message } });
    await clock.advance(20_000);
    expect((await buy("SMR")).status).toBe(200);
  });

  test("of one symbol and side does not affect the others", async () => {
    const { buy } = setUp("refused-for-a-while:symbol=SMR,side=sell");
    expect((await buy("SMR")).status).toBe(200);
  });
});
