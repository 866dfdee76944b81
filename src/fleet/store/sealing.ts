import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Config, Environment } from "../../domain/config.ts";
import { EXIT, messageOf, TraderError } from "../../domain/errors.ts";
import { textIn } from "../../config/text-in.ts";
import { loadOptional } from "./connection.ts";

const plaintext = z.object({ account: z.string(), keys: z.record(z.string(), z.string()) });

/** What an account is sealed as: a row that was exchanged for another account's is noticed. */
export interface SealedFor {
  readonly mode: string;
  readonly name: string;
}

/**
 * Keys sealed with age (X25519): anyone with the recipient can seal, and only the identity unseals. The format is
 * that of the program `age`.
 */
export class Sealing {
  readonly #recipient: string;
  readonly #identity: string | undefined;

  private constructor(recipient: string, identity: string | undefined) {
    this.#recipient = recipient;
    this.#identity = identity;
  }

  /**
   * From FLEET_IDENTITY_FILE or systemd's credential `fleet-identity`; who only adds accounts may have FLEET_RECIPIENT alone.
   * @throws TraderError (78) when there is neither.
   */
  static async from({ fleet: { identityFile, recipient } }: Pick<Config, "fleet">, env: Environment): Promise<Sealing> {
    const file = identityFile ?? credential(env);
    if (file === undefined && recipient !== undefined) return new Sealing(recipient, undefined);
    if (file === undefined) throw refused("The keys of the fleet's accounts are sealed, and no identity is set.", NO_IDENTITY_HINT);
    return Sealing.withIdentity(identityIn(file));
  }

  /** @param identity `AGE-SECRET-KEY-1…`. */
  static async withIdentity(identity: string): Promise<Sealing> {
    const age = await loadAge();
    try {
      return new Sealing(await age.identityToRecipient(identity), identity);
    } catch (error) {
      throw refused(`The fleet's identity cannot be used: ${messageOf(error)}.`, NO_IDENTITY_HINT);
    }
  }

  /** `age1…`, for those who seal. */
  get recipient(): string {
    return this.#recipient;
  }

  get canUnseal(): boolean {
    return this.#identity !== undefined;
  }

  /** @returns what must be shown nowhere. */
  get secrets(): readonly string[] {
    return this.#identity === undefined ? [] : [this.#identity];
  }

  async seal(account: SealedFor, keys: Readonly<Record<string, string>>): Promise<Uint8Array> {
    const age = await loadAge();
    const encrypter = new age.Encrypter();
    try {
      encrypter.addRecipient(this.#recipient);
    } catch (error) {
      throw refused(`FLEET_RECIPIENT cannot be used: ${messageOf(error)}.`, "It begins with age1; `age-keygen -y FILE` prints it.");
    }
    return encrypter.encrypt(JSON.stringify({ account: idOf(account), keys }));
  }

  /** @throws TraderError (78) when the identity does not fit, or the keys are another account's. */
  async unseal(account: SealedFor, sealed: Uint8Array): Promise<Record<string, string>> {
    if (this.#identity === undefined)
      throw refused("The keys of the fleet's accounts are sealed, and no identity is set.", NO_IDENTITY_HINT);
    const age = await loadAge();
    const decrypter = new age.Decrypter();
    decrypter.addIdentity(this.#identity);
    let text: string;
    try {
      text = await decrypter.decrypt(sealed, "text");
    } catch {
      throw refused(
        `The keys of ${account.name} cannot be unsealed with this identity.`,
        "They were sealed for another one: use that, or seal them anew with `alpaca-trader fleet rekey`.",
      );
    }
    const content = plaintext.parse(JSON.parse(text));
    if (content.account === idOf(account)) return content.keys;
    throw refused(
      `The sealed keys of ${account.name} are those of ${content.account}.`,
      "Somebody has changed the database. Find out who, and add the account again.",
    );
  }
}

/** A new identity, as the file that FLEET_IDENTITY_FILE names holds it. */
export async function newIdentity(): Promise<{ readonly identity: string; readonly recipient: string }> {
  const age = await loadAge();
  const identity = await age.generateX25519Identity();
  return { identity, recipient: await age.identityToRecipient(identity) };
}

/** The line of a file by `age-keygen`, which has remarks too. @throws TraderError (78). */
export function identityIn(file: string): string {
  try {
    const { mode } = statSync(file);
    if ((mode & 0o077) !== 0)
      throw refused(`${file} can be read by other users (mode ${(mode & 0o777).toString(8)}).`, `Run \`chmod 600 ${file}\`.`);
    const line = readFileSync(file, "utf8")
      .split("\n")
      .map((each) => each.trim())
      .find((each) => each.startsWith("AGE-SECRET-KEY-1"));
    if (line !== undefined) return line;
  } catch (error) {
    if (error instanceof TraderError) throw error;
    throw refused(`The fleet's identity ${file} cannot be read: ${messageOf(error)}.`, NO_IDENTITY_HINT);
  }
  throw refused(`${file} holds no identity (AGE-SECRET-KEY-1…).`, NO_IDENTITY_HINT);
}

/** As systemd's LoadCredential hands it over. */
function credential(env: Environment): string | undefined {
  const directory = textIn(env, "CREDENTIALS_DIRECTORY");
  const file = directory === undefined ? undefined : join(directory, "fleet-identity");
  return file !== undefined && statSync(file, { throwIfNoEntry: false }) !== undefined ? file : undefined;
}

const NO_IDENTITY_HINT =
  "Set FLEET_IDENTITY_FILE to the file that `alpaca-trader fleet rekey --new FILE` or `age-keygen` made, readable for our user alone.";

function idOf({ mode, name }: SealedFor): string {
  return `${mode}/${name}`;
}

function loadAge(): Promise<typeof import("age-encryption")> {
  return loadOptional("age-encryption", () => import("age-encryption"));
}

function refused(text: string, hint: string): TraderError {
  return new TraderError(text, { code: "fleet-keys", hint, exitCode: EXIT.configuration });
}
