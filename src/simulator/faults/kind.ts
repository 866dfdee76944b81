import type { Decimal } from "../../domain/decimal.ts";
import type { Exchange } from "../exchange.ts";
import type { OrderRecord } from "../orders.ts";
import type { Random } from "../random.ts";
import type { TradeUpdate } from "../trade-updates.ts";
import type { VenueRequest, VenueResponse } from "../wire.ts";
import type { FaultSettings } from "./settings.ts";

/** A parameter's allowed values: one of the listed words, or a value of the named form. */
export type ParameterForm = "share" | "whole" | "milliseconds" | "seconds" | "number" | "dollars" | "symbol" | "text" | readonly string[];

export interface FaultParameter {
  readonly name: string;
  readonly form: ParameterForm;
  readonly byDefault: string;
}

/** Where a fault can change the venue's behaviour; each hook is called only while the fault is on. */
export interface FaultHooks {
  /** When the fault starts. */
  begin?(): void;
  /** When the fault ends or is removed: the venue works normally afterwards. */
  end?(): void;
  /** Before a request is processed: may wait, or answer instead of the venue. */
  before?(request: VenueRequest): Promise<VenueResponse | undefined> | VenueResponse | undefined;
  /** After it was processed: may wait, or replace or cut the answer. */
  after?(request: VenueRequest, response: VenueResponse): Promise<VenueResponse> | VenueResponse;
  /** The frames sent for a trade update. */
  update?(frame: string): readonly string[];
  /** Whether a client's authentication and subscription are answered. */
  answersHandshake?(): boolean;
  /** Whether a new stream connection is accepted. */
  admitsStream?(): boolean;
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
}

/** One entry in the list of faults. */
export interface FaultKind {
  readonly name: string;
  /** One line for a person. */
  readonly description: string;
  /** Besides those that every fault has. */
  readonly parameters: readonly FaultParameter[];
  inject(context: FaultContext): FaultHooks;
}
