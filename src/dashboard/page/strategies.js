/** @import { DashboardData } from "../../reporting/dashboard-data.ts" */
import { byId, el, fill, table } from "./elements.js";
import { change, dollars, toned } from "./words.js";

/** Profit and loss of each strategy. @param {Omit<DashboardData, "equity">} data */
export function showStrategies({ strategies }) {
  fill(byId("strategies"), strategies, () => {
    if (strategies === null) return el("p", { class: "quiet" }, "Unknown while the account cannot be read.");
    return table(
      "Profit and loss of each strategy",
      [
        { title: "Strategy" },
        { title: "Profit", kind: "number" },
        { title: "Realised", kind: "number" },
        { title: "Unrealised", kind: "number" },
        { title: "Value", kind: "number", wide: true },
      ],
      strategies.map(({ name, profit: earned, realised, unrealised, value }) => [
        name,
        toned(change(earned), earned),
        toned(change(realised), realised),
        toned(change(unrealised), unrealised),
        dollars(value),
      ]),
    );
  });
}
