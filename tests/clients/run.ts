import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Client, CLIENTS } from "./clients.ts";
import { clientsMarkdown, PAGE, writeClients } from "./page.ts";
import { type ClientResult, readChecks, wrongChecks } from "./results.ts";
import { withSimulator } from "./simulator-process.ts";
import { isThere, runProgram, Workshop } from "./workshop.ts";

/** Drives other people's clients, unmodified, against `alpaca-trader simulator`. */

const EXIT = { right: 0, wrong: 1, notRun: 2 };
/** Packages and what is compiled of them, so that the next run starts at once; it can be deleted at any time. */
const CACHE = fileURLToPath(new URL("../../node_modules/.cache/clients", import.meta.url));

const { values } = parseArgs({
  options: {
    cache: { type: "string", default: CACHE },
    only: { type: "string" },
    json: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});

process.exitCode = await runAll(clientsNamed(values.only));

async function runAll(clients: readonly Client[]): Promise<number> {
  const results: ClientResult[] = [];
  for (const client of clients) {
    const result = await runClient(client);
    if (result !== undefined) results.push(result);
  }
  if (results.length > 0) process.stdout.write(values.json ? `${JSON.stringify(results)}\n` : `${clientsMarkdown(results).join("\n")}\n`);
  const wrong = wrongChecks(results);
  for (const { client, check } of wrong) say(`✗ ${client}, ${check.capability}, ${check.check}: ${check.words}`);
  const missing = CLIENTS.filter(({ name }) => !results.some(({ client }) => client === name));
  if (values.write && missing.length > 0)
    throw new Error(`The page needs every client; not run: ${missing.map(({ name }) => name).join(", ")}.`);
  if (values.write) writeClients(PAGE, results);
  if (wrong.length > 0) return EXIT.wrong;
  return results.length < clients.length ? EXIT.notRun : EXIT.right;
}

/** @returns nothing when the language of the client is not installed. */
async function runClient(client: Client): Promise<ClientResult | undefined> {
  say(`— ${client.name} ${client.release}`);
  if (!(await isThere(client.needs))) {
    say(`  not run: there is no ${client.needs} on this machine. Install it (${client.needsFrom}) and run this again.`);
    return undefined;
  }
  const workshop = new Workshop(client.name, join(values.cache), say);
  const { words, env } = await client.prepare(workshop);
  const checks = await withSimulator(async (at) => {
    say(`  ${words.join(" ")}`);
    const { status, stdout, stderr } = await runProgram(words, { env: { ...env, ...at } });
    if (status !== 0) throw new Error(`The script of ${client.name} ended with ${String(status)}:\n${stdout}\n${stderr.slice(-4_000)}`);
    return readChecks(stdout, client.lacks);
  });
  const { suite } = client;
  const suiteResult = suite === undefined ? {} : { suite: await withSimulator((at) => suite(workshop, at)) };
  return { client: client.name, checks, ...suiteResult };
}

/** @throws when a name stands for no client. */
function clientsNamed(names: string | undefined): readonly Client[] {
  if (names === undefined) return CLIENTS;
  const wanted = names.split(",");
  const wrong = wanted.filter((name) => !CLIENTS.some((client) => client.name === name));
  if (wrong.length > 0)
    throw new Error(`There is no client ${wrong.join(", ")}; the clients are ${CLIENTS.map(({ name }) => name).join(", ")}.`);
  return CLIENTS.filter(({ name }) => wanted.includes(name));
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
