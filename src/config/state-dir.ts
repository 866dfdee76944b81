import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import type { Environment } from "../domain/config.ts";
import { textIn } from "./text-in.ts";

const NAME = "alpaca-trader";

/**
 * Directory of the ledger and HALT. Works even if other settings are wrong, because `halt` must (R25). systemd may
 * list several directories; the first is ours.
 */
export function stateDirFrom(env: Environment): string {
  const own = textIn(env, "STATE_DIR") ?? textIn(env, "STATE_DIRECTORY")?.split(":")[0];
  if (own !== undefined && own !== "") return resolve(own);
  const states = textIn(env, "XDG_STATE_HOME");
  if (states !== undefined && isAbsolute(states)) return join(states, NAME);
  return join(textIn(env, "HOME") ?? homedir(), ".local", "state", NAME);
}
