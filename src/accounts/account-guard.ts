import type { Account } from "../domain/broker.ts";
import type { AlpacaConfig, TradingMode } from "../domain/config.ts";
import type { Ledger } from "../domain/ledger.ts";

/** The account according to the settings. */
export interface AccountSettings {
  readonly mode: TradingMode;
  /** LIVE_TRADING_ACCOUNT; needed in live mode, checked in shadow mode if it is set. */
  readonly liveTradingAccount: string | undefined;
}

/**
 * Whether an account may be traded (R27). Keys are easily swapped between two accounts, and a ledger with
 * the history of one account must never trade another.
 * @returns why not, with a hint; `undefined` when it may be traded.
 */
export function accountRefusal(
  config: AccountSettings,
  ledger: Pick<Ledger, "pinnedAccount">,
  account: Pick<Account, "number">,
): { reason: string; hint: string } | undefined {
  const named = config.mode === "live" || (config.mode === "shadow" && config.liveTradingAccount !== undefined);
  if (named && config.liveTradingAccount !== account.number) {
    return {
      reason: `The keys belong to account ${account.number}, but LIVE_TRADING_ACCOUNT is ${config.liveTradingAccount ?? "not set"}.`,
      hint: "Set LIVE_TRADING_ACCOUNT to the number of the account to trade, or use that account's keys.",
    };
  }
  const pinned = ledger.pinnedAccount();
  if (pinned !== undefined && pinned.number !== account.number) {
    return {
      reason: `This ledger trades for account ${pinned.number}, but the keys belong to account ${account.number}.`,
      hint: `If the change is intended, run \`alpaca-trader account --pin ${account.number}\`. Otherwise check the keys.`,
    };
  }
  return undefined;
}

/** Name of an account's lock on this machine (R26): the same number at another venue is another account. */
export function accountLockName({ tradingUrl }: Pick<AlpacaConfig, "tradingUrl">, number: string): string {
  return `${new URL(tradingUrl).host}-${number}`;
}
