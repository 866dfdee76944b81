import { z } from "zod";
import type { AnnouncedSplit } from "../domain/broker.ts";
import { optional, read, text, UnreadableAnswer, withDefault } from "./wire.ts";

const date = z.string().regex(/^\d{4}-\d{2}-\d{2}/);
const list = withDefault(z.array(z.looseObject({ symbol: text, ex_date: date })), []);
/** A unit split gives its shares a new symbol. */
const unitSplits = withDefault(z.array(z.looseObject({ old_symbol: text, effective_date: date })), []);

const answerSchema = z.looseObject({
  corporate_actions: z.looseObject({ forward_splits: list, reverse_splits: list, stock_dividends: list, unit_splits: unitSplits }),
  next_page_token: optional(z.string()),
});

/**
 * @throws UnreadableAnswer also for a list with another page: an incomplete list would look like proof that there
 * is no split.
 */
export function toAnnouncedSplits(json: unknown): AnnouncedSplit[] {
  const { corporate_actions: actions, next_page_token: more } = read(answerSchema, json);
  if (more !== undefined) throw new UnreadableAnswer("the list of corporate actions has more than one page");
  return [
    ...[...actions.forward_splits, ...actions.reverse_splits, ...actions.stock_dividends].map((split) => ({
      symbol: split.symbol,
      session: split.ex_date.slice(0, 10),
    })),
    ...actions.unit_splits.map((split) => ({ symbol: split.old_symbol, session: split.effective_date.slice(0, 10) })),
  ];
}
