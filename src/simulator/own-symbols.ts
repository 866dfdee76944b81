import type { AssetExchange, AssetRecord, PriceModel } from "./assets.ts";
import { type CsvRow, readCsv } from "./csv.ts";
import { malformed } from "./refusals.ts";
import { hashText, noiseAt, uuidFor } from "./random.ts";

const COLUMNS = {
  required: ["symbol"],
  optional: ["name", "exchange", "price", "volatility", "beta", "tradable", "fractionable", "shortable", "marginable"],
};
const EXCHANGES: readonly AssetExchange[] = ["AMEX", "ARCA", "BATS", "NASDAQ", "NYSE", "NYSEARCA", "OTC"];
const TICKER = /^[A-Z]{1,5}([.][A-Z]{1,2})?$/;
const FLAGS: Readonly<Record<string, boolean>> = { true: true, yes: true, "1": true, false: false, no: false, "0": false };
/** Dollars: what a symbol costs that nothing is known about. */
const LOWEST_LEVEL = 5;
const HIGHEST_LEVEL = 500;
const LAYERS = { level: 0, volatility: 1, beta: 2, exchange: 3 } as const;

/** Whether a symbol can be listed on first use. */
export function isTicker(text: string): boolean {
  return TICKER.test(text);
}

/** An asset that nothing is known about but its symbol: the same for the same seed, whenever it is first used. */
export function seededAsset(seed: number, symbol: string): AssetRecord {
  return assetOf(symbol, {}, seededModel(seed, symbol), shareOf(seed, symbol, LAYERS.exchange) < 0.5 ? "NASDAQ" : "NYSE");
}

/**
 * Reads assets from comma-separated values: `symbol`, and optionally `name`, `exchange`, `price` (dollars, around
 * which it moves), `volatility` (of a day, 0.02 for 2 %), `beta`, and yes or no for `tradable`, `fractionable`,
 * `shortable` and `marginable`. What is missing is seeded.
 * @throws Refusal naming the line and what is wrong with it.
 */
export function readOwnSymbols(text: string, seed: number): AssetRecord[] {
  const assets = new Map<string, AssetRecord>();
  for (const row of readCsv(text, COLUMNS)) {
    const symbol = row.values.symbol ?? "";
    if (!isTicker(symbol))
      throw malformed(`${row.place}: symbol is "${symbol}"; expected up to five capital letters, such as GOOG or BRK.B`);
    if (assets.has(symbol)) throw malformed(`${row.place}: ${symbol} is listed twice`);
    assets.set(symbol, assetIn(row, symbol, seed));
  }
  if (assets.size === 0) throw malformed("no symbol is listed");
  return [...assets.values()];
}

function assetIn(row: CsvRow, symbol: string, seed: number): AssetRecord {
  const model = seededModel(seed, symbol);
  const own: PriceModel = {
    level: numberIn(row, "price", { above: 0 }) ?? model.level,
    dailyVolatility: numberIn(row, "volatility", { above: 0, most: 1 }) ?? model.dailyVolatility,
    beta: numberIn(row, "beta", {}) ?? model.beta,
  };
  const flags = {
    tradable: flagIn(row, "tradable"),
    fractionable: flagIn(row, "fractionable"),
    shortable: flagIn(row, "shortable"),
    marginable: flagIn(row, "marginable"),
    name: row.values.name,
  };
  return assetOf(symbol, flags, own, exchangeIn(row) ?? seededAsset(seed, symbol).exchange);
}

interface Known {
  readonly name?: string | undefined;
  readonly tradable?: boolean | undefined;
  readonly fractionable?: boolean | undefined;
  readonly shortable?: boolean | undefined;
  readonly marginable?: boolean | undefined;
}

function assetOf(symbol: string, known: Known, model: PriceModel, exchange: AssetExchange): AssetRecord {
  return {
    id: uuidFor(`asset ${symbol}`),
    symbol,
    name: known.name ?? `${symbol} Common Stock`,
    exchange,
    status: "active",
    tradable: known.tradable ?? true,
    fractionable: known.fractionable ?? true,
    shortable: known.shortable ?? true,
    marginable: known.marginable ?? true,
    priceModel: model,
  };
}

/** Evenly spread over orders of magnitude, as prices of stocks are. */
function seededModel(seed: number, symbol: string): PriceModel {
  const level = LOWEST_LEVEL * (HIGHEST_LEVEL / LOWEST_LEVEL) ** shareOf(seed, symbol, LAYERS.level);
  return {
    level: Number(level.toFixed(2)),
    dailyVolatility: Number((0.008 + 0.03 * shareOf(seed, symbol, LAYERS.volatility)).toFixed(4)),
    beta: Number((0.5 + shareOf(seed, symbol, LAYERS.beta)).toFixed(2)),
  };
}

/** From 0 to 1. */
function shareOf(seed: number, symbol: string, layer: number): number {
  return (noiseAt(hashText(`${String(seed)} ${symbol} listing`), layer, 0) + 1) / 2;
}

function exchangeIn({ place, values }: CsvRow): AssetExchange | undefined {
  const text = values.exchange;
  const found = EXCHANGES.find((each) => each === text);
  if (text !== undefined && found === undefined)
    throw malformed(`${place}: exchange is "${text}"; expected one of ${EXCHANGES.join(", ")}`);
  return found;
}

function numberIn({ place, values }: CsvRow, name: string, { above, most = 1e6 }: { above?: number; most?: number }): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const value = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value) || value > most || (above !== undefined && value <= above))
    throw malformed(
      `${place}: ${name} is "${text}"; expected a number${above === undefined ? "" : ` above ${String(above)}`}, at most ${String(most)}`,
    );
  return value;
}

function flagIn({ place, values }: CsvRow, name: string): boolean | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const flag = FLAGS[text.toLowerCase()];
  if (flag === undefined) throw malformed(`${place}: ${name} is "${text}"; expected yes or no`);
  return flag;
}
