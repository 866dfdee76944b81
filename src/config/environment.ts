import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "dotenv";
import { EXIT, messageOf, TraderError } from "../errors.ts";
import type { Environment } from "./read-settings.ts";

/**
 * The process's environment, and below it what `.env` in `directory` says. A variable that is set but
 * empty hides the one in `.env`, so that a setting can be switched off for one command.
 * @throws TraderError (exit 78) when there is a `.env` that cannot be read.
 */
export function loadEnvironment(directory: string, environment: Environment = process.env): Environment {
  return { ...parse(readIfThere(join(directory, ".env"))), ...environment };
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw new TraderError(`${file} cannot be read: ${messageOf(error)}.`, {
      code: "configuration",
      hint: "Make it readable for our user, or move it away.",
      exitCode: EXIT.configuration,
      cause: error,
    });
  }
}
