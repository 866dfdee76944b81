/** @import { DashboardData } from "../../reporting/dashboard-data.ts" */
import { byId, figures, fill } from "./elements.js";
import { change, dollars, percent, percentChange, toned } from "./words.js";

/** Equity, cash and today's result. @param {Omit<DashboardData, "equity">} data */
export function showAccount({ account }) {
  fill(byId("account"), account, () => {
    if (account === null) return "The account has not been read yet.";
    const idle = Number(account.cash) / Number(account.equity);
    return figures([
      [
        "Equity",
        dollars(account.equity),
        account.status === "ACTIVE" ? `account ${account.number}` : `account ${account.number}: ${account.status}`,
      ],
      [
        "Today's P/L (excl. deposits)",
        toned(change(account.day_profit), account.day_profit),
        toned(percentChange(account.day_return), account.day_return),
      ],
      ["Cash", dollars(account.cash), Number.isFinite(idle) ? `${percent(idle)} of the account` : null],
      ["Buying power", dollars(account.buying_power)],
      account.day_flows === null || Number(account.day_flows) === 0 ? null : ["Deposits today", change(account.day_flows)],
    ]);
  });
}
