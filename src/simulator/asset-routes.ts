import { assetView } from "./account-view.ts";
import type { ExchangeState } from "./account-state.ts";
import { symbolNamed } from "./admission.ts";
import type { AssetRecord } from "./assets.ts";
import { choice, choices, optional } from "./parameters.ts";
import { notFound } from "./refusals.ts";

const CLASSES = ["us_equity", "us_option", "crypto", "crypto_perp", "treasury", "corporate", "global_equity", "us_index", "ipo"] as const;
const EXCHANGES = ["AMEX", "ARCA", "BATS", "NYSE", "NASDAQ", "NYSEARCA", "OTC", "CRYPTO"] as const;
const STATUSES = ["active", "inactive"] as const;
const ATTRIBUTES = [
  "ptp_no_exception",
  "ptp_with_exception",
  "ipo",
  "has_options",
  "options_late_close",
  "fractional_eh_enabled",
  "overnight_tradable",
  "overnight_halted",
] as const;

/** `GET /v2/assets`: with several attributes, the assets that have any of them. @throws Refusal */
export function listAssets(state: ExchangeState, query: URLSearchParams): Record<string, unknown>[] {
  const status = optional(query, "status", (text) => STATUSES.find((each) => each === text));
  const exchange = optional(query, "exchange", (text) => EXCHANGES.find((each) => each === text));
  const attributes: readonly string[] = choices(query, "attributes", ATTRIBUTES);
  if (choice(query, "asset_class", CLASSES, "us_equity") !== "us_equity") return [];
  return [...state.assets.values()]
    .filter((asset) => (status === undefined || asset.status === status) && (exchange === undefined || asset.exchange === exchange))
    .map(assetView)
    .filter(({ attributes: own }) => attributes.length === 0 || attributes.some((name) => own.includes(name)));
}

/** @throws Refusal */
export function findAsset(state: ExchangeState, symbolOrId: string): AssetRecord {
  const asset = state.assets.get(symbolNamed(state, symbolOrId));
  if (asset === undefined) throw notFound(`asset not found for ${symbolOrId}`);
  return asset;
}
