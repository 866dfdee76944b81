import { EXIT, TraderError } from "../domain/errors.ts";
import { mistakenFor } from "./misspelled.ts";
import { checkPairs } from "./pairs.ts";
import type { Problem } from "./problems.ts";
import { wrongValue } from "./problems.ts";
import { TRADING_SETTINGS } from "./setting-groups.ts";
import { SETTINGS, type Setting, type SettingName, type SettingValues } from "./settings.ts";

/** The settings that decide what an execution does once its signal has been accepted. */
const DECIDING = [...TRADING_SETTINGS, "SIGNAL_MAX_AGE_SECONDS", "WARM_SNAPSHOT"] as const satisfies readonly SettingName[];

/** A value may be left out: then the setting counts as unset. */
export type DecidingValues = { readonly [Name in (typeof DECIDING)[number]]?: SettingValues[Name] | undefined };

/**
 * Reads `SETTING=VALUE`. An empty value unsets it, which gives its default, as in `.env`.
 * @throws TraderError `replay-setting` that names the first that cannot be understood.
 */
export function readWhatIf(assignments: readonly string[]): DecidingValues {
  const values: Record<string, unknown> = {};
  for (const assignment of assignments) {
    const [, name, text] = /^([^=]+)=(.*)$/s.exec(assignment) ?? [];
    if (name === undefined || text === undefined)
      throw refused(
        `${JSON.stringify(assignment)} changes no setting.`,
        "Write --with SETTING=VALUE, such as --with DRIFT_BAND_PERCENT=2.",
      );
    if (!isDeciding(name)) throw notDeciding(name);
    const setting: Setting<unknown> = SETTINGS[name];
    const written = text === "" ? setting.default : text;
    const parsed = written === undefined ? { success: true, data: undefined } : setting.form.safeParse(written);
    if (!parsed.success) throw refused(`${wrongValue(name, text, setting).text}.`, "Nothing was replayed.");
    values[name] = parsed.data;
  }
  return values;
}

/** @throws TraderError `replay-setting` for values that do not go together. */
export function checkTogether(values: DecidingValues): void {
  const problems: Problem[] = [];
  checkPairs(values as SettingValues, problems);
  const [first] = problems;
  if (first !== undefined) throw refused(`${first.text}.`, "Nothing was replayed. Give the other one as well with a second --with.");
}

function isDeciding(name: string): name is (typeof DECIDING)[number] {
  return (DECIDING as readonly string[]).includes(name);
}

function notDeciding(name: string): TraderError {
  const list = `What can be changed: ${DECIDING.join(", ")}.`;
  if (name in SETTINGS) return refused(`${name} does not change what an execution does.`, list);
  const meant = mistakenFor(name, "file");
  return refused(`${name} is not a setting.`, meant !== undefined && isDeciding(meant) ? `Did you mean ${meant}?` : list);
}

function refused(message: string, hint: string): TraderError {
  return new TraderError(message, { code: "replay-setting", hint, exitCode: EXIT.configuration });
}
