import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readAlert } from "../../src/intake/alert.ts";
import type { Entry } from "../../src/intake/batch.ts";

/** 2025-07-14 15:00:00 UTC, a Monday inside the session. */
export const T0 = Date.UTC(2025, 6, 14, 15);
export const LONDON = "Europe/London";
const NUCLEAR = "Bull market - Nuclear portfolio: SMR (31.2%), LEU (39.5%), OKLO (29.3%)";

export interface LineParts {
  readonly at?: number;
  readonly symbol?: string;
  readonly action?: string;
  readonly reason?: string;
  readonly more?: Readonly<Record<string, unknown>>;
}

/** One line of an alerts file, without its newline. */
export function line({ at = T0, symbol = "SMR", action = "BUY", reason = "TQQQ oversold, buying dip", more = {} }: LineParts): string {
  return JSON.stringify({ timestamp: new Date(at).toISOString(), symbol, action, price: 37.47999954223633, reason, ...more });
}

/** The three lines of a nuclear run, 0.1 s apart. */
export function nuclearRun(at = T0, more: Readonly<Record<string, unknown>> = {}): [string, string, string] {
  const leg = (index: number, symbol: string, percent: string): string =>
    line({ at: at + index * 100, symbol, reason: `Nuclear portfolio allocation: ${percent}% (${NUCLEAR})`, more });
  return [leg(0, "SMR", "31.2"), leg(1, "LEU", "39.5"), leg(2, "OKLO", "29.3")];
}

/** The two lines of a bear run, whose reasons name no legs. */
export function bearRun(at = T0): [string, string] {
  const leg = (index: number, symbol: string, percent: string): string =>
    line({ at: at + index * 100, symbol, reason: `Bear market allocation: ${percent}% (inverse volatility weighted)` });
  return [leg(0, "SQQQ", "62.3"), leg(1, "TQQQ", "37.7")];
}

export function entries(lines: readonly string[], arrivedAt = T0, timezone = "UTC"): Entry[] {
  return lines.map((text) => ({ line: readAlert(text, timezone), arrivedAt }));
}

export function fileText(lines: readonly string[]): string {
  return lines.map((each) => `${each}\n`).join("");
}

/** The targets as plain text, for comparisons. */
export function plain(weights: ReadonlyMap<string, { toFixed(): string }>): Record<string, string> {
  return Object.fromEntries([...weights].map(([symbol, weight]) => [symbol, weight.toFixed()]));
}

/** A private directory that is removed again. */
export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), "intake-"));

  file(name = "alerts.json"): string {
    return join(this.path, name);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
