import type { VirtualClock } from "../../../src/domain/virtual-clock.ts";
import { jsonCodec } from "../../../src/simulator/market-stream/codec.ts";
import type { DataFeed } from "../../../src/simulator/market-stream/feeds.ts";
import type { StreamSession } from "../../../src/simulator/stream.ts";
import type { Venue } from "../../../src/simulator/venue.ts";
import { clientOf, openExchange, type Client } from "../fixture.ts";
import type { ExchangeOptions } from "../../../src/simulator/exchange-options.ts";
import type { Exchange } from "../../../src/simulator/exchange.ts";
import type { VenueOptions } from "../../../src/simulator/venue.ts";

export type Message = Readonly<Record<string, unknown>> & { readonly T: string };

export const AUTH = { action: "auth", key: "key", secret: "secret" };
export const CONNECTED = { T: "success", msg: "connected" };
export const AUTHENTICATED = { T: "success", msg: "authenticated" };

/** A client of a market-data stream without a socket. */
export interface DataClient {
  /** Every message, frame by frame; `closed` at the end when the venue dropped it. */
  readonly frames: (readonly Message[] | "closed")[];
  readonly session: StreamSession;
  send(message: unknown): void;
  /** Data points of one type, in the order in which they came. */
  data(type: string): Message[];
  /** The last message that is no data. */
  answer(): Message | undefined;
}

interface LineOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly backlog?: () => number;
}

export async function dataClient(
  venue: Pick<Venue, "openDataStream">,
  feed: DataFeed = "iex",
  { headers = {}, backlog = () => 0 }: LineOptions = {},
): Promise<DataClient> {
  const frames: DataClient["frames"] = [];
  const session = await venue.openDataStream(feed, {
    headers,
    codec: jsonCodec,
    send: (frame) => frames.push(JSON.parse(frame.toString()) as Message[]),
    close: () => frames.push("closed"),
    backlog,
  });
  const messages = (): Message[] => frames.flatMap((frame) => (frame === "closed" ? [] : frame));
  return {
    frames,
    session,
    send: (message) => session.receive(typeof message === "string" ? message : JSON.stringify(message)),
    data: (type) => messages().filter(({ T }) => T === type),
    answer: () => messages().findLast(({ T }) => ["success", "error", "subscription"].includes(T)),
  };
}

/** One that is authenticated. */
export async function authenticated(venue: Pick<Venue, "openDataStream">, feed?: DataFeed, key = "key"): Promise<DataClient> {
  const client = await dataClient(venue, feed);
  client.send({ ...AUTH, key });
  return client;
}

export interface Streaming {
  readonly clock: VirtualClock;
  readonly exchange: Exchange;
  readonly client: Client;
  readonly venue: Venue;
}

/** A venue with moving prices, as the command `simulator` starts it. */
export function streamingVenue(options: Partial<ExchangeOptions> = {}, terms: Partial<VenueOptions> = {}, start?: number): Streaming {
  const { clock, exchange } = openExchange({ prices: {}, ticking: true, ...options }, start);
  const client = clientOf(exchange, { rateLimitPerMinute: "off", ...terms });
  return { clock, exchange, client, venue: client.venue };
}
