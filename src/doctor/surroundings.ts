import { existsSync, readFileSync, statSync } from "node:fs";
import type { Environment } from "../domain/config.ts";
import { ok, warning, type Findings } from "./check.ts";

export interface SurroundingsFacts {
  /** The process examined: the daemon if one is running, else this one. */
  readonly process: "daemon" | "this command";
  /** `Docker`, `Podman`, `container`; undefined outside of one. */
  readonly container: string | undefined;
  /** Name of the systemd unit; undefined outside of systemd. */
  readonly unit: string | undefined;
  /** Whether the unit has a watchdog; undefined when unknown. */
  readonly watchdog: boolean | undefined;
  readonly machineZone: string;
  readonly alertsZoneSet: boolean;
  /** Whether STATE_DIR is on its own volume, which survives the container. */
  readonly stateOnVolume: boolean;
}

const UTC = new Set(["UTC", "Etc/UTC", "Etc/UCT", "Etc/GMT", "GMT"]);

/** Who restarts the daemon, and what remains when it is gone. */
export function judgeSurroundings(facts: SurroundingsFacts): Findings {
  const { container, unit } = facts;
  if (container !== undefined) return containerFindings(facts, container);
  return unit === undefined ? alone(facts) : unitFinding(facts, unit);
}

function containerFindings({ machineZone, alertsZoneSet, stateOnVolume }: SurroundingsFacts, container: string): Findings {
  const found = [
    ...(UTC.has(machineZone) && !alertsZoneSet
      ? warning(
          `in a container (${container}) with zone ${machineZone}, and ALERTS_TIMEZONE is unset: timestamps without an offset are read as UTC`,
          "Set ALERTS_TIMEZONE to the zone of the strategy's timestamps, even if that is UTC.",
        )
      : []),
    ...(stateOnVolume
      ? []
      : warning(
          `in a container (${container}), and STATE_DIR is not on a volume: a new container loses the ledger`,
          "Mount a volume at STATE_DIR; see docs/docker.md.",
        )),
  ];
  return found.length > 0 ? found : ok(`in a container (${container}), its state on a volume`);
}

function unitFinding({ process, watchdog }: SurroundingsFacts, unit: string): Findings {
  const subject = process === "daemon" ? "the daemon runs" : "this command runs";
  if (process === "daemon" && watchdog === false)
    return warning(
      `${subject} under systemd as ${unit}, without a watchdog`,
      "Add WatchdogSec=30 and Type=notify, as in systemd/alpaca-trader.service.",
    );
  return ok(`${subject} under systemd as ${unit}${watchdog === true ? ", with the watchdog" : ""}`);
}

function alone({ process }: SurroundingsFacts): Findings {
  if (process === "this command") return ok("neither systemd nor a container");
  return warning(
    "the daemon runs under neither systemd nor a container: nothing restarts it after a crash or a reboot",
    "Install it as in docs/systemd.md or docs/docker.md.",
  );
}

export interface SurroundingsPlaces {
  readonly env: Environment;
  readonly daemonPid: number | undefined;
  readonly stateDir: string;
  readonly alertsZoneSet: boolean;
  /** The root, `/`, with `proc`, `run` and `.dockerenv`. */
  readonly root: string;
}

export function readSurroundings({ env, daemonPid, stateDir, alertsZoneSet, root }: SurroundingsPlaces): SurroundingsFacts {
  const self = `${root}proc/${daemonPid === undefined ? "self" : String(daemonPid)}`;
  const daemonEnv = daemonPid === undefined ? undefined : textOf(`${self}/environ`);
  return {
    process: daemonPid === undefined ? "this command" : "daemon",
    container: containerAt(root),
    unit: unitIn(textOf(`${self}/cgroup`) ?? ""),
    watchdog: daemonPid === undefined ? (env.WATCHDOG_USEC ?? "") !== "" : watchdogIn(daemonEnv),
    machineZone: new Intl.DateTimeFormat().resolvedOptions().timeZone,
    alertsZoneSet,
    stateOnVolume: deviceOf(stateDir) !== deviceOf(root),
  };
}

/** Reads only this variable; an environment holds keys as well. */
function watchdogIn(environment: string | undefined): boolean | undefined {
  return environment === undefined ? undefined : environment.split("\0").some((entry) => /^WATCHDOG_USEC=[1-9]/.test(entry));
}

function containerAt(root: string): string | undefined {
  if (existsSync(`${root}.dockerenv`)) return "Docker";
  if (existsSync(`${root}run/.containerenv`)) return "Podman";
  return /docker|containerd|kubepods|libpod|lxc/.test(textOf(`${root}proc/1/cgroup`) ?? "") ? "container" : undefined;
}

/** `0::/system.slice/alpaca-trader.service` contains the name; a login's own service manager is no supervisor. */
function unitIn(cgroup: string): string | undefined {
  const units = [...cgroup.matchAll(/([^/\s]+\.service)(?=[/\s]|$)/g)].map((match) => match[1] ?? "");
  return units.findLast((unit) => !unit.startsWith("user@"));
}

function deviceOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.dev;
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
