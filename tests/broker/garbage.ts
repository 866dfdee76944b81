import fc from "fast-check";
import { anyText } from "../any-text.ts";

/** What arrives on the wire. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array<ArrayBuffer>;
}

/** Corrupts a valid answer. */
export interface Spoiler {
  readonly name: string;
  readonly spoil: (good: { readonly status: number; readonly body: string }) => RawAnswer;
}

const STATUSES = [
  200, 201, 202, 204, 206, 207, 300, 304, 400, 401, 403, 404, 405, 408, 409, 410, 418, 422, 425, 429, 451, 500, 502, 503, 504, 520, 599,
];
const WITHOUT_BODY = [204, 304];
const DEPTH = 20_000;

/** Values that a careless reader would misread. */
const NASTY: readonly unknown[] = [
  null,
  "",
  " ",
  0,
  -0,
  1,
  -1,
  1e308,
  -1e308,
  5e-324,
  Number.MAX_SAFE_INTEGER + 2,
  true,
  false,
  "0",
  "-1",
  "NaN",
  "Infinity",
  "-Infinity",
  "1e999",
  "1e-999",
  "0x10",
  "1,000.00",
  "१२३",
  "9".repeat(64),
  "9".repeat(5_000),
  `0.${"0".repeat(60)}1`,
  "undefined",
  "null",
  "__proto__",
  "buy",
  "sell",
  "filled",
  "2026-13-45T99:99:99Z",
  "+275760-09-13T00:00:00.001Z",
  "1970-01-01T00:00:00Z",
  "\u0000",
  "🚀".repeat(200),
  [],
  [[]],
  {},
  { toString: "x", valueOf: 1 },
  { __proto__: null, constructor: null },
  [null, null],
];

const WHOLE: readonly (readonly [string, string])[] = [
  ["nothing", ""],
  ["a blank", " "],
  ["null", "null"],
  ["an empty list", "[]"],
  ["an empty object", "{}"],
  ["a number", "12"],
  ["a huge number", "1e400"],
  ["a text", '"ok"'],
  ["true", "true"],
  ["a page", "<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>"],
  ["a list of nulls", "[null,null]"],
  ["a list of lists", "[[],[[]]]"],
  ["a prototype", '{"__proto__":{"id":"x"},"constructor":{"prototype":{}}}'],
  ["deep lists", `${"[".repeat(DEPTH)}${"]".repeat(DEPTH)}`],
  ["deep objects", `${'{"a":'.repeat(DEPTH)}1${"}".repeat(DEPTH)}`],
  ["an unknown error", '{"code":49999999,"message":"no"}'],
  ["an error without a code", '{"message":"something"}'],
  ["an error with a text for a code", '{"code":"40310000","message":7}'],
  ["an absence", '{"code":40410000,"message":"order not found"}'],
  ["a taken id", '{"code":40010001,"message":"client_order_id must be unique"}'],
  ["another key for the error", '{"error":"internal"}'],
];

type Step = readonly [operation: "replace" | "delete" | "add" | "wrap" | "double", place: number, value: unknown];

const anyValue = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...NASTY) }, fc.jsonValue({ maxDepth: 2 }), fc.double(), anyText());

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.tuple(fc.constantFrom("replace", "replace", "replace", "delete", "delete", "add", "wrap", "double"), fc.nat(), anyValue),
  { minLength: 1, maxLength: 4 },
);

const changed: fc.Arbitrary<Spoiler> = steps.map((list) => ({
  name: `changed: ${JSON.stringify(list).slice(0, 300)}`,
  spoil: ({ status, body }) => ({ status, headers: JSON_HEADERS, body: changedJson(body, list) }),
}));

const replaced: fc.Arbitrary<Spoiler> = fc.constantFrom(...WHOLE).map(([name, body]) => ({
  name,
  spoil: ({ status }) => ({ status, headers: JSON_HEADERS, body }),
}));

const bytes: fc.Arbitrary<Spoiler> = fc.uint8Array({ maxLength: 300 }).map((random) => ({
  name: `bytes ${Buffer.from(random).toString("hex")}`,
  spoil: ({ status }) => ({ status, headers: {}, body: Uint8Array.from(random) }),
}));

const text: fc.Arbitrary<Spoiler> = fc.oneof(fc.json(), fc.string({ unit: "grapheme", maxLength: 200 })).map((body) => ({
  name: `text ${body.slice(0, 200)}`,
  spoil: ({ status }) => ({ status, headers: JSON_HEADERS, body }),
}));

const cut: fc.Arbitrary<Spoiler> = fc
  .tuple(fc.nat(1_000), fc.constantFrom("", "…", "\u0000", "}", "\ufeff"))
  .map(([thousandths, tail]) => ({
    name: `cut at ${String(thousandths)} thousandths, then ${JSON.stringify(tail)}`,
    spoil: ({ status, body }) => ({
      status,
      headers: JSON_HEADERS,
      body: body.slice(0, Math.floor((body.length * thousandths) / 1_000)) + tail,
    }),
  }));

const JSON_HEADERS = { "content-type": "application/json; charset=UTF-8" };

const headers = fc.constantFrom<Readonly<Record<string, string>>>(
  {},
  {},
  { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "99999999999999" },
  { "x-ratelimit-remaining": "-5", "x-ratelimit-reset": "-1" },
  { "x-ratelimit-remaining": "NaN", "x-ratelimit-reset": "1e309", "retry-after": "Wed, 21 Oct 2015 07:28:00 GMT" },
  { "retry-after": "-100" },
  { "retry-after": "1e300", "x-request-id": "x".repeat(2_000) },
  { "content-type": "text/html", "content-encoding": "br" },
);

/** An answer in another format, sometimes under another status, with strange headers. */
export const spoilers: fc.Arbitrary<Spoiler> = fc
  .tuple(
    fc.oneof({ weight: 5, arbitrary: changed }, { weight: 2, arbitrary: replaced }, bytes, text, cut),
    fc.option(fc.constantFrom(...STATUSES), { freq: 3 }),
    headers,
  )
  .map(([spoiler, status, more]) => ({
    name: `${status === null ? "" : `HTTP ${String(status)}, `}${spoiler.name}`,
    spoil: (good) => {
      const answer = spoiler.spoil({ ...good, status: status ?? good.status });
      return { ...answer, headers: { ...answer.headers, ...more }, body: WITHOUT_BODY.includes(answer.status) ? "" : answer.body };
    },
  }));

/** Applies the steps one after the other, each at one of the places that exist then. */
function changedJson(body: string, list: readonly Step[]): string {
  const whole = { root: JSON.parse(body === "" ? "null" : body) as unknown };
  for (const [operation, place, value] of list) {
    const places = placesIn(whole);
    const [holder, key] = places[place % places.length] ?? [whole, "root"];
    change(holder, key, operation, value);
  }
  return JSON.stringify(whole.root);
}

type Holder = Record<string, unknown>;

function placesIn(holder: unknown): [Holder, string][] {
  if (typeof holder !== "object" || holder === null) return [];
  const own = holder as Holder;
  return Object.keys(own).flatMap((key) => [[own, key] as [Holder, string], ...placesIn(own[key])]);
}

function change(holder: Holder, key: string, operation: Step[0], value: unknown): void {
  switch (operation) {
    case "replace":
      holder[key] = value;
      return;
    case "delete":
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else if (key === "root") holder[key] = null;
      else Reflect.deleteProperty(holder, key);
      return;
    case "add":
      if (!Array.isArray(holder) && key !== "root") holder[`${key}_`] = value;
      return;
    case "wrap":
      holder[key] = [holder[key]];
      return;
    case "double":
      holder[key] = [holder[key], holder[key]].flat();
      return;
  }
}
