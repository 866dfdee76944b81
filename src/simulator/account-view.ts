import { decimal, max, min, ONE, roundHalfUp, sum, toText, ZERO, type Decimal } from "../domain/decimal.ts";
import type { ExchangeState, PositionRecord } from "./account-state.ts";
import type { AssetRecord } from "./assets.ts";
import { buyingPower, heldShares, marketValue, mayShort, shortValue, type Valuation } from "./buying-power.ts";
import { shownQuotient } from "./quotient.ts";
import { uuidFor } from "./random.ts";

const INITIAL_MARGIN = decimal("0.5");
const MARGIN_PERCENT = 30;
const MAINTENANCE_MARGIN = decimal("0.3");
/** Dollars: the price below which a short position needs more, and the least that such a share needs. */
const CHEAP_SHARE = decimal("5");
const CHEAP_MAINTENANCE = decimal("2.5");
/** Most decimals of a cost basis in recorded answers. */
const COST_DECIMALS = 9;
/** Decimals of a profit in relation to its basis, as in recorded answers. */
const RATIO_DECIMALS = 16;

export type View = Record<string, string | number | boolean | null>;

/** The body of `GET /v2/account` but for what {@link accountBody} adds; `lastEquity` is the equity at the end of the previous session. */
export function accountView(state: ExchangeState, valueOf: Valuation, lastEquity: Decimal, balanceDate: string): View {
  const stock = marketValue(state, valueOf);
  const short = shortValue(state, valueOf);
  const long = stock.minus(short);
  const equity = toText(state.cash.plus(stock));
  const power = toText(buyingPower(state, valueOf));
  const maintenance = toText(long.times(MAINTENANCE_MARGIN).plus(shortMaintenance(state, valueOf)));
  return {
    id: accountId(state),
    user_configurations: null,
    account_number: state.accountNumber,
    status: state.flags.status,
    crypto_status: "ACTIVE",
    currency: "USD",
    cash: toText(state.cash),
    equity,
    portfolio_value: equity,
    last_equity: toText(lastEquity),
    balance_asof: balanceDate,
    buying_power: power,
    regt_buying_power: power,
    effective_buying_power: power,
    non_marginable_buying_power: toText(max(state.cash, ZERO)),
    options_buying_power: toText(max(state.cash, ZERO)),
    options_approved_level: 0,
    options_trading_level: 0,
    multiplier: state.settings.maxMarginMultiplier,
    initial_margin: toText(long.minus(short).times(INITIAL_MARGIN)),
    maintenance_margin: maintenance,
    last_maintenance_margin: maintenance,
    long_market_value: toText(long),
    position_market_value: toText(stock),
    short_market_value: toText(short),
    sma: toText(lastEquity),
    accrued_fees: "0",
    pending_reg_taf_fees: "0",
    crypto_tier: 1,
    intraday_adjustments: "0",
    account_blocked: state.flags.accountBlocked,
    trading_blocked: state.flags.tradingBlocked,
    transfers_blocked: state.flags.transfersBlocked,
    trade_suspended_by_user: state.settings.suspendTrade,
    shorting_enabled: mayShort(state, valueOf),
    created_at: state.createdAt,
  };
}

/** For each share sold short 30 % of its price and at least $5; of a cheap one, all of it and at least $2.50. */
function shortMaintenance({ positions }: ExchangeState, valueOf: Valuation): Decimal {
  const short = [...positions.values()].filter(({ quantity }) => quantity.lt(ZERO));
  return sum(
    short.map(({ symbol, quantity }) => {
      const price = valueOf(symbol);
      const [least, share] = price.lt(CHEAP_SHARE) ? [CHEAP_MAINTENANCE, ONE] : [CHEAP_SHARE, MAINTENANCE_MARGIN];
      return quantity.abs().times(max(least, price.times(share)));
    }),
  );
}

/** With the settings of Alpaca's staff, which are an object in recorded answers. */
export function accountBody(view: View): Record<string, unknown> {
  return { ...view, admin_configurations: {} };
}

export function accountId({ accountNumber }: ExchangeState): string {
  return uuidFor(`account ${accountNumber}`);
}

/** The body of `GET /v2/account/configurations`. */
export function settingsView(state: ExchangeState): View {
  const { settings } = state;
  return {
    disable_overnight_trading: settings.disableOvernightTrading,
    fractional_trading: settings.fractionalTrading,
    max_margin_multiplier: settings.maxMarginMultiplier,
    max_options_trading_level: 0,
    no_shorting: settings.noShorting,
    ptp_no_exception_entry: settings.ptpNoExceptionEntry ?? false,
    suspend_trade: settings.suspendTrade,
    trade_confirm_email: settings.tradeConfirmEmail,
  };
}

export interface PositionPrices {
  readonly current: Decimal;
  /** Close of the session before the current or most recent one. */
  readonly lastday: Decimal;
  /** New York date of today's session. */
  readonly today: string;
}

export function positionView(state: ExchangeState, position: PositionRecord, asset: AssetRecord, prices: PositionPrices): View {
  const { quantity, cost, symbol } = position;
  const value = quantity.times(prices.current);
  const profit = value.minus(cost);
  const intradayBasis = position.openedOn === prices.today ? cost : quantity.times(prices.lastday);
  const intraday = value.minus(intradayBasis);
  return {
    asset_id: asset.id,
    symbol,
    exchange: asset.exchange,
    asset_class: "us_equity",
    asset_marginable: asset.marginable,
    side: quantity.lt(ZERO) ? "short" : "long",
    qty: toText(quantity),
    qty_available: toText(availableOf(quantity, heldShares(state, symbol).quantity)),
    avg_entry_price: shownQuotient(cost, quantity),
    cost_basis: toText(roundHalfUp(cost, COST_DECIMALS)),
    market_value: toText(value),
    current_price: toText(prices.current),
    lastday_price: toText(prices.lastday),
    change_today: ratio(prices.current.minus(prices.lastday), prices.lastday),
    unrealized_pl: toText(profit),
    unrealized_plpc: ratio(profit, cost.abs()),
    unrealized_intraday_pl: toText(intraday),
    unrealized_intraday_plpc: ratio(intraday, intradayBasis.abs()),
  };
}

/** Like the position, negative where it is short. */
function availableOf(quantity: Decimal, held: Decimal): Decimal {
  return quantity.lt(ZERO) ? min(quantity.plus(held), ZERO) : max(quantity.minus(held), ZERO);
}

export function assetView(asset: AssetRecord): Record<string, unknown> & { readonly attributes: readonly string[] } {
  return {
    id: asset.id,
    class: "us_equity",
    exchange: asset.exchange,
    symbol: asset.symbol,
    name: asset.name,
    status: asset.status,
    tradable: asset.tradable,
    marginable: asset.marginable,
    shortable: asset.shortable,
    easy_to_borrow: asset.shortable,
    borrow_status: asset.shortable ? "easy_to_borrow" : "hard_to_borrow",
    fractionable: asset.fractionable,
    maintenance_margin_requirement: asset.marginRequirement ?? MARGIN_PERCENT,
    margin_requirement_long: String(asset.marginRequirement ?? MARGIN_PERCENT),
    margin_requirement_short: String(asset.marginRequirement ?? MARGIN_PERCENT),
    attributes: [...(asset.fractionable ? ["fractional_eh_enabled", "has_options"] : []), ...(asset.attributes ?? [])],
  };
}

function ratio(part: Decimal, whole: Decimal): string {
  return shownQuotient(part, whole.eq(ZERO) ? ONE : whole, RATIO_DECIMALS);
}
