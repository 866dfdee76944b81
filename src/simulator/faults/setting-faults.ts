import type { AccountSettings } from "../account-state.ts";
import type { AssetRecord } from "../assets.ts";
import type { Exchange } from "../exchange.ts";
import { Refusal } from "../refusals.ts";
import { replacedBy, parameter, lasting, type FaultContext, type FaultHooks, type FaultKind } from "./kind.ts";

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
    parameters: [parameter("to", Object.keys(ACCOUNT), "fractions-off")],
    inject: (context) => lasting(context, () => setAccount(context.exchange, context.settings.text("to"))),
  },
  {
    name: "asset-set",
    description: "an asset is of another kind: a partnership, whole shares only, 100 % margin, inactive",
    parameters: [parameter("symbol", "symbol", "UVXY"), parameter("to", Object.keys(ASSET), "partnership")],
    inject: (context) => lasting(context, () => setAsset(context.exchange, context.settings.text("symbol"), context.settings.text("to"))),
  },
  {
    name: "money-moved",
    description: "money comes or goes: a deposit, a withdrawal or a fee; with nth, in the middle of an execution",
    parameters: [parameter("by", ["deposit", "withdrawal", "fee"], "deposit"), parameter("amount", "dollars", "5000")],
    inject: (context) =>
      lasting(context, () => {
        moveMoney(context);
        return () => undefined;
      }),
  },
  {
    name: "bought-by-hand",
    description: "an external market buy for `dollars`; with nth, in the middle of an execution",
    parameters: [parameter("symbol", "symbol", "AAPL"), parameter("amount", "dollars", "500")],
    inject: boughtByHand,
  },
];

function setAccount(exchange: Exchange, to: string): () => void {
  const change: Partial<AccountSettings> = ACCOUNT[to as keyof typeof ACCOUNT];
  const before = replacedBy(change, exchange.state.settings);
  exchange.setSettings(change);
  return () => exchange.setSettings(before);
}

function setAsset(exchange: Exchange, symbol: string, to: string): () => void {
  const change: Partial<AssetRecord> = ASSET[to as keyof typeof ASSET];
  const before = replacedBy(change, exchange.state.assets.get(symbol) ?? {});
  exchange.setAsset(symbol, change);
  return () => exchange.setAsset(symbol, before);
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
        const [symbol, notional] = [settings.text("symbol"), settings.text("amount")];
        exchange.submit({ symbol, side: "buy", type: "market", time_in_force: "day", notional });
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
