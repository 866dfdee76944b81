import { cpSync, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { SuiteResult } from "./results.ts";
import { type Addresses, runProgram, type Workshop } from "./workshop.ts";

interface Crate {
  readonly name: string;
  readonly release: string;
  readonly env: Readonly<Record<string, string>> & { readonly CARGO_HOME: string };
}

/** The first ask Alpaca's own hosts, whatever the environment says; the crate itself ignores the others, as broken at Alpaca. */
const LEFT_OUT = ["invalid_credentials", "retrieve_after", "retrieve_until"];

/** The tests of the activities want an account that has traded. */
const FILLS = 2;

/** Runs the tests inside a crate as the registry has it: those of the trading API, whose address can be set. */
export async function readSuite(workshop: Workshop, at: Addresses, { name, release, env }: Crate): Promise<SuiteResult> {
  const folder = join(workshop.folder, "suite");
  if (!existsSync(folder)) cpSync(packageOf(env.CARGO_HOME, `${name}-${release}`), folder, { recursive: true });
  for (let fill = 0; fill < FILLS; fill += 1) await buyOneShare(at);
  const skipped = LEFT_OUT.flatMap((words) => ["--skip", words]);
  const tests = ["cargo", "test", "--locked", "--lib", "--", "api::", "--test-threads=1", "--include-ignored", ...skipped];
  const { stdout, stderr } = await runProgram(tests, { cwd: folder, env: { ...env, ...at } });
  const results = [...stdout.matchAll(/^test (\S+) \.\.\. (ok|FAILED)$/gm)].map(([, test = "", ended]) => ({
    test,
    passed: ended === "ok",
  }));
  if (results.length === 0) throw new Error(`The tests of ${name} did not run:\n${stderr.slice(-4_000)}`);
  return {
    passed: results.filter(({ passed }) => passed).length,
    failed: results.filter(({ passed }) => !passed).map(({ test }) => test.replaceAll("::tests::", "::")),
  };
}

async function buyOneShare({
  APCA_API_BASE_URL: url = "",
  APCA_API_KEY_ID: key = "",
  APCA_API_SECRET_KEY: secret = "",
}: Addresses): Promise<void> {
  const response = await fetch(`${url}/v2/orders`, {
    method: "POST",
    headers: { "apca-api-key-id": key, "apca-api-secret-key": secret },
    body: JSON.stringify({ symbol: "SPY", qty: "1", side: "buy", type: "market", time_in_force: "day" }),
  });
  if (!response.ok) throw new Error(`The simulator refused an order: ${await response.text()}`);
}

function packageOf(cargoHome: string, name: string): string {
  const sources = join(cargoHome, "registry", "src");
  const found = readdirSync(sources).map((registry) => join(sources, registry, name));
  const first = found.find((folder) => existsSync(folder));
  if (first === undefined) throw new Error(`cargo has not fetched ${name}.`);
  return first;
}
