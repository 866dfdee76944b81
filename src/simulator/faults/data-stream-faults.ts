import type { StreamErrorCode } from "../market-stream/stream-error.ts";
import { ANY_SYMBOL, parameter, type FaultContext, type FaultHooks, type FaultKind } from "./kind.ts";

/** Those that end a connection; what a client does wrong causes the others. */
const CODES = ["500", "400", "401", "402", "404", "405", "406", "407", "408", "409"];
const MINUTE_MS = 60_000;

/** Faults of the market-data streams. */
export const DATA_STREAM_FAULTS: readonly FaultKind[] = [
  {
    name: "data-stream-error",
    description: "every market-data stream gets an error and is dropped",
    parameters: [parameter("code", CODES, "500")],
    inject: ({ failDataStreams, settings, strikes }) => ({
      begin: () => {
        if (strikes()) failDataStreams(settings.number("code") as StreamErrorCode);
      },
    }),
  },
  {
    name: "mute-data-stream",
    description: "market-data streams stay open but send no data",
    parameters: [],
    inject: ({ strikes }) => ({ sendsData: () => !strikes() }),
  },
  {
    name: "late-trades",
    description: "the last trade of a minute comes late: its bar is updated half a minute later",
    parameters: [ANY_SYMBOL],
    inject: lateTrades,
  },
];

/** A minute is late or not for everybody who asks. */
function lateTrades({ exchange, settings, strikes }: FaultContext): FaultHooks {
  const { feed } = exchange;
  const before = feed.hasLateTrade;
  const drawn = new Map<string, boolean>();
  return {
    begin: () => {
      feed.hasLateTrade = (symbol, from) => {
        if (!settings.admits("symbol", symbol)) return before(symbol, from);
        const key = `${symbol} ${String(Math.floor(from / MINUTE_MS))}`;
        const isLate = drawn.get(key) ?? strikes();
        drawn.set(key, isLate);
        return isLate;
      };
    },
    end: () => {
      feed.hasLateTrade = before;
    },
  };
}
