import { listOf } from "./parameters.ts";
import { type RouteRequest, pathRest } from "./wire.ts";

/** Paths that name one symbol, before a further slash or at their end. */
const PREFIXES = ["/v2/stocks/", "/v2/assets/", "/v2/positions/"];

/** What a request names as a symbol: the texts in the places for one, whatever they are. */
export function symbolsNamed({ path, query, body }: RouteRequest): string[] {
  const inPath = PREFIXES.flatMap((prefix) => pathRest(path, prefix)?.split("/")[0] ?? []);
  const listed: readonly unknown[] = Array.isArray(body.symbols) ? body.symbols : [];
  const loaded = [body.bars, body.closes].flatMap((value) => (typeof value === "object" && value !== null ? Object.keys(value) : []));
  return [...inPath, ...listOf(query, "symbols"), body.symbol, ...listed, ...loaded].filter((text) => typeof text === "string");
}
