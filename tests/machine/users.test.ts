import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { asUser, giveDirectory, giveFiles, userIdOf, userName } from "../../src/machine/users.ts";

let directory: string;
let passwd: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "users-"));
  passwd = join(directory, "passwd");
  writeFileSync(passwd, "root:x:0:0:root:/root:/bin/bash\nalpaca-trader:x:999:996::/:/usr/sbin/nologin\n");
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

test("a user is called by name, and by number where this machine knows no name", () => {
  expect([userName(999, passwd), userName(4711, passwd)]).toEqual(["alpaca-trader", "user 4711"]);
  expect(userName(999, join(directory, "no such file"))).toBe("user 999");
});

test("a suggested command works for users with and without a name", () => {
  expect([asUser(999, passwd), asUser(4711, passwd)]).toEqual(["sudo -u alpaca-trader …", "sudo -u '#4711' …"]);
  expect(giveDirectory(999, "/var/lib/a", passwd)).toBe("sudo chown -R alpaca-trader: /var/lib/a");
  expect(giveDirectory(4711, "/var/lib/a", passwd)).toBe("sudo chown -R 4711: /var/lib/a");
  expect(giveFiles(999, "/tmp/l.sqlite", passwd)).toBe("sudo chown alpaca-trader: /tmp/l.sqlite*");
});

test("a name is looked up, a number is used as is, and an unknown name has no id", () => {
  expect(["alpaca-trader", "17", "nobody-here"].map((name) => userIdOf(name, passwd))).toEqual([999, 17, undefined]);
});
