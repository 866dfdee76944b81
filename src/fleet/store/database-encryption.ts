import { readFileSync } from "node:fs";
import { EXIT, messageOf, TraderError } from "../../domain/errors.ts";

/** Others mean one thing to PostgreSQL's own programs and another to its client for Node. */
const MODES = ["disable", "verify-full", "no-verify"];
const FILES = ["sslrootcert", "sslcert", "sslkey"];

const MODES_HINT =
  "Use sslmode=verify-full, with &sslrootcert=/path/to/ca.crt for a certificate of your own authority; sslmode=no-verify encrypts without asking whose server it is, and sslmode=disable does not encrypt.";

/** Why a certificate was refused, as Node and OpenSSL call it. */
const CERTIFICATE = /^(?:ERR_TLS_CERT|CERT_|SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_(?:VERIFY|GET_ISSUER))/;

/** What the address says of encryption is understood, and its files can be read. @throws TraderError (78). */
export function assertEncryption(address: string): void {
  const query = new URLSearchParams(address.split("?").slice(1).join("?"));
  const mode = query.get("sslmode");
  if (mode !== null && !MODES.includes(mode)) throw refused(`sslmode=${mode}, which this program does not read`, MODES_HINT);
  if (query.has("ssl")) throw refused("ssl=…, which this program does not read", MODES_HINT);
  for (const name of FILES) {
    const file = query.get(name);
    if (file === null) continue;
    try {
      readFileSync(file);
    } catch (error) {
      throw refused(`${name}=${file}, which cannot be read: ${messageOf(error)}`, "Correct the path, or make the file readable.");
    }
  }
}

/** What to do about a connection that failed for its encryption, in one sentence; `undefined` for any other failure. */
export function encryptionAdvice(error: unknown): string | undefined {
  const code = Error.isError(error) && "code" in error ? String(error.code) : "";
  const text = messageOf(error);
  if (CERTIFICATE.test(code))
    return code === "ERR_TLS_CERT_ALTNAME_INVALID"
      ? "Name the server in FLEET_DATABASE as its certificate does."
      : "Name the certificate of its authority in FLEET_DATABASE: &sslrootcert=/path/to/ca.crt.";
  if (text.includes("does not support SSL")) return "The server has no certificate: give it one, or say sslmode=disable in FLEET_DATABASE.";
  if (text.includes("no encryption")) return "The server wants TLS: add ?sslmode=verify-full to FLEET_DATABASE.";
  return undefined;
}

function refused(what: string, hint: string): TraderError {
  return new TraderError(`FLEET_DATABASE has ${what}.`, { code: "configuration", hint, exitCode: EXIT.configuration });
}
