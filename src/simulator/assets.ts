import { uuidFor } from "./random.ts";

export type AssetExchange = "AMEX" | "ARCA" | "BATS" | "NASDAQ" | "NYSE" | "NYSEARCA" | "OTC";

export interface AssetRecord {
  readonly id: string;
  readonly symbol: string;
  readonly name: string;
  readonly exchange: AssetExchange;
  status: "active" | "inactive";
  tradable: boolean;
  fractionable: boolean;
  marginable: boolean;
  shortable: boolean;
  /** Attributes as the venue lists them, besides those it generates itself, such as `ptp_no_exception`. */
  attributes?: readonly string[];
  /** How its price moves, where it is not built in. */
  readonly priceModel?: PriceModel;
  /** Margin required to buy and hold it, in percent of its value. Default 30. */
  marginRequirement?: number;
}

/** How a symbol's price moves: its level, its daily volatility, and its beta to the market. */
export interface PriceModel {
  readonly level: number;
  readonly dailyVolatility: number;
  readonly beta: number;
}

type Row = readonly [
  symbol: string,
  name: string,
  exchange: AssetExchange,
  level: number,
  dailyVolatility: number,
  beta: number,
  flags?: Partial<AssetRecord>,
];

const NOT_TRADABLE = { tradable: false, fractionable: false, shortable: false };

const ROWS: readonly Row[] = [
  ["SPY", "SPDR S&P 500 ETF Trust", "ARCA", 620, 0.002, 1],
  ["IOO", "iShares Global 100 ETF", "ARCA", 108, 0.003, 1],
  ["QQQ", "Invesco QQQ Trust", "NASDAQ", 555, 0.004, 1.2],
  ["QQQE", "Direxion NASDAQ-100 Equal Weighted Index Shares", "NASDAQ", 100, 0.004, 1.1],
  ["TQQQ", "ProShares UltraPro QQQ", "NASDAQ", 85, 0.01, 3.4],
  ["SQQQ", "ProShares UltraPro Short QQQ", "NASDAQ", 18.5, 0.01, -3.4],
  ["PSQ", "ProShares Short QQQ", "ARCA", 33, 0.004, -1.2],
  ["UPRO", "ProShares UltraPro S&P 500", "ARCA", 95, 0.006, 3],
  ["SPXL", "Direxion Daily S&P 500 Bull 3X Shares", "ARCA", 175, 0.006, 3],
  ["SSO", "ProShares Ultra S&P 500", "ARCA", 98, 0.005, 2],
  ["TECL", "Direxion Daily Technology Bull 3X Shares", "ARCA", 92, 0.015, 3.6],
  ["SOXL", "Direxion Daily Semiconductor Bull 3X Shares", "ARCA", 27, 0.03, 4],
  ["XLK", "Technology Select Sector SPDR Fund", "ARCA", 255, 0.005, 1.3],
  ["XLF", "Financial Select Sector SPDR Fund", "ARCA", 52.5, 0.005, 0.9],
  ["XLP", "Consumer Staples Select Sector SPDR Fund", "ARCA", 81, 0.004, 0.4],
  ["XLY", "Consumer Discretionary Select Sector SPDR Fund", "ARCA", 220, 0.006, 1.2],
  ["VTV", "Vanguard Value ETF", "ARCA", 178, 0.003, 0.8],
  ["VOX", "Vanguard Communication Services ETF", "ARCA", 170, 0.005, 1],
  ["VOOG", "Vanguard S&P 500 Growth ETF", "ARCA", 400, 0.003, 1.2],
  ["VOOV", "Vanguard S&P 500 Value ETF", "ARCA", 190, 0.003, 0.8],
  ["FAS", "Direxion Daily Financial Bull 3X Shares", "ARCA", 170, 0.01, 2.7],
  ["FNGU", "MicroSectors FANG+ 3X Leveraged ETN", "ARCA", 25, 0.02, 3.8, { fractionable: false }],
  ["FNGO", "MicroSectors FANG+ 2X Leveraged ETN", "ARCA", 105, 0.015, 2.6, { fractionable: false }],
  ["LABU", "Direxion Daily S&P Biotech Bull 3X Shares", "ARCA", 62, 0.03, 2.5],
  ["LABD", "Direxion Daily S&P Biotech Bear 3X Shares", "ARCA", 6.5, 0.03, -2.5],
  ["TZA", "Direxion Daily Small Cap Bear 3X Shares", "ARCA", 11, 0.015, -3.4],
  ["RETL", "Direxion Daily Retail Bull 3X Shares", "ARCA", 8.5, 0.02, 3],
  ["SPLV", "Invesco S&P 500 Low Volatility ETF", "ARCA", 73, 0.003, 0.5],
  ["UVXY", "ProShares Ultra VIX Short-Term Futures ETF", "BATS", 20, 0.03, -4],
  ["UVIX", "2x Long VIX Futures ETF", "BATS", 15, 0.04, -5],
  ["SVIX", "-1x Short VIX Futures ETF", "BATS", 15, 0.02, 2.5],
  ["VIXY", "ProShares VIX Short-Term Futures ETF", "BATS", 43, 0.02, -2.7],
  ["VIXM", "ProShares VIX Mid-Term Futures ETF", "BATS", 16, 0.01, -1.2],
  ["VXX", "iPath Series B S&P 500 VIX Short-Term Futures ETN", "BATS", 45, 0.02, -2.7, { fractionable: false }],
  ["BTAL", "AGF U.S. Market Neutral Anti-Beta Fund", "ARCA", 19, 0.008, -0.6],
  ["TLT", "iShares 20+ Year Treasury Bond ETF", "NASDAQ", 86, 0.007, -0.1],
  ["IEF", "iShares 7-10 Year Treasury Bond ETF", "NASDAQ", 94.5, 0.003, -0.05],
  ["SHY", "iShares 1-3 Year Treasury Bond ETF", "NASDAQ", 82.5, 0.0008, 0],
  ["BSV", "Vanguard Short-Term Bond ETF", "ARCA", 78.5, 0.001, 0],
  ["BIL", "SPDR Bloomberg 1-3 Month T-Bill ETF", "ARCA", 91.6, 0.0002, 0],
  ["BND", "Vanguard Total Bond Market ETF", "NASDAQ", 73, 0.003, 0],
  ["AGG", "iShares Core U.S. Aggregate Bond ETF", "ARCA", 98.5, 0.003, 0],
  ["KMLM", "KraneShares Mount Lucas Managed Futures Index Strategy ETF", "ARCA", 26.5, 0.006, -0.2],
  ["FTLS", "First Trust Long/Short Equity ETF", "ARCA", 67, 0.003, 0.5],
  ["UUP", "Invesco DB US Dollar Index Bullish Fund", "ARCA", 27, 0.004, -0.1],
  ["SMR", "NuScale Power Corporation", "NYSE", 38.5, 0.04, 2],
  ["BWXT", "BWX Technologies, Inc.", "NYSE", 145, 0.015, 1.2],
  ["LEU", "Centrus Energy Corp.", "NYSE", 207, 0.04, 1.8],
  ["EXC", "Exelon Corporation", "NASDAQ", 44, 0.01, 0.4],
  ["NLR", "VanEck Uranium and Nuclear ETF", "ARCA", 112, 0.015, 1.2],
  ["OKLO", "Oklo Inc.", "NYSE", 56, 0.045, 2.2],
  ["CCJ", "Cameco Corporation", "NYSE", 74, 0.02, 1.4],
  // Alpaca's own id, which test suites of clients know.
  ["AAPL", "Apple Inc.", "NASDAQ", 210, 0.01, 1.2, { id: "b0b6dd9d-8b9b-48a9-ba46-b9d54906e415" }],
  ["MSFT", "Microsoft Corporation", "NASDAQ", 505, 0.008, 1.1],
  ["NVDA", "NVIDIA Corporation", "NASDAQ", 172, 0.018, 1.8],
  ["GOOGL", "Alphabet Inc. Class A", "NASDAQ", 182, 0.011, 1.1],
  ["AMZN", "Amazon.com, Inc.", "NASDAQ", 226, 0.011, 1.3],
  ["TSLA", "Tesla, Inc.", "NASDAQ", 320, 0.025, 2],
  ["BRK.B", "Berkshire Hathaway Inc. Class B", "NYSE", 475, 0.006, 0.7],
  ["CWVX", "Tradr 2X Long CRWV Daily ETF", "BATS", 28, 0.05, 3, { fractionable: false }],
  ["RGC", "Regencell Bioscience Holdings Limited", "NASDAQ", 15, 0.05, 0.5, NOT_TRADABLE],
  ["WBD", "Warner Bros. Discovery, Inc. Series A", "NASDAQ", 12, 0.02, 1.1, { ...NOT_TRADABLE, status: "inactive" }],
];

/** The tape that reports an exchange's listings; all others are on tape B. */
const TAPES: Readonly<Record<string, string>> = { NYSE: "A", NASDAQ: "C", OTC: "O" };

const PRICE_MODELS: ReadonlyMap<string, PriceModel> = new Map(
  ROWS.map(([symbol, , , level, dailyVolatility, beta]) => [symbol, { level, dailyVolatility, beta }]),
);

const ASSETS: readonly AssetRecord[] = ROWS.map(([symbol, name, exchange, , , , flags]) => ({
  id: uuidFor(`asset ${symbol}`),
  symbol,
  name,
  exchange,
  status: "active",
  tradable: true,
  fractionable: true,
  marginable: true,
  shortable: true,
  ...flags,
}));

/** A new list of all assets, so that one venue's changes do not affect another. */
export function builtInAssets(): Map<string, AssetRecord> {
  return new Map(ASSETS.map((asset) => [asset.symbol, { ...asset }]));
}

export function priceModel(symbol: string): PriceModel | undefined {
  return PRICE_MODELS.get(symbol);
}

/** The tape that reports an asset's trades. */
export function tapeOf(asset: Pick<AssetRecord, "exchange"> | undefined): string {
  return TAPES[asset?.exchange ?? ""] ?? "B";
}
