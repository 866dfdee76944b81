import { describe, expect, test } from "@jest/globals";
import { authenticated, type DataClient, type Message, streamingVenue, type Streaming } from "./data-client.ts";

const CLOSE = Date.parse("2025-07-14T20:00:00Z");
const MINUTE = 60_000;

/** A client that is subscribed, and reads over HTTP what it needs to compare. */
async function subscribed(
  world: Streaming,
  channels: Record<string, string[]>,
  feed?: "iex" | "delayed_sip" | "test",
): Promise<DataClient> {
  const client = await authenticated(world.venue, feed);
  client.send({ action: "subscribe", ...channels });
  return client;
}

async function get<T>({ client }: Streaming, path: string): Promise<T> {
  return (await client.request("GET", path)).json as T;
}

/** A data point as HTTP shows it: without type and symbol. */
function plain(message: Message): object {
  return Object.fromEntries(Object.entries(message).filter(([key]) => key !== "T" && key !== "S"));
}

function stamp(at: number): string {
  return new Date(at).toISOString();
}

describe.each([
  ["trades", "t"],
  ["quotes", "q"],
] as const)("streamed %s", (kind, type) => {
  test("are those of the history of the same time, in its order, through changes of prices and a pause", async () => {
    const world = streamingVenue();
    const client = await subscribed(world, { [kind]: ["SMR", "SPY"] });
    const from = world.clock.now() + 1;
    const changes = [
      () => world.exchange.setPrice("SMR", "41.5"),
      () => world.exchange.setQuote("SMR", "41", "42"),
      () => world.exchange.pauseSymbol("SMR"),
      () => world.exchange.resumeSymbol("SMR"),
      () => world.exchange.releasePrice("SMR"),
    ];
    for (const change of changes) {
      await world.clock.advance(3_333);
      change();
    }
    await world.clock.advance(5_000);
    for (const symbol of ["SMR", "SPY"]) {
      const page = await get<Record<string, Record<string, object[]>>>(world, `/v2/stocks/${kind}?symbols=${symbol}&start=${stamp(from)}`);
      const streamed = client.data(type).filter(({ S }) => S === symbol);
      expect(streamed.map(plain)).toEqual(page[kind]![symbol]);
      expect(streamed.length).toBeGreaterThan(15);
    }
  });

  test("end with the latest that HTTP shows at the same time", async () => {
    const world = streamingVenue();
    const client = await subscribed(world, { [kind]: ["SMR"] });
    await world.clock.advance(1_000);
    for (let step = 0; step < 40; step++) {
      await world.clock.advance(317);
      if (step % 7 === 3) world.exchange.setPrice("SMR", `4${String(step)}.25`);
      const latest = await get<Record<string, Record<string, object>>>(world, `/v2/stocks/${kind}/latest?symbols=SMR`);
      expect([step, plain(client.data(type).at(-1)!)]).toEqual([step, latest[kind]!.SMR]);
    }
  });

  test("are not repeated while the market is closed, and replay nothing to a new client", async () => {
    const world = streamingVenue({}, {}, CLOSE - 2_200);
    const client = await subscribed(world, { [kind]: ["SMR"] });
    await world.clock.advance(MINUTE);
    const times = client.data(type).map(({ t }) => String(t).slice(11));
    expect(times.at(-1)).toBe("20:00:00Z");
    expect(times).toHaveLength(3);
    client.session.closed();
    const late = await subscribed(world, { [kind]: ["SMR"] });
    await world.clock.advance(MINUTE);
    expect(late.data(type)).toEqual([]);
  });

  test("on a thin feed are its own", async () => {
    const world = streamingVenue({}, { faults: ["free-feed:prints=2000,still=7,one-sided=0.3"] });
    const client = await subscribed(world, { [kind]: ["SMR"] });
    const from = world.clock.now() + 1;
    await world.clock.advance(2 * MINUTE);
    const page = await get<Record<string, Record<string, object[]>>>(world, `/v2/stocks/${kind}?symbols=SMR&start=${stamp(from)}`);
    expect(client.data(type).map(plain)).toEqual(page[kind]!.SMR);
  });

  test("of 15 minutes ago come on the delayed feed", async () => {
    const world = streamingVenue();
    const client = await subscribed(world, { [kind]: ["SMR"] }, "delayed_sip");
    await world.clock.advance(3_000);
    const latest = await get<Record<string, Record<string, object>>>(world, `/v2/stocks/${kind}/latest?symbols=SMR&feed=delayed_sip`);
    expect(plain(client.data(type).at(-1)!)).toEqual(latest[kind]!.SMR);
    expect(client.data(type)).toHaveLength(3);
  });
});

describe("streamed bars", () => {
  interface Bars {
    readonly bars: Record<string, object[]>;
  }

  test("come right after each minute, and are those of HTTP", async () => {
    const world = streamingVenue();
    const client = await subscribed(world, { bars: ["*"], dailyBars: ["SMR"] });
    await world.clock.advance(3 * MINUTE);
    const { bars } = await get<Bars>(world, "/v2/stocks/bars?symbols=SMR,SPY&timeframe=1Min&start=2025-07-14T15:00:00Z");
    for (const symbol of ["SMR", "SPY"])
      expect(
        client
          .data("b")
          .filter(({ S }) => S === symbol)
          .map(plain),
      ).toEqual(bars[symbol]);
    expect(new Set(client.data("b").map(({ S }) => S)).size).toBe(world.exchange.state.assets.size);
    const days = await get<Bars>(world, "/v2/stocks/bars?symbols=SMR&timeframe=1Day");
    expect(client.data("d")).toHaveLength(3);
    expect(client.data("d").slice(-1).map(plain)).toEqual(days.bars.SMR);
  });

  test("end with the session", async () => {
    const world = streamingVenue({}, {}, CLOSE - MINUTE - 5_000);
    const client = await subscribed(world, { bars: ["SMR"], dailyBars: ["SMR"], updatedBars: ["SMR"] });
    await world.clock.advance(10 * MINUTE);
    expect(client.data("b").map(({ t }) => t)).toEqual(["2025-07-14T19:58:00Z", "2025-07-14T19:59:00Z"]);
    expect(client.data("d")).toHaveLength(2);
    expect(client.data("u")).toEqual([]);
  });

  test("are updated half a minute later where a trade was late, over HTTP too", async () => {
    const world = streamingVenue({}, { faults: ["late-trades:symbol=SMR"] });
    const client = await subscribed(world, { bars: ["SMR", "SPY"], updatedBars: ["*"] });
    const read = async (): Promise<object[]> =>
      (await get<Bars>(world, "/v2/stocks/bars?symbols=SMR&timeframe=1Min&start=2025-07-14T15:00:00Z&end=2025-07-14T15:00:00Z")).bars.SMR!;
    await world.clock.advance(MINUTE);
    const early = client.data("b").filter(({ S }) => S === "SMR");
    expect(early.map(plain)).toEqual(await read());
    await world.clock.advance(30_000);
    const updated = client.data("u").slice(-1);
    expect(updated.map(plain)).toEqual(await read());
    expect(updated).toMatchObject([{ S: "SMR", t: "2025-07-14T15:00:00Z" }]);
    expect(Number(updated[0]!.v)).toBeGreaterThan(Number(early[0]!.v));
    expect(client.data("u").map(({ S }) => S)).toEqual(["SMR", "SMR"]);
  });

  test("are left out after a sleep of the machine, except those of the last minute", async () => {
    const world = streamingVenue();
    const client = await subscribed(world, { bars: ["SMR"], trades: ["SMR"] });
    world.clock.step(30 * MINUTE);
    await world.clock.advance(MINUTE);
    expect(client.data("b").length).toBeLessThan(4);
    expect(client.data("t").length).toBeLessThan(130);
  });
});

describe("streamed trading statuses", () => {
  const statuses = async (symbol: string, act: (world: Streaming) => void): Promise<Message[]> => {
    const world = streamingVenue();
    const client = await subscribed(world, { statuses: [symbol] });
    act(world);
    await world.clock.advance(1);
    return client.data("s");
  };

  test("say that a symbol pauses and goes on, in the codes of its tape", async () => {
    const pause = (symbol: string) => (world: Streaming) => {
      world.exchange.pauseSymbol(symbol);
      world.exchange.resumeSymbol(symbol);
    };
    const t = "2025-07-14T15:00:00Z";
    expect(await statuses("SMR", pause("SMR"))).toEqual([
      { T: "s", S: "SMR", sc: "2", sm: "Trading Halt", rc: "M", rm: "Limit Up-Limit Down (LULD) Trading Pause", t, z: "A" },
      { T: "s", S: "SMR", sc: "3", sm: "Resume", rc: "", rm: "", t, z: "A" },
    ]);
    expect(await statuses("*", pause("AAPL"))).toMatchObject([
      { S: "AAPL", sc: "P", rc: "LUDP", z: "C" },
      { S: "AAPL", sc: "T", sm: "Trading Resumption", z: "C" },
    ]);
    expect(await statuses("SPY", pause("SMR"))).toEqual([]);
  });

  test("say that the whole market stops", async () => {
    const found = await statuses("*", ({ exchange }) => exchange.haltTrading());
    expect(found.length).toBe(62);
    expect(found.find(({ S }) => S === "AAPL")).toMatchObject({ sc: "H", rc: "MWC1" });
  });

  test("come with the fault symbol-paused, and no trade in between", async () => {
    const world = streamingVenue();
    const client = await subscribed(world, { statuses: ["SMR"], trades: ["SMR"] });
    await world.client.request("POST", "/simulator/faults", { fault: "symbol-paused:symbol=SMR,for=75" });
    await world.clock.advance(2 * MINUTE);
    expect(client.data("s").map(({ sc, t }) => [sc, t])).toEqual([
      ["2", "2025-07-14T15:00:00Z"],
      ["3", "2025-07-14T15:01:15Z"],
    ]);
    expect(client.data("t").map(({ t }) => t)[0]).toBe("2025-07-14T15:01:15Z");
  });
});

describe("the test stream", () => {
  test("has FAKEPACA at every hour, and no other symbol", async () => {
    const world = streamingVenue({}, {}, Date.parse("2025-07-12T15:00:00Z"));
    const client = await subscribed(world, { trades: ["FAKEPACA", "SPY"], quotes: ["*"], bars: ["FAKEPACA"] }, "test");
    await world.clock.advance(MINUTE);
    expect(client.data("t")).toHaveLength(60);
    expect(client.data("q")).toHaveLength(60);
    expect(client.data("b")).toMatchObject([{ S: "FAKEPACA", t: "2025-07-12T15:00:00Z" }]);
    expect(new Set([...client.data("t"), ...client.data("q")].map(({ S }) => S))).toEqual(new Set(["FAKEPACA"]));
    expect(Number(client.data("t")[0]!.p)).toBeGreaterThan(50);
  });

  test("does not show its symbol to a client of another feed", async () => {
    const world = streamingVenue();
    const client = await subscribed(world, { trades: ["FAKEPACA"] });
    await world.clock.advance(5_000);
    expect(client.data("t")).toEqual([]);
  });
});

test("a mute stream stays open and sends nothing", async () => {
  const world = streamingVenue();
  const client = await subscribed(world, { trades: ["SMR"] });
  await world.client.request("POST", "/simulator/faults", { fault: "mute-data-stream:for=5" });
  await world.clock.advance(4_900);
  expect(client.data("t")).toEqual([]);
  await world.clock.advance(1_200);
  expect(client.data("t").length).toBeGreaterThan(0);
});

test("many data points come in frames of at most 50", async () => {
  const world = streamingVenue({}, { sip: true });
  const client = await subscribed(world, { trades: ["*"] });
  await world.clock.advance(1_000);
  const sizes = client.frames.slice(3).map((frame) => frame.length);
  expect(sizes).toEqual([50, 12]);
});

test("a venue without clients of market data sets no timer for them", async () => {
  const world = streamingVenue();
  const before = world.clock.pending;
  const client = await subscribed(world, { trades: ["SMR"] });
  expect(world.clock.pending).toBeGreaterThan(before);
  client.session.closed();
  expect(world.clock.pending).toBe(before);
});
