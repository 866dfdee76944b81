import {
  BrokerError,
  type Account,
  type AccountConfiguration,
  type Broker,
  type Order,
  type Position,
  type Session,
  type OrderStream,
} from "../domain/broker.ts";
import type { Clock } from "../domain/clock.ts";
import { marketDate } from "../domain/market-day.ts";
import { readClock, aheadOfBroker, HARMFUL_SKEW_MS, type ClockReading } from "../app/clock-watch.ts";
import { failure, known, ok, unknown, failed, warning, type Known, type Findings } from "./check.ts";

/** The doctor's requests to a venue: it cannot send or cancel an order. */
export type ReadOnlyBroker = Pick<
  Broker,
  | "name"
  | "account"
  | "accountConfiguration"
  | "positions"
  | "openOrders"
  | "asset"
  | "marketClock"
  | "calendar"
  | "prices"
  | "watchOrders"
  | "dailyBars"
  | "prints"
  | "announcedSplits"
>;

export type FirstContact =
  | { readonly kind: "answered"; readonly account: Account; readonly tookMs: number }
  | { readonly kind: "refused"; readonly error: unknown };

export async function contact(broker: Pick<Broker, "account">, clock: Clock): Promise<FirstContact> {
  const began = clock.monotonic();
  try {
    return { kind: "answered", account: await broker.account(), tookMs: clock.monotonic() - began };
  } catch (error) {
    return { kind: "refused", error };
  }
}

/** Wrong keys and a refusal are answers as well: the venue is there. */
export function judgeConnection(name: string, first: FirstContact): Findings {
  if (first.kind === "answered") return ok(`${name} answers (in ${first.tookMs.toFixed(0)} ms)`);
  const { error } = first;
  if (!isElsewhere(error) && error instanceof BrokerError && (error.failure === "unauthorized" || error.failure === "refused"))
    return ok(`${name} answers (HTTP ${String(error.status)})`);
  return failure(error, "Check the network, the endpoint, and https://status.alpaca.markets.");
}

/** Another server answers: the endpoint is wrong. */
export function isElsewhere(error: unknown): boolean {
  return error instanceof BrokerError && error.status === 404;
}

/** The account, for everything that needs one. */
export function accountIn(first: FirstContact): Known<Account> {
  if (first.kind === "answered") return known(first.account);
  const { error } = first;
  if (!(error instanceof BrokerError) || isElsewhere(error)) return unknown("there is no connection to the broker");
  switch (error.failure) {
    case "unauthorized":
      return unknown("the keys or the token are not accepted");
    case "refused":
      return unknown("the broker refuses to show the account");
    case "unreachable":
    case "unreadable":
      return unknown("there is no connection to the broker");
  }
}

/** A value requested from the venue, or the error's own words. */
async function asked<T>(question: () => Promise<T>): Promise<Known<T>> {
  try {
    return known(await question());
  } catch (error) {
    return unknown(error instanceof BrokerError ? error.message.replace(/\.$/, "") : "it could not be read");
  }
}

export interface VenueReading {
  readonly clock: Known<ClockReading>;
  readonly positions: Known<Position[]>;
  readonly openOrders: Known<Order[]>;
  readonly configuration: Known<AccountConfiguration>;
  /** The sessions of this day and the next ones. */
  readonly sessions: Known<Session[]>;
}

const CALENDAR_DAYS_MS = 7 * 86_400_000;

/** The other requests for an account that answers, in parallel. */
export async function readVenue(broker: ReadOnlyBroker, clock: Clock): Promise<VenueReading> {
  const today = clock.now();
  const [market, positions, openOrders, configuration, sessions] = await Promise.all([
    asked(() => readClock(broker, clock)),
    asked(() => broker.positions()),
    asked(() => broker.openOrders()),
    asked(() => broker.accountConfiguration()),
    asked(() => broker.calendar(marketDate(today), marketDate(today + CALENDAR_DAYS_MS))),
  ]);
  return { clock: market, positions, openOrders, configuration, sessions };
}

/** Nothing more is requested from a venue that does not show the account. */
export function unread(account: Known<Account>): VenueReading {
  const why = account.kind === "unknown" ? account : unknown("it was not requested");
  return { clock: why, positions: why, openOrders: why, configuration: why, sessions: why };
}

const NOTICEABLE_MS = 2_000;

/** Our clock decides whether a signal is fresh. The answer's travel time is not counted as a difference. */
export function judgeClock(reading: ClockReading): Findings {
  const off = aheadOfBroker(reading);
  const size = Math.abs(off);
  const text =
    size < 100 ? "agrees with the broker's" : `is ${(size / 1_000).toFixed(1)} s ${off > 0 ? "ahead of" : "behind"} the broker's`;
  const hint =
    "Enable time synchronisation (`timedatectl set-ntp true`): alerts more than 5 s ahead of this clock, or too old, are not traded.";
  if (size > HARMFUL_SKEW_MS) return failed(`our clock ${text}`, hint);
  return size > NOTICEABLE_MS ? warning(`our clock ${text}`, hint) : ok(`our clock ${text}`);
}

/** Time for connection, authentication and subscription; at the venue they take a fraction of a second. */
const LIMIT_MS = 5_000;

export type Handshake = { readonly kind: "listening"; readonly tookMs: number } | { readonly kind: "lost"; readonly detail: string };

export async function shakeHands(broker: Pick<Broker, "watchOrders">, clock: Clock): Promise<Handshake> {
  const began = clock.monotonic();
  const over = new AbortController();
  let stream: OrderStream | undefined;
  const answer = new Promise<Handshake>((resolve) => {
    stream = broker.watchOrders({
      onUpdate: () => undefined,
      onState: (state, detail) => {
        if (state === "listening") resolve({ kind: "listening", tookMs: clock.monotonic() - began });
        if (state === "lost") resolve({ kind: "lost", detail });
      },
    });
  });
  const late = clock
    .sleep(LIMIT_MS, over.signal)
    .then((): Handshake => ({ kind: "lost", detail: `nothing was acknowledged within ${String(LIMIT_MS / 1_000)} s` }));
  try {
    return await Promise.race([answer, late]);
  } finally {
    over.abort();
    stream?.close();
  }
}

/** The stream only speeds things up: orders are polled with or without it. */
export function judgeHandshake(handshake: Handshake): Findings {
  if (handshake.kind === "listening") return ok(`connected, authenticated and listening (in ${handshake.tookMs.toFixed(0)} ms)`);
  return failed(
    `cannot connect: ${handshake.detail}`,
    "Trading works without it, a little slower. A proxy or firewall may block websockets, or another program uses the account's only stream.",
  );
}
