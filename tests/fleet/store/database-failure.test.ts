import { describe, expect, test } from "@jest/globals";
import { EXIT, TraderError } from "../../../src/domain/errors.ts";
import { databaseFailure } from "../../../src/fleet/store/database-failure.ts";
import { StoreUnreachable } from "../../../src/fleet/store/ports.ts";

const withCode = (code: string, more: object = {}): Error => Object.assign(new Error("said so"), { code, ...more });

describe("a failed statement", () => {
  test.each(["EPIPE", "ECONNRESET", "EPERM", "ETIMEDOUT"])("may have been carried out when the connection broke (%s)", (code) => {
    expect(databaseFailure(withCode(code))).toBeInstanceOf(StoreUnreachable);
  });

  test("is worth another try while the server can only be read, as during a fail-over", () => {
    expect(databaseFailure(withCode("25006", { severity: "ERROR" }))).toBeInstanceOf(StoreUnreachable);
  });

  test.each(["40001", "40P01", "57P01", "53300", "08006"])("is worth another try when the server says %s", (code) => {
    expect(databaseFailure(withCode(code, { severity: "FATAL" }))).toBeInstanceOf(StoreUnreachable);
  });

  test("that a pooler does not pass on says how to make it", () => {
    expect(databaseFailure(new Error("unsupported startup parameter: statement_timeout")).message).toBe(
      "The fleet's database does not answer: unsupported startup parameter: statement_timeout. " +
        "Set ignore_startup_parameters = statement_timeout in pgbouncer.ini, or connect to PostgreSQL itself.",
    );
  });

  test("that the server refused says so, with what to do, and without what the server says about the rows", () => {
    const failure = databaseFailure(withCode("28P01", { severity: "FATAL", detail: "Key (sealed)=(secret)" }));
    expect(failure).not.toBeInstanceOf(StoreUnreachable);
    expect(failure).toBeInstanceOf(TraderError);
    expect(failure).toMatchObject({
      message: "The fleet's database refused a statement: said so.",
      hint: "Check user and password in FLEET_DATABASE.",
      exitCode: EXIT.configuration,
    });
  });
});
