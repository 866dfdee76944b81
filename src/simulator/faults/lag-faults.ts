import { type Decimal, ONE, toText, ZERO } from "../../domain/decimal.ts";
import type { ExchangeState } from "../account-state.ts";
import { buyingPower, marketValue, type Valuation } from "../buying-power.ts";
import type { Exchange } from "../exchange.ts";
import { isOpen } from "../orders.ts";
import { venueJson, type VenueResponse } from "../wire.ts";
import { parameter, type FaultContext, type FaultHooks, type FaultKind, type FaultParameter } from "./kind.ts";
import { isAccepted, isRead } from "./requests.ts";

const LAGS = ["cash", "power", "equity", "positions", "gate"] as const;
type Lagging = (typeof LAGS)[number];

/** Faults of an account whose figures lag behind fills, each by its own delay, as Alpaca's do. */
export const LAG_FAULTS: readonly FaultKind[] = [
  {
    name: "lagging-numbers",
    description: "cash, buying power, equity, positions and order gate, each delayed by its own milliseconds",
    parameters: LAGS.map((name): FaultParameter => ({ name, form: "milliseconds", byDefault: name === "power" ? "3000" : "0" })),
    inject: laggingNumbers,
  },
  {
    name: "equity-off",
    description: "for `ms` after a sell fills, the account's equity is too low by the share `by`",
    parameters: [parameter("by", "share", "0.03"), parameter("ms", "milliseconds", "20000")],
    inject: equityOff,
  },
];

interface Snapshot {
  readonly at: number;
  readonly state: ExchangeState;
  readonly positions: unknown;
}

/** The account's history, as far back as its slowest figure. */
class Past {
  readonly #exchange: Exchange;
  readonly #longestMs: number;
  readonly #withPositions: boolean;
  #snapshots: Snapshot[] = [];

  constructor(exchange: Exchange, longestMs: number, withPositions: boolean) {
    this.#exchange = exchange;
    this.#longestMs = longestMs;
    this.#withPositions = withPositions;
  }

  readonly record = (): void => {
    const { clock, state } = this.#exchange;
    const at = clock.monotonic();
    const oldest = this.#snapshots.findLastIndex((each) => each.at <= at - this.#longestMs);
    if (oldest > 0) this.#snapshots.splice(0, oldest);
    const positions = new Map([...state.positions].map(([symbol, position]) => [symbol, { ...position }]));
    const orders = new Map([...state.orders].filter(([, order]) => isOpen(order)).map(([id, order]) => [id, { ...order }]));
    this.#snapshots.push({
      at,
      state: { ...state, positions, orders },
      positions: this.#withPositions ? this.#exchange.positionViews() : undefined,
    });
  };

  /** What was booked `lagMs` ago, and its value then. */
  at(lagMs: number): { readonly state: ExchangeState; readonly valueOf: Valuation; readonly positions: unknown } | undefined {
    const { clock, prices } = this.#exchange;
    const found = this.#snapshots.findLast(({ at }) => at <= clock.monotonic() - lagMs) ?? this.#snapshots[0];
    const then = clock.now() - lagMs;
    return found === undefined ? undefined : { ...found, valueOf: (symbol) => prices.trade(symbol, then)?.price ?? ZERO };
  }
}

function laggingNumbers({ exchange, settings, strikes }: FaultContext): FaultHooks {
  const lagOf = (name: Lagging): number => settings.number(name);
  const past = new Past(exchange, Math.max(...LAGS.map(lagOf)), lagOf("positions") > 0);
  let stop: (() => void) | undefined;
  const numbers = (): Record<string, string> => ({ ...cashThen(past, lagOf), ...powerThen(past, lagOf), ...equityThen(past, lagOf) });
  return {
    begin: () => {
      past.record();
      stop = exchange.onChanged(past.record);
    },
    end: () => stop?.(),
    after: (request, response) => {
      if (!isAccepted(response)) return response;
      if (isRead(request, "/v2/account")) return strikes() ? changed(response, numbers()) : response;
      if (lagOf("positions") === 0 || !isRead(request, "/v2/positions") || !strikes()) return response;
      return { ...response, body: venueJson(past.at(lagOf("positions"))?.positions ?? []) };
    },
    knownPower: () => {
      const then = lagOf("gate") === 0 ? undefined : past.at(lagOf("gate"));
      return then === undefined ? undefined : buyingPower(then.state, then.valueOf);
    },
  };
}

type LagOf = (name: Lagging) => number;

function cashThen(past: Past, lagOf: LagOf): Record<string, string> {
  const then = lagOf("cash") === 0 ? undefined : past.at(lagOf("cash"));
  return then === undefined ? {} : { cash: toText(then.state.cash) };
}

function powerThen(past: Past, lagOf: LagOf): Record<string, string> {
  const then = lagOf("power") === 0 ? undefined : past.at(lagOf("power"));
  if (then === undefined) return {};
  const power = toText(buyingPower(then.state, then.valueOf));
  const unlevered = toText(then.state.cash);
  return {
    buying_power: power,
    regt_buying_power: power,
    effective_buying_power: power,
    non_marginable_buying_power: unlevered,
    options_buying_power: unlevered,
  };
}

function equityThen(past: Past, lagOf: LagOf): Record<string, string> {
  const then = lagOf("equity") === 0 ? undefined : past.at(lagOf("equity"));
  return then === undefined ? {} : equityFields(then.state.cash.plus(marketValue(then.state, then.valueOf)));
}

function equityOff({ exchange, settings, strikes }: FaultContext): FaultHooks {
  let until = -Infinity;
  return {
    happened: ({ event, order }) => {
      if (event === "fill" && order.side === "sell" && strikes()) until = exchange.clock.monotonic() + settings.number("ms");
    },
    after: (request, response) => {
      if (exchange.clock.monotonic() >= until || !isRead(request, "/v2/account") || !isAccepted(response)) return response;
      const equity = exchange.state.cash.plus(marketValue(exchange.state, exchange.valueOf));
      return changed(response, equityFields(equity.times(ONE.minus(settings.amount("by"))).round(2)));
    },
  };
}

function equityFields(equity: Decimal): Record<string, string> {
  return { equity: toText(equity), portfolio_value: toText(equity) };
}

function changed(response: VenueResponse, fields: Readonly<Record<string, string>>): VenueResponse {
  return { ...response, body: venueJson({ ...(JSON.parse(response.body) as object), ...fields }) };
}
