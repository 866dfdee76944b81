import type { SplitRecord } from "./account-state.ts";
import { ACTION_TYPES, type ActionType, type Announcement, cusipOf } from "./announcements.ts";
import type { Exchange } from "./exchange.ts";
import { canonicalId, choice, choices, count, listOf, optional } from "./parameters.ts";
import { Refusal } from "./refusals.ts";
import { newYorkDate } from "./sessions.ts";
import { datePart } from "./timestamps.ts";

const ACTIONS_BY_DEFAULT = 100;
const MOST_ACTIONS = 1_000;
/** Parameters that cannot be combined with `ids`. */
const FILTERS = ["symbols", "cusips", "types", "start", "end", "region", "data_quality"] as const;
const TYPES = Object.keys(ACTION_TYPES) as ActionType[];

/** The answer of `GET /v1/corporate-actions`: what is processed on the requested days, by default today. @throws Refusal */
export function corporateActions({ clock, state }: Exchange, query: URLSearchParams): Record<string, unknown> {
  const ids = listOf(query, "ids").map(canonicalId);
  const filter = FILTERS.find((name) => (query.get(name) ?? "") !== "");
  if (ids.length > 0 && filter !== undefined) throw new Refusal(400, { message: `only one of ids or ${filter} is accepted` });
  const inQuestion = actionsOf(query, newYorkDate(clock.now()));
  const all = [...state.splits.map(splitAction), ...state.announcements].sort(byProcessDate);
  const found = all.filter((action) => (ids.length > 0 ? ids.includes(action.view.id) : inQuestion(action)));
  if (choice(query, "sort", ["asc", "desc"], "asc") === "desc") found.reverse();
  const { page, next } = pageOf(found, query);
  const lists: Record<string, unknown[]> = {};
  for (const { type, view } of page) (lists[ACTION_TYPES[type].list] ??= []).push(view);
  return { corporate_actions: lists, next_page_token: next };
}

function byProcessDate(one: Announcement, other: Announcement): number {
  return one.view.process_date < other.view.process_date ? -1 : Number(one.view.process_date > other.view.process_date);
}

/** Whether a request covers an action. Every one here is of the region `us` and complete. */
function actionsOf(query: URLSearchParams, today: string): (action: Announcement) => boolean {
  const symbols = listOf(query, "symbols");
  const cusips = listOf(query, "cusips");
  const types = choices(query, "types", TYPES);
  const region = choice(query, "region", ["us", "non_us", "all"], "us");
  choice(query, "data_quality", ["complete", "all"], "complete");
  const start = optional(query, "start", datePart) ?? today;
  const end = optional(query, "end", datePart) ?? today;
  return ({ type, view }) =>
    region !== "non_us" &&
    (symbols.length === 0 || namesIn(view, "symbol").some((symbol) => symbols.includes(symbol))) &&
    (cusips.length === 0 || namesIn(view, "cusip").some((cusip) => cusips.includes(cusip))) &&
    (types.length === 0 || types.includes(type)) &&
    view.process_date >= start &&
    view.process_date <= end;
}

/** The values of `symbol`, `old_symbol` and so on. */
function namesIn(view: Announcement["view"], what: "symbol" | "cusip"): string[] {
  return Object.entries(view)
    .filter(([field]) => field === what || field.endsWith(`_${what}`))
    .map(([, value]) => String(value));
}

/** A page's token is the id of its last action. */
function pageOf(actions: readonly Announcement[], query: URLSearchParams): { page: Announcement[]; next: string | null } {
  const after = (token: string): number | undefined => actions.findIndex(({ view }) => view.id === token) + 1 || undefined;
  const from = optional(query, "page_token", after) ?? 0;
  const limit = count(query, "limit", ACTIONS_BY_DEFAULT, MOST_ACTIONS);
  const page = actions.slice(from, from + limit);
  return { page, next: from + limit < actions.length ? (page.at(-1)?.view.id ?? null) : null };
}

function splitAction(split: SplitRecord): Announcement {
  const { date, id, newRate, oldRate, symbol } = split;
  const days = { ex_date: date, payable_date: date, process_date: date, record_date: date };
  const common = { id, symbol, new_rate: Number(newRate.toFixed()), old_rate: Number(oldRate.toFixed()), ...days };
  if (newRate.gt(oldRate)) return { type: "forward_split", view: { ...common, cusip: cusipOf(symbol), due_bill_redemption_date: date } };
  return { type: "reverse_split", view: { ...common, old_cusip: cusipOf(symbol), new_cusip: cusipOf(`${symbol} ${date}`) } };
}
