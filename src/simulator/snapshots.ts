import type { Exchange } from "./exchange.ts";
import { malformed, notFound } from "./refusals.ts";
import type { Steering } from "./steered-clock.ts";
import { type Answer, ok, pathRest, type RouteRequest } from "./wire.ts";

interface Snapshot {
  readonly at: number;
  readonly state: string;
}

/** The name of the state with which the venue began. */
const START = "start";
const MOST_SNAPSHOTS = 100;
const LONGEST_NAME = 64;

/** States of an exchange to return to, so that each of many tests begins with the same account. */
export class Snapshots {
  readonly #exchange: Exchange;
  readonly #steering: Steering | undefined;
  readonly #kept = new Map<string, Snapshot>();

  /** @param steering of the exchange's clock, which then returns to the time of a snapshot too. */
  constructor(exchange: Exchange, steering?: Steering) {
    this.#exchange = exchange;
    this.#steering = steering;
  }

  take(name: string): Record<string, unknown> {
    if (!this.#kept.has(name) && this.#kept.size >= MOST_SNAPSHOTS) throw malformed(`at most ${String(MOST_SNAPSHOTS)} snapshots are kept`);
    const snapshot = { at: this.#exchange.clock.now(), state: this.#exchange.serialize() };
    this.#kept.set(name, snapshot);
    return shown(name, snapshot);
  }

  /** `/simulator/snapshots` and `/simulator/reset`; `undefined` for another path. @throws Refusal */
  route({ body, method, path }: RouteRequest): Answer | undefined {
    switch (`${method} ${pathRest(path, "/simulator/") ?? ""}`) {
      case "GET snapshots":
        return ok([...this.#kept].map(([name, snapshot]) => shown(name, snapshot)));
      case "POST snapshots":
        return ok(this.take(nameIn(body.name, "name")));
      case "POST reset":
        return ok(this.#reset(body.snapshot === undefined ? START : nameIn(body.snapshot, "snapshot")));
      default:
        return undefined;
    }
  }

  /** The first state, for a reset without a name. */
  begin(): this {
    this.take(START);
    return this;
  }

  #reset(name: string): Record<string, unknown> {
    const snapshot = this.#kept.get(name);
    if (snapshot === undefined) throw notFound(`no snapshot ${name}`);
    if (this.#steering !== undefined && this.#exchange.clock.now() > snapshot.at) this.#steering.moveTo(snapshot.at);
    this.#exchange.restore(snapshot.state);
    return shown(name, snapshot);
  }
}

function shown(name: string, { at }: Snapshot): Record<string, unknown> {
  return { name, at: new Date(at).toISOString() };
}

function nameIn(value: unknown, field: string): string {
  if (typeof value !== "string" || value === "" || value.length > LONGEST_NAME)
    throw malformed(`${field} must be a text of 1 to ${String(LONGEST_NAME)} characters`);
  return value;
}
