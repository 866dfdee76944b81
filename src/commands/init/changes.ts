import { existsSync } from "node:fs";
import { withSettings } from "../../config/env-text.ts";
import { readSettingsFile } from "../../config/environment.ts";
import { textIn } from "../../config/text-in.ts";
import { secretNames } from "../../doctor/configuration.ts";
import type { Environment } from "../../domain/config.ts";
import { EXIT, messageOf, TraderError } from "../../domain/errors.ts";
import { replacePrivateFile } from "../../machine/private-file.ts";
import type { Terminal } from "../../reporting/terminal.ts";
import { ANSWERED } from "./answers.ts";
import { confirm, type Questions } from "./questions.ts";

const INTRODUCTION = "# Settings of alpaca-trader; docs/reference.md lists them all. The environment overrides this file.\n\n";

/** A setting of `.env` that changes; an empty value removes it. */
export interface Change {
  readonly name: string;
  readonly value: string;
  readonly before: string | undefined;
}

export function changesOf(file: Environment, answers: Environment): Change[] {
  return ANSWERED.filter((name) => answers[name] !== undefined).flatMap((name) => {
    const [before, value = ""] = [textIn(file, name), textIn(answers, name)];
    return (before ?? "") === value ? [] : [{ name, value, before }];
  });
}

/** One line for a person, without the value of a secret. */
function changeLine({ name, value, before }: Change): string {
  const isSecret = secretNames().includes(name);
  if (value === "") return `  removes ${name}`;
  if (before === undefined) return `  adds ${name}${isSecret ? " (not shown)" : `=${value}`}`;
  return `  changes ${name}${isSecret ? " (not shown)" : ` from ${before} to ${value}`}`;
}

export interface WritePorts {
  readonly directory: string;
  readonly questions: Questions | undefined;
  readonly out: Terminal;
  /** Change an existing file without a question. */
  readonly isForced: boolean;
}

/** Shows the changes, and writes them when a person agrees. Without one, an existing file changes only when forced. */
export async function writeChanges(changes: readonly Change[], { directory, questions, out, isForced }: WritePorts): Promise<void> {
  const { path } = readSettingsFile(directory);
  if (changes.length === 0) {
    out.line(`${path} has these settings already; nothing changes.`);
    return;
  }
  out.line(`${path}:`);
  for (const change of changes) out.line(changeLine(change));
  if (questions !== undefined && !isForced && !(await confirm(questions, "Write this?")))
    throw notWritten("The changes were not confirmed.");
  if (questions === undefined && !isForced && existsSync(path))
    throw notWritten(`${path} exists.`, "Add --force to make these changes; its other lines stay as they are.", EXIT.configuration);
  write(changes, directory);
  out.line(`Written, for your user only (mode 0600).`);
}

/** The file may have been edited during the questions, so it is read again. */
function write(changes: readonly Change[], directory: string): void {
  const { path, text } = readSettingsFile(directory);
  const settings = Object.fromEntries(changes.map(({ name, value }) => [name, value]));
  const merged = withSettings(text === "" ? INTRODUCTION : text, settings);
  try {
    replacePrivateFile(path, merged);
  } catch (error) {
    throw notWritten(`${path} cannot be written: ${messageOf(error)}.`, "Run it in a directory that your user can write to.");
  }
}

function notWritten(why: string, hint = "Run `alpaca-trader init` again when you are ready.", exitCode: 1 | 78 = EXIT.failed): TraderError {
  return new TraderError(`${why} Nothing was written.`, { code: "not-written", hint, exitCode });
}
