import type { AccountConfiguration, Asset, Position } from "../../domain/broker.ts";
import type { PlanAsset } from "../../portfolio/plan.ts";

/** Alpaca's attribute of a publicly traded partnership without a qualified notice: by default it cannot be bought. */
const PARTNERSHIP = "ptp_no_exception";

export function isPartnership({ attributes }: Pick<Asset, "attributes">): boolean {
  return attributes.includes(PARTNERSHIP);
}

/** Why this account may not buy an asset that is tradable; `undefined` when it may, or when the account's switches are not known (R12). */
export function purchaseBlockOf(asset: Pick<Asset, "attributes">, configuration: AccountConfiguration | undefined): string | undefined {
  if (configuration === undefined || configuration.ptpNoExceptionEntry === true || !isPartnership(asset)) return undefined;
  return `it is a partnership (${PARTNERSHIP}), which Alpaca sells only to accounts whose configuration has ptp_no_exception_entry switched on`;
}

/** An asset in the planner's terms, as this account may trade it (R11, R12). */
export function planAsset(asset: Asset | undefined, configuration: AccountConfiguration | undefined): PlanAsset | undefined {
  if (asset === undefined) return undefined;
  const { active, tradable } = asset;
  const fractionable = asset.fractionable && configuration?.fractionalTrading !== false;
  const fractionsUnknown = asset.fractionableUnread === true && configuration?.fractionalTrading !== false;
  const purchaseBlock = purchaseBlockOf(asset, configuration);
  return { active, tradable, fractionable, fractionsUnknown, ...(purchaseBlock === undefined ? {} : { purchaseBlock }) };
}

export interface TickerFacts {
  readonly positions: readonly Pick<Position, "symbol" | "assetId">[];
  readonly assets: ReadonlyMap<string, Asset | undefined>;
  /** Symbol → last known asset id. */
  readonly assetIds: ReadonlyMap<string, string>;
}

/**
 * Symbols that are gone → the ticker under which the same asset is held. After a rename the asset keeps its id and the
 * position continues under the new ticker, while a strategy may still use the old one.
 */
export function renamedTickers({ positions, assets, assetIds }: TickerFacts): Map<string, string> {
  const renamed = [...assets].flatMap(([symbol, asset]) => {
    if (asset?.active === true && asset.symbol === symbol) return [];
    const id = asset?.id ?? assetIds.get(symbol);
    const isHeld = positions.some((position) => position.symbol === symbol);
    const held = isHeld || id === undefined ? undefined : positions.find((position) => position.assetId === id);
    return held === undefined ? [] : [[symbol, held.symbol] as const];
  });
  return new Map(renamed);
}
