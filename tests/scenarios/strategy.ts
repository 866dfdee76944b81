import { appendFileSync } from "node:fs";
import { DateTime } from "luxon";
import { systemClock } from "../../src/domain/clock.ts";

/** No clock change ever, and an offset that no machine runs in by accident. */
export const WRITERS_ZONE = "Asia/Kolkata";

/** Between two lines of one run, milliseconds. */
const LINE_GAP_MS = 80;

export interface Leg {
  readonly symbol: string;
  readonly reason: string;
  readonly action?: string;
}

const NUCLEAR_REASON = "Bull market - Nuclear portfolio: SMR (31.2%), LEU (39.5%), OKLO (29.3%)";
const HEDGE_REASON = "SPY overbought (79-81), UVXY 75% + BTAL 25% allocation";

/** The owner's example. */
export const NUCLEAR: readonly [Leg, Leg, Leg] = [
  { symbol: "SMR", reason: `Nuclear portfolio allocation: 31.2% (${NUCLEAR_REASON})` },
  { symbol: "LEU", reason: `Nuclear portfolio allocation: 39.5% (${NUCLEAR_REASON})` },
  { symbol: "OKLO", reason: `Nuclear portfolio allocation: 29.3% (${NUCLEAR_REASON})` },
];

export const NUCLEAR_WEIGHTS = { SMR: 0.312, LEU: 0.395, OKLO: 0.293 };

export const HEDGE: readonly [Leg, Leg] = [
  { symbol: "UVXY", reason: `Volatility hedge allocation: 75% (${HEDGE_REASON})` },
  { symbol: "BTAL", reason: `Anti-beta hedge allocation: 25% (${HEDGE_REASON})` },
];

export const HEDGE_WEIGHTS = { UVXY: 0.75, BTAL: 0.25 };

/** A stamp as the strategy writes it: local time of its machine, microseconds, no zone. */
function stampAt(at: number, zone = WRITERS_ZONE): string {
  return DateTime.fromMillis(at, { zone }).toFormat("yyyy-MM-dd'T'HH:mm:ss.SSS") + "759";
}

/** One line as the strategy writes it: blanks after colons and commas, and a newline. */
export function lineOf({ symbol, reason, action = "BUY" }: Leg, at: number, zone = WRITERS_ZONE): string {
  const entries = Object.entries({ timestamp: stampAt(at, zone), symbol, action, price: 37.47999954223633, reason });
  return `{${entries.map(([name, value]) => `"${name}": ${JSON.stringify(value)}`).join(", ")}}\n`;
}

/** A whole run, its lines 80 ms apart by their stamps. */
export function runOf(legs: readonly Leg[], at: number, zone = WRITERS_ZONE): string {
  return legs.map((leg, index) => lineOf(leg, at + index * LINE_GAP_MS, zone)).join("");
}

/** Appends a run in real time, every line torn into two writes. */
export async function writeTorn(file: string, legs: readonly Leg[]): Promise<void> {
  for (const leg of legs) {
    const line = lineOf(leg, systemClock.now());
    const middle = line.length >>> 1;
    appendFileSync(file, line.slice(0, middle), { mode: 0o644 });
    await systemClock.sleep(LINE_GAP_MS / 2);
    appendFileSync(file, line.slice(middle));
    await systemClock.sleep(LINE_GAP_MS / 2);
  }
}
