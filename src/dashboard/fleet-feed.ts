import type { Clock } from "../domain/clock.ts";
import { event, EventFeed } from "./event-feed.ts";
import type { FleetSource } from "./fleet-data.ts";

const LOOK_EVERY_MS = 1_000;

/** Sends `changed` to the open pages of a fleet whenever something on them has changed. */
export function fleetFeed(source: FleetSource, clock: Clock): EventFeed {
  let shown: string | undefined;
  const look = async (): Promise<void> => {
    const text = JSON.stringify({ ...(await source.data()), generated_at: undefined });
    if (shown !== undefined && text !== shown) feed.send(event("changed", "{}"));
    shown = text;
  };
  const feed: EventFeed = new EventFeed({
    clock,
    everyMs: LOOK_EVERY_MS,
    look: () => {
      // The page's own request reports what cannot be read.
      look().catch(() => undefined);
    },
  });
  return feed;
}
