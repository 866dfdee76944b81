import { execFile } from "node:child_process";
import type { Clock } from "../domain/clock.ts";
import type { Environment } from "../domain/config.ts";
import { asError } from "../domain/errors.ts";

/** It takes some milliseconds; an unresponsive systemd must not make processes pile up. */
const LIMIT_MS = 5_000;

/** Sends assignments such as `READY=1` to the service manager. Rejects on failure. */
export type ServiceNotify = (assignments: readonly string[]) => Promise<void>;

/**
 * Node has no Unix datagram sockets, so systemd's own tool does it; it exists wherever systemd does. The unit
 * needs `NotifyAccess=all`, because the message comes from a child of ours.
 */
export function systemdNotify(env: Environment, clock: Clock): ServiceNotify {
  const childEnv = Object.fromEntries(["PATH", "NOTIFY_SOCKET"].flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
  return (assignments) =>
    new Promise((resolve, reject) => {
      const child = execFile("systemd-notify", [...assignments], { env: childEnv }, (error) => {
        timer.cancel();
        if (error === null) resolve();
        else reject(asError(error));
      });
      const timer = clock.after(LIMIT_MS, () => child.kill("SIGKILL"));
    });
}
