import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { databaseFailure } from "../../../src/fleet/store/database-failure.ts";
import { assertEncryption } from "../../../src/fleet/store/database-encryption.ts";

const SERVER = "postgresql://fleet:p%3Fw@db.example/fleet";

describe("an address of the fleet's database", () => {
  test.each(["", "?sslmode=verify-full", "?sslmode=no-verify", "?application_name=x&sslmode=disable", "?host=/run/postgresql"])(
    "may end with %j",
    (query) => {
      expect(() => assertEncryption(`${SERVER}${query}`)).not.toThrow();
    },
  );

  test.each(["sslmode=require", "sslmode=prefer", "sslmode=verify-ca", "sslmode=Verify-Full", "sslmode=", "ssl=true"])(
    "with %s is refused by name, because it does not mean the same everywhere",
    (pair) => {
      expect(() => assertEncryption(`${SERVER}?${pair}`)).toThrow(
        expect.objectContaining({
          exitCode: 78,
          message: expect.stringMatching(/^FLEET_DATABASE has ssl.*, which this program does not read\.$/),
          hint: expect.stringContaining("sslmode=verify-full"),
        }),
      );
    },
  );

  test.each(["sslrootcert", "sslcert", "sslkey"])("names a file that cannot be read: %s", (name) => {
    const file = fileURLToPath(import.meta.url);
    expect(() => assertEncryption(`${SERVER}?${name}=${file}`)).not.toThrow();
    expect(() => assertEncryption(`${SERVER}?sslmode=verify-full&${name}=${file}.nowhere`)).toThrow(
      expect.objectContaining({ exitCode: 78, message: expect.stringContaining(`${name}=${file}.nowhere, which cannot be read: ENOENT`) }),
    );
  });
});

/** As Node, pg and the server say it. */
test.each([
  [
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    "unable to verify the first certificate; if the root CA is installed locally, try it",
    /first certificate\. Name the certificate of its authority.*sslrootcert/,
  ],
  ["SELF_SIGNED_CERT_IN_CHAIN", "self-signed certificate in certificate chain", /sslrootcert/],
  ["CERT_HAS_EXPIRED", "certificate has expired", /expired/],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "Hostname/IP does not match", /Name the server in FLEET_DATABASE as its certificate does/],
  [undefined, "The server does not support SSL connections", /sslmode=disable/],
])("a connection that fails for its encryption says what to do: %s", (code, text, said) => {
  const error = databaseFailure(Object.assign(new Error(text), code === undefined ? {} : { code }));
  expect(error).toMatchObject({ code: "fleet-unreachable", message: expect.stringMatching(said) });
});

test("a server that wants encryption is no matter of user and password", () => {
  const text = 'no pg_hba.conf entry for host "192.0.2.1", user "fleet", database "fleet", no encryption';
  expect(databaseFailure(Object.assign(new Error(text), { code: "28000", severity: "FATAL" }))).toMatchObject({
    hint: "The server wants TLS: add ?sslmode=verify-full to FLEET_DATABASE.",
  });
});
