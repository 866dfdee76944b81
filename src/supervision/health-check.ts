import { writeFileSync } from "node:fs";
import { uptime } from "node:os";
import { systemClock } from "../domain/clock.ts";
import { messageOf } from "../domain/errors.ts";
import { health } from "./health.ts";
import { readLiveness } from "./liveness-file.ts";
import { processFacts } from "./process-facts.ts";

// The HEALTHCHECK of the image; its output is in `docker inspect`.
try {
  const found = await health({
    sign: () => readLiveness(process.env.LIFE_SIGN_FILE ?? ""),
    processOf: processFacts,
    uptime,
    sleep: (ms) => systemClock.sleep(ms),
    end,
  });
  process.stdout.write(`${found.text}\n`);
  process.exitCode = found.healthy ? 0 : 1;
} catch (error) {
  process.stdout.write(`The daemon hangs and cannot be killed: ${messageOf(error)}\n`);
  process.exitCode = 1;
}

function end(pid: number, text: string): void {
  tellWhereItLogs(pid, `Health check: ${text}\n`);
  process.kill(pid, "SIGKILL");
}

/** Shown by `docker logs`. */
function tellWhereItLogs(pid: number, text: string): void {
  try {
    writeFileSync(`/proc/${String(pid)}/fd/2`, text, { flag: "a" });
  } catch {
    // Not every runtime allows it; the next start reports the unclean end anyway.
  }
}
