import { createHash } from "node:crypto";
import { decimal, type Decimal } from "../domain/decimal.ts";
import { encodingProblem } from "./encoding.ts";
import { excerpt, kindOf, readFields, valueOf } from "./json-line.ts";
import { readStamp } from "./stamp.ts";
import { problemOfComposite, problemOfSale, sizeBought } from "./size.ts";
import { foreignCharacter, missingKey, symbolProblem } from "./spelling.ts";
import { legsIn, legsText, sameLegs } from "./legs.ts";
import { isTicker } from "./weights.ts";

export type AlertAction = "BUY" | "SELL" | "HOLD";

/** One readable line of the alerts file (R1). */
export interface Alert {
  readonly kind: "alert";
  /** SHA-256 (hex) of the line's bytes, without its line end. */
  readonly hash: string;
  /** The line as read. */
  readonly text: string;
  /** Milliseconds since the epoch. */
  readonly stamp: number;
  /** UTC offset used to read a stamp without one, in minutes; undefined when the stamp has its own. */
  readonly zoneOffsetMinutes: number | undefined;
  /** A ticker, or the literal name of a portfolio when `composite`. */
  readonly symbol: string;
  readonly action: AlertAction;
  /** Size that a BUY states, as a fraction of the account; undefined when it states none, and for composites. */
  readonly weight: Decimal | undefined;
  /** As written; information only. */
  readonly price: string | undefined;
  readonly reason: string;
  /** Legs listed by the reason (or by a composite's name). */
  readonly namedLegs: ReadonlyMap<string, Decimal> | undefined;
  /** This one line represents all of `namedLegs`. */
  readonly composite: boolean;
  /** `simulator` for lines written from invented data (R8). */
  readonly origin: string | undefined;
}

/** A line that cannot be relied on. */
export interface MalformedLine {
  readonly kind: "malformed";
  readonly hash: string;
  readonly text: string;
  /** Set when it is readable; milliseconds since the epoch. */
  readonly stamp: number | undefined;
  /** One sentence: what was found and what was expected. */
  readonly problem: string;
}

/** Longest accepted line, in bytes; a real one has about 300. */
export const MAX_LINE_BYTES = 65_536;

const HEDGE = "UVXY_BTAL_PORTFOLIO";
const COMPOSITES: readonly string[] = [HEDGE, "NUCLEAR_PORTFOLIO", "BEAR_PORTFOLIO"];
const HEDGE_LEGS: ReadonlyMap<string, Decimal> = new Map([
  ["UVXY", decimal("0.75")],
  ["BTAL", decimal("0.25")],
]);

/** Thrown for the first problem found in a line. */
class LineProblem extends Error {}

/**
 * Reads one line of the alerts file, given without its newline (R1, R2). Never throws.
 * The action counts in any case, the symbol only in capitals.
 * @param timezone IANA name in which stamps without an offset are read.
 */
export function readAlert(line: Uint8Array | string, timezone: string): Alert | MalformedLine {
  const bytes = withoutMarks(typeof line === "string" ? Buffer.from(line) : Buffer.from(line.buffer, line.byteOffset, line.byteLength));
  const hash = hashOf(bytes);
  if (bytes.length > MAX_LINE_BYTES) return overlongLine(hash, bytes.length);
  const text = bytes.toString("utf8");
  const malformed = (problem: string, stamp?: number): MalformedLine => ({ kind: "malformed", hash, text, stamp, problem });
  const notText = encodingProblem(bytes, text);
  if (notText !== undefined) return malformed(notText);
  const fields = readFields(text);
  if (fields.kind === "unreadable") return malformed(fields.problem);
  const stamp = stampOf(fields.raw, timezone);
  try {
    if (fields.repeatedKey !== undefined) throw new LineProblem(`The key ${excerpt(fields.repeatedKey)} appears twice in the line.`);
    if (stamp.kind === "unreadable") throw new LineProblem(stamp.problem);
    return { kind: "alert", hash, text, stamp: stamp.at, zoneOffsetMinutes: stamp.zoneOffsetMinutes, ...content(fields.raw) };
  } catch (problem) {
    if (!(problem instanceof LineProblem)) throw problem;
    return malformed(problem.message, stamp.kind === "stamp" ? stamp.at : undefined);
  }
}

/** Placeholder for a line too long to read, so that it still gets a verdict. */
export function overlongLine(hash: string, length: number): MalformedLine {
  const problem = `The line is ${length.toLocaleString("en-US")} bytes long, expected at most ${MAX_LINE_BYTES.toLocaleString("en-US")}.`;
  return { kind: "malformed", hash, text: "", stamp: undefined, problem };
}

/** SHA-256 (hex). */
export function hashOf(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** Strips the Windows carriage return, and the byte order mark that some writers put before each append. */
function withoutMarks(bytes: Buffer): Buffer {
  const line = bytes.subarray(0, 3).equals(BYTE_ORDER_MARK) ? bytes.subarray(3) : bytes;
  return line.at(-1) === 0x0d ? line.subarray(0, -1) : line;
}

function stampOf(raw: ReadonlyMap<string, string>, timezone: string): ReturnType<typeof readStamp> {
  const value = parsed(raw, "timestamp");
  if (typeof value === "string") return readStamp(value, timezone);
  if (value === undefined) return { kind: "unreadable", problem: missingKey(raw, "timestamp") };
  return { kind: "unreadable", problem: `"timestamp" is ${kindOf(value)}, expected an ISO time in quotes.` };
}

function parsed(raw: ReadonlyMap<string, string>, key: string): unknown {
  const json = raw.get(key);
  return json === undefined ? undefined : valueOf(json);
}

function text(raw: ReadonlyMap<string, string>, key: string): string {
  const value = parsed(raw, key);
  if (value === undefined) throw new LineProblem(missingKey(raw, key));
  if (typeof value !== "string" || value.trim() === "") {
    throw new LineProblem(`"${key}" is ${value === "" ? "empty" : kindOf(value)}, expected a text.`);
  }
  return value;
}

type Content = Omit<Alert, "kind" | "hash" | "text" | "stamp" | "zoneOffsetMinutes">;

function content(raw: ReadonlyMap<string, string>): Content {
  const symbol = text(raw, "symbol");
  const action = actionOf(text(raw, "action"));
  const reason = text(raw, "reason");
  const origin = parsed(raw, "origin");
  const common = { symbol, action, price: priceOf(raw), reason, origin: typeof origin === "string" ? origin : undefined };
  if (action === "SELL") assertNone(problemOfSale(raw, reason, symbol));
  if (COMPOSITES.includes(symbol)) {
    const legs = compositeLegs(symbol, action, reason);
    assertNone(problemOfComposite(raw, reason, symbol));
    return { ...common, weight: undefined, namedLegs: legs, composite: true };
  }
  if (!isTicker(symbol)) throw new LineProblem(symbolProblem(symbol));
  return {
    ...common,
    weight: action === "BUY" ? ownWeight(raw, reason, symbol) : undefined,
    namedLegs: namedLegs(reason, symbol),
    composite: false,
  };
}

function actionOf(word: string): AlertAction {
  if (/^buy$/i.test(word)) return "BUY";
  if (/^sell$/i.test(word)) return "SELL";
  if (/^hold$/i.test(word)) return "HOLD";
  const foreign = foreignCharacter(word);
  throw new LineProblem(`"action" is ${excerpt(word)}${foreign === undefined ? "" : `: ${foreign}`}, expected BUY, SELL or HOLD.`);
}

/** Numbers keep their digits. Anything else but text counts as missing, because the price decides nothing. */
function priceOf(raw: ReadonlyMap<string, string>): string | undefined {
  const value = parsed(raw, "price");
  if (typeof value === "number") return Number.isNaN(value) ? undefined : raw.get("price")?.slice(0, 64);
  return typeof value === "string" ? value.slice(0, 64) : undefined;
}

function assertNone(problem: string | undefined): void {
  if (problem !== undefined) throw new LineProblem(problem);
}

function ownWeight(raw: ReadonlyMap<string, string>, reason: string, symbol: string): Decimal | undefined {
  const found = sizeBought(raw, reason, symbol);
  if (found.kind === "unreadable") throw new LineProblem(found.problem);
  return found.kind === "weight" ? found.weight : undefined;
}

function namedLegs(reason: string, symbol: string): ReadonlyMap<string, Decimal> | undefined {
  const found = legsIn(reason, symbol);
  if (found.kind === "unreadable") throw new LineProblem(found.problem);
  return found.kind === "legs" ? found.legs : undefined;
}

function compositeLegs(symbol: string, action: AlertAction, reason: string): ReadonlyMap<string, Decimal> {
  if (action !== "BUY")
    throw new LineProblem(`"action" is ${action} for ${symbol}, expected BUY: a portfolio's name describes weights to hold.`);
  const named = namedLegs(reason, symbol);
  if (symbol !== HEDGE) {
    if (named === undefined)
      throw new LineProblem(
        `The reason of ${symbol} does not list legs that add up to 100 %, expected all of them, such as "SMR (60%), LEU (40%)".`,
      );
    return named;
  }
  if (named !== undefined && !sameLegs(named, HEDGE_LEGS)) {
    throw new LineProblem(`The reason of ${symbol} names ${legsText(named)}, expected ${legsText(HEDGE_LEGS)}.`);
  }
  return HEDGE_LEGS;
}
