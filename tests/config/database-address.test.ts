import { describe, expect, test } from "@jest/globals";
import { loadConfig } from "../../src/config/load.ts";
import { secretsOf } from "../../src/config/secrets.ts";

const HOME = { HOME: "/home/someone" };
const hidden = (address: string): string[] => secretsOf(loadConfig({ ...HOME, FLEET_DATABASE: address }));

describe("the address of the fleet's database", () => {
  test.each([
    ["in its usual place", "postgresql://fleet:hunter2@db.example:5432/fleet", ["hunter2"]],
    ["encoded", "postgres://fleet:p%40ss%25@db.example/fleet?sslmode=verify-full", ["p%40ss%25", "p@ss%"]],
    ["beside a socket, where no host is named", "postgresql://fleet:hunter2@/fleet?host=%2Frun%2Fpostgresql", ["hunter2"]],
    ["among the parameters", "postgresql://db.example/fleet?user=fleet&password=a+b%26c", ["a+b%26c", "a+b&c", "a b&c"]],
    ["nowhere", "postgresql:///fleet?host=/run/postgresql", []],
  ])("keeps its password out of all texts: %s", (_where, address, passwords) => {
    expect(hidden(address)).toEqual(passwords);
  });

  test.each([
    ["a bare %", "postgresql://fleet:100%SECRET@db.example/fleet"],
    ["half a character", "postgresql://fleet:%C3SECRET@db.example/fleet"],
    ["a bare /", "postgresql://fleet:SEC/RET@db.example/fleet"],
    ["a bare #", "postgresql://fleet:SEC#RET@db.example/fleet"],
  ])("is refused with %s in its password, and the password is not shown", (_what, address) => {
    expect(() => hidden(address)).toThrow(
      expect.objectContaining({
        exitCode: 78,
        message:
          "FLEET_DATABASE is set, but in the wrong format; expected an address such as " +
          "postgresql://user:password@host:5432/fleet?sslmode=verify-full, with %25 for a % in the password and %2F for a /.",
      }),
    );
  });
});
