import type { Environment } from "../domain/config.ts";
import type { Problem } from "./problems.ts";
import { wrongValue } from "./problems.ts";
import type { Setting, SettingName, SettingValues } from "./settings.ts";
import { SETTINGS } from "./settings.ts";

/** Surrounding spaces are always ignored; empty counts as unset. */
export function textIn(env: Environment, name: string): string | undefined {
  const text = env[name]?.trim();
  return text === "" ? undefined : text;
}

/** Reads every setting; adds invalid ones to `problems` and omits their values. */
export function readSettings(env: Environment, problems: Problem[]): SettingValues {
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries<Setting<unknown>>(SETTINGS)) {
    const text = textIn(env, name) ?? setting.default;
    if (text === undefined) continue;
    if (isQuoted(text)) {
      problems.push({ name, text: `${name} is in quotes; expected the value without them (docker's --env-file keeps quotes)` });
      continue;
    }
    const parsed = setting.form.safeParse(text);
    if (parsed.success) values[name] = parsed.data;
    else problems.push(wrongValue(name, text, setting));
  }
  findUnknown(env, problems);
  return values;
}

/** Shells and dotenv remove quotes; quotes that remain come from another tool. */
function isQuoted(text: string): boolean {
  return text.length >= 2 && (text.startsWith('"') || text.startsWith("'")) && text.endsWith(text.charAt(0));
}

export function isSet(env: Environment, name: SettingName): boolean {
  return textIn(env, name) !== undefined;
}

/** A misspelt key name would otherwise mean "no keys are set", and so the wrong mode. */
function findUnknown(env: Environment, problems: Problem[]): void {
  for (const name of Object.keys(env)) {
    if (!name.toUpperCase().startsWith("ALPACA_") || name in SETTINGS || textIn(env, name) === undefined) continue;
    problems.push({ name, text: `${name} is not a setting; did you mean ${nearest(name)}?` });
  }
}

function nearest(name: string): string {
  const known = Object.keys(SETTINGS);
  const distances = new Map(known.map((candidate) => [candidate, editDistance(name.toUpperCase(), candidate)]));
  return known.reduce((best, candidate) => ((distances.get(candidate) ?? 0) < (distances.get(best) ?? 0) ? candidate : best));
}

/** Letters to add, remove or change to turn one word into the other. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let index = 0; index < from.length; index++) {
    const next = [index + 1];
    for (let column = 1; column <= to.length; column++) {
      const changed = (row[column - 1] ?? 0) + (from[index] === to[column - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
