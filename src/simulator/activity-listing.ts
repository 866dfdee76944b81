import type { Activity } from "./account-state.ts";
import { timeFilter } from "./listing.ts";
import { choice, count, listOf, optional, optionalId } from "./parameters.ts";
import { malformed } from "./refusals.ts";
import { datePart } from "./timestamps.ts";

const MOST_ACTIVITIES = 100;
const CATEGORIES = ["trade_activity", "non_trade_activity"] as const;
const ID = /^\d{17}::.+$/;
/** The types that Alpaca documents. */
export const ACTIVITY_TYPES: readonly string[] = (
  "FILL TRANS MISC ACATC ACATS CFEE CGD CSD CSW DIV DIVCGL DIVCGS DIVFEE DIVFT DIVNRA DIVROC DIVTW DIVTXEX FEE FOPT INT INTNRA " +
  "INTTW JNL JNLC JNLS MA NC OCT OPASN OPCA OPCSH OPEXC OPEXP OPTRD PTC PTR REORG SPIN SPLIT"
).split(" ");

/**
 * One page of `GET /v2/account/activities`, by id, newest first; `page_token` is the last id of the previous page.
 * @param type of the path; `undefined` for the parameter `activity_types`, or all.
 * @throws Refusal for a parameter that cannot be read.
 */
export function listActivities(activities: readonly Activity[], query: URLSearchParams, type?: string): Activity[] {
  const types = typesOf(type === undefined ? listOf(query, "activity_types") : [type]);
  const category = optional(query, "category", (text) => CATEGORIES.find((each) => each === text));
  if (category !== undefined && types.length > 0) throw malformed("only one of activity_types or category is accepted");
  const orderId = optionalId(query, "order_id");
  const date = optional(query, "date", datePart);
  const within = timeFilter(query, "after", "until");
  const descending = choice(query, "direction", ["asc", "desc"], "desc") === "desc";
  const token = optional(query, "page_token", (text) => (ID.test(text) ? text : undefined));
  const isNext = ({ id }: Activity): boolean => token === undefined || (descending ? id < token : id > token);
  const found = activities.filter((activity) => {
    const at = activity.transaction_time ?? activity.created_at ?? "";
    return (
      (types.length === 0 || types.includes(activity.activity_type)) &&
      (category === undefined || (activity.activity_type === "FILL") === (category === "trade_activity")) &&
      (orderId === undefined || activity.order_id === orderId) &&
      (date === undefined || at.startsWith(date)) &&
      within(at) &&
      isNext(activity)
    );
  });
  found.sort(({ id: one }, { id: other }) => (one < other ? -1 : Number(one > other)) * (descending ? -1 : 1));
  return found.slice(0, count(query, "page_size", MOST_ACTIVITIES, MOST_ACTIVITIES));
}

function typesOf(asked: readonly string[]): readonly string[] {
  const unknown = asked.find((type) => !ACTIVITY_TYPES.includes(type));
  if (unknown !== undefined) throw malformed(`invalid activity type: ${unknown}`);
  return asked;
}
