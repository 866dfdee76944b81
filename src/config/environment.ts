import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { EXIT, messageOf, TraderError } from "../domain/errors.ts";
import { NAMES_IN_FILE, type Environment } from "../domain/config.ts";
import { readEnvFile } from "./env-file.ts";
import { SETTINGS } from "./settings.ts";

/**
 * The process's environment, then systemd's credentials, then `.env` in `directory`. A variable that is set but
 * empty hides the others, so that a setting can be switched off for one command.
 * @throws TraderError (exit 78) when `.env` or a credential exists but cannot be read, or a line of `.env` would be lost.
 */
export function loadEnvironment(directory: string, environment: Environment = process.env): Environment {
  const { values } = readSettingsFile(directory);
  return { ...values, ...credentials(environment), ...environment, [NAMES_IN_FILE]: new Set(Object.keys(values)) };
}

/**
 * `.env` in `directory`; empty if there is none.
 * @throws TraderError as {@link loadEnvironment}.
 */
export function readSettingsFile(directory: string): { path: string; text: string; values: Environment } {
  const path = join(directory, ".env");
  const bytes = readIfThere(path);
  const { values, problems } = readEnvFile(bytes);
  if (problems.length > 0) throw damaged(path, problems);
  return { path, text: bytes.toString("utf8"), values };
}

/** As much of it as can be read, for what must work however broken the settings are (R25). */
export function readableEnvironment(directory: string, environment: Environment = process.env): Environment {
  const { values } = orElse(() => readEnvFile(readIfThere(join(directory, ".env"))), { values: {}, problems: [] });
  return { ...values, ...orElse(() => credentials(environment), {}), ...environment };
}

function orElse<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

/**
 * Settings passed as files by `LoadCredential=` (systemd.exec(5), "Credentials"): the file name is the setting's
 * name. Other files there are not ours.
 */
function credentials(environment: Environment): Environment {
  const directory = environment.CREDENTIALS_DIRECTORY ?? "";
  if (directory === "") return {};
  const names = namesIn(directory).filter((name) => name in SETTINGS || name.startsWith("ALPACA_"));
  return Object.fromEntries(names.map((name) => [name, readIfThere(join(directory, name)).toString("utf8").trim()]));
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    throw unreadable(directory, error);
  }
}

function readIfThere(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return Buffer.alloc(0);
    throw unreadable(file, error);
  }
}

function damaged(file: string, problems: readonly string[]): TraderError {
  const text = problems.length === 1 ? ` ${problems.join()}.` : `\n${problems.map((problem) => `  ${problem}.`).join("\n")}`;
  return new TraderError(`${file} cannot be used:${text}`, {
    code: "configuration",
    hint: "Each line is NAME=value, empty, or a remark that begins with #.",
    exitCode: EXIT.configuration,
  });
}

function unreadable(file: string, error: unknown): TraderError {
  return new TraderError(`${file} cannot be read: ${messageOf(error)}.`, {
    code: "configuration",
    hint: "Make it readable for our user, or move it away.",
    exitCode: EXIT.configuration,
    cause: error,
  });
}
