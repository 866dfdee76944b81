import { parseArgs } from "node:util";
import { systemClock } from "../../src/domain/clock.ts";
import { killAgainAndAgain } from "./kill-run.ts";

const PROGRESS_EVERY_MS = 10_000;

const { values } = parseArgs({ options: { times: { type: "string", default: "200" }, seed: { type: "string", default: "1" } } });

process.exitCode = await main(whole("times", values.times), whole("seed", values.seed));

async function main(times: number, seed: number): Promise<number> {
  const started = systemClock.monotonic();
  let saidAt = started;
  const report = await killAgainAndAgain(times, seed, (kill, orders, violations) => {
    if (systemClock.monotonic() - saidAt < PROGRESS_EVERY_MS) return;
    saidAt = systemClock.monotonic();
    console.log(`${String(kill)} of ${String(times)} kills, ${String(orders)} orders at the venue, ${String(violations)} violations`);
  });
  for (const violation of report.violations) console.log(`VIOLATION: ${violation}`);
  console.log(`Killed: ${listed(report.moments)}`);
  console.log(`Executions: ${listed(report.outcomes)}`);
  console.log(`Accounts that had a symbol locked by an order of unknown fate: ${String(report.locked)}`);
  const seconds = ((systemClock.monotonic() - started) / 1_000).toFixed(0);
  console.log(
    `${String(report.kills)} kills, ${String(report.violations.length)} violations, ${String(report.runs)} runs, ${String(report.orders)} orders, ${seconds} s, seed ${String(seed)}`,
  );
  return report.violations.length === 0 ? 0 : 1;
}

function listed(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, count]) => `${name} ${String(count)}`)
    .join(" · ");
}

function whole(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new RangeError(`--${name} takes a whole number, not "${text}".`);
  return Number(text);
}
