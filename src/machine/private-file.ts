import { closeSync, fchownSync, fstatSync, openSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

const MODE = 0o600;

/**
 * Creates or replaces a file that only our user can read. A power cut leaves the old content or the new one, never a
 * part. A symbolic link stays, and the file behind it is replaced.
 * @throws the system error; then the old content is unchanged.
 */
export function replacePrivateFile(file: string, text: string): void {
  const isThere = statSync(file, { throwIfNoEntry: false }) !== undefined;
  const target = isThere ? realpathSync(file) : file;
  const draft = `${target}.draft`;
  rmSync(draft, { force: true });
  try {
    // "x" fails on anything that another user puts in its place, such as a link.
    const descriptor = openSync(draft, "wx", MODE);
    try {
      writeFileSync(descriptor, text, { flush: true });
      giveToOwner(descriptor, isThere ? target : dirname(target));
    } finally {
      closeSync(descriptor);
    }
    renameSync(draft, target);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

/** A file that a command run with `sudo` writes must stay readable for the daemon's user. */
export function giveToOwner(descriptor: number, of: string): void {
  const { uid, gid } = statSync(of);
  if (process.geteuid?.() === 0 && fstatSync(descriptor).uid !== uid) fchownSync(descriptor, uid, gid);
}
