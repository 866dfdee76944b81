import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { appendFileSync, chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../../src/domain/clock.ts";
import { VirtualClock } from "../../../src/domain/virtual-clock.ts";
import { LinesIntake } from "../../../src/fleet/intake/lines-intake.ts";
import { StoreUnreachable, type OfferedLine } from "../../../src/fleet/store/ports.ts";
import type { Log } from "../../../src/logging/logger.ts";

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "lines-intake-"));
  file = join(directory, "alerts.json");
  writeFileSync(file, "", { mode: 0o644 });
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function ground() {
  const clock = new VirtualClock(systemClock.now());
  const offered: string[] = [];
  const said: string[] = [];
  const database = { isDown: false };
  const log: Log = {
    error: (text) => said.push(text),
    warn: (text) => said.push(text),
    info: () => undefined,
    debug: () => undefined,
    child: () => log,
  };
  const intake = new LinesIntake({
    strategy: { name: "nuclear", alertsFile: file },
    config: { alertsTimezone: "UTC", signalMaxAgeSeconds: 300, batchSettleSeconds: 1 },
    owners: new Set([process.getuid?.() ?? 0]),
    clock,
    log,
    lines: {
      offer: (_strategy, lines: readonly OfferedLine[]) => {
        if (database.isDown) return Promise.reject(new StoreUnreachable("The fleet's database does not answer."));
        offered.push(...lines.map(({ raw }) => (raw.kind === "line" ? Buffer.from(raw.bytes).toString() : "overlong")));
        return Promise.resolve(lines.length);
      },
    },
  });
  const look = async (afterMs = 0): Promise<void> => {
    await clock.advance(afterMs);
    intake.look();
    await clock.advance(0);
  };
  return { clock, intake, offered, said, database, look };
}

describe("an intake of lines", () => {
  test("offers each line of the file once, in its order", async () => {
    const { intake, offered, look } = ground();
    appendFileSync(file, '{"a":1}\n{"a":2}\n');
    await look();
    appendFileSync(file, '{"a":3}\n');
    await look();
    await look();
    expect(offered).toEqual(['{"a":1}', '{"a":2}', '{"a":3}']);
    expect(intake.offered).toBe(3);
    await intake.close();
  });

  test("keeps lines until the database has them, and says once that it has not", async () => {
    const { intake, offered, said, database, look } = ground();
    database.isDown = true;
    appendFileSync(file, '{"a":1}\n');
    await look();
    await look(1_000);
    expect([offered, said.length]).toEqual([[], 1]);
    expect(intake.problem).toContain("cannot be offered");
    database.isDown = false;
    appendFileSync(file, '{"a":2}\n');
    await look(1_000);
    expect(offered).toEqual(['{"a":1}', '{"a":2}']);
    expect(intake.problem).toBeUndefined();
    await intake.close();
  });

  test("says that the database does not take lines when that begins, every ten minutes, and when it ended", async () => {
    const { intake, said, database, look } = ground();
    database.isDown = true;
    appendFileSync(file, '{"a":1}\n');
    for (let second = 0; second < 21 * 60; second += 1) await look(1_000);
    database.isDown = false;
    for (let second = 0; second < 20; second += 1) await look(1_000);
    expect(said).toEqual([
      "nuclear: new lines cannot be offered to the fleet: The fleet's database does not answer.",
      expect.stringMatching(/^Still failing after 10 min .* new lines cannot be offered/),
      expect.stringMatching(/^Still failing after 20 min .* new lines cannot be offered/),
      expect.stringMatching(/^The fleet's database answers again: .*lines of nuclear are offered/),
    ]);
    await intake.close();
  });

  test("takes a last line without its newline after a second, and names one that is torn", async () => {
    const { intake, offered, said, look } = ground();
    appendFileSync(file, '{"a":1}');
    await look();
    expect(offered).toEqual([]);
    await look(1_100);
    expect(offered).toEqual(['{"a":1}']);
    appendFileSync(file, '\n{"a":');
    await look();
    await look(3_100);
    expect(said).toEqual([expect.stringContaining("its last line is not finished")]);
    await intake.close();
  });

  test("offers nothing of a file that others may write (R8)", async () => {
    const { intake, offered, said, look } = ground();
    appendFileSync(file, '{"a":1}\n');
    chmodSync(file, 0o666);
    await look();
    expect(offered).toEqual([]);
    expect(said).toHaveLength(1);
    await intake.close();
  });
});
