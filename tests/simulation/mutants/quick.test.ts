import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "@jest/globals";

const RUNNER = join(import.meta.dirname, "..", "mutants.ts");
/** Three bugs that nearly every seed meets; all the others take minutes. */
const BUGS = ["id-not-recorded-before-post", "random-id", "reserve-ignored"];
const PATIENCE_MS = 600_000;

test(
  "three planted bugs are caught within ten seeds, which break nothing without them",
  async () => {
    const only = BUGS.flatMap((name) => ["--only", name]);
    const { code, output } = await run("--seeds", "10", "--enough", "1", ...only);
    const lines = output.trimEnd().split("\n");
    expect(lines.at(-1)).toBe("3 planted bugs, 0 survived");
    for (const name of BUGS) expect(lines.filter((line) => new RegExp(`^${name} +caught +1 of \\d+ seeds`).test(line))).toHaveLength(1);
    expect(lines).toHaveLength(BUGS.length + 1);
    expect(code).toBe(0);
  },
  PATIENCE_MS,
);

function run(...args: string[]): Promise<{ code: number | null; output: string }> {
  const runner = spawn(process.execPath, [RUNNER, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const pieces: Buffer[] = [];
  runner.stdout.on("data", (piece: Buffer) => pieces.push(piece));
  return new Promise((resolve, reject) => {
    runner.on("error", reject);
    runner.on("close", (code) => resolve({ code, output: Buffer.concat(pieces).toString() }));
  });
}
