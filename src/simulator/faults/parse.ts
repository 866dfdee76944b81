import { TraderError } from "../../domain/errors.ts";
import { ONE, parseDecimal, ZERO, type Decimal } from "../../domain/decimal.ts";
import { parameter, FaultSettings, type FaultKind, type FaultParameter, type ParameterForm } from "./kind.ts";
import { editDistance } from "../../domain/edit-distance.ts";

export interface FaultSpec {
  readonly kind: FaultKind;
  readonly settings: FaultSettings;
}

const HINT = "`alpaca-trader simulator --fault list` shows every fault with its parameters.";

export const COMMON_PARAMETERS: readonly FaultParameter[] = [
  parameter("share", "share", "1"),
  parameter("nth", "whole", "0"),
  parameter("times", "whole", "0"),
  parameter("after", "seconds", "0"),
  parameter("for", "seconds", "0"),
];

export const COMMON_MEANINGS: Readonly<Record<string, string>> = {
  share: "apply to this share of the matching requests, from 0 to 1",
  nth: "apply only to the n-th of them",
  times: "apply at most this many times; 0 for no limit",
  after: "start after this many seconds",
  for: "end after this many seconds; 0 for never",
};

/** Reads `name` or `name:parameter=value,parameter=value`. @throws TraderError naming the mistake and the nearest correct name. */
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
  if (kind === undefined) throw usage(`There is no fault "${name}"${suggestion(name, menu)}`);
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
  if (parameter === undefined) throw usage(`The fault ${kind.name} has no parameter "${name}"${suggestion(name, parameters)}`);
  const { expected, fits } = formOf(parameter.form);
  if (!fits(value)) throw usage(`${name} of the fault ${kind.name} is "${value}"; expected ${expected}.`);
  return [name, value];
}

interface Form {
  readonly expected: string;
  readonly fits: (value: string) => boolean;
}

const whole = (value: string): boolean => /^\d{1,9}$/.test(value);
const numberThat =
  (isGood: (number: Decimal) => boolean) =>
  (value: string): boolean => {
    const number = parseDecimal(value);
    return number !== undefined && isGood(number);
  };

const FORMS: Readonly<Record<Extract<ParameterForm, string>, Form>> = {
  share: { expected: "a number from 0 to 1", fits: numberThat((number) => number.gte(ZERO) && number.lte(ONE)) },
  whole: { expected: "a whole number", fits: whole },
  milliseconds: { expected: "a whole number of milliseconds", fits: whole },
  seconds: { expected: "a number of seconds", fits: numberThat((number) => number.gte(ZERO)) },
  number: { expected: "a number above 0", fits: numberThat((number) => number.gt(ZERO)) },
  dollars: { expected: "a dollar amount", fits: numberThat((number) => number.gte(ZERO)) },
  text: { expected: "text", fits: (value) => value !== "" },
  symbol: { expected: "a symbol in capital letters, or any,", fits: (value) => /^[A-Z0-9][A-Z0-9.]{0,9}$/.test(value) || value === "any" },
};

function formOf(form: ParameterForm): Form {
  if (typeof form === "string") return FORMS[form];
  return { expected: `one of ${form.join(", ")}`, fits: (value) => form.includes(value) };
}

/** The known name that is nearest, unless more than half of the given one would change. */
function suggestion(name: string, known: readonly { readonly name: string }[]): string {
  const ranked = known.map((each) => ({ nearest: each.name, changes: editDistance(name.toLowerCase(), each.name) }));
  const [best] = ranked.sort((first, second) => first.changes - second.changes);
  return best !== undefined && best.changes <= Math.max(1, name.length / 2) ? `; did you mean ${best.nearest}?` : ".";
}

function usage(message: string): TraderError {
  return new TraderError(message, { code: "usage", hint: HINT });
}
