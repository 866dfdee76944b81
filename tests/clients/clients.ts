import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Capability } from "./capabilities.ts";
import { readSuite } from "./cargo-suite.ts";
import type { SuiteResult } from "./results.ts";
import type { Addresses, Workshop } from "./workshop.ts";

/** A program, its arguments, and what it needs to know besides the simulator's addresses. */
interface Command {
  readonly words: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A client of Alpaca by somebody else, and the script that drives it. */
export interface Client {
  /** Its package, and the folder of its script next to this file. */
  readonly name: string;
  readonly release: string;
  /** The program that must be there, and what to install where it is missing. */
  readonly needs: string;
  readonly needsFrom: string;
  /** Capabilities that it has no calls for, or whose address cannot be set. */
  readonly lacks: readonly Capability[];
  /** How it is pointed at the simulator, for the page. */
  readonly pointedBy: string;
  /** Installs the package and prepares the script. @returns how to run it. */
  readonly prepare: (workshop: Workshop) => Promise<Command>;
  /** Runs the tests that its own package holds. */
  readonly suite?: (workshop: Workshop, at: Addresses) => Promise<SuiteResult>;
}

const PYTHON = { needs: "python3", needsFrom: "https://www.python.org/downloads/" };

export const CLIENTS: readonly Client[] = [
  {
    name: "alpaca-py",
    release: "0.44.0",
    ...PYTHON,
    lacks: ["trade-events"],
    pointedBy: "`url_override` of each client",
    prepare: (workshop) => preparePython(workshop, "alpaca-py==0.44.0"),
  },
  {
    name: "alpaca-trade-api-python",
    release: "3.2.0",
    ...PYTHON,
    lacks: ["corporate-actions", "trade-events", "options"],
    pointedBy: "`APCA_API_BASE_URL`, `APCA_API_DATA_URL`; for the stream of market data `data_stream_url`",
    prepare: (workshop) => preparePython(workshop, "alpaca-trade-api==3.2.0"),
  },
  {
    name: "alpaca-trade-api-go",
    release: "3.9.1",
    needs: "go",
    needsFrom: "https://go.dev/dl/",
    lacks: ["trade-updates"],
    pointedBy: "`APCA_API_BASE_URL`, `APCA_API_DATA_URL`, `DATA_PROXY_WS`",
    prepare: async (workshop) => {
      const env = { GOPATH: join(workshop.folder, "path"), GOCACHE: join(workshop.folder, "cache"), GOFLAGS: "-modcacherw" };
      const program = join(workshop.folder, "checks");
      await workshop.run(["go", "build", "-o", program, "."], { cwd: workshop.source, env });
      return { words: [program] };
    },
  },
  {
    name: "apca",
    release: "0.31.0",
    needs: "cargo",
    needsFrom: "https://rustup.rs/",
    lacks: [
      "close-position",
      "close-all",
      "portfolio-history",
      "latest",
      "snapshots",
      "bars",
      "historical-trades",
      "historical-quotes",
      "corporate-actions",
      "trade-events",
      "options",
      "crypto",
      "news",
    ],
    pointedBy: "`APCA_API_BASE_URL`, `APCA_API_STREAM_URL`; its addresses for market data over HTTP are fixed",
    prepare: async (workshop) => {
      await workshop.run(["cargo", "build", "--locked"], { cwd: workshop.source, env: cargo(workshop) });
      return { words: [join(cargo(workshop).CARGO_TARGET_DIR, "debug", "checks")] };
    },
    suite: (workshop, at) => readSuite(workshop, at, { name: "apca", release: "0.31.0", env: cargo(workshop) }),
  },
];

async function preparePython(workshop: Workshop, requirement: string): Promise<Command> {
  const python = join(workshop.folder, "venv", "bin", "python");
  if (!existsSync(python)) await workshop.run(["python3", "-m", "venv", join(workshop.folder, "venv")]);
  await workshop.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", requirement]);
  // Next to the script, because Python looks there first.
  const scripts = join(workshop.folder, "script");
  mkdirSync(scripts, { recursive: true });
  for (const file of workshop.sources()) copyFileSync(join(workshop.source, file), join(scripts, file));
  copyFileSync(join(workshop.source, "..", "python", "checks.py"), join(scripts, "checks.py"));
  return { words: [python, join(scripts, "main.py")], env: { PYTHONDONTWRITEBYTECODE: "1" } };
}

/** One folder for the script and the crate's own tests, in one form, so that what both need is compiled once. */
function cargo({ folder }: Workshop): { CARGO_HOME: string; CARGO_TARGET_DIR: string } & Record<string, string> {
  const place = { CARGO_HOME: join(folder, "cargo"), CARGO_TARGET_DIR: join(folder, "target") };
  return { ...place, CARGO_PROFILE_DEV_DEBUG: "0", CARGO_PROFILE_TEST_DEBUG: "0" };
}
