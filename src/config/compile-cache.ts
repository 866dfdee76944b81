import { existsSync, readFileSync, statSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { isAbsolute, join } from "node:path";
import { parse } from "dotenv";
import type { Environment } from "../domain/config.ts";
import { makeDirectories } from "../machine/directory-access.ts";
import { ourUid } from "../machine/users.ts";
import { stateDirFrom } from "./state-dir.ts";
import { textIn } from "./text-in.ts";

/**
 * Keeps compiled code in STATE_DIR: Node's shared default under the temporary directory would run code that others can
 * write. Call before the modules that take long to compile. The table of settings is one of them, so this reads only where
 * STATE_DIR is from `.env` in `directory`, and checks nothing.
 */
export function useCompileCache(environment: Environment, directory: string): void {
  try {
    const file = join(directory, ".env");
    const env = { ...(existsSync(file) ? parse(readFileSync(file)) : {}), ...environment };
    // A relative one is refused later on; nothing is made in whatever directory is the current one.
    const named = textIn(env, "STATE_DIR");
    if (named !== undefined && !isAbsolute(named)) return;
    const stateDir = stateDirFrom(env);
    // Root would leave files next to the daemon's that the daemon cannot replace.
    if ((statSync(stateDir, { throwIfNoEntry: false })?.uid ?? ourUid()) !== ourUid()) return;
    const cache = join(stateDir, "compile-cache");
    makeDirectories(cache, 0o700);
    enableCompileCache(cache);
  } catch {
    // Without the cache the start takes a little longer; nothing else depends on it.
  }
}
