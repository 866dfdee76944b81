import { DateTime } from "luxon";
import { MARKET_ZONE } from "../domain/market-day.ts";
import { failed, ok, type Findings } from "./check.ts";

const LEAST_NODE_MAJOR = 24;

export interface NodeFacts {
  /** `24.11.0`. */
  readonly version: string;
  readonly platform: string;
}

export function judgeNode({ version, platform }: NodeFacts): Findings {
  if (Number.parseInt(version, 10) >= LEAST_NODE_MAJOR) return ok(`${version} on ${platform}`);
  return failed(
    `${version} is too old; expected ${String(LEAST_NODE_MAJOR)} or newer`,
    "Start it with `npx alpaca-trader` in the project's directory, which uses the Node installed by `npm ci`.",
  );
}

export interface ZoneFacts {
  /** Release of the data, such as `2025b`; undefined when Node has none. */
  readonly release: string | undefined;
  /** Minutes from UTC in New York in January and in July; undefined when the zone is unknown. */
  readonly newYork: readonly [winter: number | undefined, summer: number | undefined];
}

const EASTERN: ZoneFacts["newYork"] = [-300, -240];
const WINTER = Date.UTC(2026, 0, 15, 12);
const SUMMER = Date.UTC(2026, 6, 15, 12);

/** A Node built without the data treats every zone as UTC, or rejects it. */
export function judgeZones({ release, newYork }: ZoneFacts): Findings {
  const right = newYork[0] === EASTERN[0] && newYork[1] === EASTERN[1];
  if (right) return ok(`${release === undefined ? "present" : `release ${release}`}; New York's clock changes are correct`);
  return failed(
    `New York's time is wrong: ${newYork.map(offsetText).join(" in January and ")} in July, expected UTC-05:00 and UTC-04:00`,
    "Use a Node with full ICU data, such as the one from `npm ci`; unset NODE_ICU_DATA.",
  );
}

export function readZones(): ZoneFacts {
  return { release: process.versions.tz, newYork: [offsetAt(WINTER), offsetAt(SUMMER)] };
}

function offsetAt(at: number): number | undefined {
  const local = DateTime.fromMillis(at, { zone: MARKET_ZONE });
  return local.isValid ? local.offset : undefined;
}

function offsetText(minutes: number | undefined): string {
  if (minutes === undefined) return "unknown";
  const size = Math.abs(minutes);
  const pad = (value: number): string => String(value).padStart(2, "0");
  return `UTC${minutes < 0 ? "-" : "+"}${pad(Math.floor(size / 60))}:${pad(size % 60)}`;
}
