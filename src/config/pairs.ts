import { ONE } from "../portfolio/money.ts";
import type { Problem } from "./problems.ts";
import type { SettingValues } from "./settings.ts";

/** Settings that are fine alone and impossible together. */
export function checkPairs(values: SettingValues, problems: Problem[]): void {
  for (const check of [bandAndReserve, timeouts, settling, orderValues, symbolLists]) {
    const found = check(values);
    if (found !== undefined) problems.push({ name: found[0], text: found.join(" ") });
  }
}

type Found = readonly [name: string, text: string] | undefined;

function bandAndReserve({ DRIFT_BAND_PERCENT: band, CASH_RESERVE_PERCENT: reserve }: SettingValues): Found {
  if (band === undefined || reserve === undefined || band.plus(reserve).lt(ONE)) return undefined;
  return ["DRIFT_BAND_PERCENT", "and CASH_RESERVE_PERCENT make 100 or more together, so that nothing would ever be traded; expected less"];
}

function timeouts({ ORDER_TIMEOUT_SECONDS: order, EXECUTION_DEADLINE_SECONDS: whole }: SettingValues): Found {
  if (order === undefined || whole === undefined || order < whole) return undefined;
  return [
    "ORDER_TIMEOUT_SECONDS",
    `is ${order}, but the whole execution may take only ${whole} (EXECUTION_DEADLINE_SECONDS); expected less`,
  ];
}

function settling({ BATCH_SETTLE_SECONDS: settle, SIGNAL_MAX_AGE_SECONDS: age }: SettingValues): Found {
  if (settle === undefined || age === undefined || settle < age) return undefined;
  return ["BATCH_SETTLE_SECONDS", `is ${settle}, by when a signal is stale (SIGNAL_MAX_AGE_SECONDS is ${age}); expected less`];
}

function orderValues({ MIN_TRADE_VALUE: least, MAX_ORDER_VALUE: most }: SettingValues): Found {
  if (least === undefined || most === undefined || least.lte(most)) return undefined;
  return ["MAX_ORDER_VALUE", `is ${most.toFixed()}, less than MIN_TRADE_VALUE (${least.toFixed()}); expected at least that`];
}

function symbolLists({ PROTECTED_SYMBOLS: untouched, ALLOWED_SYMBOLS: allowed }: SettingValues): Found {
  const both = [...(untouched ?? [])].filter((symbol) => allowed?.has(symbol) === true);
  if (both.length === 0) return undefined;
  return ["PROTECTED_SYMBOLS", `and ALLOWED_SYMBOLS both hold ${both.join(", ")}; expected each symbol in one of them`];
}
