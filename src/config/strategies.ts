import { isAbsolute, normalize } from "node:path";
import { UNATTRIBUTED } from "../domain/strategy-target.ts";
import type { StrategyConfig } from "../domain/config.ts";
import { HUNDRED, ONE, parseDecimal, sum, ZERO, type Decimal } from "../domain/decimal.ts";
import type { Problem } from "./problems.ts";

const ALERTS_FILE = "$ALERTS_FILE";
const NAME = /^[a-z0-9][a-z0-9_-]{0,31}$/;
const SHARE = /^\d{1,3}(\.\d{1,9})?$/;
const ENTRY = "name:percent:file such as tecl:40:/tmp/tecl_alerts.json";
const MAX_SHOWN_CHARACTERS = 60;

/**
 * The strategies that share the account: `nuclear:60:/tmp/nuclear_alerts.json,tecl:40:/tmp/tecl_alerts.json`.
 * Errors are added to `problems`.
 * @param alertsFile what `$ALERTS_FILE` stands for; `undefined` when that setting is itself wrong.
 */
export function readStrategies(text: string, alertsFile: string | undefined, problems: Problem[]): StrategyConfig[] {
  const entries = text.split(",").map((entry) => readEntry(entry.trim(), alertsFile));
  const strategies = entries.filter((entry) => typeof entry === "object");
  const wrong = [
    ...entries.filter((entry) => typeof entry === "string"),
    ...(strategies.length === entries.length ? problemsTogether(strategies) : []),
  ];
  for (const problem of wrong) problems.push({ name: "STRATEGIES", text: `STRATEGIES is ${shown(text)}; ${problem}` });
  return strategies;
}

/** The strategy, or the error in the entry; `undefined` when another setting is wrong. */
function readEntry(entry: string, alertsFile: string | undefined): StrategyConfig | string | undefined {
  const [name = "", percent = "", ...rest] = entry.split(":").map((part) => part.trim());
  const named = rest.join(":");
  if (named === "") return `${shown(entry)} does not have three parts; expected ${ENTRY}`;
  if (!NAME.test(name) || name === UNATTRIBUTED)
    return `it names a strategy ${shown(name)}; expected small letters, digits, - and _, and not ${UNATTRIBUTED}`;
  const share = shareIn(percent);
  if (share === undefined) return `it gives ${name} ${shown(percent)}; expected a percentage above 0 and at most 100`;
  if (named === ALERTS_FILE) return alertsFile === undefined ? undefined : { name, share, alertsFile };
  if (isAbsolute(named) && !named.includes("\0")) return { name, share, alertsFile: named };
  return `it has ${shown(named)} as the file of ${name}; expected an absolute path or ${ALERTS_FILE}`;
}

function shareIn(percent: string): Decimal | undefined {
  const share = SHARE.test(percent) ? parseDecimal(percent)?.div(HUNDRED) : undefined;
  return share?.gt(ZERO) === true && share.lte(ONE) ? share : undefined;
}

function problemsTogether(strategies: readonly StrategyConfig[]): string[] {
  const total = sum(strategies.map(({ share }) => share));
  const name = repeated(strategies.map((strategy) => strategy.name));
  const file = repeated(strategies.map(({ alertsFile }) => normalize(alertsFile)));
  return [
    ...(total.gt(ONE) ? [`the shares sum to ${total.times(HUNDRED).toFixed()} %; expected at most 100`] : []),
    ...(name === undefined ? [] : [`it names ${name} twice; expected each strategy once`]),
    ...(file === undefined ? [] : [`two strategies read ${file}; expected a separate file for each`]),
  ];
}

function repeated(values: readonly string[]): string | undefined {
  return values.find((value, index) => values.indexOf(value) !== index);
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, MAX_SHOWN_CHARACTERS));
}
