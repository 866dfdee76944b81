import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "dotenv";
import { EXIT, messageOf, TraderError } from "../domain/errors.ts";
import type { Environment } from "../domain/config.ts";
import { SETTINGS } from "./settings.ts";

/**
 * The process's environment, then systemd's credentials, then `.env` in `directory`. A variable that is set but
 * empty hides the others, so that a setting can be switched off for one command.
 * @throws TraderError (exit 78) when `.env` or a credential exists but cannot be read.
 */
export function loadEnvironment(directory: string, environment: Environment = process.env): Environment {
  return { ...parse(readIfThere(join(directory, ".env"))), ...credentials(environment), ...environment };
}

/**
 * Settings passed as files by `LoadCredential=` (systemd.exec(5), "Credentials"): the file name is the setting's
 * name. Other files there are not ours.
 */
function credentials(environment: Environment): Environment {
  const directory = environment.CREDENTIALS_DIRECTORY ?? "";
  if (directory === "") return {};
  const names = namesIn(directory).filter((name) => name in SETTINGS || name.startsWith("ALPACA_"));
  return Object.fromEntries(names.map((name) => [name, readIfThere(join(directory, name)).trim()]));
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    throw unreadable(directory, error);
  }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw unreadable(file, error);
  }
}

function unreadable(file: string, error: unknown): TraderError {
  return new TraderError(`${file} cannot be read: ${messageOf(error)}.`, {
    code: "configuration",
    hint: "Make it readable for our user, or move it away.",
    exitCode: EXIT.configuration,
    cause: error,
  });
}
