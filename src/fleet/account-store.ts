import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { readEnvFile } from "../config/env-file.ts";
import { withSettings } from "../config/env-text.ts";
import type { Environment } from "../domain/config.ts";
import { EXIT, messageOf, TraderError } from "../domain/errors.ts";
import { prepareStateDirectory } from "../machine/directory-access.ts";
import { replacePrivateFile } from "../machine/private-file.ts";

/** An account of the fleet, as its owner set it up. */
export interface StoredAccount {
  readonly name: string;
  /** Its ledger, its halt file and its settings are here. */
  readonly directory: string;
  /** Its own settings, keys among them. */
  readonly settings: Environment;
  /** What is wrong with its file, each a sentence without its full stop. */
  readonly problems: readonly string[];
}

/** The accounts of a fleet. Another implementation may keep them in a database. */
export interface AccountStore {
  /** Sorted by name. */
  list(): StoredAccount[];
  find(name: string): StoredAccount | undefined;
  /** @throws TraderError when the name cannot be used or is taken. */
  add(name: string, settings: Environment): StoredAccount;
  /** Replaces settings; an empty value removes one. */
  set(name: string, changes: Environment): StoredAccount;
  /** Deletes the keys and settings, and keeps the ledger. @returns where the rest is kept. */
  remove(name: string, at: number): string;
}

const NAME = /^[a-z0-9][a-z0-9_-]{0,39}$/;
const FILE = "account.env";

export function isAccountName(name: string): boolean {
  return NAME.test(name);
}

/** One directory for each account: `STATE_DIR/accounts/NAME`, with `account.env` (mode 0600) and the account's ledger. */
export class AccountDirectories implements AccountStore {
  readonly #root: string;
  readonly #removed: string;

  constructor(stateDir: string) {
    this.#root = join(stateDir, "accounts");
    this.#removed = join(stateDir, "removed-accounts");
  }

  list(): StoredAccount[] {
    return namesIn(this.#root)
      .toSorted()
      .flatMap((name) => this.find(name) ?? []);
  }

  find(name: string): StoredAccount | undefined {
    const directory = join(this.#root, name);
    const file = join(directory, FILE);
    if (!NAME.test(name) || !existsSync(file)) return undefined;
    try {
      const { values, problems } = readEnvFile(readFileSync(file));
      return { name, directory, settings: values, problems: problems.map((problem) => `${file}: ${problem}`) };
    } catch (error) {
      return { name, directory, settings: {}, problems: [`${file} cannot be read: ${messageOf(error)}`] };
    }
  }

  add(name: string, settings: Environment): StoredAccount {
    if (!NAME.test(name))
      throw refused(`"${name}" cannot be the name of an account.`, "Use up to 40 small letters, digits, - and _, such as growth or ira-2.");
    if (this.find(name) !== undefined)
      throw refused(`The fleet already has an account ${name}.`, `\`alpaca-trader fleet set ${name} NAME=VALUE\` changes its settings.`);
    prepareStateDirectory(this.#root);
    prepareStateDirectory(join(this.#root, name));
    this.#write(name, settings);
    return this.#found(name);
  }

  set(name: string, changes: Environment): StoredAccount {
    const { settings, problems } = this.#found(name);
    if (problems.length > 0) throw refused(`${problems.join("; ")}.`, "Correct the file by hand; a change would lose what cannot be read.");
    const all = Object.entries({ ...settings, ...changes }).filter(([, value]) => value !== undefined && value !== "");
    this.#write(name, Object.fromEntries(all));
    return this.#found(name);
  }

  remove(name: string, at: number): string {
    const { directory } = this.#found(name);
    prepareStateDirectory(this.#removed);
    rmSync(join(directory, FILE));
    const kept = join(this.#removed, `${name}-${new Date(at).toISOString().slice(0, 19).replaceAll(":", "")}`);
    renameSync(directory, kept);
    return kept;
  }

  #found(name: string): StoredAccount {
    const account = this.find(name);
    if (account !== undefined) return account;
    throw unknownAccount(name, this.list());
  }

  #write(name: string, settings: Environment): void {
    const directory = join(this.#root, name);
    mkdirSync(directory, { recursive: true });
    replacePrivateFile(join(directory, FILE), withSettings("", settings));
  }
}

export function unknownAccount(name: string, accounts: readonly Pick<StoredAccount, "name">[]): TraderError {
  const names = accounts.map((account) => account.name);
  const shown = names.length > 12 ? `${names.slice(0, 12).join(", ")}, …` : names.join(", ");
  return refused(`The fleet has no account ${name}.`, names.length === 0 ? "`alpaca-trader fleet add NAME` adds one." : `It has ${shown}.`);
}

function refused(text: string, hint: string): TraderError {
  return new TraderError(text, { code: "fleet-account", hint, exitCode: EXIT.configuration });
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (Error.isError(error) && "code" in error && error.code === "ENOENT") return [];
    throw new TraderError(`${directory} cannot be read: ${messageOf(error)}.`, {
      code: "fleet-account",
      hint: "Make it readable for our user.",
      exitCode: EXIT.configuration,
      cause: error,
    });
  }
}
