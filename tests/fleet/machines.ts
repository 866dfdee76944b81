import { parseArgs } from "node:util";
import { systemClock } from "../../src/domain/clock.ts";
import type { Shown } from "./machines/ground.ts";
import { kills } from "./machines/kills.ts";
import { offer } from "./machines/offer.ts";
import { outage } from "./machines/outage.ts";
import { writeRow } from "./machines/page.ts";
import { pauses } from "./machines/pauses.ts";
import { versions } from "./machines/versions.ts";

const { values } = parseArgs({
  options: {
    check: { type: "string", default: "strikes" },
    accounts: { type: "string" },
    workers: { type: "string", default: "3" },
    runs: { type: "string" },
    /** Kills or stops in each run. */
    strikes: { type: "string" },
    seed: { type: "string", default: "1" },
    /** With a chance of one in three, the database is ended as by a crash, in the middle of a run. */
    crashes: { type: "boolean", default: false },
    /** Of a pause or an outage. */
    seconds: { type: "string" },
    /** Keeps the figures in docs/evidence/machines.md. */
    write: { type: "boolean", default: false },
  },
});

/** Each with what it takes on a machine that has little time. */
const CHECKS: Readonly<Record<string, () => Promise<Shown>>> = {
  strikes: () => strikes({ accounts: 24, runs: 6, strikes: 1, killsOnly: false }),
  kills: () => strikes({ accounts: 1_000, runs: 1, strikes: 20, killsOnly: true }),
  takeover: () => strikes({ accounts: 40, runs: 3, strikes: 1, killsOnly: true }),
  pauses: () => pauses({ accounts: number("accounts", 6), pauseSeconds: number("seconds", 60) }),
  outage: () => outage({ accounts: number("accounts", 12), workers: number("workers", 3), outageSeconds: number("seconds", 300) }),
  versions: () => versions({ accounts: number("accounts", 6) }),
  offer: () => offer({ accounts: number("accounts", 100_000), claimed: Math.min(4_000, number("accounts", 100_000)) }),
};

process.exitCode = await main();

async function main(): Promise<number> {
  const { check } = values;
  const run = CHECKS[check];
  if (run === undefined) throw new RangeError(`--check takes ${Object.keys(CHECKS).join(", ")}, not "${check}".`);
  const shown = await run();
  for (const violation of shown.violations.slice(0, 20)) console.log(`VIOLATION: ${violation}`);
  console.log(`${shown.done}: ${shown.result}; ${String(shown.violations.length)} violations`);
  if (values.write) writeRow(check, shown, new Date(systemClock.now()).toISOString().slice(0, 10));
  return shown.violations.length === 0 ? 0 : 1;
}

function strikes(given: { accounts: number; runs: number; strikes: number; killsOnly: boolean }): Promise<Shown> {
  return kills({
    accounts: number("accounts", given.accounts),
    workers: number("workers", 3),
    runs: number("runs", given.runs),
    strikes: number("strikes", given.strikes),
    seed: number("seed", 1),
    crashes: values.crashes,
    killsOnly: given.killsOnly,
  });
}

function number(name: "accounts" | "workers" | "runs" | "strikes" | "seed" | "seconds", otherwise: number): number {
  const text = values[name] ?? String(otherwise);
  if (!/^\d{1,6}$/.test(text)) throw new RangeError(`--${name} takes a whole number, not "${text}".`);
  return Number(text);
}
