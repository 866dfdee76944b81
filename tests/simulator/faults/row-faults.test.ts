import { expect, test } from "@jest/globals";
import { clientOf, holding, limitOrder, marketOrder, openExchange } from "../fixture.ts";

const setUp = (fault: string) => {
  const fixture = openExchange({ positions: [holding("LEU", "10", "190"), holding("SMR", "5", "35")] });
  const client = clientOf(fixture.exchange, { faults: [fault] });
  return { ...fixture, client, read: async (path: string): Promise<unknown> => (await client.request("GET", path)).json };
};

test("unpriced-position has neither value nor price; the other position has both", async () => {
  const { read } = setUp("unpriced-position:symbol=LEU");
  expect(await read("/v2/positions")).toMatchObject([
    { symbol: "LEU", qty: "10", market_value: null, current_price: null },
    { symbol: "SMR", market_value: "200", current_price: "40" },
  ]);
});

test("doubled-position is listed twice", async () => {
  const { read } = setUp("doubled-position:symbol=SMR");
  expect(((await read("/v2/positions")) as { symbol: string }[]).map(({ symbol }) => symbol)).toEqual(["LEU", "SMR", "SMR"]);
});

test("a worthless share is held, inactive, without a price, and fails a batch of market data; it disappears with its fault", async () => {
  const { client, read } = setUp("worthless-share");
  const cash = { cash: "100000", equity: "102200" };
  expect(await read("/v2/positions/448ESC016")).toMatchObject({ qty: "10", market_value: "0", current_price: "0" });
  expect(await read("/v2/assets/448ESC016")).toMatchObject({ status: "inactive", tradable: false });
  expect(await read("/v2/account")).toMatchObject(cash);
  expect(await client.request("GET", "/v2/stocks/snapshots?symbols=LEU,448ESC016")).toMatchObject({
    status: 400,
    json: { message: "code=400, message=invalid symbol: 448ESC016" },
  });
  expect((await client.request("POST", "/v2/orders", marketOrder("sell", "448ESC016", { qty: "10" }))).status).toBe(422);
  await client.request("DELETE", "/simulator/faults");
  expect(((await read("/v2/positions")) as unknown[]).length).toBe(2);
});

test("multi-leg-order is in the list of open orders without symbol and side, and not in that of one symbol", async () => {
  const { client, read } = setUp("multi-leg-order");
  await client.request("POST", "/v2/orders", limitOrder("buy", "SMR", "1", "30"));
  expect(await read("/v2/orders?status=open")).toMatchObject([
    { symbol: "", side: "", order_class: "mleg", legs: null },
    { symbol: "SMR" },
  ]);
  expect(await read("/v2/orders?status=open&symbols=SMR")).toMatchObject([{ symbol: "SMR" }]);
});
