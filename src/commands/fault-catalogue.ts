import type { Style } from "../reporting/style.ts";
import { table } from "../reporting/table.ts";
import { COMMON_PARAMETERS, FAULT_MENU } from "../simulator/faults.ts";

const TITLES = ["fault", "what goes wrong", "parameters"];
const COMMON_MEANING: Readonly<Record<string, string>> = {
  share: "strike on this share of the occasions that fit, from 0 to 1",
  nth: "strike on the n-th of them only",
  times: "strike at most so many times; 0 for no limit",
  after: "come on after so many seconds",
  for: "end after so many seconds; 0 for never",
};

/** The menu for a terminal: name, what it does, its own parameters with their defaults, and those that all have. */
export function faultCatalogue(style: Style): string[] {
  const rows = FAULT_MENU.map(({ description, name, parameters }) => [
    { text: name },
    { text: description },
    { text: parameters.map((parameter) => `${parameter.name}=${parameter.byDefault}`).join(",") },
  ]);
  const common = COMMON_PARAMETERS.map(({ byDefault, name }) => [{ text: `${name}=${byDefault}` }, { text: COMMON_MEANING[name] ?? "" }]);
  const columns = (titles: readonly string[]): { title: string; align: "left" }[] => titles.map((title) => ({ title, align: "left" }));
  return [
    ...table(columns(TITLES), rows, style, ""),
    "",
    "Every fault also takes:",
    ...table(columns(["", ""]), common, style),
    "",
    'Parameters follow a colon: --fault "slow-answer:ms=3000,share=0.2". The option may be repeated.',
  ];
}
