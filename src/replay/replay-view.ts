import type { OrderRequest } from "../domain/broker.ts";
import { formatDollars, formatQuantity } from "../domain/format.ts";
import { ZERO } from "../domain/decimal.ts";
import type { Decimal } from "../domain/decimal.ts";
import { formatInstant, formatTimeOfDay } from "../domain/time-format.ts";
import type { Style } from "../reporting/style.ts";
import { left, right, table } from "../reporting/table.ts";
import { ASSUMPTION } from "./assumed-venue.ts";
import type { PlayedTape } from "./player.ts";
import { resultText } from "./player.ts";
import type { SentOrder } from "./replaying-surroundings.ts";
import type { Replay } from "./replay.ts";
import type { Parting } from "./tape-reader.ts";
import type { TapeCut } from "./tape.ts";

/** A longer request is cut: its beginning says which one it is. */
const LONGEST_REQUEST = 240;

const CUTS: Record<TapeCut, string> = {
  stopped: "its process ended, so the recording ends before the execution does",
  full: "the room for a recording was used up, so it ends before the execution does",
};

/** What a view needs beyond the replay. */
export interface ReplayFormat {
  readonly style: Style;
  /** IANA zone that instants are shown in. */
  readonly zone: string;
}

/** The result of a replay with the recorded settings. */
export function replayLines(execution: string, replay: Replay, { style, zone }: ReplayFormat): string[] {
  const orders = replay.played.flatMap(({ replayed }) => replayed);
  const last = replay.played.at(-1);
  return [
    ...headLines(execution, replay, zone),
    ...orderLines(orders, { style, zone }),
    ...(replay.isSame ? sameLines(replay, last) : partedLines(replay, { style, zone })),
  ];
}

/** What other settings would have changed. @param changes as they were given. */
export function whatIfLines(execution: string, replay: Replay, changes: readonly string[], { style, zone }: ReplayFormat): string[] {
  const last = replay.played.at(-1);
  const recorded = replay.played.flatMap((each) => each.recorded);
  const replayed = replay.played.flatMap((each) => each.replayed);
  const head = [...headLines(execution, replay, zone), `What if ${changes.join(" and ")}?`];
  if (replay.isSame || last?.assumedFrom === undefined)
    return [
      ...head,
      "Nothing would have been different: the engine asks for the same, up to the end of the recording.",
      ...orderLines(replayed, { style, zone }),
    ];
  const at = formatTimeOfDay(last.assumedFrom, zone);
  const until =
    last.parting === undefined
      ? [`The recording ends at ${at} without an end of the execution.`]
      : [`From ${at} the recording says nothing more: the engine asks for something else.`, ...partingLines(last.parting)];
  return [
    ...head,
    ...until,
    `Assumed from there on: ${ASSUMPTION}.`,
    "",
    ...comparedLines(recorded, replayed, style),
    "",
    `Recorded: ${resultText(last.recordedResult)}`,
    `With this: ${resultText(last.result)}`,
  ];
}

function headLines(execution: string, { played, tapes }: Replay, zone: string): string[] {
  const [first] = played;
  const processes = tapes === 1 ? "" : ` ${String(tapes)} processes worked on it; each has its own part.`;
  const began = first === undefined ? "" : `, recorded from ${formatInstant(first.tape.start.now, zone)}`;
  return [`Replay of execution ${execution}${began}.${processes}`];
}

function orderLines(orders: readonly SentOrder[], { style, zone }: ReplayFormat): string[] {
  if (orders.length === 0) return ["No order was sent."];
  const rows = orders.map(({ at, request }) => [
    formatTimeOfDay(at, zone),
    request.side,
    request.symbol,
    amountText(request),
    request.clientOrderId,
  ]);
  return table([...left("Sent", "Side", "Symbol"), ...right("Amount"), ...left("Client order id")], rows, style);
}

function sameLines({ played, joins }: Replay, last: PlayedTape | undefined): string[] {
  const count = played.reduce((sum, { replayed }) => sum + replayed.length, 0);
  const orders = count === 1 ? "1 order" : `${String(count)} orders`;
  const cut = last?.tape.cut;
  const end = cut === undefined ? `and comes to the same end, ${resultText(last?.result)}` : `as far as the recording goes: ${CUTS[cut]}`;
  return [
    `Same: the engine sends the same ${orders}, byte for byte, ${end}`.replace(/([^.])$/, "$1."),
    ...joinLines(joins),
    ...openLines(played),
  ];
}

function joinLines(joins: Replay["joins"]): string[] {
  return joins.flatMap(({ unseen }, index) => {
    if (unseen.length === 0) return [`Part ${String(index + 2)} begins with exactly the orders that part ${String(index + 1)} ends with.`];
    return [
      `Part ${String(index + 1)} was last written some seconds before its process ended. What happened to ${unseen.join(", ")} in between is known from part ${String(index + 2)}.`,
    ];
  });
}

function openLines(played: readonly PlayedTape[]): string[] {
  const open = played.reduce((sum, { tape }) => sum + tape.start.open, 0);
  return open === 0 ? [] : [`Requests that were open when the recording began, and are not in it: ${String(open)}.`];
}

function partedLines(replay: Replay, { zone }: ReplayFormat): string[] {
  const parting = replay.played.find((each) => each.parting !== undefined)?.parting;
  const lost = replay.joins.flatMap((join) => join.lost);
  if (parting === undefined)
    return lost.length === 0
      ? ["Different: the orders are not the same."]
      : [`Different: the next process did not know ${lost.join(", ")}, which had been sent before.`];
  return [
    `Different: the replay leaves the recording at ${formatTimeOfDay(parting.at, zone)}.`,
    ...partingLines(parting),
    ...openLines(replay.played),
  ];
}

function partingLines({ recorded, replayed }: Parting): string[] {
  return [`  recorded: ${shortened(recorded)}`, `  replayed: ${shortened(replayed)}`];
}

function shortened(request: string | undefined): string {
  if (request === undefined) return "nothing at this time";
  return request.length <= LONGEST_REQUEST ? request : `${request.slice(0, LONGEST_REQUEST)}…`;
}

/** By symbol and side: what was ordered then, and what would be ordered. */
function comparedLines(recorded: readonly SentOrder[], replayed: readonly SentOrder[], style: Style): string[] {
  const keys = [...new Set([...recorded, ...replayed].map(({ request }) => `${request.side} ${request.symbol}`))];
  const rows = keys.map((key) => {
    const of = (orders: readonly SentOrder[]): string =>
      amountsText(orders.filter(({ request }) => `${request.side} ${request.symbol}` === key));
    return [key, of(recorded), of(replayed)];
  });
  return rows.length === 0
    ? ["No order was sent then, and none would be."]
    : table([...left("Order"), ...right("Recorded", "With this")], rows, style);
}

function amountsText(orders: readonly SentOrder[]): string {
  const sum = (of: (request: OrderRequest) => Decimal | undefined): Decimal =>
    orders.reduce((total, { request }) => total.plus(of(request) ?? ZERO), ZERO);
  const [shares, dollars] = [sum(({ quantity }) => quantity), sum(({ notional }) => notional)];
  const parts = [...(shares.gt(ZERO) ? [formatQuantity(shares)] : []), ...(dollars.gt(ZERO) ? [formatDollars(dollars)] : [])];
  const tries = orders.length > 1 ? ` (${String(orders.length)} orders)` : "";
  return parts.length === 0 ? "–" : `${parts.join(" + ")}${tries}`;
}

function amountText({ quantity, notional, limitPrice }: OrderRequest): string {
  const amount = notional === undefined ? formatQuantity(quantity ?? ZERO) : formatDollars(notional);
  return limitPrice === undefined ? amount : `${amount} at ${formatDollars(limitPrice)}`;
}
