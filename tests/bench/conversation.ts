import type { ChildProcess } from "node:child_process";

interface Question {
  readonly id: number;
  readonly name: string;
  readonly amount: number;
}

interface Answer {
  readonly id: number;
  readonly value?: unknown;
}

/** In a child process: answers the questions of the process that started it, each with what its name stands for gives. */
export function answerQuestions(answers: Readonly<Record<string, (amount: number) => unknown>>): void {
  process.on("message", ({ id, name, amount }: Question) => {
    const answer = answers[name];
    if (answer === undefined) throw new Error(`Nobody here knows an answer to "${name}".`);
    const reply: Answer = { id, value: answer(amount) };
    process.send?.(reply);
  });
}

/** In the process that started a child: asks it, and waits for the answer. */
export class Questioner {
  readonly #child: ChildProcess;
  readonly #open = new Map<number, { name: string; resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  #last = 0;

  constructor(child: ChildProcess) {
    this.#child = child;
    child.on("message", ({ id, value }: Answer) => {
      this.#open.get(id)?.resolve(value);
      this.#open.delete(id);
    });
    child.once("close", (code, signal) => {
      const end = signal ?? String(code);
      for (const { name, reject } of this.#open.values()) reject(new Error(`The process ended (${end}) before it answered "${name}".`));
      this.#open.clear();
    });
  }

  ask(name: string, amount = 0): Promise<unknown> {
    this.#last += 1;
    const question: Question = { id: this.#last, name, amount };
    return new Promise((resolve, reject) => {
      this.#open.set(question.id, { name, resolve, reject });
      this.#child.send(question);
    });
  }
}
