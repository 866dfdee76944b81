import { loadConfig } from "../../../config/load.ts";
import { textIn } from "../../../config/text-in.ts";
import { readSettings } from "../../../config/read-settings.ts";
import { stateDirFrom } from "../../../config/state-dir.ts";
import type { Config, Environment } from "../../../domain/config.ts";
import { EXIT, TraderError } from "../../../domain/errors.ts";
import { PostgresAccounts } from "../../../fleet/store/accounts.ts";
import type { DATABASE_MODES } from "../../../fleet/store/migrate.ts";
import { PostgresStore } from "../../../fleet/store/postgres-store.ts";
import type { CommandContext } from "../../context.ts";
import { hasDatabase } from "../has-database.ts";

/** @throws TraderError (78) when FLEET_DATABASE is missing or malformed. */
export function databaseUrl(env: Environment): string {
  const url = readSettings(env, []).FLEET_DATABASE;
  if (url !== undefined) return url;
  throw configuration(
    hasDatabase(env) ? "FLEET_DATABASE is not the address of a PostgreSQL." : "FLEET_DATABASE is not set.",
    "Set it to an address such as postgresql://user:password@host:5432/fleet; docs/fleet-database.md begins with nothing.",
  );
}

/** Settings of a process that has no account's keys. @throws TraderError (78). */
export function sharedConfig(env: Environment): Config {
  return loadConfig(sharedEnvironment(env));
}

/** Only keys that are never used are in place of an account's. @throws TraderError (78) in a mode without databases. */
export function sharedEnvironment(env: Environment): Environment {
  const mode = textIn(env, "TRADING_MODE")?.trim().toLowerCase();
  if (mode === "paper" || mode === "live") return { ...env, ...PLACEHOLDERS[mode] };
  throw configuration(
    `A fleet with a database trades in paper or live mode; TRADING_MODE is ${mode ?? "not set"}.`,
    "Set TRADING_MODE=paper or TRADING_MODE=live for the fleet. Simulator and shadow accounts exist on one machine only.",
  );
}

const PLACEHOLDERS: Readonly<Record<(typeof DATABASE_MODES)[number], Environment>> = {
  paper: { ALPACA_PAPER_KEY: "PK0000000000NOTUSED", ALPACA_PAPER_SECRET: "not-used", ALPACA_PAPER_OAUTH_TOKEN: undefined },
  live: { ALPACA_KEY: "AK0000000000NOTUSED", ALPACA_SECRET: "not-used", ALPACA_OAUTH_TOKEN: undefined, LIVE_TRADING_ACCOUNT: "not-used" },
};

export interface OpenFleet {
  readonly store: PostgresStore;
  readonly accounts: PostgresAccounts;
  readonly shared: Config;
}

/** Opens the fleet's database for one command. */
export async function withFleetStore<Result>({ env, clock }: CommandContext, work: (fleet: OpenFleet) => Promise<Result>): Promise<Result> {
  const shared = sharedConfig(env);
  const store = await PostgresStore.open({ url: databaseUrl(env), mode: shared.mode, clock });
  try {
    return await work({ store, shared, accounts: new PostgresAccounts(store.connection, shared.mode, stateDirFrom(env)) });
  } finally {
    await store.close();
  }
}

export function configuration(text: string, hint: string): TraderError {
  return new TraderError(text, { code: "configuration", hint, exitCode: EXIT.configuration });
}
