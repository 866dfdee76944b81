import type { Clock } from "../../domain/clock.ts";
import type { Shown } from "../credentials.ts";
import type { StreamSession } from "../stream.ts";
import { DataConnection, type DataLine } from "./data-connection.ts";
import { DataStreams, type DataStreamsOptions } from "./data-streams.ts";
import type { DataFeed } from "./feeds.ts";

/** A venue that can have streams of market data; `make` is called for the first client. */
export interface StreamingVenue {
  dataStreams(make: (options: DataStreamsOptions) => DataStreams): DataStreams;
}

/**
 * Opens one client's connection to a feed.
 * @param venueFor the venue of a client that shows these credentials; `undefined`: they are refused.
 */
export function openDataStream(
  clock: Clock,
  feed: DataFeed,
  line: DataLine,
  venueFor: (shown: Shown) => StreamingVenue | undefined,
): StreamSession & { drop(): void } {
  const make = (options: DataStreamsOptions): DataStreams => new DataStreams(options);
  return new DataConnection({ clock, line, publishingFor: (shown) => venueFor(shown)?.dataStreams(make).publisher(feed) });
}
