import type { Side } from "../broker.ts";
import type { Decimal } from "../decimal.ts";

/** Fills, equity, and the decision record that `explain` prints. */
export interface DecisionStore {
  /** A fill whose id is known already is ignored. */
  recordFill(fill: FillRecord): void;
  fillsOf(executionId: string): FillRecord[];
  recordEquity(snapshot: EquityRecord): void;
  /** Oldest first. */
  equitySince(at: number): EquityRecord[];
  /** Appends to the decision record that `explain` prints. */
  note(entry: NewNote): void;
  notesOf(executionId: string): NoteRecord[];
}

export interface FillRecord {
  readonly id: string;
  readonly executionId: string;
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly quantity: Decimal;
  readonly price: Decimal;
  readonly at: number;
}

export interface EquityRecord {
  readonly at: number;
  readonly equity: Decimal;
  readonly lastEquity: Decimal;
  readonly cash: Decimal;
  readonly executionId: string | undefined;
}

export interface NewNote {
  readonly executionId: string;
  readonly at: number;
  /** Kebab-case kind of step: `snapshot`, `plan`, `post`, `answer`, `fill`, `look-up`, `cancel`, `finish`, … */
  readonly kind: string;
  /** One sentence for a person. */
  readonly text: string;
  /** JSON value with the facts behind it. */
  readonly facts?: unknown;
}

export interface NoteRecord extends NewNote {
  readonly id: number;
}
