/** Which account the ledger trades for, and what it knows about that account. */
export interface AccountStore {
  pinnedAccount(): PinnedAccount | undefined;
  /** @param mark what ids of orders name the account by; default: they do not name it. */
  pinAccount(number: string, at: number, mark?: string): void;
  /** Whether an order of this ledger was ever filled in the account, at least in part. */
  hasTraded(account: string): boolean;
  /** When the owner said that everything held in the account may be traded (R27). */
  adoptedAt(account: string): number | undefined;
  recordAdoption(account: string, at: number): void;
  /** Of those `symbols` that were ever seen, the id of the asset that each one stood for last. */
  assetIds(symbols: readonly string[]): Map<string, string>;
  /** Writes only what has changed. */
  recordAssetIds(ids: ReadonlyMap<string, string>, at: number): void;

  /** Records an open order with our prefix that this ledger did not send (R24). */
  recordStranger(stranger: StrangerOrder): void;
  /** Client order ids of those met in a session. */
  strangersMet(session: string): string[];
}

export interface PinnedAccount {
  readonly number: string;
  readonly pinnedAt: number;
  /** What ids of this ledger's orders name the account by; `undefined`: they do not name it. */
  readonly mark: string | undefined;
}

/** An open order with our prefix that this ledger did not send. */
export interface StrangerOrder {
  readonly clientOrderId: string;
  /** New York date, `YYYY-MM-DD`. */
  readonly session: string;
  readonly at: number;
}
