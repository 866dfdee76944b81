import type { AccountSettings } from "../account-state.ts";
import type { AssetRecord } from "../assets.ts";
import type { Exchange } from "../exchange.ts";
import { Refusal } from "../refusals.ts";
import type { FaultContext, FaultHooks, FaultKind } from "./kind.ts";
import { lasting } from "./lasting.ts";

const ACCOUNT = {
  "fractions-off": { fractionalTrading: false },
  "orders-off": { suspendTrade: true },
  "margin-2": { maxMarginMultiplier: "2" },
  "margin-4": { maxMarginMultiplier: "4" },
} as const satisfies Readonly<Record<string, Partial<AccountSettings>>>;
const ASSET = {
  partnership: { attributes: ["ptp_no_exception"] },
  "whole-only": { fractionable: false },
  "no-margin": { marginRequirement: 100 },
  inactive: { status: "inactive", tradable: false },
  "not-tradable": { tradable: false },
} as const satisfies Readonly<Record<string, Partial<AssetRecord>>>;

/** Settings of the account or an asset, and external use of the account's money. */
export const SETTING_FAULTS: readonly FaultKind[] = [
  {
    name: "account-set",
    description: "the account has other settings: no fractions, no orders, another margin multiplier",
    parameters: [{ name: "to", form: Object.keys(ACCOUNT), byDefault: "fractions-off" }],
    inject: (context) => lasting(context, () => setAccount(context.exchange, context.settings.text("to"))),
  },
  {
    name: "asset-set",
    description: "an asset is of another kind: a partnership, whole shares only, 100 % margin, inactive",
    parameters: [
      { name: "symbol", form: "symbol", byDefault: "UVXY" },
      { name: "to", form: Object.keys(ASSET), byDefault: "partnership" },
    ],
    inject: ({ exchange, settings, ...rest }) =>
      lasting({ exchange, settings, ...rest }, () => setAsset(exchange, settings.text("symbol"), settings.text("to"))),
  },
  {
    name: "money-moved",
    description: "money comes or goes: a deposit, a withdrawal or a fee; with nth, in the middle of an execution",
    parameters: [
      { name: "by", form: ["deposit", "withdrawal", "fee"], byDefault: "deposit" },
      { name: "amount", form: "dollars", byDefault: "5000" },
    ],
    inject: (context) =>
      lasting(context, () => {
        moveMoney(context);
        return () => undefined;
      }),
  },
  {
    name: "bought-by-hand",
    description: "an external market buy for `dollars`; with nth, in the middle of an execution",
    parameters: [
      { name: "symbol", form: "symbol", byDefault: "AAPL" },
      { name: "amount", form: "dollars", byDefault: "500" },
    ],
    inject: boughtByHand,
  },
];

function setAccount(exchange: Exchange, to: string): () => void {
  const before = { ...exchange.state.settings };
  const change: Partial<AccountSettings> = ACCOUNT[to as keyof typeof ACCOUNT];
  exchange.setSettings(change);
  return () => exchange.setSettings(Object.fromEntries(Object.keys(change).map((key) => [key, before[key as keyof AccountSettings]])));
}

function setAsset(exchange: Exchange, symbol: string, to: string): () => void {
  const before = exchange.state.assets.get(symbol);
  const change: Partial<AssetRecord> = ASSET[to as keyof typeof ASSET];
  exchange.setAsset(symbol, change);
  return () => exchange.setAsset(symbol, Object.fromEntries(Object.keys(change).map((key) => [key, before?.[key as keyof AssetRecord]])));
}

/** A withdrawal that exceeds the cash does not happen. */
function moveMoney({ exchange, settings }: FaultContext): void {
  const amount = settings.text("amount");
  unlessRefused(() => {
    if (settings.text("by") === "fee") exchange.charge(amount);
    else exchange.transfer(settings.text("by") === "deposit" ? amount : `-${amount}`);
  });
}

/** Deferred: the order must not be placed inside the order event that triggers it. */
function boughtByHand(context: FaultContext): FaultHooks {
  const { exchange, settings, later } = context;
  return lasting(context, () => {
    later(0, () => {
      unlessRefused(() => {
        exchange.submit({
          symbol: settings.text("symbol"),
          side: "buy",
          type: "market",
          time_in_force: "day",
          notional: settings.text("amount"),
        });
      });
    });
    return () => undefined;
  });
}

function unlessRefused(run: () => void): void {
  try {
    run();
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown;
  }
}
