import type { LivenessRecord } from "./liveness-file.ts";
import { BEAT_MS } from "./liveness-file.ts";
import type { ProcessFacts } from "./process-facts.ts";

/** Like WatchdogSec in the unit. No work of the daemon blocks its event loop for a tenth of it. */
const LIMIT_SECONDS = 30;
/** After a machine's sleep or a container's pause the liveness file is old; a running daemon updates it within this time. */
const SECOND_LOOK_MS = BEAT_MS + 1_500;

/** What the health check reads and does. */
export interface HealthParts {
  readonly sign: () => LivenessRecord | undefined;
  readonly processOf: (pid: number) => ProcessFacts | undefined;
  /** Seconds since the machine started. */
  readonly uptime: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** @param text the reason, for readers of the daemon's log. */
  readonly end: (pid: number, text: string) => void;
}

export interface Health {
  readonly healthy: boolean;
  /** One sentence. */
  readonly text: string;
}

const NO_SIGN: Health = { healthy: false, text: "No daemon reports as alive in this container." };

/**
 * Whether the daemon of this container is alive. If the liveness file is 30 seconds old and still not updated at a
 * second check, the daemon is killed: the restart policy starts another, which continues from the ledger.
 *
 * - Busy, or with a broker that does not answer: updates continue, healthy.
 * - Asleep with the machine, or paused: the second check finds an update.
 * - Stopped by a signal, or held by a debugger: done on purpose, so unhealthy and left alone.
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
    return { healthy: false, text: `${named(first)} is stopped by a signal or held by a debugger, so it is left alone.` };
  const silence = String(Math.floor(silenceOf(first, parts)));
  const text = `${named(first)} has not reported as alive for ${silence} s: it hangs. Killing it (SIGKILL), so that the container's restart policy starts another.`;
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
  return { healthy: true, text: `${named(sign)} is alive.` };
}

function gone(sign: LivenessRecord): Health {
  return { healthy: false, text: `${named(sign)} is gone.` };
}

function named({ pid }: LivenessRecord): string {
  return `The daemon (pid ${String(pid)})`;
}
