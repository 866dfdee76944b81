import { SETTINGS, type Setting } from "./settings.ts";

const INTRODUCTION = `# Settings of alpaca-trader. Copy this file to .env (mode 0600) and uncomment the lines you want to change.
# The environment overrides .env; an empty value counts as unset.`;

/** The text of `.env.example`: every setting of this version with its default, generated from the table. */
export function environmentExample(): string {
  return `${[INTRODUCTION, ...Object.entries<Setting<unknown>>(SETTINGS).map(entry)].join("\n\n")}\n`;
}

function entry([name, setting]: [string, Setting<unknown>]): string {
  const unset = setting.unset === undefined ? "" : `\n# Unset: ${setting.unset}.`;
  return `# ${setting.doc}\n# Expected: ${setting.expected}.${unset}\n#${name}=${setting.default ?? ""}`;
}
