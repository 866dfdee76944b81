import { isIP } from "node:net";
import { isAbsolute } from "node:path";
import { z } from "zod";
import { isDatabaseAddress } from "./database-address.ts";
import { normaliseEndpoint } from "./endpoints.ts";
import { decimal, HUNDRED, type Decimal } from "../domain/decimal.ts";
import { readSchedule, type Schedule } from "../domain/schedule.ts";

/**
 * The formats of settings: each parses a non-empty text into its value or fails. The table of settings describes
 * what is expected, one sentence per setting.
 */
export type Form<T> = z.ZodType<T, string>;

const PLAIN_NUMBER = /^\d{1,12}(\.\d{1,9})?$/;

/** Alpaca's tickers: `SMR`, `BRK.B`. */
const TICKER = /^[A-Z][A-Z0-9]{0,9}(\.[A-Z]{1,3})?$/;

const amount = z
  .string()
  .regex(PLAIN_NUMBER)
  .transform((text) => decimal(text));

function between(least: string, most: string): (value: Decimal) => boolean {
  return (value) => value.gte(decimal(least)) && value.lte(decimal(most));
}

/** Whole or with up to three decimals. */
export function seconds(least: number, most: number): Form<number> {
  return z
    .string()
    .regex(/^\d{1,9}(\.\d{1,3})?$/)
    .transform(Number)
    .refine((value) => value >= least && value <= most);
}

export function count(least: number, most: number): Form<number> {
  return z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .refine((value) => value >= least && value <= most);
}

export function dollars(least: string, most: string): Form<Decimal> {
  return amount.refine(between(least, most));
}

/** A percentage as an exact fraction: `"1"` gives 0.01. */
export function percent(least: string, most: string): Form<Decimal> {
  return amount.refine(between(least, most)).transform((value) => value.div(HUNDRED));
}

/** Like {@link percent}; `off` gives none. */
export function percentOrOff(least: string, most: string): Form<Decimal | undefined> {
  const off = z
    .string()
    .regex(/^off$/i)
    .transform(() => undefined);
  return z.union([off, percent(least, most)]);
}

export function oneOf<const T extends string>(...words: readonly T[]): Form<T> {
  return z.string().toLowerCase().pipe(z.enum(words));
}

/**
 * Any symbol Alpaca shows for a position: `448ESC016` (escrow), `BTC/USD`, `SMR270115C00040000` (option). Not `BRK-B` and `BRK/B`,
 * as others write `BRK.B`: they would protect nothing.
 */
const HELD_SYMBOL = /^(?![A-Z]{1,5}(?:[-_][A-Z]{1,4}|\/[A-Z]{1,2})$)[A-Z0-9][A-Z0-9./_-]{0,31}$/;

/** Separated by commas; converted to capitals, so that `smr` protects SMR too. */
function symbolList(form: RegExp): Form<ReadonlySet<string>> {
  return z
    .string()
    .transform((text) =>
      text
        .split(",")
        .map((symbol) => symbol.trim().toUpperCase())
        .filter((symbol) => symbol !== ""),
    )
    .pipe(z.array(z.string().regex(form)).min(1))
    .transform((list) => new Set(list));
}

export const tickers = symbolList(TICKER);
/** `off` in small letters; a ticker in capitals. */
export const tickerOrOff: Form<string> = z
  .string()
  .transform((text) => (text.toLowerCase() === "off" ? "off" : text.toUpperCase()))
  .refine((symbol) => symbol === "off" || TICKER.test(symbol));

export const heldSymbols = symbolList(HELD_SYMBOL);

export const path: Form<string> = z.string().refine((text) => isAbsolute(text) && !text.includes("\0"));

export const zone: Form<string> = z
  .string()
  .regex(/^[A-Za-z]/)
  .refine(isZone);

/** Any text; its user validates it. */
export const text: Form<string> = z.string();

export const word: Form<string> = z.string().regex(/^[\w.$-]{1,64}$/);

/** Copied keys sometimes contain stray characters; real ones contain no spaces. */
export const key: Form<string> = z.string().regex(/^[\x21-\x7e]{1,256}$/);

/** A token may be a signed document, many times as long as a key. */
export const token: Form<string> = z.string().regex(/^[\x21-\x7e]{1,4096}$/);

/** Without `/v2` and without a trailing slash. Plain http would expose the keys on the way. */
export const endpoint: Form<string> = z.string().transform((text, context) => {
  try {
    const url = normaliseEndpoint(text);
    if (url.startsWith("https:") || isLoopback(url)) return url;
  } catch {
    // Reported below, as for every other format.
  }
  context.addIssue({ code: "custom", message: "not an endpoint" });
  return z.NEVER;
});

/** Any web address, complete; plain http would expose it and the data sent there. */
export const address: Form<string> = z
  .string()
  .max(2_048)
  .regex(/^https?:\/\/[\x21-\x7e]+$/i)
  .refine((text) => URL.canParse(text) && (/^https:/i.test(text) || isLoopback(text)));

/** A PostgreSQL connection string; it may hold a password. */
export const databaseAddress: Form<string> = z
  .string()
  .max(2_048)
  .regex(/^postgres(ql)?:\/\/[\x21-\x7e]+$/i)
  .refine(isDatabaseAddress);

/** What age seals for. */
export const recipient: Form<string> = z.string().regex(/^age1[0-9a-z]{20,2000}$/);

/** As in an address: `123456789:AAE…`. */
export const botToken: Form<string> = z.string().regex(/^\w+:[\w-]{1,128}$/);

export const chatId: Form<string> = z.string().regex(/^(-?\d{1,20}|@\w{1,64})$/);

/** A TCP port; 0 means any free port. */
export const portOrOff: Form<number | "off"> = z
  .string()
  .toLowerCase()
  .regex(/^(\d{1,5}|off)$/)
  .transform((text) => (text === "off" ? text : Number(text)))
  .refine((port) => port === "off" || port <= 65_535);

/** A valid address for a server to listen on. */
export const hostName: Form<string> = z
  .string()
  .toLowerCase()
  .refine((text) => isIP(text) !== 0 || (/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(text) && !/^[\d.]+$/.test(text)));

/** Short enough to type on a phone, too long to guess at five tries a second. `off`: none is required. */
export const dashboardToken: Form<string> = z
  .string()
  .regex(/^([\x21-\x7e]{8,256}|off)$/i)
  .transform((text) => (/^off$/i.test(text) ? "off" : text));

/** `off` gives none. */
export const schedule: Form<Schedule | undefined> = z.string().transform((text, context) => {
  const read = readSchedule(text);
  if (read !== undefined || text.toLowerCase() === "off") return read;
  context.addIssue({ code: "custom", message: "not a schedule" });
  return z.NEVER;
});

/** Whether an address points to this machine. */
export function isLoopback(url: string): boolean {
  return isLoopbackHost(new URL(url).hostname);
}

/** @param host a name or an address, IPv6 with or without brackets. */
export function isLoopbackHost(host: string): boolean {
  return host === "localhost" || host === "[::1]" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
