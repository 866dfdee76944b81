import { decimal, ONE } from "../domain/decimal.ts";
import { formatWeight } from "../domain/format.ts";
import { counted } from "../reporting/figures.ts";
import type { BacktestResult } from "./result.ts";

/** `Back-test of nuclear 60 %, tecl 40 %, 2020-01-02 to 2024-12-31, 1258 sessions`. */
export function headline({ strategies, period }: Pick<BacktestResult, "strategies" | "period">): string {
  const named = strategies.map(({ name, share }) => (decimal(share).eq(ONE) ? name : `${name} ${formatWeight(decimal(share))}`)).join(", ");
  return `Back-test of ${named}, ${period.first_session} to ${period.last_session}, ${counted(period.sessions, "session")}`;
}

/** How it was traded, in one or two sentences. */
export function markText({ trade_at, cost_bps }: Pick<BacktestResult, "trade_at" | "cost_bps">): string {
  const cost = `${cost_bps} basis points cost per trade`;
  return trade_at === "open"
    ? `Decided on earlier closes, traded at the open; ${cost}.`
    : `Decided and traded at the same close (look-ahead); ${cost}.`;
}
