import { ACCOUNT_FAULTS } from "./faults/account-faults.ts";
import { ANSWER_FAULTS } from "./faults/answer-faults.ts";
import { DATA_STREAM_FAULTS } from "./faults/data-stream-faults.ts";
import { FEED_FAULTS } from "./faults/feed-faults.ts";
import type { FaultKind, FaultParameter } from "./faults/kind.ts";
import { LAG_FAULTS } from "./faults/lag-faults.ts";
import { ORDER_FAULTS } from "./faults/order-faults.ts";
import { faultOf, type FaultSpec, parametersOf, readFault } from "./faults/parse.ts";
import { PAUSE_FAULTS } from "./faults/pause-faults.ts";
import { QUOTE_FAULTS } from "./faults/quote-faults.ts";
import { ROW_FAULTS } from "./faults/row-faults.ts";
import { SETTING_FAULTS } from "./faults/setting-faults.ts";
import { SPLIT_FAULTS } from "./faults/split-faults.ts";
import { STALE_LISTS } from "./faults/stale-lists.ts";
import { STREAM_FAULTS } from "./faults/stream-faults.ts";

export { COMMON_MEANINGS, COMMON_PARAMETERS } from "./faults/parse.ts";
export type { FaultSpec } from "./faults/parse.ts";

/** Every fault the simulator offers, each modelled on something real venues have done. */
export const FAULT_MENU: readonly FaultKind[] = [
  ...ANSWER_FAULTS,
  ...ORDER_FAULTS,
  STALE_LISTS,
  ...STREAM_FAULTS,
  ...DATA_STREAM_FAULTS,
  ...QUOTE_FAULTS,
  ...ACCOUNT_FAULTS,
  ...SPLIT_FAULTS,
  ...LAG_FAULTS,
  ...PAUSE_FAULTS,
  ...FEED_FAULTS,
  ...ROW_FAULTS,
  ...SETTING_FAULTS,
];

/**
 * A fault from `name` or `name:parameter=value,…`, as on the command line.
 * @throws TraderError naming the mistake and the nearest correct name.
 */
export function parseFault(text: string): FaultSpec {
  return readFault(text, FAULT_MENU);
}

/** A fault from a name and its parameters. @throws TraderError */
export function faultNamed(name: string, parameters: Readonly<Record<string, string>> = {}): FaultSpec {
  return faultOf(name, Object.entries(parameters), FAULT_MENU);
}

export interface MenuEntry {
  readonly name: string;
  readonly description: string;
  readonly parameters: readonly Pick<FaultParameter, "name" | "form" | "byDefault">[];
}

export function faultMenu(): MenuEntry[] {
  return FAULT_MENU.map((kind) => ({ name: kind.name, description: kind.description, parameters: parametersOf(kind) }));
}
