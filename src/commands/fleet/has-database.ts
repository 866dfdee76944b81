import { textIn } from "../../config/text-in.ts";
import type { Environment } from "../../domain/config.ts";

/** Whether the fleet is on several machines, which share a database. Loads nothing of it. */
export function hasDatabase(env: Environment): boolean {
  return textIn(env, "FLEET_DATABASE") !== undefined;
}
