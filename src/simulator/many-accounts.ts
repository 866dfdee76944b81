import { createHash } from "node:crypto";
import { CLOCK_PATH } from "./clock-route.ts";
import { messageIn, ownerOf, shownInHeaders, shownInMessage } from "./credentials.ts";
import { Exchange } from "./exchange.ts";
import type { ExchangeOptions } from "./exchange-options.ts";
import type { DataLine } from "./market-stream/data-connection.ts";
import type { DataFeed } from "./market-stream/feeds.ts";
import type { StreamSession } from "./stream.ts";
import { type OpenEvents, Venue, type VenueOptions } from "./venue.ts";
import type { VenueRequest, VenueResponse } from "./wire.ts";

/** What a transport connects clients to: one account's {@link Venue}, or many. */
export type Front = Pick<Venue, "handle" | "openStream" | "openDataStream" | "openEvents" | "close">;

/** What is one account's own. Prices, hours and the seed are the same for all. */
export type AccountOptions = Pick<ExchangeOptions, "accountNumber" | "cash" | "positions" | "state" | "onChange">;

/** Cash and positions are those of an account that brings none. */
export interface ManyAccountsOptions
  extends Omit<ExchangeOptions, "accountNumber" | "state" | "onChange">, Omit<VenueOptions, "exchange" | "credentials"> {
  /** The account of an API key or an OAuth token, asked once for each; `undefined`: there is none. Default: each has its own. */
  readonly accountOf?: (owner: string) => AccountOptions | undefined;
}

/** Keys of a client that makes them up must not fill the memory. */
const MOST_ACCOUNTS = 10_000;

/**
 * Many accounts at one venue, each with its own API key or OAuth token, in one world of prices. A request without
 * either, which only `/simulator` routes answer, reaches every account.
 */
export class ManyAccounts implements Front {
  readonly #options: ManyAccountsOptions;
  readonly #venues = new Map<string, Venue>();

  constructor(options: ManyAccountsOptions) {
    this.#options = options;
  }

  /** The venue as the owner of a key or a token sees it. */
  venueOf(owner: string): Venue | undefined {
    const known = this.#venues.get(owner);
    if (known !== undefined || owner === "" || this.#venues.size >= MOST_ACCOUNTS) return known;
    const { accountOf } = this.#options;
    const account = accountOf === undefined ? {} : accountOf(owner);
    if (account === undefined) return undefined;
    const exchange = new Exchange({ ...this.#options, accountNumber: accountNumberOf(owner), ...account });
    const venue = new Venue({ ...this.#options, exchange });
    this.#venues.set(owner, venue);
    return venue;
  }

  async handle(request: VenueRequest): Promise<VenueResponse> {
    const owner = ownerOf(shownInHeaders(request.headers));
    const venue = this.venueOf(owner);
    if (venue !== undefined) return venue.handle(request);
    if (owner !== "" || !request.url.startsWith("/simulator/")) return unauthorized();
    // All accounts have one time, which one of them moves for all.
    const venues = request.url.startsWith(CLOCK_PATH) ? [...this.#venues.values()].slice(0, 1) : [...this.#venues.values()];
    const answers = await Promise.all(venues.map((each) => each.handle(request)));
    return answers.find(({ status }) => status >= 400) ?? answers.at(-1) ?? unauthorized();
  }

  /** A client says whose account it follows with its first message. */
  openStream(send: (frame: string) => void, close: () => void): StreamSession {
    let session: StreamSession | undefined;
    return {
      receive: (frame) => {
        session ??= this.venueOf(ownerOf(shownInMessage(messageIn(frame))))?.openStream(send, close);
        if (session === undefined) close();
        else session.receive(frame);
      },
      closed: () => session?.closed(),
    };
  }

  /** A client says whose prices it follows when it authenticates. */
  async openDataStream(feed: DataFeed, line: DataLine): Promise<StreamSession> {
    const { openDataStream } = await import("./market-stream/open-data-stream.ts");
    return openDataStream(this.#options.clock, feed, line, (shown) => this.venueOf(ownerOf(shown)));
  }

  async openEvents(request: VenueRequest, send: (text: string) => void, end: () => void): Promise<VenueResponse | OpenEvents> {
    const venue = this.venueOf(ownerOf(shownInHeaders(request.headers)));
    return venue === undefined ? unauthorized() : venue.openEvents(request, send, end);
  }

  close(): void {
    for (const venue of this.#venues.values()) venue.close();
  }
}

/** The same owner always has the same account. */
function accountNumberOf(owner: string): string {
  const digits = BigInt(`0x${createHash("sha256").update(owner).digest("hex").slice(0, 12)}`) % 1_000_000_000n;
  return `SIM${String(digits).padStart(9, "0")}`;
}

function unauthorized(): VenueResponse {
  return { status: 401, headers: { "content-type": "application/json; charset=UTF-8" }, body: '{"message":"unauthorized."}' };
}
