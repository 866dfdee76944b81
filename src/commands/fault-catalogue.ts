import type { Style } from "../reporting/style.ts";
import { left, table } from "../reporting/table.ts";
import { COMMON_PARAMETERS, FAULT_MENU } from "../simulator/faults.ts";

const COMMON_MEANING: Readonly<Record<string, string>> = {
  share: "apply to this share of the matching requests, from 0 to 1",
  nth: "apply only to the n-th of them",
  times: "apply at most this many times; 0 for no limit",
  after: "start after this many seconds",
  for: "end after this many seconds; 0 for never",
};

/** The list for a terminal: name, meaning, own parameters with defaults, and the common parameters. */
export function faultCatalogue(style: Style): string[] {
  const rows = FAULT_MENU.map(({ description, name, parameters }) => [
    name,
    description,
    parameters.map((parameter) => `${parameter.name}=${parameter.byDefault}`).join(","),
  ]);
  const common = COMMON_PARAMETERS.map(({ byDefault, name }) => [`${name}=${byDefault}`, COMMON_MEANING[name] ?? ""]);
  return [
    ...table(left("fault", "what goes wrong", "parameters"), rows, style, ""),
    "",
    "Every fault also accepts:",
    ...table(left("", ""), common, style),
    "",
    'Put parameters after a colon: --fault "slow-answer:ms=3000,share=0.2". The option may be repeated.',
  ];
}
