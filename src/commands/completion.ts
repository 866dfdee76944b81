import type { Command, Option } from "commander";
import { EXIT, type ExitCode } from "../domain/errors.ts";
import type { CommandContext } from "./context.ts";

/** Each shell with its script. */
const SCRIPTS = { bash, zsh, fish } as const;

export type Shell = keyof typeof SCRIPTS;

/** Prints a script that completes commands, options and the names of a fleet's accounts, made from the command line itself. */
export function completion({ out }: CommandContext, program: Command, shell: Shell): Promise<ExitCode> {
  for (const line of SCRIPTS[shell](levelsOf(program))) out.line(line);
  return Promise.resolve(EXIT.ok);
}

/** What may follow a command. */
interface Level {
  /** The words up to here: empty, `run`, or `fleet add`. */
  readonly at: string;
  readonly commands: readonly Command[];
  readonly options: readonly Option[];
}

function levelsOf(command: Command, at = ""): Level[] {
  const options = command.createHelp().visibleOptions(command);
  const deeper = command.commands.flatMap((each) => levelsOf(each, `${at} ${each.name()}`.trim()));
  return [{ at, commands: command.commands, options }, ...deeper];
}

/** As a person types them: `--account`. */
function flagOf({ long, short }: Option): string {
  return long ?? short ?? "";
}

/** Options that are followed by a value, which may be a file. */
function valueOptions(levels: readonly Level[]): string[] {
  const options = levels.flatMap((level) => level.options).filter(({ required, optional }) => required || optional);
  return [...new Set(options.map(flagOf))].filter((flag) => flag !== ACCOUNT);
}

const ACCOUNT = "--account";
const ACCOUNTS = 'ls "${STATE_DIR:-${XDG_STATE_HOME:-$HOME/.local/state}/alpaca-trader}/accounts" 2>/dev/null';

/** `$at $word` for every word that leads to a command. */
function steps(levels: readonly Level[]): string[] {
  return levels.flatMap(({ at, commands }) => commands.map((command) => `${at} ${command.name()}`));
}

function bash(levels: readonly Level[]): string[] {
  const wordsOf = ({ commands, options }: Level): string => [...commands.map((each) => each.name()), ...options.map(flagOf)].join(" ");
  return [
    "# Load it with: source <(alpaca-trader completion bash)",
    "_alpaca_trader() {",
    "  local at='' word words=''",
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    step(levels),
    "  done",
    '  case "${COMP_WORDS[COMP_CWORD-1]}" in',
    `    ${ACCOUNT}) words=$(${ACCOUNTS}) ;;`,
    `    ${valueOptions(levels).join(" | ")}) return ;;`,
    '    *) case "$at" in',
    ...levels.map((level) => `      ${quoted(level.at)}) words=${quoted(wordsOf(level))} ;;`),
    "    esac ;;",
    "  esac",
    '  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))',
    "}",
    "complete -o default -F _alpaca_trader alpaca-trader",
  ];
}

function zsh(levels: readonly Level[]): string[] {
  const described = (word: string, description: string): string => quoted(`${word}:${description}`);
  const wordsOf = ({ commands, options }: Level): string =>
    [
      ...commands.map((each) => described(each.name(), each.description())),
      ...options.map((each) => described(flagOf(each), each.description)),
    ].join(" ");
  return [
    "# Load it with: source <(alpaca-trader completion zsh)",
    "_alpaca_trader() {",
    "  local at='' word",
    "  local -a found",
    '  for word in "${(@)words[2,CURRENT-1]}"; do',
    step(levels),
    "  done",
    '  case "${words[CURRENT-1]}" in',
    `    ${ACCOUNT}) found=(\${(f)"$(${ACCOUNTS})"}) ;;`,
    `    ${valueOptions(levels).join(" | ")}) _files; return ;;`,
    '    *) case "$at" in',
    ...levels.map((level) => `      ${quoted(level.at)}) found=(${wordsOf(level)}) ;;`),
    "    esac ;;",
    "  esac",
    "  _describe alpaca-trader found || _files",
    "}",
    "compdef _alpaca_trader alpaca-trader",
  ];
}

function fish(levels: readonly Level[]): string[] {
  const quote = (text: string): string => `'${text.replaceAll(/[\\']/g, "\\$&")}'`;
  const valueOf = (flag: string, option: Option): string => {
    if (flag === ACCOUNT) return ` -x -a ${quote(`(sh -c ${quote(ACCOUNTS)})`)}`;
    return option.required || option.optional ? " -r -F" : "";
  };
  const linesOf = ({ at, commands, options }: Level): string[] => {
    const start = `complete -c alpaca-trader -n ${quote(`__alpaca_trader_at ${quote(at)}`)}`;
    return [
      ...commands.map((each) => `${start} -f -a ${each.name()} -d ${quote(each.description())}`),
      ...options.map((each) => {
        const flag = flagOf(each);
        return `${start} -l ${flag.replace(/^--/, "")}${valueOf(flag, each)} -d ${quote(each.description)}`;
      }),
    ];
  };
  return [
    "# Load it with: alpaca-trader completion fish | source",
    "function __alpaca_trader_at",
    "  set -l at ''",
    "  for word in (commandline -opc)[2..-1]",
    '    switch "$at $word"',
    `      case ${steps(levels).map(quote).join(" ")}`,
    '        set at (string trim -- "$at $word")',
    "    end",
    "  end",
    '  test "$at" = "$argv[1]"',
    "end",
    ...levels.flatMap(linesOf),
  ];
}

/** For bash and zsh: goes one word deeper. */
function step(levels: readonly Level[]): string {
  return `    case "$at $word" in ${steps(levels).map(quoted).join(" | ")}) at="\${at:+$at }$word" ;; esac`;
}

/** For bash and zsh. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
