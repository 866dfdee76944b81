import type { Account, AccountConfiguration, Asset, Broker, MarketClock, MarketPrices, Order, Position } from "../../domain/broker.ts";
import { BrokerError } from "../../domain/broker.ts";
import type { Ledger } from "../../domain/ledger.ts";
import type { Clock } from "../../domain/clock.ts";
import type { KnownConfiguration } from "./configuration-cache.ts";
import { CONFIGURATION_MAX_AGE_MS, ConfigurationCache } from "./configuration-cache.ts";
import { isPartnership, purchaseBlockOf } from "./plan-assets.ts";

/** One snapshot of the account and the prices of everything held or targeted. */
export interface AccountSnapshot {
  readonly account: Account;
  readonly positions: readonly Position[];
  readonly openOrders: readonly Order[];
  readonly market: MarketReading;
  readonly assets: ReadonlyMap<string, Asset | undefined>;
  /** For symbols whose asset is gone: its last known id. */
  readonly assetIds?: ReadonlyMap<string, string>;
  /** `undefined`: not readable, so the venue decides. */
  readonly configuration?: AccountConfiguration | undefined;
  readonly prices: ReadonlyMap<string, MarketPrices>;
  /** Why it has no price of any symbol. */
  readonly pricesUnread?: BrokerError | undefined;
  /** Wall clock, milliseconds since the epoch. */
  readonly at: number;
}

/** A time on both of our clocks, milliseconds: the monotonic one stops while the machine sleeps, and the wall clock may be set. */
export interface ClockReading {
  readonly monotonic: number;
  readonly wall: number;
}

export function readClocks(clock: Clock): ClockReading {
  return { monotonic: clock.monotonic(), wall: clock.now() };
}

/** Age by the clock that shows more: what may be old counts as old. */
export function ageOf(reading: ClockReading, clock: Clock): number {
  return Math.max(clock.monotonic() - reading.monotonic, clock.now() - reading.wall);
}

/** The venue's clock and our time of the request, so that it can be carried forward. */
export interface MarketReading {
  readonly clock: MarketClock;
  /** Before the request: a slow response must not make the session seem longer. */
  readonly readAt: ClockReading;
  /** Response time in milliseconds: the clock may be as much later than {@link readAt}. */
  readonly tookMs: number;
}

/** Reading assets for every plan would use up the request budget; what can no longer be bought must be known before the first sell (R12). */
const ASSET_MAX_AGE_MS = 300_000;
/** What trades in whole shares only is read again sooner: the flag changes, and costs a leg up to a share (R33). */
const WHOLE_ASSET_MAX_AGE_MS = 60_000;

type AssetMemory = Pick<Ledger, "assetIds" | "recordAssetIds">;

interface KnownAsset {
  readonly asset: Asset;
  /** Monotonic. */
  readonly at: number;
}

/** What a cache knows, for another one that goes on in its place; fields as in {@link AssetCache}. */
export interface KnownAssets {
  readonly held: readonly string[];
  readonly known: ReadonlyMap<string, KnownAsset>;
  readonly unsound: ReadonlyMap<string, Asset>;
  readonly wholeUntil: ReadonlyMap<string, number>;
  readonly configuration: KnownConfiguration;
}

/**
 * Caches what rarely changes for some minutes: assets, the account's configuration, and in the ledger
 * the asset of each symbol, to recognize it under a new ticker. Assets that are unknown, incomplete or not buyable are
 * read each time: a halt of an hour must not exclude a leg for the day.
 */
export class AssetCache {
  /** Equities of the last snapshot; the next one requests their prices without waiting for the positions. */
  held: readonly string[] = [];
  readonly configuration: ConfigurationCache;
  readonly #known = new Map<string, KnownAsset>();
  /** Newest answers that are not kept as known, such as an inactive asset: they count only while it cannot be read. */
  readonly #unsound = new Map<string, Asset>();
  /** Symbols whose fractions the order gate has refused, and until when that counts, monotonic. */
  readonly #wholeUntil = new Map<string, number>();
  readonly #broker: Broker;
  readonly #clock: Clock;
  readonly #memory: AssetMemory | undefined;

  constructor(broker: Broker, clock: Clock, memory?: AssetMemory) {
    this.#broker = broker;
    this.#clock = clock;
    this.#memory = memory;
    this.configuration = new ConfigurationCache(broker, clock);
  }

  get carried(): KnownAssets {
    const [known, unsound, wholeUntil] = [new Map(this.#known), new Map(this.#unsound), new Map(this.#wholeUntil)];
    return { held: this.held, known, unsound, wholeUntil, configuration: this.configuration.carried };
  }

  carryOn({ held, known, unsound, wholeUntil, configuration }: KnownAssets): void {
    this.held = held;
    for (const [symbol, each] of known) this.#known.set(symbol, each);
    for (const [symbol, asset] of unsound) this.#unsound.set(symbol, asset);
    for (const [symbol, until] of wholeUntil) this.#wholeUntil.set(symbol, until);
    this.configuration.carryOn(configuration);
  }

  async of(symbols: Iterable<string>): Promise<Map<string, Asset | undefined>> {
    const unique = [...new Set(symbols)];
    return new Map(await Promise.all(unique.map(async (symbol) => [symbol, await this.#one(symbol)] as const)));
  }

  /** As {@link of}, for positions without a target: an asset that cannot be read stops nothing (R34). */
  async ofHeld(positions: readonly Position[]): Promise<Map<string, Asset | undefined>> {
    return new Map(await Promise.all(positions.map(async (position) => [position.symbol, await this.#held(position)] as const)));
  }

  /**
   * The order gate has refused fractions of it. For some minutes its word counts above the asset's (R11, R20).
   * @param ageMs time since the refusal, which an earlier process may have received.
   */
  refusedFractions(symbol: string, ageMs: number): void {
    const left = CONFIGURATION_MAX_AGE_MS - Math.max(0, ageMs);
    if (left <= 0 || this.#isWhole(symbol)) return;
    this.#wholeUntil.set(symbol, this.#clock.monotonic() + left);
    this.configuration.askAgain();
  }

  /** The order gate has contradicted what is known of it. */
  readAgain(symbol: string): void {
    this.#known.delete(symbol);
  }

  /** Symbols whose asset is now held under another ticker, so that the cache is out of date. */
  forgetRenamed(positions: readonly Position[]): Set<string> {
    const held = new Map(positions.map(({ assetId, symbol }) => [assetId, symbol]));
    const renamed = [...this.#known].filter(([symbol, { asset }]) => (held.get(asset.id) ?? symbol) !== symbol).map(([symbol]) => symbol);
    for (const symbol of renamed) this.#known.delete(symbol);
    return new Set(renamed);
  }

  /** Records the assets of a snapshot's symbols, and adds the last known ids of symbols without an asset. */
  identify(assets: AccountSnapshot["assets"], positions: readonly Position[]): Map<string, string> {
    const gone = [...assets].flatMap(([symbol, asset]) => (asset?.active === true ? [] : [symbol]));
    const seen = [...assets.values()].flatMap((asset) =>
      asset?.active === true && asset.id !== "" ? [[asset.symbol, asset.id] as const] : [],
    );
    const held = positions.flatMap(({ symbol, assetId }) => (assetId === "" ? [] : [[symbol, assetId] as const]));
    const before = this.#memory?.assetIds([...gone]) ?? new Map<string, string>();
    this.#memory?.recordAssetIds(new Map([...seen, ...held]), this.#clock.now());
    return before;
  }

  async #one(symbol: string): Promise<Asset | undefined> {
    const asset = await this.#told(symbol);
    return asset !== undefined && this.#isWhole(symbol) ? { ...asset, fractionable: false, fractionableUnread: false } : asset;
  }

  async #held(position: Position): Promise<Asset | undefined> {
    try {
      return await this.#one(position.symbol);
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      return this.#unsound.get(position.symbol) ?? this.#known.get(position.symbol)?.asset ?? assumedOf(position);
    }
  }

  async #told(symbol: string): Promise<Asset | undefined> {
    const known = this.#known.get(symbol);
    const maxAge = known?.asset.fractionable === false ? WHOLE_ASSET_MAX_AGE_MS : ASSET_MAX_AGE_MS;
    if (known !== undefined && this.#clock.monotonic() - known.at < maxAge) return known.asset;
    const asset = await this.#broker.asset(symbol);
    const isSound = asset?.active === true && asset.tradable && asset.fractionableUnread !== true;
    if (isSound && !isPartnership(asset)) this.#known.set(symbol, { asset, at: this.#clock.monotonic() });
    if (isSound) this.#unsound.delete(symbol);
    else if (asset !== undefined) this.#unsound.set(symbol, asset);
    return asset;
  }

  #isWhole(symbol: string): boolean {
    return this.#clock.monotonic() < (this.#wholeUntil.get(symbol) ?? -Infinity);
  }
}

/** Of what is held and cannot be looked up: a sell is tried, and the venue's answer decides (R12). */
function assumedOf({ assetId, symbol, assetClass }: Position): Asset {
  const unread = { name: symbol, exchange: "", fractionable: false, fractionableUnread: true, attributes: [] };
  return { id: assetId, symbol, assetClass, active: true, tradable: true, ...unread };
}

/** Asset class of what this program trades; everything else counts as protected (R9). */
const US_EQUITY = "us_equity";

/** Only market data could not be read. */
export class PricesUnread extends BrokerError {
  /** Everything else, without any price: enough for dollar buys and full exits (R10). */
  readonly snapshot: AccountSnapshot;

  constructor(failure: BrokerError, snapshot: AccountSnapshot) {
    const { hint, status, requestId, message } = failure;
    super(failure.failure, message, { hint, status, requestId, cause: failure });
    this.snapshot = { ...snapshot, pricesUnread: failure };
  }
}

/** For a rejected {@link readAccount} where prices are not needed. @throws any other error. */
export function orUnpriced(error: unknown): AccountSnapshot {
  if (error instanceof PricesUnread) return error.snapshot;
  throw error;
}

const NO_PRICES: MarketPrices = { trade: undefined, quote: undefined, minuteBar: undefined, previousClose: undefined };

/**
 * Reads everything a plan needs, in parallel.
 * @param wanted symbols to read in addition to the held ones.
 * @throws PricesUnread when everything but the prices could be read.
 * @throws BrokerError when any other part cannot be read; there are no partial snapshots.
 */
export async function readAccount(broker: Broker, assets: AssetCache, clock: Clock, wanted: readonly string[]): Promise<AccountSnapshot> {
  const wantedAssets = assets.of(wanted);
  wantedAssets.catch(() => undefined);
  const guessed = new Set([...wanted, ...assets.held]);
  const early = pricesOf(broker, [...guessed]);
  early.catch(() => undefined);
  const [account, positions, openOrders, market, configuration] = await Promise.all([
    broker.account(),
    broker.positions(),
    broker.openOrders(),
    readMarket(broker, clock),
    assets.configuration.current(),
  ]);
  const held = positions.filter(({ assetClass, problem }) => assetClass === US_EQUITY && problem === undefined);
  const equities = held.map((position) => position.symbol);
  assets.held = equities;
  const symbols = [...new Set([...wanted, ...equities])];
  const renamed = assets.forgetRenamed(positions);
  const priced = [...new Set([...symbols, ...boughtAtMarket(openOrders)])];
  const [known, prices] = await Promise.all([
    wantedAssets.then(async (found) => {
      const withoutTarget = assets.ofHeld(held.filter(({ symbol }) => !found.has(symbol)));
      return new Map([...found, ...(await assets.of(wanted.filter((symbol) => renamed.has(symbol)))), ...(await withoutTarget)]);
    }),
    completed(broker, priced, guessed, early).catch((error: unknown) => {
      if (error instanceof BrokerError) return error;
      throw error;
    }),
  ]);
  if (isRestricted(configuration, known)) assets.configuration.askAgainSoon();
  const assetIds = assets.identify(known, positions);
  const others = { account, positions, openOrders, market, assets: known, assetIds, configuration, at: clock.now() };
  if (!(prices instanceof BrokerError)) return { ...others, prices };
  throw new PricesUnread(prices, { ...others, prices: new Map(priced.map((symbol) => [symbol, NO_PRICES])) });
}

/**
 * Reads only what our own orders change (R35): prices, assets and the venue's clock stay as they were, so that no plan is
 * made on the result.
 * @throws BrokerError when any part cannot be read.
 */
export async function readHoldings(broker: Broker, clock: Clock, before: AccountSnapshot): Promise<AccountSnapshot> {
  const [account, positions, openOrders] = await Promise.all([broker.account(), broker.positions(), broker.openOrders()]);
  return { ...before, account, positions, openOrders, at: clock.now() };
}

/** Symbols of open share buys without a limit: the cash they may still use depends on a price. */
function boughtAtMarket(orders: readonly Order[]): string[] {
  const unpriced = orders.filter(({ side, notional, limitPrice }) => side === "buy" && notional === undefined && limitPrice === undefined);
  return unpriced.flatMap(({ symbol, problem }) => (problem === undefined ? [symbol] : []));
}

/** Whether one of the account's switches prevents a trade. */
function isRestricted(configuration: AccountConfiguration | undefined, assets: AccountSnapshot["assets"]): boolean {
  const { fractionalTrading, suspendTrade } = configuration ?? {};
  const isBlocked = [...assets.values()].some((asset) => asset !== undefined && purchaseBlockOf(asset, configuration) !== undefined);
  return fractionalTrading === false || suspendTrade === true || isBlocked;
}

type Prices = ReadonlyMap<string, MarketPrices>;

async function pricesOf(broker: Broker, symbols: readonly string[]): Promise<Prices> {
  return symbols.length === 0 ? new Map<string, MarketPrices>() : broker.prices(symbols);
}

/** The prices of exactly `symbols`: those requested early, and the unexpected ones. */
async function completed(
  broker: Broker,
  symbols: readonly string[],
  guessed: ReadonlySet<string>,
  early: Promise<Prices>,
): Promise<Prices> {
  const late = pricesOf(
    broker,
    symbols.filter((symbol) => !guessed.has(symbol)),
  );
  late.catch(() => undefined);
  const needed = new Set(symbols);
  const known = await early.catch((error: unknown) => {
    // A symbol that is no longer held, for example after a rename, must not make the snapshot fail.
    if ([...guessed].every((symbol) => needed.has(symbol))) throw error;
    return pricesOf(
      broker,
      symbols.filter((symbol) => guessed.has(symbol)),
    );
  });
  return new Map([...known, ...(await late)].filter(([symbol]) => needed.has(symbol)));
}

/**
 * A read that is dropped when the signal is aborted: a hanging read must not prevent the process from
 * stopping in time. Only for reads, whose results no longer matter then.
 */
export async function unlessAborted<Result>(read: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(new Error("the read was cancelled"));
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  read.catch(() => undefined);
  try {
    return await Promise.race([read, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

export async function readMarket(broker: Broker, clock: Clock): Promise<MarketReading> {
  const readAt = readClocks(clock);
  const market = await broker.marketClock();
  return { clock: market, readAt, tookMs: clock.monotonic() - readAt.monotonic };
}

/** An execution starts only with this much of the session left (R14). */
export const MIN_SESSION_LEFT_TO_START_MS = 180_000;
/** Every POST needs this much of the session left (R14). */
export const MIN_SESSION_LEFT_TO_POST_MS = 30_000;
/** Maximum age of the venue's clock before a POST; after that it is read again. */
export const MARKET_READING_MAX_AGE_MS = 30_000;

/** Milliseconds left in the session by the venue's own clock, carried forward; `undefined` while closed. */
export function sessionLeft(market: MarketReading, monotonic: number): number | undefined {
  if (!market.clock.isOpen) return undefined;
  const left = market.clock.nextClose - market.clock.timestamp - (monotonic - market.readAt.monotonic);
  return left > 0 ? left : undefined;
}

/**
 * The snapshot without our orders known by id to have ended: lists lag behind (R16), and such orders would
 * keep cash and symbols reserved for nothing.
 */
export function withoutEnded(snapshot: AccountSnapshot, ledger: Pick<Ledger, "intent">): AccountSnapshot {
  const open = snapshot.openOrders.filter(({ clientOrderId }) => ledger.intent(clientOrderId)?.state !== "done");
  return open.length === snapshot.openOrders.length ? snapshot : { ...snapshot, openOrders: open };
}
