import { join, resolve } from "node:path";
import type { Environment } from "./read-settings.ts";
import { textIn } from "./read-settings.ts";
import { MACHINE_HALT_FILE } from "./settings.ts";
import { stateDirFrom } from "./state-dir.ts";

/** The files that stop trading by being there (R25). */
export interface HaltFiles {
  /** Stops what uses this STATE_DIR, in every mode. */
  readonly own: string;
  /** Stops every installation on this machine. */
  readonly machine: string;
  /**
   * Whether HALT_FILE names it. What was named and cannot be checked counts as a halt. The default may lie
   * in the private directory of another user, which must not stop everybody else for good.
   */
  readonly machineIsNamed: boolean;
}

/** Works however broken the other settings are, because `halt` must (R25). */
export function haltFilesFrom(env: Environment): HaltFiles {
  const named = textIn(env, "HALT_FILE");
  return {
    own: join(stateDirFrom(env), "HALT"),
    machine: named === undefined ? MACHINE_HALT_FILE : resolve(named),
    machineIsNamed: named !== undefined,
  };
}
