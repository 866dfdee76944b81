import { join } from "node:path";
import type { Config } from "../domain/config.ts";

/** One ledger per mode: paper's history must never affect live trading. */
export function ledgerFile(config: Pick<Config, "stateDir" | "mode">): string {
  return join(config.stateDir, `${config.mode}.sqlite`);
}

/** The paper account of shadow mode, next to its ledger. */
export function shadowAccountFile(config: Pick<Config, "stateDir">): string {
  return join(config.stateDir, "shadow-account.sqlite");
}

/** The ledger's trading lock (R26). */
export function ledgerLockFile(config: Pick<Config, "stateDir" | "mode">): string {
  return join(config.stateDir, `${config.mode}.lock`);
}

/** Directory for all simulator data, away from where a real daemon reads (R29). */
export function simulatorDirectory(stateDir: string): string {
  return join(stateDir, "simulator");
}
