import { systemClock } from "../../src/domain/clock.ts";
import { eventually, expectThat } from "./checks.ts";
import type { Machine } from "./nspawn.ts";

export const LIMIT_MS = 60_000;

/** Longer than the pause before a start. */
const RESTARTED_BY_THEN_MS = 4_000;

/** One of the project's units on a machine. */
export class TraderUnit {
  readonly name: string;
  readonly #machine: Machine;
  readonly #ready: string;

  /** @param ready what its daemon says when it acts on alerts. */
  constructor(machine: Machine, name: string, ready = "Ready: watching for alerts") {
    this.#machine = machine;
    this.name = name;
    this.#ready = ready;
  }

  property(name: string): string {
    return this.#machine.property(this.name, name);
  }

  get journal(): string {
    return this.#machine.journal(this.name);
  }

  /** What the process that runs now has said. */
  get said(): string {
    const pid = this.property("MainPID");
    return pid === "0" ? "" : this.#machine.run("journalctl", "-o", "cat", `_PID=${pid}`).output;
  }

  do(verb: "start" | "stop" | "restart" | "enable" | "disable"): void {
    this.#machine.runWell("systemctl", verb, ...(verb === "enable" || verb === "disable" ? ["--now"] : []), this.name);
  }

  /** Waits until the account has been read and alerts are acted upon. */
  async watches(): Promise<void> {
    await this.until(() => this.said.includes(this.#ready));
  }

  async until(holds: () => boolean): Promise<void> {
    await eventually(
      () => Promise.resolve(holds() ? true : undefined),
      LIMIT_MS,
      () => this.journal,
    );
  }

  /** Waits for a line of its journal. */
  async says(words: RegExp): Promise<string> {
    const line = (): string | undefined => this.journal.split("\n").find((text) => words.test(text));
    await this.until(() => line() !== undefined);
    return line() ?? "";
  }

  /** Starts it, and waits until it has ended for good with this exit code. @returns the line that says why. */
  async isRefused(status: string, says: RegExp): Promise<string> {
    this.#machine.run("systemctl", "reset-failed", this.name);
    this.#machine.run("systemctl", "start", this.name);
    await this.until(() => this.property("ActiveState") === "failed");
    await systemClock.sleep(RESTARTED_BY_THEN_MS);
    expectThat(this.property("ActiveState") === "failed" && this.property("NRestarts") === "0", `Started again.\n${this.journal}`);
    expectThat(this.property("ExecMainStatus") === status, this.journal);
    return (await this.says(says)).slice(0, 200);
  }

  /** Starts it, and waits until it has ended with 1 and was started again. @returns the line that says why. */
  async isTriedAgain(says: RegExp): Promise<string> {
    this.#machine.run("systemctl", "start", "--no-block", this.name);
    await this.until(() => Number(this.property("NRestarts")) > 0);
    expectThat(this.property("ExecMainStatus") !== "78", this.journal);
    return (await this.says(says)).slice(0, 200);
  }
}
