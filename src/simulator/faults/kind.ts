import { decimal, type Decimal } from "../../domain/decimal.ts";
import type { Exchange } from "../exchange.ts";
import type { StreamErrorCode } from "../market-stream/stream-error.ts";
import type { OrderRecord, TradeUpdate } from "../orders.ts";
import type { Random } from "../random.ts";
import type { VenueRequest, VenueResponse } from "../wire.ts";

/** A fault's parameters, all present and checked. */
export class FaultSettings {
  readonly #values: ReadonlyMap<string, string>;

  constructor(values: ReadonlyMap<string, string>) {
    this.#values = values;
  }

  /** @throws Error when the fault has no such parameter: a mistake in its definition. */
  text(name: string): string {
    const value = this.#values.get(name);
    if (value === undefined) throw new Error(`The fault has no parameter "${name}".`);
    return value;
  }

  number(name: string): number {
    return Number(this.text(name));
  }

  amount(name: string): Decimal {
    return decimal(this.text(name));
  }

  /** Whether a filter parameter is `any` or this value. */
  admits(name: string, value: string): boolean {
    const wanted = this.text(name);
    return wanted === "any" || wanted === value;
  }

  /** As shown over HTTP. */
  toJSON(): Record<string, string> {
    return Object.fromEntries(this.#values);
  }
}

/** A parameter's allowed values: one of the listed words, or a value of the named form. */
export type ParameterForm = "share" | "whole" | "milliseconds" | "seconds" | "number" | "dollars" | "symbol" | "text" | readonly string[];

export interface FaultParameter {
  readonly name: string;
  readonly form: ParameterForm;
  readonly byDefault: string;
}

export function parameter(name: string, form: ParameterForm, byDefault: string): FaultParameter {
  return { name, form, byDefault };
}

/** The faults that take it affect one symbol, or by default any. */
export const ANY_SYMBOL = parameter("symbol", "symbol", "any");
export const ANY_SIDE = parameter("side", ["any", "buy", "sell"], "any");

/** Where a fault can change the venue's behaviour; each hook is called only while the fault is on. */
export interface FaultHooks {
  begin?(): void;
  /** When the fault ends or is removed: the venue works normally afterwards. */
  end?(): void;
  /** Before a request is processed: may wait, or answer instead of the venue. */
  before?(request: VenueRequest): Promise<VenueResponse | undefined> | VenueResponse | undefined;
  /** After it was processed: may wait, or replace or cut the answer. */
  after?(request: VenueRequest, response: VenueResponse): Promise<VenueResponse> | VenueResponse;
  update?(frame: string): readonly string[];
  /** Whether a client's authentication and subscription are answered. */
  answersHandshake?(): boolean;
  admitsStream?(): boolean;
  /** Whether market data is sent over websockets; asked whenever there is some. */
  sendsData?(): boolean;
  /** Called with every trade update, before its frame is built. */
  happened?(update: TradeUpdate): void;
  /** Whether the order may fill now; checked again every second. */
  mayFill?(order: OrderRecord): boolean;
  /** Whether the order's requested cancel may take effect now; checked again every second. */
  mayCancel?(order: OrderRecord): boolean;
  /** Dollar limit for new buys. */
  knownPower?(): Decimal | undefined;
}

export interface FaultContext {
  readonly exchange: Exchange;
  readonly settings: FaultSettings;
  /** The fault's number among all ever added, from 1. */
  readonly id: number;
  /** This fault's own generator, seeded from the exchange's seed. */
  readonly random: Random;
  /** Call once per matching occasion: whether the fault applies this time (`share`, `nth`, `times`). */
  readonly strikes: () => boolean;
  /** On the venue's clock; ends early when the fault is removed. */
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Calls back on the venue's clock, unless the fault ends first. */
  readonly later: (milliseconds: number, run: () => void) => void;
  /** Sends frames to every listening client, bypassing all faults. */
  readonly broadcast: (frames: readonly string[]) => void;
  readonly dropStreams: () => void;
  /** Tells every client of market data why, and drops it. */
  readonly failDataStreams: (code: StreamErrorCode) => void;
}

export interface FaultKind {
  readonly name: string;
  readonly description: string;
  /** Besides those that every fault has. */
  readonly parameters: readonly FaultParameter[];
  inject(context: FaultContext): FaultHooks;
}

/**
 * A fault that changes something once, at once or at the `nth` accepted order, and reverts it at its end.
 * @param strike makes the change and returns a function that reverts it.
 */
export function lasting({ settings, strikes }: FaultContext, strike: () => () => void): FaultHooks {
  let undo: (() => void) | undefined;
  const tryOnce = (): void => {
    if (undo === undefined && strikes()) undo = strike();
  };
  return {
    begin: () => {
      if (settings.number("nth") === 0) tryOnce();
    },
    happened: ({ event }) => {
      if (event === "pending_new" || event === "accepted") tryOnce();
    },
    end: () => {
      undo?.();
      undo = undefined;
    },
  };
}

/** The values that a change replaces, to undo it. */
export function replacedBy<T extends object>(change: Partial<T>, before: T): Partial<T> {
  return Object.fromEntries(Object.keys(change).map((key) => [key, before[key as keyof T]])) as Partial<T>;
}
