import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { marketData, OrdersApi, streaming, trading } from "@alpacahq/alpaca-trade-api";
import { type Simulator, startSimulator } from "../../src/simulator/server.ts";

const KEYS = { keyId: "key", secret: "secret" };

describe("Alpaca's own SDK against the simulator", () => {
  let simulator: Simulator;

  beforeAll(async () => {
    simulator = await startSimulator({ alwaysOpen: true, partialFillProbability: 0, credentials: KEYS, prices: { SMR: "40", LEU: "200" } });
  });

  afterAll(() => simulator.close());

  test("reads the account, places an order, finds it, cancels another, and receives the fill", async () => {
    const configuration = new trading.Configuration({ basePath: simulator.url, timeoutMs: 0, ...KEYS });
    const orders = new OrdersApi(configuration);
    const stream = new streaming.TradingStream({ credentials: KEYS, url: simulator.streamUrl, reconnect: false });
    const filled = new Promise<{ order: { id?: string }; price: string; qty: string; positionQty: string }>((resolve) => {
      stream.onTradeUpdate((update) => {
        if (update.event === "fill") resolve(update as never);
      });
    });
    const listening = new Promise<void>((resolve) => {
      stream.on(streaming.EVENT.SUBSCRIPTION, () => {
        resolve();
      });
    });
    stream.subscribeTradeUpdates();
    stream.connect();
    await listening;

    const account = await new trading.AccountsApi(configuration).getAccount();
    expect(account).toMatchObject({ accountNumber: "SIM000001", status: "ACTIVE", cash: "100000", buyingPower: "100000" });
    const clock = await new trading.ClockApi(configuration).legacyClock();
    expect(clock.isOpen).toBe(true);

    const bought = await orders.market({ symbol: "SMR", side: "buy", notional: "1000", clientOrderId: "run:1/SMR" });
    const update = await filled;
    expect(update).toMatchObject({ price: "40.01", qty: "24.993751562", positionQty: "24.993751562", order: { id: bought.id } });
    expect(await orders.getOrderByClientOrderId({ clientOrderId: "run:1/SMR" })).toMatchObject({ id: bought.id, status: "filled" });

    const resting = await orders.limit({ symbol: "LEU", side: "buy", qty: "1", limitPrice: "100" });
    await orders.deleteOrderByOrderID({ orderId: resting.id! });
    const positions = await new trading.PositionsApi(configuration).getAllOpenPositions();
    expect(positions).toMatchObject([{ symbol: "SMR", qty: "24.993751562", side: "long" }]);

    const refused = orders.market({ symbol: "SMR", side: "buy", notional: "1000", clientOrderId: "run:1/SMR" });
    await expect(refused).rejects.toMatchObject({ status: 422, code: 40010001 });
    await expect(new trading.AssetsApi(configuration).getV2AssetsSymbolOrAssetId({ symbolOrAssetId: "ZZZZ" })).rejects.toMatchObject({
      status: 404,
    });

    const data = new marketData.StockApi(new marketData.Configuration({ basePath: simulator.url, timeoutMs: 0, ...KEYS }));
    const bars = await data.stockBars({
      symbols: "SPY,SMR",
      timeframe: "1Day",
      start: new Date("2025-06-02"),
      end: new Date("2025-06-06"),
    });
    expect(Object.keys(bars.bars)).toEqual(["SMR", "SPY"]);
    stream.disconnect();
  });
});
