import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { copyProject } from "../deploy/project.ts";
import { Machine } from "./machine.ts";

/**
 * What README and docs/systemd.md tell a user to type, in a folder without git, on machines with other
 * versions of Node and npm. Packages come from the registry.
 */
const NODES = ["20", "22", "24"];
const NPMS = ["9.2.0", "10.8.2", "10.9.4", "11.6.0", "latest"];

/** The unit's command line, asked for its version. */
const UNIT = readFileSync(join(import.meta.dirname, "../../systemd/alpaca-trader.service"), "utf8")
  .replace(/^[^]*\nExecStart=(.*) run('?)\n[^]*$/, "$1 --version$2")
  .replaceAll("/opt/alpaca-trader/", "../project/");
const VERSION = /^\d+\.\d+\.\d+$/m;
const ON_TARGET = /The account is on target/;

interface Step {
  readonly name: string;
  readonly line: string;
  /** Printed by a step that worked. */
  readonly shows: RegExp;
  /** Not part of the quick form: it installs once more what another step has installed. */
  readonly long?: true;
}

const STEPS: readonly Step[] = [
  { name: "npm ci", line: "npm ci --no-audit --no-fund", shows: /added \d+ packages/ },
  { name: "npm run demo", line: "npm run demo -- --once", shows: ON_TARGET },
  {
    name: "npm test",
    line: "npm test -- tests/command-line.test.ts tests/ledger/executions.test.ts",
    shows: /^Tests: +\d+ passed, \d+ total/m,
  },
  { name: "npx", line: "npx alpaca-trader --version", shows: VERSION },
  { name: "unit", line: UNIT, shows: VERSION },
  {
    name: "packed",
    line: "npm pack --silent --pack-destination .. && npm install --no-audit --no-fund --prefix ../elsewhere ../alpaca-trader-*.tgz && cd ../elsewhere && npx alpaca-trader demo --once",
    shows: ON_TARGET,
  },
  {
    name: "global",
    line: "cd .. && npm install -g --no-audit --no-fund --prefix global ./alpaca-trader-*.tgz && global/bin/alpaca-trader execute && global/bin/alpaca-trader status",
    shows: /^Mode: simulator/m,
    long: true,
  },
  {
    name: "global, upgraded",
    line: "npm version --silent --no-git-tag-version --ignore-scripts 0.99.0 && mkdir ../newer && npm pack --silent --pack-destination ../newer && cd .. && npm install -g --no-audit --no-fund --prefix global ./newer/*.tgz && global/bin/alpaca-trader --version && global/bin/alpaca-trader status",
    shows: /^0\.99\.0\n[^]*^Account Number: SIM000001$/m,
    long: true,
  },
  {
    name: "global, uninstalled",
    line: "cd .. && npm uninstall -g --prefix global alpaca-trader && ls -A global/bin global/lib/node_modules && test -f state/simulator.sqlite",
    shows: /^global\/bin:\n\nglobal\/lib\/node_modules:\n(?:\.package-lock\.json\n)?$/m,
    long: true,
  },
  { name: "npm prune", line: "npm prune --omit=dev --no-audit --no-fund", shows: /\d packages? in/ },
  { name: "npx, pruned", line: "npx alpaca-trader demo --once", shows: ON_TARGET },
  { name: "unit, pruned", line: UNIT, shows: VERSION },
];

/** @returns the names of the steps that failed. */
function failures(machine: Machine, steps: readonly Step[]): string[] {
  const project = join(machine.home, "project");
  copyProject(project);
  return steps
    .filter(({ name, line, shows }) => {
      const { status, output } = machine.shell(line, project);
      const works = status === 0 && shows.test(output);
      if (!works) process.stdout.write(`✗ ${machine.name}, ${name}: ended with ${String(status)}\n${output.slice(-3_000)}\n`);
      return !works;
    })
    .map(({ name }) => name);
}

const quick = process.argv.includes("--quick");
const steps = STEPS.filter(({ long }) => !quick || long !== true);
const directory = mkdtempSync(join(tmpdir(), "alpaca-trader-install-"));
let failed = 0;
try {
  for (const node of quick ? ["20"] : NODES)
    for (const npm of quick ? ["10.8.2"] : NPMS) {
      const machine = Machine.made(directory, node, npm);
      const broken = failures(machine, steps);
      failed += broken.length;
      if (broken.length === 0) process.stdout.write(`✓ ${machine.name}: ${steps.map(({ name }) => name).join(" · ")}\n`);
      rmSync(machine.home, { recursive: true });
    }
} finally {
  rmSync(directory, { recursive: true });
}
process.exitCode = failed === 0 ? 0 : 1;
