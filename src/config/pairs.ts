import { ONE } from "../domain/decimal.ts";
import type { Problem } from "./problems.ts";
import type { Environment } from "../domain/config.ts";
import { isSet } from "./read-settings.ts";
import type { SettingName, SettingValues } from "./settings.ts";
import { isLoopbackHost } from "./values.ts";

/** Settings that are valid alone but not together. */
export function checkPairs(values: SettingValues, problems: Problem[]): void {
  for (const check of [bandAndReserve, timeouts, repegging, settling, orderValues, symbolLists, openDashboard]) {
    const found = check(values);
    if (found !== undefined) problems.push({ name: found[0], text: found.join(" ") });
  }
}

type Found = readonly [name: string, text: string] | undefined;

function bandAndReserve({ DRIFT_BAND_PERCENT: band, CASH_RESERVE_PERCENT: reserve }: SettingValues): Found {
  if (band === undefined || reserve === undefined || band.plus(reserve).lt(ONE)) return undefined;
  return ["DRIFT_BAND_PERCENT", "and CASH_RESERVE_PERCENT sum to 100 or more, so nothing would ever be traded; expected less"];
}

function timeouts({ ORDER_TIMEOUT_SECONDS: order, EXECUTION_DEADLINE_SECONDS: whole }: SettingValues): Found {
  if (order === undefined || whole === undefined || order < whole) return undefined;
  return [
    "ORDER_TIMEOUT_SECONDS",
    `is ${order}, but the whole execution may take only ${whole} (EXECUTION_DEADLINE_SECONDS); expected less`,
  ];
}

/** Repeated limits of both phases must end before the execution does. */
function repegging({
  LIMIT_REPEG_SECONDS: repeg,
  LIMIT_REPEGS: repegs,
  ORDER_TIMEOUT_SECONDS: order,
  EXECUTION_DEADLINE_SECONDS: whole,
  EXECUTION_STYLE: style,
}: SettingValues): Found {
  if (style !== "limit" || repeg === undefined || repegs === undefined || order === undefined || whole === undefined) return undefined;
  if (repeg > order)
    return ["LIMIT_REPEG_SECONDS", `is ${repeg}, but an order times out after ${order} (ORDER_TIMEOUT_SECONDS); expected at most that`];
  const longest = 2 * repeg * (repegs + 1);
  if (longest < whole) return undefined;
  return [
    "LIMIT_REPEGS",
    `is ${repegs}, so that sells and buys may take ${longest} s with LIMIT_REPEG_SECONDS of ${repeg}, but the whole execution may take only ${whole} (EXECUTION_DEADLINE_SECONDS); expected less`,
  ];
}

function settling({ BATCH_SETTLE_SECONDS: settle, SIGNAL_MAX_AGE_SECONDS: age }: SettingValues): Found {
  if (settle === undefined || age === undefined || settle < age) return undefined;
  return ["BATCH_SETTLE_SECONDS", `is ${settle}, when a signal is already stale (SIGNAL_MAX_AGE_SECONDS is ${age}); expected less`];
}

function orderValues({ MIN_TRADE_VALUE: least, MAX_ORDER_VALUE: most }: SettingValues): Found {
  if (least === undefined || most === undefined || least.lte(most)) return undefined;
  return ["MAX_ORDER_VALUE", `is ${most.toFixed()}, less than MIN_TRADE_VALUE (${least.toFixed()}); expected at least that`];
}

/** A half-configured channel would never send anything. */
export function checkChannels(env: Environment, problems: Problem[]): void {
  const needs = (name: SettingName, other: SettingName): void => {
    if (isSet(env, name) && !isSet(env, other))
      problems.push({ name: other, text: `${other} is unset although ${name} is set; expected both or neither` });
  };
  needs("TELEGRAM_BOT_TOKEN", "TELEGRAM_CHAT_ID");
  needs("TELEGRAM_CHAT_ID", "TELEGRAM_BOT_TOKEN");
  if (isSet(env, "NOTIFY_WEBHOOK_KIND") && !isSet(env, "NOTIFY_WEBHOOK_URL"))
    problems.push({
      name: "NOTIFY_WEBHOOK_URL",
      text: "NOTIFY_WEBHOOK_URL is unset although NOTIFY_WEBHOOK_KIND is set; expected its address",
    });
}

/** Holdings and profit must not be visible to the whole network. */
function openDashboard({ DASHBOARD_HOST: host, DASHBOARD_TOKEN: token }: SettingValues): Found {
  if (host === undefined || isLoopbackHost(host) || token !== "off") return undefined;
  return [
    "DASHBOARD_TOKEN",
    `is off although DASHBOARD_HOST is ${host}, which other machines can reach; expected a token, or unset, or a host such as 127.0.0.1 that only this machine reaches`,
  ];
}

function symbolLists({ PROTECTED_SYMBOLS: untouched, ALLOWED_SYMBOLS: allowed }: SettingValues): Found {
  const both = [...(untouched ?? [])].filter((symbol) => allowed?.has(symbol) === true);
  if (both.length === 0) return undefined;
  return ["PROTECTED_SYMBOLS", `and ALLOWED_SYMBOLS both hold ${both.join(", ")}; expected each symbol in one of them`];
}
