import { createInterface, type Interface } from "node:readline";
import { Writable } from "node:stream";
import type { ReadStream, WriteStream } from "node:tty";
import { EXIT } from "../../domain/errors.ts";

/** A person who can be asked. Ctrl-C and the end of input end the process, with nothing written. */
export interface Questions {
  /** @returns the answer without the spaces around it. */
  ask(question: string): Promise<string>;
  /** What is typed is not shown. */
  askHidden(question: string): Promise<string>;
  close(): void;
}

/** `undefined` where nobody can answer. */
export function questionsOnTerminal({ stdin, stdout }: Pick<NodeJS.Process, "stdin" | "stdout">): Questions | undefined {
  return stdin.isTTY && stdout.isTTY ? new TerminalQuestions(stdin, stdout) : undefined;
}

export async function confirm(questions: Questions, question: string): Promise<boolean> {
  for (;;) {
    const answer = (await questions.ask(`${question} [Y/n] `)).toLowerCase();
    if (["", "y", "yes"].includes(answer)) return true;
    if (["n", "no"].includes(answer)) return false;
  }
}

class TerminalQuestions implements Questions {
  readonly #output: WriteStream;
  readonly #readline: Interface;
  readonly #lines: AsyncIterator<string, undefined>;
  /** Also between questions, so that what is typed ahead is not shown: it may be a pasted secret. */
  #isHidden = true;
  #isOver = false;

  constructor(input: ReadStream, output: WriteStream) {
    this.#output = output;
    const echo = new Writable({
      write: (text: Buffer, _encoding, done) => {
        if (!this.#isHidden) output.write(text);
        done();
      },
    });
    // No history: the arrow keys would show a secret.
    this.#readline = createInterface({ input, output: echo, terminal: true, historySize: 0 });
    this.#readline.once("close", () => this.#stopUnlessOver());
    this.#lines = this.#readline[Symbol.asyncIterator]();
  }

  async ask(question: string): Promise<string> {
    this.#isHidden = false;
    this.#readline.setPrompt(question);
    this.#readline.prompt();
    const answer = await this.#next();
    this.#isHidden = true;
    return answer;
  }

  async askHidden(question: string): Promise<string> {
    this.#output.write(question);
    const answer = await this.#next();
    this.#output.write("\n");
    return answer;
  }

  close(): void {
    this.#isOver = true;
    this.#readline.close();
  }

  async #next(): Promise<string> {
    const { value = "" } = await this.#lines.next();
    return value.trim();
  }

  #stopUnlessOver(): void {
    if (this.#isOver) return;
    this.#output.write("\nStopped. Nothing was written.\n");
    process.exit(EXIT.failed);
  }
}
