import { decimal, toText, type Decimal } from "../domain/decimal.ts";
import type { Announcement } from "./announcements.ts";
import type { AssetRecord } from "./assets.ts";
import type { OrderRecord } from "./orders.ts";
import type { Pin } from "./prices.ts";

export interface PositionRecord {
  readonly symbol: string;
  quantity: Decimal;
  cost: Decimal;
  /** New York date of the first fill; separates today's profit from the total. */
  readonly openedOn: string;
}

export interface AccountFlags {
  status: string;
  accountBlocked: boolean;
  tradingBlocked: boolean;
  transfersBlocked: boolean;
}

export interface AccountSettings {
  suspendTrade: boolean;
  fractionalTrading: boolean;
  noShorting: boolean;
  maxMarginMultiplier: "1" | "2" | "4";
  disableOvernightTrading: boolean;
  tradeConfirmEmail: "all" | "none";
  /** Whether assets with the attribute `ptp_no_exception` may be bought. Missing in states of earlier versions: no. */
  ptpNoExceptionEntry?: boolean;
}

/** What `/v2/account/activities` lists, in wire format. */
export type Activity = Readonly<Record<string, string>> & { readonly id: string; readonly activity_type: string };

/** A split whose price has taken effect. */
export interface SplitRecord {
  readonly id: string;
  readonly symbol: string;
  /** New York date of the first session at the new price. */
  readonly date: string;
  readonly at: number;
  readonly newRate: Decimal;
  readonly oldRate: Decimal;
  /** When the quantity changes, by the wall clock; missing once it has. */
  readonly bookAt?: number | undefined;
  /** Shares held when the price changed; shares bought later count as new ones. */
  readonly shares?: Decimal | undefined;
}

/** A named list of assets, which survive a change of their symbols. */
export interface Watchlist {
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly assetIds: readonly string[];
}

/** Equity at the end of one session. */
export interface Closing {
  readonly date: string;
  readonly at: number;
  readonly equity: Decimal;
}

export interface ExchangeState {
  readonly accountNumber: string;
  readonly createdAt: string;
  readonly createdAtMs: number;
  cash: Decimal;
  readonly flags: AccountFlags;
  readonly settings: AccountSettings;
  readonly positions: Map<string, PositionRecord>;
  readonly orders: Map<string, OrderRecord>;
  readonly activities: Activity[];
  readonly closings: Closing[];
  readonly splits: SplitRecord[];
  /** Corporate actions that are only announced. */
  readonly announcements: Announcement[];
  readonly assets: Map<string, AssetRecord>;
  readonly watchlists: Map<string, Watchlist>;
  /** Counts timestamps, so that no two are equal. */
  sequence: number;
}

interface Stored {
  readonly version: 1;
  readonly seed: number;
  readonly random: number;
  readonly pins: readonly (readonly [string, readonly Pin[]])[];
  readonly state: ExchangeState;
}

const VERSION = 1;
const DECIMAL_KEY = "$decimal";
const MAP_KEY = "$map";

/** The state as text. Deadlines on the monotonic clock are stored as the time left at `monotonicNow`. */
export function storeState(stored: Omit<Stored, "version">, monotonicNow: number): string {
  const orders = new Map([...stored.state.orders].map(([id, order]) => [id, shifted(order, -monotonicNow)]));
  return JSON.stringify({ ...stored, version: VERSION, state: { ...stored.state, orders } }, encode);
}

/** @throws RangeError when the text was not written by {@link storeState} of this version. */
export function restoreState(text: string, monotonicNow: number): Omit<Stored, "version"> {
  const stored = JSON.parse(text, decode) as Stored;
  if ((stored.version as number) !== VERSION)
    throw new RangeError("The stored simulator state was written by another version; delete it to start again.");
  for (const [id, order] of stored.state.orders) stored.state.orders.set(id, shifted(order, monotonicNow));
  const known: Partial<ExchangeState> = stored.state;
  return {
    ...stored,
    state: {
      ...stored.state,
      splits: known.splits ?? [],
      announcements: known.announcements ?? [],
      watchlists: known.watchlists ?? new Map<string, Watchlist>(),
    },
  };
}

/** Puts the values of another state into one that others hold references to. */
export function overwriteState(state: ExchangeState, by: ExchangeState): void {
  const target = state as unknown as Record<string, unknown>;
  for (const [key, value] of Object.entries(by)) {
    const own = target[key];
    if (own instanceof Map && value instanceof Map) replaceEntries(own, value as ReadonlyMap<unknown, unknown>);
    else if (Array.isArray(own)) own.splice(0, own.length, ...(value as unknown[]));
    else if (isPlain(own)) replaceFields(own, value as object);
    else target[key] = value;
  }
}

function replaceEntries(map: Map<unknown, unknown>, by: ReadonlyMap<unknown, unknown>): void {
  map.clear();
  for (const [key, value] of by) map.set(key, value);
}

function replaceFields(object: object, by: object): void {
  for (const key of Object.keys(object)) Reflect.deleteProperty(object, key);
  Object.assign(object, by);
}

function isPlain(value: unknown): value is object {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function shifted(order: OrderRecord, by: number): OrderRecord {
  const move = (at: number | undefined): number | undefined => (at === undefined ? undefined : at + by);
  return { ...order, stepAt: move(order.stepAt), cancelAt: move(order.cancelAt) };
}

function encode(this: unknown, key: string, value: unknown): unknown {
  const original: unknown = (this as Record<string, unknown>)[key];
  if (isDecimal(original)) return { [DECIMAL_KEY]: toText(original) };
  return value instanceof Map ? { [MAP_KEY]: [...(value as Map<unknown, unknown>)] } : value;
}

function decode(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (DECIMAL_KEY in value) return decimal(value[DECIMAL_KEY] as string);
  return MAP_KEY in value ? new Map(value[MAP_KEY] as [unknown, unknown][]) : value;
}

/** big.js values turn themselves into strings before a replacer sees them, so check the value in its holder. */
function isDecimal(value: unknown): value is Decimal {
  return typeof value === "object" && value !== null && "c" in value && "e" in value && "s" in value && "toFixed" in value;
}
