import { lstatSync, readFileSync, statSync, type Stats } from "node:fs";
import { join } from "node:path";
import type { Config, Environment } from "../domain/config.ts";
import { readEnvFile, unknownNames } from "../config/env-file.ts";
import { loadConfig } from "../config/load.ts";
import { ConfigurationError } from "../config/problems.ts";
import { SETTINGS, type Setting } from "../config/settings.ts";
import { isLoopback } from "../config/values.ts";
import { messageOf } from "../domain/errors.ts";
import { passwordsIn } from "../config/database-address.ts";
import { notificationSecrets } from "../config/notification-settings.ts";
import { formatWeight } from "../domain/format.ts";
import { failed, failure, known, ok, unknown, warning, type Finding, type Known, type Findings } from "./check.ts";

const WRITABLE_BY_OTHERS = 0o022;
const READABLE_BY_OTHERS = 0o004;
const LINE_HINT = "Each line is NAME=value, empty, or a remark that begins with #.";
const UNKNOWN_HINT = "Correct or remove them, unless another program reads this file.";
const NOTHING = { mode: 0, secrets: [], problems: [], unknown: [] } as const;

export interface SettingsFileFacts {
  readonly path: string;
  readonly state: "missing" | "there" | { readonly unreadable: string };
  /** Permission bits. */
  readonly mode: number;
  readonly secrets: readonly string[];
  /** What cannot be read as it was meant. */
  readonly problems: readonly string[];
  readonly unknown: readonly string[];
}

export function judgeSettingsFile(facts: SettingsFileFacts): Findings {
  const { path, state, problems, unknown: names } = facts;
  if (state === "missing") return ok(`there is no ${path}; settings come from the environment only`);
  if (state !== "there") return failed(`${path} cannot be read: ${state.unreadable}`, "Make it readable for our user, or move it away.");
  const wrong = problems.flatMap((problem) => failed(`${path} cannot be used: ${problem}`, LINE_HINT));
  const others =
    names.length === 0 ? [] : warning(`${path} has names that are no settings, and are ignored: ${names.join(", ")}`, UNKNOWN_HINT);
  return [...wrong, ...(wrong.length > 0 ? [] : rightsOf(facts)), ...others];
}

/** Anyone who can read `.env` can trade with the account, and anyone who can write it can choose the account. */
function rightsOf({ path, mode, secrets }: SettingsFileFacts): Findings {
  const rights = `mode ${mode.toString(8).padStart(4, "0")}`;
  const cure = `chmod 600 ${path}`;
  if ((mode & WRITABLE_BY_OTHERS) !== 0) return warning(`${path} can be written by others (${rights})`, `${cure}, and check its content.`);
  if ((mode & READABLE_BY_OTHERS) !== 0 && secrets.length > 0)
    return warning(
      `anyone on this machine can read ${secrets.join(", ")} in ${path} (${rights})`,
      `${cure}, and create new keys if others use this machine.`,
    );
  return ok(`${path} (${rights})`);
}

export function readSettingsFile(directory: string): SettingsFileFacts {
  const path = join(directory, ".env");
  let stats: Stats | undefined;
  try {
    stats = statSync(path, { throwIfNoEntry: false }) ?? lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return { ...NOTHING, path, state: "missing" };
    const file = readEnvFile(readFileSync(path));
    const secrets = secretNames().filter((name) => (file.values[name] ?? "").trim() !== "");
    return { path, state: "there", mode: stats.mode & 0o7777, secrets, problems: file.problems, unknown: unknownNames(file) };
  } catch (error) {
    return { ...NOTHING, path, state: { unreadable: messageOf(error) }, mode: (stats?.mode ?? 0) & 0o7777 };
  }
}

export function secretNames(): string[] {
  return Object.entries<Setting<unknown>>(SETTINGS).flatMap(([name, { secret }]) => (secret === true ? [name] : []));
}

/** Every secret in the environment, however broken the configuration is (R30). */
export function secretsIn(env: Environment): string[] {
  const values = secretNames().flatMap((name) => env[name]?.trim() ?? []);
  const addresses = values.filter((value) => URL.canParse(value) && /^https?:/i.test(value));
  const parts = addresses.flatMap((url) =>
    notificationSecrets({ level: "off", webhook: { url, kind: "json" }, telegram: undefined, heartbeatUrl: undefined }),
  );
  return [...values, ...parts, ...passwordsIn(env.FLEET_DATABASE ?? "")];
}

/** The configuration and its findings: each problem on its own line. */
export function readConfiguration(env: Environment): { config: Known<Config>; findings: Findings } {
  try {
    const config = loadConfig(env);
    return { config: known(config), findings: [...ok(described(config)), ...proxyFinding(env, config)] };
  } catch (error) {
    const findings = error instanceof ConfigurationError ? problemFindings(error) : failure(error);
    return { config: unknown("the configuration is wrong"), findings };
  }
}

const PROXY_NAMES = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/** Node uses a proxy only when configured to. */
function proxyFinding(env: Environment, { alpaca }: Config): Findings {
  const name = PROXY_NAMES.find((each) => (env[each] ?? "").trim() !== "");
  if (name === undefined || env.NODE_USE_ENV_PROXY === "1" || alpaca === undefined || isLoopback(alpaca.tradingUrl)) return [];
  return warning(
    `${name} is set, but requests do not use that proxy`,
    "Set NODE_USE_ENV_PROXY=1 in the environment of the process (not in .env) if Alpaca is reached through it.",
  );
}

/** All share one hint, so it is printed under the last one. */
function problemFindings({ problems, hint }: ConfigurationError): Findings {
  return problems.map(({ text }, index): Finding => {
    const last = index === problems.length - 1;
    return { status: "failed", text, ...(last && hint !== undefined ? { hint } : {}) };
  });
}

function described({ mode, modeReason, strategies, alpaca }: Config): string {
  const where = alpaca === undefined ? "" : `, at ${alpaca.tradingUrl}`;
  const shares = strategies.map(({ name, share }) => `${name} ${formatWeight(share)}`).join(", ");
  return `${mode === "live" ? "LIVE, real money" : mode} (${modeReason})${where}; ${shares}`;
}
