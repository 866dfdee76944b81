import type { Account } from "../domain/broker.ts";
import type { AlpacaConfig, TradingMode } from "../domain/config.ts";
import type { Ledger } from "../domain/ledger.ts";

/** Whose account it is by the settings. */
export interface AccountSettings {
  readonly mode: TradingMode;
  /** LIVE_TRADING_ACCOUNT; counts in live mode. */
  readonly liveTradingAccount: string | undefined;
}

/**
 * Which account may be traded (R27). Keys are easily swapped between two accounts; a ledger full of one
 * account's history must never steer another one.
 * @returns why not, with a hint; `undefined` when it may.
 */
export function accountRefusal(
  config: AccountSettings,
  ledger: Pick<Ledger, "pinnedAccount">,
  account: Pick<Account, "number">,
): { reason: string; hint: string } | undefined {
  if (config.mode === "live" && config.liveTradingAccount !== account.number) {
    return {
      reason: `The keys belong to account ${account.number}, but LIVE_TRADING_ACCOUNT says ${config.liveTradingAccount ?? "nothing"}.`,
      hint: "Set LIVE_TRADING_ACCOUNT to the number of the account you mean, or use that account's keys.",
    };
  }
  const pinned = ledger.pinnedAccount();
  if (pinned !== undefined && pinned.number !== account.number) {
    return {
      reason: `This ledger trades for account ${pinned.number}, but the keys belong to account ${account.number}.`,
      hint: `If the change is meant, run \`alpaca-trader account --pin ${account.number}\`; otherwise check the keys.`,
    };
  }
  return undefined;
}

/** What the lock of an account is called on this machine (R26): the same number at another venue is another account. */
export function accountLockName({ tradingUrl }: Pick<AlpacaConfig, "tradingUrl">, number: string): string {
  return `${new URL(tradingUrl).host}-${number}`;
}
