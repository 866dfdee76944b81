import type { Environment } from "../domain/config.ts";

/** Surrounding spaces are always ignored; empty counts as unset. */
export function textIn(env: Environment, name: string): string | undefined {
  const text = env[name]?.trim();
  return text === "" ? undefined : text;
}
