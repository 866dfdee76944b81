import { decimal, ZERO } from "../../domain/decimal.ts";
import { uuidFor } from "../random.ts";
import { venueJson, type VenueRequest, type VenueResponse } from "../wire.ts";
import { parameter, ANY_SYMBOL, type FaultContext, type FaultHooks, type FaultKind } from "./kind.ts";
import { isAccepted, isRead, queryOf } from "./requests.ts";

type Row = Readonly<Record<string, unknown>>;

const NO_PRICE = {
  market_value: null,
  current_price: null,
  lastday_price: null,
  change_today: null,
  unrealized_pl: null,
  unrealized_plpc: null,
  unrealized_intraday_pl: null,
  unrealized_intraday_plpc: null,
};
/** Of a share without a market. */
const WORTHLESS = { quantity: decimal("10"), cost: ZERO };

/** Rows seen in real lists that fit no schema. */
export const ROW_FAULTS: readonly FaultKind[] = [
  {
    name: "unpriced-position",
    description: "a position has no price and no value",
    parameters: [ANY_SYMBOL],
    inject: onPositions((row) => [{ ...row, ...NO_PRICE }]),
  },
  {
    name: "doubled-position",
    description: "a position is listed twice, as after some reverse splits",
    parameters: [ANY_SYMBOL],
    inject: onPositions((row) => [row, row]),
  },
  {
    name: "worthless-share",
    description: "the account holds a delisted share, unknown to market and data",
    parameters: [parameter("symbol", "symbol", "448ESC016")],
    inject: ({ exchange, settings, strikes }) => ({
      begin: () => {
        if (strikes()) exchange.endow({ symbol: settings.text("symbol"), ...WORTHLESS });
      },
      end: () => exchange.takeAway(settings.text("symbol")),
    }),
  },
  {
    name: "multi-leg-order",
    description: "an open order of several legs is listed: no symbol, no side",
    parameters: [],
    inject: multiLegOrder,
  },
];

function onPositions(change: (row: Row) => readonly Row[]): (context: FaultContext) => FaultHooks {
  return ({ settings, strikes }) => ({
    after: (request, response) => {
      if (!isRead(request, "/v2/positions") || !isAccepted(response)) return response;
      const rows = JSON.parse(response.body) as Row[];
      const fits = (row: Row): boolean => settings.admits("symbol", String(row.symbol));
      const chosen = settings.text("symbol") === "any" ? rows[0] : rows.find(fits);
      if (chosen === undefined || !strikes()) return response;
      return { ...response, body: venueJson(rows.flatMap((row) => (row === chosen ? change(row) : [row]))) };
    },
  });
}

/** It has no symbol, so a list of one symbol's orders does not include it either. */
function multiLegOrder({ exchange, id, strikes }: FaultContext): FaultHooks {
  const createdAt = new Date(exchange.clock.now()).toISOString();
  const row = multiLeg(`multi-leg-${String(id)}`, createdAt);
  const isListed = (request: VenueRequest): boolean => {
    const query = queryOf(request);
    return query.get("status") !== "closed" && [null, ""].includes(query.get("symbols")) && [null, ""].includes(query.get("side"));
  };
  return {
    after: (request, response): VenueResponse => {
      if (!isRead(request, "/v2/orders") || !isAccepted(response) || !isListed(request) || !strikes()) return response;
      const rows = JSON.parse(response.body) as Row[];
      const place = queryOf(request).get("direction") === "asc" ? [...rows, row] : [row, ...rows];
      return { ...response, body: venueJson(place) };
    },
  };
}

function multiLeg(name: string, createdAt: string): Row {
  return {
    id: uuidFor(`order ${name}`),
    client_order_id: uuidFor(name),
    created_at: createdAt,
    updated_at: createdAt,
    submitted_at: createdAt,
    filled_at: null,
    expired_at: null,
    canceled_at: null,
    failed_at: null,
    replaced_at: null,
    replaced_by: null,
    replaces: null,
    asset_id: "",
    symbol: "",
    asset_class: "",
    notional: null,
    qty: "2",
    filled_qty: "0",
    filled_avg_price: null,
    order_class: "mleg",
    order_type: "limit",
    type: "limit",
    side: "",
    time_in_force: "day",
    limit_price: "-1.35",
    stop_price: null,
    status: "new",
    extended_hours: false,
    legs: null,
    trail_percent: null,
    trail_price: null,
    hwm: null,
  };
}
