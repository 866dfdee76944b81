import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { ACCOUNT_SETTINGS } from "../../src/config/setting-groups.ts";
import { section } from "./documented.ts";

const ROOT = join(import.meta.dirname, "../..");

interface Service extends Record<string, unknown> {
  readonly command?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly volumes: readonly string[];
}

describe("the systemd units", () => {
  test("the template and the fleet's unit are as hardened as the plain one", () => {
    const plain = hardening("alpaca-trader.service");
    expect(plain).toContain("ProtectSystem=strict");
    expect(hardening("alpaca-trader@.service")).toEqual(plain);
    expect(hardening("alpaca-trader-fleet.service")).toEqual(plain);
    expect(hardening("alpaca-trader-worker.service")).toEqual(plain);
    expect(hardening("alpaca-trader-intake.service")).toEqual(plain);
  });

  test("those of a fleet with a database differ from it in names, command and the identity, which the worker alone has", () => {
    const fleet = linesOf("alpaca-trader-fleet.service");
    const ownLines = (role: string): string[] => {
      const named = linesOf(`alpaca-trader-${role}.service`).map((line) =>
        line.replaceAll(`alpaca-trader-${role}`, "alpaca-trader-fleet").replaceAll(`/${role}`, "/fleet"),
      );
      return named.filter((line) => !fleet.includes(line)).map((line) => line.replace(/.*cli\.js/, ""));
    };
    const common = (role: string): string[] => [
      expect.stringMatching(/^Description=/) as unknown as string,
      "Documentation=file:///opt/alpaca-trader/docs/fleet-database.md",
      ` fleet ${role}'`,
    ];
    expect(ownLines("worker")).toEqual([...common("worker"), "LoadCredential=fleet-identity:/etc/alpaca-trader/fleet-identity"]);
    expect(ownLines("intake")).toEqual(common("intake"));
  });

  test("the fleet's unit differs from the template in names, paths, command, keys and memory alone", () => {
    const template = linesOf("alpaca-trader@.service");
    const fleet = linesOf("alpaca-trader-fleet.service");
    const named = fleet.map((line) => line.replaceAll("alpaca-trader-fleet", "alpaca-trader@%i").replaceAll("/fleet", "/%i"));
    expect(named.filter((line) => !template.includes(line))).toEqual([
      "Description=alpaca-trader: rebalances a fleet of Alpaca accounts to a strategy's alerts",
      "Documentation=file:///opt/alpaca-trader/docs/%i.md",
      expect.stringMatching(/^ExecStart=.*cli\.js fleet run'$/),
      "MemoryMax=1G",
    ]);
    expect(fleet.length).toBe(template.length);
  });
});

describe("the compose files", () => {
  test("the fleet's service is as hardened as the single one, and stops as gently", () => {
    const { trader } = servicesOf("compose.yaml");
    const { fleet } = servicesOf("compose.fleet.yaml");
    for (const name of ["read_only", "tmpfs", "cap_drop", "security_opt", "restart", "stop_grace_period"]) {
      expect(trader?.[name]).toBeDefined();
      expect(fleet?.[name]).toEqual(trader?.[name]);
    }
  });

  test("the fleet's service runs all accounts from one volume, and can only read the alerts", () => {
    const { fleet } = servicesOf("compose.fleet.yaml");
    expect(fleet?.command).toEqual(["fleet", "run"]);
    expect(fleet?.volumes).toEqual(["alerts:/alerts:ro", "fleet:/var/lib/alpaca-trader"]);
    expect(fleet?.environment.LOG_DIR).toMatch(/^\/var\/lib\/alpaca-trader\//);
  });

  test("the processes of a fleet with a database are as hardened, and the identity is mounted for those that trade alone", () => {
    const { trader } = servicesOf("compose.yaml");
    const { database, admin, ...machines } = servicesOf("compose.fleet-database.yaml");
    expect(Object.keys(machines)).toEqual(["intake", "worker-1", "worker-2"]);
    for (const [service, { command, volumes, environment, ...other }] of Object.entries(machines)) {
      for (const name of ["read_only", "tmpfs", "cap_drop", "security_opt", "restart", "stop_grace_period"])
        expect(other[name]).toEqual(trader?.[name]);
      expect(command).toEqual(["fleet", service === "intake" ? "intake" : "worker"]);
      expect(volumes.includes("keys:/keys:ro")).toBe(service !== "intake");
      expect("FLEET_IDENTITY_FILE" in environment).toBe(service !== "intake");
    }
    expect(admin?.profiles).toEqual(["admin"]);
    expect(database?.env_file).toEqual(["database.env"]);
  });

  test("the image takes the packages of a fleet with a database from the versions that package.json names, and only if asked", () => {
    expect(textOf("Dockerfile")).toMatch(/ARG FLEET_DATABASE=\nRUN if \[ -n "\$FLEET_DATABASE" \]; then [^]*peerDependencies/);
    const { peerDependencies } = JSON.parse(textOf("package.json")) as { peerDependencies: Record<string, string> };
    const install = Object.entries(peerDependencies).map((each) => each.join("@"));
    for (const each of install) expect(textOf("docs/fleet-database.md")).toContain(each);
  });

  test("all are in the package", () => {
    const { files } = JSON.parse(textOf("package.json")) as { files: string[] };
    expect(files).toEqual(expect.arrayContaining(["systemd", "compose.yaml", "compose.fleet.yaml", "compose.fleet-database.yaml"]));
  });
});

test("docs/fleet.md names every setting that may differ from one account to another, and no other in its list", () => {
  const list = section("fleet.md", "Settings")
    .split("\n")
    .filter((line) => line.startsWith("- "));
  const named = [...list.join("\n").matchAll(/`([A-Z_]+)`/g)].map(([, name = ""]) => name).filter((name) => name !== "LIMIT_");
  const others = [...ACCOUNT_SETTINGS].filter((name) => !name.startsWith("LIMIT_"));
  expect(named.toSorted()).toEqual(others.toSorted());
});

function textOf(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}

/** Without remarks and what is commented out. */
function linesOf(unit: string): string[] {
  return textOf(`systemd/${unit}`)
    .split("\n")
    .filter((line) => /^[A-Z]/.test(line));
}

/** What the service is kept from, and how it is watched, started again and stopped. */
function hardening(unit: string): string[] {
  const own =
    /^(Description|Documentation|ExecStart|LoadCredential|SyslogIdentifier|EnvironmentFile|Environment|StateDirectory|Logs\w+|MemoryMax)=/;
  return linesOf(unit)
    .filter((line) => !own.test(line))
    .toSorted();
}

function servicesOf(file: string): Readonly<Record<string, Service>> {
  return (parse(textOf(file), { merge: true }) as { services: Readonly<Record<string, Service>> }).services;
}
