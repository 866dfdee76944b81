import { readFileSync } from "node:fs";

/** Fields of /proc/PID/stat after the name, which may contain spaces and brackets itself (proc(5)). */
const STATE = 0;
const START_TIME = 19;

export interface ProcessFacts {
  /** In ticks since the machine started; together with the pid it identifies a process. */
  readonly startedAt: string;
  /** Stopped by a signal or held by a debugger. */
  readonly stopped: boolean;
}

/** `undefined` when there is no such process. */
export function processFacts(pid: number): ProcessFacts | undefined {
  try {
    return factsIn(readFileSync(`/proc/${String(pid)}/stat`, "utf8"));
  } catch {
    return undefined;
  }
}

/** @param stat a line of /proc/PID/stat. */
export function factsIn(stat: string): ProcessFacts | undefined {
  const fields = stat
    .slice(stat.lastIndexOf(")") + 1)
    .trim()
    .split(/\s+/);
  const [state, startedAt] = [fields[STATE] ?? "", fields[START_TIME]];
  // A zombie has ended; its parent just has not read its status yet.
  return startedAt === undefined || state === "Z" ? undefined : { startedAt, stopped: /^[Tt]$/.test(state) };
}
