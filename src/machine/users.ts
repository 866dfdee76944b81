import { readFileSync } from "node:fs";

const PASSWD = "/etc/passwd";

/** Undefined when this machine has no user of that name. A number stands for itself. */
export function userIdOf(name: string, passwdFile = PASSWD): number | undefined {
  if (/^\d{1,10}$/.test(name)) return Number(name);
  const id = entries(passwdFile).find(([user]) => user === name)?.[2];
  return id !== undefined && /^\d+$/.test(id) ? Number(id) : undefined;
}

/** `alpaca-trader`, or `user 999` if it has no name: from another container or a directory service, or deleted. */
export function userName(uid: number, passwdFile = PASSWD): string {
  return nameOf(uid, passwdFile) ?? `user ${uid}`;
}

/** How to run a command as that user. */
export function asUser(uid: number, passwdFile = PASSWD): string {
  return `sudo -u ${nameOf(uid, passwdFile) ?? `'#${uid}'`} …`;
}

/** How to change the owner of a directory and its content to that user. */
export function giveDirectory(uid: number, directory: string, passwdFile = PASSWD): string {
  return `sudo chown -R ${nameOf(uid, passwdFile) ?? uid}: ${directory}`;
}

/** How to change the owner of a file and those with its name as prefix. */
export function giveFiles(uid: number, file: string, passwdFile = PASSWD): string {
  return `sudo chown ${nameOf(uid, passwdFile) ?? uid}: ${file}*`;
}

export function ourUid(): number {
  return process.getuid?.() ?? 0;
}

/** The name only serves the message, so a missing user database costs nothing else. */
function nameOf(uid: number, passwdFile: string): string | undefined {
  try {
    return entries(passwdFile).find((entry) => entry[2] === String(uid))?.[0];
  } catch {
    return undefined;
  }
}

function entries(passwdFile: string): string[][] {
  return readFileSync(passwdFile, "utf8")
    .split("\n")
    .map((line) => line.split(":"));
}
