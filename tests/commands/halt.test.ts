import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { halt } from "../../src/commands/halt.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { haltAt } from "../../src/machine/halt.ts";
import { terminalOn } from "../../src/reporting/terminal.ts";

/** Bytes. */
const PATH_LIMIT = 4_095;

let directory: string;
let said: { out: string; err: string };

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "halt-"));
  said = { out: "", err: "" };
});

afterEach(() => rmSync(directory, { recursive: true }));

/** Only this installation is halted: daemons of other tests are not waited for. */
async function typed(reason: string, stateDir = directory): Promise<number> {
  const env = { STATE_DIR: stateDir, HALT_FILE: join(directory, "machine", "HALT") };
  const into = (end: "out" | "err"): ReturnType<typeof terminalOn> => terminalOn({ write: (text: string) => (said[end] += text) }, env);
  const clock = new VirtualClock(Date.UTC(2026, 10, 17, 15));
  return halt({ env, directory, clock, out: into("out"), err: into("err"), verbose: false }, { reason });
}

test.each([
  ["", "halted by hand"],
  [" \t ", "halted by hand"],
  [" odd\n  prices ", "odd prices"],
])("the reason %j becomes %j, on one line", async (given, kept) => {
  expect(await typed(given)).toBe(0);
  expect(said.out).toMatch(`Halted: ${kept}. Nothing that uses ${directory} sends orders now.\n`);
  expect(haltAt(join(directory, "HALT"))?.reason).toBe(kept);
});

test("a reason that cannot be stored is reported, and trading is halted all the same", async () => {
  // The path of its draft is longer than any that the system takes.
  const names = `${"d".repeat(200)}/`.repeat(21);
  const stateDir = join(directory, names).slice(0, PATH_LIMIT - "/HALT".length - 10);
  mkdirSync(stateDir, { recursive: true });
  expect(await typed("odd prices", stateDir)).toBe(0);
  expect(said.out).toMatch(/^Halted: the file \S+ exists\. Nothing that uses \S+ sends orders now\.\n/);
  expect(said.err).toMatch(/^The reason \(odd prices\) could not be stored: ENAMETOOLONG.* An empty file halts as well\.\n$/);
});
