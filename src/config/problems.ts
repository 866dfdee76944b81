import { EXIT, TraderError } from "../domain/errors.ts";
import type { Setting } from "./settings.ts";

/** One error in the environment. */
export interface Problem {
  readonly name: string;
  /** A sentence without its full stop, beginning with the name of the setting. */
  readonly text: string;
}

const MAX_SHOWN_CHARACTERS = 60;

export function wrongValue(name: string, was: string, setting: Pick<Setting<unknown>, "expected" | "secret">): Problem {
  const shown = setting.secret === true ? "set, but in the wrong format" : JSON.stringify(was.slice(0, MAX_SHOWN_CHARACTERS));
  return { name, text: `${name} is ${shown}; expected ${setting.expected}` };
}

/** Also carries each problem separately, for lists. */
export class ConfigurationError extends TraderError {
  readonly problems: readonly Problem[];

  constructor(message: string, problems: readonly Problem[]) {
    super(message, {
      code: "configuration",
      hint: "Settings come from the environment and from .env; .env.example lists them all.",
      exitCode: EXIT.configuration,
    });
    this.problems = problems;
  }
}

/** All problems at once, so that nobody restarts the daemon five times to find them. */
export function configurationError(problems: readonly Problem[]): ConfigurationError {
  const [first, ...rest] = problems.map(({ text }) => (text.endsWith("?") ? text : `${text}.`));
  const message =
    rest.length === 0 ? first : `${problems.length} settings are wrong:\n${[first, ...rest].map((text) => `  ${text ?? ""}`).join("\n")}`;
  return new ConfigurationError(message ?? "A setting is wrong.", problems);
}
