import { EXIT, messageOf, TraderError } from "../../domain/errors.ts";
import { encryptionAdvice } from "./database-encryption.ts";
import { StoreUnreachable } from "./ports.ts";

/** SQLSTATE classes in which the connection or the server is in trouble, and not the statement. */
const TROUBLE = /^(08|57|53|58|XX)/;

/**
 * An error without an SQLSTATE came from the way to the server, and whether the statement was carried out is unknown: `EPIPE` has
 * the form of an SQLSTATE, but only the server's own errors have a severity. Serialization failures and deadlocks were rolled
 * back; asking again helps.
 */
export function databaseFailure(error: unknown): Error {
  if (error instanceof StoreUnreachable || error instanceof TraderError) return error;
  const code = Error.isError(error) && "code" in error ? String(error.code) : "";
  const isFromServer = Error.isError(error) && "severity" in error && /^[0-9A-Z]{5}$/.test(code);
  // A demoted primary, or a stand-by that is not promoted yet: a fail-over is under way.
  if (code === "25006" && isFromServer) return new StoreUnreachable("The fleet's database can only be read at present.", error);
  if (!isFromServer || TROUBLE.test(code) || code === "40001" || code === "40P01") return unreachable(error, code);
  return refusedStatement(error, code);
}

/** Of PgBouncer, about the limit that each connection sets itself. */
const POOLER = "unsupported startup parameter: statement_timeout";
const POOLER_ADVICE = "Set ignore_startup_parameters = statement_timeout in pgbouncer.ini, or connect to PostgreSQL itself.";

function unreachable(error: unknown, code: string): StoreUnreachable {
  const advice = encryptionAdvice(error) ?? (messageOf(error).includes(POOLER) ? POOLER_ADVICE : undefined);
  // Node's own advice names an option that nobody can give here.
  const text = messageOf(error).replace(/; if the root CA is installed locally.*$/, "") || code;
  return new StoreUnreachable(`The fleet's database does not answer: ${text}.${advice === undefined ? "" : ` ${advice}`}`, error);
}

const REFUSALS: Readonly<Record<string, string>> = {
  "28P01": "Check user and password in FLEET_DATABASE.",
  "28000": "Check user and password in FLEET_DATABASE.",
  "3D000": "Check the name of the database in FLEET_DATABASE, or create it.",
  "3F000": "Run `alpaca-trader fleet database --migrate`.",
  "42P01": "Run `alpaca-trader fleet database --migrate`.",
  "42883": "Run `alpaca-trader fleet database --migrate`.",
  "42501": "Give the user the role that docs/fleet-database.md names.",
};

function refusedStatement(error: unknown, code: string): TraderError {
  const hint = encryptionAdvice(error) ?? REFUSALS[code];
  return new TraderError(`The fleet's database refused a statement: ${messageOf(error)}.`, {
    code: "fleet-database",
    ...(hint === undefined ? {} : { hint }),
    exitCode: EXIT.configuration,
    cause: error,
  });
}
