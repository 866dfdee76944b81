import type { BrokerFailure } from "../domain/broker.ts";
import { BrokerError } from "../domain/broker.ts";
import { decimal, isDecimal } from "../domain/decimal.ts";
import { messageOf } from "../domain/errors.ts";

/**
 * Values of the trading path as JSON, and back, exactly.
 *
 * | value | JSON |
 * | --- | --- |
 * | decimal | `"=12.5"` |
 * | undefined, infinities, not a number | `"~u"`, `"~i"`, `"~-i"`, `"~n"` |
 * | text that begins with `=` or `~` | `"~~…"` |
 * | map, set | `{"~m": [[key, value], …]}`, `{"~s": […]}` |
 * | error of the broker, any other error | `{"~e": {…}}`, `{"~x": message}` |
 * | an object or list of the table of values | `{"~r": index}` |
 */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Something in a recording that no recorder has written. */
export class UnreadableValue extends Error {
  override readonly name = "UnreadableValue";
}

/** An object or list with shorter JSON is written where it stands. */
const SHORTEST_SHARED = 24;

/** Writes values. What is equal is written once, also across several chunks of one recording. */
export class Encoder {
  readonly #clean: (text: string) => string;
  readonly #shortestShared: number;
  readonly #places = new Map<string, number>();
  readonly #known = new WeakMap<object, Json>();
  /** Of one chunk: later there may be more to remove. */
  readonly #cleaned = new Map<string, string>();
  #fresh: Json[] = [];

  /**
   * @param clean called with every text: removes what must not be shown.
   * @param shortestShared characters of JSON from which on a value is written once.
   */
  constructor(clean: (text: string) => string = (text) => text, shortestShared = SHORTEST_SHARED) {
    this.#clean = clean;
    this.#shortestShared = shortestShared;
  }

  /** The values that were added to the table since the last call. */
  takeValues(): Json[] {
    const values = this.#fresh;
    this.#fresh = [];
    this.#cleaned.clear();
    return values;
  }

  encode(value: unknown): Json {
    switch (typeof value) {
      case "string":
        return this.#text(value);
      case "number":
        return encodeNumber(value);
      case "boolean":
        return value;
      case "undefined":
        return "~u";
      case "object":
        return value === null ? null : this.#object(value);
      default:
        throw new TypeError(`A ${typeof value} cannot be recorded.`);
    }
  }

  #text(value: string): Json {
    let text = this.#cleaned.get(value);
    if (text === undefined) {
      text = this.#clean(value);
      this.#cleaned.set(value, text);
    }
    return text.startsWith("=") || text.startsWith("~") ? `~~${text}` : text;
  }

  #object(value: object): Json {
    if (isDecimal(value)) return `=${value.toFixed()}`;
    const known = this.#known.get(value);
    if (known !== undefined) return known;
    const encoded = this.#shared(this.#parts(value));
    this.#known.set(value, encoded);
    return encoded;
  }

  #parts(value: object): Json {
    if (Array.isArray(value)) return value.map((each: unknown) => this.encode(each));
    if (value instanceof Map) return { "~m": [...value].map(([key, each]) => [this.encode(key), this.encode(each)]) };
    if (value instanceof Set) return { "~s": [...value].map((each) => this.encode(each)) };
    if (value instanceof BrokerError) {
      const { failure, message, hint, status, requestId } = value;
      return { "~e": this.encode({ failure, message, hint, status, requestId }) };
    }
    if (Error.isError(value)) return { "~x": this.#text(messageOf(value)) };
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, this.encode(each)]));
  }

  #shared(encoded: Json): Json {
    if (this.#shortestShared === Infinity) return encoded;
    const text = JSON.stringify(encoded);
    if (text.length < this.#shortestShared) return encoded;
    let place = this.#places.get(text);
    if (place === undefined) {
      place = this.#places.size;
      this.#places.set(text, place);
      this.#fresh.push(encoded);
    }
    return { "~r": place };
  }
}

function encodeNumber(value: number): Json {
  if (Number.isFinite(value)) return value;
  return Number.isNaN(value) ? "~n" : value > 0 ? "~i" : "~-i";
}

/** A value as one line of JSON, to be shown, and compared with another. */
export function lineOf(value: unknown): string {
  return JSON.stringify(new Encoder(undefined, Infinity).encode(value));
}

/** Reads values that an {@link Encoder} has written. Equal values are shared, so they must not be changed. */
export class Decoder {
  readonly #table: Json[] = [];
  readonly #decoded = new Map<number, unknown>();

  /** Adds the table of a chunk. */
  addValues(values: readonly Json[]): void {
    for (const value of values) this.#table.push(value);
  }

  /** @throws UnreadableValue */
  decode(value: Json | undefined): unknown {
    if (typeof value === "string") return decodeText(value);
    if (value === undefined) throw new UnreadableValue("a value is missing");
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map((each: Json) => this.decode(each));
    return this.#object(value as Readonly<Record<string, Json>>);
  }

  #object(value: Readonly<Record<string, Json>>): unknown {
    const { "~r": place, "~m": pairs, "~s": members, "~e": failure, "~x": message } = value;
    if (typeof place === "number") return this.#shared(place);
    if (Array.isArray(pairs)) return new Map(pairs.map((pair: Json) => this.decode(pair) as [unknown, unknown]));
    if (Array.isArray(members)) return new Set(members.map((each: Json) => this.decode(each)));
    if (failure !== undefined) return brokerError(this.decode(failure));
    if (typeof message === "string") return new Error(String(decodeText(message)));
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, this.decode(each)]));
  }

  #shared(place: number): unknown {
    if (!this.#decoded.has(place)) this.#decoded.set(place, this.decode(this.#table[place]));
    return this.#decoded.get(place);
  }
}

function decodeText(text: string): unknown {
  if (text.startsWith("=")) {
    try {
      return decimal(text.slice(1));
    } catch {
      throw new UnreadableValue(`${JSON.stringify(text.slice(0, 40))} is no decimal`);
    }
  }
  if (!text.startsWith("~")) return text;
  if (text.startsWith("~~")) return text.slice(2);
  const special = { "~u": undefined, "~i": Infinity, "~-i": -Infinity, "~n": Number.NaN };
  if (text in special) return special[text as keyof typeof special];
  throw new UnreadableValue(`${JSON.stringify(text.slice(0, 40))} is no value`);
}

function brokerError(fields: unknown): BrokerError {
  const { failure, message, ...options } = fields as {
    failure: BrokerFailure;
    message: string;
    hint: string | undefined;
    status: number | undefined;
    requestId: string | undefined;
  };
  return new BrokerError(failure, message, options);
}
