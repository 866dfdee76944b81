import { venueJson, type VenueResponse } from "../wire.ts";
import { parameter, type FaultHooks, type FaultKind } from "./kind.ts";
import { isAccepted, pathOf } from "./requests.ts";

/** Faults around splits, each seen at real venues. */
export const SPLIT_FAULTS: readonly FaultKind[] = [
  {
    name: "split",
    description: "a symbol is split: its price changes at once, its quantity `booked` seconds later",
    parameters: [
      parameter("symbol", "symbol", "UVXY"),
      parameter("new", "whole", "1"),
      parameter("old", "whole", "5"),
      parameter("booked", "seconds", "86400"),
    ],
    inject: ({ exchange, settings, strikes }): FaultHooks => ({
      begin: () => {
        const ratio = `${settings.text("new")}:${settings.text("old")}`;
        if (strikes()) exchange.split(settings.text("symbol"), ratio, { bookAfter: settings.number("booked") * 1_000 });
      },
    }),
  },
  {
    name: "split-lost",
    description: "adjusted bars equal the raw ones: they show no split",
    parameters: [],
    inject: ({ exchange, strikes }): FaultHooks => ({
      begin: () => {
        if (strikes()) exchange.adjustsForSplits = false;
      },
      end: () => {
        exchange.adjustsForSplits = true;
      },
    }),
  },
  {
    name: "no-corporate-actions",
    description: "corporate actions are refused, or with answer=empty list no split",
    parameters: [parameter("answer", ["none", "empty"], "none")],
    inject: ({ settings, strikes }) => ({
      after: (request, response): VenueResponse => {
        if (pathOf(request) !== "/v1/corporate-actions" || !strikes()) return response;
        if (settings.text("answer") === "none") return { ...response, status: 403, body: venueJson({ message: "forbidden." }) };
        return isAccepted(response) ? { ...response, body: venueJson({ corporate_actions: {}, next_page_token: null }) } : response;
      },
    }),
  },
];
