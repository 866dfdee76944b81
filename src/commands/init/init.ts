import type { Readable } from "node:stream";
import { readSettingsFile } from "../../config/environment.ts";
import { loadConfig } from "../../config/load.ts";
import { ConfigurationError, configurationError, type Problem } from "../../config/problems.ts";
import { isSet, readSettings } from "../../config/read-settings.ts";
import { SETTINGS } from "../../config/settings.ts";
import type { Config, Environment } from "../../domain/config.ts";
import { EXIT, TraderError, type ExitCode } from "../../domain/errors.ts";
import { checkLines } from "../../doctor/view.ts";
import type { CommandContext } from "../context.ts";
import { givenAnswers, ofMode, withoutReplaced, type Given, type InitOptions } from "./answers.ts";
import { changesOf, writeChanges } from "./changes.ts";
import { Interview, type TestVenue } from "./interview.ts";
import { questionsOnTerminal, type Questions } from "./questions.ts";
import { credentialsRefused, testVenue } from "./venue-test.ts";

export interface InitPorts {
  readonly directory: string;
  /** `undefined` where nobody can answer. */
  readonly questions: Questions | undefined;
  readonly stdin: Readable & { isTTY?: boolean };
}

/** Tests the credentials and writes a first `.env`, or completes one. On a terminal, asks for what is missing. */
export async function init(context: CommandContext, options: InitOptions, ports: InitPorts = ourPorts()): Promise<ExitCode> {
  const { directory, questions, stdin } = ports;
  const { env, out, clock } = context;
  const test: TestVenue = (settings, config) =>
    testVenue(settings, config, { clock, directory, onCheck: (check) => checkLines(check, out.style).forEach((line) => out.line(line)) });
  try {
    const file = readSettingsFile(directory).values;
    const given = await givenAnswers(options, { env, file, stdin });
    const answers = await (questions === undefined ? checkGiven(env, given, test) : ask(context, questions, given, test));
    const changes = changesOf(file, ofMode(answers, readSettings({ ...env, ...answers }, []).TRADING_MODE));
    await writeChanges(changes, { directory, questions, out, isForced: options.force === true });
    showNext(context, file, answers);
    return EXIT.ok;
  } finally {
    questions?.close();
  }
}

function ourPorts(): InitPorts {
  return { directory: process.cwd(), questions: questionsOnTerminal(process), stdin: process.stdin };
}

function ask({ env, out }: CommandContext, questions: Questions, { answers, problems }: Given, test: TestVenue): Promise<Environment> {
  // Before the first question rather than after the last.
  const wrong = [...problems];
  readSettings({ ...env, ...answers }, wrong);
  if (wrong.length > 0) throw incomplete(wrong);
  out.line("Answer a few questions to write .env. The answer in brackets counts if you type nothing. Ctrl-C stops and writes nothing.");
  return new Interview({ questions, say: (text) => out.line(text), test }, env, withoutReplaced(answers)).answers();
}

async function checkGiven(env: Environment, given: Given, test: TestVenue): Promise<Environment> {
  const answers = withoutReplaced(given.answers);
  const all = { ...env, ...answers };
  const config = completeConfig(all, given.problems);
  const verdict = config.mode === "simulator" ? "well" : await test(all, config);
  if (verdict !== "well") throw credentialsRefused(verdict);
  return answers;
}

/** @throws ConfigurationError that names everything that is missing or wrong. */
function completeConfig(env: Environment, problems: readonly Problem[]): Config {
  const missing = isSet(env, "TRADING_MODE") ? [] : [MISSING_MODE];
  try {
    const config = loadConfig(env);
    if (problems.length + missing.length === 0) return config;
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw incomplete([...problems, ...missing, ...error.problems.filter(({ name }) => !missing.some((each) => each.name === name))]);
  }
  throw incomplete([...problems, ...missing]);
}

const MISSING_MODE: Problem = {
  name: "TRADING_MODE",
  text: "The mode is missing; expected --mode paper, shadow or live, with the credentials of that account, or --mode simulator",
};

function incomplete(problems: readonly Problem[]): TraderError {
  return new TraderError(configurationError(problems).message, {
    code: "configuration",
    hint: "Flags set --mode, --account-number, --timezone and --alerts-file. Credentials come from the environment, or through --keys-from-stdin. On a terminal, `alpaca-trader init` asks for what is missing.",
    exitCode: EXIT.configuration,
  });
}

function showNext({ env, out }: CommandContext, file: Environment, answers: Environment): void {
  const around = Object.keys(SETTINGS).filter((name) => (env[name] ?? "") !== "" && env[name] !== file[name] && !(name in answers));
  if (around.length > 0)
    out.line(`Used, but not written, because the environment sets them: ${around.join(", ")}. The next commands need them too.`);
  const program = env.npm_command === "exec" ? "npx alpaca-trader" : "alpaca-trader";
  out.line("Next:");
  out.line(`  ${program} doctor   checks the whole setup; sends no order`);
  out.line(`  ${program} run      starts the daemon`);
}
