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

  test("both are in the package", () => {
    const { files } = JSON.parse(textOf("package.json")) as { files: string[] };
    expect(files).toEqual(expect.arrayContaining(["systemd", "compose.yaml", "compose.fleet.yaml"]));
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
  const own = /^(Description|Documentation|ExecStart|SyslogIdentifier|EnvironmentFile|Environment|StateDirectory|Logs\w+|MemoryMax)=/;
  return linesOf(unit)
    .filter((line) => !own.test(line))
    .toSorted();
}

function servicesOf(file: string): Readonly<Record<string, Service>> {
  return (parse(textOf(file)) as { services: Readonly<Record<string, Service>> }).services;
}
