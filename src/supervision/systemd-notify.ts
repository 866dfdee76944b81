import { execFile } from "node:child_process";
import type { Clock } from "../domain/clock.ts";
import type { Environment } from "../domain/config.ts";
import { asError } from "../domain/errors.ts";

/** It takes some milliseconds; systemd that does not listen must not keep processes waiting behind each other. */
const LIMIT_MS = 5_000;

/** Hands assignments such as `READY=1` to the service manager. Rejects when they could not be handed over. */
export type ServiceNotify = (assignments: readonly string[]) => Promise<void>;

/**
 * Node has no datagram sockets of the local kind, so systemd's own tool does it; it is there wherever
 * systemd is. The unit needs `NotifyAccess=all`, because the message comes from a child of ours.
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
