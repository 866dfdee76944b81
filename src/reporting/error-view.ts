import { BrokerError } from "../domain/broker.ts";
import { obstacleBehind } from "../machine/directory-access.ts";
import { messageOf, TraderError } from "../domain/errors.ts";
import { oneLine, type Style } from "./style.ts";

const UNEXPECTED_HINT = "This is a bug in the program. Run it again with --verbose and report the output.";

/** An error as shown to a person: a sentence and a hint. An unexpected error says so; the stack is shown only on request. */
export function errorLines(error: unknown, options: { readonly verbose: boolean }, style: Style): string[] {
  const { sentence, hint } = told(error);
  const [first = "", ...rest] = sentence.split(/\r?\n/).map(tidy);
  return [
    `${style.mark("bad")}${style.paint("bad", first)}`,
    ...rest,
    ...(hint === undefined ? [] : [`${style.paint("accent", "Hint:")} ${tidy(hint)}`]),
    ...(options.verbose ? traceLines(error).map((line) => style.paint("quiet", tidy(line))) : []),
  ];
}

interface Told {
  readonly sentence: string;
  readonly hint: string | undefined;
}

/** A TraderError may have several lines (every problem of a configuration); other errors show their first. */
function told(error: unknown): Told {
  if (error instanceof TraderError) return { sentence: `Error: ${error.message}`, hint: error.hint };
  if (error instanceof BrokerError) return { sentence: `Error: ${brokerSentence(error)}`, hint: error.hint };
  const obstacle = obstacleBehind(error);
  if (obstacle !== undefined) return { sentence: `Error: ${obstacle.text}.`, hint: obstacle.hint };
  const [first = ""] = messageOf(error).trim().split(/\r?\n/);
  return { sentence: `Unexpected error: ${first}`, hint: UNEXPECTED_HINT };
}

/** Keeps the indentation of lists and stacks. */
function tidy(line: string): string {
  return `${/^ */.exec(line)?.[0] ?? ""}${oneLine(line)}`;
}

/** Alpaca's support asks for the request id. */
function brokerSentence(error: BrokerError): string {
  return error.requestId === undefined ? error.message : `${error.message} (request id ${error.requestId})`;
}

function traceLines(error: unknown): string[] {
  const lines: string[] = [];
  const seen = new Set<unknown>();
  for (let current = error; current !== undefined && !seen.has(current); current = causeOf(current)) {
    const lead = seen.size === 0 ? "" : "Caused by: ";
    seen.add(current);
    lines.push(...`${lead}${stackOf(current)}`.split("\n"));
  }
  return lines;
}

function causeOf(error: unknown): unknown {
  return Error.isError(error) ? error.cause : undefined;
}

function stackOf(error: unknown): string {
  return Error.isError(error) ? (error.stack ?? error.message) : messageOf(error);
}
