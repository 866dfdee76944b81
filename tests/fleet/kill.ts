import { parseArgs } from "node:util";
import { systemClock } from "../../src/domain/clock.ts";
import { Chance } from "../simulation/chance.ts";
import { HEDGE, NUCLEAR, runOf } from "../scenarios/strategy.ts";
import { until } from "../scenarios/trader-process.ts";
import { FleetInstallation } from "./fleet-installation.ts";

const { values } = parseArgs({
  options: {
    accounts: { type: "string", default: "50" },
    times: { type: "string", default: "10" },
    seed: { type: "string", default: "1" },
  },
});

/** What each run orders in an account that was on the target of the one before. */
const RUNS = [
  { legs: NUCLEAR, sells: ["TQQQ"], later: ["BTAL", "UVXY"], buys: ["LEU", "OKLO", "SMR"] },
  { legs: HEDGE, sells: ["LEU", "OKLO", "SMR"], later: ["LEU", "OKLO", "SMR"], buys: ["BTAL", "UVXY"] },
];

process.exitCode = await main(whole("accounts", values.accounts), whole("times", values.times), whole("seed", values.seed));

/** Kills the process in the middle of a run, again and again, and compares the orders of every account with what one run orders. */
async function main(accounts: number, times: number, seed: number): Promise<number> {
  const chance = new Chance(seed, "fleet killer");
  const names = Array.from({ length: accounts }, (_, index) => `account-${String(index)}`);
  const fleet = await FleetInstallation.open(names, { venue: { fillLatencyMs: 100 } });
  const violations: string[] = [];
  const seen = new Map(names.map((name) => [name, 0]));
  try {
    let running = fleet.start();
    await running.says(/accounts watch for alerts/);
    for (let round = 0; round < times; round += 1) {
      const run = RUNS[round % 2];
      if (run === undefined) throw new Error("There is no such run.");
      const { legs, buys } = run;
      fleet.alert(runOf(legs, systemClock.now()));
      const share = chance.whole(5, 95) / 100;
      await until(
        () => names.filter((name) => fleet.ordersOf(name).length > (seen.get(name) ?? 0)).length >= accounts * share,
        "some accounts to trade",
      );
      running.kill("SIGKILL");
      await running.end();
      running = fleet.start();
      const expected = [
        ...(round < 2 ? run.sells : run.later).map((symbol) => `sell ${symbol} filled`),
        ...buys.map((symbol) => `buy ${symbol} filled`),
      ].toSorted();
      const bookOf = (name: string): string[] =>
        fleet
          .ordersOf(name)
          .slice(seen.get(name) ?? 0)
          .map(({ side, symbol, status }) => `${side} ${symbol} ${status}`)
          .toSorted();
      await until(
        () => names.every((name) => bookOf(name).length >= expected.length),
        "all accounts to trade",
        () => running.output.slice(-2_000),
      );
      await until(
        () => names.every((name) => fleet.withLedger(name, (ledger) => ledger.openExecutions().length === 0)),
        "all executions to end",
      );
      for (const name of names) {
        const book = bookOf(name);
        if (book.join() !== expected.join()) violations.push(`round ${String(round)}, ${name}: ${book.join(", ")}`);
        const outcome = fleet.withLedger(name, (ledger) => ledger.recentExecutions(1)[0]?.outcome);
        if (outcome !== "on-target") violations.push(`round ${String(round)}, ${name}: ${String(outcome)}`);
        seen.set(name, fleet.ordersOf(name).length);
      }
      console.log(
        `kill ${String(round + 1)} of ${String(times)}, when ${(share * 100).toFixed(0)} % of the accounts had begun: ${String(violations.length)} violations`,
      );
    }
    await running.stop();
  } finally {
    await fleet.close();
  }
  const orders = [...seen.values()].reduce((sum, count) => sum + count, 0);
  for (const violation of violations.slice(0, 20)) console.log(`VIOLATION: ${violation}`);
  console.log(
    `${String(times)} kills of a process with ${String(accounts)} accounts, ${String(orders)} orders, ${String(violations.length)} violations, seed ${String(seed)}`,
  );
  return violations.length === 0 ? 0 : 1;
}

function whole(name: string, text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new RangeError(`--${name} takes a whole number, not "${text}".`);
  return Number(text);
}
