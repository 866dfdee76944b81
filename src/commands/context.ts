import type { Clock } from "../domain/clock.ts";
import type { Terminal } from "../reporting/terminal.ts";

/** What every command is given by the command line. */
export interface CommandContext {
  /** The environment with `.env` read in. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly out: Terminal;
  readonly err: Terminal;
  readonly verbose: boolean;
}
