import { decimal, decimalFromNumber, ONE, roundHalfUp, type Decimal } from "../../domain/decimal.ts";
import { pathRest, venueJson, type VenueRequest, type VenueResponse } from "../wire.ts";
import { parameter, ANY_SYMBOL, type FaultContext, type FaultHooks, type FaultKind } from "./kind.ts";
import { isAccepted, pathOf } from "./requests.ts";

type Json = Record<string, unknown>;
type Change = (quote: Json) => Json | undefined;

const HALF = decimal("0.5");

/** Faults of the data feed; the market itself, and so every fill, is not affected. */
export const QUOTE_FAULTS: readonly FaultKind[] = [
  {
    name: "one-sided-quotes",
    description: "one side of a quote is empty: its price is 0",
    parameters: [ANY_SYMBOL, parameter("empty", ["bid", "ask"], "bid")],
    inject: spoiling((settings) => (quote) => ({ ...quote, ...(settings.text("empty") === "bid" ? { bp: 0, bs: 0 } : { ap: 0, as: 0 }) })),
  },
  {
    name: "wide-quotes",
    description: "the gap between bid and ask is the share `spread` of their mid price",
    parameters: [ANY_SYMBOL, parameter("spread", "share", "0.15")],
    inject: spoiling((settings) => (quote) => widened(quote, settings.amount("spread"))),
  },
  {
    name: "missing-quotes",
    description: "a symbol's quote is missing from the answer",
    parameters: [ANY_SYMBOL],
    inject: spoiling(() => () => undefined),
  },
];

function spoiling(changeBy: (settings: FaultContext["settings"]) => Change): (context: FaultContext) => FaultHooks {
  return ({ settings, strikes }) => {
    const change = changeBy(settings);
    const spoiled = (symbol: string, quote: Json): Json | undefined =>
      settings.admits("symbol", symbol) && strikes() ? change(quote) : quote;
    return { after: (request, response) => (isAccepted(response) ? inAnswer(request, response, spoiled) : response) };
  };
}

/** Finds every quote in a market-data answer, in each of its four formats. */
function inAnswer(
  request: VenueRequest,
  response: VenueResponse,
  spoiled: (symbol: string, quote: Json) => Json | undefined,
): VenueResponse {
  const rest = pathRest(pathOf(request), "/v2/stocks/");
  const [first = "", ...names] = (rest ?? "").split("/");
  const changed = ((): unknown => {
    switch (rest === undefined ? "" : names.length === 0 ? first : names.join("/")) {
      case "snapshots":
        return eachEntry(response, (symbol, snapshot) => withChanged(snapshot, "latestQuote", (quote) => spoiled(symbol, quote)));
      case "snapshot":
        return withChanged(parsed(response), "latestQuote", (quote) => spoiled(first, quote));
      case "latest":
        return first === "quotes" ? { quotes: eachEntry({ body: JSON.stringify(parsed(response).quotes) }, spoiled) } : undefined;
      case "quotes/latest":
        return withChanged(parsed(response), "quote", (quote) => spoiled(first, quote));
      default:
        return undefined;
    }
  })();
  return changed === undefined ? response : { ...response, body: venueJson(changed) };
}

function parsed({ body }: Pick<VenueResponse, "body">): Json {
  return JSON.parse(body) as Json;
}

function eachEntry(response: Pick<VenueResponse, "body">, change: (symbol: string, entry: Json) => Json | undefined): Json {
  const changed: Json = {};
  for (const [symbol, entry] of Object.entries(parsed(response) as Record<string, Json>)) {
    const left = change(symbol, entry);
    if (left !== undefined) changed[symbol] = left;
  }
  return changed;
}

function withChanged(holder: Json, key: string, change: Change): Json {
  const { [key]: quote, ...others } = holder;
  const changed = quote === undefined ? undefined : change(quote as Json);
  return changed === undefined ? others : { ...others, [key]: changed };
}

function widened(quote: Json, spread: Decimal): Json {
  const middle = decimalFromNumber(quote.bp as number)
    .plus(decimalFromNumber(quote.ap as number))
    .times(HALF);
  const side = (factor: Decimal): number => Number(roundHalfUp(middle.times(factor), 2).toFixed());
  const half = spread.times(HALF);
  return { ...quote, bp: side(ONE.minus(half)), ap: side(ONE.plus(half)) };
}
