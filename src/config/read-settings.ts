import { NAMES_IN_FILE, type Environment } from "../domain/config.ts";
import { mistakenFor } from "./misspelled.ts";
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
    const meant = mistakenFor(name, env[NAMES_IN_FILE]?.has(name) === true ? "file" : "environment");
    if (meant !== undefined) problems.push({ name, text: `${name} is not a setting; did you mean ${meant}?` });
  }
}
