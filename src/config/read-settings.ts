import { editDistance } from "../domain/edit-distance.ts";
import type { Environment } from "../domain/config.ts";
import { wrongValue, type Problem } from "./problems.ts";
import { SETTINGS, type Setting, type SettingName, type SettingValues } from "./settings.ts";
import { textIn } from "./text-in.ts";

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

/** A misspelled limit would otherwise be no limit, and a misspelled key name the wrong mode. */
function findUnknown(env: Environment, problems: Problem[]): void {
  for (const name of Object.keys(env)) {
    if (name in SETTINGS || textIn(env, name) === undefined) continue;
    const meant = mistakenFor(name);
    if (meant !== undefined) problems.push({ name, text: `${name} is not a setting; did you mean ${meant}?` });
  }
}

/** The setting that an unknown name was probably meant to be. */
export function mistakenFor(name: string): string | undefined {
  const meant = nearest(name);
  return name.toUpperCase().startsWith("ALPACA_") || isClose(name.toUpperCase(), meant) ? meant : undefined;
}

function nearest(name: string): string {
  const known = Object.keys(SETTINGS);
  const related = known.filter((candidate) => isRelated(wordsOf(name.toUpperCase()), wordsOf(candidate)));
  const candidates = related.length > 0 ? related : known;
  const distances = new Map(candidates.map((candidate) => [candidate, editDistance(name.toUpperCase(), candidate)]));
  return candidates.reduce((best, candidate) => ((distances.get(candidate) ?? 0) < (distances.get(best) ?? 0) ? candidate : best));
}

const wordsOf = (name: string): string[] => name.split("_");

/** The environment also holds the variables of other programs: only what can hardly be one of these is close. */
function isClose(name: string, setting: string): boolean {
  if (name.replaceAll("_", "") === setting.replaceAll("_", "")) return true;
  return editDistance(name, setting) <= (setting.length >= 8 ? 2 : 1) || isRelated(wordsOf(name), wordsOf(setting));
}

/** The words of a setting without its last one, with another last one, or with one more. */
function isRelated(name: readonly string[], setting: readonly string[]): boolean {
  const [shorter, longer] = name.length < setting.length ? [name, setting] : [setting, name];
  const shared = shorter.findIndex((word, index) => word !== longer[index]);
  const same = shared === -1 ? shorter.length : shared;
  if (name.length === setting.length) return same >= 3 && same === name.length - 1;
  return same === shorter.length && longer.length - shorter.length === 1 && same >= (name.length < setting.length ? 2 : 3);
}
