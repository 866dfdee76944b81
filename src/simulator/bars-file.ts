import { readCsv } from "./csv.ts";
import type { BarsRequest } from "./given-bars.ts";
import { malformed } from "./refusals.ts";

const COLUMNS = { required: ["symbol", "date", "close"], optional: ["open", "high", "low", "volume"] };
const WIRE = { open: "o", high: "h", low: "l", close: "c", volume: "v" } as const;

/**
 * Reads daily bars from a file: a JSON object as `/simulator/bars` takes it, or comma-separated values with
 * `symbol`, `date` (of the session, YYYY-MM-DD), `close` and optionally `open`, `high`, `low` and `volume`.
 * @throws SyntaxError, or Refusal naming the line and what is wrong with it.
 */
export function readBarsFile(text: string): BarsRequest {
  const isCsv = !/^\s*[[{"\dn]/.test(text);
  if (isCsv) return { bars: barsIn(text) };
  const request: unknown = JSON.parse(text);
  if (typeof request !== "object" || request === null) throw malformed("it is not a JSON object");
  return request;
}

function barsIn(text: string): Record<string, object[]> {
  const bars: Record<string, object[]> = {};
  for (const { place, values } of readCsv(text, COLUMNS)) {
    const figures = Object.entries(WIRE)
      .filter(([name]) => values[name] !== undefined)
      .map(([name, key]) => [key, figure(place, name, values[name] ?? "")]);
    (bars[values.symbol ?? ""] ??= []).push({ t: values.date, ...(Object.fromEntries(figures) as object) });
  }
  return bars;
}

function figure(place: string, name: string, text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw malformed(`${place}: ${name} is "${text}"; expected a plain number`);
  return Number(text);
}
