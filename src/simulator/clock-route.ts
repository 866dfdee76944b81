import type { Clock } from "../domain/clock.ts";
import { malformed } from "./refusals.ts";
import type { Steering } from "./steered-clock.ts";
import { millisOf } from "./timestamps.ts";
import { type Answer, ok, type RouteRequest } from "./wire.ts";

export const CLOCK_PATH = "/simulator/clock";
const FASTEST = 1_000;
/** Everything on the way happens before the answer. */
const LONGEST_STEP_DAYS = 31;
const DAY_SECONDS = 86_400;
const SECOND_MS = 1_000;

/**
 * `GET` and `POST /simulator/clock`: `{set}` moves to a time, `{step}` lets seconds pass, `{speed}` is how fast they
 * pass from now on; `undefined` for another method.
 * @throws Refusal
 */
export function clockRoute(clock: Clock, steering: Steering | undefined, { body, method }: RouteRequest): Answer | undefined {
  if (method === "POST") steer(clock, steering, body);
  else if (method !== "GET") return undefined;
  return ok({ now: new Date(clock.now()).toISOString(), speed: steering?.speed ?? 1 });
}

function steer(clock: Clock, steering: Steering | undefined, { set, speed, step, ...others }: RouteRequest["body"]): void {
  const [unknown] = Object.keys(others);
  if (unknown !== undefined || (set ?? speed ?? step) === undefined) throw malformed(`expected set, step or speed${other(unknown)}`);
  if (steering === undefined) throw malformed("the clock of this venue cannot be steered; that of the command `simulator` can");
  const by = step === undefined ? 0 : within("step", step, LONGEST_STEP_DAYS * DAY_SECONDS) * SECOND_MS;
  const factor = speed === undefined ? steering.speed : within("speed", speed, FASTEST);
  const to = set === undefined ? undefined : timeOf(set, clock.now());
  if (to !== undefined) steering.moveTo(to);
  if (by > 0) steering.step(by);
  steering.setSpeed(factor);
}

function other(name: string | undefined): string {
  return name === undefined ? "" : `, not ${name}`;
}

function within(name: string, value: unknown, most: number): number {
  if (typeof value === "number" && value >= 0 && value <= most) return value;
  throw malformed(`${name} must be a number from 0 to ${String(most)}`);
}

function timeOf(value: unknown, now: number): number {
  const at = typeof value === "string" ? millisOf(value) : undefined;
  if (at === undefined) throw malformed("set must be a time such as 2025-07-14T09:30:00-04:00");
  if (at - now > LONGEST_STEP_DAYS * DAY_SECONDS * SECOND_MS)
    throw malformed(`set must be at most ${String(LONGEST_STEP_DAYS)} days ahead`);
  return at;
}
