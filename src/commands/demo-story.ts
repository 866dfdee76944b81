import { appendFileSync } from "node:fs";
import { DateTime } from "luxon";
import type { Clock } from "../domain/clock.ts";
import type { Terminal } from "../reporting/terminal.ts";

export interface Leg {
  readonly symbol: string;
  readonly reason: string;
}

const NUCLEAR = "Bull market - Nuclear portfolio: SMR (31.2%), LEU (39.5%), OKLO (29.3%)";
const HEDGE = "SPY overbought (79-81), UVXY 75% + BTAL 25% allocation";

export const STORY: readonly { readonly title: string; readonly legs: readonly Leg[] }[] = [
  {
    title: "the market is calm: three nuclear stocks",
    legs: [
      { symbol: "SMR", reason: `Nuclear portfolio allocation: 31.2% (${NUCLEAR})` },
      { symbol: "LEU", reason: `Nuclear portfolio allocation: 39.5% (${NUCLEAR})` },
      { symbol: "OKLO", reason: `Nuclear portfolio allocation: 29.3% (${NUCLEAR})` },
    ],
  },
  {
    title: "the market is overheated: into the hedge",
    legs: [
      { symbol: "UVXY", reason: `Volatility hedge allocation: 75% (${HEDGE})` },
      { symbol: "BTAL", reason: `Anti-beta hedge allocation: 25% (${HEDGE})` },
    ],
  },
];

/** Delay between two lines of one run, as recorded from the original writer, in milliseconds. */
const LINE_GAP_MS = 80;

export interface AlertsWriter {
  readonly clock: Clock;
  readonly out: Pick<Terminal, "line">;
  readonly file: string;
  /** IANA zone of the stamps. */
  readonly zone: string;
}

/** Writes one run as a strategy does, and shows its lines. */
export async function writeAlerts({ clock, out, file, zone }: AlertsWriter, legs: readonly Leg[]): Promise<void> {
  for (const leg of legs) {
    const timestamp = DateTime.fromMillis(clock.now(), { zone }).toFormat("yyyy-LL-dd'T'HH:mm:ss.SSS");
    const line = JSON.stringify({ timestamp, symbol: leg.symbol, action: "BUY", price: null, reason: leg.reason, origin: "simulator" });
    out.line(line);
    appendFileSync(file, `${line}\n`, { mode: 0o640 });
    await clock.sleep(LINE_GAP_MS);
  }
}
