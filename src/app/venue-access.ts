import type { AccountCeiling } from "../broker/request-ceiling.ts";
import type { Broker } from "../domain/broker.ts";
import type { Clock } from "../domain/clock.ts";
import { shadowAccountFile } from "../config/files.ts";
import type { AlpacaConfig, Config } from "../domain/config.ts";
import type { Log } from "../logging/logger.ts";
import type { ShadowSide } from "../shadow/shadow-broker.ts";

const SAME_WAIT_MS = 1_000;

/** A venue and how to reach it. */
export interface VenueAccess {
  readonly name: string;
  readonly alpaca: AlpacaConfig;
  close(): Promise<void>;
}

/** For people: `Alpaca paper`, with the address where that is not Alpaca's own. */
export function venueName({ mode, alpaca }: Pick<Config, "mode" | "alpaca">): string {
  if (alpaca === undefined) return "the built-in simulator";
  const { host } = new URL(alpaca.tradingUrl);
  return /(^|\.)alpaca\.markets(:\d+)?$/i.test(host) ? `Alpaca ${mode}` : `Alpaca ${mode} at ${host}`;
}

/** The venue of the mode: Alpaca, or the embedded simulator, which is loaded only when needed. */
export async function openVenue(config: Config, clock: Clock, command: string): Promise<VenueAccess> {
  if (config.alpaca !== undefined) return { name: venueName(config), alpaca: config.alpaca, close: () => Promise.resolve() };
  const { openEmbeddedVenue } = await import("./embedded-venue.ts");
  const venue = await openEmbeddedVenue(config.stateDir, clock, command);
  return { name: venueName(config), alpaca: venue.alpaca, close: () => venue.close() };
}

/** Logs the requests to the venue. */
export interface BrokerListeners {
  readonly log?: Log;
  /** Explains why nothing happens for a while. */
  readonly onWait?: ((text: string) => void) | undefined;
  /** What the requests of all accounts of this process pass. Default: only the account's own budget counts. */
  readonly ceiling?: AccountCeiling | undefined;
  /** Asked right before an order or a cancel leaves; false: it is not sent. Default: it may always. */
  readonly mayWrite?: (() => boolean) | undefined;
}

/** The broker of the mode. In shadow mode it is a paper account in front of the live one, which stands next to it. */
export type ModeBroker = Broker & { readonly shadow?: ShadowSide };

/** What is not needed in the mode is not loaded. */
export async function openBroker(
  config: Pick<Config, "mode" | "stateDir">,
  venue: VenueAccess,
  clock: Clock,
  listeners: BrokerListeners = {},
): Promise<ModeBroker> {
  const broker = await openAlpaca(config, venue, clock, listeners);
  if (config.mode !== "shadow") return broker;
  const [{ ShadowBroker }, { Journal }] = await Promise.all([import("../shadow/shadow-broker.ts"), import("../shadow/journal.ts")]);
  return new ShadowBroker(broker, new Journal(shadowAccountFile(config)), clock);
}

/** Loads the SDK only here, so that commands that only read files do not wait for it. */
async function openAlpaca(
  config: Pick<Config, "mode">,
  venue: VenueAccess,
  clock: Clock,
  { log, onWait, mayWrite, ceiling }: BrokerListeners,
): Promise<Broker> {
  const { createAlpacaBroker } = await import("../broker/alpaca.ts");
  let toldUntil = 0;
  return createAlpacaBroker({
    name: venue.name,
    mode: config.mode,
    alpaca: venue.alpaca,
    clock,
    mayWrite,
    ceiling,
    onTraffic: (record) => log?.debug(`${record.method} ${record.path}`, { ...record }),
    onWait: (waitMs) => {
      // Trading and market data have separate budgets; when both are used up, one message is enough.
      const until = clock.monotonic() + waitMs;
      if (until < toldUntil + SAME_WAIT_MS) return;
      toldUntil = until;
      const text = waitSentence(venue.name, waitMs);
      if (onWait === undefined) log?.info(text);
      else onWait(text);
    },
  });
}

function waitSentence(venue: string, waitMs: number): string {
  return `The rate limit of ${venue} is used up. The next request can be sent in ${String(Math.ceil(waitMs / 1_000))} s.`;
}

/** A broker together with its venue. */
export interface VenueConnection {
  readonly broker: ModeBroker;
  readonly close: () => Promise<void>;
}

/** Opens the venue and a broker on it, or nothing. */
export async function connectVenue(config: Config, clock: Clock, command: string, listeners?: BrokerListeners): Promise<VenueConnection> {
  const venue = await openVenue(config, clock, command);
  try {
    const broker = await openBroker(config, venue, clock, listeners);
    const close = async (): Promise<void> => {
      await broker.close();
      await venue.close();
    };
    return { broker, close };
  } catch (error) {
    await venue.close();
    throw error;
  }
}
