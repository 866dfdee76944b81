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
  /** Configured keys, to be removed. */
  readonly secrets?: readonly string[];
  /** Called when lines start to be lost; the ledger keeps the facts. */
  readonly onProblem?: (sentence: string) => void;
}

export interface TradeLog {
  readonly file: string;
  /** Appends one JSON object as one line. Decimals become strings, maps objects. */
  append(entry: object): void;
  close(): void;
}

/** Invented trades never stand among real ones. */
const TRADE_LOGS: Record<TradingMode, string> = {
  simulator: "alpaca_trades.json",
  paper: "alpaca_trades.json",
  shadow: "trades_shadow.json",
  live: "trades_live.json",
};

export function tradeLogPath(dir: string, mode: TradingMode): string {
  return join(dir, TRADE_LOGS[mode]);
}

/**
 * The trade log for people and scripts: a copy that may be lost; the ledger is authoritative.
 * @throws TraderError like {@link RotatingFile}.
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
