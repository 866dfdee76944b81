import type { SplitRecord } from "./account-state.ts";
import type { Exchange } from "./exchange.ts";
import { canonicalId, choice, choices, count, listOf, optional } from "./parameters.ts";
import { hashText } from "./random.ts";
import { Refusal } from "./refusals.ts";
import { newYorkDate } from "./sessions.ts";
import { datePart } from "./timestamps.ts";

const ACTIONS_BY_DEFAULT = 100;
const MOST_ACTIONS = 1_000;
/** Parameters that cannot be combined with `ids`. */
const FILTERS = ["symbols", "cusips", "types", "start", "end", "region", "data_quality"] as const;
const TYPES = [
  "reverse_split",
  "forward_split",
  "unit_split",
  "cash_dividend",
  "stock_dividend",
  "spin_off",
  "cash_merger",
  "stock_merger",
  "stock_and_cash_merger",
  "redemption",
  "name_change",
  "worthless_removal",
  "rights_distribution",
  "partial_call",
  "reorganization",
] as const;

/** The answer of `GET /v1/corporate-actions`: the splits of the requested days, by default today's. @throws Refusal */
export function corporateActions({ clock, state }: Exchange, query: URLSearchParams): Record<string, unknown> {
  const ids = listOf(query, "ids").map(canonicalId);
  const filter = FILTERS.find((name) => (query.get(name) ?? "") !== "");
  if (ids.length > 0 && filter !== undefined) throw new Refusal(400, { message: `only one of ids or ${filter} is accepted` });
  const inQuestion = splitsOf(query, newYorkDate(clock.now()));
  const found = state.splits.filter((split) => (ids.length > 0 ? ids.includes(split.id) : inQuestion(split)));
  if (choice(query, "sort", ["asc", "desc"], "asc") === "desc") found.reverse();
  const { page, next } = pageOf(found, query);
  const forward = page.filter(isForward).map(forwardView);
  const reverse = page.filter((split) => !isForward(split)).map(reverseView);
  return {
    corporate_actions: { ...(forward.length > 0 && { forward_splits: forward }), ...(reverse.length > 0 && { reverse_splits: reverse }) },
    next_page_token: next,
  };
}

/** Whether a request covers a split. Every split here is of the region `us` and complete. */
function splitsOf(query: URLSearchParams, today: string): (split: SplitRecord) => boolean {
  const symbols = listOf(query, "symbols");
  const cusips = listOf(query, "cusips");
  const types = choices(query, "types", TYPES);
  const region = choice(query, "region", ["us", "non_us", "all"], "us");
  choice(query, "data_quality", ["complete", "all"], "complete");
  const start = optional(query, "start", datePart) ?? today;
  const end = optional(query, "end", datePart) ?? today;
  return (split) =>
    region !== "non_us" &&
    (symbols.length === 0 || symbols.includes(split.symbol)) &&
    (cusips.length === 0 || cusipsOf(split).some((cusip) => cusips.includes(cusip))) &&
    (types.length === 0 || types.includes(isForward(split) ? "forward_split" : "reverse_split")) &&
    split.date >= start &&
    split.date <= end;
}

/** A page's token is the id of its last action. */
function pageOf(splits: readonly SplitRecord[], query: URLSearchParams): { page: SplitRecord[]; next: string | null } {
  const from = optional(query, "page_token", (token) => splits.findIndex(({ id }) => id === token) + 1 || undefined) ?? 0;
  const limit = count(query, "limit", ACTIONS_BY_DEFAULT, MOST_ACTIONS);
  const page = splits.slice(from, from + limit);
  return { page, next: from + limit < splits.length ? (page.at(-1)?.id ?? null) : null };
}

function isForward({ newRate, oldRate }: SplitRecord): boolean {
  return newRate.gt(oldRate);
}

function forwardView(split: SplitRecord): Record<string, unknown> {
  return { ...common(split), cusip: cusipsOf(split)[0], due_bill_redemption_date: split.date };
}

function reverseView(split: SplitRecord): Record<string, unknown> {
  const [old_cusip, new_cusip] = cusipsOf(split);
  return { ...common(split), old_cusip, new_cusip };
}

function common({ date, id, newRate, oldRate, symbol }: SplitRecord): Record<string, unknown> {
  const days = { ex_date: date, payable_date: date, process_date: date, record_date: date };
  return { id, symbol, new_rate: Number(newRate.toFixed()), old_rate: Number(oldRate.toFixed()), ...days };
}

/** The old one and, after a reverse split, the new one. */
function cusipsOf(split: SplitRecord): string[] {
  return [split.symbol, ...(isForward(split) ? [] : [`${split.symbol} ${split.date}`])].map(cusipOf);
}

/** Nine characters that identify a security inside the simulator only. */
function cusipOf(text: string): string {
  return String(hashText(text) % 1_000_000_000).padStart(9, "0");
}
