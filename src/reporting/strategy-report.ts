import { readSubAccounts, type SubAccount } from "../accounts/read-sub-accounts.ts";
import { toText } from "../domain/decimal.ts";
import type { AccountReading } from "./account-reading.ts";
import { textOrNull } from "./json-values.ts";

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
