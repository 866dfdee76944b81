import { systemClock } from "../../src/domain/clock.ts";
import { processorMs, residentMiB } from "./process-figures.ts";
import type { Stand, StandSetup } from "./stand.ts";
import { atStand, READY } from "./stand.ts";
import { rounded } from "./statistics.ts";

const SECONDS_PER_HOUR = 3_600;
/** After the start, before idling is measured. */
const SETTLE_MS = 3_000;

export interface Idle {
  /** How long the daemon really idled, seconds. */
  readonly sampledSeconds: number;
  readonly rssMiB: number;
  readonly cpuPercent: number;
  /** An hour of the daemon's clock, its seconds passed one after the other without waiting for them. */
  readonly acceleratedHour: { readonly beforeMiB: number; readonly afterMiB: number; readonly tookSeconds: number };
}

/** A daemon with the dashboard on, to whom nothing happens. */
export async function measureIdle(setup: StandSetup, seconds: number): Promise<Idle> {
  return atStand(setup, async (stand) => {
    const daemon = stand.command("run");
    await daemon.says(READY);
    await systemClock.sleep(SETTLE_MS);
    const usedBefore = processorMs(daemon.pid);
    await systemClock.sleep(seconds * 1_000);
    const cpuPercent = ((processorMs(daemon.pid) - usedBefore) / (seconds * 1_000)) * 100;
    const rssMiB = rounded(residentMiB(daemon.pid));
    await daemon.stop();
    return { sampledSeconds: seconds, rssMiB, cpuPercent: rounded(cpuPercent), acceleratedHour: await passAnHour(stand) };
  });
}

async function passAnHour(stand: Stand): Promise<Idle["acceleratedHour"]> {
  const daemon = await stand.daemon();
  const beforeMiB = rounded(residentMiB(daemon.pid));
  const start = systemClock.monotonic();
  for (let second = 0; second < SECONDS_PER_HOUR; second += 1) {
    await daemon.skip(1_000);
    // A turn of its event loop, in which what has come due is done.
    await systemClock.sleep(1);
  }
  const tookSeconds = rounded((systemClock.monotonic() - start) / 1_000);
  const afterMiB = rounded(residentMiB(daemon.pid));
  await daemon.stop();
  return { beforeMiB, afterMiB, tookSeconds };
}
