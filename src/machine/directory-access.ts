import * as nodeFs from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { EXIT, messageOf, TraderError } from "../domain/errors.ts";

const { R_OK, W_OK, X_OK } = nodeFs.constants;
const PRIVATE_MODE = 0o700;
/** Where every permission is there, and yet: below /proc and /sys, or behind a dangling link. */
const CANNOT_EXIST: readonly unknown[] = ["ENOENT", "EEXIST", "EPERM", "EACCES", "EROFS", "EINVAL", "ENAMETOOLONG", "ENOTSUP"];

/** The process's user, and the calls used for checking; a test passes its own. */
export interface Viewer {
  readonly uid: number;
  readonly gid: number;
  readonly fs: {
    statSync(path: string, options: { throwIfNoEntry: false }): Pick<nodeFs.Stats, "isDirectory" | "uid" | "mode"> | undefined;
    accessSync(path: string, mode: number): void;
  };
}

/** Why our user cannot use a path, as a sentence without its full stop, and the remedy. */
export interface Obstacle {
  readonly text: string;
  readonly hint: string;
}

/**
 * What keeps our user from creating a directory, or from reading and writing in it.
 * @param setting that names the directory, if another one would do: `LOG_DIR`.
 */
export function directoryObstacle(path: string, setting?: string, viewer: Viewer = ourselves()): Obstacle | undefined {
  return obstacleOn(path, R_OK | W_OK | X_OK, setting, viewer);
}

/** What keeps our user from reading a file; undefined also if there is none. */
export function readingObstacle(file: string, setting?: string, viewer: Viewer = ourselves()): Obstacle | undefined {
  const directory = obstacleOn(dirname(file), X_OK, setting, viewer);
  if (directory !== undefined || statIfPossible(file, viewer) === undefined) return directory;
  const reason = denial(file, R_OK, viewer);
  if (reason === undefined) return undefined;
  return { text: `${file} cannot be read: it ${reason.why}`, hint: reason.cure ?? `Let user ${String(viewer.uid)} read the file.` };
}

/** The same for a system error that names a path; undefined for any other error. */
export function obstacleBehind(error: unknown, viewer: Viewer = ourselves()): Obstacle | undefined {
  const { code, path } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  if (path === undefined || (code !== "EACCES" && code !== "EPERM" && code !== "EROFS")) return undefined;
  return readingObstacle(path, undefined, viewer) ?? directoryObstacle(dirname(path), undefined, viewer);
}

/**
 * Creates a directory and its missing parents. Node's own `recursive` never returns under /proc, where nothing can be
 * created and the error says that a parent is missing.
 * @returns whether it did not exist before.
 * @throws the system error.
 */
export function makeDirectories(path: string, mode: number, fs: Pick<typeof nodeFs, "mkdirSync" | "existsSync"> = nodeFs): boolean {
  if (fs.existsSync(path)) return false;
  const parent = dirname(path);
  if (parent !== path) makeDirectories(parent, mode, fs);
  try {
    fs.mkdirSync(path, { mode });
    return true;
  } catch (error) {
    // Another process may have made it meanwhile.
    if ((error as NodeJS.ErrnoException).code === "EEXIST" && fs.existsSync(path)) return false;
    throw error;
  }
}

/**
 * Creates the state directory, or one within it, unless it exists.
 * @throws TraderError `state-directory`, with exit 78 when a restart cannot help.
 */
export function prepareStateDirectory(path: string): void {
  let failure: unknown;
  try {
    makeDirectories(path, PRIVATE_MODE);
  } catch (error) {
    failure = error;
  }
  const obstacle = directoryObstacle(path, "STATE_DIR");
  if (obstacle !== undefined)
    throw new TraderError(`The state directory ${obstacle.text}.`, {
      code: "state-directory",
      hint: obstacle.hint,
      exitCode: EXIT.configuration,
      cause: failure,
    });
  if (failure !== undefined && CANNOT_EXIST.includes((failure as NodeJS.ErrnoException).code))
    throw new TraderError(`The state directory ${path} cannot be created: no directory can be made there.`, {
      code: "state-directory",
      hint: "Set STATE_DIR to another path.",
      exitCode: EXIT.configuration,
      cause: failure,
    });
  if (failure !== undefined)
    throw new TraderError(`The state directory ${path} cannot be created: ${messageOf(failure)}.`, {
      code: "state-directory",
      hint: "Check the path and the free disk space.",
      retryable: true,
      cause: failure,
    });
}

/**
 * Creates a private directory for this process, removed when it ends.
 * @throws TraderError `temporary-directory`.
 */
export function makeTemporaryDirectory(prefix: string, parent: string = tmpdir()): string {
  try {
    return nodeFs.mkdtempSync(join(parent, prefix));
  } catch (error) {
    const obstacle = directoryObstacle(parent, "TMPDIR");
    throw new TraderError(`The temporary directory ${obstacle?.text ?? `${parent} cannot be used: ${messageOf(error)}`}.`, {
      code: "temporary-directory",
      hint: "Set TMPDIR to a writable directory; a container with a read-only root needs `--tmpfs /tmp`.",
      cause: error,
    });
  }
}

function ourselves(): Viewer {
  return { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, fs: nodeFs };
}

function statOf(path: string, { fs }: Viewer): ReturnType<Viewer["fs"]["statSync"]> {
  return fs.statSync(path, { throwIfNoEntry: false });
}

/** For messages about an error, which must not end in another one. */
function statIfPossible(path: string, viewer: Viewer): ReturnType<typeof statOf> {
  try {
    return statOf(path, viewer);
  } catch {
    return undefined;
  }
}

function obstacleOn(path: string, need: number, setting: string | undefined, viewer: Viewer): Obstacle | undefined {
  try {
    return firstObstacle(path, need, setting, viewer);
  } catch (error) {
    return { text: `${path} cannot be used: ${messageOf(error)}`, hint: `Check the path.${orElse(setting)}` };
  }
}

/** The first directory on the path that our user cannot enter. */
function firstObstacle(path: string, need: number, setting: string | undefined, viewer: Viewer): Obstacle | undefined {
  for (const step of stepsTo(path)) {
    const stat = statOf(step, viewer);
    const it = step === path ? "it" : step;
    if (stat === undefined) return (need & W_OK) === 0 ? undefined : obstacleToMaking(path, dirname(step), setting, viewer);
    if (!stat.isDirectory()) return { text: `${path} cannot be used: ${it} is not a directory`, hint: `Check the path.${orElse(setting)}` };
    const reason = denial(step, step === path ? need : X_OK, viewer);
    if (reason === undefined) continue;
    const can = step === path ? "used" : "reached";
    const cure = step === path && (need & W_OK) !== 0 ? handOver(path, viewer) : wayIn(step, stat.uid, viewer);
    return { text: `${path} cannot be ${can}: ${it} ${reason.why}`, hint: reason.cure ?? `${cure}${orElse(setting)}` };
  }
  return undefined;
}

function obstacleToMaking(path: string, parent: string, setting: string | undefined, viewer: Viewer): Obstacle | undefined {
  const reason = denial(parent, W_OK | X_OK, viewer);
  if (reason === undefined) return undefined;
  const cure = `Create it: \`sudo mkdir -p ${path} && sudo chown ${owner(viewer)} ${path}\`.${orElse(setting)}`;
  return { text: `${path} cannot be created: ${parent} ${reason.why}`, hint: reason.cure ?? cure };
}

/** `/a/b` → `/`, `/a`, `/a/b`. */
function stepsTo(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [path] : [...stepsTo(parent), path];
}

/** Why the system refuses access, to follow the path; with a remedy unless it is a change of owner. */
function denial(path: string, need: number, viewer: Viewer): { readonly why: string; readonly cure?: string } | undefined {
  try {
    viewer.fs.accessSync(path, need);
    return undefined;
  } catch (error) {
    return whyDenied(path, need, viewer, error);
  }
}

function whyDenied(path: string, need: number, viewer: Viewer, error: unknown): { readonly why: string; readonly cure?: string } {
  const stat = statIfPossible(path, viewer);
  if ((error as NodeJS.ErrnoException).code === "EROFS")
    return { why: "is on a read-only file system", cure: "Mount it writable; in a container, mount a volume there, without `:ro`." };
  if (stat === undefined) return { why: `is refused (${messageOf(error)})` };
  const why = `belongs to user ${String(stat.uid)} (mode ${octal(stat.mode)}), but this process runs as user ${String(viewer.uid)}`;
  if (stat.uid !== viewer.uid) return { why };
  // The owner's bits, as `access` numbers them.
  if (((stat.mode >> 6) & need) !== need) return { why, cure: `\`chmod u+rwX ${path}\`` };
  return {
    why: `is refused by the system (${messageOf(error)})`,
    cure: "Check SELinux or AppArmor; a container may need `:Z` on the mount.",
  };
}

function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, "0");
}

function owner({ uid, gid }: Viewer): string {
  return `${String(uid)}:${String(gid)}`;
}

function handOver(path: string, viewer: Viewer): string {
  return (
    `Change its owner to user ${String(viewer.uid)}, if nobody else uses it: \`sudo chown ${owner(viewer)} ${path}\`; ` +
    "in a container, do this on the host, for the directory mounted there."
  );
}

function wayIn(step: string, uid: number, viewer: Viewer): string {
  return `Run this as user ${String(uid)}, or let user ${String(viewer.uid)} enter ${step}.`;
}

function orElse(setting: string | undefined): string {
  return setting === undefined ? "" : ` Or set ${setting} to another path.`;
}
