import type { AccountSettings } from "./account-state.ts";
import { settingsView } from "./account-view.ts";
import type { Exchange } from "./exchange.ts";
import { malformed } from "./refusals.ts";
import { type Answer, ok, type RouteRequest } from "./wire.ts";

type Body = RouteRequest["body"];

/** What Alpaca removed on 2026-07-06, with pattern-day-trading: older clients still send it, and it has no effect. */
const REMOVED = ["dtbp_check", "pdt_check"] as const;
const CHECKS: readonly unknown[] = ["entry", "exit", "both", "", null];

/** `PATCH /v2/account/configurations`: null leaves a setting as it is. @throws Refusal for what the simulator does not have. */
export function changeSettings(exchange: Exchange, body: Body): Answer {
  const { settings } = exchange.state;
  for (const name of REMOVED) if (!CHECKS.includes(body[name] ?? null)) throw malformed(`${name} value is invalid`);
  if (oneOf(body, "max_options_trading_level", [0, 1, 2, 3], 0) !== 0) throw malformed("options are not supported here");
  const change: AccountSettings = {
    suspendTrade: flag(body, "suspend_trade", settings.suspendTrade),
    noShorting: flag(body, "no_shorting", settings.noShorting),
    fractionalTrading: flag(body, "fractional_trading", settings.fractionalTrading),
    disableOvernightTrading: flag(body, "disable_overnight_trading", settings.disableOvernightTrading),
    maxMarginMultiplier: oneOf(body, "max_margin_multiplier", ["1", "2", "4"], settings.maxMarginMultiplier),
    ptpNoExceptionEntry: flag(body, "ptp_no_exception_entry", settings.ptpNoExceptionEntry ?? false),
    tradeConfirmEmail: oneOf(body, "trade_confirm_email", ["all", "none"], settings.tradeConfirmEmail),
  };
  exchange.setSettings(change);
  return ok(settingsView(exchange.state));
}

function flag(body: Body, name: string, current: boolean): boolean {
  return oneOf(body, name, [true, false], current);
}

function oneOf<T>(body: Body, name: string, values: readonly T[], current: T): T {
  const asked = body[name];
  if (asked === undefined || asked === null || asked === "") return current;
  const value = values.find((each) => each === asked);
  if (value === undefined) throw malformed(`${name} must be one of ${values.join(", ")}`);
  return value;
}
