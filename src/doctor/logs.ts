import { lstatSync } from "node:fs";
import { messageOf, TraderError } from "../domain/errors.ts";
import { refuseForeignFile } from "../logging/log-file-error.ts";
import { failed, failure, ok, warning, type Findings } from "./check.ts";
import { rights, unusable, type DirectoryFacts } from "./directories.ts";

const WRITABLE_BY_ANYONE = 0o002;
/** Others may write to such a directory, but not remove or replace our files. */
const STICKY = 0o1000;

export interface LogFacts {
  readonly directory: DirectoryFacts;
  /** Anything in place of a log that is not a plain file of ours. */
  readonly foreign: Findings;
  readonly group: GroupFacts | undefined;
}

export interface GroupFacts {
  readonly name: string;
  /** `unknown` holds why it cannot be used. */
  readonly state: "ours" | "not-ours" | { readonly unknown: string; readonly hint: string };
}

/** R30: the daemon never writes to files that are not ours, so it would not start. */
export function judgeLogDirectory({ directory, foreign, group }: LogFacts): Findings {
  const problem = unusable(directory);
  if (problem !== undefined && directory.state !== "missing") return problem;
  const findings = [...foreign, ...groupFindings(group), ...replaceable(directory)];
  return findings.length > 0 ? findings : (problem ?? ok(`${directory.path} (${rights(directory)})`));
}

function replaceable(directory: DirectoryFacts): Findings {
  if ((directory.mode & WRITABLE_BY_ANYONE) === 0 || (directory.mode & STICKY) !== 0) return [];
  return warning(
    `${directory.path} can be written by anyone (${rights(directory)}), so anyone could replace the logs`,
    `chmod o-w ${directory.path}`,
  );
}

function groupFindings(group: GroupFacts | undefined): Findings {
  if (group === undefined || group.state === "ours") return [];
  if (group.state === "not-ours")
    return warning(
      `LOG_GROUP is ${group.name}, but our user is not a member, so the logs cannot be assigned to it`,
      "Add the user to the group (`usermod -aG`), or SupplementaryGroups= to the unit.",
    );
  return failed(group.state.unknown, group.state.hint);
}

/** @param files paths of the logs, whether they exist or not. */
export function foreignLogs(files: readonly string[]): Findings {
  return files.flatMap((file) => {
    try {
      const stats = lstatSync(file, { throwIfNoEntry: false });
      if (stats !== undefined) refuseForeignFile(file, stats);
      return [];
    } catch (error) {
      return failure(error, "Give our user access to LOG_DIR.");
    }
  });
}

/** @param idOf gives a group's number, or throws when there is none. */
export function readGroup(name: string | undefined, idOf: (name: string) => number | undefined): GroupFacts | undefined {
  if (name === undefined) return undefined;
  try {
    const id = idOf(name);
    const ours = process.getuid?.() === 0 || process.getgid?.() === id || (process.getgroups?.() ?? []).some((own) => own === id);
    return { name, state: ours ? "ours" : "not-ours" };
  } catch (error) {
    const hint = error instanceof TraderError ? error.hint : undefined;
    return { name, state: { unknown: messageOf(error), hint: hint ?? "Set another group, or leave LOG_GROUP unset." } };
  }
}
