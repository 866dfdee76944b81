import { parseArgs } from "node:util";
import { systemClock } from "../../../src/domain/clock.ts";
import { simulateMachines } from "./machines-simulation.ts";

const PROGRESS_EVERY_MS = 10_000;

const { values } = parseArgs({ options: { seeds: { type: "string", default: "50" }, from: { type: "string", default: "1" } } });

process.exitCode = await main(whole("from", values.from), whole("seeds", values.seeds));

async function main(from: number, seeds: number): Promise<number> {
  const total = { broken: 0, accounts: 0, orders: 0, takeovers: 0, lost: 0, refusedTwice: 0 };
  const mishaps = new Map<string, number>();
  let saidAt = systemClock.monotonic();
  for (let seed = from; seed < from + seeds; seed += 1) {
    const result = await simulateMachines(seed);
    total.accounts += result.accounts;
    total.orders += result.orders;
    total.takeovers += result.takeovers;
    total.lost += result.lost;
    total.refusedTwice += result.refusedTwice;
    for (const kind of result.mishaps) mishaps.set(kind, (mishaps.get(kind) ?? 0) + 1);
    if (result.violations.length > 0) total.broken += 1;
    for (const text of result.violations.slice(0, 2)) console.log(`Seed ${String(seed)}: ${text}`);
    if (systemClock.monotonic() - saidAt < PROGRESS_EVERY_MS) continue;
    saidAt = systemClock.monotonic();
    console.log(`${String(seed - from + 1)} of ${String(seeds)} seeds, ${String(total.broken)} broken`);
  }
  const kinds = [...mishaps].toSorted().map(([kind, count]) => `${kind} ${String(count)}`);
  console.log(`Mishaps: ${kinds.join(" · ")}`);
  console.log(
    `${String(seeds)} fleets with ${String(total.accounts)} accounts, ${String(total.orders)} orders, ${String(total.takeovers)} take-overs, ${String(total.lost)} lost leases, ${String(total.refusedTwice)} late orders refused by the venue, ${String(total.broken)} fleets with violations, from seed ${String(from)}`,
  );
  return total.broken === 0 ? 0 : 1;
}

function whole(name: string, text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new RangeError(`--${name} takes a whole number, not "${text}".`);
  return Number(text);
}
