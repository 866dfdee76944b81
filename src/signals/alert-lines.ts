import { DateTime } from "luxon";
import { legPercents } from "../strategies/allocations.ts";
import type { Allocation } from "../strategies/strategy.ts";

export interface AlertDetails {
  /** Milliseconds since the epoch; the same for the whole run, so that every reader keeps it together (R3). */
  readonly stampedAt: number;
  /** IANA zone of the timestamp; the offset is included, so no reader needs to know the zone. */
  readonly zone: string;
  /** Last close of each leg, for people; `null` where it is missing. */
  readonly prices: ReadonlyMap<string, number>;
  /** Whether the bars were invented, so that no other mode trades on it (R8). */
  readonly simulated: boolean;
}

/**
 * The lines of one run, one per leg with its newline, in the format known to every reader of the alerts file. The
 * first percentage is the leg's weight; the strategy's reason, repeated in each line, shows a reader which legs
 * belong together, so that no part of a run can look complete (R4).
 */
export function alertLines(allocation: Allocation, details: AlertDetails): string {
  const timestamp = DateTime.fromMillis(details.stampedAt, { zone: details.zone }).toFormat("yyyy-LL-dd'T'HH:mm:ss.SSSZZ");
  return reasons(allocation)
    .map((reason, index) => {
      const symbol = allocation.legs[index]?.symbol ?? "";
      const price = details.prices.get(symbol) ?? null;
      return lineOf({ timestamp, symbol, action: "BUY", price, reason, ...(details.simulated ? { origin: "simulator" } : {}) });
    })
    .join("");
}

/** With spaces after colons and commas, as in the existing format. */
function lineOf(fields: Readonly<Record<string, string | number | null>>): string {
  const entries = Object.entries(fields).map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`);
  return `{${entries.join(", ")}}\n`;
}

function reasons(allocation: Allocation): readonly string[] {
  const { form, legs, reason } = allocation;
  const percents = legPercents(allocation);
  switch (form) {
    case "nuclear":
      return percents.map((percent) => `Nuclear portfolio allocation: ${percent} (${reason})`);
    case "hedge":
      return percents.map((percent, index) => `${HEDGE_TITLES[index] ?? "Hedge"} allocation: ${percent} (${reason})`);
    case "bear":
      return percents.map((percent) => `Bear market allocation: ${percent} (inverse volatility weighted), ${reason}`);
    case "blend":
      return percents.map((percent) => `Portfolio allocation: ${percent} (${reason})`);
    case "single":
      // No percentage means the whole (R2).
      return legs.map(() => reason);
  }
}

/** UVXY, then BTAL. */
const HEDGE_TITLES = ["Volatility hedge", "Anti-beta hedge"];
