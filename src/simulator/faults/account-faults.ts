import type { AccountFlags } from "../account-state.ts";
import type { Exchange } from "../exchange.ts";
import { replacedBy, parameter, ANY_SYMBOL, lasting, type FaultContext, type FaultHooks, type FaultKind } from "./kind.ts";

/** Faults of the whole venue. They start at once or, with `nth`, at the nth accepted order, and last until they end. */
export const ACCOUNT_FAULTS: readonly FaultKind[] = [
  {
    name: "price-jump",
    description: "prices are multiplied by `factor`, of one symbol or of all; with nth, in the middle of a plan",
    parameters: [ANY_SYMBOL, parameter("factor", "number", "1.1")],
    inject: priceJump,
  },
  {
    name: "account-blocked",
    description: "the account is blocked from trading",
    parameters: [parameter("by", ["trading_blocked", "account_blocked", "trade_suspended", "status"], "trading_blocked")],
    inject: accountBlocked,
  },
  {
    name: "market-closed",
    description: "trading stops during a session; orders queue until it resumes",
    parameters: [],
    inject: ({ exchange, ...context }) =>
      lasting({ exchange, ...context }, () => {
        exchange.haltTrading();
        return () => exchange.resumeTrading();
      }),
  },
];

function priceJump(context: FaultContext): FaultHooks {
  const { exchange, settings } = context;
  const factor = settings.amount("factor");
  return lasting(context, () => {
    const symbol = settings.text("symbol");
    const symbols = symbol === "any" ? [...exchange.state.assets.keys()] : [symbol];
    for (const each of symbols) exchange.scalePrice(each, factor);
    return () => {
      for (const each of symbols) exchange.scalePrice(each, factor, "undo");
    };
  });
}

function accountBlocked(context: FaultContext): FaultHooks {
  return lasting(context, () => block(context.exchange, context.settings.text("by")));
}

const BLOCKS = {
  trading_blocked: { tradingBlocked: true },
  account_blocked: { accountBlocked: true },
  status: { status: "ACCOUNT_UPDATED" },
} as const satisfies Readonly<Record<string, Partial<AccountFlags>>>;

/** @returns a function that restores the one value that was changed. */
function block(exchange: Exchange, by: string): () => void {
  if (by === "trade_suspended") {
    const { suspendTrade } = exchange.state.settings;
    exchange.setSettings({ suspendTrade: true });
    return () => exchange.setSettings({ suspendTrade });
  }
  const change = BLOCKS[by as keyof typeof BLOCKS];
  const before = replacedBy<AccountFlags>(change, exchange.state.flags);
  exchange.setFlags(change);
  return () => exchange.setFlags(before);
}
