import { dayProfit, type DayProfit } from "../performance/returns.ts";
import { toText } from "../domain/decimal.ts";
import type { AccountReading } from "./account-reading.ts";
import type { AccountContext } from "./account-summary.ts";
import { dollarsOrNull, fractionOrNull, textOrNull } from "./json-values.ts";
import type { PricedHolding } from "./profit-report.ts";
import { readSubAccounts, type SubAccount } from "../accounts/read-sub-accounts.ts";

/** The current account. Value formats as in json-values.ts. */
export interface AccountReport {
  readonly number: string;
  readonly status: string;
  /** The venue's blocks on trading, such as `trading_blocked`; empty when there is none. */
  readonly blocks: readonly string[];
  readonly equity: string;
  readonly last_equity: string | null;
  readonly cash: string;
  readonly buying_power: string;
  readonly positions: readonly HoldingReport[];
  /** Equity less last equity less deposits since; `null` when deposits are not known. */
  readonly day_profit: string | null;
  /** As a fraction of last equity. */
  readonly day_return: string | null;
  /** Deposits less withdrawals since the last close. */
  readonly day_flows: string | null;
}

export interface HoldingReport {
  readonly symbol: string;
  readonly quantity: string;
  readonly price: string | null;
  readonly value: string;
  readonly average_price: string | null;
  readonly unrealised: string | null;
}

export function holdingsOf({ positions }: AccountReading): PricedHolding[] {
  return positions.map(({ symbol, quantity, averageEntryPrice, currentPrice }) => ({
    symbol,
    quantity,
    averagePrice: averageEntryPrice,
    price: currentPrice,
  }));
}

/** `undefined` when deposits or the last equity are not known. */
export function dayOf({ account, flowsSinceClose: flows }: AccountReading): DayProfit | undefined {
  const { equity, lastEquity, lastEquityKnown } = account;
  return flows === undefined || lastEquityKnown === false ? undefined : dayProfit({ equity, lastEquity, flows });
}

/** The account with its day's profit: deposits do not count as profit. */
export function accountReport(reading: AccountReading): AccountReport {
  const { account, positions, flowsSinceClose: flows } = reading;
  const { number, status, blocks, equity, lastEquity, lastEquityKnown, cash, buyingPower } = account;
  const day = dayOf(reading);
  const ordered = [...positions].sort((one, other) => other.marketValue.cmp(one.marketValue));
  return {
    number,
    status,
    blocks,
    equity: toText(equity),
    last_equity: lastEquityKnown === false ? null : toText(lastEquity),
    cash: toText(cash),
    buying_power: toText(buyingPower),
    positions: ordered.map((position) => ({
      symbol: position.symbol,
      quantity: toText(position.quantity),
      price: position.currentPrice === undefined ? null : toText(position.currentPrice),
      value: toText(position.marketValue),
      average_price: position.averageEntryPrice === undefined ? null : toText(position.averageEntryPrice),
      unrealised: dollarsOrNull(position.unrealizedProfit),
    })),
    day_profit: dollarsOrNull(day?.amount),
    day_return: fractionOrNull(day?.fraction),
    day_flows: dollarsOrNull(flows),
  };
}

/** `account --json`. */
export interface AccountDocument {
  readonly schema: 1;
  readonly mode: string;
  readonly broker: string;
  /** The account that this installation trades for; `null` until it first trades. */
  readonly pinned_account: string | null;
  readonly account: AccountReport;
  /** What could not be read, one sentence each. */
  readonly problems: readonly string[];
}

export function accountDocument(reading: AccountReading, where: AccountContext, pinned: string | undefined): AccountDocument {
  return {
    schema: 1,
    mode: where.mode,
    broker: where.brokerName,
    pinned_account: pinned ?? null,
    account: accountReport(reading),
    problems: reading.problems,
  };
}

/** The sub-account of one strategy since the ledger began, to the cent (R32). Value formats as in json-values.ts. */
export interface StrategyReport {
  /** `unattributed` holds what no strategy caused; all sub-accounts add up to the account. */
  readonly name: string;
  readonly value: string;
  /** Sale proceeds less purchase costs. */
  readonly cash: string;
  /** `null` in the unattributed sub-account, like `profit`. */
  readonly realised: string | null;
  readonly unrealised: string;
  readonly profit: string | null;
  readonly positions: readonly { readonly symbol: string; readonly quantity: string; readonly cost: string; readonly value: string }[];
}

/** Every current sub-account; closed positions are left out. */
export function strategyReports(ledger: Parameters<typeof readSubAccounts>[0], { account, positions }: AccountReading): StrategyReport[] {
  return readSubAccounts(ledger, account, positions).map(strategyReport);
}

function strategyReport({ name, marketValue, cash, realised, unrealised, profit, positions }: SubAccount): StrategyReport {
  return {
    name,
    value: toText(marketValue),
    cash: toText(cash),
    realised: textOrNull(realised),
    unrealised: toText(unrealised),
    profit: textOrNull(profit),
    positions: positions.flatMap(({ symbol, quantity, cost, marketValue: value }) =>
      quantity.toFixed() === "0" ? [] : [{ symbol, quantity: toText(quantity), cost: toText(cost), value: toText(value) }],
    ),
  };
}
