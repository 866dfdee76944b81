import { parameter, ANY_SYMBOL, type FaultContext, type FaultHooks, type FaultKind } from "./kind.ts";

/** Faults of a feed that sees one exchange of many, as the free one does; fills are not affected. */
export const FEED_FAULTS: readonly FaultKind[] = [
  {
    name: "free-feed",
    description: "data of one exchange: `prints` trades a day, quotes that last `still` seconds, some one-sided",
    parameters: [
      ANY_SYMBOL,
      parameter("prints", "whole", "60"),
      parameter("still", "seconds", "60"),
      parameter("one-sided", "share", "0.1"),
    ],
    inject: freeFeed,
  },
  {
    name: "invalid-symbol",
    description: "market data answers 400 to every request that includes the symbol",
    parameters: [parameter("symbol", "symbol", "UVXY")],
    inject: ({ exchange, settings }) => ({
      begin: () => exchange.feed.invalid.add(settings.text("symbol")),
      end: () => exchange.feed.invalid.delete(settings.text("symbol")),
    }),
  },
];

function freeFeed({ exchange, settings }: FaultContext): FaultHooks {
  const symbol = settings.text("symbol");
  return {
    begin: () => {
      exchange.feed.show(symbol, {
        printsPerDay: settings.number("prints"),
        quoteEveryMs: settings.number("still") * 1_000,
        oneSidedShare: settings.number("one-sided"),
      });
    },
    end: () => exchange.feed.show(symbol, undefined),
  };
}
