import { appendFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { readAlert } from "../../src/intake/alert.ts";
import { runsOf } from "../../src/intake/batch.ts";
import { LineSplitter } from "../../src/intake/line-splitter.ts";
import type { RawLine } from "../../src/intake/line-splitter.ts";
import { ONE, ZERO, sum } from "../../src/domain/decimal.ts";
import { T0, bearRun, entries, fileText, line, nuclearRun } from "./alerts.ts";
import { AlertsDesk } from "./alerts-desk.ts";

const SEED = { seed: 20250714 };

function withDesk<T>(run: (desk: AlertsDesk) => T): T {
  const desk = new AlertsDesk();
  try {
    return run(desk);
  } finally {
    desk.close();
  }
}

/** Nothing that looks like an alert can come out of these by chance. */
const NOISE = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  fc.json({ maxDepth: 6 }).map((text) => Buffer.from(text)),
  fc.integer({ min: 1, max: 20_000 }).map((depth) => Buffer.from('{"a":'.repeat(depth) + "[".repeat(depth))),
  fc.integer({ min: 1, max: 5_000 }).map((digits) => Buffer.from(line({ symbol: "SMR", more: { timestamp: "1".repeat(digits) } }))),
  fc.integer({ min: 16, max: 5_000 }).map((digits) => Buffer.from(line({ reason: `allocation: ${"9".repeat(digits)}%` }))),
  fc
    .record({ symbol: fc.string(), action: fc.string(), reason: fc.string(), timestamp: fc.string() })
    .map(({ symbol, action, reason, timestamp }) => Buffer.from(line({ symbol, action, reason, more: { timestamp } }))),
);

describe("whatever bytes come", () => {
  test("a line is read or malformed, and never throws", () => {
    fc.assert(
      fc.property(NOISE, (bytes) => {
        expect(["alert", "malformed"]).toContain(readAlert(bytes, "Europe/London").kind);
      }),
      { ...SEED, numRuns: 500 },
    );
  });

  test("noise never becomes a signal, alone or after a good run", () => {
    fc.assert(
      fc.property(fc.array(NOISE, { minLength: 1, maxLength: 5 }), fc.boolean(), (noise, afterRun) =>
        withDesk((desk) => {
          if (afterRun) appendFileSync(desk.file, fileText(nuclearRun()), { mode: 0o644 });
          appendFileSync(desk.file, Buffer.concat([...noise.flatMap((bytes) => [bytes, Buffer.from("\n")]), Buffer.from("x\n")]), {
            mode: 0o644,
          });
          expect(desk.look().decision.kind).toBe("verdict");
          expect(desk.ledger.recentSignals(1)).toEqual([]);
        }),
      ),
      { ...SEED, numRuns: 100 },
    );
  });

  test("targets are above zero and never add up to more than one", () => {
    const percent = fc.integer({ min: 0, max: 1_300 }).map((tenths) => `${Math.floor(tenths / 10)}.${tenths % 10}`);
    fc.assert(
      fc.property(fc.array(percent, { minLength: 1, maxLength: 6 }), (percents) => {
        const lines = percents.map((each, index) =>
          line({ at: T0 + index, symbol: "ABCDEF".charAt(index), reason: `allocation: ${each}%` }),
        );
        const [run] = runsOf(entries(lines));
        if (run?.allocation.kind !== "rebalance") return;
        const weights = [...run.allocation.targets.values()];
        expect(weights.every((weight) => weight.gt(ZERO))).toBe(true);
        expect(sum(weights).lte(ONE)).toBe(true);
      }),
      { ...SEED, numRuns: 500 },
    );
  });
});

describe("the same lines give the same result", () => {
  test("however their bytes are split over reads", () => {
    const content = Buffer.from(fileText([...nuclearRun(), "garbage", "", "ümlaut \r", "y".repeat(70_000), ...bearRun()]));
    const whole = new LineSplitter().take(content);
    fc.assert(
      fc.property(fc.array(fc.nat(content.length), { maxLength: 12 }), (cuts) => {
        const splitter = new LineSplitter();
        const ends = [...cuts.sort((a, b) => a - b), content.length];
        const lines = ends.reduce<RawLine[]>(
          (read, end, index) => [...read, ...splitter.take(content.subarray(ends[index - 1] ?? 0, end))],
          [],
        );
        expect(lines).toEqual(whole);
      }),
      { ...SEED, numRuns: 100 },
    );
  });

  test("however the bytes of a run are split over writes, with a look after each", () => {
    const content = Buffer.from(fileText([...bearRun(T0 - 60_000), ...nuclearRun()]));
    const expected = withDesk((desk) => {
      appendFileSync(desk.file, content, { mode: 0o644 });
      desk.look();
      return desk.ledger.recentSignals(5).map(({ signal }) => signal.id);
    });
    expect(expected).toHaveLength(1);
    fc.assert(
      fc.property(fc.array(fc.nat(content.length), { maxLength: 6 }), (cuts) =>
        withDesk((desk) => {
          const ends = [...cuts.sort((a, b) => a - b), content.length];
          ends.forEach((end, index) => {
            appendFileSync(desk.file, content.subarray(ends[index - 1] ?? 0, end), { mode: 0o644 });
            desk.look();
          });
          expect(desk.ledger.recentSignals(5).map(({ signal }) => signal.id)).toEqual(expected);
        }),
      ),
      { ...SEED, numRuns: 60 },
    );
  });

  test("whatever unknown keys they carry, and in whatever order their keys stand", () => {
    const known = JSON.parse(nuclearRun()[0]) as Record<string, unknown>;
    const unknown = fc.dictionary(
      fc
        .string({ minLength: 1 })
        .filter((key) => !["timestamp", "symbol", "action", "price", "reason", "origin", "__proto__"].includes(key))
        // Short enough to come up by chance, and a size.
        .filter((key) => !/^(?:ws?|wts?|pos|tgts?|bps)$/.test(key.toLowerCase().replaceAll(/[^a-z]/g, ""))),
      fc.jsonValue({ maxDepth: 3 }),
    );
    const plainRead = readAlert(JSON.stringify(known), "UTC");
    fc.assert(
      fc.property(unknown, fc.array(fc.nat(), { minLength: 40, maxLength: 40 }), (more, order) => {
        const members = Object.entries({ ...more, ...known }).map((member, index) => ({ member, rank: order[index] ?? 0 }));
        const shuffled = Object.fromEntries(members.sort((a, b) => a.rank - b.rank).map(({ member }) => member));
        const text = JSON.stringify(shuffled);
        expect({ ...readAlert(text, "UTC"), hash: plainRead.hash, text: plainRead.text }).toEqual(plainRead);
      }),
      { ...SEED, numRuns: 200 },
    );
  });
});
