import type { SubAccount } from "../accounts/read-sub-accounts.ts";
import { readSubAccounts } from "../accounts/read-sub-accounts.ts";
import { toText } from "../domain/decimal.ts";
import type { AccountReading } from "./account-reading.ts";
import { textOrNull } from "./json-values.ts";

/** The book of one strategy since the beginning of the ledger, to the cent (R32). Forms of values as in json-values.ts. */
export interface StrategyReport {
  /** `unattributed` holds what no strategy brought about; all books add up to the account. */
  readonly name: string;
  readonly value: string;
  /** What its sales brought less what its purchases took. */
  readonly cash: string;
  /** `null` in the unattributed book, as `profit` is. */
  readonly realised: string | null;
  readonly unrealised: string;
  readonly profit: string | null;
  readonly positions: readonly { readonly symbol: string; readonly quantity: string; readonly cost: string; readonly value: string }[];
}

/** Every book as it stands; what is not held any more is left out of its positions. */
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
