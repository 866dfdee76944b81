import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { type Client, clientOf, holding, limitOrder, marketOrder, openExchange } from "./fixture.ts";

/** Answers of the real API, if present next to the checkout. */
const RECORDED = join(import.meta.dirname, "..", "..", "..", "shared", "recorded", "alpaca");
/** What Alpaca removed on 2026-07-06, after the newest recording of an account. */
const REMOVED = ["daytrading_buying_power", "bod_dtbp", "pattern_day_trader", "daytrade_count"];

const STAMP = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,8}[1-9])?`;
const FORMS: readonly (readonly [form: string, pattern: RegExp])[] = [
  ["UTC stamp without trailing zeros", new RegExp(`^${STAMP}Z$`)],
  ["stamp with New York's offset, without trailing zeros", new RegExp(`^${STAMP}-0[45]:00$`)],
  ["date", /^\d{4}-\d\d-\d\d$/],
  ["id of an activity, by date", /^\d{8}0{9}::[\da-f-]{36}$/],
  ["id of an activity, by time", /^\d{17}::[\da-f-]{36}$/],
  ["UUID", /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/],
  ["amount", /^-?\d+(\.\d+)?$/],
];

/** What a client notices of a value: the form of a text, the type of another value, the keys of an object. */
function formOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [formOf(value[0])];
  if (value !== null && typeof value === "object")
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, formOf(each)]));
  if (typeof value !== "string") return value === null ? null : typeof value;
  return FORMS.find(([, pattern]) => pattern.test(value))?.[0] ?? "text";
}

/** Where two forms differ, as paths; null stands for every form. */
function differences(recorded: unknown, own: unknown, path = ""): string[] {
  if (recorded === null || own === null) return [];
  if (typeof recorded !== "object" || typeof own !== "object" || Array.isArray(recorded) !== Array.isArray(own))
    return recorded === own ? [] : [`${path} is ${JSON.stringify(own)}, recorded: ${JSON.stringify(recorded)}`];
  return Object.entries(recorded).flatMap(([key, form]) =>
    key in own ? differences(form, (own as Record<string, unknown>)[key], `${path}/${key}`) : [`${path}/${key} is missing`],
  );
}

function recordedBody(file: string): unknown {
  const path = join(RECORDED, file);
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as { body: unknown }).body : undefined;
}

function without(body: unknown, keys: readonly string[]): unknown {
  return Object.fromEntries(Object.entries(body as object).filter(([key]) => !keys.includes(key)));
}

function listed(body: unknown, place: number): unknown {
  return (body as readonly unknown[])[place];
}

describe("an answer has the keys and the forms of the newest recorded one:", () => {
  let client: Client;
  let frames: string[] = [];
  let orderId = "";
  const read = async (path: string): Promise<unknown> => (await client.request("GET", path)).json;

  beforeAll(async () => {
    const { clock, exchange } = openExchange({ positions: [holding("AAPL", "7", "256.597143")] });
    client = clientOf(exchange, { rateLimitPerMinute: "off" });
    frames = [];
    const stream = client.venue.openStream(
      (frame) => frames.push(frame),
      () => undefined,
    );
    stream.receive('{"action":"auth","key":"k","secret":"s"}');
    stream.receive('{"action":"listen","data":{"streams":["trade_updates"]}}');
    exchange.submit(marketOrder("buy", "SMR", { qty: "3" }));
    await clock.advance(1_234);
    exchange.charge("0.25");
    exchange.transfer("500");
    orderId = exchange.submit({ ...limitOrder("buy", "SPY", "1", "555.9"), client_order_id: "hourly-1" }).id;
    await clock.advance(1_000);
  });

  test.each<readonly [file: string, own: () => Promise<unknown>, part?: (body: unknown) => unknown]>([
    ["account/2025-11-paper-8-positions.json", () => read("/v2/account"), (body) => without(body, REMOVED)],
    ["positions/2025-11-eight-longs.json", () => read("/v2/positions/AAPL"), (body) => listed(body, 0)],
    ["order/insightque-SPY.json", () => read(`/v2/orders/${orderId}`)],
    ["activities/2026-09-fees.json", async () => listed(await read("/v2/account/activities/FEE"), 0), (body) => listed(body, 1)],
    ["clock/insightque-2026-05-28.json", () => read("/v2/clock")],
  ])("%s, and no other keys", async (file, ask, part = (body) => body) => {
    const recorded = recordedBody(file);
    const own = formOf(await ask());
    const form = recorded === undefined ? own : formOf(part(recorded));
    expect([...differences(form, own), ...differences(own, form)]).toEqual([]);
  });

  // Recorded before Alpaca added keys that the simulator has.
  test.each<readonly [file: string, own: () => Promise<unknown>, part?: (body: unknown) => unknown]>([
    [
      "activities/2021-06-mixed.json",
      async () => listed(await read("/v2/account/activities/FILL"), 0),
      (body) => without(listed(body, 0), ["id"]),
    ],
    [
      "activities/2021-05-csd.json",
      async () => listed(await read("/v2/account/activities/CSD"), 0),
      (body) => without(listed(body, 0), ["account_id"]),
    ],
    [
      "history/2026-04-cashflow.json",
      () => read("/v2/account/portfolio/history?period=1D&timeframe=1Min&cashflow_types=ALL"),
      (body) => without(body, ["cashflow"]),
    ],
    ["assets/2022-spy.json", () => read("/v2/assets/SPY")],
    ["calendar/vcr-GET-_v2_calendar-07-Jul-2019.json", () => read("/v2/calendar?start=2025-07-14&end=2025-07-14")],
    ["snapshots/2022-09-iex-zero-quote.json", () => read("/v2/stocks/snapshots?symbols=AAPL")],
    ["bars/alpaca-py-bars.json", () => read("/v2/stocks/bars?symbols=AAPL&timeframe=1Day&start=2025-07-08&limit=2")],
    ["stream/2021-07-fill.json", () => Promise.resolve(JSON.parse(frames.find((frame) => frame.includes('"fill"')) ?? "{}"))],
  ])("%s", async (file, ask, part = (body) => body) => {
    const recorded = recordedBody(file);
    const own = formOf(await ask());
    expect(recorded === undefined ? [] : differences(formOf(part(recorded)), own)).toEqual([]);
  });

  test("the id of a fill begins with New York's time, and NASDAQ's stocks are on tape C", async () => {
    expect(await read("/v2/account/activities/FILL")).toMatchObject([{ id: expect.stringMatching(/^20250714110000\d{3}::/) }]);
    expect(await read("/v2/stocks/AAPL/trades/latest")).toMatchObject({ trade: { z: "C" } });
    expect(await read("/v2/stocks/SPY/trades/latest")).toMatchObject({ trade: { z: "B" } });
  });
});
