import { parseDecimal, ZERO } from "../domain/decimal.ts";
import { malformed } from "./refusals.ts";
import { hashText, uuidFor } from "./random.ts";
import { datePart } from "./timestamps.ts";

/** Those without which an action of the type means nothing, by the specification's schemas; rates are numbers. */
interface ActionFields {
  /** The name of its list in the answer. */
  readonly list: string;
  readonly required: readonly string[];
  readonly optional: readonly string[];
  /** Dates that are the process date where the request names none. */
  readonly dates: readonly string[];
}

const SPLIT_DATES = ["ex_date", "record_date", "payable_date"];
const MERGED = ["acquirer_symbol", "acquirer_rate", "acquiree_symbol", "acquiree_rate"];
const MERGER_DATES = ["effective_date", "payable_date"];

export const ACTION_TYPES = {
  reverse_split: kind("reverse_splits", ["symbol", "new_rate", "old_rate"], SPLIT_DATES, ["new_symbol"]),
  forward_split: kind("forward_splits", ["symbol", "new_rate", "old_rate"], [...SPLIT_DATES, "due_bill_redemption_date"]),
  unit_split: kind(
    "unit_splits",
    ["old_symbol", "old_rate", "new_symbol", "new_rate", "alternate_symbol", "alternate_rate"],
    ["effective_date", "payable_date"],
  ),
  cash_dividend: kind("cash_dividends", ["symbol", "rate"], SPLIT_DATES, ["special", "foreign", "sub_type"]),
  stock_dividend: kind("stock_dividends", ["symbol", "rate"], SPLIT_DATES),
  spin_off: kind("spin_offs", ["source_symbol", "source_rate", "new_symbol", "new_rate"], SPLIT_DATES),
  cash_merger: kind("cash_mergers", ["acquiree_symbol", "rate"], MERGER_DATES, ["acquirer_symbol"]),
  stock_merger: kind("stock_mergers", MERGED, MERGER_DATES),
  stock_and_cash_merger: kind("stock_and_cash_mergers", [...MERGED, "cash_rate"], MERGER_DATES),
  redemption: kind("redemptions", ["symbol", "rate"], ["payable_date"]),
  name_change: kind("name_changes", ["old_symbol", "new_symbol"], []),
  worthless_removal: kind("worthless_removals", ["symbol"], []),
  rights_distribution: kind("rights_distributions", ["source_symbol", "new_symbol", "rate"], [...SPLIT_DATES, "expiration_date"]),
  partial_call: kind("partial_calls", ["symbol"], ["payable_date", "record_date"], ["price", "dividend_rate", "lottery_type"]),
  reorganization: kind("reorganizations", ["symbol"], MERGER_DATES, ["cash_rate"]),
} as const satisfies Readonly<Record<string, ActionFields>>;

export type ActionType = keyof typeof ACTION_TYPES;

/** A corporate action as `/v1/corporate-actions` lists it. */
export interface Announcement {
  readonly type: ActionType;
  readonly view: Readonly<Record<string, unknown>> & { readonly id: string; readonly process_date: string };
}

/**
 * Reads `{type, …}` with the fields of the specification. Missing dates are `today`, missing CUSIPs made up.
 * @throws Refusal naming the field.
 */
export function readAnnouncement({ type: name, ...fields }: Readonly<Record<string, unknown>>, today: string): Announcement {
  const type = (Object.keys(ACTION_TYPES) as ActionType[]).find((each) => each === name);
  if (type === undefined) throw malformed(`type must be one of ${Object.keys(ACTION_TYPES).join(", ")}`);
  const { dates, optional, required }: ActionFields = ACTION_TYPES[type];
  const known = [...required, ...optional, ...dates, "process_date", "currency"];
  const unknown = Object.keys(fields).find((field) => !known.includes(field) && !/(^|_)(cusip|isin)$/.test(field));
  if (unknown !== undefined) throw malformed(`${type} has no field ${unknown}`);
  const missing = required.find((field) => fields[field] === undefined);
  if (missing !== undefined) throw malformed(`${missing} is required`);
  const given = Object.fromEntries(Object.entries(fields).map(([field, value]) => [field, read(field, value)]));
  const process_date = typeof given.process_date === "string" ? given.process_date : today;
  const view = {
    ...cusipsOf(type, required, given, process_date),
    ...(type === "cash_dividend" && { special: false, foreign: false }),
    ...Object.fromEntries(dates.map((field) => [field, process_date])),
    ...given,
    process_date,
  };
  return { type, view: { id: uuidFor(`${type} ${JSON.stringify(view)}`), ...view } };
}

/** Nine characters that identify a security inside the simulator only. */
export function cusipOf(text: string): string {
  return String(hashText(text) % 1_000_000_000).padStart(9, "0");
}

/** Next to each symbol, as in `old_cusip` for `old_symbol`; a reverse split gives its symbol another one. */
function cusipsOf(type: ActionType, required: readonly string[], given: Readonly<Record<string, unknown>>, date: string): object {
  const symbol = String(given.symbol);
  if (type === "reverse_split") return { old_cusip: cusipOf(symbol), new_cusip: cusipOf(`${symbol} ${date}`) };
  const fields = required.filter((field) => field.endsWith("symbol"));
  return Object.fromEntries(fields.map((field) => [field.replace(/symbol$/, "cusip"), cusipOf(String(given[field]))]));
}

function kind(list: string, required: readonly string[], dates: readonly string[], optional: readonly string[] = []): ActionFields {
  return { list, required, dates, optional };
}

/** A field's form follows from its name. */
function read(field: string, value: unknown): unknown {
  if (/(^|_)(rate|price)$/.test(field)) {
    const amount = typeof value === "number" || typeof value === "string" ? parseDecimal(String(value)) : undefined;
    if (amount?.gt(ZERO) !== true) throw malformed(`${field} must be a number above 0`);
    return Number(amount.toFixed());
  }
  if (field === "special" || field === "foreign") {
    if (typeof value !== "boolean") throw malformed(`${field} must be true or false`);
    return value;
  }
  if (typeof value !== "string" || value === "") throw malformed(`${field} must be a string`);
  if (field.endsWith("_date") && (value.length !== "yyyy-mm-dd".length || datePart(value) === undefined))
    throw malformed(`${field} must be a date, YYYY-MM-DD`);
  return value;
}
