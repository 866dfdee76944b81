import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { messageOf, TraderError } from "../domain/errors.ts";

/** @returns `undefined` when there is no such file. @throws TraderError `simulator-state` */
export function readSimulatorFile(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (Error.isError(error) && "code" in error && error.code === "ENOENT") return undefined;
    throw failure(
      `The simulator's file ${file} cannot be read: ${messageOf(error)}.`,
      "Make it readable for our user, or delete it.",
      error,
    );
  }
}

/** All or nothing. @throws TraderError `simulator-state` */
export function writeSimulatorFile(file: string, text: string): void {
  const draft = `${file}.draft`;
  try {
    writeFileSync(draft, text, { mode: 0o600 });
    renameSync(draft, file);
  } catch (error) {
    throw failure(
      `The simulator's file ${file} cannot be written: ${messageOf(error)}.`,
      "Check the directory and the free disk space.",
      error,
    );
  }
}

/** Starts a simulator from its stored account, if there is one. @throws TraderError `simulator-state` when it is damaged. */
export async function startFrom<T>(file: string, state: string | undefined, start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (error) {
    const ofSystem = Error.isError(error) && "syscall" in error;
    if (state === undefined || ofSystem) throw error;
    throw failure(
      `The simulator's account ${file} cannot be used: ${messageOf(error).replace(/\.$/, "")}.`,
      "Delete it to start a new simulator account.",
      error,
    );
  }
}

function failure(message: string, hint: string, cause: unknown): TraderError {
  return new TraderError(message, { code: "simulator-state", hint, cause });
}
