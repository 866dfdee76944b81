import { randomBytes } from "node:crypto";
import { closeSync, constants, fstatSync, linkSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { DashboardConfig } from "../domain/config.ts";
import { messageOf, TraderError } from "../domain/errors.ts";
import { makeDirectories } from "../machine/directory-access.ts";
import { giveToOwner } from "../machine/private-file.ts";

const TOKEN_BYTES = 24;
/** Ours are smaller; a larger file was not written by us. */
const FORM = /^[0-9a-f]{48}\n$/;

/** Where an installation stores the dashboard's token. */
export function tokenFile(stateDir: string): string {
  return join(stateDir, "dashboard-token");
}

/** Where to find the token; printed after the dashboard's address. */
export function loginNote({ isOpen, token }: DashboardConfig, stateDir: string): string {
  if (isOpen) return "";
  return token === undefined ? ` (its token is in ${tokenFile(stateDir)})` : " (its token is DASHBOARD_TOKEN)";
}

/**
 * The installation's own token: generated once, at random, and readable by our user only.
 * @throws TraderError `dashboard-token` when the file cannot be created, or was not created by us.
 */
export function installationToken(stateDir: string): string {
  const file = tokenFile(stateDir);
  try {
    return read(file) ?? make(file);
  } catch (error) {
    if (error instanceof TraderError) throw error;
    if (codeOf(error) === "ELOOP") throw notOurs(file, "is a symbolic link");
    throw new TraderError(`The dashboard's token cannot be stored in ${file}: ${messageOf(error)}.`, {
      code: "dashboard-token",
      hint: "STATE_DIR must be a directory that our user can write to.",
      cause: error,
    });
  }
}

/** `undefined` when there is none, or when others could have read it: then it is no longer secret. */
function read(file: string): string | undefined {
  const descriptor = open(file);
  if (descriptor === undefined) return undefined;
  try {
    const { mode, uid, size } = fstatSync(descriptor);
    if ((mode & constants.S_IFMT) !== constants.S_IFREG) throw notOurs(file, "is not a regular file");
    if (uid !== process.geteuid?.() && uid !== statSync(dirname(file)).uid) throw notOurs(file, `belongs to user ${String(uid)}`);
    const text = size > 100 ? "" : readFileSync(descriptor, "utf8");
    if (!FORM.test(text)) throw notOurs(file, "does not contain a token created here");
    if ((mode & 0o077) === 0) return text.trim();
  } finally {
    closeSync(descriptor);
  }
  rmSync(file);
  return undefined;
}

function open(file: string): number | undefined {
  try {
    return openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Written completely next to it and then linked: if two processes start at once, one creates it and both use it. */
function make(file: string): string {
  const token = randomBytes(TOKEN_BYTES).toString("hex");
  makeDirectories(dirname(file), 0o700);
  const draft = `${file}.${randomBytes(6).toString("hex")}`;
  const descriptor = openSync(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    writeFileSync(descriptor, `${token}\n`);
    giveToOwner(descriptor, dirname(file));
    linkSync(draft, file);
    return token;
  } catch (error) {
    const theirs = codeOf(error) === "EEXIST" ? read(file) : undefined;
    if (theirs === undefined) throw error;
    return theirs;
  } finally {
    closeSync(descriptor);
    rmSync(draft, { force: true });
  }
}

function notOurs(file: string, why: string): TraderError {
  return new TraderError(`The dashboard's token cannot be read: ${file} ${why}.`, {
    code: "dashboard-token",
    hint: "Find out who created the file, and delete it; the next start creates a new token.",
  });
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
