import type { SplitRecord } from "./account-state.ts";
import type { Exchange } from "./exchange.ts";
import { choice, count, listOf, optional } from "./listing.ts";
import { hashText } from "./random.ts";
import { newYorkDate } from "./sessions.ts";
import { datePart } from "./timestamps.ts";

const ACTIONS_BY_DEFAULT = 100;
const MOST_ACTIONS = 1_000;

/** The answer of `GET /v1/corporate-actions`: the splits of the requested days, by default today's. @throws Refusal */
export function corporateActions({ clock, state }: Exchange, query: URLSearchParams): Record<string, unknown> {
  const ids = listOf(query, "ids");
  const found =
    ids.length > 0 ? state.splits.filter(({ id }) => ids.includes(id)) : inQuestion(state.splits, query, newYorkDate(clock.now()));
  if (choice(query, "sort", ["asc", "desc"], "asc") === "desc") found.reverse();
  const { page, next } = pageOf(found, query);
  const forward = page.filter(isForward).map(forwardView);
  const reverse = page.filter((split) => !isForward(split)).map(reverseView);
  return {
    corporate_actions: { ...(forward.length > 0 && { forward_splits: forward }), ...(reverse.length > 0 && { reverse_splits: reverse }) },
    next_page_token: next,
  };
}

function inQuestion(splits: readonly SplitRecord[], query: URLSearchParams, today: string): SplitRecord[] {
  const symbols = listOf(query, "symbols");
  const types = listOf(query, "types");
  const start = optional(query, "start", datePart) ?? today;
  const end = optional(query, "end", datePart) ?? today;
  return splits.filter(
    (split) =>
      (symbols.length === 0 || symbols.includes(split.symbol)) &&
      (types.length === 0 || types.includes(isForward(split) ? "forward_split" : "reverse_split")) &&
      split.date >= start &&
      split.date <= end,
  );
}

/** A page's token is the id of its last action. */
function pageOf(splits: readonly SplitRecord[], query: URLSearchParams): { page: SplitRecord[]; next: string | null } {
  const token = query.get("page_token") ?? "";
  const from = token === "" ? 0 : splits.findIndex(({ id }) => id === token) + 1;
  const limit = count(query, "limit", ACTIONS_BY_DEFAULT, MOST_ACTIONS);
  const page = splits.slice(from, from + limit);
  return { page, next: from + limit < splits.length ? (page.at(-1)?.id ?? null) : null };
}

function isForward({ newRate, oldRate }: SplitRecord): boolean {
  return newRate.gt(oldRate);
}

function forwardView(split: SplitRecord): Record<string, unknown> {
  return { ...common(split), cusip: cusipOf(split.symbol), due_bill_redemption_date: split.date };
}

function reverseView(split: SplitRecord): Record<string, unknown> {
  return { ...common(split), old_cusip: cusipOf(split.symbol), new_cusip: cusipOf(`${split.symbol} ${split.date}`) };
}

function common({ date, id, newRate, oldRate, symbol }: SplitRecord): Record<string, unknown> {
  const days = { ex_date: date, payable_date: date, process_date: date, record_date: date };
  return { id, symbol, new_rate: Number(newRate.toFixed()), old_rate: Number(oldRate.toFixed()), ...days };
}

/** Nine characters that identify a security inside the simulator only. */
function cusipOf(text: string): string {
  return String(hashText(text) % 1_000_000_000).padStart(9, "0");
}
