import { join, resolve } from "node:path";
import type { Environment, HaltFiles } from "../domain/config.ts";
import { textIn } from "./text-in.ts";
import { MACHINE_HALT_FILE } from "./settings.ts";
import { stateDirFrom } from "./state-dir.ts";

/** Works even if other settings are wrong, because `halt` must (R25). */
export function haltFilesFrom(env: Environment): HaltFiles {
  const named = textIn(env, "HALT_FILE");
  return {
    own: join(stateDirFrom(env), "HALT"),
    machine: named === undefined ? MACHINE_HALT_FILE : resolve(named),
    machineIsNamed: named !== undefined,
  };
}
