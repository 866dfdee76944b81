import { describe, expect, test } from "@jest/globals";
import { decimal } from "../../../src/domain/decimal.ts";
import { clientOf, holding, marketOrder, openExchange } from "../fixture.ts";

/** $1,000 in cash and 100 SMR at $40, sold at once for about $3,999. */
const soldUnder = async (fault: string) => {
  const fixture = openExchange({ cash: decimal("1000"), positions: [holding("SMR", "100", "30")] });
  const client = clientOf(fixture.exchange, { faults: [fault] });
  const read = async (path: string): Promise<unknown> => (await client.request("GET", path)).json;
  await client.request("POST", "/v2/orders", marketOrder("sell", "SMR", { qty: "100" }));
  await fixture.clock.advance(100);
  return { ...fixture, client, read };
};

describe("figures that lag independently", () => {
  test.each([
    ["cash", { cash: "1000" }, { buying_power: "5000", equity: "5000" }],
    ["power", { buying_power: "1000", regt_buying_power: "1000" }, { cash: "5000", equity: "5000" }],
  ])("lagging-numbers:%s delays that figure and no other", async (name, late, rest) => {
    const lags = { cash: 0, power: 0, equity: 0, positions: 0, gate: 0, [name]: 6_000 };
    const fault = Object.entries(lags).map(([key, ms]) => `${key}=${String(ms)}`);
    const { clock, read } = await soldUnder(`lagging-numbers:${fault.join(",")}`);
    expect(await read("/v2/account")).toMatchObject({ ...late, ...rest });
    expect(await read("/v2/positions")).toEqual([]);
    await clock.advance(5_800);
    expect(await read("/v2/account")).toMatchObject({ ...late, ...rest });
    await clock.advance(200);
    expect(await read("/v2/account")).toMatchObject({ cash: "5000", buying_power: "5000", equity: "5000" });
  });

  test("lagging-numbers:positions still shows a sold holding, and equity still excludes a deposit", async () => {
    const { clock, exchange, read } = await soldUnder("lagging-numbers:power=0,positions=2000,equity=3000");
    expect(await read("/v2/positions")).toMatchObject([{ symbol: "SMR", qty: "100" }]);
    exchange.transfer("500");
    expect(await read("/v2/account")).toMatchObject({ cash: "5500", equity: "5000", portfolio_value: "5000" });
    await clock.advance(2_000);
    expect(await read("/v2/positions")).toEqual([]);
    await clock.advance(1_000);
    expect(await read("/v2/account")).toMatchObject({ equity: "5500" });
  });

  test("lagging-numbers:gate refuses, in Alpaca's words, cash that the account shows", async () => {
    const { clock, client, read } = await soldUnder("lagging-numbers:power=0,gate=3000");
    const buy = () => client.request("POST", "/v2/orders", marketOrder("buy", "BTAL", { notional: "4000" }));
    expect(await read("/v2/account")).toMatchObject({ buying_power: "5000" });
    const refused = await buy();
    expect(refused.status).toBe(403);
    expect(refused.text).toBe('{"buying_power":"1000","code":40310000,"cost_basis":"4000","message":"insufficient buying power"}');
    await clock.advance(3_000);
    expect((await buy()).status).toBe(200);
    // A buy reduces the gate at once: a lagging gate never lets the same money be spent twice.
    expect((await buy()).status).toBe(403);
  });

  test("equity-off shows too little for a while after a sell fills", async () => {
    const { clock, read } = await soldUnder("equity-off:by=0.03,ms=20000");
    expect(await read("/v2/account")).toMatchObject({ cash: "5000", buying_power: "5000", equity: "4850" });
    await clock.advance(20_000);
    expect(await read("/v2/account")).toMatchObject({ equity: "5000" });
  });
});
