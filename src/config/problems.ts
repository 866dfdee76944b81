import { EXIT, TraderError } from "../domain/errors.ts";
import type { Setting } from "./settings.ts";

/** One thing that is wrong with the environment. */
export interface Problem {
  readonly name: string;
  /** A sentence without its full stop, that begins with the name of the setting. */
  readonly text: string;
}

const MAX_SHOWN_CHARACTERS = 60;

export function wrongValue(name: string, was: string, setting: Pick<Setting<unknown>, "expected" | "secret">): Problem {
  const shown = setting.secret === true ? "set, but not in the form it must have" : JSON.stringify(was.slice(0, MAX_SHOWN_CHARACTERS));
  return { name, text: `${name} is ${shown}; expected ${setting.expected}` };
}

/** Carries each problem by itself, for whoever lists them. */
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

/** Everything that is wrong, at once: nobody shall have to start the daemon five times to learn it. */
export function configurationError(problems: readonly Problem[]): ConfigurationError {
  const [first, ...rest] = problems.map(({ text }) => (text.endsWith("?") ? text : `${text}.`));
  const message =
    rest.length === 0 ? first : `${problems.length} settings are wrong:\n${[first, ...rest].map((text) => `  ${text ?? ""}`).join("\n")}`;
  return new ConfigurationError(message ?? "A setting is wrong.", problems);
}
