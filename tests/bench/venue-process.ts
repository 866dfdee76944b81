import type { AssetRecord } from "../../src/simulator/assets.ts";
import { startSimulator } from "../../src/simulator/server.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { answerQuestions } from "./conversation.ts";
import { DelayLine } from "./delay-line.ts";
import { machineMs } from "./machine-time.ts";
import { INVENTED_PRICES, INVENTED_SYMBOLS } from "./portfolio.ts";
import { SkippingClock } from "./skipping-clock.ts";
import type { WireRecord } from "./venue.ts";

/** The venue in a process of its own, behind a line whose length can be set: what it costs is not the trader's. */

const CASH = "10000000";
/** Alpaca's published median from the acknowledgement to the fill. */
const FILL_MS = 9;

const [, , accountNumber = ""] = process.argv;
const clock = new SkippingClock();
const simulator = await startSimulator({
  clock,
  accountNumber,
  cash: decimal(CASH),
  alwaysOpen: true,
  ackLatencyMs: 0,
  fillLatencyMs: FILL_MS,
  partialFillProbability: 0,
  rateLimitPerMinute: "off",
  prices: INVENTED_PRICES,
});
for (const symbol of INVENTED_SYMBOLS) simulator.exchange.state.assets.set(symbol, inventedAsset(symbol));
const line = await DelayLine.open(simulator.port);

const takenAt = new Map<string, number>();
let fillTimes: number[] = [];
simulator.exchange.onTradeUpdate(({ event, order }) => {
  const { id } = order;
  if (event === "pending_new") takenAt.set(id, machineMs());
  if (event !== "fill") return;
  fillTimes.push(machineMs() - (takenAt.get(id) ?? machineMs()));
  takenAt.delete(id);
});

answerQuestions({
  url: () => line.url,
  "round-trip": (ms) => {
    line.roundTripMs = ms;
  },
  skip: (ms) => {
    clock.skip(ms);
    forget();
  },
  record: (): WireRecord => {
    const record = { requests: line.takeRequests(), fillTimes };
    fillTimes = [];
    return record;
  },
  close: () =>
    void line
      .close()
      .then(() => simulator.close())
      .then(() => process.disconnect()),
});

/** The venue's own memory is not what is measured: ended orders and their fills go once nobody looks back that far. */
function forget(): void {
  const { orders, activities } = simulator.exchange.state;
  const before = clock.now() - 30 * 60_000;
  for (const [id, order] of orders) if (Date.parse(order.createdAt) < before) orders.delete(id);
  const kept = activities.findIndex(({ transaction_time }) => Date.parse(transaction_time ?? "") >= before);
  activities.splice(0, kept === -1 ? activities.length : kept);
}

function inventedAsset(symbol: string): AssetRecord {
  return {
    id: `00000000-0000-4000-8000-${Buffer.from(symbol.padEnd(6)).toString("hex")}`,
    symbol,
    name: `Invented ${symbol}`,
    exchange: "ARCA",
    status: "active",
    tradable: true,
    fractionable: true,
    marginable: true,
    shortable: true,
  };
}
