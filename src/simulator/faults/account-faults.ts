import type { Exchange } from "../exchange.ts";
import type { FaultContext, FaultHooks, FaultKind } from "./kind.ts";
import { lasting } from "./lasting.ts";

/** Faults of the whole venue. They start at once or, with `nth`, at the nth accepted order, and last until they end. */
export const ACCOUNT_FAULTS: readonly FaultKind[] = [
  {
    name: "price-jump",
    description: "prices are multiplied by `factor`, of one symbol or of all; with nth, in the middle of a plan",
    parameters: [
      { name: "symbol", form: "symbol", byDefault: "any" },
      { name: "factor", form: "number", byDefault: "1.1" },
    ],
    inject: priceJump,
  },
  {
    name: "account-blocked",
    description: "the account is blocked from trading",
    parameters: [{ name: "by", form: ["trading_blocked", "account_blocked", "trade_suspended", "status"], byDefault: "trading_blocked" }],
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

/** @returns a function that restores the one value that was changed. */
function block(exchange: Exchange, by: string): () => void {
  const { accountBlocked, status, tradingBlocked } = exchange.state.flags;
  const { suspendTrade } = exchange.state.settings;
  switch (by) {
    case "account_blocked":
      exchange.setFlags({ accountBlocked: true });
      return () => exchange.setFlags({ accountBlocked });
    case "trade_suspended":
      exchange.setSettings({ suspendTrade: true });
      return () => exchange.setSettings({ suspendTrade });
    case "status":
      exchange.setFlags({ status: "ACCOUNT_UPDATED" });
      return () => exchange.setFlags({ status });
    default:
      exchange.setFlags({ tradingBlocked: true });
      return () => exchange.setFlags({ tradingBlocked });
  }
}
