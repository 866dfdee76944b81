import { basename, dirname, join, resolve } from "node:path";
import type { Environment, HaltFiles } from "../domain/config.ts";
import { textIn } from "./text-in.ts";
import { MACHINE_HALT_FILE } from "./settings.ts";
import { stateDirFrom } from "./state-dir.ts";

/** Works even if other settings are wrong, because `halt` must (R25). */
export function haltFilesFrom(env: Environment): HaltFiles {
  const named = textIn(env, "HALT_FILE");
  const stateDir = stateDirFrom(env);
  const fleet = fleetOf(stateDir);
  return {
    own: join(stateDir, "HALT"),
    ...(fleet === undefined ? {} : { fleet: join(fleet, "HALT") }),
    machine: named === undefined ? MACHINE_HALT_FILE : resolve(named),
    machineIsNamed: named !== undefined,
  };
}

/** An account of a fleet has its state in `STATE_DIR/accounts/NAME`. @returns that STATE_DIR. */
function fleetOf(stateDir: string): string | undefined {
  const accounts = dirname(stateDir);
  return basename(accounts) === "accounts" ? dirname(accounts) : undefined;
}
