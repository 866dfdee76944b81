import type { IntentRecord } from "../domain/ledger/orders.ts";
import { isNewest } from "../execution/orders/attempts.ts";

/**
 * How far a phase is: `2 of 5 bought`. A symbol counts once, however many orders it took, and its newest order decides.
 * @param orders all orders of the phase, of any state.
 * @param planned how many symbols the plan has, where not all of their orders are there yet.
 */
export function phaseProgress(phase: IntentRecord["phase"], orders: readonly IntentRecord[], planned = 0): string {
  const newest = orders.filter((order) => isNewest(order, orders));
  const filled = newest.filter(({ state, status }) => state === "done" && status === "filled").length;
  return `${String(filled)} of ${String(Math.max(planned, newest.length))} ${phase === "selling" ? "sold" : "bought"}`;
}
