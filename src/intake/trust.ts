import { constants, fstatSync, openSync, type Stats } from "node:fs";
import { EXIT, TraderError } from "../domain/errors.ts";
import { userIdOf } from "../machine/users.ts";

/** The result of `fstat` on the alerts file, as far as trust depends on it. */
export interface FileFacts {
  readonly kind: "regular" | "symlink" | "other";
  readonly uid: number;
  /** Permission bits. */
  readonly mode: number;
}

export type Trust = { readonly kind: "trusted" } | { readonly kind: "untrusted"; readonly reason: string; readonly hint: string };

const WRITABLE_BY_GROUP = 0o020;
const WRITABLE_BY_OTHERS = 0o002;

/**
 * Whether lines of this file may move money (R8): only a regular file of a trusted owner that no one else can write.
 * @param owners trusted user ids.
 */
export function trustOf(path: string, facts: FileFacts, owners: ReadonlySet<number>): Trust {
  if (facts.kind === "symlink")
    return untrusted(`${path} is a symbolic link, expected the file itself.`, "Point ALERTS_FILE at the real file.");
  if (facts.kind === "other")
    return untrusted(`${path} is not a regular file.`, "Point ALERTS_FILE at the file that the strategy appends to.");
  if (!owners.has(facts.uid)) {
    return untrusted(
      `${path} belongs to user ${facts.uid}, expected user ${[...owners].sort((a, b) => a - b).join(" or ")}.`,
      `Run the strategy as the same user, or set ALERTS_OWNER=${facts.uid} if that user should write alerts.`,
    );
  }
  if ((facts.mode & (WRITABLE_BY_GROUP | WRITABLE_BY_OTHERS)) !== 0) {
    const who = (facts.mode & WRITABLE_BY_OTHERS) !== 0 ? "anyone" : "its group";
    return untrusted(
      `${path} can be written by ${who} (mode ${(facts.mode & 0o7777).toString(8).padStart(4, "0")}).`,
      `Run chmod 644 ${path}, and set the writer's umask to 022.`,
    );
  }
  return { kind: "trusted" };
}

function untrusted(reason: string, hint: string): Trust {
  return { kind: "untrusted", reason, hint };
}

export function factsOf(
  stats: Pick<Stats, "isFile" | "isSymbolicLink"> & { readonly uid: number | bigint; readonly mode: number | bigint },
): FileFacts {
  return {
    kind: stats.isFile() ? "regular" : stats.isSymbolicLink() ? "symlink" : "other",
    uid: Number(stats.uid),
    mode: Number(stats.mode) & 0o7777,
  };
}

/** An opened alerts file and whether it is trusted; nothing has been read yet. */
export interface OpenedFile {
  readonly descriptor: number;
  readonly trust: Trust;
}

/**
 * Opens the file without following a link and without waiting for the writer of a pipe. Judges the opened
 * file rather than the path, which may change at any time.
 * @throws the operating system's error, such as `ENOENT`, or `ELOOP` for a symbolic link.
 */
export function openAlertsFile(path: string, owners: ReadonlySet<number>): OpenedFile {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  return { descriptor, trust: trustOf(path, factsOf(fstatSync(descriptor)), owners) };
}

/**
 * The user ids that may own the alerts file: ours, root, and ALERTS_OWNER.
 * @param alertsOwner user name or numeric id.
 * @throws TraderError (78) when no such user exists.
 */
export function trustedOwners(alertsOwner: string | undefined, passwdFile = "/etc/passwd"): ReadonlySet<number> {
  const owners = new Set([0, process.getuid?.() ?? 0]);
  if (alertsOwner !== undefined) owners.add(userId(alertsOwner, passwdFile));
  return owners;
}

function userId(owner: string, passwdFile: string): number {
  const id = userIdOf(owner, passwdFile);
  if (id !== undefined) return id;
  throw new TraderError(`ALERTS_OWNER is the user "${owner}", who does not exist on this machine.`, {
    code: "unknown-alerts-owner",
    hint: "Set it to the name of a local user, or to a numeric user id.",
    exitCode: EXIT.configuration,
  });
}
