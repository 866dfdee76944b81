import { StreamError } from "./stream-error.ts";

const CHANNELS = ["trades", "quotes", "bars", "updatedBars", "dailyBars", "statuses", "lulds"] as const;
/** Shown only to a client that has subscribed to it. */
const IMBALANCES = "imbalances";
/** Channels of the streams of crypto and news. Alpaca's Go client names them all, without symbols. */
const ELSEWHERE = ["orderbooks", "news", "pricing"];
const ALL_SYMBOLS = "*";
const SYMBOL = /^(\*|[A-Z][A-Z0-9]{0,9}([./][A-Z0-9]{1,6})?)$/;

export type Channel = (typeof CHANNELS)[number] | typeof IMBALANCES;

/** How many channels of trades and quotes a client may have; one for each symbol. */
export interface SymbolLimit {
  readonly most: number;
  /** How many channels `*` stands for. */
  readonly all: number;
}

/** What one client is subscribed to. */
export class Subscriptions {
  #symbols: ReadonlyMap<Channel, readonly string[]> = new Map();

  /**
   * Adds to the subscriptions, or takes away from them, what a message lists by channel.
   * @throws StreamError, after which the subscriptions are as before.
   */
  change(action: "subscribe" | "unsubscribe", message: Readonly<Record<string, unknown>>, limit: SymbolLimit): void {
    const listed = listedIn(message);
    const changed = new Map(this.#symbols);
    for (const [channel, symbols] of listed) {
      const before = changed.get(channel) ?? [];
      const after = action === "subscribe" ? [...before, ...symbols] : before.filter((symbol) => !symbols.includes(symbol));
      changed.set(channel, [...new Set(after)]);
    }
    if (action === "subscribe" && limitedIn(changed, limit.all) > limit.most) throw new StreamError(405);
    this.#symbols = changed;
  }

  of(channel: Channel): readonly string[] {
    return this.#symbols.get(channel) ?? [];
  }

  /** The symbols of every channel, without `*`. */
  named(): string[] {
    return [...new Set([...this.#symbols.values()].flat())].filter((symbol) => symbol !== ALL_SYMBOLS);
  }

  covers(channel: Channel, symbol: string): boolean {
    const symbols = this.of(channel);
    return symbols.includes(symbol) || symbols.includes(ALL_SYMBOLS);
  }

  /** The answer to every change: the whole list. Corrections and cancels come with the trades. */
  message(): object {
    const lists = Object.fromEntries(CHANNELS.map((channel) => [channel, this.of(channel)]));
    const imbalances = this.of(IMBALANCES);
    const trades = this.of("trades");
    return {
      T: "subscription",
      ...lists,
      ...(imbalances.length > 0 && { imbalances }),
      corrections: trades,
      cancelErrors: trades,
    };
  }
}

/** The symbols of a channel, `*` as all of them. */
export function expanded(symbols: Iterable<string>, all: () => Iterable<string>): Set<string> {
  const named = new Set(symbols);
  return named.has(ALL_SYMBOLS) ? new Set(all()) : named;
}

function listedIn(message: Readonly<Record<string, unknown>>): [Channel, string[]][] {
  const entries = Object.entries(message).filter(([name]) => name !== "action");
  if (entries.length === 0) throw new StreamError(400);
  return entries.flatMap(([name, value]): [Channel, string[]][] => {
    const symbols = value ?? [];
    if (ELSEWHERE.includes(name)) {
      if (Array.isArray(symbols) && symbols.length === 0) return [];
      throw new StreamError(410);
    }
    const channel = [...CHANNELS, IMBALANCES].find((each): each is Channel => each === name);
    if (channel === undefined || !Array.isArray(symbols) || !symbols.every(isSymbol)) throw new StreamError(400);
    return [[channel, symbols]];
  });
}

function isSymbol(value: unknown): value is string {
  return typeof value === "string" && SYMBOL.test(value);
}

function limitedIn(symbols: ReadonlyMap<Channel, readonly string[]>, all: number): number {
  const count = (channel: Channel): number => {
    const list = symbols.get(channel) ?? [];
    return list.includes(ALL_SYMBOLS) ? Math.max(all, list.length) : list.length;
  };
  return count("trades") + count("quotes");
}
