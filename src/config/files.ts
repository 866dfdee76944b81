import { join } from "node:path";
import type { Config } from "../domain/config.ts";

/** One ledger per mode: paper's history must never steer live trading. */
export function ledgerFile(config: Pick<Config, "stateDir" | "mode">): string {
  return join(config.stateDir, `${config.mode}.sqlite`);
}

/** The trading lock of that ledger (R26). */
export function ledgerLockFile(config: Pick<Config, "stateDir" | "mode">): string {
  return join(config.stateDir, `${config.mode}.lock`);
}

/** Everything that is invented lives here, away from where a real daemon reads (R29). */
export function simulatorDirectory(stateDir: string): string {
  return join(stateDir, "simulator");
}
