import type { Account } from "../../domain/broker.ts";
import { decimal, ONE, ZERO } from "../../domain/decimal.ts";
import { formatDollars } from "../../domain/format.ts";
import type { PhaseSummary } from "../../domain/ledger/summaries.ts";
import type { AccountSnapshot } from "../preparation/account-snapshot.ts";

/** A smaller gap, as a fraction of the base, is not named at the end. */
const WORTH_NAMING = decimal("0.01");

/** ` Missing: UVXY $24,700.00 of $73,500.00.`, or nothing where every leg is near enough. */
export function lackText({ base, lines, pledge }: PhaseSummary, { positions, account }: AccountSnapshot): string {
  const least = decimal(base).times(WORTH_NAMING);
  const missing = lines.flatMap(({ symbol, targetValue }) => {
    const held = positions.find((position) => position.symbol === symbol)?.marketValue ?? ZERO;
    const lack = decimal(targetValue).minus(held);
    return lack.lte(least) ? [] : [`${symbol} ${formatDollars(lack)} of ${formatDollars(decimal(targetValue))}`];
  });
  if (missing.length === 0) return "";
  const isForLackOfCash = pledge === undefined && lines.some(({ leftAlone }) => leftAlone === "insufficient-cash");
  return ` Missing: ${missing.join(", ")}. ${isForLackOfCash ? powerText(account) : ""}`.trimEnd();
}

/** Says that buying power is what lacks, and not cash: the account would otherwise seem to have enough. */
export function powerText({ buyingPower, cash }: Pick<Account, "buyingPower" | "cash">): string {
  if (cash.minus(buyingPower).lte(ONE)) return "";
  return `The broker shows ${formatDollars(cash)} of cash, but only ${formatDollars(buyingPower)} of buying power.`;
}
