import { describe, expect, test } from "@jest/globals";
import { ManyAccounts } from "../../../src/simulator/many-accounts.ts";
import { VirtualClock } from "../../../src/domain/virtual-clock.ts";
import { MARKET_OPEN } from "../fixture.ts";
import { AUTH, AUTHENTICATED, authenticated, CONNECTED, dataClient, streamingVenue } from "./data-client.ts";

const NOTHING = {
  trades: [],
  quotes: [],
  bars: [],
  updatedBars: [],
  dailyBars: [],
  statuses: [],
  lulds: [],
  corrections: [],
  cancelErrors: [],
};

function error(code: number, msg: string): object {
  return { T: "error", code, msg };
}

function symbols(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `A${String.fromCharCode(65 + Math.floor(index / 26), 65 + (index % 26))}`);
}

describe("the authentication of a market-data stream", () => {
  test("is a message after the greeting", async () => {
    const client = await authenticated(streamingVenue().venue);
    expect(client.frames).toEqual([[CONNECTED], [AUTHENTICATED]]);
  });

  test.each([
    ["keys", { "apca-api-key-id": "key", "apca-api-secret-key": "secret" }],
    ["a token", { authorization: "Bearer token" }],
    ["basic authentication", { authorization: `Basic ${Buffer.from("key:secret").toString("base64")}` }],
  ])("can be %s in the headers of the handshake", async (_name, headers) => {
    const client = await dataClient(streamingVenue().venue, "iex", { headers });
    expect(client.frames).toEqual([[CONNECTED], [AUTHENTICATED]]);
  });

  test.each(["oauth", "access_token"])("can be a token with %s as key", async (key) => {
    const { venue } = streamingVenue({}, { credentials: { oauthToken: "token" } });
    const client = await dataClient(venue);
    client.send({ action: "auth", key, secret: "token" });
    expect(client.answer()).toEqual(AUTHENTICATED);
  });

  test("fails with 402 for wrong keys, in a message and in the headers, and can be tried again", async () => {
    const { venue } = streamingVenue({}, { credentials: { keyId: "key", secret: "secret" } });
    const client = await dataClient(venue, "iex", { headers: { "apca-api-key-id": "key", "apca-api-secret-key": "other" } });
    expect(client.answer()).toEqual(error(402, "auth failed"));
    client.send({ ...AUTH, secret: "wrong" });
    expect(client.answer()).toEqual(error(402, "auth failed"));
    client.send(AUTH);
    expect(client.answer()).toEqual(AUTHENTICATED);
  });

  test("is needed once: 401 before it, 403 after it", async () => {
    const client = await dataClient(streamingVenue().venue);
    client.send({ action: "subscribe", trades: ["SPY"] });
    expect(client.answer()).toEqual(error(401, "not authenticated"));
    client.send(AUTH);
    client.send(AUTH);
    expect(client.answer()).toEqual(error(403, "already authenticated"));
  });

  test("must come within ten seconds, else 404 and the end", async () => {
    const { clock, venue } = streamingVenue();
    const slow = await dataClient(venue);
    const fast = await authenticated(venue);
    await clock.advance(10_000);
    expect(slow.frames).toEqual([[CONNECTED], [error(404, "auth timeout")], "closed"]);
    expect(fast.frames).toHaveLength(2);
  });

  test("to a feed of all exchanges needs the plan with it, else 409", async () => {
    expect((await authenticated(streamingVenue().venue, "sip")).answer()).toEqual(error(409, "insufficient subscription"));
    expect((await authenticated(streamingVenue({}, { sip: true }).venue, "sip")).answer()).toEqual(AUTHENTICATED);
  });

  test("is refused with 406 while the same keys have a connection to the same feed", async () => {
    const { venue } = streamingVenue();
    const first = await authenticated(venue);
    const second = await authenticated(venue);
    expect(second.answer()).toEqual(error(406, "connection limit exceeded"));
    expect((await authenticated(venue, "test")).answer()).toEqual(AUTHENTICATED);
    expect((await authenticated(venue, "iex", "other")).answer()).toEqual(AUTHENTICATED);
    first.session.closed();
    second.send(AUTH);
    expect(second.answer()).toEqual(AUTHENTICATED);
  });

  test("with an account for each key leads to that account's prices", async () => {
    const clock = new VirtualClock(MARKET_OPEN);
    const accounts = new ManyAccounts({ clock, ticking: true });
    const mine = await authenticated(accounts, "iex", "mine");
    const other = await authenticated(accounts, "iex", "other");
    for (const client of [mine, other]) client.send({ action: "subscribe", trades: ["SMR"] });
    accounts.venueOf("mine")!.exchange.setPrice("SMR", "123");
    await clock.advance(1_000);
    expect(mine.data("t").map(({ p }) => p)).toEqual([123, 123]);
    expect(other.data("t").map(({ p }) => p)).not.toContain(123);
    accounts.close();
    expect(mine.frames.at(-1)).toBe("closed");
  });
});

describe("the subscriptions of a market-data stream", () => {
  test("are added to, taken away from, and answered whole; corrections and cancels follow the trades", async () => {
    const client = await authenticated(streamingVenue().venue);
    client.send({ action: "subscribe", trades: ["AAPL"], quotes: ["SMR", "LEU"], bars: ["*"], dailyBars: ["SPY"], statuses: ["*"] });
    const whole = {
      ...NOTHING,
      T: "subscription",
      trades: ["AAPL"],
      quotes: ["SMR", "LEU"],
      bars: ["*"],
      dailyBars: ["SPY"],
      statuses: ["*"],
      corrections: ["AAPL"],
      cancelErrors: ["AAPL"],
    };
    expect(client.answer()).toEqual(whole);
    client.send({ action: "subscribe", trades: ["AAPL", "SPY"], imbalances: ["SPY"] });
    expect(client.answer()).toMatchObject({ trades: ["AAPL", "SPY"], corrections: ["AAPL", "SPY"], imbalances: ["SPY"] });
    client.send({ action: "unsubscribe", trades: ["AAPL", "SPY"], quotes: ["LEU"], bars: ["*"], imbalances: ["SPY"] });
    expect(client.answer()).toEqual({ ...whole, trades: [], quotes: ["SMR"], bars: [], corrections: [], cancelErrors: [] });
  });

  test("may name channels without symbols, those of other streams too, as Alpaca's Go client does", async () => {
    const client = await authenticated(streamingVenue().venue);
    client.send({ action: "subscribe", trades: ["SMR"], quotes: null, orderbooks: null, news: [], pricing: null });
    expect(client.answer()).toEqual({ ...NOTHING, T: "subscription", trades: ["SMR"], corrections: ["SMR"], cancelErrors: ["SMR"] });
  });

  test.each([
    ["no JSON", "nonsense"],
    ["no object", "[1]"],
    ["an unknown action", { action: "listen" }],
    ["the older form of authentication", { action: "authenticate", data: { key_id: "key", secret_key: "secret" } }],
    ["no channel", { action: "subscribe" }],
    ["an unknown channel", { action: "subscribe", candles: ["SPY"] }],
    ["a channel that follows the trades", { action: "subscribe", corrections: ["SPY"] }],
    ["symbols that are no list", { action: "subscribe", trades: "SPY" }],
    ["a symbol that is no text", { action: "subscribe", trades: [1] }],
    ["a symbol in small letters", { action: "subscribe", trades: ["spy"] }],
    ["an empty symbol", { action: "unsubscribe", trades: [""] }],
  ])("that are %s are refused with 400 and change nothing", async (_name, message) => {
    const client = await authenticated(streamingVenue().venue);
    client.send({ action: "subscribe", trades: ["SMR"] });
    client.send(message);
    expect(client.answer()).toEqual(error(400, "invalid syntax"));
    client.send({ action: "subscribe", trades: ["SMR"] });
    expect(client.answer()).toMatchObject({ trades: ["SMR"] });
  });

  test.each(["orderbooks", "news", "pricing"])("to %s, a channel of another stream, are refused with 410", async (channel) => {
    const client = await authenticated(streamingVenue().venue);
    client.send({ action: "subscribe", [channel]: ["SPY"] });
    expect(client.answer()).toEqual(error(410, "invalid subscribe action for this feed"));
  });

  test("to trades and quotes are limited to 30 on the free plan, and stay as they were after a 405", async () => {
    const client = await authenticated(streamingVenue().venue);
    client.send({ action: "subscribe", trades: symbols(20), quotes: symbols(10), bars: ["*", ...symbols(100)] });
    expect(client.answer()).toMatchObject({ T: "subscription" });
    client.send({ action: "subscribe", bars: ["SPY"], quotes: ["SPY"] });
    expect(client.answer()).toEqual(error(405, "symbol limit exceeded"));
    client.send({ action: "unsubscribe", trades: symbols(1) });
    expect(client.answer()).toMatchObject({ quotes: symbols(10), bars: ["*", ...symbols(100)] });
    client.send({ action: "subscribe", quotes: ["SPY"] });
    expect(client.answer()).toMatchObject({ quotes: [...symbols(10), "SPY"] });
    client.send({ action: "subscribe", trades: ["*"] });
    expect(client.answer()).toEqual(error(405, "symbol limit exceeded"));
  });

  test("have no limit on the paid plan", async () => {
    const client = await authenticated(streamingVenue({}, { sip: true }).venue, "sip");
    client.send({ action: "subscribe", trades: ["*"], quotes: symbols(500) });
    expect(client.answer()).toMatchObject({ T: "subscription", trades: ["*"] });
  });
});

describe("a market-data stream that the venue ends", () => {
  test("because its client does not read says 407", async () => {
    let backlog = 0;
    const { clock, venue } = streamingVenue();
    const client = await dataClient(venue, "iex", { backlog: () => backlog });
    client.send(AUTH);
    client.send({ action: "subscribe", trades: ["SPY"] });
    await clock.advance(2_000);
    expect(client.data("t")).toHaveLength(2);
    backlog = 5_000_000;
    await clock.advance(2_000);
    expect(client.frames.slice(-2)).toEqual([[error(407, "slow client")], "closed"]);
    expect((await authenticated(venue)).answer()).toEqual(AUTHENTICATED);
  });

  test.each([
    [500, "internal error"],
    [407, "slow client"],
    [408, "v2 not enabled"],
  ])("under the fault data-stream-error says %d", async (code, words) => {
    const { client: http, venue } = streamingVenue();
    const client = await authenticated(venue);
    await http.request("POST", "/simulator/faults", { fault: `data-stream-error:code=${String(code)}` });
    expect(client.frames.slice(-2)).toEqual([[error(code, words)], "closed"]);
  });

  test("with the order stream's faults is dropped, refused or mute as well", async () => {
    const { clock, client: http, venue } = streamingVenue();
    const dropped = await authenticated(venue);
    venue.dropStreams();
    expect(dropped.frames.at(-1)).toBe("closed");
    await http.request("POST", "/simulator/faults", { fault: "refused-stream" });
    const refused = await dataClient(venue);
    await clock.advance(1);
    expect(refused.frames.at(-1)).toBe("closed");
    await http.request("DELETE", "/simulator/faults");
    await http.request("POST", "/simulator/faults", { fault: "mute-stream:handshake=no" });
    expect((await authenticated(venue)).frames).toEqual([]);
  });

  test("takes no message afterwards, and ends once", async () => {
    const { venue } = streamingVenue();
    const client = await authenticated(venue);
    venue.close();
    venue.close();
    client.send(AUTH);
    expect(client.frames).toEqual([[CONNECTED], [AUTHENTICATED], "closed"]);
  });
});
