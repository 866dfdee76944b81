import { readFileSync } from "node:fs";
import { EXIT, TraderError } from "../domain/errors.ts";

/**
 * A group's numeric id, from this machine's group database.
 * @param group its name or number; undefined stays undefined: our own group.
 * @throws TraderError (exit 78) when there is no group of that name.
 */
export function groupIdOf(group: string | undefined, database = "/etc/group"): number | undefined {
  if (group === undefined) return undefined;
  if (/^\d{1,9}$/.test(group)) return Number(group);
  const entry = readFileSync(database, "utf8")
    .split("\n")
    .map((line) => line.split(":"))
    .find(([name]) => name === group);
  if (entry?.[2] !== undefined) return Number(entry[2]);
  throw new TraderError(`LOG_GROUP is "${group}", but this machine has no group of that name; expected one listed in ${database}.`, {
    code: "configuration",
    hint: "Create the group (`groupadd`), set another one, or leave LOG_GROUP unset.",
    exitCode: EXIT.configuration,
  });
}
