import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run, runWell } from "../tests/deploy/shell.ts";

/**
 * What is asked of a release: the packed tarball installs elsewhere and its `doctor` finds nothing that
 * fails; a bill of materials lies next to it; the registry knows of no hole in what it brings along.
 * Everything is made in a new directory, whose name is printed.
 */
const ROOT = join(import.meta.dirname, "..");
const directory = mkdtempSync(join(tmpdir(), "alpaca-trader-release-"));

const tarball = pack();
doctor(install(tarball));
materials();
audit();
process.stdout.write(`Everything is in ${directory}\n`);

function pack(): string {
  runWell("npm", ["run", "build"], { cwd: ROOT });
  const printed = runWell("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", directory], { cwd: ROOT });
  const file = join(directory, printed.trim().split("\n").at(-1) ?? "");
  process.stdout.write(`✓ packed ${file}\n`);
  return file;
}

function install(file: string): string {
  const elsewhere = join(directory, "elsewhere");
  runWell("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", "--prefix", elsewhere, file], { cwd: directory });
  process.stdout.write("✓ installed elsewhere\n");
  return elsewhere;
}

/** On the built-in simulator, with state of its own. */
function doctor(elsewhere: string): void {
  const state = `STATE_DIR=${join(directory, "state")}`;
  const output = runWell(
    "env",
    [state, `HALT_FILE=${join(directory, "HALT")}`, "TRADING_MODE=simulator", "npx", "alpaca-trader", "doctor"],
    { cwd: elsewhere },
  );
  process.stdout.write(`✓ doctor: ${output.trim().split("\n").at(-1) ?? ""}\n`);
}

function materials(): void {
  const file = join(directory, "sbom.cdx.json");
  writeFileSync(file, runWell("npm", ["sbom", "--sbom-format", "cyclonedx", "--omit", "dev"], { cwd: ROOT }));
  process.stdout.write(`✓ bill of materials ${file}\n`);
}

/** A hole that is known fails the release; a registry that does not answer is said to be one. */
function audit(): void {
  const { status, output } = run("npm", ["audit", "--omit", "dev"], { cwd: ROOT });
  const last = output.trim().split("\n").at(-1) ?? "";
  if (status === 0) process.stdout.write(`✓ audit: ${last}\n`);
  else if (/audit endpoint returned an error|ENOTFOUND|ECONN|ETIMEDOUT/i.test(output))
    process.stdout.write("! audit: no, the registry does not answer it\n");
  else throw new Error(`npm audit finds holes:\n${output}`);
}
