import { readFileSync } from "node:fs";

const PASSWD = "/etc/passwd";

/** undefined when this machine has no user of that name. A number stands for itself. */
export function userIdOf(name: string, passwdFile = PASSWD): number | undefined {
  if (/^\d{1,10}$/.test(name)) return Number(name);
  const id = entries(passwdFile).find(([user]) => user === name)?.[2];
  return id !== undefined && /^\d+$/.test(id) ? Number(id) : undefined;
}

/** `alpaca-trader`, or `user 999` for one without a name: of another container, of a directory service, or removed. */
export function userName(uid: number, passwdFile = PASSWD): string {
  return nameOf(uid, passwdFile) ?? `user ${uid}`;
}

/** How a command is run as that user. */
export function asUser(uid: number, passwdFile = PASSWD): string {
  return `sudo -u ${nameOf(uid, passwdFile) ?? `'#${uid}'`} …`;
}

/** How a directory with everything in it is given to that user. */
export function giveDirectory(uid: number, directory: string, passwdFile = PASSWD): string {
  return `sudo chown -R ${nameOf(uid, passwdFile) ?? uid}: ${directory}`;
}

/** How a file and those that are named after it are given to that user. */
export function giveFiles(uid: number, file: string, passwdFile = PASSWD): string {
  return `sudo chown ${nameOf(uid, passwdFile) ?? uid}: ${file}*`;
}

export function ourUid(): number {
  return process.getuid?.() ?? 0;
}

/** A name is only for the person who reads the message, so a missing user database costs no more than the name. */
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
