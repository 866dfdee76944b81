import type { Broker, OrderUpdate, StreamState } from "../domain/broker.ts";
import type { ExecutionSettings } from "../domain/execution-style.ts";
import type { TableRows } from "../domain/ledger/recordings.ts";
import type { Signal } from "../domain/signal.ts";
import type { CarriedState, RebalanceOptions, RebalancerParts, RebalanceResult } from "../execution/rebalancer.ts";

/** The settings that an execution is decided with. */
export type RecordedSettings = Pick<
  RebalancerParts,
  "account" | "settings" | "limits" | "strategies" | "signalMaxAgeSeconds" | "orderTimeoutSeconds" | "executionDeadlineSeconds"
> & { readonly execution: ExecutionSettings };

/** The requests of the port that are answered once. */
export type BrokerCall = Exclude<keyof Broker, "name" | "watchOrders" | "close">;

/** What the engine asks its surroundings for: a request, or a timer. */
export type Ask =
  | { readonly kind: "request"; readonly call: BrokerCall; readonly args: readonly unknown[] }
  | { readonly kind: "timer"; readonly delayMs: number };

/** What the engine is called for. `warm` and `keep-warm` send no order; they count only where an execution begins during them. */
export type Root =
  | { readonly call: "rebalance"; readonly signal: Signal; readonly options: Omit<RebalanceOptions, "onReady"> }
  | { readonly call: "resume"; readonly executionId: string; readonly signal: Pick<Signal, "id"> }
  | { readonly call: "warm" | "keep-warm" };

/** What reaches the engine from outside. Requests and timers are numbered from 0, each kind by itself, within one tape. */
export type Arrival =
  | { readonly kind: "root"; readonly root: Root; readonly ledger: readonly TableRows[] }
  | { readonly kind: "answer"; readonly request: number; readonly value: unknown }
  | { readonly kind: "failure"; readonly request: number; readonly error: unknown }
  | { readonly kind: "timer"; readonly timer: number }
  | { readonly kind: "update"; readonly update: OrderUpdate }
  | { readonly kind: "stream-state"; readonly state: StreamState; readonly detail: string }
  | { readonly kind: "stream-problem"; readonly detail: string }
  | { readonly kind: "market"; readonly market: NonNullable<CarriedState["market"]> }
  | { readonly kind: "stopping" }
  /** A newer run decides in place of the one under way; which of the signals that the inbox has shown. */
  | { readonly kind: "overtaken"; readonly signal: number };

/** What the engine checks whenever it likes. `exits:ID`: the SELL runs after a signal. */
export type Sight = "now" | "monotonic" | "halted" | "stream" | "waiting" | "newer" | "overtaken" | `exits:${string}`;

/** From its `nth` look within an event on, the engine saw this value. */
export interface Change {
  readonly sight: Sight;
  readonly nth: number;
  readonly value: unknown;
}

/** One arrival, and all that the engine did until the next. Everything between two events is decided by the first. */
export interface TapeEvent {
  /** Both clocks when it came, milliseconds. */
  readonly monotonic: number;
  readonly now: number;
  readonly arrival: Arrival;
  readonly asks: readonly Ask[];
  readonly changes: readonly Change[];
  /** What a root came to, if it ended by this event. */
  readonly ends: readonly RootEnd[];
}

export interface RootEnd {
  /** The event that began it. */
  readonly root: number;
  readonly result: RootResult;
}

/** Whether a call may send orders. */
export function leadsToOrders(root: Root): root is Exclude<Root, { readonly call: "warm" | "keep-warm" }> {
  return root.call !== "warm" && root.call !== "keep-warm";
}

/** How a call of the engine ended, as far as it is compared. */
export type RootResult =
  | { readonly kind: RebalanceResult["kind"] | "warm"; readonly executionId?: string; readonly outcome?: string; readonly reason?: string }
  | { readonly kind: "failed"; readonly reason: string };

/** What was known when the tape began. */
export interface TapeStart {
  readonly schema: number;
  readonly brokerName: string;
  readonly monotonic: number;
  readonly now: number;
  readonly settings: RecordedSettings;
  readonly carried: CarriedState;
  /** Requests that were open when it began; their answers are not on the tape. */
  readonly open: number;
}

/** What one process saw of an execution. */
export interface Tape {
  readonly start: TapeStart;
  readonly events: readonly TapeEvent[];
  /** Why it ends before the execution does; `undefined`: it does not. */
  readonly cut: TapeCut | undefined;
}

/** `stopped`: the process ended, or died. `full`: the room of a recording was used up. */
export type TapeCut = "stopped" | "full";

/** The result of a call as it is compared. */
export function rootResult(result: RebalanceResult): RootResult {
  switch (result.kind) {
    case "concluded":
      return {
        kind: "concluded",
        executionId: result.execution.id,
        outcome: result.conclusion.outcome,
        reason: result.conclusion.reason,
      };
    case "declined":
      return { kind: "declined", outcome: result.verdict, reason: result.reason };
    case "still-off":
      return { kind: "still-off", reason: result.reason };
    case "dry-run":
    case "left":
      return { kind: result.kind };
  }
}
