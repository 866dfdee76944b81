import type { Decimal } from "../../domain/decimal.ts";
import type { Exchange } from "../exchange.ts";
import type { OrderRecord } from "../orders.ts";
import type { Random } from "../random.ts";
import type { TradeUpdate } from "../trade-updates.ts";
import type { VenueRequest, VenueResponse } from "../wire.ts";
import type { FaultSettings } from "./settings.ts";

/** What a parameter may be: one of the listed words, or a value of the named form. */
export type ParameterForm = "share" | "whole" | "milliseconds" | "seconds" | "number" | "dollars" | "symbol" | "text" | readonly string[];

export interface FaultParameter {
  readonly name: string;
  readonly form: ParameterForm;
  readonly byDefault: string;
}

/** Where a fault reaches into the venue; each hook is called only while the fault is on. */
export interface FaultHooks {
  /** When it comes on. */
  begin?(): void;
  /** When its time is over or it is taken away: the venue is whole again afterwards. */
  end?(): void;
  /** Before a request is carried out: may wait, or answer in the venue's place. */
  before?(request: VenueRequest): Promise<VenueResponse | undefined> | VenueResponse | undefined;
  /** After it was carried out: may wait, replace the answer or cut it off. */
  after?(request: VenueRequest, response: VenueResponse): Promise<VenueResponse> | VenueResponse;
  /** What is sent of a trade update's frame. */
  update?(frame: string): readonly string[];
  /** Whether a client's authentication and subscription are answered. */
  answersHandshake?(): boolean;
  /** Whether a new stream connection is let in. */
  admitsStream?(): boolean;
  /** Called with every trade update, before its frame is made. */
  happened?(update: TradeUpdate): void;
  /** Whether the order may be filled now; asked again every second. */
  mayFill?(order: OrderRecord): boolean;
  /** Whether the order's requested cancel may take effect now; asked again every second. */
  mayCancel?(order: OrderRecord): boolean;
  /** Dollars that new buys are let in by at most. */
  knownPower?(): Decimal | undefined;
}

export interface FaultContext {
  readonly exchange: Exchange;
  readonly settings: FaultSettings;
  /** Of this fault among all that were ever added, from 1. */
  readonly id: number;
  /** Of this fault alone, seeded from the exchange's seed. */
  readonly random: Random;
  /** To be asked once per occasion that fits: whether the fault strikes this time (`share`, `nth`, `times`). */
  readonly strikes: () => boolean;
  /** On the venue's clock; ends early when the fault is taken away. */
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Calls back on the venue's clock, unless the fault ends first. */
  readonly later: (milliseconds: number, run: () => void) => void;
  /** Sends frames to every listening client, past all faults. */
  readonly broadcast: (frames: readonly string[]) => void;
  readonly dropStreams: () => void;
}

/** One entry of the menu. */
export interface FaultKind {
  readonly name: string;
  /** One line for a person. */
  readonly description: string;
  /** Beside those that every fault has. */
  readonly parameters: readonly FaultParameter[];
  inject(context: FaultContext): FaultHooks;
}
