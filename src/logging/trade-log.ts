import { join } from "node:path";
import type { TradingMode } from "../domain/config.ts";
import { groupIdOf } from "./group.ts";
import { jsonOf } from "./line.ts";
import { createRedaction } from "./redaction.ts";
import { RotatingFile } from "./rotating-file.ts";

export interface TradeLogOptions {
  readonly dir: string;
  readonly mode: TradingMode;
  readonly group: string | undefined;
  /** Configured keys, to be taken out. */
  readonly secrets?: readonly string[];
  /** Told when lines begin to be lost; the ledger has the facts all the same. */
  readonly onProblem?: (sentence: string) => void;
}

export interface TradeLog {
  readonly file: string;
  /** Appends one JSON object as one line. Decimals become strings, maps objects. */
  append(entry: object): void;
  close(): void;
}

/** Where the trade log of a mode is (contract). */
export function tradeLogPath(dir: string, mode: TradingMode): string {
  return join(dir, mode === "live" ? "trades_live.json" : "alpaca_trades.json");
}

/**
 * The trade log for people and scripts: a copy that can be lost; the truth is in the ledger.
 * @throws TraderError as {@link RotatingFile} does.
 */
export function openTradeLog(options: TradeLogOptions): TradeLog {
  const path = tradeLogPath(options.dir, options.mode);
  const redact = createRedaction(options.secrets ?? []);
  const file = new RotatingFile({
    file: path,
    groupId: groupIdOf(options.group),
    lossLine: (lost) => JSON.stringify({ lost_lines: lost }),
    onProblem: options.onProblem ?? (() => undefined),
  });
  return { file: path, append: (entry) => file.append(jsonOf(entry, redact, false)), close: () => file.close() };
}
