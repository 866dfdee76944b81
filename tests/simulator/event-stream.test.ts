import { describe, expect, test } from "@jest/globals";
import type { TradeUpdate } from "../../src/simulator/orders.ts";
import { startSharedSimulator, startSimulator } from "../../src/simulator/server.ts";
import { Venue, type OpenEvents, type VenueOptions } from "../../src/simulator/venue.ts";
import type { VenueResponse } from "../../src/simulator/wire.ts";
import { type Fixture, KEYS, marketOrder, openExchange } from "./fixture.ts";

const BUY = marketOrder("buy", "SMR", { qty: "1" });
const HEADERS = { "apca-api-key-id": "key", "apca-api-secret-key": "secret" };

interface Client {
  readonly events: TradeUpdate[];
  readonly comments: string[];
  readonly ended: () => boolean;
  readonly opened: VenueResponse | OpenEvents;
}

async function connect(venue: Venue, query = "", headers: Record<string, string> = HEADERS): Promise<Client> {
  const lines: string[] = [];
  let ended = false;
  const opened = await venue.openEvents(
    { method: "GET", url: `/v2/events/trades${query}`, headers, body: "" },
    (text) => lines.push(text),
    () => {
      ended = true;
    },
  );
  if ("begin" in opened) opened.begin();
  return {
    opened,
    ended: () => ended,
    get events() {
      return lines.filter((line) => line.startsWith("data: ")).map((line) => JSON.parse(line.slice("data: ".length)) as TradeUpdate);
    },
    get comments() {
      return lines.filter((line) => line.startsWith(":"));
    },
  };
}

function open(options: Partial<VenueOptions> = {}): Fixture & { venue: Venue } {
  const fixture = openExchange();
  return { ...fixture, venue: new Venue({ exchange: fixture.exchange, keptEvents: 100, ...options }) };
}

const names = ({ events }: Client): string[] => events.map(({ event }) => event);

describe("trade updates as server-sent events", () => {
  test("are those of the websocket, one line each", async () => {
    const { clock, exchange, updates, venue } = open();
    const client = await connect(venue);
    exchange.submit(BUY);
    await clock.advance(100);
    expect(client.events).toEqual(JSON.parse(JSON.stringify(updates)));
    expect(names(client)).toEqual(["pending_new", "new", "fill"]);
  });

  test("begin with the past, from a time or an id on, when it is requested", async () => {
    for (const from of ["since=2025-07-14", "since", "since_id", "since_ulid"]) {
      const { clock, exchange, updates, venue } = open();
      exchange.submit(BUY);
      await clock.advance(100);
      const { at, event_id } = updates[1]!;
      const query = from.includes("=") ? from : `${from}=${from === "since" ? at : event_id}`;
      const client = await connect(venue, `?${query}`);
      expect(names(client)).toEqual(query === "since=2025-07-14" ? ["pending_new", "new", "fill"] : ["new", "fill"]);
      exchange.submit(BUY);
      expect(names(client).at(-1)).toBe("pending_new");
      expect(client.ended()).toBe(false);
      expect(names(await connect(venue))).toEqual([]);
    }
  });

  test("end with the last one that is requested", async () => {
    const { clock, exchange, updates, venue } = open();
    exchange.submit(BUY);
    await clock.advance(100);
    const [first, second] = updates;
    const past = await connect(venue, `?since_id=${first!.event_id}&until_id=${second!.event_id}`);
    expect([names(past), past.ended()]).toEqual([["pending_new", "new"], true]);
    const soon = await connect(venue, `?since=${first!.at}&until=${new Date(clock.now() + 1_000).toISOString()}`);
    expect([names(soon), soon.ended()]).toEqual([["pending_new", "new", "fill"], false]);
    await clock.advance(1_000);
    expect(soon.ended()).toBe(true);
    exchange.submit(BUY);
    expect(names(soon)).toHaveLength(3);
  });

  test("keep a quiet connection alive, and stop when the client has gone", async () => {
    const { clock, exchange, venue } = open();
    const client = await connect(venue);
    await clock.advance(60_000);
    expect(client.comments).toHaveLength(5);
    if ("closed" in client.opened) client.opened.closed();
    exchange.submit(BUY);
    await clock.advance(60_000);
    expect([client.comments.length, client.events.length]).toEqual([5, 0]);
  });

  test("are lost and cut off by the faults of the stream", async () => {
    const { exchange, venue } = open({ faults: ["lost-updates"] });
    const client = await connect(venue);
    exchange.submit(BUY);
    expect(client.events).toEqual([]);
    venue.dropStreams();
    expect(client.ended()).toBe(true);
  });

  test.each([
    ["?since=never", 400, "invalid since: never"],
    ["?since_id=1", 400, "invalid since_id: 1"],
    ["?until=2025-07-14", 422, "until requires since"],
    ["?since=2025-07-14&until_id=01K04H7Q8M0000000000000000", 422, "until_id requires since_id"],
    ["?since=2025-07-14&since_id=01K04H7Q8M0000000000000000", 422, "only one of since or since_id is accepted"],
  ])("refuse %s", async (query, status, message) => {
    const { opened } = await connect(open().venue, query);
    expect(opened).toMatchObject({ status });
    expect(JSON.parse("body" in opened ? opened.body : "{}")).toMatchObject({ message });
  });

  test("need keys, and count as a request", async () => {
    const { venue } = open({ rateLimitPerMinute: 1 });
    expect((await connect(venue, "", {})).opened).toMatchObject({ status: 401 });
    expect((await connect(venue)).opened).toHaveProperty("begin");
    expect((await connect(venue)).opened).toMatchObject({ status: 429 });
  });
});

/** The first event of a connection. */
async function firstEvent(response: Response): Promise<unknown> {
  let text = "";
  for await (const chunk of response.body!) {
    text += new TextDecoder().decode(chunk as Uint8Array);
    const [, data] = /^data: (.*)\n\n/m.exec(text) ?? [];
    if (data !== undefined) return JSON.parse(data) as unknown;
  }
  throw new Error("The connection ended.");
}

test("a client over HTTP gets its headers at once, and only the events of its account", async () => {
  const single = await startSimulator({ alwaysOpen: true });
  const shared = await startSharedSimulator({ alwaysOpen: true });
  try {
    for (const url of [single.url, shared.url]) {
      const response = await fetch(`${url}/v2/events/trades`, { headers: KEYS });
      expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
      const posted = await fetch(`${url}/v2/orders`, { method: "POST", headers: KEYS, body: JSON.stringify(BUY) });
      expect(await firstEvent(response)).toMatchObject({
        event: "pending_new",
        order: { id: ((await posted.json()) as { id: string }).id },
      });
    }
    expect((await fetch(`${single.url}/v2/events/trades`)).status).toBe(401);
    expect((await fetch(`${shared.url}/v2/events/trades`)).status).toBe(401);
  } finally {
    await single.close();
    await shared.close();
  }
});
