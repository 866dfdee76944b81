import type { IntentRecord } from "../domain/ledger/orders.ts";
import { lineOf } from "./codec.ts";
import type { PlayedTape } from "./player.ts";
import { playTape } from "./player.ts";
import type { SentOrder } from "./replaying-surroundings.ts";
import type { RecordedSettings, Tape } from "./tape.ts";

/** What the engine does with a recording, tape by tape. */
export interface Replay {
  /** Those that were played: with other settings, the first that the engine leaves is the last. */
  readonly played: readonly PlayedTape[];
  /** How many processes worked on the execution. */
  readonly tapes: number;
  /** Between two tapes: what the second process found, compared with what the first had left. */
  readonly joins: readonly Join[];
  /** It sends the same orders, byte for byte, and comes to the same end, as far as the recording goes. */
  readonly isSame: boolean;
}

/** From one process to the next. */
export interface Join {
  /** Orders that the next process knew, and that the recording of the one before does not show any more. */
  readonly unseen: readonly string[];
  /** What the next process should have known, but did not. */
  readonly lost: readonly string[];
}

/** Replays a recording with its own settings. @throws TraderError when the recording is damaged. */
export async function replay(tapes: readonly Tape[]): Promise<Replay> {
  const played: PlayedTape[] = [];
  for (const tape of tapes) {
    const one = await playTape(tape);
    played.push(one);
    if (one.parting !== undefined) break;
  }
  const joins = played.slice(1).flatMap((next, index) => {
    const before = played[index];
    return before === undefined ? [] : [joinOf(before, next)];
  });
  const isSame = played.every((each) => each.parting === undefined && requestsOf(each.recorded) === requestsOf(each.replayed));
  return { played, tapes: tapes.length, joins, isSame: isSame && joins.every(({ lost }) => lost.length === 0) };
}

/**
 * Replays a recording with other settings. As long as the engine makes the same requests, it gets the recorded
 * answers; where it does not, they are assumed, until it ends.
 */
export async function replayWith(tapes: readonly Tape[], change: (settings: RecordedSettings) => RecordedSettings): Promise<Replay> {
  const played: PlayedTape[] = [];
  for (const [index, tape] of tapes.entries()) {
    const assumes = index === tapes.length - 1 ? "where-it-ends" : "where-it-parts";
    const one = await playTape(tape, { settings: change(tape.start.settings), assumes });
    played.push(one);
    if (one.assumedFrom !== undefined) break;
  }
  return { played, tapes: tapes.length, joins: [], isSame: played.every(({ assumedFrom }) => assumedFrom === undefined) };
}

function requestsOf(orders: readonly SentOrder[]): string {
  return lineOf(orders.map(({ request }) => request));
}

/** A record that was sent is in every later state of the ledger. */
function joinOf({ intentsAfter: left }: PlayedTape, { intentsBefore: found }: PlayedTape): Join {
  const known = new Map(left.map((intent) => [intent.clientOrderId, intent]));
  const there = new Map(found.map((intent) => [intent.clientOrderId, intent]));
  const unseen = found.filter((intent) => !known.has(intent.clientOrderId) || known.get(intent.clientOrderId)?.state !== intent.state);
  const lost = left.filter((intent) => wasPosted(intent) && !isSameOrder(intent, there.get(intent.clientOrderId)));
  return { unseen: unseen.map(({ clientOrderId }) => clientOrderId), lost: lost.map(({ clientOrderId }) => clientOrderId) };
}

function wasPosted({ state }: IntentRecord): boolean {
  return state !== "recorded" && state !== "dropped";
}

function isSameOrder(one: IntentRecord, other: IntentRecord | undefined): boolean {
  if (other === undefined) return false;
  const [order, found] = [one, other].map(({ symbol, side, quantity, notional, limitPrice }) => ({
    symbol,
    side,
    quantity,
    notional,
    limitPrice,
  }));
  return lineOf(order) === lineOf(found);
}
