import { buffer } from "node:stream/consumers";
import type { Readable } from "node:stream";
import { readEnvFile } from "../../config/env-file.ts";
import { ACCESS, accessOf, CREDENTIAL_SETTINGS } from "../../config/mode.ts";
import type { Problem } from "../../config/problems.ts";
import type { SettingName } from "../../config/settings.ts";
import { textIn } from "../../config/text-in.ts";
import type { Environment, TradingMode } from "../../domain/config.ts";

export interface InitOptions {
  readonly mode?: string;
  readonly accountNumber?: string;
  readonly timezone?: string;
  readonly alertsFile?: string;
  readonly keysFromStdin?: boolean;
  readonly force?: boolean;
}

/** What need not be asked, by setting, and what is wrong with it. */
export interface Given {
  readonly answers: Environment;
  readonly problems: readonly Problem[];
}

type Input = Readable & { isTTY?: boolean };

/** In the order in which they are written. */
export const ANSWERED: readonly SettingName[] = [
  "TRADING_MODE",
  ...CREDENTIAL_SETTINGS,
  "LIVE_TRADING_ACCOUNT",
  "ALERTS_TIMEZONE",
  "ALERTS_FILE",
];

/** From flags, standard input and the process's environment. */
export async function givenAnswers(
  options: InitOptions,
  { env, file, stdin }: { readonly env: Environment; readonly file: Environment; readonly stdin: Input },
): Promise<Given> {
  const piped = options.keysFromStdin === true ? await keysFrom(stdin) : { answers: {}, problems: [] };
  const said = set({ ...flags(options), ...piped.answers });
  const isOfProcess = (name: string): boolean => env[name] !== undefined && env[name] !== file[name];
  const around = set(Object.fromEntries(ANSWERED.filter(isOfProcess).map((name) => [name, env[name]])));
  const hidden = Object.keys(said).filter((name) => isOfProcess(name) && textIn(env, name) !== said[name]);
  return { answers: { ...around, ...said }, problems: [...piped.problems, ...hidden.map(hiddenBehind)] };
}

function flags({ mode, accountNumber, timezone, alertsFile }: InitOptions): Environment {
  return { TRADING_MODE: mode, LIVE_TRADING_ACCOUNT: accountNumber, ALERTS_TIMEZONE: timezone, ALERTS_FILE: alertsFile };
}

/** `NAME=value` lines: a flag would show the keys in the list of processes. */
async function keysFrom(stdin: Input): Promise<Given> {
  const problem = (text: string): Problem => ({ name: "--keys-from-stdin", text });
  if (stdin.isTTY === true)
    return { answers: {}, problems: [problem("--keys-from-stdin is set on a terminal; expected a file or a pipe")] };
  const { values, problems } = readEnvFile(await buffer(stdin));
  const foreign = Object.keys(values).filter((name) => !CREDENTIAL_SETTINGS.some((each) => each === name));
  const refused = foreign.map((name) => `Standard input has ${name}; expected ${CREDENTIAL_SETTINGS.join(", ")}`);
  return { answers: values, problems: [...problems.map((text) => `Standard input: ${text}`), ...refused].map(problem) };
}

function hiddenBehind(name: string): Problem {
  return { name, text: `${name} has another value in the environment, which overrides .env; expected the same value, or none` };
}

function set(settings: Environment): Environment {
  return Object.fromEntries(
    Object.keys(settings).flatMap((name) => (textIn(settings, name) === undefined ? [] : [[name, textIn(settings, name)]])),
  );
}

/** A token in place of keys, or keys in place of a token: both together are refused, for they could belong to two accounts. */
export function withoutReplaced(answers: Environment): Environment {
  const replaced = Object.values(ACCESS).flatMap(({ key, secret, token }) => {
    if (textIn(answers, token) !== undefined) return [key, secret];
    return (textIn(answers, key) ?? textIn(answers, secret)) === undefined ? [] : [token];
  });
  return { ...Object.fromEntries(replaced.map((name) => [name, ""])), ...answers };
}

/** Without the credentials of other modes, which the environment may hold as well. */
export function ofMode(answers: Environment, mode: TradingMode | undefined): Environment {
  const used = mode === undefined || mode === "simulator" ? [] : Object.values(accessOf(mode));
  const unused = CREDENTIAL_SETTINGS.filter((name) => !used.some((each) => each === name));
  return Object.fromEntries(Object.entries(answers).filter(([name]) => !unused.some((each) => each === name)));
}
