import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { Readable } from "node:stream";
import { describe, expect, test } from "@jest/globals";
import type { InitOptions } from "../../src/commands/init/answers.ts";
import type { Questions } from "../../src/commands/init/questions.ts";
import type { ScenarioOptions } from "../scenarios/harness.ts";
import { KEY, LIMIT_MS, Scenario, SECRET, TOKEN } from "../scenarios/harness.ts";
import type { Ended } from "../scenarios/trader-process.ts";
import { expectExit } from "../scenarios/trader-process.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { CLI } from "../product.ts";
import { TerminalProgram } from "./init-terminal.ts";

type Environment = NonNullable<ScenarioOptions["env"]>;

/** The settings that are to be found out are not there yet. */
const FRESH: Environment = {
  ALPACA_PAPER_KEY: undefined,
  ALPACA_PAPER_SECRET: undefined,
  ALERTS_FILE: undefined,
  ALERTS_TIMEZONE: undefined,
};
const KEYS: Environment = { ALPACA_PAPER_KEY: KEY, ALPACA_PAPER_SECRET: SECRET };

async function open(options: ScenarioOptions = {}): Promise<Scenario> {
  const scenario = await Scenario.open({
    ...options,
    venue: { credentials: { keyId: KEY, secret: SECRET }, ...options.venue },
    env: { ...FRESH, ...options.env },
  });
  // The address of this live venue is the simulator's.
  scenario.env.ALPACA_ENDPOINT = scenario.simulator.url;
  return scenario;
}

const fileOf = (scenario: Scenario): string => readFileSync(scenario.path(".env"), "utf8");
const settingsIn = (scenario: Scenario): string[] =>
  fileOf(scenario)
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));

function expectNothingWritten(scenario: Scenario): void {
  expect(existsSync(scenario.path(".env"))).toBe(false);
}

/** Someone who gives these answers, one after the other. */
class Person implements Questions {
  readonly #answers: string[];

  constructor(answers: readonly string[]) {
    this.#answers = [...answers];
  }

  ask(question: string): Promise<string> {
    const answer = this.#answers.shift();
    return answer === undefined ? Promise.reject(new Error(`No answer to ${question}`)) : Promise.resolve(answer);
  }

  askHidden(question: string): Promise<string> {
    return this.ask(question);
  }

  close(): void {
    if (this.#answers.length > 0) throw new Error(`Nobody asked for ${this.#answers.join(", ")}.`);
  }
}

function converse(
  scenario: Scenario,
  answers: readonly string[],
  { env = {}, ...options }: InitOptions & { env?: Environment } = {},
): Promise<Ended> {
  const ports = { directory: scenario.directory, questions: new Person(answers), stdin: Readable.from([]) };
  return scenario.call("init", async (context) => (await import("../../src/commands/init/init.ts")).init(context, options, ports), env);
}

function piped(scenario: Scenario, options: InitOptions, stdin: string, env: Environment = {}): Promise<Ended> {
  const ports = { directory: scenario.directory, questions: undefined, stdin: Readable.from([Buffer.from(stdin)]) };
  return scenario.call("init", async (context) => (await import("../../src/commands/init/init.ts")).init(context, options, ports), env);
}

describe("init without a terminal", () => {
  test(
    "writes .env from flags and the keys of the environment, so that doctor passes",
    async () => {
      const scenario = await open({ venue: { positions: [{ symbol: "TQQQ", quantity: decimal("100"), averagePrice: decimal("70") }] } });
      const alerts = scenario.path("alerts.json");
      const ended = await scenario.run(["init", "--mode", "paper", "--timezone", "Europe/London", "--alerts-file", alerts], KEYS);

      expectExit(ended, 0);
      expect(ended.output).toMatch(/✓ keys: .* accepts the API key and its secret: paper trading/);
      expect(ended.output).toContain(`✓ account number: ${scenario.accountNumber};`);
      expect(ended.output).toMatch(/✓ account: ACTIVE, .*equity \$/);
      expect(ended.output).toMatch(/! positions: the first run would sell what this installation never bought: TQQQ/);
      expect(ended.output).toMatch(/alpaca-trader doctor .*\n.*alpaca-trader run /);
      expect(ended.output).not.toContain(KEY);
      expect(settingsIn(scenario)).toEqual([
        "TRADING_MODE=paper",
        `ALPACA_PAPER_KEY=${KEY}`,
        `ALPACA_PAPER_SECRET=${SECRET}`,
        "ALERTS_TIMEZONE=Europe/London",
        `ALERTS_FILE=${alerts}`,
      ]);
      expect(statSync(scenario.path(".env")).mode & 0o777).toBe(0o600);
      expect(existsSync(scenario.path(".env.draft"))).toBe(false);
      const doctor = await scenario.run(["doctor"]);
      expectExit(doctor, 0);
      expect(doctor.output).toMatch(/✓ settings file: .*\(mode 0600\)/);
    },
    LIMIT_MS,
  );

  test(
    "names everything that is missing or wrong at once, and writes nothing",
    async () => {
      const scenario = await open();
      const nothing = await scenario.run(["init"]);
      expectExit(nothing, 78);
      expect(nothing.stderr).toMatch(/^Error: The mode is missing; expected --mode .*credentials.*\nHint: Flags set --mode/);

      const live = await scenario.run(["init", "--mode", "live", "--timezone", "Mars/Dome", "--alerts-file", "a.json"]);
      expectExit(live, 78);
      for (const name of ["ALPACA_KEY", "ALPACA_SECRET", "LIVE_TRADING_ACCOUNT", "ALERTS_TIMEZONE", "ALERTS_FILE"])
        expect(live.stderr).toMatch(new RegExp(`^ {2}${name} is `, "m"));
      expectNothingWritten(scenario);
    },
    LIMIT_MS,
  );

  test(
    "writes nothing where the venue refuses the keys, does not answer, or shows another account",
    async () => {
      const scenario = await open();
      const refused = await piped(scenario, { mode: "paper" }, "", { ...KEYS, ALPACA_PAPER_KEY: "PKWRONGWRONGWRONGWRO" });
      expectExit(refused, 78);
      expect(refused.output).toMatch(
        /✗ keys: .*HTTP 401.*\n.*Hint: .*\nError: The broker did not accept the credentials\. Nothing was written\./,
      );

      const live = { ALPACA_KEY: KEY, ALPACA_SECRET: SECRET };
      const other = await piped(scenario, { mode: "live", accountNumber: "123456789" }, "", live);
      expectExit(other, 3);
      expect(other.output).toContain(`The keys belong to account ${scenario.accountNumber}, but LIVE_TRADING_ACCOUNT is 123456789.`);
      expectNothingWritten(scenario);

      await scenario.simulator.close();
      const away = await piped(scenario, { mode: "paper" }, "", KEYS);
      expectExit(away, 1);
      expect(away.stderr).toMatch(
        /^Error: The credentials could not be tested, because the broker did not answer\. Nothing was written\.\nHint: /,
      );
      expectNothingWritten(scenario);
    },
    LIMIT_MS,
  );

  test(
    "writes the live account's keys for shadow mode, which needs no account number, from flags and from a person",
    async () => {
      const scenario = await open();
      expectExit(await piped(scenario, { mode: "shadow", keysFromStdin: true }, `ALPACA_KEY=${KEY}\nALPACA_SECRET=${SECRET}\n`), 0);
      expect(settingsIn(scenario)).toEqual(["TRADING_MODE=shadow", `ALPACA_KEY=${KEY}`, `ALPACA_SECRET=${SECRET}`]);

      const other = await open();
      const ended = await converse(other, ["shadow", "", KEY, SECRET, "UTC", "", ""]);
      expectExit(ended, 0);
      expect(ended.output).toContain("Shadow mode reads the live account and sends nothing.");
      expect(settingsIn(other)).toEqual(expect.arrayContaining(["TRADING_MODE=shadow", `ALPACA_KEY=${KEY}`]));
    },
    LIMIT_MS,
  );

  test(
    "writes the account of live mode when the venue shows the same",
    async () => {
      const scenario = await open();
      const keys = `ALPACA_KEY=${KEY}\nALPACA_SECRET=${SECRET}\n`;
      expectExit(await piped(scenario, { mode: "live", accountNumber: scenario.accountNumber, keysFromStdin: true }, keys), 0);
      expect(settingsIn(scenario)).toEqual([
        "TRADING_MODE=live",
        `ALPACA_KEY=${KEY}`,
        `ALPACA_SECRET=${SECRET}`,
        `LIVE_TRADING_ACCOUNT=${scenario.accountNumber}`,
      ]);
    },
    LIMIT_MS,
  );

  test(
    "changes an existing .env only with --force, and keeps its other lines",
    async () => {
      const scenario = await open({ venue: { credentials: { oauthToken: TOKEN } } });
      const before = `# mine\nTRADING_MODE=paper\nexport MIN_TRADE_VALUE="7" # small\nALPACA_PAPER_KEY=${KEY}\nALPACA_PAPER_SECRET=${SECRET}\n`;
      writeFileSync(scenario.path(".env"), before, { mode: 0o644 });
      const options = { keysFromStdin: true, timezone: "UTC" };
      const token = `ALPACA_PAPER_OAUTH_TOKEN=${TOKEN}`;

      const refused = await piped(scenario, options, token);
      expectExit(refused, 78);
      expect(refused.output).toMatch(
        /removes ALPACA_PAPER_KEY\n.*removes ALPACA_PAPER_SECRET\n.*adds ALPACA_PAPER_OAUTH_TOKEN \(not shown\)/,
      );
      expect(refused.stderr).toMatch(/\.env exists\. Nothing was written\.\nHint: Add --force/);
      expect(fileOf(scenario)).toBe(before);

      expectExit(await piped(scenario, { ...options, force: true }, token), 0);
      expect(fileOf(scenario)).toBe(
        `# mine\nTRADING_MODE=paper\nexport MIN_TRADE_VALUE="7" # small\nALPACA_PAPER_KEY=\nALPACA_PAPER_SECRET=\n${token}\nALERTS_TIMEZONE=UTC\n`,
      );
      expect(statSync(scenario.path(".env")).mode & 0o777).toBe(0o600);
      const again = await piped(scenario, options, token);
      expectExit(again, 0);
      expect(again.stdout).toContain("has these settings already; nothing changes");
    },
    LIMIT_MS,
  );

  test(
    "refuses a flag that the environment would override, and names on standard input that are no credentials",
    async () => {
      const scenario = await open();
      const ended = await piped(scenario, { mode: "paper", keysFromStdin: true }, "HOME=x\nalso this", {
        ...KEYS,
        TRADING_MODE: "simulator",
      });
      expectExit(ended, 78);
      expect(ended.stderr).toContain("TRADING_MODE has another value in the environment, which overrides .env");
      expect(ended.stderr).toContain("Standard input has HOME; expected ALPACA_PAPER_KEY, ");
      expect(ended.stderr).toContain("Standard input: line 2 is not NAME=value");
      expectNothingWritten(scenario);
    },
    LIMIT_MS,
  );

  test(
    "needs no keys for the simulator, and writes none",
    async () => {
      const scenario = await open();
      expectExit(await piped(scenario, { mode: "simulator" }, "", KEYS), 0);
      expect(settingsIn(scenario)).toEqual(["TRADING_MODE=simulator"]);
    },
    LIMIT_MS,
  );
});

describe("init with a person to ask", () => {
  test(
    "explains an answer that cannot be used, and asks again",
    async () => {
      const scenario = await open();
      const wrong = ["PKWRONGWRONGWRONGWRO", "wrong-secret"];
      const ended = await converse(scenario, [
        "papr",
        "",
        "",
        "two words",
        ...wrong,
        "key",
        KEY,
        "",
        SECRET,
        "Mars/Dome",
        "",
        "x.json",
        "",
        "y",
      ]);

      expectExit(ended, 0);
      expect(ended.output).toContain('TRADING_MODE is "papr"; expected simulator, paper, shadow or live.');
      expect(ended.output).toContain("ALPACA_PAPER_KEY is set, but in the wrong format; expected printable characters without spaces.");
      expect(ended.output).toMatch(/✗ keys: .*HTTP 401/);
      expect(ended.output).toContain("Nothing was typed; an answer is needed.");
      expect(ended.output).toContain('ALERTS_TIMEZONE is "Mars/Dome"; expected an IANA time zone');
      expect(ended.output).toContain('ALERTS_FILE is "x.json"; expected an absolute path.');
      expect(settingsIn(scenario)).toEqual([
        "TRADING_MODE=paper",
        `ALPACA_PAPER_KEY=${KEY}`,
        `ALPACA_PAPER_SECRET=${SECRET}`,
        expect.stringMatching(/^ALERTS_TIMEZONE=/),
      ]);
    },
    LIMIT_MS,
  );

  test(
    "asks for the number of the live account until it is the venue's",
    async () => {
      const scenario = await open();
      const ended = await converse(scenario, ["live", "123456789", "", KEY, SECRET, scenario.accountNumber, "", "UTC", "", ""]);

      expectExit(ended, 0);
      expect(ended.output).toContain("Live mode trades real money.");
      expect(ended.output).toContain("but LIVE_TRADING_ACCOUNT is 123456789.");
      expect(settingsIn(scenario)).toContain(`LIVE_TRADING_ACCOUNT=${scenario.accountNumber}`);
    },
    LIMIT_MS,
  );

  test(
    "does not ask for what flags and the environment give, and offers what .env has",
    async () => {
      const scenario = await open();
      writeFileSync(
        scenario.path(".env"),
        `TRADING_MODE=paper\nALPACA_PAPER_KEY=${KEY}\nALPACA_PAPER_SECRET=${SECRET}\nALERTS_TIMEZONE=Asia/Tokyo\n`,
      );
      const ended = await converse(scenario, ["", "y", "", "yes"], { alertsFile: "/tmp/other.json" });

      expectExit(ended, 0);
      expect(ended.output).toMatch(/\.env:\n {2}adds ALERTS_FILE=\/tmp\/other\.json\nWritten/);
    },
    LIMIT_MS,
  );

  test(
    "writes nothing when the changes are not confirmed",
    async () => {
      const scenario = await open();
      const ended = await converse(scenario, ["simulator", "", "", "what", "n"]);
      expectExit(ended, 1);
      expect(ended.stderr).toContain("The changes were not confirmed. Nothing was written.");
      expectNothingWritten(scenario);
    },
    LIMIT_MS,
  );
});

describe("init on a terminal", () => {
  const hasScript = String(spawnSync("script", ["--version"]).stdout).includes("util-linux");

  async function onTerminal(talk: (terminal: TerminalProgram, scenario: Scenario) => Promise<void>): Promise<void> {
    // Elsewhere script(1) has other options.
    if (!hasScript) return;
    const scenario = await open();
    const terminal = new TerminalProgram(`${process.execPath} ${CLI} init`, scenario.env, scenario.directory);
    try {
      await talk(terminal, scenario);
    } finally {
      terminal.close();
    }
  }

  test(
    "asks question by question, and never shows a secret",
    () =>
      onTerminal(async (terminal, scenario) => {
        await terminal.answer(/Mode: .*\[paper\]: /, "\n");
        await terminal.answer(/key or token \[key\]: /, "\n");
        // Pasted together.
        await terminal.answer(/API key .*: /, `${KEY}\n${SECRET}\n`);
        await terminal.answer(/Time zone .*: /, "\u001b[A\n");
        await terminal.answer(/File to which .*: /, "\n");
        await terminal.answer(/Write this\?/, "\n");
        expect(await terminal.end()).toBe(0);
        expect(terminal.output).not.toContain(KEY);
        expect(terminal.output).not.toContain(SECRET);
        expect(terminal.output).toContain("alpaca-trader doctor");
        expect(settingsIn(scenario)).toContain(`ALPACA_PAPER_SECRET=${SECRET}`);
      }),
    LIMIT_MS,
  );

  test(
    "writes nothing after Ctrl-C",
    () =>
      onTerminal(async (terminal, scenario) => {
        await terminal.answer(/Mode: .*: /, "\n");
        await terminal.answer(/key or token \[key\]: /, "\u0003");
        expect(await terminal.end()).toBe(1);
        expect(terminal.output).toContain("Stopped. Nothing was written.");
        expectNothingWritten(scenario);
      }),
    LIMIT_MS,
  );
});
