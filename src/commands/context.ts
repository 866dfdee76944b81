import type { Clock } from "../domain/clock.ts";
import type { Terminal } from "../reporting/terminal.ts";

/** What the command line passes to every command. */
export interface CommandContext {
  /** The environment, including `.env`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where the command was typed. */
  readonly directory: string;
  readonly clock: Clock;
  readonly out: Terminal;
  readonly err: Terminal;
  readonly verbose: boolean;
}
