import { formatInstant } from "../domain/time-format.ts";
import { z } from "zod";

const lockHolder = z.object({
  pid: z.int(),
  /** The command as typed: `run`, `execute`, `trade`. */
  command: z.string(),
  mode: z.string(),
  /** The account number; missing while it is not yet known. */
  account: z.string().exactOptional(),
  stateDir: z.string(),
  /** Milliseconds since the epoch. */
  startedAt: z.number(),
});

/** Who holds a trading lock. */
export type LockHolder = Readonly<z.infer<typeof lockHolder>>;

/** Parses a holder's description of itself; undefined for anything else. */
export function holderIn(text: unknown): LockHolder | undefined {
  if (typeof text !== "string") return undefined;
  try {
    return lockHolder.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** `process 4711 (run, paper, account PA3…, state in /var/lib/…), since 2026-11-22 14:03:07 EST`. */
export function describeHolder(holder: LockHolder): string {
  const account = holder.account === undefined ? "" : `, account ${holder.account}`;
  const since = formatInstant(holder.startedAt);
  return `process ${holder.pid} (${holder.command}, ${holder.mode}${account}, state in ${holder.stateDir}), since ${since},`;
}
