import type { LivenessRecord } from "./liveness-file.ts";
import { BEAT_MS } from "./liveness-file.ts";
import type { ProcessFacts } from "./process-facts.ts";

/** As WatchdogSec in the unit. No work of the daemon holds its event loop up for a tenth of it. */
const LIMIT_SECONDS = 30;
/** A machine that was asleep, or a container that was paused, has old signs in it; a daemon that lives gives the next one within this. */
const SECOND_LOOK_MS = BEAT_MS + 1_500;

/** What the health check looks at and does. */
export interface HealthParts {
  readonly sign: () => LivenessRecord | undefined;
  readonly processOf: (pid: number) => ProcessFacts | undefined;
  /** Seconds since the machine started. */
  readonly uptime: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** @param text why, for those who follow what the daemon writes. */
  readonly end: (pid: number, text: string) => void;
}

export interface Health {
  readonly healthy: boolean;
  /** One sentence. */
  readonly text: string;
}

const NO_SIGN: Health = { healthy: false, text: "No daemon gives signs of life in this container." };

/**
 * Whether the daemon of this container gives signs of life. One that has given none for 30 seconds, and gives none
 * while it is looked at again, is ended: the restart policy starts another, which goes on where the ledger says.
 *
 * - Busy, or with a broker that does not answer: signs go on, healthy.
 * - Asleep with the machine, or paused: the second look finds a new sign.
 * - Stopped by a signal, or held by a debugger: somebody's doing, so unhealthy and left alone.
 */
export async function health(parts: HealthParts): Promise<Health> {
  const first = parts.sign();
  if (first === undefined) return NO_SIGN;
  if (isGone(first, parts)) return gone(first);
  if (silenceOf(first, parts) < LIMIT_SECONDS) return alive(first);
  await parts.sleep(SECOND_LOOK_MS);
  const second = parts.sign();
  if (second === undefined) return NO_SIGN;
  if (isGone(first, parts)) return gone(first);
  if (second.beat !== first.beat) return alive(first);
  if (parts.processOf(first.pid)?.stopped === true)
    return { healthy: false, text: `${named(first)} is stopped by a signal or held by a debugger, and so left alone.` };
  const silence = String(Math.floor(silenceOf(first, parts)));
  const text = `${named(first)} has given no sign of life for ${silence} s: it hangs. It is ended (SIGKILL), for the container's restart policy to start another.`;
  parts.end(first.pid, text);
  return { healthy: false, text };
}

function silenceOf({ at }: LivenessRecord, { uptime }: HealthParts): number {
  return uptime() - at;
}

/** Another process may have its number by now. */
function isGone({ pid, startedAt }: LivenessRecord, { processOf }: HealthParts): boolean {
  return processOf(pid)?.startedAt !== startedAt;
}

function alive(sign: LivenessRecord): Health {
  return { healthy: true, text: `${named(sign)} lives.` };
}

function gone(sign: LivenessRecord): Health {
  return { healthy: false, text: `${named(sign)} is gone.` };
}

function named({ pid }: LivenessRecord): string {
  return `The daemon (pid ${String(pid)})`;
}
