import { convergenceOf } from "./ends.ts";
import { FAULT_KINDS } from "./faults/kinds.ts";
import type { Tally } from "./tally.ts";

/** What a run was told and how long it took. */
export interface RunFacts {
  readonly from: number;
  readonly version: string;
  /** `YYYY-MM-DD`. */
  readonly day: string;
}

/** The page `docs/evidence/simulation.md`. */
export function pageOf(tally: Tally, { from, version, day }: RunFacts): string {
  const last = from + tally.seeds - 1;
  return `# The long simulation

Made by \`npm run simulate -- --seeds ${String(tally.seeds)} --from ${String(from)} --kept FILE --write\`; version ${version}, ${day}.

Each seed is one day in the life of the whole daemon in virtual time: an account, a strategy, a market, a machine and an execution style of its own, faults of at least five kinds, then peace and a last signal. Every request, answer, order event and commit is held against the [promises](promises.md). Any seed can be replayed: \`npm run simulate -- --seeds 1 --from SEED --trace\`.

**${count(tally.seeds)} seeds (${count(from)} to ${count(last)}), ${count(tally.violations)} ${tally.violations === 1 ? "violation" : "violations"}.** They came to ${count(Math.round(tally.virtualMs / 3_600_000))} virtual hours, ${count(tally.lives)} processes, ${count(tally.orders)} orders that the venue accepted and ${count(tally.fills)} fills; ${count(tally.traded)} of the seeds traded before their last signal.

## Faults

| fault | times | in seeds |
| --- | ---: | ---: |
${FAULT_KINDS.map((kind) => `| \`${kind}\` | ${count(tally.faults[kind])} | ${count(tally.seedsByFault[kind])} |`).join("\n")}

## How executions ended while faults went on

${tableOf("outcome", tally.outcomes)}

## How the last signal ended, with all faults over

"Excused" is an end that the account is not on target with, for what lasts in the world: a symbol that something is still wrong with, an order of unknown fate that stays reserved, a limit that is set. It excuses the symbols that it touches and the money they would take, and no more; what the program says of itself excuses nothing.

${tableOf("end", tally.finals)}

## How long after the last obstacle the account was on target

Seconds from the moment when nothing in the world stood in the way any more (numbers in step, trading resumed, refusals over, quotes whole, other hands gone, the venue within reach) to the account on its target. More than 60 is a violation where the deadline and the freshness of the run leave the time; limit style has its own time on top.

| obstacle | seeds | on target | excused | failed | p50 s | p99 s | max s |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
${convergenceOf(tally)
  .map(
    ({ obstacle, ...row }) =>
      `| ${obstacle} | ${[row.seeds, row.onTarget, row.excused, row.failed, row.p50, row.p99, row.most].map(count).join(" | ")} |`,
  )
  .join("\n")}

## Accounts

${tableOf("account", tally.habits)}
${brokenSeeds(tally)}`;
}

function tableOf(title: string, record: Readonly<Record<string, number>>): string {
  const rows = Object.entries(record).sort(
    ([firstName, first], [secondName, second]) => second - first || (firstName < secondName ? -1 : 1),
  );
  return [`| ${title} | times |`, "| --- | ---: |", ...rows.map(([name, times]) => `| ${name} | ${count(times)} |`)].join("\n");
}

function brokenSeeds({ broken }: Tally): string {
  if (broken.length === 0) return "";
  const lines = broken.map(
    ({ seed, violations }) => `- ${String(seed)}: ${violations.map(({ promise, text }) => `${promise}, ${text}`).join(" ")}`,
  );
  return `\n## Seeds that broke a promise\n\n${lines.join("\n")}\n`;
}

function count(value = 0): string {
  return value.toLocaleString("en-US");
}
