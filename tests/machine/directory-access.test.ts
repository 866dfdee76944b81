import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Viewer } from "../../src/machine/directory-access.ts";
import {
  directoryObstacle,
  makeTemporaryDirectory,
  obstacleBehind,
  prepareStateDirectory,
  readingObstacle,
} from "../../src/machine/directory-access.ts";
import { TraderError } from "../../src/domain/errors.ts";

interface Entry {
  readonly uid?: number;
  readonly mode?: number;
  readonly file?: boolean;
  readonly refusal?: string;
}

/** User 1000 and a tree of files, where the system judges by owner and mode; other paths belong to root, mode 0755. */
function user(tree: Readonly<Record<string, Entry>>): Viewer {
  const entry = (path: string): Entry | undefined => (path === "/" || path === "/srv" ? { ...tree[path] } : tree[path]);
  const modeOf = ({ mode = 0o755 }: Entry): number => mode;
  return {
    uid: 1_000,
    gid: 1_000,
    fs: {
      statSync: (path) => {
        const found = entry(path);
        return found && { uid: found.uid ?? 0, mode: modeOf(found), isDirectory: () => found.file !== true };
      },
      accessSync: (path, need) => {
        const found = entry(path) ?? {};
        const bits = found.uid === 1_000 ? modeOf(found) >> 6 : modeOf(found);
        if (found.refusal !== undefined) throw refused(found.refusal);
        if ((bits & need) !== need) throw refused("EACCES");
      },
    },
  };
}

function refused(code: string): Error {
  return Object.assign(new Error(`${code}: refused`), { code });
}

describe("a directory that user 1000 cannot use", () => {
  test.each<[string, string, Readonly<Record<string, Entry>>, string, RegExp]>([
    [
      "made by root, as Docker makes the host's side of a mount",
      "/srv/state",
      { "/srv/state": {} },
      "/srv/state cannot be used: it belongs to user 0 (mode 0755), but this process runs as user 1000",
      /`sudo chown 1000:1000 \/srv\/state`; in a container, do this on the host.*Or set STATE_DIR/,
    ],
    [
      "below a directory that only root can enter",
      "/srv/closed/state",
      { "/srv/closed": { mode: 0o700 }, "/srv/closed/state": { uid: 1_000 } },
      "/srv/closed/state cannot be reached: /srv/closed belongs to user 0 (mode 0700), but this process runs as user 1000",
      /^Run this as user 0, or let user 1000 enter \/srv\/closed\. Or set STATE_DIR/,
    ],
    [
      "missing where only root can create it",
      "/srv/new/state",
      {},
      "/srv/new/state cannot be created: /srv belongs to user 0 (mode 0755), but this process runs as user 1000",
      /`sudo mkdir -p \/srv\/new\/state && sudo chown 1000:1000 \/srv\/new\/state`/,
    ],
    [
      "its own, without write permission",
      "/srv/state",
      { "/srv/state": { uid: 1_000, mode: 0o500 } },
      "/srv/state cannot be used: it belongs to user 1000 (mode 0500), but this process runs as user 1000",
      /chmod u\+rwX \/srv\/state/,
    ],
    [
      "its own, refused by SELinux",
      "/srv/state",
      { "/srv/state": { uid: 1_000, mode: 0o700, refusal: "EACCES" } },
      "/srv/state cannot be used: it is refused by the system (EACCES: refused)",
      /:Z/,
    ],
    [
      "mounted read-only",
      "/srv/state",
      { "/srv/state": { uid: 1_000, mode: 0o700, refusal: "EROFS" } },
      "/srv/state cannot be used: it is on a read-only file system",
      /without `:ro`/,
    ],
    [
      "below a file",
      "/srv/state/paper",
      { "/srv/state": { file: true } },
      "/srv/state/paper cannot be used: /srv/state is not a directory",
      /set STATE_DIR/,
    ],
  ])("%s", (_, path, tree, text, hint) => {
    expect(directoryObstacle(path, "STATE_DIR", user(tree))).toEqual({ text, hint: expect.stringMatching(hint) });
  });

  test("is usable if it owns it, may write as another user, or can create it", () => {
    const viewer = user({ "/srv/own": { uid: 1_000, mode: 0o700 }, "/srv/open": { mode: 0o1777 } });
    for (const path of ["/srv/own", "/srv/open", "/srv/own/a/b"]) expect(directoryObstacle(path, "LOG_DIR", viewer)).toBeUndefined();
  });

  test("also with a circular path", () => {
    const statSync: Viewer["fs"]["statSync"] = () => {
      throw refused("ELOOP");
    };
    const viewer = { ...user({}), fs: { ...user({}).fs, statSync } };
    expect(directoryObstacle("/srv/state", "STATE_DIR", viewer)?.text).toBe("/srv/state cannot be used: ELOOP: refused");
    expect(() => obstacleBehind(Object.assign(new Error(), { code: "EACCES", path: "/srv/state" }), viewer)).not.toThrow();
  });
});

describe("an alerts file that user 1000 cannot read", () => {
  const obstacle = (tree: Readonly<Record<string, Entry>>): string | undefined =>
    readingObstacle("/srv/a/alerts.json", "ALERTS_FILE", user(tree))?.text;

  test("is in a closed directory, or closed itself", () => {
    expect(obstacle({ "/srv/a": { mode: 0o700 } })).toMatch(/cannot be used: it belongs to user 0 \(mode 0700\)/);
    expect(obstacle({ "/srv/a": {}, "/srv/a/alerts.json": { file: true, mode: 0o600 } })).toMatch(
      /alerts\.json cannot be read: .*user 0 \(mode 0600\)/,
    );
  });

  test("excludes a missing one, and one in a directory it can only list", () => {
    expect(obstacle({ "/srv/a": {}, "/srv/a/alerts.json": { file: true } })).toBeUndefined();
    expect(obstacle({ "/srv/a": {} })).toBeUndefined();
    expect(obstacle({})).toBeUndefined();
  });
});

describe("an error of the system", () => {
  const closed = user({ "/srv/a": { uid: 999, mode: 0o700 } });
  const denied = (code: string, path?: string): Error => Object.assign(new Error(code), { code, path });

  test("becomes a sentence about users, with a remedy", () => {
    expect(obstacleBehind(denied("EACCES", "/srv/a/paper.sqlite"), closed)).toEqual({
      text: "/srv/a cannot be used: it belongs to user 999 (mode 0700), but this process runs as user 1000",
      hint: "Run this as user 999, or let user 1000 enter /srv/a.",
    });
    expect(obstacleBehind(denied("EACCES", "/srv/b"), user({ "/srv/b": { file: true, mode: 0o600 } }))?.text).toMatch(
      /^\/srv\/b cannot be read/,
    );
    expect(obstacleBehind(denied("EROFS", "/srv/new"), user({ "/srv": { refusal: "EROFS" } }))?.text).toMatch(/read-only/);
  });

  test("stays unchanged if it is another one, names no path, or is not an error", () => {
    for (const error of [denied("ENOENT", "/srv/a"), denied("EACCES"), new Error("EACCES"), undefined, "EACCES"])
      expect(obstacleBehind(error, closed)).toBeUndefined();
  });
});

describe("on the disk", () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "directory-access-"));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  function refusalOf(act: () => unknown): unknown {
    try {
      act();
    } catch (error) {
      return error;
    }
    return undefined;
  }

  test("the state directory is created for our user only, and an existing one keeps its mode", () => {
    const made = join(directory, "a", "state");
    prepareStateDirectory(made);
    expect(statSync(made).mode & 0o777).toBe(0o700);
    chmodSync(made, 0o750);
    prepareStateDirectory(made);
    expect(statSync(made).mode & 0o777).toBe(0o750);
  });

  test("an unusable state directory ends the start with 78: a restart would not help", () => {
    writeFileSync(join(directory, "plain"), "");
    const refusal = refusalOf(() => prepareStateDirectory(join(directory, "plain", "state")));
    expect(refusal).toBeInstanceOf(TraderError);
    expect(refusal).toMatchObject({
      code: "state-directory",
      exitCode: 78,
      message: `The state directory ${join(directory, "plain", "state")} cannot be used: ${join(directory, "plain")} is not a directory.`,
    });
  });

  test("where nothing can be created, the start ends instead of trying without end", () => {
    const nowhere = existsSync("/proc/self") ? "/proc/alpaca-trader/state" : join(directory, "\0", "state");
    expect(refusalOf(() => prepareStateDirectory(nowhere))).toMatchObject({ code: "state-directory", exitCode: 78 });
  });

  test("a dangling link is reported as such", () => {
    symlinkSync(join(directory, "nowhere", "else"), join(directory, "link"));
    expect(refusalOf(() => prepareStateDirectory(join(directory, "link")))).toMatchObject({ code: "state-directory" });
  });

  test("a temporary directory is private, and one that cannot be made names TMPDIR", () => {
    const made = makeTemporaryDirectory("x-", directory);
    expect([dirname(made), statSync(made).mode & 0o777]).toEqual([directory, 0o700]);
    expect(refusalOf(() => makeTemporaryDirectory("x-", join(directory, "missing")))).toMatchObject({
      code: "temporary-directory",
      hint: expect.stringContaining("TMPDIR"),
    });
  });
});
