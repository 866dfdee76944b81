import { TraderError } from "../../domain/errors.ts";
import { ONE, parseDecimal, ZERO } from "../../domain/decimal.ts";
import type { FaultKind, FaultParameter, ParameterForm } from "./kind.ts";
import { nearestName } from "./nearest.ts";
import { FaultSettings } from "./settings.ts";

/** A fault with its parameters, ready to inject. */
export interface FaultSpec {
  readonly kind: FaultKind;
  readonly settings: FaultSettings;
}

const HINT = "`alpaca-trader simulator --fault list` shows every fault with its parameters.";

/** Parameters that every fault accepts. */
export const COMMON_PARAMETERS: readonly FaultParameter[] = [
  { name: "share", form: "share", byDefault: "1" },
  { name: "nth", form: "whole", byDefault: "0" },
  { name: "times", form: "whole", byDefault: "0" },
  { name: "after", form: "seconds", byDefault: "0" },
  { name: "for", form: "seconds", byDefault: "0" },
];

/**
 * Reads `name` or `name:parameter=value,parameter=value`.
 * @throws TraderError naming the mistake and the nearest correct name.
 */
export function readFault(text: string, menu: readonly FaultKind[]): FaultSpec {
  const colon = text.indexOf(":");
  const name = (colon < 0 ? text : text.slice(0, colon)).trim();
  const rest = colon < 0 ? "" : text.slice(colon + 1);
  const given = rest
    .split(",")
    .filter((part) => part.trim() !== "")
    .map((part): [string, string] => {
      const sign = part.indexOf("=");
      if (sign < 0) throw usage(`"${part.trim()}" in the fault "${text}" has no value; write ${part.trim()}=….`);
      return [part.slice(0, sign).trim(), part.slice(sign + 1).trim()];
    });
  return faultOf(name, given, menu);
}

/** Like {@link readFault}, from a name and its parameters. @throws TraderError */
export function faultOf(name: string, given: Iterable<readonly [string, string]>, menu: readonly FaultKind[]): FaultSpec {
  const kind = menu.find((each) => each.name === name);
  if (kind === undefined) {
    const nearest = nearestName(
      name,
      menu.map((each) => each.name),
    );
    throw usage(`There is no fault "${name}"${suggestion(nearest)}`);
  }
  const parameters = parametersOf(kind);
  const values = new Map(parameters.map(({ name: parameter, byDefault }) => [parameter, byDefault]));
  for (const [parameter, value] of given) values.set(...checked(kind, parameter, value, parameters));
  return { kind, settings: new FaultSettings(values) };
}

/** A fault's own parameters and the common ones; its own default overrides a common one. */
export function parametersOf(kind: FaultKind): readonly FaultParameter[] {
  const own = new Set(kind.parameters.map(({ name }) => name));
  return [...kind.parameters, ...COMMON_PARAMETERS.filter(({ name }) => !own.has(name))];
}

function checked(kind: FaultKind, name: string, value: string, parameters: readonly FaultParameter[]): [string, string] {
  const parameter = parameters.find((each) => each.name === name);
  if (parameter === undefined) {
    const nearest = nearestName(
      name,
      parameters.map((each) => each.name),
    );
    throw usage(`The fault ${kind.name} has no parameter "${name}"${suggestion(nearest)}`);
  }
  if (!fits(parameter.form, value)) {
    throw usage(`${name} of the fault ${kind.name} is "${value}"; expected ${expected(parameter.form)}.`);
  }
  return [name, value];
}

function fits(form: ParameterForm, value: string): boolean {
  if (typeof form !== "string") return form.includes(value);
  const number = parseDecimal(value);
  switch (form) {
    case "text":
      return value !== "";
    case "share":
      return number !== undefined && number.gte(ZERO) && number.lte(ONE);
    case "whole":
    case "milliseconds":
      return /^\d{1,9}$/.test(value);
    case "seconds":
    case "dollars":
      return number?.gte(ZERO) === true;
    case "number":
      return number?.gt(ZERO) === true;
    case "symbol":
      return /^[A-Z0-9][A-Z0-9.]{0,9}$/.test(value) || value === "any";
  }
}

function expected(form: ParameterForm): string {
  if (typeof form !== "string") return `one of ${form.join(", ")}`;
  switch (form) {
    case "share":
      return "a number from 0 to 1";
    case "whole":
      return "a whole number";
    case "milliseconds":
      return "a whole number of milliseconds";
    case "seconds":
      return "a number of seconds";
    case "number":
      return "a number above 0";
    case "dollars":
      return "a dollar amount";
    case "text":
      return "text";
    case "symbol":
      return "a symbol in capital letters, or any,";
  }
}

function suggestion(nearest: string | undefined): string {
  return nearest === undefined ? "." : `; did you mean ${nearest}?`;
}

function usage(message: string): TraderError {
  return new TraderError(message, { code: "usage", hint: HINT });
}
