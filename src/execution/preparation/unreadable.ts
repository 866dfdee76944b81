import type { Position } from "../../domain/broker.ts";
import { formatDollars } from "../../domain/format.ts";
import type { PrepareParts } from "./declining.ts";

/** What the venue showed unreadably, and the plan goes on without: told before the first order (R34). */
export function sayUnreadable(parts: PrepareParts, positions: readonly Position[]): void {
  const texts = [configurationText(parts), positionsText(parts, positions)];
  for (const text of texts) if (text !== undefined) parts.emit({ kind: "remark", level: "warn", important: true, text });
}

function configurationText({ assets }: PrepareParts): string | undefined {
  const trouble = assets.configuration.takeTrouble();
  if (trouble === undefined) return undefined;
  return `Cannot read the account's configuration: ${trouble} It is not known whether it may buy fractions and partnerships, so the venue decides.`;
}

/** Rows of other asset classes are never traded, whether they can be read or not. */
function positionsText({ settings }: PrepareParts, positions: readonly Position[]): string | undefined {
  const unread = positions.filter(
    ({ symbol, assetClass, problem }) =>
      problem !== undefined && (assetClass === "us_equity" || assetClass === "") && !settings.protectedSymbols.has(symbol),
  );
  if (unread.length === 0) return undefined;
  const rows = unread.map(({ symbol, marketValue, problem }) => `${symbol} (${formatDollars(marketValue)}; ${problem ?? ""})`);
  return `Positions that cannot be read are left alone: ${rows.join(", ")}. List them in PROTECTED_SYMBOLS to leave them alone without this warning.`;
}
