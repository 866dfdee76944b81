import { createHash } from "node:crypto";
import { Exchange } from "./exchange.ts";
import type { ExchangeOptions } from "./exchange-options.ts";
import type { StreamSession } from "./stream.ts";
import { Venue, type VenueOptions } from "./venue.ts";
import type { VenueRequest, VenueResponse } from "./wire.ts";

/** What a transport connects clients to: one account's {@link Venue}, or many. */
export type Front = Pick<Venue, "handle" | "openStream" | "close">;

/** What is one account's own. Prices, hours and the seed are the same for all. */
export type AccountOptions = Pick<ExchangeOptions, "accountNumber" | "cash" | "positions" | "state" | "onChange">;

/** Cash and positions are those of an account that brings none. */
export interface ManyAccountsOptions
  extends Omit<ExchangeOptions, "accountNumber" | "state" | "onChange">, Omit<VenueOptions, "exchange" | "credentials"> {
  /** The account of an API key, asked once for each key; `undefined`: there is none. Default: every key has its own. */
  readonly accountOf?: (keyId: string) => AccountOptions | undefined;
}

/** Keys of a client that makes them up must not fill the memory. */
const MOST_ACCOUNTS = 10_000;

/**
 * Many accounts at one venue, each with its own API key, in one world of prices. A request without a key, which only
 * `/simulator` routes answer, reaches every account.
 */
export class ManyAccounts implements Front {
  readonly #options: ManyAccountsOptions;
  readonly #venues = new Map<string, Venue>();

  constructor(options: ManyAccountsOptions) {
    this.#options = options;
  }

  /** The venue as the owner of a key sees it. */
  venueOf(keyId: string): Venue | undefined {
    const known = this.#venues.get(keyId);
    if (known !== undefined || keyId === "" || this.#venues.size >= MOST_ACCOUNTS) return known;
    const { accountOf } = this.#options;
    const account = accountOf === undefined ? {} : accountOf(keyId);
    if (account === undefined) return undefined;
    const exchange = new Exchange({ ...this.#options, accountNumber: accountNumberOf(keyId), ...account });
    const venue = new Venue({ ...this.#options, exchange });
    this.#venues.set(keyId, venue);
    return venue;
  }

  async handle(request: VenueRequest): Promise<VenueResponse> {
    const keyId = request.headers["apca-api-key-id"] ?? "";
    const venue = this.venueOf(keyId);
    if (venue !== undefined) return venue.handle(request);
    if (keyId !== "" || !request.url.startsWith("/simulator/")) return unauthorized();
    const answers = await Promise.all([...this.#venues.values()].map((each) => each.handle(request)));
    return answers.find(({ status }) => status >= 400) ?? answers.at(-1) ?? unauthorized();
  }

  /** A client says whose account it follows with its first message. */
  openStream(send: (frame: string) => void, close: () => void): StreamSession {
    let session: StreamSession | undefined;
    return {
      receive: (frame) => {
        session ??= this.venueOf(keyIn(frame))?.openStream(send, close);
        if (session === undefined) close();
        else session.receive(frame);
      },
      closed: () => session?.closed(),
    };
  }

  close(): void {
    for (const venue of this.#venues.values()) venue.close();
  }
}

/** The same key always has the same account. */
function accountNumberOf(keyId: string): string {
  const digits = BigInt(`0x${createHash("sha256").update(keyId).digest("hex").slice(0, 12)}`) % 1_000_000_000n;
  return `SIM${String(digits).padStart(9, "0")}`;
}

function unauthorized(): VenueResponse {
  return { status: 401, headers: { "content-type": "application/json; charset=UTF-8" }, body: '{"message":"unauthorized."}' };
}

function keyIn(frame: string | Uint8Array): string {
  try {
    const message = JSON.parse(typeof frame === "string" ? frame : new TextDecoder().decode(frame)) as {
      key?: unknown;
      data?: { key_id?: unknown } | null;
    } | null;
    const key = message?.key ?? message?.data?.key_id;
    return typeof key === "string" ? key : "";
  } catch {
    return "";
  }
}
