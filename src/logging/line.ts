import { DateTime } from "luxon";
import { shortId } from "../domain/short-id.ts";
import type { Redact } from "./redaction.ts";

/** One event, before it becomes a line. */
export interface LogRecord {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly level: string;
  readonly message: string;
  /** Name in a fleet. */
  readonly account?: string | undefined;
  readonly signal: string | undefined;
  readonly execution: string | undefined;
  readonly facts: Readonly<Record<string, unknown>>;
}

export interface LineStyle {
  readonly zone: string;
  readonly redact: Redact;
  /** Print the stack traces of errors. */
  readonly stacks: boolean;
}

/** A proxy's HTML error page must not fill the log. */
const MAX_CHARACTERS = 8_192;

/**
 * Characters that would break a line, move the cursor of a terminal or reverse the text direction: alerts and
 * venue answers are external text, and one event is one line.
 */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;
const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/**
 * `14:03:07.123 INFO  message hint [6372641d] fact=…`, below a heading that says the day and the zone. The id is the beginning of the
 * signal's, with which every id of its executions begins too; `explain` takes it.
 */
export function lineOf(record: LogRecord, style: LineStyle): string {
  const { time, today } = minute.at(record.at, style.zone);
  const id = record.execution ?? record.signal;
  const about = id === undefined ? "" : ` [${shortId(style.redact(id))}]`;
  const { hint, ...others } = record.facts;
  const advice = typeof hint === "string" ? ` ${style.redact(hint)}` : "";
  const facts = Object.entries({ account: record.account, ...others })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}=${factText(value, style)}`);
  const text = oneLine(style.redact(`${style.redact(record.message)}${advice}${about}${facts.join("")}`));
  return `${time} ${record.level.toUpperCase().padEnd(5)} ${shortened(text.replaceAll(today, "$1"))}`;
}

/**
 * Whether a line of a log is a heading, which {@link DayHeading} makes. An event cannot look like one: its line begins with a time.
 */
export function isDayHeading(line: string): boolean {
  return /^--- \d{4}-\d{2}-\d{2} .* ---$/.test(line);
}

/** The headings of one place where lines go: `--- 2026-11-22 Sunday, times in EST (UTC-05:00) ---`. */
export class DayHeading {
  #shown = "";

  /**
   * The heading that belongs before a line: at the first one, and whenever the day or the zone's offset is another.
   * @param isAnew whether the place holds nothing that is still known to be read.
   */
  before(at: number, zone: string, isAnew: boolean): string | undefined {
    const { heading } = minute.at(at, zone);
    if (!isAnew && heading === this.#shown) return undefined;
    this.#shown = heading;
    return heading;
  }
}

const MINUTE_MS = 60_000;

/**
 * Caches the part shared by the lines of one minute: lines come in bursts, and a time zone lookup takes longer
 * than the rest of a line. No zone changes its clocks within a minute.
 */
class MinuteOfLines {
  #zone = "";
  #number = Number.NaN;
  #start = "";
  #heading = "";
  #today = /$^/g;

  at(at: number, zone: string): { readonly time: string; readonly heading: string; readonly today: RegExp } {
    const number = Math.floor(at / MINUTE_MS);
    if (number !== this.#number || zone !== this.#zone) this.#enter(number, zone);
    const seconds = ((Math.floor(at) - number * MINUTE_MS) / 1_000).toFixed(3).padStart(6, "0");
    return { time: `${this.#start}:${seconds}`, heading: this.#heading, today: this.#today };
  }

  #enter(number: number, zone: string): void {
    const time = DateTime.fromMillis(number * MINUTE_MS, { zone, locale: "en-US" });
    [this.#number, this.#zone] = [number, zone];
    const [day, name, weekday] = [time.toFormat("yyyy-LL-dd"), time.toFormat("ZZZZ"), time.toFormat("cccc")];
    const offset = name === "UTC" ? "" : ` (UTC${time.toFormat("ZZ")})`;
    this.#start = time.toFormat("HH:mm");
    this.#heading = `--- ${day} ${weekday}, times in ${name}${offset} ---`;
    // As `formatInstant` writes a time: the heading says its day and its zone already.
    this.#today = new RegExp(`${day} (\\d{2}:\\d{2}:\\d{2}) ${name.replaceAll(/[.+]/g, "\\$&")}(?![\\w:+-])`, "g");
  }
}

const minute = new MinuteOfLines();

function oneLine(text: string): string {
  return text.replace(UNSAFE, (character) => SHORT[character] ?? `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`);
}

/**
 * A value as JSON in which errors show their message, maps are objects, cycles are cut and every text is redacted.
 * Never throws: logging must not stop the daemon.
 */
export function jsonOf(value: unknown, redact: Redact, stacks: boolean): string {
  try {
    return JSON.stringify([plain(value, redact, stacks, [])]).slice(1, -1);
  } catch {
    return '"[unprintable]"';
  }
}

/** Plain words without quotes, everything else as JSON. */
function factText(value: unknown, style: LineStyle): string {
  const json = jsonOf(value, style.redact, style.stacks);
  return /^"[\w.:/+-]+"$/.test(json) ? json.slice(1, -1) : json;
}

function plain(value: unknown, redact: Redact, stacks: boolean, above: readonly object[]): unknown {
  if (typeof value === "string") return redact(value);
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return value;
  if (above.includes(value)) return "[circular]";
  const deeper = (inner: unknown): unknown => plain(inner, redact, stacks, [...above, value]);
  if (Error.isError(value)) return errorText(value, redact, stacks);
  if ("toJSON" in value && typeof value.toJSON === "function") return deeper((value.toJSON as () => unknown)());
  if (Array.isArray(value) || value instanceof Set) return [...value].map(deeper);
  const entries = value instanceof Map ? [...value].map(([name, inner]) => [String(name), inner] as const) : Object.entries(value);
  return Object.fromEntries(entries.map(([name, inner]: readonly [string, unknown]) => [redact(name), deeper(inner)]));
}

function errorText(error: Error, redact: Redact, stacks: boolean): string {
  const own = stacks ? (error.stack ?? error.message) : error.message;
  const cause = Error.isError(error.cause) ? ` (cause: ${errorText(error.cause, redact, stacks)})` : "";
  return redact(own) + cause;
}

function shortened(text: string): string {
  return text.length <= MAX_CHARACTERS ? text : `${text.slice(0, MAX_CHARACTERS)}… (${text.length - MAX_CHARACTERS} more characters)`;
}
