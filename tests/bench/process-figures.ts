import { readFileSync } from "node:fs";

const MIB = 1_024 * 1_024;
const KIB = 1_024;
/** `USER_HZ` of Linux on every machine that this runs on. */
const TICKS_PER_SECOND = 100;

/** Resident memory of a process, MiB. @throws where there is no `/proc`. */
export function residentMiB(pid: number): number {
  const found = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${String(pid)}/status`, "utf8"));
  if (found?.[1] === undefined) throw new Error(`The memory of process ${String(pid)} cannot be read.`);
  return (Number(found[1]) * KIB) / MIB;
}

/** Processor time that a process has used so far, in all of its threads, milliseconds. */
export function processorMs(pid: number): number {
  const stat = readFileSync(`/proc/${String(pid)}/stat`, "utf8");
  // The name, second and in brackets, may hold blanks; user and system time are the fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1_000) / TICKS_PER_SECOND;
}
