import { parseArgs } from "node:util";
import { DEFAULT_EXECUTION } from "../../src/domain/execution-style.ts";
import { limitStyle } from "../execution/limit-style.ts";
import type { Row } from "./table.ts";
import { tableOf } from "./table.ts";
import type { Trial } from "./trial.ts";
import { rebalanceOnce } from "./trial.ts";

const STYLES = [
  ["market", DEFAULT_EXECUTION],
  ["limit, then market", limitStyle()],
  ["limit, then leave", limitStyle({ then: "leave" })],
] as const;

const { values } = parseArgs({
  options: { rebalances: { type: "string", default: "1000" }, from: { type: "string", default: "1" } },
});

await main(whole("rebalances", values.rebalances), whole("from", values.from));

/** The same seeded rebalances in every style, with quiet quotes and with ones that leap about. */
async function main(rebalances: number, from: number): Promise<void> {
  const rows: Row[] = [];
  for (const quoteModel of [false, true]) {
    for (const [style, execution] of STYLES) {
      const trials: Trial[] = [];
      for (let seed = from; seed < from + rebalances; seed += 1) trials.push(await rebalanceOnce({ seed, execution, quoteModel }));
      rows.push({ market: quoteModel ? "restless" : "quiet", style, trials });
    }
  }
  console.log(tableOf(rows));
  console.log(`${String(rebalances)} rebalances in each line, from seed ${String(from)}`);
}

function whole(name: string, text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new RangeError(`--${name} takes a whole number, not "${text}".`);
  return Number(text);
}
