import type { VenueResponse } from "../wire.ts";
import { parameter, ANY_SYMBOL, ANY_SIDE, lasting, type FaultContext, type FaultHooks, type FaultKind } from "./kind.ts";
import { postedOrder, reply } from "./requests.ts";

/** The venue's answers to an order that it would accept a little later. The second kind of text is deliberately meaningless. */
const REFUSALS = {
  halted: { status: 422, code: 42210000, text: (symbol: string) => `trading in asset "${symbol}" is halted` },
  busy: { status: 403, code: 40310000, text: (symbol: string) => `asset "${symbol}" is temporarily not available for trading` },
  margin: { status: 403, code: 40310000, text: () => "insufficient day trading buying power" },
  unknown: { status: 403, code: 40310000, text: () => "order could not be validated by upstream (E7312)" },
} as const;
const REASONS = Object.keys(REFUSALS) as (keyof typeof REFUSALS)[];

/** Faults that end by themselves: for a while the venue does not fill or accept orders. */
export const PAUSE_FAULTS: readonly FaultKind[] = [
  {
    name: "symbol-paused",
    description: "trading in a symbol pauses: its price is frozen, orders rest or are refused",
    parameters: [
      parameter("symbol", "symbol", "TQQQ"),
      parameter("orders", ["rest", "refused"], "rest"),
      parameter("for", "seconds", "75"),
    ],
    inject: symbolPaused,
  },
  {
    name: "refused-for-a-while",
    description: "orders are refused for a passing reason; text=… changes the wording",
    parameters: [
      ANY_SYMBOL,
      ANY_SIDE,
      parameter("reason", REASONS, "busy"),
      parameter("text", "text", "-"),
      parameter("for", "seconds", "20"),
    ],
    inject: refusedForAWhile,
  },
];

/** As after a price move beyond the limits (LULD): at least 75 s, often 5 minutes. It starts at its time or at the `nth` order. */
function symbolPaused(context: FaultContext): FaultHooks {
  const { exchange, settings } = context;
  const symbol = settings.text("symbol");
  let paused = false;
  const pause = lasting(context, () => {
    paused = true;
    exchange.pauseSymbol(symbol);
    return () => {
      paused = false;
      exchange.resumeSymbol(symbol);
    };
  });
  return {
    ...pause,
    before: (request) => {
      const refuses = paused && settings.text("orders") === "refused" && postedOrder(request)?.symbol === symbol;
      return refuses ? refusal("halted", symbol) : undefined;
    },
    mayFill: (order) => !paused || order.symbol !== symbol,
  };
}

function refusedForAWhile({ settings, strikes }: FaultContext): FaultHooks {
  return {
    before: (request) => {
      const order = postedOrder(request);
      if (order === undefined || !settings.admits("symbol", order.symbol) || !settings.admits("side", order.side)) return undefined;
      const reason = REASONS.find((each) => each === settings.text("reason")) ?? "unknown";
      const text = settings.text("text");
      return strikes() ? refusal(reason, order.symbol, text === "-" ? undefined : text) : undefined;
    },
  };
}

function refusal(reason: keyof typeof REFUSALS, symbol: string, text?: string): VenueResponse {
  const { code, status, text: usual } = REFUSALS[reason];
  return reply(status, { code, message: text ?? usual(symbol) });
}
