import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { systemClock } from "../../src/domain/clock.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { accountLockDirectory, accountLockFile } from "../../src/ledger/lock-directory.ts";
import { startSimulator, type Simulator } from "../../src/simulator/server.ts";
import { TerminalProgram } from "../commands/init-terminal.ts";
import { CLI } from "../product.ts";
import { NUCLEAR, runOf } from "../scenarios/strategy.ts";

/** Where a line of a terminal is written again. */
const REWRITTEN = ["\r", "\u001b[2K", "\u001b[1G\u001b[0J"];
/** Settings by which the recording keeps its files together and finds its venue. */
const OF_THE_RECORDING = "Used, but not written, because the environment sets them: ";

/** What was typed at a prompt, and what a person then saw. */
export interface Typed {
  readonly command: string;
  readonly shown: string;
}

type Answer = readonly [question: RegExp, keys: string];

const KEY = "PKFIRSTTRADE00000001";
const SECRET = "first-trade-secret-0123456789abcdefghij";
const ACCOUNT = "PA3FIRST00001";
const ZONE = "America/New_York";
/** What stands in the recording for what is different each time. */
const [SHOWN_HOME, SHOWN_HOST] = ["/home/you", "127.0.0.1:9911"];

/** Records a first session, from an empty folder to the first trade, on a terminal of 100 columns, against a simulated venue. */
export async function recordSession(): Promise<Typed[]> {
  const home = mkdtempSync(join(tmpdir(), "first-trade-"));
  const simulator = await startSimulator({
    alwaysOpen: true,
    accountNumber: ACCOUNT,
    cash: decimal("25000"),
    positions: [{ symbol: "TQQQ", quantity: decimal("100"), averagePrice: decimal("70") }],
    partialFillProbability: 0,
    credentials: { keyId: KEY, secret: SECRET },
  });
  try {
    return await new Session(home, simulator).play();
  } finally {
    await simulator.close();
    rmSync(accountLockFile(`${new URL(simulator.url).host}-${ACCOUNT}`, accountLockDirectory()), { force: true });
    rmSync(home, { recursive: true });
  }
}

class Session {
  readonly #home: string;
  readonly #host: string;
  readonly #env: Record<string, string>;
  readonly #typed: Typed[] = [];

  constructor(home: string, simulator: Simulator) {
    this.#home = home;
    this.#host = new URL(simulator.url).host;
    for (const name of ["bin", "trading", "logs"]) mkdirSync(join(home, name));
    const program = join(home, "bin", "alpaca-trader");
    writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${CLI}' "$@"\n`);
    chmodSync(program, 0o755);
    this.#env = {
      PATH: `${join(home, "bin")}:/usr/bin:/bin`,
      HOME: home,
      TERM: "xterm",
      NO_COLOR: "1",
      LOG_DIR: join(home, "logs"),
      HALT_FILE: join(home, "HALT"),
      DASHBOARD_PORT: "off",
      ALPACA_PAPER_ENDPOINT: simulator.url,
    };
  }

  async play(): Promise<Typed[]> {
    const alerts = join(this.#home, "trading", "alerts.json");
    await this.#type("alpaca-trader init", [
      [/Mode: .*\[paper\]: /, "\n"],
      [/key or token \[key\]: /, "\n"],
      [/API key .*: /, `${KEY}\n${SECRET}\n`],
      [/Time zone .*: /, `\u0015${ZONE}\n`],
      [/File to which .*: /, `\u0015${alerts}\n`],
      [/Write this\?/, "\n"],
    ]);
    appendFileSync(alerts, "", { mode: 0o644 });
    await this.#type("alpaca-trader doctor | tail -n 1");
    appendFileSync(alerts, runOf(NUCLEAR, systemClock.now(), ZONE), { mode: 0o644 });
    await this.#type("cat alerts.json");
    for (const command of ["execute --dry-run", "execute", "status", "logs -n 12"]) await this.#type(`alpaca-trader ${command}`);
    return this.#typed;
  }

  async #type(command: string, answers: readonly Answer[] = []): Promise<void> {
    const terminal = new TerminalProgram(`stty cols 100; ${command}`, this.#env, join(this.#home, "trading"));
    try {
      for (const [question, keys] of answers) await terminal.answer(question, keys);
      const code = await terminal.end();
      if (code !== 0) throw new Error(`\`${command}\` ended with ${String(code)}:\n${terminal.output}`);
      if ([KEY, SECRET].some((secret) => terminal.output.includes(secret))) throw new Error(`\`${command}\` shows a secret.`);
      this.#typed.push({ command, shown: this.#neutral(asSeen(terminal.output)) });
    } finally {
      terminal.close();
    }
  }

  #neutral(text: string): string {
    return text.replaceAll(this.#home, SHOWN_HOME).replaceAll(this.#host, SHOWN_HOST);
  }
}

/** What stands on the screen at the end: a line that is written again replaces what it was. */
function asSeen(output: string): string {
  const lines = output.replaceAll(/\r+\n/g, "\n").split("\n");
  return lines
    .map((line) => REWRITTEN.reduce((text, start) => text.split(start).at(-1) ?? "", line))
    .map((line) => stripVTControlCharacters(line).trimEnd())
    .filter((line) => !line.startsWith(OF_THE_RECORDING))
    .join("\n")
    .trim();
}
