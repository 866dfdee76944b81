import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { COMPILE_CACHE } from "../compile-cache.ts";
import { FAULT_KINDS } from "./faults/kinds.ts";
import { simulate } from "./simulation.ts";
import type { SeedResult } from "./simulation.ts";
import type { Tally } from "./tally.ts";

const RUNNER = fileURLToPath(new URL("./simulate.ts", import.meta.url));
const SEEDS = 500;
/** Half an hour of a slow machine; a free one with two cores takes less than one minute. */
const PATIENCE_MS = 1_800_000;

function run(...args: string[]): Promise<{ code: number | null; output: string }> {
  const runner = spawn(process.execPath, [RUNNER, ...args], {
    env: { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const pieces: Buffer[] = [];
  runner.stdout.on("data", (piece: Buffer) => pieces.push(piece));
  return new Promise((resolve, reject) => {
    runner.on("error", reject);
    runner.on("close", (code) => resolve({ code, output: Buffer.concat(pieces).toString() }));
  });
}

describe(`${SEEDS} seeds of the whole daemon in virtual time`, () => {
  test(
    "break no promise, meet every kind of fault, and trade",
    async () => {
      const { code, output } = await run("--seeds", String(SEEDS), "--json");
      const [json = "", last = ""] = output.trimEnd().split("\n");
      const tally = JSON.parse(json) as Tally;
      expect(tally.broken).toEqual([]);
      expect(last).toMatch(new RegExp(`^${SEEDS} seeds, 0 violations, `));
      expect(code).toBe(0);
      expect(FAULT_KINDS.filter((kind) => (tally.seedsByFault[kind] ?? 0) < 3)).toEqual([]);
      expect(tally.traded / SEEDS).toBeGreaterThan(0.85);
      // In some seeds a halt, a block or an obstacle outlasts the faults, and has to be named.
      expect((tally.finals["on-target"] ?? 0) / SEEDS).toBeGreaterThan(0.5);
      const named = [
        "excused: halted, and it is",
        "excused: account-blocked, and it is",
        "excused: not named, and it is: foreign-order",
        "excused: not named, and it is: orders-stuck",
      ];
      expect(Object.keys(tally.finals)).toEqual(expect.arrayContaining(named));
      expect(tally.orders / SEEDS).toBeGreaterThan(4);
    },
    PATIENCE_MS,
  );
});

test(
  "the same seeds give the same traces, byte by byte, in different processes",
  async () => {
    const [first, second] = [await run("--seeds", "6", "--from", "41", "--trace"), await run("--seeds", "6", "--from", "41", "--trace")];
    expect(first.output.split("\n").length).toBeGreaterThan(500);
    expect(second.output).toBe(first.output);
  },
  PATIENCE_MS,
);

test("a seed takes the same course whether it is begun by a callback or by a promise", async () => {
  const byPromise = await simulate(6_047_450, { trace: true });
  const byCallback = await new Promise<SeedResult>((resolve, reject) => {
    setImmediate(() => void simulate(6_047_450, { trace: true }).then(resolve, reject));
  });
  expect(byCallback.trace).toEqual(byPromise.trace);
});
